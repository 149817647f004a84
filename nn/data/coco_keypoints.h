// SPDX-License-Identifier: MIT
// Keypoints in COCO's JSON: what a category says of them, and those of an annotation.
#ifndef NN_DATA_COCO_KEYPOINTS_H
#define NN_DATA_COCO_KEYPOINTS_H

#include "nn/data/keypoint_set.h"
#include "nn/io/json.h"
#include "nn/vision/details.h"

// Adds "keypoints" (names), "skeleton" (pairs, from 1) and "sigmas" (of the object keypoint
// similarity, if there) of a category to *s, and finds the pairs that a mirror swaps by their
// names. A category without keypoints changes nothing. NN_EFORMAT when they are damaged; NN_EINVAL
// when *s has another number of them.
nn_status nn_coco_keypoints_of_category(nn_keypoint_set *s, const cJSON *category, nn_error *err);

// Parses "keypoints": [x, y, visibility, ...] of `count` keypoints into a new array (nn_free).
// *points is NULL without that member. *wrong gets NULL, or what is wrong. NN_ENOMEM.
nn_status nn_coco_keypoints_parse(nn_keypoint **points, const cJSON *annotation, int count,
                                  const char **wrong, nn_error *err);

#endif
