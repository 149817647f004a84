// SPDX-License-Identifier: MIT
// Tables of pictures and of what is said of each.
#ifndef NN_DATA_CSV_COLUMNS_H
#define NN_DATA_CSV_COLUMNS_H

#include "nn/io/csv_rows.h"

#include <stdbool.h>

// Finds the column of pictures and that of values, which a heading may call by one of `values`
// (NULL at the end), in the first row of a table. A column without a name is the first one, or the
// second where the first is taken. False when the row is no heading, because a picture stands in
// it.
bool nn_csv_find_columns(const nn_csv_row *row, const char *const *values, int *picture,
                         int *value);

#endif
