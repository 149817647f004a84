// SPDX-License-Identifier: MIT
// Draws contact sheets.
#include "app/report/report_sheet.h"

#include "app/late_cairo.h"
#include "app/report/mask_overlay.h"

#include <glib.h>
#include <math.h>

enum { EDGE = 24, GAP = 16, HEAD = 84, LINE = 18, TAG = 13, MAX_TAGS = 16 };

static app_colour box_colour(const app_report_box *b)
{
    static const app_colour colours[] = {
        [APP_BOX_HIT] = {0.93, 0.95, 0.97},
        [APP_BOX_FALSE] = {1.0, 0.25, 0.33},
        [APP_BOX_MISSED] = {1.0, 0.80, 0.05},
        [APP_BOX_IGNORED] = {0.7, 0.7, 0.7},
    };
    uint8_t rgb[3];
    if (b->kind != APP_BOX_CLASS)
        return colours[b->kind];
    app_class_colour(b->label, rgb);
    return (app_colour){rgb[0] / 255.0, rgb[1] / 255.0, rgb[2] / 255.0};
}

static bool is_mistake(const app_report_box *b)
{
    return b->kind == APP_BOX_FALSE || b->kind == APP_BOX_MISSED;
}

// Position of a cell's picture: pixel (u, v) is at (x + scale u, y + scale v) on the sheet.
typedef struct placed {
    double x, y, scale, width, height;
} placed;

static placed draw_picture(app_canvas *c, const app_report_sheet *s, const nn_image *image,
                           double x, double y)
{
    const double scale = fmin((double)s->width / image->width, (double)s->height / image->height);
    placed p = {.scale = scale, .width = scale * image->width, .height = scale * image->height};
    p.x = x + 0.5 * (s->width - p.width);
    p.y = y + 0.5 * (s->height - p.height);
    app_canvas_fill(c, x, y, s->width, s->height, (app_colour){0.945, 0.95, 0.96});
    // Small pictures are shown with visible pixels.
    app_canvas_picture(c, p.x, p.y, scale, 3, image);
    return p;
}

static void draw_frame(app_canvas *c, double x, double y, double w, double h,
                       const app_report_box *b)
{
    const app_colour colour = box_colour(b);
    const double thick = is_mistake(b) ? 2.2 : b->kind == APP_BOX_CLASS ? 1.5 : 1;
    // A dark rim separates the box from similar colours in the picture.
    cairo_rectangle(c->cr, x, y, w, h);
    cairo_set_source_rgba(c->cr, 0, 0, 0, is_mistake(b) ? 0.6 : 0.35);
    cairo_set_line_width(c->cr, thick + 1.6);
    cairo_stroke_preserve(c->cr);
    cairo_set_source_rgb(c->cr, colour.r, colour.g, colour.b);
    cairo_set_line_width(c->cr, thick);
    if (b->kind == APP_BOX_MISSED || b->kind == APP_BOX_IGNORED)
        cairo_set_dash(c->cr, (const double[]){5, 3}, 2, 0);
    cairo_stroke(c->cr);
    cairo_set_dash(c->cr, NULL, 0, 0);
}

static void draw_lines(app_canvas *c, const placed *p, double scale, const app_report_box *b)
{
    const app_colour colour = box_colour(b);
    for (int i = 0; i < b->line_count; i++) {
        cairo_move_to(c->cr, p->x + scale * (double)b->lines[i][0],
                      p->y + scale * (double)b->lines[i][1]);
        cairo_line_to(c->cr, p->x + scale * (double)b->lines[i][2],
                      p->y + scale * (double)b->lines[i][3]);
    }
    cairo_set_source_rgba(c->cr, 0, 0, 0, 0.5);
    cairo_set_line_width(c->cr, 2.6);
    cairo_stroke_preserve(c->cr);
    cairo_set_source_rgb(c->cr, colour.r, colour.g, colour.b);
    cairo_set_line_width(c->cr, 1.3);
    cairo_stroke(c->cr);
}

// Areas of the names on a picture, which may not overlap.
typedef struct tags {
    struct {
        double x, y, w;
    } at[MAX_TAGS];
    int count;
} tags;

static bool is_free(const tags *t, double x, double y, double w)
{
    for (int i = 0; i < t->count; i++)
        if (x < t->at[i].x + t->at[i].w && t->at[i].x < x + w && fabs(y - t->at[i].y) < TAG)
            return false;
    return true;
}

// Draws a name above its box, else below it; not at all when both are taken.
static void draw_tag(app_canvas *c, const placed *p, double x, double top, double bottom,
                     const app_report_box *b, tags *t)
{
    const app_text how = {.size = 10,
                          .bold = true,
                          .colour = b->kind == APP_BOX_FALSE ? APP_PAPER : APP_INK,
                          .width = p->width - 6};
    const double width = app_canvas_text_width(c, &how, b->text) + 6;
    x = fmax(fmin(x - 1, p->x + p->width - width), p->x);
    double y = top - TAG - 1;
    if (y < p->y || !is_free(t, x, y, width))
        y = bottom + 1;
    if (y + TAG > p->y + p->height || !is_free(t, x, y, width) || t->count == MAX_TAGS)
        return;
    t->at[t->count].x = x;
    t->at[t->count].y = y;
    t->at[t->count++].w = width;
    app_canvas_fill(c, x, y, width, TAG, box_colour(b));
    app_canvas_text(c, x + 3, y + 0.5 * TAG, &how, b->text);
}

static void draw_boxes(app_canvas *c, const app_report_cell *cell, const placed *p)
{
    tags named = {0};
    const double scale = p->scale / MAX(1, cell->reduced);
    int mistakes = 0;
    for (int i = 0; i < cell->box_count; i++)
        mistakes += is_mistake(&cell->boxes[i]);
    cairo_save(c->cr);
    cairo_rectangle(c->cr, p->x, p->y, p->width, p->height);
    cairo_clip(c->cr);
    // Draws correct boxes, then mistakes over them, then the names of correct boxes, unless they
    // would hide mistakes.
    for (int pass = 0; pass < (mistakes > MAX_TAGS ? 2 : 3); pass++)
        for (int i = 0; i < cell->box_count; i++) {
            const app_report_box *b = &cell->boxes[i];
            const double x = p->x + scale * (double)b->x0, y = p->y + scale * (double)b->y0;
            const double w = scale * ((double)b->x1 - (double)b->x0);
            const double h = scale * ((double)b->y1 - (double)b->y0);
            if (pass == 2 && b->text[0]) {
                draw_tag(c, p, x, y, y + h, b, &named);
            } else if (pass < 2 && is_mistake(b) == (pass == 1)) {
                draw_frame(c, x, y, w, h, b);
                draw_lines(c, p, scale, b);
            }
        }
    cairo_restore(c->cr);
}

static int caption_lines(const app_report_sheet *s)
{
    int lines = 0;
    for (int i = 0; i < s->count; i++)
        for (int k = 0; k < APP_CAPTION_LINES; k++)
            if (s->cells[i].caption[k] && *s->cells[i].caption[k])
                lines = MAX(lines, k + 1);
    return lines;
}

static void draw_cell(app_canvas *c, const app_report_sheet *s, const app_report_cell *cell,
                      double x, double y)
{
    const placed p = draw_picture(c, s, &cell->image, x, y);
    draw_boxes(c, cell, &p);
    for (int i = 0; i < APP_CAPTION_LINES; i++) {
        const app_text how = {.size = i == APP_CAPTION_LINES - 1 ? 11 : 13,
                              .bold = i == 0,
                              .colour = s->caption[i],
                              .width = s->width};
        if (cell->caption[i])
            app_canvas_text(c, x, y + s->height + 12 + i * LINE, &how, cell->caption[i]);
    }
}

static void draw_legend(app_canvas *c, double x, double y)
{
    static const struct {
        app_box_kind kind;
        const char *text;
    } rows[] = {{APP_BOX_MISSED, "missed"},
                {APP_BOX_FALSE, "wrong: no such object there"},
                {APP_BOX_HIT, "right"}};
    const app_text how = {.size = 13, .colour = APP_INK};
    for (int i = 0; i < 3; i++) {
        if (rows[i].kind == APP_BOX_HIT)
            app_canvas_fill(c, x - 4, y - 10, 28, 20, (app_colour){0.55, 0.58, 0.62});
        draw_frame(c, x, y - 6, 20, 12, &(app_report_box){.kind = rows[i].kind});
        app_canvas_text(c, x + 32, y, &how, rows[i].text);
        x += 32 + app_canvas_text_width(c, &how, rows[i].text) + 26;
    }
}

nn_status app_report_sheet_write(const app_report_sheet *s, const char *path, nn_error *err)
{
    app_canvas c = {0};
    const int columns = MAX(MIN(s->columns, s->count), s->width < 300 ? 3 : 2);
    const int rows = (s->count + columns - 1) / columns;
    const int row = s->height + caption_lines(s) * LINE + GAP + 8,
              head = HEAD + (s->boxes ? 26 : 0);
    const int width = 2 * EDGE + columns * (s->width + GAP) - GAP;
    nn_status status = app_canvas_init(&c, width, head + rows * row + EDGE - GAP, err);
    if (status != NN_OK)
        return status;
    app_text how = {.size = 20, .bold = true, .colour = APP_INK, .width = width - 2 * EDGE};
    app_canvas_text(&c, EDGE, 32, &how, s->title);
    how = (app_text){.size = 13, .colour = APP_QUIET, .width = width - 2 * EDGE};
    app_canvas_text(&c, EDGE, 58, &how, s->subtitle);
    if (s->boxes)
        draw_legend(&c, EDGE + 2, 84);
    for (int i = 0; i < s->count; i++)
        draw_cell(&c, s, &s->cells[i], EDGE + i % columns * (s->width + GAP),
                  head + i / columns * row);
    status = app_canvas_save(&c, path, err);
    app_canvas_release(&c);
    return status;
}
