// SPDX-License-Identifier: MIT
// Draws the columns of history.csv as a chart, in PNG and SVG.
#include "app/report/report_curves.h"

#include "app/report/report_plot.h"
#include "app/report/report_table.h"

#include <glib.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

// Title of a column. Its name may have "train_" or "val_" before `name`.
typedef struct known_column {
    const char *name, *text;
    int panel;
    bool more_is_better;
} known_column;

enum { LOSS, SCORE, RATE };
enum { MAX_TITLE = 54 };

static const known_column known[] = {
    {"loss", "loss", LOSS, false},
    {"class_loss", "class loss", LOSS, false},
    {"box_loss", "box loss", LOSS, false},
    {"aux_loss", "auxiliary loss", LOSS, false},
    {"dice_loss", "Dice loss", LOSS, false},
    {"miou", "mean IoU", SCORE, true},
    {"pixel_accuracy", "pixels", SCORE, true},
    {"top1", "top-1", SCORE, true},
    {"accuracy", "accuracy", SCORE, true},
    {"top5", "top-5", SCORE, true},
    {"map", "mean AP", SCORE, true},
    {"f1", "F1", SCORE, true},
    {"f1_all", "F1", SCORE, true},
    {"ap50", "AP50", SCORE, true},
    {"ap75", "AP75", SCORE, true},
    {"ap", "AP50:95", SCORE, true},
    {"rate", "learning rate", RATE, false},
    {"lr", "learning rate", RATE, false},
};

// Buffers for the points of all series.
typedef struct drawing {
    app_table table;
    app_chart chart;
    double *numbers;
    int used, epoch; // epoch: column of the x axis; -1: rows are counted instead
} drawing;

static const known_column *find_known(const char *name, const char **before)
{
    *before = "";
    if (g_str_has_prefix(name, "train_")) {
        *before = "training ";
        name += strlen("train_");
    } else if (g_str_has_prefix(name, "val_")) {
        *before = "validation ";
        name += strlen("val_");
    }
    for (size_t i = 0; i < G_N_ELEMENTS(known); i++)
        if (strcmp(known[i].name, name) == 0)
            return &known[i];
    return NULL;
}

static double cell(const app_table *t, int row, int column)
{
    return t->cell[(size_t)row * (size_t)t->columns + (size_t)column];
}

// Collects the points of a column; false when there are none or all are 0.
static bool take_points(drawing *d, int column, app_series *s)
{
    bool any = false;
    *s = (app_series){.marked = -1, .x = d->numbers + d->used};
    s->y = s->x + d->table.rows;
    for (int row = 0; row < d->table.rows; row++) {
        const double x = d->epoch >= 0 ? cell(&d->table, row, d->epoch) : row + 1;
        const double y = cell(&d->table, row, column);
        if (!isfinite(x) || !isfinite(y) || fabs(y) > 1e30)
            continue;
        s->x[s->count] = x;
        s->y[s->count++] = y;
        any = any || y != 0;
    }
    if (any)
        d->used += 2 * d->table.rows;
    return any;
}

static void describe(app_series *s, const known_column *k, const char *before)
{
    const double last = s->y[s->count - 1];
    if (k->panel == RATE) {
        g_snprintf(s->label, sizeof s->label, "%s, now %.3g", k->text, last);
    } else if (k->panel == LOSS) {
        g_snprintf(s->label, sizeof s->label, "%s%s %.4g", before, k->text, last);
    } else {
        int best = 0;
        for (int i = 1; i < s->count; i++)
            best = s->y[i] > s->y[best] ? i : best;
        s->marked = best;
        g_snprintf(s->label, sizeof s->label, "%s%s, best %.4f", before, k->text, s->y[best]);
    }
}

static void add_column(drawing *d, app_panel *panels, int column)
{
    const char *before;
    const known_column *k = find_known(d->table.name[column], &before);
    if (!k || panels[k->panel].count == APP_PLOT_SERIES)
        return;
    app_panel *p = &panels[k->panel];
    app_series *s = &p->series[p->count];
    if (!take_points(d, column, s))
        return;
    // Beside a validation loss, "loss" is the training loss.
    if (k->panel == LOSS && strcmp(d->table.name[column], "loss") == 0)
        before = "training ";
    describe(s, k, before);
    p->count++;
}

// Adds a margin. Losses and rates start at 0; scores stay within 0 to 1.
static void set_range(app_panel *p, int kind)
{
    double low = INFINITY, high = -INFINITY;
    for (int i = 0; i < p->count; i++)
        for (int k = 0; k < p->series[i].count; k++) {
            low = fmin(low, p->series[i].y[k]);
            high = fmax(high, p->series[i].y[k]);
        }
    if (kind == SCORE) {
        p->low = low < 0.4 ? 0 : fmax(low - 0.05, 0);
        p->high = high > 0.9 ? 1.005 : high + 0.04;
    } else {
        p->low = fmin(low * 1.06, 0);
        p->high = fmax(high, 0) + 0.06 * (fmax(high, 0) - p->low);
    }
}

static void set_x(app_chart *c)
{
    double low = INFINITY, high = -INFINITY;
    for (int i = 0; i < c->count; i++)
        for (int k = 0; k < c->panel[i].count; k++) {
            const app_series *s = &c->panel[i].series[k];
            low = fmin(low, s->x[0]);
            high = fmax(high, s->x[s->count - 1]);
        }
    const double air = fmax(0.012 * (high - low), 0.1);
    c->x_low = low - air;
    c->x_high = high + air;
}

static nn_status arrange(drawing *d, const char *title, nn_error *err)
{
    static const char *const titles[APP_PLOT_PANELS] = {"Loss", "Score", "Learning rate"};
    static const double heights[APP_PLOT_PANELS] = {1, 1, 0.45};
    app_panel panels[APP_PLOT_PANELS] = {0};
    d->epoch = app_table_find(&d->table, "epoch");
    d->chart = (app_chart){.title = title, .x_title = d->epoch >= 0 ? "epoch" : "row"};
    d->numbers = g_new(double, 2 * (gsize)d->table.rows * (gsize)d->table.columns + 1);
    for (int i = 0; i < d->table.columns; i++)
        add_column(d, panels, i);
    for (int i = 0; i < APP_PLOT_PANELS; i++) {
        if (panels[i].count == 0)
            continue;
        panels[i].title = titles[i];
        panels[i].height = heights[i];
        set_range(&panels[i], i);
        d->chart.panel[d->chart.count++] = panels[i];
    }
    set_x(&d->chart);
    return d->chart.count > 0 ? NN_OK : nn_fail(err, NN_ENOTFOUND, "nothing to draw yet");
}

static nn_status write_chart(const app_chart *c, const char *dir, const char *name,
                             app_plot_format format, nn_error *err)
{
    char *bytes;
    size_t size;
    GError *error = NULL;
    nn_status status = app_plot_draw(c, format, &bytes, &size, err);
    if (status != NN_OK)
        return status;
    g_autofree char *path = g_build_filename(dir, name, NULL);
    if (!g_file_set_contents(path, bytes, (gssize)size, &error)) {
        status = nn_fail(err, NN_EIO, "%s", error->message);
        g_clear_error(&error);
    }
    free(bytes);
    return status;
}

// A copy of the title that fits above the chart.
static char *shorten(const char *title)
{
    if (!g_utf8_validate(title, -1, NULL))
        return g_strdup("");
    if (g_utf8_strlen(title, -1) <= MAX_TITLE)
        return g_strdup(title);
    g_autofree char *start = g_utf8_substring(title, 0, MAX_TITLE - 1);
    return g_strconcat(start, "\u2026", NULL);
}

nn_status app_report_curves(const char *work_dir, const char *title, nn_error *err)
{
    drawing d = {0};
    g_autofree char *path = g_build_filename(work_dir, "history.csv", NULL);
    nn_status status = app_table_load(&d.table, path, err);
    if (status != NN_OK)
        return status;
    g_autofree char *shown = shorten(title ? title : "");
    status = arrange(&d, *shown ? shown : NULL, err);
    if (status == NN_OK)
        status = write_chart(&d.chart, work_dir, "curves.png", APP_PLOT_PNG, err);
    if (status == NN_OK)
        status = write_chart(&d.chart, work_dir, "curves.svg", APP_PLOT_SVG, err);
    g_free(d.numbers);
    app_table_release(&d.table);
    return status;
}
