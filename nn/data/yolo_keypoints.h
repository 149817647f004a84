// SPDX-License-Identifier: MIT
// The keypoints that a data.yaml of Ultralytics describes.
#ifndef NN_DATA_YOLO_KEYPOINTS_H
#define NN_DATA_YOLO_KEYPOINTS_H

#include "nn/data/keypoint_set.h"
#include "nn/data/yaml_file.h"

// Adds kpt_shape (number, numbers of each), flip_idx and kpt_names to *s. Nothing without
// kpt_shape. NN_EFORMAT when one is damaged; NN_EINVAL when *s has another number of keypoints.
nn_status nn_yolo_keypoints_read(nn_keypoint_set *s, const nn_yaml *y, nn_error *err);

#endif
