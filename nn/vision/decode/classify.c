// SPDX-License-Identifier: MIT
// Classification: the best class of N x classes (x 1 x 1) logits or probabilities, as one box
// around the frame.
#include "nn/vision/decode/layout.h"
#include "nn/vision/scores.h"

#include <math.h>

static int count_classes(const nn_decoder *self, const nn_head_output *outputs, int n, int input_h,
                         int input_w)
{
    const int64_t *dim = outputs[0].tensor.shape.dim;
    (void)self, (void)input_h, (void)input_w;
    if (n != 1 || outputs[0].open ||
        (!nn_decode_has_rank(outputs, 2) &&
         !(nn_decode_has_rank(outputs, 4) && dim[2] == 1 && dim[3] == 1)))
        return 0;
    return dim[1] > 1 && dim[1] < 1 << 20 ? (int)dim[1] : 0;
}

static nn_status check_classify(const nn_decoder *self, const nn_head_output *outputs, int n,
                                int input_h, int input_w, int classes, nn_error *err)
{
    const int have = count_classes(self, outputs, n, input_h, input_w);
    if (have > 0 && (classes == 0 || have == classes))
        return NN_OK;
    return classes == 0
               ? nn_decode_refuse(err, self->name, outputs, n, "one of Nxclasses is needed")
               : nn_decode_refuse(err, self->name, outputs, n,
                                  "one of Nx%d is needed for as many classes", classes);
}

// Softmax of x[best], the largest logit.
static float softmax_of_best(const float *x, int n, int best)
{
    double sum = 0;
    for (int i = 0; i < n; i++)
        sum += exp((double)x[i] - (double)x[best]);
    return (float)(1 / sum); // NaN stays NaN
}

static void decode_classify(const nn_decoder *self, const nn_head_output *outputs, int n, int item,
                            const nn_letterbox *letterbox, const nn_decode_options *options,
                            nn_candidates *candidates)
{
    const int classes = options->classes;
    const float *x = nn_tensor_f32(&outputs[0].tensor) + (int64_t)item * classes;
    const int best = nn_decode_best(x, classes);
    const float score =
        nn_scores_are_probabilities(x, classes) ? x[best] : softmax_of_best(x, classes, best);
    (void)self, (void)n;
    if (!nn_decode_wants(options, score, best))
        return;
    const nn_box box = {.x1 = (float)letterbox->frame_w,
                        .y1 = (float)letterbox->frame_h,
                        .score = score < 1 ? score : 1,
                        .label = best};
    nn_candidates_add(candidates, &box);
}

const nn_decoder nn_decode_classify = {
    .name = "classify",
    .layout = "1 x classes, logits or probabilities: one class for the frame",
    .check = check_classify,
    .decode = decode_classify,
    .classes = count_classes,
    .by_shape = true,
    .whole_frame = true,
    // The preprocessing of torchvision's classifiers.
    .input = {.mean = {0.485f, 0.456f, 0.406f},
              .std = {0.229f, 0.224f, 0.225f},
              .iou_threshold = 1},
};
