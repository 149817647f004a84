// SPDX-License-Identifier: MIT
// Boxes from distributions of distances, one row of outputs for each point.
#include "nn/vision/decode/distances.h"

#include "nn/base/arith.h"

#include <math.h>

static float expected(const float *logits, int64_t step, int bins)
{
    float top = logits[0], sum = 0, weighted = 0;
    for (int k = 1; k < bins; k++)
        top = logits[k * step] > top ? logits[k * step] : top;
    for (int k = 0; k < bins; k++) {
        const float e = expf(logits[k * step] - top);
        sum += e;
        weighted += e * (float)k;
    }
    return weighted / sum;
}

nn_box nn_distances_box(const float *logits, int64_t step, int bins, float x, float y, int stride)
{
    float side[4];
    for (int i = 0; i < 4; i++)
        side[i] = expected(logits + i * bins * step, step, bins) * (float)stride;
    return (nn_box){
        .x0 = x - side[0],
        .y0 = y - side[1],
        .x1 = x + side[2],
        .y1 = y + side[3],
    };
}

void nn_points_decode(const nn_points *p, const nn_letterbox *l, const nn_decode_options *options,
                      nn_candidates *candidates)
{
    const float s = (float)p->stride;
    for (int64_t i = 0; i < p->count; i++) {
        const float *scores = p->scores + i * p->score_step;
        const int label = nn_decode_best(scores, options->classes);
        if (!nn_decode_wants(options, scores[label], label))
            continue;
        nn_box box = nn_distances_box(p->sides + i * p->sides_step, 1, p->bins,
                                      ((float)(i % p->w) + p->point) * s,
                                      ((float)(i / p->w) + p->point) * s, p->stride);
        box.score = scores[label];
        box.label = label;
        nn_decode_add(l, box, candidates);
    }
}

// Takes the first two free outputs with this many rows: the one with 32 columns has the boxes, the
// other one the scores; when both have 32 columns, the first has the boxes.
static bool take_pair(const nn_head_output *outputs, int n, int64_t rows, unsigned *taken,
                      const nn_head_output *pair[2])
{
    int found[2], count = 0;
    for (int i = 0; i < n && count < 2; i++) {
        if ((*taken & 1U << i) || outputs[i].tensor.shape.dim[1] != rows)
            continue;
        const bool boxes = outputs[i].tensor.shape.dim[2] == NN_POINT_SIDES;
        if (count == 1 && !boxes && outputs[found[0]].tensor.shape.dim[2] != NN_POINT_SIDES)
            continue; // both are scores: the boxes come later
        found[count++] = i;
    }
    if (count < 2)
        return false;
    *taken |= 1U << found[0] | 1U << found[1];
    const bool second = outputs[found[1]].tensor.shape.dim[2] == NN_POINT_SIDES;
    pair[0] = &outputs[found[second ? 0 : 1]];
    pair[1] = &outputs[found[second ? 1 : 0]];
    return pair[1]->tensor.shape.dim[2] == NN_POINT_SIDES;
}

int nn_points_pairs(const nn_head_output *outputs, int n, int input_h, int input_w, int last,
                    const nn_head_output *pairs[NN_MAX_PAIRED])
{
    unsigned taken = 0;
    int level = 0;
    for (int i = 0; i < n; i++)
        if (n > NN_MAX_PAIRED || !nn_decode_has_rank(&outputs[i], 3) ||
            outputs[i].tensor.shape.dim[0] != outputs[0].tensor.shape.dim[0])
            return 0;
    for (int stride = 8; stride <= last; stride *= 2, level++) {
        const int64_t cells = nn_decode_cells(input_h, input_w, stride, stride);
        const nn_head_output **pair = pairs + (size_t)level * 2;
        if (2 * level + 2 > n || !take_pair(outputs, n, cells, &taken, pair) ||
            pair[0]->tensor.shape.dim[2] != pairs[0]->tensor.shape.dim[2])
            return 0;
    }
    const int64_t classes = n == 2 * level ? pairs[0]->tensor.shape.dim[2] : 0;
    return classes < 1 << 20 ? (int)classes : 0;
}

void nn_points_decode_pairs(const nn_head_output *outputs, int n, int last, int item,
                            const nn_letterbox *l, const nn_decode_options *options,
                            nn_candidates *candidates)
{
    const nn_head_output *pairs[NN_MAX_PAIRED];
    if (nn_points_pairs(outputs, n, l->input_h, l->input_w, last, pairs) == 0)
        return;
    for (int i = 0; i < n; i += 2) {
        const int64_t *dim = pairs[i]->tensor.shape.dim;
        const int stride = 8 << i / 2;
        const nn_points p = {
            .scores = nn_tensor_f32(&pairs[i]->tensor) + item * dim[1] * dim[2],
            .sides = nn_tensor_f32(&pairs[i + 1]->tensor) + item * dim[1] * NN_POINT_SIDES,
            .score_step = dim[2],
            .sides_step = NN_POINT_SIDES,
            .count = dim[1],
            .w = nn_divide_up(l->input_w, stride),
            .stride = stride,
            .bins = NN_POINT_BINS,
            .point = 0.5f,
        };
        nn_points_decode(&p, l, options, candidates);
    }
}
