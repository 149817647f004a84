// SPDX-License-Identifier: MIT
// Dense heads with a logit for each class of each cell. Cells below the threshold cost one
// comparison.
#include "nn/vision/decode/maps.h"

#include <math.h>

enum { BLOCK = 64 }; // cells in a block

nn_map_level nn_map_level_of(const nn_head_output *cls, const nn_head_output *box, int item)
{
    const nn_shape *s = &cls->tensor.shape;
    nn_map_level l = {.w = s->dim[3],
                      .cells = s->dim[2] * s->dim[3],
                      .stride = nn_decode_stride(cls->name, "cls"),
                      .channels = (int)box->tensor.shape.dim[1]};
    l.cls = nn_tensor_f32(&cls->tensor) + item * s->dim[1] * l.cells;
    l.box = nn_tensor_f32(&box->tensor) + item * l.channels * l.cells;
    return l;
}

enum { UNKNOWN, KNOWN, OUTSIDE }; // track_id of a box that was computed already

// The box of a cell, computed once although several classes may need it.
static bool recall_box(const nn_map_level *l, int64_t cell, nn_box *box)
{
    if (!l->known || cell >= NN_NMS_CANDIDATES)
        return l->find_box(l, cell, box);
    nn_box *known = &l->known[cell];
    if (known->track_id == UNKNOWN) {
        const bool inside = l->find_box(l, cell, known);
        known->track_id = inside ? KNOWN : OUTSIDE;
    }
    *box = *known;
    box->track_id = 0;
    return known->track_id == KNOWN;
}

static void forget_boxes(nn_map_level *l)
{
    for (int64_t i = 0; i < l->cells && i < NN_NMS_CANDIDATES; i++)
        l->known[i].track_id = UNKNOWN;
}

// Number of logits at or above the limit; compilers vectorise this loop.
static int count_hits(const float *logits, int64_t n, float limit)
{
    int hits = 0;
    for (int64_t i = 0; i < n; i++)
        hits += logits[i] >= limit;
    return hits;
}

// The lowest useful logit: lower ones have scores below the candidates' floor, rounding included.
static float raise_limit(float floor, float limit)
{
    const float margin = 1e-6f, f = floor - margin;
    return f > 0 ? fmaxf(logf(f / (1 - f)), limit) : limit;
}

static void decode_class(const nn_map_level *l, int label, float limit, nn_candidates *candidates)
{
    const float *logits = l->cls + label * l->cells;
    float floor = -1;
    nn_box box;
    for (int64_t at = 0; at < l->cells; at += BLOCK) {
        int64_t end = at + BLOCK < l->cells ? at + BLOCK : l->cells;
        if (!count_hits(logits + at, end - at, limit))
            continue;
        if (nn_candidates_floor(candidates) > floor) {
            floor = nn_candidates_floor(candidates);
            limit = raise_limit(floor, limit);
        }
        for (int64_t i = at; i < end; i++) {
            if (!(logits[i] >= limit) || !isfinite(logits[i]) || !recall_box(l, i, &box))
                continue;
            box.score = 1 / (1 + expf(-logits[i]));
            box.label = label;
            nn_candidates_add(candidates, &box);
        }
    }
}

void nn_map_level_decode(nn_map_level *l, const nn_decode_options *options,
                         nn_candidates *candidates)
{
    // sigmoid(logit) >= threshold, without computing the sigmoid; +-infinity at 0 and 1.
    const float limit = logf(options->threshold / (1 - options->threshold));
    l->known = options->classes > 1 ? nn_candidates_room(candidates) : NULL;
    if (l->known)
        forget_boxes(l);
    for (int c = 0; c < options->classes; c++)
        if (!options->label_mask || options->label_mask[c])
            decode_class(l, c, limit, candidates);
}
