// SPDX-License-Identifier: MIT
// PicoDet (Yu 2021) in its two exports without suppression: probabilities N x points x classes and
// distances N x points x 32 for each stride from 8 to 64, or boxes N x points x 4 in pixels of the
// input and probabilities N x classes x points of all strides together
// (github.com/PaddlePaddle/PaddleDetection).
#include "nn/vision/decode/distances.h"

enum { LAST = 64 };

typedef struct decoded {
    const nn_head_output *boxes, *scores;
    int classes; // 0: other outputs
} decoded;

static decoded find_decoded(const nn_head_output *outputs, int n, int input_h, int input_w)
{
    const int64_t points = nn_decode_cells(input_h, input_w, 8, LAST);
    for (int i = 0; n == 2 && i < 2; i++) {
        const nn_head_output *boxes = &outputs[i], *scores = &outputs[1 - i];
        const int64_t *b = boxes->tensor.shape.dim, *s = scores->tensor.shape.dim;
        if (nn_decode_has_rank(boxes, 3) && nn_decode_has_rank(scores, 3) && b[0] == s[0] &&
            b[1] == points && b[2] == 4 && s[1] < 1 << 20 && s[2] == points)
            return (decoded){boxes, scores, (int)s[1]};
    }
    return (decoded){0};
}

static int count_classes(const nn_decoder *self, const nn_head_output *outputs, int n, int input_h,
                         int input_w)
{
    const nn_head_output *pairs[NN_MAX_PAIRED];
    (void)self;
    return n == 2 ? find_decoded(outputs, n, input_h, input_w).classes
                  : nn_points_pairs(outputs, n, input_h, input_w, LAST, pairs);
}

static nn_status check_picodet(const nn_decoder *self, const nn_head_output *outputs, int n,
                               int input_h, int input_w, int classes, nn_error *err)
{
    const int have = count_classes(self, outputs, n, input_h, input_w);
    const long long points = nn_decode_cells(input_h, input_w, 8, LAST);
    if (have > 0 && (classes == 0 || have == classes))
        return NN_OK;
    return nn_decode_refuse(
        err, self->name, outputs, n,
        "four pairs, the first Nx%lldx%.0d%s and Nx%lldx32, or Nx%lldx4 and Nx%.0d%sx%lld are "
        "needed for an input of %dx%d",
        (long long)nn_decode_cells(input_h, input_w, 8, 8), classes, classes ? "" : "classes",
        (long long)nn_decode_cells(input_h, input_w, 8, 8), points, classes,
        classes ? "" : "classes", points, input_w, input_h);
}

static void decode_boxes(const decoded *d, int item, const nn_letterbox *l,
                         const nn_decode_options *options, nn_candidates *candidates)
{
    const int64_t points = d->boxes->tensor.shape.dim[1];
    const float *box = nn_tensor_f32(&d->boxes->tensor) + item * points * 4;
    const float *scores = nn_tensor_f32(&d->scores->tensor) + item * points * d->classes;
    for (int c = 0; c < options->classes; c++) {
        for (int64_t i = 0; i < points; i++) {
            const float score = scores[c * points + i], *b = box + 4 * i;
            if (nn_decode_wants(options, score, c))
                nn_decode_add_corners(l, b, score, c, 0, candidates);
        }
    }
}

static void decode_picodet(const nn_decoder *self, const nn_head_output *outputs, int n, int item,
                           const nn_letterbox *letterbox, const nn_decode_options *options,
                           nn_candidates *candidates)
{
    (void)self;
    if (n == 2) {
        const decoded d = find_decoded(outputs, n, letterbox->input_h, letterbox->input_w);
        decode_boxes(&d, item, letterbox, options, candidates);
    } else {
        nn_points_decode_pairs(outputs, n, LAST, item, letterbox, options, candidates);
    }
}

const nn_decoder nn_decode_picodet = {
    .name = "picodet",
    .layout = "four pairs 1 x P x classes, 1 x P x 32, or boxes 1 x P x 4, scores 1 x classes x P: "
              "PicoDet",
    .check = check_picodet,
    .decode = decode_picodet,
    .classes = count_classes,
    .by_shape = true,
    .input = {.stretch = true, // as in its training
              .mean = {0.485f, 0.456f, 0.406f},
              .std = {0.229f, 0.224f, 0.225f},
              .threshold = 0.4f,
              .iou_threshold = 0.6f},
};
