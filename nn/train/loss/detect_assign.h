// SPDX-License-Identifier: MIT
// Work space of the detection loss, shared by assignment, gradients and teachers.
#ifndef NN_TRAIN_LOSS_DETECT_ASSIGN_H
#define NN_TRAIN_LOSS_DETECT_ASSIGN_H

#include "nn/train/loss/detect_loss.h"

// A point that may become a positive of the current object.
typedef struct nn_detect_candidate {
    int point;
    float align, iou;
} nn_detect_candidate;

struct nn_detect_loss {
    nn_detect_loss_options options;
    int level_count, batch, classes;
    int stride[NN_DETECT_MAX_LEVELS], h[NN_DETECT_MAX_LEVELS], w[NN_DETECT_MAX_LEVELS];
    int bins[NN_DETECT_MAX_LEVELS];
    double offset[NN_DETECT_MAX_LEVELS]; // of a point in its cell
    int first[NN_DETECT_MAX_LEVELS];     // index of a level's first point
    bool rotated;                        // boxes are (rotated_loss.h)
    const nn_truth_list *lists;          // borrowed: of the last assignment
    int points;
    // For each picture and point:
    int32_t *owner; // index of the object; -1: none
    float *target;  // its target score
    float *iou, *align;
    uint64_t *ignored;    // classes (nn_class_bit) without a loss here when the point has no object
    uint64_t *unlabelled; // the same, also at points of objects of other classes
    double (*box)[4];     // predicted boxes of one picture by point, where `seen`
    bool *seen;
    nn_truth *truth;                 // box of the owner, for the gradient
    nn_detect_candidate *candidates; // of the current object
};

// Bit of a class in a set of classes; those from 63 on share one.
uint64_t nn_class_bit(int label);

// Level and position of a point.
typedef struct nn_detect_point {
    int level, x, y;
} nn_detect_point;

nn_detect_point nn_detect_point_at(const nn_detect_loss *l, int point);
// Its position x, y in input pixels.
void nn_detect_place(const nn_detect_loss *l, nn_detect_point p, double at[2]);
// Softmax of `bins` logits, `step` apart; returns the expected value.
double nn_detect_expect(const float *logits, int64_t step, int bins, double *p);
// The predicted box of a point in input pixels.
void nn_detect_box_at(const nn_detect_loss *l, const nn_detect_level *levels, int n,
                      nn_detect_point p, double box[4]);
// Adds the gradients of weight * (1 - GIoU) of a point's box and, for distributions, of dfl_weight
// times their focal loss; returns the loss.
double nn_detect_box_grad(const nn_detect_loss *l, const nn_detect_level *levels, int n, int point,
                          const double truth[4], double weight, double dfl_weight);

#endif
