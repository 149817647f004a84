// SPDX-License-Identifier: MIT
// Private to nn/vision/decode: rows of anchors as YOLOv5 has them, N x 3A x (5 + classes + numbers
// of keypoints): boxes by centre and size, objectness, probabilities; keypoints in pixels of the
// input.
#ifndef NN_VISION_DECODE_POSE_ROWS_H
#define NN_VISION_DECODE_POSE_ROWS_H

#include "nn/vision/decode/rows.h"

// nn_decoder.form of these heads.
typedef struct nn_pose_row_form {
    int numbers;          // of a keypoint: x, y or x, y, score
    int count;            // of keypoints; 0: what the columns leave
    bool keypoints_first; // before the classes, else behind them
} nn_pose_row_form;

// The functions of an nn_decoder. One class is the usual number.
int nn_pose_rows_classes(const nn_decoder *self, const nn_head_output *outputs, int n, int input_h,
                         int input_w);
nn_status nn_pose_rows_check(const nn_decoder *self, const nn_head_output *outputs, int n,
                             int input_h, int input_w, int classes, nn_error *err);
void nn_pose_rows_decode(const nn_decoder *self, const nn_head_output *outputs, int n, int item,
                         const nn_letterbox *letterbox, const nn_decode_options *options,
                         nn_candidates *candidates);
nn_status nn_pose_rows_describe(const nn_decode_sample *sample, nn_result *result);

#endif
