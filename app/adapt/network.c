// SPDX-License-Identifier: MIT
// Chooses the network for a scene.
#include "app/adapt/stages.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { GRID = 32, LEAST_WIDTH = 320, MOST_WIDTH = 640 };
enum { START_PIXELS = 448 * 336 }; // street-nano is 3.5 times as fast as street at 416x352
#define OBJECT_SIDE 22.0           // pixels of the input that small objects should span
// size in input pixels from which objects need coarse feature maps besides the fine one
#define LARGE_SIDE 80.0
// size in input pixels below which objects are too small for feature maps at 1/16, the only ones of
// LABEL_START: one and a half cells
#define FINE_SIDE 24.0
#define FINE_HEAD "neck=24" // FCOS head at 1/8, 1/16 and 1/32; inference takes a quarter longer

static int rising(const void *a, const void *b)
{
    const float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

// Square roots of the label areas at the 10th and the 90th percentile, in pixels; 0: there are no
// labels.
static void find_sides(const label_outcome *out, double *small, double *large)
{
    GArray *sides = g_array_new(FALSE, FALSE, sizeof(float));
    for (int p = 0; p < out->set.pictures; p++)
        for (guint i = 0; i < out->set.boxes[p]->len; i++) {
            const label_box *b = label_set_at(&out->set, p, (int)i);
            const float side = sqrtf((b->box.x1 - b->box.x0) * (b->box.y1 - b->box.y0));
            if (!b->ignore)
                g_array_append_val(sides, side);
        }
    g_array_sort(sides, rising);
    const guint n = sides->len;
    *small = n ? (double)g_array_index(sides, float, n / 10) : 0;
    *large = n ? (double)g_array_index(sides, float, n - 1 - n / 10) : 0;
    g_array_unref(sides);
}

static int on_grid(double side)
{
    return MAX((int)(side / GRID + 0.5), 1) * GRID;
}

void adapt_choose_network(const label_outcome *out, adapt_plan *plan)
{
    const label_picture *p = label_detections_at(&out->detections, 0);
    double small, large;
    find_sides(out, &small, &large);
    const double scale = small > 0 ? OBJECT_SIDE / small : 1;
    double w = fmin(fmax(scale * p->width, LEAST_WIDTH), MIN(MOST_WIDTH, p->width));
    if (*plan->init)
        w = fmin(w, sqrt((double)START_PIXELS * p->width / p->height));
    if (plan->width == 0) {
        plan->width = on_grid(w);
        plan->height = on_grid(w * p->height / p->width);
    }
    plan->network[0] = '\0';
    if (*plan->init) {
        if (strcmp(plan->init, LABEL_START) == 0 && small * plan->width / p->width < FINE_SIDE)
            g_strlcpy(plan->network, FINE_HEAD, sizeof plan->network);
        return;
    }
    g_snprintf(plan->network, sizeof plan->network, "alpha=0.25,beta=0.5,neck=32%s",
               large * plan->width / p->width > LARGE_SIDE ? ",levels=8+16" : "");
}
