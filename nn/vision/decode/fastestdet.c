// SPDX-License-Identifier: MIT
// FastestDet's head: one output of N x (5 + classes) x H x W with an objectness, four box numbers
// and the classes' probabilities for each cell (github.com/dog-qiuqiu/FastestDet).
//
// Cell (i, j): score = objectness^0.6 * class^0.4, centre = (j + tanh t1, i + tanh t2) cells, size
// = sigmoid t3, sigmoid t4 of the whole input.
#include "nn/vision/decode/layout.h"

#include <math.h>

enum { STRIDE = 16, OBJECTNESS = 0, BOX = 1, CLASSES = 5 };
#define OBJECTNESS_POWER 0.6f

static bool fits(const nn_head_output *outputs, int n, int input_h, int input_w)
{
    const nn_shape *s = &outputs[0].tensor.shape;
    return n == 1 && outputs[0].tensor.dtype == NN_F32 && s->rank == 4 && s->dim[1] > CLASSES &&
           s->dim[1] < 1 << 20 && s->dim[2] == input_h / STRIDE && s->dim[3] == input_w / STRIDE;
}

static int count_classes(const nn_decoder *self, const nn_head_output *outputs, int n, int input_h,
                         int input_w)
{
    (void)self;
    return fits(outputs, n, input_h, input_w) ? (int)outputs[0].tensor.shape.dim[1] - CLASSES : 0;
}

static nn_status check_fastestdet(const nn_decoder *self, const nn_head_output *outputs, int n,
                                  int input_h, int input_w, int classes, nn_error *err)
{
    if (fits(outputs, n, input_h, input_w) &&
        (classes == 0 || outputs[0].tensor.shape.dim[1] == CLASSES + classes))
        return NN_OK;
    if (classes == 0)
        return nn_decode_refuse(err, self->name, outputs, n,
                                "one of Nx(5 + classes)x%dx%d is needed for an input of %dx%d",
                                input_h / STRIDE, input_w / STRIDE, input_w, input_h);
    return nn_decode_refuse(err, self->name, outputs, n,
                            "one of Nx%dx%dx%d is needed for %d classes and an input of %dx%d",
                            CLASSES + classes, input_h / STRIDE, input_w / STRIDE, classes, input_w,
                            input_h);
}

// One sample.
typedef struct map {
    const float *x; // channel after channel
    int64_t w, cells;
} map;

static float sigmoid(float v)
{
    return 1 / (1 + expf(-v));
}

static void add_cell(const map *m, int64_t cell, float score, int label, const nn_letterbox *l,
                     nn_candidates *candidates)
{
    const float *t = m->x + BOX * m->cells + cell;
    const float cx = ((float)(cell % m->w) + tanhf(t[0])) * STRIDE;
    const float cy = ((float)(cell / m->w) + tanhf(t[m->cells])) * STRIDE;
    const float w = sigmoid(t[2 * m->cells]) * (float)l->input_w;
    const float h = sigmoid(t[3 * m->cells]) * (float)l->input_h;
    nn_decode_add_centred(l, cx, cy, w, h, score, label, candidates);
}

// Only the best class counts, as in the author's code.
static int best_class(const map *m, int64_t cell, int classes, float *probability)
{
    int best = 0;
    const float *p = m->x + CLASSES * m->cells + cell;
    for (int c = 1; c < classes; c++)
        if (p[c * m->cells] > p[best * m->cells])
            best = c;
    *probability = p[best * m->cells];
    return best;
}

static void decode_fastestdet(const nn_decoder *self, const nn_head_output *outputs, int n,
                              int item, const nn_letterbox *letterbox,
                              const nn_decode_options *options, nn_candidates *candidates)
{
    const nn_shape *s = &outputs[0].tensor.shape;
    map m = {.w = s->dim[3], .cells = s->dim[2] * s->dim[3]};
    (void)self, (void)n;
    m.x = nn_tensor_f32(&outputs[0].tensor) + item * s->dim[1] * m.cells;
    for (int64_t cell = 0; cell < m.cells; cell++) {
        // Class probabilities are at most 1, so a low objectness is enough to drop a cell.
        const float objectness = powf(fmaxf(m.x[cell], 0), OBJECTNESS_POWER);
        float probability;
        if (!(objectness >= options->threshold))
            continue;
        const int label = best_class(&m, cell, options->classes, &probability);
        const float score = objectness * powf(fmaxf(probability, 0), 1 - OBJECTNESS_POWER);
        if (nn_decode_wants(options, score, label))
            add_cell(&m, cell, score, label, letterbox, candidates);
    }
}

const nn_decoder nn_decode_fastestdet = {
    .name = "fastestdet",
    .layout = "1 x (5 + classes) x H/16 x W/16: FastestDet",
    .check = check_fastestdet,
    .decode = decode_fastestdet,
    .classes = count_classes,
    .by_shape = true,
    // Trained on pictures stretched over the input.
    .input = {.bgr = true,
              .stretch = true,
              .std = {1, 1, 1},
              .threshold = 0.65f,
              .iou_threshold = 0.45f},
};
