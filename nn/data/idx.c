// SPDX-License-Identifier: MIT
// Data sets in IDX files as MNIST and Fashion-MNIST have them (LeCun 1998): DIR/train-images-idx3-
// ubyte and DIR/train-labels-idx1-ubyte, t10k-... for the list "test", plain or with .gz.
#include "nn/base/memory.h"
#include "nn/data/raw_records.h"

#include <limits.h>
#include <stdio.h>

enum { MAX_SIDE = 4096, MAX_COUNT = 1 << 24 };

static uint32_t big_endian(const uint8_t *b)
{
    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

// Opens an IDX file of bytes and reads its dimensions.
static nn_status open_idx(gzFile *file, const char *path, int dimensions, uint32_t *size,
                          nn_error *err)
{
    uint8_t head[16];
    nn_status status = nn_raw_records_open(file, path, err);
    if (status != NN_OK)
        return status;
    bool whole = nn_raw_records_read(*file, head, 4 + 4 * (size_t)dimensions);
    for (int i = 0; i < dimensions; i++)
        size[i] = whole ? big_endian(head + 4 + 4 * i) : 0;
    if (whole && head[0] == 0 && head[1] == 0 && head[2] == 8 && head[3] == dimensions &&
        size[0] > 0 && size[0] <= MAX_COUNT)
        return NN_OK;
    gzclose(*file);
    return nn_fail(err, NN_EFORMAT, "%s: not an IDX file of bytes with %d dimensions", path,
                   dimensions);
}

static nn_status find_files(char *images, char *labels, const nn_folder *f, nn_error *err)
{
    bool test;
    nn_status status = nn_raw_records_is_test(&test, f, err);
    const char *part = test ? "t10k" : "train";
    if (status == NN_OK)
        status = nn_folder_join(images, err, "%s/%s-images-idx3-ubyte", f->path, part);
    return status == NN_OK ? nn_folder_join(labels, err, "%s/%s-labels-idx1-ubyte", f->path, part)
                           : status;
}

static nn_status read_pictures(nn_raw_records *p, gzFile images, gzFile labels, const char *path,
                               const uint32_t size[3], nn_error *err)
{
    size_t area = (size_t)size[1] * size[2];
    uint8_t *grey = nn_alloc(area), label;
    nn_status status = grey ? NN_OK : nn_fail(err, NN_ENOMEM, "%s: no memory", path);
    for (uint32_t i = 0; i < size[0] && status == NN_OK; i++) {
        if (!nn_raw_records_read(images, grey, area) || !nn_raw_records_read(labels, &label, 1)) {
            nn_dataset_note(p->data, (int)(size[0] - i),
                            "%s: it or its labels end after %u of %u pictures", path, i, size[0]);
            break;
        }
        status =
            nn_raw_records_add(p, path, (int)i, grey, 1, (int)size[2], (int)size[1], label, err);
    }
    nn_free(grey);
    return status;
}

static nn_status add(nn_dataset *d, const nn_folder *f, nn_error *err)
{
    char images[PATH_MAX], labels[PATH_MAX];
    gzFile image_file, label_file;
    uint32_t size[3], label_size[1];
    nn_raw_records p = {.data = d, .folder = f};
    nn_status status = find_files(images, labels, f, err);
    if (status == NN_OK)
        status = open_idx(&image_file, images, 3, size, err);
    if (status != NN_OK)
        return status;
    status = open_idx(&label_file, labels, 1, label_size, err);
    if (status == NN_OK) {
        if (label_size[0] != size[0] || size[1] < 1 || size[2] < 1 || size[1] > MAX_SIDE ||
            size[2] > MAX_SIDE)
            status = nn_fail(err, NN_EFORMAT, "%s: %u pictures of %ux%u, but %u labels", images,
                             size[0], size[2], size[1], label_size[0]);
        if (status == NN_OK)
            status = nn_dataset_add_source(d, f->source, &p.source, err);
        if (status == NN_OK)
            status = read_pictures(&p, image_file, label_file, images, size, err);
        gzclose(label_file);
    }
    gzclose(image_file);
    return status == NN_OK ? nn_folder_finish(d, f, p.wanted, p.left_out, err) : status;
}

// Names the classes "0" up to the largest label.
static nn_status name_numbers(const nn_folder *f, nn_names *names, nn_error *err)
{
    char images[PATH_MAX], labels[PATH_MAX], text[8];
    gzFile file;
    uint32_t size[1];
    nn_status status = find_files(images, labels, f, err);
    if (status == NN_OK)
        status = open_idx(&file, labels, 1, size, err);
    if (status != NN_OK)
        return status;
    uint8_t label, largest = 0;
    for (uint32_t i = 0; i < size[0] && nn_raw_records_read(file, &label, 1); i++)
        largest = label > largest ? label : largest;
    gzclose(file);
    for (int i = 0; i <= largest && status == NN_OK; i++) {
        int length = snprintf(text, sizeof text, "%d", i);
        if (nn_names_find(names, text) < 0)
            status = nn_names_add(names, text, (size_t)length, err);
    }
    return status;
}

static bool recognise(const char *path)
{
    return nn_folder_has(path, "train-labels-idx1-ubyte") ||
           nn_folder_has(path, "train-labels-idx1-ubyte.gz") ||
           nn_folder_has(path, "t10k-labels-idx1-ubyte") ||
           nn_folder_has(path, "t10k-labels-idx1-ubyte.gz");
}

const nn_data_format nn_data_idx = {
    .name = "IDX",
    .looks_like = "train-images-idx3-ubyte",
    .kind = NN_DATA_CLASSES,
    .numbered = true,
    .recognise = recognise,
    .names = name_numbers,
    .add = add,
};
