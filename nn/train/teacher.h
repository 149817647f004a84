// SPDX-License-Identifier: MIT
// Detectors that teach another one: run on the batches it is trained on, for its classes.
#ifndef NN_TRAIN_TEACHER_H
#define NN_TRAIN_TEACHER_H

#include "nn/graph/model.h"
#include "nn/train/loss/detect_loss.h"

typedef struct nn_teacher nn_teacher;

// A teacher made of `from` (borrowed while this runs), any detector that nn_keep_head knows, for a
// network with these labels; `rules` as for nn_class_parts. NN_ENOTFOUND when it knows none of
// them. h x w: a size that it runs at.
nn_status nn_teacher_new(nn_teacher **out, const nn_model *from, const char *const *labels,
                         int count, const char *rules, int h, int w, nn_error *err);
void nn_teacher_free(nn_teacher *t);
// Per label: whether it knows that class.
const bool *nn_teacher_known(const nn_teacher *t);

// A teacher at work on batches of one size. Its levels must be those of the network and maybe more.
typedef struct nn_teacher_run nn_teacher_run;
typedef struct nn_teacher_place {
    int batch, h, w;
    const nn_card *card; // of the network that learns: mean and std of its batches
    const nn_detect_level *levels;
    int level_count;
    nn_pool *pool; // borrowed; may be NULL
} nn_teacher_place;
nn_status nn_teacher_open(nn_teacher_run **out, const nn_teacher *t, const nn_teacher_place *place,
                          nn_error *err);
void nn_teacher_close(nn_teacher_run *r);
// What it says of a batch, planes (batch,3,h,w) as the network sees them; valid until the next
// call, the weight is 1.
const nn_detect_teacher *nn_teacher_look(nn_teacher_run *r, const float *planes);

#endif
