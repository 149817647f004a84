// SPDX-License-Identifier: MIT
// How boxes of parts of a frame lie to each other: shared areas, touched borders, agreement.
#include "nn/vision/merge_geometry.h"

#include <math.h>

// Of two pieces that only touch, because their tiles hardly overlap: IoU of their sides along the
// seam.
#define ABUT 0.5f

// Border of a part that counts as touched: pixels of the input, and a part of the box's side.
#define TOUCH_INPUT 3.0f
#define TOUCH_SIDE 0.04f

// Strips in common that are thinner, in touching borders, say too little.
#define THIN 4

nn_box nn_merge_area(const nn_region_pass *p)
{
    return (nn_box){.x0 = (float)p->area.x,
                    .y0 = (float)p->area.y,
                    .x1 = (float)(p->area.x + p->area.width),
                    .y1 = (float)(p->area.y + p->area.height)};
}

bool nn_merge_clip(nn_box *b, const nn_box *to)
{
    b->x0 = fmaxf(b->x0, to->x0);
    b->y0 = fmaxf(b->y0, to->y0);
    b->x1 = fminf(b->x1, to->x1);
    b->y1 = fminf(b->y1, to->y1);
    return b->x1 > b->x0 && b->y1 > b->y0;
}

void nn_merge_widen(nn_box *b, const nn_box *by)
{
    b->x0 = fminf(b->x0, by->x0);
    b->y0 = fminf(b->y0, by->y0);
    b->x1 = fmaxf(b->x1, by->x1);
    b->y1 = fmaxf(b->y1, by->y1);
}

nn_box nn_merge_grown(const nn_box *b, const nn_region_pass *p)
{
    const float x = TOUCH_INPUT / p->scale_x, y = TOUCH_INPUT / p->scale_y;
    nn_box grown = *b;
    grown.x0 -= x, grown.y0 -= y, grown.x1 += x, grown.y1 += y;
    return grown;
}

float nn_merge_size(const nn_box *b)
{
    return b->x1 > b->x0 && b->y1 > b->y0 ? (b->x1 - b->x0) * (b->y1 - b->y0) : 0;
}

float nn_merge_side(const nn_box *b, const nn_region_pass *p)
{
    return sqrtf(nn_merge_size(b) * p->scale_x * p->scale_y);
}

float nn_merge_shared(const nn_box *a, const nn_box *b)
{
    nn_box both = *a;
    return nn_merge_clip(&both, b) ? nn_merge_size(&both) : 0;
}

unsigned nn_merge_cuts(const nn_box *b, const nn_region_pass *p, int width, int height)
{
    const nn_box a = nn_merge_area(p);
    const float mx = TOUCH_INPUT / p->scale_x + TOUCH_SIDE * (b->x1 - b->x0);
    const float my = TOUCH_INPUT / p->scale_y + TOUCH_SIDE * (b->y1 - b->y0);
    return (a.x0 > 0 && b->x0 <= a.x0 + mx ? NN_CUT_LEFT : 0u) |
           (a.y0 > 0 && b->y0 <= a.y0 + my ? NN_CUT_TOP : 0u) |
           (a.x1 < (float)width && b->x1 >= a.x1 - mx ? NN_CUT_RIGHT : 0u) |
           (a.y1 < (float)height && b->y1 >= a.y1 - my ? NN_CUT_BOTTOM : 0u);
}

static float side_iou(float a0, float a1, float b0, float b1)
{
    const float both = fminf(a1, b1) - fmaxf(a0, b0), all = fmaxf(a1, b1) - fminf(a0, b0);
    return both > 0 ? both / all : 0;
}

// Two pieces at borders that touch, of tiles with hardly a strip in common.
static float agree_at_seam(const nn_merge_box *a, const nn_merge_box *b, float margin_x,
                           float margin_y)
{
    const nn_box *p = &a->box, *q = &b->box;
    float along = 0;
    if (((a->cuts & NN_CUT_RIGHT) && (b->cuts & NN_CUT_LEFT) && q->x0 - p->x1 <= 2 * margin_x) ||
        ((a->cuts & NN_CUT_LEFT) && (b->cuts & NN_CUT_RIGHT) && p->x0 - q->x1 <= 2 * margin_x))
        along = side_iou(p->y0, p->y1, q->y0, q->y1);
    if (((a->cuts & NN_CUT_BOTTOM) && (b->cuts & NN_CUT_TOP) && q->y0 - p->y1 <= 2 * margin_y) ||
        ((a->cuts & NN_CUT_TOP) && (b->cuts & NN_CUT_BOTTOM) && p->y0 - q->y1 <= 2 * margin_y))
        along = fmaxf(along, side_iou(p->x0, p->x1, q->x0, q->x1));
    return along > ABUT ? 0.6f * along : 0; // less than what a part sees itself
}

float nn_merge_agree(const nn_merge_work *w, const nn_merge_box *a, const nn_merge_box *b)
{
    const nn_region_pass *p = &w->passes[a->pass], *q = &w->passes[b->pass];
    const float margin_x = TOUCH_INPUT / fminf(p->scale_x, q->scale_x);
    const float margin_y = TOUCH_INPUT / fminf(p->scale_y, q->scale_y);
    nn_box strip = nn_merge_area(p), other = nn_merge_area(q), x = a->box, y = b->box;
    const bool overlap = nn_merge_clip(&strip, &other);
    const float alike =
        overlap && nn_merge_clip(&x, &strip) && nn_merge_clip(&y, &strip) ? nn_box_iou(&x, &y) : 0;
    if (overlap && strip.x1 - strip.x0 > THIN * margin_x && strip.y1 - strip.y0 > THIN * margin_y)
        return alike;
    return fmaxf(alike, agree_at_seam(a, b, margin_x, margin_y));
}

bool nn_merge_may_be_one(const nn_merge_work *w, const nn_box *a, const nn_box *b)
{
    return w->agnostic || a->label == b->label;
}

bool nn_merge_has_pass(const nn_merge_object *o, int pass)
{
    return o->has[pass / 64] >> (pass % 64) & 1;
}

bool nn_merge_share_pass(const nn_merge_object *a, const nn_merge_object *b)
{
    for (int i = 0; i < NN_PASSES / 64; i++)
        if (a->has[i] & b->has[i])
            return true;
    return false;
}
