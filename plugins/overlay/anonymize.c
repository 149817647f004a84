// SPDX-License-Identifier: MIT
// Reduces an area to the means of squares, and draws those as squares or blended into each other.
#include "plugins/overlay/anonymize.h"

#include "plugins/overlay/components.h"

enum { UNIT = 8 }; // groups of pixels that share no chroma with others

typedef struct Mosaic {
    int x0, x1;      // columns of pixels
    int block;       // pixels, a multiple of UNIT
    gboolean smooth; // blended into each other
    int *mean;       // of the squares, row by row
} Mosaic;

// Columns and rows of samples of a component, and how many of them a square has.
typedef struct Grid {
    int x0, y0, x1, y1, step_x, step_y, across, down;
} Grid;

static Grid make_grid(const NeroComponent *l, const Mosaic *m, int y0, int y1)
{
    Grid g = {.x0 = m->x0 >> l->xs,
              .y0 = y0 >> l->ys,
              .x1 = ((m->x1 - 1) >> l->xs) + 1,
              .y1 = ((y1 - 1) >> l->ys) + 1,
              .step_x = m->block >> l->xs,
              .step_y = m->block >> l->ys};
    g.across = (g.x1 - g.x0 + g.step_x - 1) / g.step_x;
    g.down = (g.y1 - g.y0 + g.step_y - 1) / g.step_y;
    return g;
}

static int mean_of(const NeroComponent *l, int x0, int y0, int x1, int y1)
{
    gint64 sum = 0;
    for (int y = y0; y < y1; y++) {
        const guint8 *p = l->data + (gsize)y * (gsize)l->stride + (gsize)x0 * (gsize)l->step;
        for (int x = x0; x < x1; x++, p += l->step)
            sum += nero_component_get(l, p);
    }
    return (int)(sum / ((gint64)(x1 - x0) * (y1 - y0)));
}

static void find_means(const NeroComponent *l, const Grid *g, int *mean)
{
    for (int j = 0; j < g->down; j++)
        for (int i = 0; i < g->across; i++) {
            const int x = g->x0 + i * g->step_x, y = g->y0 + j * g->step_y;
            mean[j * g->across + i] =
                mean_of(l, x, y, MIN(x + g->step_x, g->x1), MIN(y + g->step_y, g->y1));
        }
}

// Where sample `at` of squares of `step` samples lies between the middles of two of `n` squares:
// the number of the first, and how near it is to the second, in 256ths.
static int between(int at, int step, int n, int *part)
{
    const int twice = 2 * at + 1 - step; // from the middle of the first square, in half samples
    const int first = twice < 0 ? 0 : MIN(twice / (2 * step), n - 1);
    *part = twice < 0 || first == n - 1 ? 0 : (twice - 2 * step * first) * 256 / (2 * step);
    return first;
}

static void draw_row(const NeroComponent *l, const Grid *g, const Mosaic *m, int y)
{
    int part_y = 0, part_x = 0;
    const int j =
        m->smooth ? between(y - g->y0, g->step_y, g->down, &part_y) : (y - g->y0) / g->step_y;
    const int *above = m->mean + j * g->across, *below = above + (part_y ? g->across : 0);
    guint8 *p = l->data + (gsize)y * (gsize)l->stride + (gsize)g->x0 * (gsize)l->step;
    for (int x = 0; x < g->x1 - g->x0; x++, p += l->step) {
        if (!m->smooth) {
            nero_component_put(l, p, above[x / g->step_x]);
            continue;
        }
        const int i = between(x, g->step_x, g->across, &part_x), k = i + (part_x > 0);
        const gint64 left = (gint64)above[i] * (256 - part_y) + (gint64)below[i] * part_y;
        const gint64 right = (gint64)above[k] * (256 - part_y) + (gint64)below[k] * part_y;
        nero_component_put(l, p, (int)((left * (256 - part_x) + right * part_x) >> 16));
    }
}

static void mosaic_layer(const NeroComponent *l, int c, int y0, int y1, gconstpointer data)
{
    const Mosaic *m = data;
    if (c == 3) // alpha shows nobody
        return;
    const Grid g = make_grid(l, m, y0, y1);
    find_means(l, &g, m->mean);
    for (int y = g.y0; y < g.y1; y++)
        draw_row(l, &g, m, y);
}

static int up(int n, int unit)
{
    return (n + unit - 1) / unit * unit;
}

void nero_anonymize(NeroCanvas *c, const NeroCovered *covered, NeroAnonymize how)
{
    const NeroRect *area = &covered->area;
    const int x0 = MAX(area->x0, 0) / UNIT * UNIT, y0 = MAX(area->y0, 0) / UNIT * UNIT;
    const int x1 = MIN(up(area->x1, UNIT), nero_canvas_width(c));
    const int y1 = MIN(up(area->y1, UNIT), nero_canvas_height(c));
    if (x0 >= x1 || y0 >= y1 || how == NERO_ANONYMIZE_NONE)
        return;
    if (how == NERO_ANONYMIZE_FILL) {
        nero_canvas_rect(c, x0, y0, x1, y1, 0x000000, 255);
        return;
    }
    Mosaic m = {.x0 = x0,
                .x1 = x1,
                .block = up(MAX(covered->square, 1), UNIT),
                .smooth = how == NERO_ANONYMIZE_BLUR};
    const int across = (x1 - x0) / m.block + 2, down = (y1 - y0) / m.block + 2;
    m.mean = g_new(int, (gsize)across *(gsize)down);
    nero_components_run(nero_canvas_touch(c, 0, y0, nero_canvas_width(c), y1), y0, y1, mosaic_layer,
                        &m);
    g_free(m.mean);
}
