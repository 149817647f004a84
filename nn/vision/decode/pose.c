// SPDX-License-Identifier: MIT
// NeroScale's head for poses. "kptS" (N, 3 K, H, W) has for each of K keypoints its place in
// strides from the cell's point, and the logit of its visibility.
#include "nn/vision/decode/dense.h"

#include <math.h>

// Keypoint k of a cell; a number that is not finite makes it invisible.
static nn_keypoint find_keypoint(const nn_dense_cell *c, int k, const nn_letterbox *letterbox)
{
    const nn_map_level *l = &c->level;
    const float stride = (float)l->stride, visible = nn_dense_more(l, c->cell, 3 * k + 2);
    nn_keypoint p;
    nn_dense_point(l, c->cell, &p.x, &p.y);
    p.x += nn_dense_more(l, c->cell, 3 * k) * stride;
    p.y += nn_dense_more(l, c->cell, 3 * k + 1) * stride;
    p.score = 1 / (1 + expf(-visible));
    nn_letterbox_point(letterbox, &p.x, &p.y);
    return isfinite(p.x) && isfinite(p.y) && isfinite(visible) ? p : (nn_keypoint){0};
}

static nn_status describe(const nn_decode_sample *s, nn_result *result)
{
    const int count = (int)s->outputs[2].tensor.shape.dim[1] / 3;
    for (int i = 0; i < result->count; i++) {
        nn_box *b = &result->boxes[i];
        const nn_dense_cell cell = nn_dense_cell_at(s, b->detail);
        nn_keypoint *p = NULL;
        if (nn_details_add(&result->details, &b->detail) == NN_OK)
            p = nn_details_add_keypoints(&result->details, count);
        if (!p)
            return NN_ENOMEM;
        for (int k = 0; k < count; k++)
            p[k] = find_keypoint(&cell, k, s->letterbox);
    }
    return NN_OK;
}

const nn_decoder nn_decode_pose = {
    .name = "pose",
    .layout = "triples clsS, boxS, kptS 1 x 3 K x H/S x W/S, K keypoints: NeroScale's own",
    .check = nn_dense_check,
    .decode = nn_dense_decode,
    .describe = describe,
    .details = NN_DETAIL_KEYPOINTS,
    .classes = nn_dense_classes,
    .form =
        &(const nn_dense_form){
            .word = "kpt", .channels = 3, .any = true, .find_box = nn_dense_upright},
    .by_shape = true, // no other head has these names
    .input = {.mean = {0.5f, 0.5f, 0.5f},
              .std = {0.5f, 0.5f, 0.5f},
              .threshold = 0.5f,
              .iou_threshold = 0.5f},
};
