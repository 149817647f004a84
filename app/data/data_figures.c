// SPDX-License-Identifier: MIT
// Draws figures about a data set.
#include "app/data/data_figures.h"

#include "app/cli/folder.h"
#include "app/report/report_canvas.h"
#include "app/report/report_sheet.h"
#include "nn/base/memory.h"
#include "nn/base/rng.h"

#include <math.h>
#include <string.h>

enum { MOST_CLASSES = 30, EXAMPLES = 6, ISSUES = 24, LEAST_CUT = 64, CELL_W = 220, CELL_H = 165 };
#define AROUND 0.25 // margin of a crop around a box, as a fraction of the box

// Crops the part x0..y1 of a picture, without scaling.
static nn_status cut(nn_image *to, const nn_image *from, int x0, int y0, int x1, int y1,
                     nn_error *err)
{
    const size_t row = (size_t)3 * (size_t)(x1 - x0);
    *to = (nn_image){x1 - x0, y1 - y0, nn_alloc(row * (size_t)(y1 - y0))};
    if (!to->rgb)
        return nn_fail(err, NN_ENOMEM, "no memory for a cut-out");
    for (int y = y0; y < y1; y++)
        memcpy(to->rgb + row * (size_t)(y - y0),
               from->rgb + 3 * ((size_t)y * (size_t)from->width + (size_t)x0), row);
    return NN_OK;
}

static void widen(double *low, double *high, double limit)
{
    const double middle = 0.5 * (*low + *high);
    const double half = fmax((*high - *low) * (0.5 + AROUND), 0.5 * LEAST_CUT);
    *low = fmax(floor(middle - half), 0);
    *high = fmin(ceil(middle + half), limit);
}

// Fills a cell with a box and its surroundings; the box is in pixels of the full picture.
static nn_status show_box(app_report_cell *cell, const app_data_findings *f, int sample,
                          const float box[4], app_box_kind kind, nn_error *err)
{
    const bool held = sample >= f->train->count;
    const nn_sample *s = app_data_sample(f, sample);
    nn_image image;
    bool borrowed;
    nn_status status = nn_dataset_picture(
        held ? f->val : f->train, held ? sample - f->train->count : sample, &image, &borrowed, err);
    if (status != NN_OK)
        return status;
    const double sx = (double)image.width / s->width, sy = (double)image.height / s->height;
    double x0 = sx * (double)box[0], x1 = sx * (double)box[2];
    double y0 = sy * (double)box[1], y1 = sy * (double)box[3];
    widen(&x0, &x1, image.width);
    widen(&y0, &y1, image.height);
    status = cut(&cell->image, &image, (int)x0, (int)y0, (int)x1, (int)y1, err);
    cell->boxes = g_new0(app_report_box, 1);
    cell->boxes[0] = (app_report_box){.x0 = (float)(sx * (double)box[0] - x0),
                                      .y0 = (float)(sy * (double)box[1] - y0),
                                      .x1 = (float)(sx * (double)box[2] - x0),
                                      .y1 = (float)(sy * (double)box[3] - y0),
                                      .kind = kind};
    cell->box_count = 1;
    if (!borrowed)
        nn_image_release(&image);
    return status;
}

static nn_status write_sheet(const char *dir, const char *name, const char *title,
                             app_report_cell *cells, int count, int columns, nn_error *err)
{
    g_autofree char *path = g_build_filename(dir, name, NULL);
    const app_report_sheet sheet = {.title = title,
                                    .subtitle = "",
                                    .caption = {APP_INK, APP_QUIET, APP_QUIET},
                                    .cells = cells,
                                    .count = count,
                                    .columns = columns,
                                    .width = CELL_W,
                                    .height = CELL_H};
    const nn_status status = count > 0 ? app_report_sheet_write(&sheet, path, err) : NN_OK;
    for (int i = 0; i < count; i++)
        app_report_cell_release(&cells[i]);
    return status;
}

// Picks up to EXAMPLES boxes of a class at random; pick[k] gets sample and box index.
static int pick_examples(const nn_dataset *d, int label, int pick[EXAMPLES][2])
{
    nn_rng rng = nn_rng_stream(1, (uint64_t)label);
    int seen = 0;
    for (int i = 0; i < d->count; i++)
        for (int k = 0; k < d->samples[i].truth_count; k++) {
            const nn_truth *t = &d->samples[i].truths[k];
            if (t->ignore || t->label != label)
                continue;
            const int64_t at = seen < EXAMPLES ? seen : nn_rng_below(&rng, seen + 1);
            seen++;
            if (at < EXAMPLES) {
                pick[at][0] = i;
                pick[at][1] = k;
            }
        }
    return MIN(seen, EXAMPLES);
}

static nn_status draw_examples(const char *dir, const app_data_findings *f, nn_error *err)
{
    app_report_cell *cells = g_new0(app_report_cell, MOST_CLASSES * EXAMPLES);
    nn_status status = NN_OK;
    int rows = 0;
    for (int label = 0; label < f->labels->count && rows < MOST_CLASSES && status == NN_OK;
         label++) {
        int pick[EXAMPLES][2];
        const int n = pick_examples(f->train, label, pick);
        for (int k = 0; k < n && status == NN_OK; k++) {
            app_report_cell *cell = &cells[rows * EXAMPLES + k];
            const nn_truth *t = &f->train->samples[pick[k][0]].truths[pick[k][1]];
            status = show_box(cell, f, pick[k][0], (const float[4]){t->x0, t->y0, t->x1, t->y1},
                              APP_BOX_HIT, err);
            cell->caption[0] = g_strdup_printf("%s %.0fx%.0f", f->labels->name[label],
                                               (double)(t->x1 - t->x0), (double)(t->y1 - t->y0));
            cell->caption[1] = g_path_get_basename(f->train->samples[pick[k][0]].name);
        }
        // Fills the rest of the row with empty cells.
        for (int k = n; k < EXAMPLES && n > 0 && status == NN_OK; k++)
            status = cut(&cells[rows * EXAMPLES + k].image,
                         &(nn_image){1, 1, (uint8_t[3]){240, 242, 245}}, 0, 0, 1, 1, err);
        rows += n > 0;
    }
    const nn_status written = write_sheet(dir, "examples.png", "Examples of each class", cells,
                                          status == NN_OK ? rows * EXAMPLES : 0, EXAMPLES, err);
    for (int i = 0; i < MOST_CLASSES * EXAMPLES; i++)
        app_report_cell_release(&cells[i]);
    g_free(cells);
    return status == NN_OK ? written : status;
}

static nn_status draw_label_issues(const char *dir, const app_data_findings *f, nn_error *err)
{
    app_report_cell cells[ISSUES] = {0};
    nn_status status = NN_OK;
    int n = 0;
    for (; n < ISSUES && n < (int)f->label_issues->len && status == NN_OK; n++) {
        const app_label_issue *d = &g_array_index(f->label_issues, app_label_issue, n);
        const app_box_kind kind = d->kind == APP_LABEL_MISSING ? APP_BOX_MISSED : APP_BOX_FALSE;
        status = show_box(&cells[n], f, d->sample, (const float[4]){d->x0, d->y0, d->x1, d->y1},
                          kind, err);
        const char *label = d->label >= 0 ? f->labels->name[d->label] : "no label";
        const char *seen = d->seen >= 0 ? f->labels->name[d->seen] : "nothing";
        cells[n].caption[0] = g_strdup_printf("%s: %s? %.2f", label, seen, (double)d->score);
        cells[n].caption[1] = g_path_get_basename(app_data_sample(f, d->sample)->name);
    }
    const nn_status written =
        write_sheet(dir, "label-issues.png", "Labels that the model disagrees with", cells,
                    status == NN_OK ? n : 0, EXAMPLES, err);
    for (int i = 0; i < ISSUES; i++)
        app_report_cell_release(&cells[i]);
    return status == NN_OK ? written : status;
}

enum { EDGE = 24, TILE = 168, TILES = 5, BARS_H = 130, HEAD = 40 };

// Draws the positions of boxes as a heat map: white for none, dark for most.
static void draw_places(app_canvas *c, const app_data_class *class, const char *name, double x,
                        double y)
{
    static const app_text text = {.size = 13, .colour = {0.12, 0.16, 0.22}, .width = TILE};
    const double cell = (double)TILE / APP_DATA_GRID;
    float most = 1;
    g_autofree char *title = g_strdup_printf("%s %ld", name, class->boxes);
    app_canvas_text(c, x, y - 10, &text, title);
    for (int i = 0; i < APP_DATA_GRID * APP_DATA_GRID; i++)
        most = fmaxf(most, class->place[i / APP_DATA_GRID][i % APP_DATA_GRID]);
    app_canvas_fill(c, x, y, TILE, TILE, (app_colour){0.945, 0.95, 0.96});
    for (int row = 0; row < APP_DATA_GRID; row++)
        for (int column = 0; column < APP_DATA_GRID; column++) {
            const double part = sqrt((double)(class->place[row][column] / most));
            if (part > 0)
                app_canvas_fill(
                    c, x + column * cell, y + row * cell, cell, cell,
                    (app_colour){0.93 - 0.83 * part, 0.94 - 0.62 * part, 0.96 - 0.32 * part});
        }
}

static void draw_bars(app_canvas *c, const char *title, const long *counts,
                      const char *const *heads, int n, double y)
{
    const app_text bold = {.size = 14, .bold = true, .colour = APP_INK};
    const app_text head = {.size = 11, .colour = APP_QUIET, .align = 0.5};
    const double step = (double)TILE * TILES / n;
    long most = 1;
    for (int i = 0; i < n; i++)
        most = MAX(most, counts[i]);
    app_canvas_text(c, EDGE, y, &bold, title);
    for (int i = 0; i < n; i++) {
        const double h = (BARS_H - 20) * (double)counts[i] / (double)most, x = EDGE + i * step;
        g_autofree char *number = g_strdup_printf("%ld", counts[i]);
        app_canvas_fill(c, x + 4, y + BARS_H - h + 14, step - 8, h, (app_colour){0.10, 0.38, 0.74});
        app_canvas_text(c, x + step / 2, y + BARS_H - h + 6, &head, number);
        app_canvas_text(c, x + step / 2, y + BARS_H + 24, &head, heads[i]);
    }
}

static nn_status draw_boxes(const char *dir, const app_data_findings *f, nn_error *err)
{
    static const char *const sides[APP_DATA_SIDES] = {"below 8", "8-11",  "11-16", "16-23",
                                                      "23-32",   "32-45", "45-64", "64-91",
                                                      "91-128",  "128 up"};
    static const char *const shapes[APP_DATA_SHAPES] = {
        "below 1:4", "1:4-1:2", "1:2-4:5", "about 1:1", "5:4-2:1", "2:1-4:1", "above 4:1"};
    const app_data_facts *facts = f->facts;
    const app_data_class *all = &facts->classes[facts->class_count];
    const app_text bold = {.size = 16, .bold = true, .colour = APP_INK};
    int shown = 1;
    for (int i = 0; i < facts->class_count; i++)
        shown += facts->classes[i].boxes > 0 && shown <= MOST_CLASSES;
    const int rows = (shown + TILES - 1) / TILES;
    const int bars = HEAD + EDGE + rows * (TILE + HEAD);
    app_canvas c = {0};
    nn_status status =
        app_canvas_init(&c, 2 * EDGE + TILES * (TILE + 12), bars + 2 * (BARS_H + 64), err);
    if (status != NN_OK)
        return status;
    app_canvas_text(&c, EDGE, EDGE, &bold, "Where boxes lie in their pictures");
    for (int i = 0, at = 0; i <= facts->class_count && at < shown; i++) {
        const int class = i == 0 ? facts->class_count : i - 1; // all classes together first
        if (facts->classes[class].boxes == 0)
            continue;
        draw_places(&c, &facts->classes[class], i == 0 ? "all" : f->labels->name[class],
                    EDGE + at % TILES * (TILE + 12), HEAD + EDGE + at / TILES * (TILE + HEAD));
        at++;
    }
    draw_bars(&c, "Sides of boxes (square root of the area, pixels)", all->side, sides,
              APP_DATA_SIDES, bars);
    draw_bars(&c, "Width to height", all->shape, shapes, APP_DATA_SHAPES, bars + BARS_H + 64);
    g_autofree char *path = g_build_filename(dir, "boxes.png", NULL);
    status = app_canvas_save(&c, path, err);
    app_canvas_release(&c);
    return status;
}

nn_status app_data_figures(const char *dir, const app_data_findings *f, nn_error *err)
{
    nn_status status = app_folder_make("--out", dir, err);
    if (status != NN_OK)
        return status;
    if (f->facts->classes[f->facts->class_count].boxes > 0) {
        status = draw_examples(dir, f, err);
        if (status == NN_OK)
            status = draw_boxes(dir, f, err);
    }
    return status == NN_OK && f->label_issues && f->label_issues->len > 0
               ? draw_label_issues(dir, f, err)
               : status;
}
