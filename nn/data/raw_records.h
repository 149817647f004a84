// SPDX-License-Identifier: MIT
// Data sets whose pictures are raw records in one file, plain or compressed by gzip.
#ifndef NN_DATA_RAW_RECORDS_H
#define NN_DATA_RAW_RECORDS_H

#include "nn/data/folder.h"

#include <zlib.h>

typedef struct nn_raw_records {
    nn_dataset *data;
    const nn_folder *folder;
    int source, wanted, left_out;
} nn_raw_records;

// Opens `path`, or `path`.gz when that does not exist. Errors name the path.
nn_status nn_raw_records_open(gzFile *file, const char *path, nn_error *err);
// Reads exactly `size` bytes; false when there are fewer.
bool nn_raw_records_read(gzFile file, void *bytes, size_t size);
// *test: the list of `f` names the test pictures; NULL and "train" name the training pictures.
// NN_ENOTFOUND for other names.
nn_status nn_raw_records_is_test(bool *test, const nn_folder *f, nn_error *err);
// Adds picture `number` of a file from its planes (1: grey, 3: red, green, blue). Its class is
// `index`, mapped by the folder's map.
nn_status nn_raw_records_add(nn_raw_records *p, const char *file, int number, const uint8_t *planes,
                             int plane_count, int width, int height, int64_t index, nn_error *err);

#endif
