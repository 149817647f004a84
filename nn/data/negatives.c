// SPDX-License-Identifier: MIT
// Sources of pictures without objects, read or drawn.
#include "nn/data/negatives.h"
#include "nn/data/patterns.h"

#include "nn/base/memory.h"
#include "nn/base/rng.h"
#include "nn/data/folder.h"

#include <limits.h>
#include <stdio.h>

nn_status nn_dataset_add_pictures(nn_dataset *d, const char *path, const nn_source *source,
                                  nn_error *err)
{
    char folder[PATH_MAX], picture[PATH_MAX];
    nn_names list = {0};
    int index;
    const char *sub = nn_folder_has(path, "images") ? "/images" : "";
    nn_status status = nn_folder_join(folder, err, "%s%s", path, sub);
    if (status == NN_OK)
        status = nn_folder_list(&list, folder, nn_folder_pictures, err);
    if (status == NN_OK && list.count == 0)
        status = nn_fail(err, NN_ENOTFOUND, "%s: no picture (" NN_IMAGE_KINDS ") in it", folder);
    if (status == NN_OK)
        status = nn_dataset_add_source(d, source, &index, err);
    for (int i = 0; i < list.count && status == NN_OK; i++) {
        nn_sample s = {.source = index};
        status = nn_folder_join(picture, err, "%s/%s", folder, list.name[i]);
        if (status == NN_OK)
            status = nn_folder_open_picture(d, &s, picture, err);
        status = status == NN_OK ? nn_dataset_add(d, &s, err) : nn_folder_drop(&s, status);
    }
    nn_names_release(&list);
    return status;
}

static nn_status add_pattern(nn_dataset *d, int source, int index, uint64_t seed, nn_error *err)
{
    static const int sizes[][2] = {{416, 312}, {480, 270}, {320, 320}};
    const int *size = sizes[index % 3];
    char name[64];
    nn_sample s = {.width = size[0], .height = size[1], .source = source, .in_memory = true};
    s.image = (nn_image){size[0], size[1], nn_alloc((size_t)3 * size[0] * size[1])};
    if (s.image.rgb)
        snprintf(name, sizeof name, "patterns:%d:%s", index + 1,
                 nn_pattern_draw(s.image.rgb, size[0], size[1], index, seed));
    s.name = s.image.rgb ? nn_strdup(name) : NULL;
    if (s.name)
        return nn_dataset_add(d, &s, err);
    nn_folder_drop(&s, NN_OK);
    return nn_fail(err, NN_ENOMEM, "no memory for a pattern of %dx%d", size[0], size[1]);
}

nn_status nn_dataset_add_patterns(nn_dataset *d, const nn_source *source, int count, uint64_t seed,
                                  nn_error *err)
{
    int index;
    nn_status status = nn_dataset_add_source(d, source, &index, err);
    for (int i = 0; i < count && status == NN_OK; i++)
        status = add_pattern(d, index, i, seed, err);
    return status;
}
