// SPDX-License-Identifier: MIT
// YOLOv5 exported without its last layer: three maps at strides 8, 16 and 32, before the sigmoid,
// N x 3 x H x W x (5 + classes), or N x 3 (5 + classes) x H x W as accelerators want them.
//
// Anchor k of cell (i, j) with s = sigmoid t: centre = (j + 2 s0 - 0.5, i + 2 s1 - 0.5) stride,
// size = (2 s2)^2, (2 s3)^2 of the anchor's; score = s4 * s5+class. The anchors are those of COCO
// models and of those trained from them.
#include "nn/vision/decode/rows.h"

#include <math.h>

enum { LEVELS = 3, ANCHORS = 3 };

static const float anchor_size[LEVELS][ANCHORS][2] = {
    {{10, 13}, {16, 30}, {33, 23}},
    {{30, 61}, {62, 45}, {59, 119}},
    {{116, 90}, {156, 198}, {373, 326}},
};

// Numbers of an anchor, 5 + classes; 0 when it is no map of this stride.
static int64_t row_length(const nn_head_output *o, int stride, int input_h, int input_w)
{
    const int64_t *dim = o->tensor.shape.dim;
    const int h = input_h / stride, w = input_w / stride;
    if (nn_decode_has_rank(o, 5) && dim[1] == ANCHORS && dim[2] == h && dim[3] == w)
        return dim[4];
    if (nn_decode_has_rank(o, 4) && dim[1] % ANCHORS == 0 && dim[2] == h && dim[3] == w)
        return dim[1] / ANCHORS;
    return 0;
}

static int count_classes(const nn_decoder *self, const nn_head_output *outputs, int n, int input_h,
                         int input_w)
{
    (void)self;
    if (n != LEVELS)
        return 0;
    const int64_t length = row_length(&outputs[0], 8, input_h, input_w);
    for (int i = 1; i < LEVELS; i++)
        if (row_length(&outputs[i], 8 << i, input_h, input_w) != length ||
            outputs[i].tensor.shape.dim[0] != outputs[0].tensor.shape.dim[0])
            return 0;
    return length > NN_ROW_CLASSES && length < 1 << 20 ? (int)length - NN_ROW_CLASSES : 0;
}

static nn_status check_raw(const nn_decoder *self, const nn_head_output *outputs, int n,
                           int input_h, int input_w, int classes, nn_error *err)
{
    const int have = count_classes(self, outputs, n, input_h, input_w);
    if (have > 0 && (classes == 0 || have == classes))
        return NN_OK;
    return nn_decode_refuse(
        err, self->name, outputs, n,
        "three are needed, strides 8, 16, 32, the first of Nx3x%dx%dx(5 + classes) or Nx3(5 + "
        "classes)x%dx%d%s%.0d%s",
        input_h / 8, input_w / 8, input_h / 8, input_w / 8, classes ? " with " : "", classes,
        classes ? " classes" : "");
}

// One sample of a level. Number k of anchor `a` of a cell: x[a * of_anchor + cell * of_cell + k *
// of_number].
typedef struct level {
    const float *x;
    int64_t of_anchor, of_cell, of_number;
    int w, cells, stride;
    const float (*anchors)[2];
} level;

static level find_level(const nn_head_output *o, int i, int item, int classes)
{
    const nn_shape *s = &o->tensor.shape;
    const int64_t length = NN_ROW_CLASSES + classes;
    const bool last = s->rank == 5; // the numbers of an anchor lie side by side
    level l = {.w = (int)s->dim[3],
               .cells = (int)(s->dim[2] * s->dim[3]),
               .stride = 8 << i,
               .anchors = anchor_size[i]};
    l.x = nn_tensor_f32(&o->tensor) + item * ANCHORS * length * l.cells;
    l.of_anchor = length * l.cells;
    l.of_cell = last ? length : 1;
    l.of_number = last ? 1 : l.cells;
    return l;
}

// An infinite logit is a mistake, not certainty.
static float sigmoid(float v)
{
    return isfinite(v) ? 1 / (1 + expf(-v)) : NAN;
}

static void add_anchor(const level *l, int anchor, int cell, const nn_letterbox *letterbox,
                       const nn_decode_options *o, nn_candidates *candidates)
{
    const float *t = l->x + anchor * l->of_anchor + cell * l->of_cell;
    const int64_t step = l->of_number;
    const float objectness = sigmoid(t[NN_ROW_OBJECTNESS * step]), stride = (float)l->stride;
    if (!(objectness >= o->threshold))
        return;
    int best = 0;
    for (int c = 1; c < o->classes; c++)
        if (t[(NN_ROW_CLASSES + c) * step] > t[(NN_ROW_CLASSES + best) * step])
            best = c;
    const float score = objectness * sigmoid(t[(NN_ROW_CLASSES + best) * step]);
    if (!nn_decode_wants(o, score, best))
        return;
    const float cx = ((float)(cell % l->w) + 2 * sigmoid(t[0]) - 0.5f) * stride;
    const float cy = ((float)(cell / l->w) + 2 * sigmoid(t[step]) - 0.5f) * stride;
    const float w = 2 * sigmoid(t[2 * step]), h = 2 * sigmoid(t[3 * step]);
    nn_decode_add_centred(letterbox, cx, cy, w * w * l->anchors[anchor][0],
                          h * h * l->anchors[anchor][1], score, best, candidates);
}

static void decode_raw(const nn_decoder *self, const nn_head_output *outputs, int n, int item,
                       const nn_letterbox *letterbox, const nn_decode_options *options,
                       nn_candidates *candidates)
{
    (void)self;
    for (int i = 0; i < n; i++) {
        const level l = find_level(&outputs[i], i, item, options->classes);
        for (int anchor = 0; anchor < ANCHORS; anchor++)
            for (int cell = 0; cell < l.cells; cell++)
                add_anchor(&l, anchor, cell, letterbox, options, candidates);
    }
}

const nn_decoder nn_decode_yolov5_raw = {
    .name = "yolov5_raw",
    .layout = "three maps 1 x 3 x H x W x (5 + classes), raw: YOLOv5 without its last layer",
    .check = check_raw,
    .decode = decode_raw,
    .classes = count_classes,
    .by_shape = false, // other YOLOs have such maps with other anchors
    .input = {.std = {1, 1, 1}, .threshold = 0.25f, .iou_threshold = 0.45f},
};
