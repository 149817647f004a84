// SPDX-License-Identifier: MIT
// Private to nn/vision/decode: boxes in columns that end in keypoints. `form` of their decoders
// points to an int: the numbers of a keypoint, 2 or 3.
#ifndef NN_VISION_DECODE_POSE_COLUMNS_H
#define NN_VISION_DECODE_POSE_COLUMNS_H

#include "nn/vision/decode/columns.h"

// The functions of an nn_decoder. One class is the usual number.
int nn_pose_classes(const nn_decoder *self, const nn_head_output *outputs, int n, int input_h,
                    int input_w);
nn_status nn_pose_check(const nn_decoder *self, const nn_head_output *outputs, int n, int input_h,
                        int input_w, int classes, nn_error *err);
void nn_pose_decode(const nn_decoder *self, const nn_head_output *outputs, int n, int item,
                    const nn_letterbox *letterbox, const nn_decode_options *options,
                    nn_candidates *candidates);
nn_status nn_pose_describe(const nn_decode_sample *sample, nn_result *result);

#endif
