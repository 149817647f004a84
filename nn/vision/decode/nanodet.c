// SPDX-License-Identifier: MIT
// NanoDet and NanoDet-Plus (github.com/RangiLyu/nanodet): probabilities of the classes and for each
// side of the box eight bins of distances (Li 2020, Generalized Focal Loss), at strides 8 to 32 or
// 8 to 64.
//
// One output N x points x (classes + 32), level after level; or the older export's pairs of
// N x points x classes and N x points x 32 at strides 8, 16, 32. Point (i, j) of stride S is
// (j S, i S) where there are four levels (NanoDet-Plus) and ((j + 0.5) S, (i + 0.5) S) where there
// are three (NanoDet).
#include "nn/base/arith.h"
#include "nn/vision/decode/distances.h"

// Stride of the coarsest level; 0 for other outputs.
static int last_stride(const nn_head_output *o, int input_h, int input_w)
{
    const int64_t *dim = o->tensor.shape.dim;
    if (!nn_decode_has_rank(o, 3) || dim[2] <= NN_POINT_SIDES || dim[2] >= 1 << 20)
        return 0;
    for (int last = 64; last >= 32; last /= 2)
        if (dim[1] == nn_decode_cells(input_h, input_w, 8, last))
            return last;
    return 0;
}

static int count_classes(const nn_decoder *self, const nn_head_output *outputs, int n, int input_h,
                         int input_w)
{
    const nn_head_output *pairs[NN_MAX_PAIRED];
    (void)self;
    if (n != 1)
        return nn_points_pairs(outputs, n, input_h, input_w, 32, pairs);
    return last_stride(outputs, input_h, input_w)
               ? (int)outputs[0].tensor.shape.dim[2] - NN_POINT_SIDES
               : 0;
}

static nn_status check_nanodet(const nn_decoder *self, const nn_head_output *outputs, int n,
                               int input_h, int input_w, int classes, nn_error *err)
{
    const int have = count_classes(self, outputs, n, input_h, input_w);
    if (have > 0 && (classes == 0 || have == classes))
        return NN_OK;
    return nn_decode_refuse(
        err, self->name, outputs, n,
        "one of Nx%lldx(%.0d%s + 32) (or x%lld) is needed for an input of %dx%d",
        (long long)nn_decode_cells(input_h, input_w, 8, 64), classes, classes ? "" : "classes",
        (long long)nn_decode_cells(input_h, input_w, 8, 32), input_w, input_h);
}

static void decode_nanodet(const nn_decoder *self, const nn_head_output *outputs, int n, int item,
                           const nn_letterbox *letterbox, const nn_decode_options *options,
                           nn_candidates *candidates)
{
    const int64_t *dim = outputs[0].tensor.shape.dim;
    (void)self;
    if (n != 1) {
        nn_points_decode_pairs(outputs, n, 32, item, letterbox, options, candidates);
        return;
    }
    const int last = last_stride(outputs, letterbox->input_h, letterbox->input_w);
    nn_points p = {
        .scores = nn_tensor_f32(&outputs[0].tensor) + item * dim[1] * dim[2],
        .score_step = dim[2],
        .sides_step = dim[2],
        .bins = NN_POINT_BINS,
        .point = last == 64 ? 0 : 0.5f,
    };
    for (p.stride = 8; p.stride <= last; p.stride *= 2) {
        p.w = nn_divide_up(letterbox->input_w, p.stride);
        p.count = (int64_t)p.w * nn_divide_up(letterbox->input_h, p.stride);
        p.sides = p.scores + dim[2] - NN_POINT_SIDES;
        nn_points_decode(&p, letterbox, options, candidates);
        p.scores += p.count * dim[2];
    }
}

const nn_decoder nn_decode_nanodet = {
    .name = "nanodet",
    .layout = "1 x points x (classes + 32): NanoDet, NanoDet-Plus",
    .check = check_nanodet,
    .decode = decode_nanodet,
    .classes = count_classes,
    .by_shape = true,
    .input = {.bgr = true,
              .stretch = true, // as in its training
              .mean = {0.485f, 0.456f, 0.406f},
              .std = {0.229f, 0.224f, 0.225f},
              .threshold = 0.35f,
              .iou_threshold = 0.6f},
};
