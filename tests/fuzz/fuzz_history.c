// SPDX-License-Identifier: MIT
// Fuzz target: the table of a training, which is drawn as curves and continued by a resumed
// training.
#include "app/report/report_table.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/in_memory.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    app_table t;
    nn_error err;
    if (app_table_load(&t, fuzz_file(data, size), &err) != NN_OK)
        return 0;
    double sum = 0; // every cell must have been written
    for (int i = 0; i < t.rows * t.columns; i++)
        sum += t.cell[i] > 0;
    if (t.columns < 1 || app_table_find(&t, t.name[0]) != 0 || sum > (double)size)
        abort();
    app_table_release(&t);
    return 0;
}
