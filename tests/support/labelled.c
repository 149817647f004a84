// SPDX-License-Identifier: MIT
// Makes pictures and reads folders of them.
#include "tests/support/labelled.h"

#include "nn/base/memory.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>

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

nn_status read_set(set *s, const char *name, const char *list, nn_data_kind kind, nn_error *err)
{
    *s = (set){.path = test_temp(name)};
    nn_source source = {.path = "set"};
    nn_folder folder = {
        .path = s->path.text, .list = list, .source = &source, .masks = kind == NN_DATA_MASKS};
    const nn_data_format *format;
    nn_status status = nn_data_find(&format, folder.path, kind, err);
    if (status == NN_OK)
        status = nn_data_names(format, &folder, &s->names, NULL, err);
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

nn_image paint_boxes(int w, int h, const nn_truth *t, int n)
{
    nn_image image = {w, h, nn_calloc((size_t)w * h, 3)};
    memset(image.rgb, 30, (size_t)3 * w * h);
    for (int i = 0; i < n; i++)
        for (int y = (int)t[i].y0; y < (int)t[i].y1; y++)
            memset(image.rgb + 3 * (y * w + (int)t[i].x0), 220, 3 * (int)(t[i].x1 - t[i].x0));
    return image;
}

void make_boxes(nn_dataset *d, int first, int second)
{
    nn_error err;
    assert_int_equal(nn_dataset_init(d, 0, (nn_notes){0}, &err), NN_OK);
    for (int s = 0; s < 2; s++) {
        int index;
        nn_source source = {.path = "memory", .share = s ? 0.25f : 0.75f};
        assert_int_equal(nn_dataset_add_source(d, &source, &index, &err), NN_OK);
        for (int i = 0; i < (s ? second : first); i++) {
            nn_truth t[2] = {{20, 10, 50, 40, 0, false, 0, 0}, {70, 30, 90, 54, 1, false, 0, 0}};
            nn_sample sample = {.name = nn_strdup("x"),
                                .width = 120,
                                .height = 80,
                                .image = paint_boxes(120, 80, t, 2),
                                .truths = nn_alloc(sizeof t),
                                .truth_count = 2,
                                .source = index,
                                .in_memory = true};
            memcpy(sample.truths, t, sizeof t);
            assert_int_equal(nn_dataset_add(d, &sample, &err), NN_OK);
        }
    }
}
