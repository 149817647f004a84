// SPDX-License-Identifier: MIT
// Intersections over unions of boxes and of rotated boxes, and the choice of a measure.
#include "nn/eval/similarity.h"

#include "nn/base/memory.h"
#include "nn/eval/mask_runs.h"

#include <math.h>
#include <string.h>

static double area_of_box(const nn_similarity_state *s, const nn_scored_objects *o, int box)
{
    const nn_box *b = &o->boxes[box];
    (void)s;
    return ((double)b->x1 - (double)b->x0) * ((double)b->y1 - (double)b->y0);
}

static double shared_by_boxes(const nn_box *b, const nn_truth *t)
{
    const double w = fmin((double)b->x1, (double)t->x1) - fmax((double)b->x0, (double)t->x0);
    const double h = fmin((double)b->y1, (double)t->y1) - fmax((double)b->y0, (double)t->y0);
    return w > 0 && h > 0 ? w * h : 0;
}

static double iou_of_boxes(const nn_similarity_state *s, const nn_scored_objects *o, int box,
                           int truth)
{
    const nn_truth *t = &o->truths[truth];
    const double shared = shared_by_boxes(&o->boxes[box], t);
    const double own = area_of_box(s, o, box);
    const double other = ((double)t->x1 - (double)t->x0) * ((double)t->y1 - (double)t->y0);
    const double all = t->ignore ? own : own + other - shared;
    return shared > 0 ? shared / all : 0;
}

const nn_similarity nn_similarity_box = {
    .name = "box",
    .title = "IoU of boxes",
    .most = 100,
    .small_objects = true,
    .area = area_of_box,
    .of = iou_of_boxes,
};

// The rotated box of a detection, or its upright one.
static nn_rotated_box rotated_of(const nn_scored_objects *o, int box)
{
    const nn_box *b = &o->boxes[box];
    const nn_detail *d = o->details ? nn_details_at(o->details, b->detail) : NULL;
    return d && d->rotated.width > 0 ? d->rotated
                                     : (nn_rotated_box){(b->x0 + b->x1) / 2, (b->y0 + b->y1) / 2,
                                                        b->x1 - b->x0, b->y1 - b->y0, 0};
}

static double area_of_rotated(const nn_similarity_state *s, const nn_scored_objects *o, int box)
{
    const nn_rotated_box b = rotated_of(o, box);
    (void)s;
    return (double)b.width * (double)b.height;
}

static double iou_of_rotated(const nn_similarity_state *s, const nn_scored_objects *o, int box,
                             int truth)
{
    const nn_truth *t = &o->truths[truth];
    const nn_rotated_box a = rotated_of(o, box);
    const nn_rotated_box b = nn_details_at(o->truth_details, t->detail)->rotated;
    const double shared = nn_rotated_intersection(&a, &b), own = area_of_rotated(s, o, box);
    const double all = t->ignore ? own : own + (double)b.width * (double)b.height - shared;
    return all > 0 ? shared / all : 0;
}

const nn_similarity nn_similarity_rotated = {
    .name = "rotated",
    .title = "IoU of rotated boxes",
    .details = NN_DETAIL_ROTATED,
    .most = 100,
    .small_objects = true,
    .area = area_of_rotated,
    .of = iou_of_rotated,
};

const nn_similarity *nn_similarity_for(unsigned details)
{
    return details & NN_DETAIL_OUTLINES    ? &nn_similarity_mask
           : details & NN_DETAIL_KEYPOINTS ? &nn_similarity_keypoints
           : details & NN_DETAIL_ROTATED   ? &nn_similarity_rotated
                                           : &nn_similarity_box;
}

const nn_similarity *nn_similarity_find(const char *name)
{
    static const nn_similarity *const all[] = {&nn_similarity_mask, &nn_similarity_keypoints,
                                               &nn_similarity_rotated};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (strcmp(all[i]->name, name) == 0)
            return all[i];
    return &nn_similarity_box;
}

// Whether a truth has what the measure compares.
static bool has_detail(const nn_similarity *m, const nn_scored_objects *o, const nn_truth *t)
{
    const nn_detail *d = o->truth_details ? nn_details_at(o->truth_details, t->detail) : NULL;
    if (!d)
        return false;
    return m->details & NN_DETAIL_OUTLINES    ? d->corner_count > 0 || d->mask_width > 0
           : m->details & NN_DETAIL_KEYPOINTS ? d->keypoint_count > 0
                                              : d->rotated.width > 0;
}

double nn_similarity_of(const nn_similarity *m, const nn_similarity_state *s,
                        const nn_scored_objects *o, int box, int truth)
{
    const nn_truth *t = &o->truths[truth];
    if (t->ignore == NN_IGNORE_CLASS)
        return shared_by_boxes(&o->boxes[box], t) > 0;
    // An object without labelled keypoints is compared with its surroundings by the measure itself.
    const bool as_boxes =
        m->details && !has_detail(m, o, t) && (t->ignore || !(m->details & NN_DETAIL_KEYPOINTS));
    return as_boxes ? iou_of_boxes(s, o, box, truth) : m->of(s, o, box, truth);
}

void nn_similarity_close(nn_similarity_state *s)
{
    nn_mask_runs_free(s->truths);
    nn_mask_runs_free(s->boxes);
    *s = (nn_similarity_state){0};
}
