// SPDX-License-Identifier: MIT
// Outputs of probabilities with a background column, and boxes as fractions of the input.
#include "nn/vision/decode/priors.h"

nn_priors nn_priors_find(const nn_head_output *outputs, int n)
{
    nn_priors none = {0};
    if (n != 2 || !nn_decode_has_rank(&outputs[0], 3) || !nn_decode_has_rank(&outputs[1], 3))
        return none;
    const int64_t *a = outputs[0].tensor.shape.dim, *b = outputs[1].tensor.shape.dim;
    bool second = b[2] == 4; // the boxes
    if (a[2] == 4 && b[2] == 4)
        second = nn_decode_named(outputs, n, "box") != &outputs[0];
    const nn_priors p = {.scores = &outputs[!second], .boxes = &outputs[second]};
    const int64_t columns = p.scores->tensor.shape.dim[2];
    if (p.boxes->tensor.shape.dim[2] != 4 || a[0] != b[0] || a[1] != b[1] || columns < 2 ||
        columns > 1 << 20)
        return none;
    return (nn_priors){p.scores, p.boxes, (int)columns - 1};
}

void nn_priors_decode(const nn_decoder *self, const nn_head_output *outputs, int n, int item,
                      const nn_letterbox *l, const nn_decode_options *options,
                      nn_candidates *candidates)
{
    const nn_priors p = nn_priors_find(outputs, n);
    (void)self;
    const int64_t anchors = p.boxes->tensor.shape.dim[1];
    const float *score = nn_tensor_f32(&p.scores->tensor) + item * anchors * (p.classes + 1);
    const float *box = nn_tensor_f32(&p.boxes->tensor) + item * anchors * 4;
    const float w = (float)l->input_w, h = (float)l->input_h;
    for (int64_t i = 0; i < anchors; i++, box += 4, score += p.classes + 1) {
        for (int c = 0; c < p.classes; c++) {
            if (!nn_decode_wants(options, score[1 + c], c))
                continue;
            const nn_box found = {.x0 = box[0] * w,
                                  .y0 = box[1] * h,
                                  .x1 = box[2] * w,
                                  .y1 = box[3] * h,
                                  .score = score[1 + c],
                                  .label = c};
            nn_decode_add(l, found, candidates);
        }
    }
}
