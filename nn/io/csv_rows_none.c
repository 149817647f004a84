// SPDX-License-Identifier: MIT
// Stands for CSV in a build without libcsv.
#include "nn/base/features.h"
#include "nn/io/csv_rows.h"

nn_status nn_csv_each(const char *path, nn_csv_visit *visit, void *ctx, nn_error *err)
{
    (void)visit;
    (void)ctx;
    return nn_fail_prefix(err, nn_fail_without(err, "csv"), "%s", path);
}
