// SPDX-License-Identifier: MIT
// Lays figures out and draws them.
#include "app/visualize/figure.h"

#include <math.h>
#include <stdarg.h>
#include <string.h>

enum {
    EDGE = 28,
    GAP = 20,   // between cells
    HEAD = 62,  // title
    FACT = 20,  // height of a line of facts
    TITLE = 19, // lines above a picture
    NOTE = 16,
    LEAST = 460, // width of a page
    LARGEST = 30000,
    MOST_COLUMNS = 64,
    PAIR = 4,    // between two pictures of a cell
    TALL = 300,  // a bar beside many cells
    SQUARES = 6, // enlargement from which pixels show
};

app_figure_cell *app_figure_add(app_figure *f)
{
    f->cells = g_renew(app_figure_cell, f->cells, (gsize)f->count + 1);
    f->cells[f->count] = (app_figure_cell){0};
    return &f->cells[f->count++];
}

void app_figure_add_fact(app_figure *f, const char *format, ...)
{
    va_list list;
    int i = 0;
    while (i < APP_FIGURE_FACTS && f->facts[i])
        i++;
    if (i == APP_FIGURE_FACTS)
        return;
    va_start(list, format);
    f->facts[i] = g_strdup_vprintf(format, list);
    va_end(list);
}

void app_figure_mark(app_figure_cell *c, float x0, float y0, float x1, float y1, uint32_t rgb,
                     const char *text)
{
    if (c->marks < APP_MARKS)
        c->mark[c->marks++] = (app_mark){x0, y0, x1, y1, rgb, g_strdup(text)};
}

void app_figure_release(app_figure *f)
{
    for (int i = 0; i < f->count; i++) {
        app_figure_cell *c = &f->cells[i];
        nn_image_release(&c->image);
        nn_image_release(&c->second);
        g_free(c->title);
        g_free(c->note);
        for (int k = 0; k < c->marks; k++)
            g_free(c->mark[k].text);
    }
    for (int i = 0; i < APP_FIGURE_FACTS; i++)
        g_free(f->facts[i]);
    g_free(f->cells);
    g_free(f->title);
    g_free(f->footer);
    *f = (app_figure){0};
}

// --- the layout ---

#define RIM ((app_colour){0.72, 0.75, 0.79})

typedef struct layout {
    const app_figure *f;
    app_canvas *canvas;
    int columns, rows;
    int width, height;      // of the page
    int head, lines;        // height of what is above the cells; of the lines above a picture
    double small;           // size of the letters of those
    int left[MOST_COLUMNS]; // of the columns
    int right;              // of the last column and its bars
} layout;

static int empty_places(int count, int columns)
{
    return (columns - count % columns) % columns;
}

static int choose_columns(const app_figure *f)
{
    const int most = MAX(1, MIN(f->count, MOST_COLUMNS));
    if (f->columns > 0)
        return MIN(f->columns, most);
    if (f->count <= 3) // beside each other, unless they are wide
        return f->width > 1.7 * f->height ? 1 : most;
    const int usual = (int)(sqrt(1.5 * f->count * (f->height + 40) / (f->width + GAP)) + 0.5);
    int best = CLAMP(usual, 1, most);
    for (int k = MAX(1, usual - 1); k <= MIN(most, usual + 2); k++)
        if (empty_places(f->count, k) < empty_places(f->count, best))
            best = k;
    return best;
}

// Room for the numbers of a scale.
static int bar_room(app_canvas *c, const app_scale *s)
{
    double ticks[APP_BAR_TICKS], widest = 0;
    const app_text how = {.size = 11};
    const int n = app_bar_ticks(s->low, s->high, APP_BAR_TICKS, ticks);
    for (int i = 0; i < n; i++) {
        char text[24];
        g_snprintf(text, sizeof text, "%.6g", ticks[i]);
        widest = fmax(widest, app_canvas_text_width(c, &how, text));
    }
    return 34 + (int)ceil(widest);
}

static void place_columns(layout *l)
{
    int x = EDGE;
    for (int k = 0; k < l->columns; k++) {
        int room = 0;
        for (int i = k; i < l->f->count; i += l->columns)
            if (l->f->cells[i].has_bar)
                room = MAX(room, bar_room(l->canvas, &l->f->cells[i].scale));
        l->left[k] = x;
        x += l->f->width + room + (k + 1 < l->columns ? GAP : 0);
    }
    l->right = x + 14;
    if (l->f->bar_at_right)
        x += bar_room(l->canvas, &l->f->scale) + 10;
    l->width = MAX(x + EDGE, LEAST);
}

// Draws the facts one after the other, in as many lines as they need from `y` on; returns the
// lines. Without a canvas of a page it only counts.
static int flow_facts(const layout *l, app_canvas *c, double y, bool draw)
{
    static const char between[] = "   \u00b7   ";
    const app_text how = {.size = 13, .colour = APP_QUIET, .width = l->width - 2 * EDGE};
    const double space = app_canvas_text_width(c, &how, between);
    double x = EDGE;
    int lines = 0;
    for (int i = 0; i < APP_FIGURE_FACTS && l->f->facts[i]; i++) {
        const double width = app_canvas_text_width(c, &how, l->f->facts[i]);
        const bool fits = lines > 0 && x + space + width <= l->width - EDGE;
        if (fits && draw)
            app_canvas_text(c, x, y + (lines - 1) * FACT, &how, between);
        x = fits ? x + space : EDGE;
        lines += !fits;
        if (draw)
            app_canvas_text(c, x, y + (lines - 1) * FACT, &how, l->f->facts[i]);
        x += width;
    }
    return lines;
}

static nn_status lay_out(layout *l, const app_figure *f, app_canvas *scratch, nn_error *err)
{
    bool titles = false, notes = false;
    *l = (layout){.f = f, .canvas = scratch, .columns = choose_columns(f)};
    for (int i = 0; i < f->count; i++) {
        titles = titles || f->cells[i].title;
        notes = notes || f->cells[i].note;
    }
    l->small = f->width < 150 ? 10.5 : 13;
    l->rows = (f->count + l->columns - 1) / l->columns;
    l->lines = (titles ? TITLE : 0) + (notes ? NOTE : 0);
    place_columns(l);
    l->head = HEAD + FACT * flow_facts(l, scratch, 0, false) + 8;
    l->height =
        l->head + l->rows * (l->lines + f->height) + (l->rows - 1) * GAP + (f->footer ? 40 : EDGE);
    if (l->width > LARGEST || l->height > LARGEST)
        return nn_fail(err, NN_EINVAL, "a figure of %dx%d pixels is larger than %d: show less",
                       l->width, l->height, LARGEST);
    return NN_OK;
}

// --- drawing ---

static app_colour colour_of(uint32_t rgb)
{
    return (app_colour){(rgb >> 16 & 255) / 255.0, (rgb >> 8 & 255) / 255.0, (rgb & 255) / 255.0};
}

int app_bar_ticks(double low, double high, int most, double ticks[APP_BAR_TICKS])
{
    most = CLAMP(most, 2, APP_BAR_TICKS);
    if (!(high > low) || !isfinite(high - low))
        return 0;
    static const double round[] = {1, 2, 2.5, 5, 10};
    const double ten = pow(10, floor(log10((high - low) / most)));
    for (int k = 0; k < (int)G_N_ELEMENTS(round); k++) {
        const double step = round[k] * ten, slack = 1e-9 * (high - low);
        const double first = ceil((low - slack) / step);
        const int n = (int)(floor((high + slack) / step) - first) + 1;
        if (n > most)
            continue;
        for (int i = 0; i < n; i++)
            ticks[i] = (first + i) * step;
        return n;
    }
    return 0;
}

void app_bar_draw(app_canvas *c, const app_scale *scale, double x, double y, double width,
                  double height, app_colour ink)
{
    const app_text how = {.size = 11, .colour = ink};
    uint32_t table[NN_COLOUR_STEPS];
    double ticks[APP_BAR_TICKS];
    nn_colour_map_fill(scale->balanced ? NN_COLOUR_GREY : scale->colours, table);
    const int rows = (int)height;
    app_canvas_fill(c, x - 1, y - 1, width + 2, rows + 2, RIM); // white ends stand out
    for (int i = 0; i < rows; i++) {
        const double t = rows > 1 ? 1 - (double)i / (rows - 1) : 0;
        const uint32_t grey = (uint32_t)(255 * t + 0.5);
        const uint32_t rgb = scale->balanced ? grey << 16 | grey << 8 | grey
                                             : table[(int)(t * (NN_COLOUR_STEPS - 1) + 0.5)];
        app_canvas_fill(c, x, y + i, width, 1, colour_of(rgb));
    }
    const int n = app_bar_ticks(scale->low, scale->high, CLAMP(rows / 28, 3, APP_BAR_TICKS), ticks);
    for (int i = 0; i < n; i++) {
        const double at =
            y + (rows - 1) * (1 - (ticks[i] - scale->low) / (scale->high - scale->low));
        char text[24];
        g_snprintf(text, sizeof text, "%.6g", ticks[i]);
        app_canvas_fill(c, x + width, at, 4, 1, ink);
        app_canvas_text(c, x + width + 7, CLAMP(at + 0.5, y + 5, y + rows - 5), &how, text);
    }
}

// Four lines, with a dark rim that separates them from similar colours.
static void draw_rectangle(app_canvas *c, double x, double y, double w, double h, double thick,
                           app_colour colour)
{
    app_canvas_fill(c, x - thick, y - thick, w + 2 * thick, thick, colour);
    app_canvas_fill(c, x - thick, y + h, w + 2 * thick, thick, colour);
    app_canvas_fill(c, x - thick, y, thick, h, colour);
    app_canvas_fill(c, x + w, y, thick, h, colour);
}

void app_figure_draw_mark(app_canvas *c, const app_mark *m, double x, double y, double w, double h,
                          double scale)
{
    const double x0 = CLAMP(x + scale * (double)m->x0, x + 2, x + w - 4);
    const double y0 = CLAMP(y + scale * (double)m->y0, y + 2, y + h - 4);
    const double x1 = CLAMP(x + scale * (double)m->x1, x0 + 2, x + w - 2);
    const double y1 = CLAMP(y + scale * (double)m->y1, y0 + 2, y + h - 2);
    const app_colour colour = colour_of(m->rgb);
    draw_rectangle(c, x0 - 1, y0 - 1, x1 - x0 + 2, y1 - y0 + 2, 1, (app_colour){0.1, 0.1, 0.1});
    draw_rectangle(c, x0 + 1, y0 + 1, x1 - x0 - 2, y1 - y0 - 2, 2, colour);
    if (!m->text)
        return;
    const bool bright = 0.299 * colour.r + 0.587 * colour.g + 0.114 * colour.b > 0.5;
    const app_text how = {
        .size = 11, .bold = true, .colour = bright ? APP_INK : APP_PAPER, .width = w - 8};
    const double wide = app_canvas_text_width(c, &how, m->text) + 8;
    const double left = CLAMP(x0 - 1, x, x + w - wide), top = y0 - 16 < y ? y0 + 1 : y0 - 16;
    app_canvas_fill(c, left, top, wide, 15, colour);
    app_canvas_text(c, left + 4, top + 7.5, &how, m->text);
}

static void draw_lines(const layout *l, app_canvas *c, const app_figure_cell *cell, double x,
                       double y)
{
    const double room = l->f->wide_titles ? l->width - EDGE - x : l->f->width;
    app_text how = {.size = l->small, .bold = true, .colour = APP_INK, .width = room};
    if (cell->title)
        app_canvas_text(c, x, y + 8, &how, cell->title);
    how = (app_text){.size = l->small - 1, .colour = APP_QUIET, .width = l->f->width};
    if (cell->note)
        app_canvas_text(c, x, y + l->lines - NOTE / 2 - 2, &how, cell->note);
}

// Draws a picture as large as fits into `room` pixels and the height of a cell; its width.
static double put(app_canvas *c, const nn_image *image, double x, double y, double room,
                  const app_figure *f)
{
    const double scale = fmin(room / image->width, (double)f->height / image->height);
    app_canvas_picture(c, x, y, scale, f->pixels ? 1 : SQUARES, image);
    return scale * image->width;
}

static void draw_cell(const layout *l, app_canvas *c, int i)
{
    const app_figure *f = l->f;
    const app_figure_cell *cell = &f->cells[i];
    const double x = l->left[i % l->columns];
    double y = l->head + i / l->columns * (l->lines + f->height + GAP);
    draw_lines(l, c, cell, x, y);
    y += l->lines;
    if (!cell->image.rgb)
        return;
    const double room = cell->second.rgb ? (f->width - PAIR) / 2.0 : f->width;
    const double w = put(c, &cell->image, x, y, room, f);
    const double scale = w / cell->image.width, h = scale * cell->image.height;
    if (cell->second.rgb)
        put(c, &cell->second, x + room + PAIR, y, room, f);
    for (int k = 0; k < cell->marks; k++)
        app_figure_draw_mark(c, &cell->mark[k], x, y, w, h, scale);
    if (cell->has_bar)
        app_bar_draw(c, &cell->scale, x + w + 10, y, 12, fmax(h, 40), APP_QUIET);
}

static nn_status draw(const layout *l, const char *path, nn_error *err)
{
    app_canvas c = {0};
    nn_status status = app_canvas_init(&c, l->width, l->height, err);
    if (status != NN_OK)
        return status;
    app_text how = {.size = 20, .bold = true, .colour = APP_INK, .width = l->width - 2 * EDGE};
    app_canvas_text(&c, EDGE, 36, &how, l->f->title ? l->f->title : "");
    flow_facts(l, &c, HEAD + 4, true);
    for (int i = 0; i < l->f->count; i++)
        draw_cell(l, &c, i);
    if (l->f->bar_at_right)
        app_bar_draw(&c, &l->f->scale, l->right, l->head + l->lines, 12,
                     MIN(l->height - l->head - l->lines - EDGE, MAX(l->f->height, TALL)),
                     APP_QUIET);
    how = (app_text){.size = 11, .colour = APP_QUIET, .width = l->width - 2 * EDGE};
    if (l->f->footer)
        app_canvas_text(&c, EDGE, l->height - 18, &how, l->f->footer);
    status = app_canvas_save(&c, path, err);
    app_canvas_release(&c);
    return status;
}

nn_status app_figure_write(const app_figure *f, const char *path, nn_error *err)
{
    app_canvas scratch = {0}; // measures text before the page has a size
    layout l;
    nn_status status = app_canvas_init(&scratch, 1, 1, err);
    if (status != NN_OK)
        return status;
    status = lay_out(&l, f, &scratch, err);
    app_canvas_release(&scratch);
    return status == NN_OK ? draw(&l, path, err) : status;
}
