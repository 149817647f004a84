// SPDX-License-Identifier: MIT
// Replaces the picture of a comparison in a build without Pango.
#include "app/compare/compare.h"
#include "nn/base/features.h"

nn_status compare_draw(const compare_table *t, const char *path, nn_error *err)
{
    (void)t;
    (void)path;
    return nn_fail_without(err, "pango");
}
