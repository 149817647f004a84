// SPDX-License-Identifier: MIT
// Draws the sweep over learning rates: the losses and the rate that was chosen.
#include "app/report/report_curves.h"

#include "app/report/report_plot.h"
#include "app/report/report_table.h"

#include <glib.h>
#include <math.h>
#include <stdlib.h>

#define HIGHEST 3.0 // factor on the lowest loss: higher losses have diverged and are cut off

// Collects the points of a column over the logarithm of the rate, which *x gets.
static void take(app_series *s, const app_table *t, int rate, int column, double *x, double *y)
{
    s->x = x;
    s->y = y;
    s->marked = -1;
    for (int i = 0; i < t->rows; i++) {
        const double *row = t->cell + (gsize)i * (gsize)t->columns;
        if (!(row[rate] > 0) || !isfinite(row[rate]) || !isfinite(row[column]) ||
            fabs(row[column]) > 1e30)
            continue;
        x[s->count] = log10(row[rate]);
        y[s->count++] = row[column];
    }
}

static void set_ranges(app_chart *c, app_panel *p, double picked)
{
    app_series *smooth = &p->series[1];
    double low = INFINITY, high = -INFINITY;
    for (int i = 0; i < smooth->count; i++) {
        low = fmin(low, smooth->y[i]);
        if (smooth->marked < 0 ||
            fabs(smooth->x[i] - picked) < fabs(smooth->x[smooth->marked] - picked))
            smooth->marked = i;
    }
    for (int k = 0; k < p->count; k++)
        for (int i = 0; i < p->series[k].count; i++) {
            double *y = &p->series[k].y[i];
            *y = low > 0 ? fmin(*y, HIGHEST * low) : *y;
            low = fmin(low, *y);
            high = fmax(high, *y);
        }
    p->low = low - 0.05 * (high - low);
    p->high = high + 0.1 * (high - low) + 1e-9;
    c->x_low = smooth->x[0] - 0.1;
    c->x_high = smooth->x[smooth->count - 1] + 0.1;
}

static nn_status draw(const app_table *t, double found, const char *path, nn_error *err)
{
    const int rate = app_table_find(t, "rate"), loss = app_table_find(t, "loss"),
              smooth = app_table_find(t, "smoothed");
    if (rate < 0 || loss < 0 || smooth < 0 || t->rows < 2)
        return nn_fail(err, NN_EFORMAT, "no sweep over learning rates");
    g_autofree double *numbers = g_new0(double, 4 * (gsize)t->rows);
    app_chart c = {.title = "Learning-rate range test",
                   .x_title = "power of ten of the learning rate",
                   .count = 1};
    app_panel *p = &c.panel[0];
    *p = (app_panel){.title = "Loss", .height = 1, .count = 2};
    take(&p->series[0], t, rate, loss, numbers, numbers + t->rows);
    take(&p->series[1], t, rate, smooth, numbers + 2 * t->rows, numbers + 3 * t->rows);
    if (p->series[0].count < 2 || p->series[1].count < 2)
        return nn_fail(err, NN_EFORMAT, "no sweep over learning rates");
    g_strlcpy(p->series[0].label, "loss of a step", sizeof p->series[0].label);
    g_snprintf(p->series[1].label, sizeof p->series[1].label, "smoothed; trained with %.2g", found);
    set_ranges(&c, p, log10(found));
    char *bytes;
    size_t size;
    nn_status status = app_plot_draw(&c, APP_PLOT_PNG, &bytes, &size, err);
    if (status != NN_OK)
        return status;
    if (!g_file_set_contents(path, bytes, (gssize)size, NULL))
        status = nn_fail(err, NN_EIO, "%s: cannot write", path);
    free(bytes);
    return status;
}

nn_status app_report_rates(const char *work_dir, double found, nn_error *err)
{
    app_table t;
    g_autofree char *csv = g_build_filename(work_dir, "lr.csv", NULL);
    g_autofree char *png = g_build_filename(work_dir, "lr.png", NULL);
    nn_status status = app_table_load(&t, csv, err);
    if (status != NN_OK)
        return status;
    status = draw(&t, found, png, err);
    app_table_release(&t);
    return status;
}
