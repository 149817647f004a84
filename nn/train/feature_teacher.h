// SPDX-License-Identifier: MIT
// A network of any kind whose feature maps another one is to have, too (Romero 2015, FitNets): the
// one that learns gets outputs for it, 1x1 convolutions that bring its maps to the teacher's
// channels.
#ifndef NN_TRAIN_FEATURE_TEACHER_H
#define NN_TRAIN_FEATURE_TEACHER_H

#include "nn/base/api.h"
#include "nn/graph/plan.h"

// Outputs that begin so are read by this alone; they stand behind all others.
#define NN_FEATURE_OUTPUT "distill"
// How many outputs come before them.
int nn_own_output_count(const nn_graph *g);

typedef struct nn_feature_options {
    const char *pairs; // "ours=its,..." names of layers with maps; NULL: chosen (feature_maps.h)
    int h, w;          // of the pictures of the training
    uint64_t seed;     // of the convolutions
} nn_feature_options;

typedef struct nn_feature_teacher nn_feature_teacher;

// Puts the convolutions into *student, which becomes another model of the same parameters, in the
// same order, with theirs behind; the teacher keeps the old one. `from` is copied as far as its
// maps need it. Fails as nn_feature_pairs_find does.
NN_API nn_status nn_feature_teacher_new(nn_feature_teacher **out, nn_model **student,
                                        const nn_model *from, const nn_feature_options *options,
                                        nn_error *err);
NN_API void nn_feature_teacher_free(nn_feature_teacher *t);
// The student as it was, without what was put in; owned by the teacher, changed by trainers.
nn_model *nn_feature_teacher_plain(const nn_feature_teacher *t);
// "ours (16 channels) from its (64), ..." for people.
NN_API const char *nn_feature_teacher_text(const nn_feature_teacher *t);

// A teacher at work beside a training plan of `student`, which outlives it. Where sizes differ the
// teacher's maps are brought to those of the student.
typedef struct nn_feature_run nn_feature_run;
nn_status nn_feature_run_new(nn_feature_run **out, const nn_feature_teacher *t,
                             const nn_model *student, const nn_plan *plan, nn_pool *pool,
                             nn_error *err);
void nn_feature_run_free(nn_feature_run *r);
// After a run of the plan on `planes`: the mean of nn_feature_loss over the pairs of maps, and
// `scale` times its gradients at the outputs.
double nn_feature_run_learn(nn_feature_run *r, const float *planes, double scale);

#endif
