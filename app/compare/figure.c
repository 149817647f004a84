// SPDX-License-Identifier: MIT
// Draws networks as bubbles over latency, with the Pareto front.
#include "app/compare/compare.h"

#include "app/compare/front.h"
#include "app/late_cairo.h"
#include "app/report/report_canvas.h"

#include <math.h>
#include <string.h>

enum { WIDTH = 1280, HEIGHT = 840 };
enum { LEFT = 104, RIGHT = 40, TOP = 112, BOTTOM = 104 };
#define NAME_SIZE 17.0
#define NOTE_SIZE 13.0
#define BUBBLE 34.0 // radius of the network with the most parameters, pixels
#define LEAST 5.0

static const app_colour front_colour = {0.10, 0.38, 0.74}, other_colour = {0.56, 0.60, 0.66};
static const app_colour grid_colour = {0.90, 0.91, 0.93};

// What is drawn, in pixels.
typedef struct figure {
    const compare_table *t;
    app_canvas canvas;
    bool scored;
    int count, index[COMPARE_MOST]; // networks that are drawn
    double low[2], high[2];         // of both axes: x in ms, y as accuracy or MB
    double x[COMPARE_MOST], y[COMPARE_MOST], r[COMPARE_MOST];
    compare_rect label[COMPARE_MOST], front[2 * COMPARE_MOST];
    int parts; // of the front
} figure;

static double value_of(const figure *f, const compare_network *n)
{
    return f->scored ? 100 * n->accuracy : n->weights / 1e6;
}

static double part(double v, double low, double high, bool log_scale)
{
    return log_scale ? log(v / low) / log(high / low) : (v - low) / (high - low);
}

static double to_x(const figure *f, double ms)
{
    return LEFT + (WIDTH - LEFT - RIGHT) * part(ms, f->low[0], f->high[0], true);
}

static double to_y(const figure *f, double v)
{
    return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * part(v, f->low[1], f->high[1], !f->scored);
}

static void widen(double *low, double *high, double v)
{
    *low = fmin(*low, v);
    *high = fmax(*high, v);
}

static void choose_ranges(figure *f)
{
    f->low[0] = f->low[1] = INFINITY;
    f->high[0] = f->high[1] = -INFINITY;
    for (int i = 0; i < f->count; i++) {
        const compare_network *n = &f->t->list[f->index[i]];
        widen(&f->low[0], &f->high[0], n->latency[0].best_ms);
        widen(&f->low[1], &f->high[1], value_of(f, n));
    }
    const double room = fmax(pow(f->high[0] / f->low[0], 0.12), 1.25);
    f->low[0] /= room;
    f->high[0] *= room;
    if (f->scored) {
        const double pad = fmax(0.16 * (f->high[1] - f->low[1]), 2);
        f->low[1] = fmax(f->low[1] - pad, 0) < 8 ? 0 : f->low[1] - pad;
        f->high[1] = fmin(f->high[1] + pad, 104);
    } else {
        const double more = fmax(pow(f->high[1] / f->low[1], 0.14), 1.4);
        f->low[1] /= more;
        f->high[1] *= more;
    }
}

static void line(figure *f, double x0, double y0, double x1, double y1, app_colour c, double width)
{
    cairo_set_source_rgb(f->canvas.cr, c.r, c.g, c.b);
    cairo_set_line_width(f->canvas.cr, width);
    cairo_new_path(f->canvas.cr);
    cairo_move_to(f->canvas.cr, x0, y0);
    cairo_line_to(f->canvas.cr, x1, y1);
    cairo_stroke(f->canvas.cr);
}

static void draw_axes(figure *f)
{
    const app_text tick = {.size = 15, .colour = APP_QUIET, .align = 0.5};
    const app_text left = {.size = 15, .colour = APP_QUIET, .align = 1};
    const app_text title = {.size = 17, .colour = APP_INK, .align = 0.5};
    double ticks[COMPARE_TICKS];
    char text[64];
    int count = compare_ticks(ticks, f->low[0], f->high[0], true);
    for (int i = 0; i < count; i++) {
        const double x = round(to_x(f, ticks[i])) + 0.5;
        line(f, x, TOP, x, HEIGHT - BOTTOM, grid_colour, 1);
        g_snprintf(text, sizeof text, "%g", ticks[i]);
        app_canvas_text(&f->canvas, x, HEIGHT - BOTTOM + 18, &tick, text);
    }
    count = compare_ticks(ticks, f->low[1], f->high[1], !f->scored);
    for (int i = 0; i < count; i++) {
        const double y = round(to_y(f, ticks[i])) + 0.5;
        line(f, LEFT, y, WIDTH - RIGHT, y, grid_colour, 1);
        g_snprintf(text, sizeof text, f->scored ? "%g %%" : "%g", ticks[i]);
        app_canvas_text(&f->canvas, LEFT - 10, y, &left, text);
    }
    line(f, LEFT, HEIGHT - BOTTOM + 0.5, WIDTH - RIGHT, HEIGHT - BOTTOM + 0.5, APP_QUIET, 1);
    app_canvas_text(&f->canvas, LEFT + 0.5 * (WIDTH - LEFT - RIGHT), HEIGHT - BOTTOM + 46, &title,
                    "latency of one picture with one thread, milliseconds (log scale)");
    g_snprintf(text, sizeof text, "%s", compare_metric_word(f->t));
    app_canvas_text_up(&f->canvas, 26, HEIGHT - BOTTOM - 0.5 * (HEIGHT - TOP - BOTTOM), &title,
                       f->scored ? text : "weights, MB (log scale)");
}

static int by_x(const void *a, const void *b, void *figure_of)
{
    const figure *f = figure_of;
    const double d = f->x[*(const int *)a] - f->x[*(const int *)b];
    return (d > 0) - (d < 0);
}

// The front as steps: what is reached at each latency. Horizontal and vertical parts, alternating.
static void find_front(figure *f)
{
    int order[COMPARE_MOST], count = 0;
    for (int i = 0; i < f->count; i++)
        if (f->t->list[f->index[i]].on_front)
            order[count++] = i;
    g_qsort_with_data(order, count, sizeof *order, by_x, f);
    double from = f->scored ? HEIGHT - BOTTOM : TOP;
    for (int i = 0; i < count; i++) {
        const double x = f->x[order[i]], y = f->y[order[i]];
        const double next = i + 1 < count ? f->x[order[i + 1]] : WIDTH - RIGHT;
        f->front[f->parts++] = (compare_rect){x - 1, fmin(from, y), 2, fabs(from - y)};
        f->front[f->parts++] = (compare_rect){x - 1, y - 1, next - x + 2, 2};
        from = y;
    }
}

static void draw_front(figure *f)
{
    cairo_t *cr = f->canvas.cr;
    cairo_new_path(cr);
    for (int i = 0; i < f->parts; i++)
        cairo_rectangle(cr, f->front[i].x, f->front[i].y, f->front[i].w, f->front[i].h);
    cairo_set_source_rgb(cr, 0.55, 0.69, 0.88);
    cairo_fill(cr);
}

static void bubble(figure *f, double x, double y, double r, app_colour c)
{
    cairo_t *cr = f->canvas.cr;
    cairo_new_path(cr); // text leaves a current point
    cairo_arc(cr, x, y, r, 0, 2 * M_PI);
    cairo_set_source_rgba(cr, c.r, c.g, c.b, 0.30);
    cairo_fill_preserve(cr);
    cairo_set_source_rgb(cr, c.r, c.g, c.b);
    cairo_set_line_width(cr, 1.6);
    cairo_stroke(cr);
    cairo_new_path(cr);
    cairo_arc(cr, x, y, fmin(3, r), 0, 2 * M_PI);
    cairo_fill(cr);
}

static char *note_of(const figure *f, const compare_network *n) // g_free
{
    const char *const unit = n->parameters < 1e6 ? "k" : "M";
    const double count = n->parameters / (n->parameters < 1e6 ? 1e3 : 1e6);
    const int digits = count < 10 ? 2 : count < 100 ? 1 : 0;
    return f->scored ? g_strdup_printf("%.1f %%, %.*f %s, %.3g GFLOPs", 100 * n->accuracy, digits,
                                       count, unit, 2e-9 * n->macs)
                     : g_strdup_printf("%.*f %s, %.3g GFLOPs", digits, count, unit, 2e-9 * n->macs);
}

static app_text name_style(const compare_network *n)
{
    return (app_text){
        .size = NAME_SIZE, .bold = true, .colour = n->on_front ? front_colour : APP_INK};
}

static void lay_out(figure *f)
{
    const compare_rect frame = {LEFT + 4, TOP, WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM - 4};
    const app_text note = {.size = NOTE_SIZE};
    double most = 1;
    for (int i = 0; i < f->count; i++)
        most = fmax(most, f->t->list[f->index[i]].parameters);
    for (int i = 0; i < f->count; i++) {
        const compare_network *n = &f->t->list[f->index[i]];
        const app_text name = name_style(n);
        g_autofree char *text = note_of(f, n);
        f->x[i] = to_x(f, n->latency[0].best_ms);
        f->y[i] = to_y(f, value_of(f, n));
        f->r[i] = fmax(BUBBLE * sqrt(n->parameters / most), LEAST);
        f->label[i].w = fmax(app_canvas_text_width(&f->canvas, &name, n->name),
                             app_canvas_text_width(&f->canvas, &note, text));
        f->label[i].h = NAME_SIZE + NOTE_SIZE + 10;
    }
    find_front(f);
    const compare_marks marks = {f->x, f->y, f->r, f->count, f->front, f->parts};
    compare_place_labels(f->label, &marks, &frame);
}

// A thin line from a label to its mark when they are apart.
static void draw_leader(figure *f, int i)
{
    const compare_rect *l = &f->label[i];
    const double x = CLAMP(f->x[i], l->x, l->x + l->w), y = CLAMP(f->y[i], l->y, l->y + l->h);
    const double d = hypot(x - f->x[i], y - f->y[i]);
    if (d < f->r[i] + 12)
        return;
    const double k = f->r[i] / d;
    line(f, f->x[i] + k * (x - f->x[i]), f->y[i] + k * (y - f->y[i]), x, y, other_colour, 1);
}

static void draw_marks(figure *f)
{
    const app_text note = {.size = NOTE_SIZE, .colour = APP_QUIET};
    for (int i = 0; i < f->count; i++) {
        const compare_network *n = &f->t->list[f->index[i]];
        bubble(f, f->x[i], f->y[i], f->r[i], n->on_front ? front_colour : other_colour);
    }
    for (int i = 0; i < f->count; i++) {
        const compare_network *n = &f->t->list[f->index[i]];
        const app_text name = name_style(n);
        const compare_rect *l = &f->label[i];
        g_autofree char *text = note_of(f, n);
        draw_leader(f, i);
        app_canvas_text(&f->canvas, l->x, l->y + 0.5 * NAME_SIZE + 2, &name, n->name);
        app_canvas_text(&f->canvas, l->x, l->y + NAME_SIZE + 0.5 * NOTE_SIZE + 6, &note, text);
    }
}

static void draw_titles(figure *f)
{
    const app_text title = {.size = 27, .bold = true, .colour = APP_INK};
    const app_text sub = {.size = 16, .colour = APP_QUIET, .width = WIDTH - 80};
    const compare_network *n = &f->t->list[f->index[0]];
    g_autofree char *machine = compare_machine();
    GString *text = g_string_new(machine);
    bool same = true;
    for (int i = 0; i < f->count; i++)
        same = same && f->t->list[f->index[i]].width == n->width &&
               f->t->list[f->index[i]].height == n->height;
    if (same)
        g_string_append_printf(text, "; input %dx%d", n->width, n->height);
    if (f->scored)
        g_string_append_printf(text, "; %s of %d pictures", compare_metric_word(f->t), n->pictures);
    g_string_append(text, "; the area of a circle is the number of parameters");
    app_canvas_text(&f->canvas, 40, 42, &title,
                    f->scored ? "Accuracy and latency" : "Size and latency");
    app_canvas_text(&f->canvas, 40, 74, &sub, text->str);
    g_string_free(text, TRUE);
    bubble(f, 50, HEIGHT - 26, 7, front_colour);
    app_canvas_text(&f->canvas, 66, HEIGHT - 26, &sub,
                    f->scored ? "Pareto front: no other network is as fast and as accurate"
                              : "Pareto front: no other network is as fast and as small");
}

static void choose(figure *f)
{
    f->scored = compare_has_accuracy(f->t);
    for (int i = 0; i < f->t->count; i++) {
        const compare_network *n = &f->t->list[i];
        if (n->latency[0].best_ms > 0 && (!f->scored || isfinite(n->accuracy)))
            f->index[f->count++] = i;
    }
}

nn_status compare_draw(const compare_table *t, const char *path, nn_error *err)
{
    figure *f = g_new0(figure, 1);
    f->t = t;
    choose(f);
    nn_status status = f->count > 0 ? app_canvas_init(&f->canvas, WIDTH, HEIGHT, err)
                                    : nn_fail(err, NN_EINVAL, "there is nothing to draw");
    if (status == NN_OK) {
        choose_ranges(f);
        draw_titles(f);
        draw_axes(f);
        lay_out(f);
        draw_front(f);
        draw_marks(f);
        status = app_canvas_save(&f->canvas, path, err);
    }
    app_canvas_release(&f->canvas);
    g_free(f);
    return status;
}
