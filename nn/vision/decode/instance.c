// SPDX-License-Identifier: MIT
// NeroScale's head for instance masks, after YOLACT (Bolya 2019): "coefS" (N, P, H, W) has the
// coefficients of each cell for the P prototypes "proto" (N, P, h, w).
#include "nn/vision/decode/dense.h"
#include "nn/vision/decode/masks.h"

static float find_coefficient(const nn_decode_sample *s, int64_t row, int k)
{
    const nn_dense_cell c = nn_dense_cell_at(s, (int32_t)(row + 1));
    return nn_dense_more(&c.level, c.cell, k);
}

static nn_status describe(const nn_decode_sample *s, nn_result *result)
{
    const nn_prototypes p = nn_prototypes_of(s, &s->outputs[s->n - 1], find_coefficient);
    return nn_masks_describe(s, &p, result);
}

const nn_decoder nn_decode_instance = {
    .name = "instance",
    .layout =
        "triples clsS, boxS, coefS 1 x P x H/S x W/S and proto 1 x P x h x w: NeroScale's own",
    .check = nn_dense_check,
    .decode = nn_dense_decode,
    .describe = describe,
    .details = NN_DETAIL_OUTLINES,
    .classes = nn_dense_classes,
    .form = &(const nn_dense_form){.word = "coef",
                                   .channels = 1,
                                   .any = true,
                                   .last = "proto",
                                   .find_box = nn_dense_upright},
    .by_shape = true, // no other head has these names
    .input = {.mean = {0.5f, 0.5f, 0.5f},
              .std = {0.5f, 0.5f, 0.5f},
              .threshold = 0.5f,
              .iou_threshold = 0.5f},
};
