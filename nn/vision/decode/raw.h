// SPDX-License-Identifier: MIT
// Private to nn/vision/decode: maps of anchors as the last convolutions of YOLO v2 to v5 leave
// them, N x A (5 + classes) x H x W or N x A x H x W x (5 + classes), A the number of anchors of
// the level. For each anchor of each cell four box numbers, objectness and the classes.
//
// Cell (i, j) of stride S, anchor p x q, with s = sigmoid t and k = scale_x_y: centre =
// (j + k s0 - (k - 1) / 2, i + k s1 - (k - 1) / 2) S; score = s4 * probability of the class.
#ifndef NN_VISION_DECODE_RAW_H
#define NN_VISION_DECODE_RAW_H

#include "nn/vision/decode/rows.h"

// nn_decoder.form of these heads.
typedef struct nn_raw_form {
    bool squares; // size = (2 s2)^2 p, (2 s3)^2 q; otherwise exp(t2) p, exp(t3) q
    bool done;    // the network applied the sigmoid: s = t
    bool softmax; // softmax over the classes; else a sigmoid for each
    float scale_x_y;
    nn_anchors usual; // anchors for cards without any
} nn_raw_form;

// An output for each level of anchors, in any order.
nn_status nn_raw_check(const nn_decoder *self, const nn_head_output *outputs, int n, int input_h,
                       int input_w, int classes, nn_error *err);
void nn_raw_decode(const nn_decoder *self, const nn_head_output *outputs, int n, int item,
                   const nn_letterbox *letterbox, const nn_decode_options *options,
                   nn_candidates *candidates);
int nn_raw_classes(const nn_decoder *self, const nn_head_output *outputs, int n, int input_h,
                   int input_w);

// Anchors of YOLOv3 on COCO, which YOLOv5 took over.
#define NN_RAW_COCO_ANCHORS                                                                        \
    {                                                                                              \
        .count = 3, .level = {                                                                     \
            {8, 3, {{10, 13}, {16, 30}, {33, 23}}, 0},                                             \
            {16, 3, {{30, 61}, {62, 45}, {59, 119}}, 0},                                           \
            {32, 3, {{116, 90}, {156, 198}, {373, 326}}, 0},                                       \
        }                                                                                          \
    }

#endif
