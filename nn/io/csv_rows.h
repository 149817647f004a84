// SPDX-License-Identifier: MIT
// Reads tables of text (RFC 4180) row by row, through libcsv.
#ifndef NN_IO_CSV_ROWS_H
#define NN_IO_CSV_ROWS_H

#include "nn/base/status.h"

#include <stddef.h>

typedef struct nn_csv_row {
    int line; // line number of its start, from 1
    int count;
    char **field; // `count` texts without quotes and surrounding blanks; may be modified
} nn_csv_row;

// Receives each row that is not blank. A status other than NN_OK ends the walk and is returned.
typedef nn_status nn_csv_visit(void *ctx, const nn_csv_row *row, nn_error *err);

// Walks the rows of a UTF-8 file. The separator is the most frequent one of comma, semicolon and
// tab in the first line. Quoted fields may contain separators, line ends, and doubled quotes. Read
// errors name the path.
// In files whose names end in .tsv it is the tab.
nn_status nn_csv_each(const char *path, nn_csv_visit *visit, void *ctx, nn_error *err);

#endif
