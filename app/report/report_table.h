// SPDX-License-Identifier: MIT
// A table of numbers from a CSV file, such as a training's history.csv.
#ifndef APP_REPORT_REPORT_TABLE_H
#define APP_REPORT_REPORT_TABLE_H

#include "nn/base/status.h"

typedef struct app_table {
    char **name; // names of the columns; owned, ends with NULL
    int columns, rows;
    double *cell; // rows x columns; NAN where a cell is no number
} app_table;

// Reads a file whose first line names the columns. Rows with another number of cells are skipped,
// such as one that is still being written. NN_EFORMAT without a line of names.
nn_status app_table_load(app_table *t, const char *path, nn_error *err);
void app_table_release(app_table *t);
int app_table_find(const app_table *t, const char *name); // index of a column, or -1

#endif
