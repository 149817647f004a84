// SPDX-License-Identifier: MIT
// Private to nn/vision/decode: keypoints of objects.
#ifndef NN_VISION_DECODE_KEYPOINTS_H
#define NN_VISION_DECODE_KEYPOINTS_H

#include "nn/vision/decode/layout.h"

// Keypoint k of object `row` of a sample, in pixels of the input.
typedef nn_keypoint nn_keypoint_at(const nn_decode_sample *s, int64_t row, int k);

// nn_decoder.describe of heads whose boxes have detail = row + 1: their `count` keypoints in pixels
// of the frame. One with a number that is not finite is invisible.
nn_status nn_keypoints_describe(const nn_decode_sample *s, nn_result *result, int count,
                                nn_keypoint_at *at);
// nn_decoder.decode of heads that say where the keypoints of one person are: adds the bounds of
// those that are seen (NN_KEYPOINT_SEEN), if any. The score is the mean of all.
void nn_keypoints_decode_one(const nn_decode_sample *s, const nn_decode_options *options, int count,
                             nn_keypoint_at *at, nn_candidates *candidates);

// The only class of models of people.
extern const char *const nn_person_label[1];

#endif
