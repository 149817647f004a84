// SPDX-License-Identifier: MIT
// Draws a confusion matrix, with cells as large as the number of classes allows.
#include "app/report_confusion.h"

#include "app/report_canvas.h"

#include <glib.h>
#include <math.h>

// Where things are, in pixels.
typedef struct layout {
    int shown;    // classes
    int *label;   // which
    double cell;  // side of a cell
    double names; // room for the names on the left and above
    double text;  // size of the names
    double x, y;  // of the first cell
    int width, height;
} layout;

enum { EDGE = 24, HEAD = 78, FOOT = 20, SUMS = 120 };

static const app_colour right_colour = {0.10, 0.38, 0.74}, wrong_colour = {0.84, 0.29, 0.08};

static int64_t row_sum(const nn_class_metrics *m, int truth)
{
    int64_t sum = 0;
    for (int k = 0; k < nn_class_metrics_classes(m); k++)
        sum += nn_class_metrics_confusion(m, truth, k);
    return sum;
}

static int compare_mistakes(const void *a, const void *b, void *mistakes)
{
    const int64_t x = ((const int64_t *)mistakes)[*(const int *)a];
    const int64_t y = ((const int64_t *)mistakes)[*(const int *)b];
    return x != y ? (x < y) - (x > y) : *(const int *)a - *(const int *)b;
}

static int compare_numbers(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

// All classes in their order, or those with the most mistakes.
static void choose_classes(layout *l, const nn_class_metrics *m)
{
    const int classes = nn_class_metrics_classes(m);
    l->label = g_new(int, classes);
    l->shown = MIN(classes, APP_CONFUSION_MOST);
    for (int i = 0; i < classes; i++)
        l->label[i] = i;
    if (classes <= APP_CONFUSION_MOST)
        return;
    int64_t *mistakes = g_new0(int64_t, classes);
    for (int i = 0; i < classes; i++)
        mistakes[i] = row_sum(m, i) - nn_class_metrics_confusion(m, i, i);
    g_qsort_with_data(l->label, classes, sizeof(int), compare_mistakes, mistakes);
    qsort(l->label, (size_t)l->shown, sizeof(int), compare_numbers);
    g_free(mistakes);
}

static void measure(layout *l, char *const *labels)
{
    app_canvas trial = {0};
    l->cell = l->shown <= 6    ? 84
              : l->shown <= 12 ? 62
              : l->shown <= 24 ? 46
              : l->shown <= 45 ? 28
                               : 16;
    l->text = CLAMP(0.62 * l->cell, 10, 15);
    l->names = 60;
    if (app_canvas_init(&trial, 8, 8, NULL) == NN_OK)
        for (int i = 0; i < l->shown; i++) {
            const app_text how = {.size = l->text};
            l->names = fmax(l->names, app_canvas_text_width(&trial, &how, labels[l->label[i]]));
        }
    app_canvas_release(&trial);
    l->names = fmin(l->names, 190) + 8;
    l->x = EDGE + 24 + l->names;
    l->y = HEAD + 24 + l->names;
    l->width = (int)fmax(l->x + l->cell * l->shown + SUMS + EDGE, 520);
    l->height = (int)(l->y + l->cell * l->shown + FOOT + EDGE);
}

static app_colour blend(app_colour full, double t)
{
    return (app_colour){1 + t * (full.r - 1), 1 + t * (full.g - 1), 1 + t * (full.b - 1)};
}

// Few mistakes must still be seen among many classes.
static app_colour cell_colour(bool right, double part)
{
    if (part <= 0)
        return (app_colour){0.965, 0.97, 0.975};
    return right ? blend(right_colour, 0.06 + 0.94 * part)
                 : blend(wrong_colour, 0.05 + 0.9 * sqrt(part));
}

static void draw_cell(app_canvas *c, const layout *l, int row, int column, int64_t count,
                      int64_t sum)
{
    const double x = l->x + column * l->cell, y = l->y + row * l->cell;
    const double part = sum > 0 ? (double)count / (double)sum : 0;
    char text[32];
    app_canvas_fill(c, x, y, l->cell - 1, l->cell - 1, cell_colour(row == column, part));
    if (count == 0 || l->cell < 24)
        return;
    const bool both = l->cell >= 44;
    app_text how = {.size = both ? 14 : 11,
                    .bold = both,
                    .colour = part > (row == column ? 0.5 : 0.35) ? APP_PAPER : APP_INK,
                    .align = 0.5,
                    .width = l->cell - 3};
    const double middle_x = x + 0.5 * (l->cell - 1), middle_y = y + 0.5 * (l->cell - 1);
    g_snprintf(text, sizeof text, "%lld", (long long)count);
    app_canvas_text(c, middle_x, middle_y - (both ? 7 : 0), &how, text);
    if (!both)
        return;
    how.bold = false;
    how.size = 11;
    g_snprintf(text, sizeof text, part < 0.095 && part > 0 ? "%.1f %%" : "%.0f %%", 100 * part);
    app_canvas_text(c, middle_x, middle_y + 9, &how, text);
}

static void draw_names(app_canvas *c, const layout *l, const nn_class_metrics *m,
                       char *const *labels)
{
    const double end = l->x + l->cell * l->shown;
    for (int i = 0; i < l->shown; i++) {
        const double middle = (i + 0.5) * l->cell - 0.5;
        const int label = l->label[i];
        const int64_t sum = row_sum(m, label);
        app_text how = {.size = l->text, .colour = APP_INK, .width = l->names - 8, .align = 1};
        app_canvas_text(c, l->x - 7, l->y + middle, &how, labels[label]);
        how.align = 0;
        app_canvas_text_up(c, l->x + middle, l->y - 7, &how, labels[label]);
        char text[64];
        if (sum > 0)
            g_snprintf(text, sizeof text, "%.0f %% of %lld",
                       100.0 * (double)nn_class_metrics_confusion(m, label, label) / (double)sum,
                       (long long)sum);
        else
            g_snprintf(text, sizeof text, "none");
        how.size = fmin(l->text, 13);
        how.colour = APP_QUIET;
        how.width = SUMS - 10;
        app_canvas_text(c, end + 9, l->y + middle, &how, text);
    }
}

static void draw_head(app_canvas *c, const layout *l, const nn_class_metrics *m,
                      const nn_class_summary *s)
{
    char text[160];
    const app_text title = {
        .size = 20, .bold = true, .colour = APP_INK, .width = l->width - 2 * EDGE};
    app_text small = {.size = 13, .colour = APP_QUIET, .width = l->width - 2 * EDGE};
    g_snprintf(text, sizeof text, "%.1f %% of %lld pictures are right", 100 * s->top1,
               (long long)s->pictures);
    app_canvas_text(c, EDGE, 32, &title, text);
    if (l->shown < nn_class_metrics_classes(m))
        g_snprintf(text, sizeof text, "the %d of %d classes with the most mistakes", l->shown,
                   nn_class_metrics_classes(m));
    else
        g_snprintf(text, sizeof text, "rows: what is there; columns: what the model says");
    app_canvas_text(c, EDGE, 58, &small, text);
    const app_text axis = {.size = 13, .bold = true, .colour = APP_QUIET, .align = 0.5};
    const double middle = 0.5 * l->cell * l->shown;
    app_canvas_text(c, l->x + middle, HEAD + 8, &axis, "predicted");
    app_canvas_text_up(c, EDGE + 8, l->y + middle, &axis, "true");
    app_text sums = {.size = 13, .bold = true, .colour = APP_QUIET};
    app_canvas_text(c, l->x + 2 * middle + 9, l->y - 14, &sums, "right");
}

nn_status app_report_confusion(const char *path, const nn_class_metrics *m, char *const *labels,
                               nn_error *err)
{
    layout l = {0};
    app_canvas c = {0};
    nn_class_summary s;
    nn_status status = nn_class_metrics_summary(m, &s, err);
    if (status != NN_OK)
        return status;
    choose_classes(&l, m);
    measure(&l, labels);
    status = app_canvas_init(&c, l.width, l.height, err);
    if (status == NN_OK) {
        for (int i = 0; i < l.shown * l.shown; i++)
            draw_cell(&c, &l, i / l.shown, i % l.shown,
                      nn_class_metrics_confusion(m, l.label[i / l.shown], l.label[i % l.shown]),
                      row_sum(m, l.label[i / l.shown]));
        draw_names(&c, &l, m, labels);
        draw_head(&c, &l, m, &s);
        status = app_canvas_save(&c, path, err);
    }
    app_canvas_release(&c);
    g_free(l.label);
    return status;
}
