// SPDX-License-Identifier: MIT
// Tables of text (RFC 4180): rows of fields, read by libcsv.
#ifndef NN_IO_CSV_ROWS_H
#define NN_IO_CSV_ROWS_H

#include "nn/base/status.h"

#include <stddef.h>

typedef struct nn_csv_row {
    int line; // where it begins, from 1
    int count;
    char **field; // `count` texts without quotes and the blanks around them; may be changed
} nn_csv_row;

// Receives each row that is not blank; anything but NN_OK ends the walk and is returned.
typedef nn_status nn_csv_visit(void *ctx, const nn_csv_row *row, nn_error *err);

// Walks the rows of a file of UTF-8 text. Fields stand apart by the commas, semicolons or tabs that
// its first line has most of; quoted ones may hold them, line ends, and quotes as two. Errors of
// reading name the path.
nn_status nn_csv_each(const char *path, nn_csv_visit *visit, void *ctx, nn_error *err);

#endif
