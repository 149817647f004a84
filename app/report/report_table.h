// SPDX-License-Identifier: MIT
// A table of numbers from a CSV file: history.csv of a training.
#ifndef APP_REPORT_REPORT_TABLE_H
#define APP_REPORT_REPORT_TABLE_H

#include "nn/base/status.h"

typedef struct app_table {
    char **name; // of the columns; owned, NULL at the end
    int columns, rows;
    double *cell; // rows x columns; NAN where a cell is empty or no number
} app_table;

// Reads a file whose first line names the columns. Rows of another length, such as one that is
// being written, are skipped. NN_EFORMAT without a line of names.
nn_status app_table_load(app_table *t, const char *path, nn_error *err);
void app_table_release(app_table *t);
int app_table_find(const app_table *t, const char *name); // index of a column, or -1

#endif
