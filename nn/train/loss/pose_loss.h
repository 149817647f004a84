// SPDX-License-Identifier: MIT
// The loss of keypoints at the points of a detection head that have an object.
#ifndef NN_TRAIN_LOSS_POSE_LOSS_H
#define NN_TRAIN_LOSS_POSE_LOSS_H

#include "nn/train/loss/detect_assign.h"

typedef struct nn_pose_loss_options {
    float weight;         // of the places
    float visible_weight; // of the visibilities
} nn_pose_loss_options;

// What a keypoint that is `square` (pixels^2) away from its place costs, from 0 on, for an object
// of `area` pixels and the spread k of the keypoint, and the derivative by `square` (may be NULL).
// It is 1 - OKS (Lin 2014; Maji 2022, YOLO-Pose, section 3.3), and a part of a logarithm that still
// leads home from far away, where the OKS is flat.
double nn_keypoint_loss(double square, double area, double k, double *slope);

// After nn_detect_loss_assign and nn_detect_loss_grad, of value `v`: `more` of the levels has for
// each keypoint x and y in strides from the point and the logit of its visibility. Adds the
// gradients of that, at points whose object has as many keypoints: the mean of nn_keypoint_loss
// over those that are labelled, and the mean cross-entropy of whether they are. Returns the loss.
double nn_pose_loss_grad(const nn_detect_loss *l, const nn_detect_level *levels,
                         const nn_pose_loss_options *o, const nn_detect_loss_value *v);

#endif
