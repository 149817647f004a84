// SPDX-License-Identifier: MIT
// The sheet of `train --inspect`: heat strips over the epochs.
#include "app/report/report_inspect.h"

#include "app/report/report_canvas.h"

#include <glib.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EDGE = 32, HEAD = 128, FOOT = 64, ROW = 72, STRIP = 56 };
enum { NAMES = 230, WIDE = 300, CHANNELS = 220, RATIO = 180, GAP = 52 };
enum { WIDTH = 2 * EDGE + NAMES + 2 * WIDE + CHANNELS + RATIO + 4 * GAP };

#define RATIO_LOW -6.0 // log10 of the update ratio at the bottom of its strip
#define RATIO_HIGH 0.0
#define RATIO_USUAL -3.0

static const app_colour weight_colour = {0.10, 0.38, 0.74}, gradient_colour = {0.45, 0.20, 0.62};
static const app_colour dead_colour = {0.80, 0.13, 0.11}, saturated_colour = {0.93, 0.58, 0.06};
static const app_colour alive_colour = {0.84, 0.88, 0.86}, strip_colour = {0.965, 0.97, 0.975};

typedef struct sheet {
    const app_inspect_record *record;
    app_canvas canvas;
    int rows[APP_INSPECT_ROWS], count; // layers that are shown
    int low[2], high[2]; // first and last bin that weights and gradients of any layer use
} sheet;

static const app_inspect_epoch *last_epoch(const sheet *s)
{
    return &s->record->epochs[s->record->count - 1];
}

static int bad_channels(const sheet *s, int layer)
{
    int most = 0;
    for (int e = 0; e < s->record->count; e++) {
        const app_inspect_layer *l = &s->record->epochs[e].layers[layer];
        most = MAX(most, l->dead + l->saturated);
    }
    return most;
}

static int by_number(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

// All layers, or those with bad channels and others evenly between.
static void choose_rows(sheet *s)
{
    const int all = last_epoch(s)->count;
    g_autofree bool *taken = g_new0(bool, all + 1);
    if (all <= APP_INSPECT_ROWS) {
        for (s->count = 0; s->count < all; s->count++)
            s->rows[s->count] = s->count;
        return;
    }
    for (int pass = 0; pass < 2; pass++)
        for (int i = 0; i < all && s->count < APP_INSPECT_ROWS / (2 - pass); i++) {
            const int room = APP_INSPECT_ROWS / 2, even = i * room / all;
            const bool spread = i == 0 || even != (i - 1) * room / all;
            if (!taken[i] && (pass == 0 ? bad_channels(s, i) > 0 : spread)) {
                taken[i] = true;
                s->rows[s->count++] = i;
            }
        }
    qsort(s->rows, (size_t)s->count, sizeof *s->rows, by_number);
}

// gradients: 0 for weights, 1 for gradients.
static void choose_bins(sheet *s, int gradients)
{
    int low = NN_MAGNITUDE_BINS, high = -1;
    for (int e = 0; e < s->record->count; e++)
        for (int k = 0; k < s->count; k++) {
            const app_inspect_layer *l = &s->record->epochs[e].layers[s->rows[k]];
            const app_magnitudes *m = gradients ? &l->gradient : &l->weight;
            for (int b = 0; b < NN_MAGNITUDE_BINS; b++)
                if (m->part[b] > 0.004F) {
                    low = MIN(low, b);
                    high = MAX(high, b);
                }
        }
    s->low[gradients] = high < low ? 0 : low;
    s->high[gradients] = high < low ? NN_MAGNITUDE_BINS - 1 : high;
}

static double mix(double paper, double ink, double part)
{
    return paper + (ink - paper) * part;
}

// A column of pixels for each epoch, from `x` on, `width` in all.
static void column_of(const sheet *s, int e, double x, double width, double *left, double *w)
{
    const int count = s->record->count;
    *left = x + round(width * e / count);
    *w = x + round(width * (e + 1) / count) - *left;
}

static void draw_heat(sheet *s, int row, double x, double y, int gradient)
{
    const app_colour ink = gradient ? gradient_colour : weight_colour;
    const int low = s->low[gradient], high = s->high[gradient], bins = high - low + 1;
    app_canvas_fill(&s->canvas, x, y, WIDE, STRIP, strip_colour);
    for (int e = 0; e < s->record->count; e++) {
        const app_inspect_layer *l = &s->record->epochs[e].layers[s->rows[row]];
        const app_magnitudes *m = gradient ? &l->gradient : &l->weight;
        double left, w;
        column_of(s, e, x, WIDE, &left, &w);
        for (int b = low; b <= high; b++) {
            // Roots show the tails, too.
            const double part = sqrt(fmin((double)m->part[b] / 0.3, 1));
            const double top = y + round((double)STRIP * (high - b) / bins);
            const double bottom = y + round((double)STRIP * (high - b + 1) / bins);
            const app_colour c = {mix(strip_colour.r, ink.r, part),
                                  mix(strip_colour.g, ink.g, part),
                                  mix(strip_colour.b, ink.b, part)};
            if (part > 0.02)
                app_canvas_fill(&s->canvas, left, top, w, bottom - top, c);
        }
    }
}

// Channels from top to bottom. A row of pixels that stands for several shows the worst of them.
static void draw_channels(sheet *s, int row, double x, double y)
{
    const app_inspect_layer *last = &last_epoch(s)->layers[s->rows[row]];
    if (last->channels == 0)
        return;
    const int cells = MIN(last->channels, STRIP);
    app_canvas_fill(&s->canvas, x, y, CHANNELS, STRIP, alive_colour);
    for (int e = 0; e < s->record->count; e++) {
        const app_inspect_layer *l = &s->record->epochs[e].layers[s->rows[row]];
        double left, w;
        column_of(s, e, x, CHANNELS, &left, &w);
        for (int k = 0; k < cells; k++) {
            bool dead = false, saturated = false;
            for (int c = k * l->channels / cells; c < (k + 1) * l->channels / cells; c++) {
                dead |= l->state[c] == NN_CHANNEL_DEAD;
                saturated |= l->state[c] == NN_CHANNEL_SATURATED;
            }
            const double top = y + round((double)STRIP * k / cells);
            const double bottom = y + round((double)STRIP * (k + 1) / cells);
            if (dead || saturated)
                app_canvas_fill(&s->canvas, left, top, w, bottom - top,
                                dead ? dead_colour : saturated_colour);
        }
    }
}

static double ratio_y(double y, double ratio)
{
    const double part = (log10(ratio) - RATIO_LOW) / (RATIO_HIGH - RATIO_LOW);
    return y + STRIP * (1 - CLAMP(part, 0, 1));
}

static void draw_ratio(sheet *s, int row, double x, double y)
{
    const app_colour line = {0.75, 0.77, 0.80};
    double before = NAN;
    app_canvas_fill(&s->canvas, x, y, RATIO, STRIP, strip_colour);
    app_canvas_fill(&s->canvas, x, ratio_y(y, pow(10, RATIO_USUAL)), RATIO, 1, line);
    for (int e = 0; e < s->record->count; e++) {
        const double ratio = s->record->epochs[e].layers[s->rows[row]].ratio;
        double left, w;
        column_of(s, e, x, RATIO, &left, &w);
        if (!(ratio > 0)) {
            before = NAN;
            continue;
        }
        const double now = ratio_y(y, ratio), from = isnan(before) ? now : before;
        app_canvas_fill(&s->canvas, left, now - 1, w, 2, APP_INK);
        app_canvas_fill(&s->canvas, left, fmin(from, now) - 1, 2, fabs(from - now) + 2, APP_INK);
        before = now;
    }
}

static void describe(const app_inspect_layer *l, char *text, size_t size, app_colour *colour)
{
    *colour = l->dead ? dead_colour : l->saturated ? saturated_colour : APP_QUIET;
    if (l->dead > 0)
        snprintf(text, size, "%d of %d never fire", l->dead, l->channels);
    else if (l->saturated > 0)
        snprintf(text, size, "%d of %d are saturated", l->saturated, l->channels);
    else if (l->channels > 0)
        snprintf(text, size, "%d channels", l->channels);
    else
        text[0] = '\0';
}

static void draw_row(sheet *s, int row)
{
    const app_inspect_layer *last = &last_epoch(s)->layers[s->rows[row]];
    const double y = HEAD + ROW * row;
    const app_text name = {.size = 15, .bold = true, .colour = APP_INK, .width = NAMES - 12};
    app_text note = {.size = 13, .width = NAMES - 12};
    const double weights = EDGE + NAMES, gradients = weights + WIDE + GAP;
    const double channels = gradients + WIDE + GAP, ratio = channels + CHANNELS + GAP;
    char text[128];
    describe(last, text, sizeof text, &note.colour);
    app_canvas_text(&s->canvas, EDGE, y + 14, &name, last->name);
    app_canvas_text(&s->canvas, EDGE, y + 36, &note, text);
    if (!isnan(last->weight.norm))
        draw_heat(s, row, weights, y, 0);
    if (!isnan(last->gradient.norm))
        draw_heat(s, row, gradients, y, 1);
    draw_channels(s, row, channels, y);
    if (!isnan(last->weight.norm))
        draw_ratio(s, row, ratio, y);
}

// The range of a strip, beside the first row.
static void draw_range(sheet *s, double x, const char *top, const char *bottom)
{
    const app_text how = {.size = 11, .colour = APP_QUIET, .align = 1};
    app_canvas_text(&s->canvas, x - 4, HEAD + 5, &how, top);
    app_canvas_text(&s->canvas, x - 4, HEAD + STRIP - 5, &how, bottom);
}

static void draw_head(sheet *s, const char *title)
{
    const app_text big = {.size = 26, .bold = true, .colour = APP_INK, .width = WIDTH - 2 * EDGE};
    const app_text sub = {.size = 15, .colour = APP_QUIET, .width = WIDTH - 2 * EDGE};
    const app_text column = {.size = 15, .bold = true, .colour = APP_INK};
    const double weights = EDGE + NAMES, gradients = weights + WIDE + GAP;
    const double channels = gradients + WIDE + GAP, ratio = channels + CHANNELS + GAP;
    const int all = last_epoch(s)->count;
    char text[160], top[32], bottom[32];
    g_autofree char *whole =
        g_strdup_printf("Inside %s, epoch by epoch", title ? title : "the network");
    const int length = snprintf(text, sizeof text, "epochs %d to %d from left to right",
                                s->record->epochs[0].epoch, last_epoch(s)->epoch);
    if (s->count < all)
        snprintf(text + length, sizeof text - (size_t)length, "; %d of %d layers", s->count, all);
    app_canvas_text(&s->canvas, EDGE, 38, &big, whole);
    app_canvas_text(&s->canvas, EDGE, 70, &sub, text);
    app_canvas_text(&s->canvas, EDGE, 106, &column, "layer");
    app_canvas_text(&s->canvas, weights, 106, &column, "size of the weights");
    app_canvas_text(&s->canvas, gradients, 106, &column, "size of the gradients");
    app_canvas_text(&s->canvas, channels, 106, &column, "channels");
    app_canvas_text(&s->canvas, ratio, 106, &column, "update / weight");
    for (int g = 0; g < 2; g++) {
        snprintf(top, sizeof top, "%.0e", ldexp(1, NN_MAGNITUDE_LOW + s->high[g] + 1));
        snprintf(bottom, sizeof bottom, "%.0e", ldexp(1, NN_MAGNITUDE_LOW + s->low[g]));
        draw_range(s, g ? gradients : weights, top, bottom);
    }
    draw_range(s, ratio, "1", "1e-6");
}

static void draw_foot(sheet *s)
{
    static const char words[] =
        "dark: many numbers of this size (log scale)        the line of update / weight: 1e-3";
    const double y = HEAD + ROW * s->count + 18;
    const app_text how = {.size = 14, .colour = APP_QUIET};
    const double channels = EDGE + NAMES + 2 * (WIDE + GAP);
    app_canvas_text(&s->canvas, EDGE, y, &how, words);
    app_canvas_fill(&s->canvas, channels, y - 6, 12, 12, dead_colour);
    app_canvas_text(&s->canvas, channels + 18, y, &how, "never fires");
    app_canvas_fill(&s->canvas, channels + 112, y - 6, 12, 12, saturated_colour);
    app_canvas_text(&s->canvas, channels + 130, y, &how, "saturated");
}

nn_status app_report_inspect(const app_inspect_record *r, const char *title, const char *path,
                             nn_error *err)
{
    sheet s = {.record = r};
    if (r->count == 0 || r->epochs[0].count == 0)
        return nn_fail(err, NN_EINVAL, "no epoch was inspected yet");
    choose_rows(&s);
    choose_bins(&s, 0);
    choose_bins(&s, 1);
    nn_status status = app_canvas_init(&s.canvas, WIDTH, HEAD + ROW * s.count + FOOT, err);
    if (status == NN_OK) {
        draw_head(&s, title);
        for (int i = 0; i < s.count; i++)
            draw_row(&s, i);
        draw_foot(&s);
        status = app_canvas_save(&s.canvas, path, err);
    }
    app_canvas_release(&s.canvas);
    return status;
}
