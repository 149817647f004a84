// SPDX-License-Identifier: MIT
// Loss of anchor-free detection heads: task-aligned assignment, quality focal loss, generalised
// IoU, distribution focal loss.
#ifndef NN_TRAIN_LOSS_DETECT_LOSS_H
#define NN_TRAIN_LOSS_DETECT_LOSS_H

#include "nn/base/pool.h"
#include "nn/data/dataset.h"
#include "nn/train/ranks.h"

enum { NN_DETECT_MAX_LEVELS = 4 };

// Outputs of one level of the head for a batch, and their gradients. The form says what they mean.
//
// NN_DETECT_PLAIN: cls (N,classes,H,W) are logits. box has the distances of the left, top, right
// and bottom side from the point ((x + 0.5) stride, (y + 0.5) stride) of the input, or with
// `corner` from (x stride, y stride). With bins = 0 it is (N,4,H,W), logarithms of the distances in
// strides, limited to +-NN_DETECT_LOG_LIMIT. With bins > 1 it is (N,4*bins,H,W), for each side the
// logits of the distances 0, 1, ..., bins - 1 in strides, whose expected value is the distance (Li
// 2020, Generalized Focal Loss, section 3.2).
//
// The other forms have an objectness, obj (N,1,H,W), and four numbers t for the box of cell (x, y).
// NN_DETECT_YOLOX (Ge 2021): score sigmoid(obj) sigmoid(cls), centre ((x + t0) stride, (y + t1)
// stride), size (exp t2, exp t3) strides.
// NN_DETECT_FASTEST (github.com/dog-qiuqiu/FastestDet): score sigmoid(obj)^0.6 softmax(cls)^0.4,
// centre ((x + tanh t0) stride, (y + tanh t1) stride), size (sigmoid t2, sigmoid t3) of the input.
typedef enum nn_detect_form {
    NN_DETECT_PLAIN, // cls and box as above
    NN_DETECT_YOLOX,
    NN_DETECT_FASTEST
} nn_detect_form;

typedef struct nn_detect_level {
    int stride, h, w;
    const float *cls, *box;
    float *cls_grad, *box_grad; // overwritten, not added to
    int bins;
    bool corner;
    nn_detect_form form;
    const float *obj; // NULL for NN_DETECT_PLAIN
    float *obj_grad;
    // What the head says besides: (N,more_count,H,W); NULL: nothing. With `rotated` it is the
    // direction of the box (sine and cosine of twice the angle of its width), along and across
    // which the distances are; else another loss reads it (pose_loss.h, instance_loss.h).
    const float *more;
    float *more_grad;
    int more_count;
    bool rotated;
} nn_detect_level;

#define NN_DETECT_LOG_LIMIT 6.0f
enum { NN_DETECT_MAX_BINS = 64 };

typedef struct nn_detect_loss_options {
    int topk;                     // most points of an object
    float score_power, iou_power; // alignment = score^a iou^b (Feng 2021, TOOD, section 3.1)
    float cls_weight, box_weight;
    float dfl_weight;       // weight of the distribution focal loss, for boxes as distributions
    float direction_weight; // weight of the directions of rotated boxes
    nn_ranks *ranks;        // borrowed: the processes that share a batch; NULL: only this one
    struct nn_teacher *const *teachers; // borrowed, `teacher_count` (teacher.h): the task runs them
    int teacher_count;
    float teacher_weight; // of all teachers together
    nn_pool *pool;        // borrowed, for the teachers; may be NULL
} nn_detect_loss_options;

// The true boxes of a picture, in pixels of the network input.
typedef struct nn_truth_list {
    const nn_truth *truths;
    int count;
    const nn_details *details; // of the truths; NULL: none
} nn_truth_list;

typedef struct nn_detect_loss_value {
    double cls, box; // weighted parts; their sum is the loss
    double norm; // sum of the target scores, at least 1; with ranks their mean over the processes
    int64_t positives; // points with a target
} nn_detect_loss_value;

// The form of a head's outputs, by its name (nn/vision/decode).
nn_detect_form nn_detect_form_of(const char *head);

// Makes the work space for a head of this geometry: reads all of `levels` except the pointers.
typedef struct nn_detect_loss nn_detect_loss;
nn_status nn_detect_loss_new(nn_detect_loss **out, const nn_detect_loss_options *options,
                             const nn_detect_level *levels, int level_count, int batch, int classes,
                             nn_error *err);
void nn_detect_loss_free(nn_detect_loss *l);

// Assigns targets from the present outputs: for each object the topk points inside it with the best
// alignment; an object that holds no point gets the nearest one. A point claimed twice goes to the
// higher IoU. In an ignore box, classes have no loss at points without an object: that of its
// label, with the label -1 all. In a region of NN_IGNORE_CLASS, its class has no loss but at points
// of objects of that class. The lists must stay until the gradients were computed.
nn_status nn_detect_loss_assign(nn_detect_loss *l, const nn_detect_level *levels,
                                const nn_truth_list *truths, nn_error *err);

// Loss and gradients for the targets of the last assignment. Classification: |sigmoid(z) -
// target|^2 times binary cross-entropy (Li 2020, quality focal loss, section 3.1), the factor held
// constant in the gradient, through all that a score is made of; box: 1 - GIoU (Rezatofighi 2019)
// times the target score, of distributions with their focal loss (the cross-entropy against the two
// bins around the true distance, section 3.2), of rotated boxes 1 - ProbIoU and the distance of
// their directions (rotated_loss.h). All are divided by `norm`. Sums run in a fixed order: the
// result does not depend on threads.
nn_detect_loss_value nn_detect_loss_grad(nn_detect_loss *l, const nn_detect_level *levels);

// What a teacher says of the same points: outputs of the levels in the same order, of the same
// sizes.
typedef struct nn_detect_teacher {
    nn_detect_level level[NN_DETECT_MAX_LEVELS]; // without gradients
    const bool *known;                           // per class: the teacher knows it
    float weight;                                // of all of its parts
} nn_detect_teacher;

// Adds the loss towards a teacher and its gradients to those of nn_detect_loss_grad. Classes:
// quality focal loss towards the teacher's scores (as above; no class that it does not know).
// Boxes, weighted by the teacher's best score: KL divergence of the teacher's distributions,
// softened by a temperature of 10 (Zheng 2022, Localization Distillation, section 3.2), where both
// have the same bins from the same points, else as above towards the teacher's box. All are divided
// by the sum of the best scores.
nn_detect_loss_value nn_detect_loss_teach(nn_detect_loss *l, const nn_detect_level *levels,
                                          const nn_detect_teacher *teacher);

// What was assigned, for tests: target score of class c at point p of picture n, and the object
// behind the point or -1. Points count through the levels, finest first, row by row.
float nn_detect_loss_target(const nn_detect_loss *l, int n, int c, int p);
int nn_detect_loss_owner(const nn_detect_loss *l, int n, int p);

// GIoU of boxes given as x0, y0, x1, y1, and its gradient with respect to the first (may be NULL).
double nn_giou(const double a[4], const double b[4], double grad[4]);

#endif
