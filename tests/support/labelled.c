// SPDX-License-Identifier: MIT
// Makes pictures and reads folders of them.
#include "tests/support/labelled.h"

#include "nn/base/memory.h"
#include "tests/support/test.h"

#include <stdio.h>

void take_note(void *ctx, const char *line)
{
    notebook *n = ctx;
    n->count++;
    size_t used = strlen(n->all);
    snprintf(n->all + used, sizeof n->all - used, "%s\n", line);
}

void make_picture(const char *name, int width, int height)
{
    nn_image image = {width, height, nn_calloc((size_t)width * height, 3)};
    assert_int_equal(nn_image_save_png(&image, test_temp(name).text, NULL), NN_OK);
    nn_image_release(&image);
}

nn_status read_set(set *s, const char *name, const char *list, nn_data_kind kind,
                          nn_error *err)
{
    *s = (set){.path = test_temp(name)};
    nn_source source = {.path = "set"};
    nn_folder folder = {.path = s->path.text, .list = list, .source = &source};
    const nn_data_format *format;
    nn_status status = nn_data_find(&format, folder.path, kind, err);
    if (status == NN_OK && format->names)
        status = format->names(&folder, &s->names, err);
    nn_class_map_identity(&s->map, s->names.count);
    folder.names = &s->names;
    folder.map = &s->map;
    nn_error ignored;
    nn_status made = nn_dataset_init(&s->data, 1 << 20, (nn_notes){take_note, &s->book}, &ignored);
    assert_int_equal(made, NN_OK);
    return status == NN_OK ? nn_dataset_add_folder(&s->data, &folder, kind, err) : status;
}

void release_set(set *s)
{
    nn_dataset_release(&s->data);
    nn_names_release(&s->names);
}
