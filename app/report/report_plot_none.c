// SPDX-License-Identifier: MIT
// Replaces report_plot.c in a build without a plotting library.
#include "app/report/report_plot.h"
#include "nn/base/features.h"

nn_status app_plot_draw(const app_chart *chart, app_plot_format format, char **bytes, size_t *size,
                        nn_error *err)
{
    (void)chart;
    (void)format;
    *bytes = NULL;
    *size = 0;
    return nn_fail_without(err, "plplot");
}
