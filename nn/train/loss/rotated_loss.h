// SPDX-License-Identifier: MIT
// Losses of rotated boxes: the distance of the Gaussians that they stand for, and of directions.
#ifndef NN_TRAIN_LOSS_ROTATED_LOSS_H
#define NN_TRAIN_LOSS_ROTATED_LOSS_H

#include "nn/train/loss/detect_assign.h"

// cx, cy, width, height in pixels and the angle of the width in radians, clockwise in the picture.
enum { NN_ROTATED_NUMBERS = 5 };

// 1 - ProbIoU (Llerena 2021, section 3): the Hellinger distance, from 0 to 1, of two Gaussians with
// the means and covariances of boxes a and b, and its gradient by the numbers of a (may be NULL).
double nn_probiou_loss(const double a[NN_ROTATED_NUMBERS], const double b[NN_ROTATED_NUMBERS],
                       double grad[NN_ROTATED_NUMBERS]);

// A distance of the direction (sine, cosine of twice the angle, of any length) to the angle of a
// box: 0 for the same up to half a turn. For a square quarter turns count as the same, and the
// distance goes over from one to the other with the ratio of its sides. grad may be NULL.
double nn_direction_loss(const double direction[2], const double box[NN_ROTATED_NUMBERS],
                         double grad[2]);

// The rotated box of an object: that of its details, else its upright one. The longer side is the
// width.
void nn_rotated_truth(const nn_detect_loss *l, int n, const nn_truth *t,
                      double box[NN_ROTATED_NUMBERS]);
// The predicted one of a point, in pixels of the input.
void nn_rotated_box_at(const nn_detect_loss *l, const nn_detect_level *levels, int n,
                       nn_detect_point p, double box[NN_ROTATED_NUMBERS]);
// Their IoU, exact.
double nn_rotated_overlap(const double a[NN_ROTATED_NUMBERS], const double b[NN_ROTATED_NUMBERS]);
// Whether a point lies in a box.
bool nn_rotated_holds(const double box[NN_ROTATED_NUMBERS], const double at[2]);

// Adds the gradients of weight * (1 - ProbIoU) + direction_weight * the distance of the directions
// of a point; returns the loss.
double nn_rotated_grad(const nn_detect_loss *l, const nn_detect_level *levels, int n, int point,
                       const double truth[NN_ROTATED_NUMBERS], double weight,
                       double direction_weight);

#endif
