// SPDX-License-Identifier: MIT
// Shared by the readers of IDX and CIFAR files.
#include "nn/data/raw_records.h"

#include "nn/base/memory.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

nn_status nn_raw_records_open(gzFile *file, const char *path, nn_error *err)
{
    char packed[PATH_MAX];
    nn_status status = nn_folder_join(packed, err, "%s.gz", path);
    if (status != NN_OK)
        return status;
    errno = 0;
    *file = gzopen(path, "rb");
    if (!*file && errno == ENOENT)
        *file = gzopen(packed, "rb");
    if (*file)
        return NN_OK;
    if (errno == 0 || errno == ENOMEM)
        return nn_fail(err, NN_ENOMEM, "%s: no memory to read it", path);
    return nn_fail(err, errno == ENOENT ? NN_ENOTFOUND : NN_EIO, "%s: %s", path, strerror(errno));
}

bool nn_raw_records_read(gzFile file, void *bytes, size_t size)
{
    return size <= INT_MAX && gzread(file, bytes, (unsigned)size) == (int)size;
}

nn_status nn_raw_records_is_test(bool *test, const nn_folder *f, nn_error *err)
{
    *test = f->list && (strcmp(f->list, "test") == 0 || strcmp(f->list, "t10k") == 0);
    if (!f->list || *test || strcmp(f->list, "train") == 0)
        return NN_OK;
    return nn_fail(err, NN_ENOTFOUND, "%s: no list '%s', there are train and test", f->path,
                   f->list);
}

nn_status nn_raw_records_add(nn_raw_records *p, const char *file, int number, const uint8_t *planes,
                             int plane_count, int width, int height, int64_t index, nn_error *err)
{
    char name[PATH_MAX];
    const char *slash = strrchr(file, '/');
    size_t area = (size_t)width * height;
    snprintf(name, sizeof name, "%s:%d", slash ? slash + 1 : file, number);
    if (p->folder->filter && !p->folder->filter(p->folder->filter_ctx, name))
        return NN_OK;
    p->wanted++;
    int32_t label = nn_class_map_get(p->folder->map, index);
    if (label < 0) {
        p->left_out++;
        return NN_OK;
    }
    nn_sample s = {.width = width, .height = height, .source = p->source, .in_memory = true};
    nn_status status = nn_folder_join(name, err, "%s:%d", file, number);
    if (status == NN_OK)
        status = nn_folder_add_class(&s, label, err);
    s.name = status == NN_OK ? nn_strdup(name) : NULL;
    uint8_t *pixels = s.name ? nn_alloc((size_t)plane_count * area) : NULL;
    if (!pixels)
        return nn_folder_drop(&s, status != NN_OK ? status
                                                  : nn_fail(err, NN_ENOMEM, "%s: no memory", file));
    for (size_t i = 0; i < area; i++)
        for (int c = 0; c < plane_count; c++)
            pixels[(size_t)plane_count * i + (size_t)c] = planes[(size_t)c * area + i];
    if (plane_count == 1)
        s.grey = pixels;
    else
        s.image = (nn_image){width, height, pixels};
    return nn_dataset_add(p->data, &s, err);
}
