// SPDX-License-Identifier: MIT
// Draws confusion matrices; cells shrink with the number of classes.
#include "app/report/report_confusion.h"

#include "app/report/report_canvas.h"

#include <glib.h>
#include <math.h>
#include <stdlib.h>

// The layout in pixels.
typedef struct layout {
    int shown;    // classes that are shown
    int *label;   // their indices
    double cell;  // side of a cell
    double names; // room for the names on the left and above
    double text;  // text size of the names
    double x, y;  // top left corner of the first cell
    int width, height;
} layout;

enum { EDGE = 24, HEAD = 78, FOOT = 20, SUMS = 120 };

static const app_colour right_colour = {0.10, 0.38, 0.74}, wrong_colour = {0.84, 0.29, 0.08};

static int64_t count_of(const app_confusion *m, int truth, int predicted)
{
    return m->count(m->ctx, truth, predicted);
}

static bool is_background(const app_confusion *m, int label)
{
    return m->background && label == m->classes - 1;
}

static const char *name_of(const app_confusion *m, int label)
{
    return is_background(m, label) ? "background" : m->labels[label];
}

static int64_t row_sum(const app_confusion *m, int truth)
{
    int64_t sum = 0;
    for (int k = 0; k < m->classes; k++)
        sum += count_of(m, truth, k);
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

// Chooses all classes in order or, when they do not fit, those with the most mistakes.
static void choose_classes(layout *l, const app_confusion *m)
{
    const int classes = m->classes;
    l->label = g_new(int, classes);
    l->shown = MIN(classes, APP_CONFUSION_MOST);
    for (int i = 0; i < classes; i++)
        l->label[i] = i;
    if (classes <= APP_CONFUSION_MOST)
        return;
    int64_t *mistakes = g_new0(int64_t, classes);
    for (int i = 0; i < classes; i++)
        mistakes[i] = row_sum(m, i) - count_of(m, i, i);
    g_qsort_with_data(l->label, classes, sizeof(int), compare_mistakes, mistakes);
    qsort(l->label, (size_t)l->shown, sizeof(int), compare_numbers);
    g_free(mistakes);
}

static void measure(layout *l, const app_confusion *m)
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
            l->names = fmax(l->names, app_canvas_text_width(&trial, &how, name_of(m, l->label[i])));
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

// Colours small parts visibly, because few mistakes must show among many classes.
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

// Text at the end of a row: the part of it on the diagonal.
static void describe_row(char *text, size_t size, const app_confusion *m, int label)
{
    const int64_t sum = row_sum(m, label);
    if (is_background(m, label))
        g_snprintf(text, size, "%lld wrong", (long long)sum);
    else if (sum > 0)
        g_snprintf(text, size, "%.0f %% of %lld",
                   100.0 * (double)count_of(m, label, label) / (double)sum, (long long)sum);
    else
        g_snprintf(text, size, "none");
}

static void draw_names(app_canvas *c, const layout *l, const app_confusion *m)
{
    const double end = l->x + l->cell * l->shown;
    for (int i = 0; i < l->shown; i++) {
        const double middle = (i + 0.5) * l->cell - 0.5;
        const char *name = name_of(m, l->label[i]);
        app_text how = {.size = l->text, .colour = APP_INK, .width = l->names - 8, .align = 1};
        app_canvas_text(c, l->x - 7, l->y + middle, &how, name);
        how.align = 0;
        app_canvas_text_up(c, l->x + middle, l->y - 7, &how, name);
        char text[64];
        describe_row(text, sizeof text, m, l->label[i]);
        how.size = fmin(l->text, 13);
        how.colour = APP_QUIET;
        how.width = SUMS - 10;
        app_canvas_text(c, end + 9, l->y + middle, &how, text);
    }
}

static void draw_head(app_canvas *c, const layout *l, const app_confusion *m)
{
    const app_text title = {
        .size = 20, .bold = true, .colour = APP_INK, .width = l->width - 2 * EDGE};
    const app_text small = {.size = 13, .colour = APP_QUIET, .width = l->width - 2 * EDGE};
    g_autofree char *chosen = g_strdup_printf("the %d of %d classes with the most mistakes; %s",
                                              l->shown, m->classes, m->subtitle);
    app_canvas_text(c, EDGE, 32, &title, m->title);
    app_canvas_text(c, EDGE, 58, &small, l->shown < m->classes ? chosen : m->subtitle);
    const app_text axis = {.size = 13, .bold = true, .colour = APP_QUIET, .align = 0.5};
    const double middle = 0.5 * l->cell * l->shown;
    app_canvas_text(c, l->x + middle, HEAD + 8, &axis, "predicted");
    app_canvas_text_up(c, EDGE + 8, l->y + middle, &axis, "true");
    app_text sums = {.size = 13, .bold = true, .colour = APP_QUIET};
    app_canvas_text(c, l->x + 2 * middle + 9, l->y - 14, &sums, "right");
}

nn_status app_report_confusion(const char *path, const app_confusion *m, nn_error *err)
{
    layout l = {0};
    app_canvas c = {0};
    choose_classes(&l, m);
    measure(&l, m);
    nn_status status = app_canvas_init(&c, l.width, l.height, err);
    if (status == NN_OK) {
        for (int row = 0; row < l.shown; row++) {
            const int64_t sum = row_sum(m, l.label[row]);
            for (int k = 0; k < l.shown; k++)
                draw_cell(&c, &l, row, k, count_of(m, l.label[row], l.label[k]), sum);
        }
        draw_names(&c, &l, m);
        draw_head(&c, &l, m);
        status = app_canvas_save(&c, path, err);
    }
    app_canvas_release(&c);
    g_free(l.label);
    return status;
}

static int64_t count_pictures(const void *ctx, int truth, int predicted)
{
    return nn_class_metrics_confusion(ctx, truth, predicted);
}

nn_status app_report_class_confusion(const char *path, const nn_class_metrics *m,
                                     char *const *labels, nn_error *err)
{
    nn_class_summary s;
    nn_status status = nn_class_metrics_summary(m, &s, err);
    if (status != NN_OK)
        return status;
    g_autofree char *title =
        g_strdup_printf("%.1f %% of %lld pictures are right", 100 * s.top1, (long long)s.pictures);
    const app_confusion all = {.classes = nn_class_metrics_classes(m),
                               .labels = labels,
                               .title = title,
                               .subtitle = "rows: what is there; columns: what the model says",
                               .count = count_pictures,
                               .ctx = m};
    return app_report_confusion(path, &all, err);
}

static int64_t count_objects(const void *ctx, int truth, int predicted)
{
    return nn_box_confusion_count(ctx, truth, predicted);
}

nn_status app_report_box_confusion(const char *path, const nn_box_confusion *c, char *const *labels,
                                   nn_error *err)
{
    const int background = nn_box_confusion_classes(c);
    int64_t hits = 0, objects = 0;
    for (int i = 0; i < background; i++) {
        hits += nn_box_confusion_count(c, i, i);
        for (int k = 0; k <= background; k++)
            objects += nn_box_confusion_count(c, i, k);
    }
    g_autofree char *title =
        g_strdup_printf("%.1f %% of %lld objects are found",
                        objects ? 100.0 * (double)hits / (double)objects : 0.0, (long long)objects);
    g_autofree char *subtitle =
        g_strdup_printf("rows: what is there; columns: what is found; threshold %.2f, IoU 0.5",
                        (double)nn_box_confusion_threshold(c));
    const app_confusion all = {.classes = background + 1,
                               .background = true,
                               .labels = labels,
                               .title = title,
                               .subtitle = subtitle,
                               .count = count_objects,
                               .ctx = c};
    return app_report_confusion(path, &all, err);
}
