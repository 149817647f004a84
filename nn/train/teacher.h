// SPDX-License-Identifier: MIT
// Detectors that teach another one: run on the batches it is trained on, for its classes.
#ifndef NN_TRAIN_TEACHER_H
#define NN_TRAIN_TEACHER_H

#include "nn/base/api.h"
#include "nn/graph/model.h"
#include "nn/train/loss/detect_loss.h"

typedef struct nn_teacher nn_teacher;

// A teacher made of `from` (borrowed while this runs) for a network with these labels; `rules` as
// for nn_class_parts. One that nn_keep_head knows teaches by scores and boxes of all its cells, any
// other detector by the boxes that it finds. NN_ENOTFOUND when it knows none of the labels. h x w:
// a size that it runs at.
NN_API nn_status nn_teacher_new(nn_teacher **out, const nn_model *from, const char *const *labels,
                                int count, const char *rules, int h, int w, nn_error *err);
NN_API void nn_teacher_free(nn_teacher *t);
// Per label: whether it knows that class.
NN_API const bool *nn_teacher_known(const nn_teacher *t);
// Whether it teaches by what it finds alone.
NN_API bool nn_teacher_gives_boxes(const nn_teacher *t);

// A teacher at work on batches of one size. The levels of one with cells must be those of the
// network and maybe more.
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
// call, the weight is 1. NULL when it gives boxes only.
const nn_detect_teacher *nn_teacher_look(nn_teacher_run *r, const float *planes);
// Replaces *lists, the true boxes of the batch, by them and what a teacher that gives boxes only
// finds elsewhere: those with a score from its card's threshold on are objects, down to half of it
// they are ignore boxes for their class. What overlaps with a true box of its class by an IoU of
// 0.5 or more is left out. Valid until the next call. Nothing is done for other teachers.
nn_status nn_teacher_add_boxes(nn_teacher_run *r, const float *planes, const nn_truth_list **lists,
                               nn_error *err);

#endif
