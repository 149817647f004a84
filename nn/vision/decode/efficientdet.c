// SPDX-License-Identifier: MIT
// EfficientDet with its levels joined, as PyTorch ports export it
// (github.com/zylo117/Yet-Another-EfficientDet-Pytorch): "regression" N x A x 4 and
// "classification" N x A x classes, probabilities. Other outputs (features, anchors) are passed
// over.
#include "nn/vision/decode/efficient_anchors.h"

#include "nn/base/arith.h"

typedef struct rows {
    const nn_head_output *boxes, *classes;
    int64_t count;
} rows;

static bool find_rows(const nn_head_output *outputs, int n, int h, int w, rows *r)
{
    *r = (rows){.boxes = nn_decode_named(outputs, n, "regress"),
                .classes = nn_decode_named(outputs, n, "classif"),
                .count = NN_EFFICIENT_ANCHORS * nn_decode_cells(h, w, 8, 128)};
    if (!r->boxes || !r->classes || !nn_decode_has_rank(r->boxes, 3) ||
        !nn_decode_has_rank(r->classes, 3) || outputs[0].tensor.shape.rank < 1)
        return false;
    const int64_t *a = r->boxes->tensor.shape.dim, *b = r->classes->tensor.shape.dim;
    return a[0] == b[0] && a[0] == outputs[0].tensor.shape.dim[0] && a[1] == r->count &&
           b[1] == r->count && a[2] == 4 && b[2] < 1 << 20;
}

static int count_classes(const nn_decoder *self, const nn_head_output *outputs, int n, int input_h,
                         int input_w)
{
    rows r;
    (void)self;
    return find_rows(outputs, n, input_h, input_w, &r) ? (int)r.classes->tensor.shape.dim[2] : 0;
}

static nn_status check(const nn_decoder *self, const nn_head_output *outputs, int n, int input_h,
                       int input_w, int classes, nn_error *err)
{
    const int have = count_classes(self, outputs, n, input_h, input_w);
    if (have > 0 && (classes == 0 || have == classes))
        return NN_OK;
    return nn_decode_refuse(
        err, self->name, outputs, n,
        "\"regression\" Nx%lldx4 and \"classification\" with %.0d%s classes are needed for an "
        "input of %dx%d",
        (long long)NN_EFFICIENT_ANCHORS * nn_decode_cells(input_h, input_w, 8, 128), classes,
        classes ? "" : "any number of", input_w, input_h);
}

static void decode(const nn_decoder *self, const nn_head_output *outputs, int n, int item,
                   const nn_letterbox *l, const nn_decode_options *options,
                   nn_candidates *candidates)
{
    rows r;
    int64_t row = 0;
    (void)self;
    if (!find_rows(outputs, n, l->input_h, l->input_w, &r))
        return;
    for (int stride = NN_EFFICIENT_STRIDE; row < r.count; stride *= 2) {
        const int64_t w = nn_divide_up(l->input_w, stride), h = nn_divide_up(l->input_h, stride);
        for (int64_t i = 0; i < NN_EFFICIENT_ANCHORS * h * w; i++, row++) {
            const float *p = nn_decode_row(r.classes, item, row);
            const int label = nn_decode_best(p, options->classes);
            if (!nn_decode_wants(options, p[label], label))
                continue;
            const int64_t cell = i / NN_EFFICIENT_ANCHORS;
            nn_box b = nn_efficient_box(nn_decode_row(r.boxes, item, row), 1, stride, cell % w,
                                        cell / w, (int)(i % NN_EFFICIENT_ANCHORS));
            b.score = p[label];
            b.label = label;
            nn_decode_add(l, b, candidates);
        }
    }
}

const nn_decoder nn_decode_efficientdet = {
    .name = "efficientdet",
    .layout = "regression 1 x A x 4, classification 1 x A x classes: EfficientDet of PyTorch",
    .check = check,
    .decode = decode,
    .classes = count_classes,
    .by_shape = true,
    .input = {.mean = {0.485f, 0.456f, 0.406f},
              .std = {0.229f, 0.224f, 0.225f},
              .threshold = 0.2f,
              .iou_threshold = 0.2f,
              .labels = nn_coco_numbered_labels + 1,
              .label_count = NN_COCO_NUMBERS},
};
