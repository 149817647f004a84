// SPDX-License-Identifier: MIT
// CIFAR-10 in its binary form (Krizhevsky 2009): DIR/data_batch_1.bin to 5, test_batch.bin for the
// list "test", class names in batches.meta.txt. A record is the class byte and 32x32 bytes each of
// red, green and blue.
#include "nn/data/raw_records.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

enum { SIDE = 32, RECORD = 1 + 3 * SIDE * SIDE, CLASSES = 10 };

// Names of the classes; without a file of names, their numbers.
static nn_status load_names(nn_names *own, const char *dir, nn_error *err)
{
    static const char *const digits[CLASSES] = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"};
    char path[PATH_MAX];
    nn_status status = nn_folder_join(path, err, "%s/batches.meta.txt", dir);
    if (status == NN_OK && nn_folder_has(dir, "batches.meta.txt"))
        return nn_names_load(own, path, err);
    return status == NN_OK ? nn_names_copy(own, digits, CLASSES, err) : status;
}

static nn_status name_classes(const nn_folder *f, nn_names *names, nn_error *err)
{
    nn_names own;
    nn_status status = load_names(&own, f->path, err);
    if (status != NN_OK)
        return status;
    for (int i = 0; i < own.count && status == NN_OK; i++)
        if (nn_names_find(names, own.name[i]) < 0)
            status = nn_names_add(names, own.name[i], strlen(own.name[i]), err);
    nn_names_release(&own);
    return status;
}

static nn_status read_batch(nn_raw_records *p, const char *path, const nn_names *own, nn_error *err)
{
    uint8_t record[RECORD];
    gzFile file;
    nn_status status = nn_raw_records_open(&file, path, err);
    if (status != NN_OK)
        return status;
    for (int i = 0; status == NN_OK; i++) {
        int got = gzread(file, record, RECORD);
        if (got == 0)
            break;
        if (got != RECORD) {
            nn_dataset_note(p->data, 1, "%s: ends within picture %d, which is skipped", path, i);
            break;
        }
        if (record[0] >= own->count)
            nn_dataset_note(p->data, 1, "%s: picture %d has class %d of %d, skipped", path, i,
                            record[0], own->count);
        else
            status = nn_raw_records_add(p, path, i, record + 1, 3, SIDE, SIDE,
                                        nn_names_find(p->folder->names, own->name[record[0]]), err);
    }
    gzclose(file);
    return status;
}

static nn_status add(nn_dataset *d, const nn_folder *f, nn_error *err)
{
    char path[PATH_MAX], name[32];
    bool test;
    nn_names own;
    nn_raw_records p = {.data = d, .folder = f};
    nn_status status = nn_raw_records_is_test(&test, f, err);
    if (status == NN_OK)
        status = load_names(&own, f->path, err);
    if (status != NN_OK)
        return status;
    status = nn_dataset_add_source(d, f->source, &p.source, err);
    for (int i = 1; i <= (test ? 1 : 5) && status == NN_OK; i++) {
        snprintf(name, sizeof name, test ? "test_batch.bin" : "data_batch_%d.bin", i);
        if (i > 1 && !nn_folder_has(f->path, name))
            break;
        status = nn_folder_join(path, err, "%s/%s", f->path, name);
        if (status == NN_OK)
            status = read_batch(&p, path, &own, err);
    }
    nn_names_release(&own);
    return status == NN_OK ? nn_folder_finish(d, f, p.wanted, p.left_out, err) : status;
}

static bool recognise(const char *path)
{
    return nn_folder_has(path, "data_batch_1.bin") || nn_folder_has(path, "test_batch.bin");
}

const nn_data_format nn_data_cifar = {
    .name = "CIFAR-10",
    .looks_like = "data_batch_1.bin",
    .kind = NN_DATA_CLASSES,
    .recognise = recognise,
    .names = name_classes,
    .add = add,
};
