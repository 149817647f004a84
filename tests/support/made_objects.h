// SPDX-License-Identifier: MIT
// Data sets of drawn objects on cluttered backgrounds, with keypoints, outlines or rotated boxes,
// as exports of YOLO.
#ifndef TESTS_SUPPORT_MADE_OBJECTS_H
#define TESTS_SUPPORT_MADE_OBJECTS_H

#include <stdint.h>

// Writes DIR/data.yaml and pictures of side x side pixels with labels to DIR/images and DIR/labels:
// `train` of them to train on, `val` to validate. `task` says what is drawn: "pose" stick figures
// with seven keypoints, left limbs blue and right ones red; "instance" blobs and stars that
// overlap; "obb" plates and barrels at any angle.
void made_objects_write(const char *dir, const char *task, int train, int val, int side,
                        uint64_t seed);

#endif
