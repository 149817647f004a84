// SPDX-License-Identifier: MIT
// Intersection over union of masks.
#include "nn/eval/mask_runs.h"
#include "nn/eval/similarity.h"

static nn_status open(nn_similarity_state *s, const nn_scored_objects *o, nn_error *err)
{
    nn_status status = NN_OK;
    s->truths = nn_mask_runs_new(o->width, o->height);
    s->boxes = nn_mask_runs_new(o->width, o->height);
    if (!s->truths || !s->boxes)
        status = NN_ENOMEM;
    for (int i = 0; i < o->truth_count && status == NN_OK; i++)
        status = nn_mask_runs_add(
            s->truths, o->truth_details,
            o->truth_details ? nn_details_at(o->truth_details, o->truths[i].detail) : NULL);
    for (int i = 0; i < o->box_count && status == NN_OK; i++)
        status =
            nn_mask_runs_add(s->boxes, o->details,
                             o->details ? nn_details_at(o->details, o->boxes[i].detail) : NULL);
    return status == NN_OK
               ? NN_OK
               : nn_fail(err, status, "no memory for masks of %dx%d pixels", o->width, o->height);
}

static double area(const nn_similarity_state *s, const nn_scored_objects *o, int box)
{
    (void)o;
    return (double)s->boxes->mask[box].pixels;
}

static double of(const nn_similarity_state *s, const nn_scored_objects *o, int box, int truth)
{
    const int64_t shared = nn_mask_runs_shared(s->boxes, box, s->truths, truth);
    const int64_t own = s->boxes->mask[box].pixels, other = s->truths->mask[truth].pixels;
    const int64_t all = o->truths[truth].ignore ? own : own + other - shared;
    return all > 0 ? (double)shared / (double)all : 0;
}

const nn_similarity nn_similarity_mask = {
    .name = "mask",
    .title = "IoU of masks",
    .details = NN_DETAIL_OUTLINES,
    .most = 100,
    .small_objects = true,
    .open = open,
    .area = area,
    .of = of,
};
