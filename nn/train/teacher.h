// SPDX-License-Identifier: MIT
// Knowledge distillation: detectors that teach another one, run on its training batches, for its
// classes.
#ifndef NN_TRAIN_TEACHER_H
#define NN_TRAIN_TEACHER_H

#include "nn/base/api.h"
#include "nn/graph/model.h"
#include "nn/train/loss/detect_loss.h"
#include "nn/train/teacher_place.h"

typedef struct nn_teacher nn_teacher;

// Makes a teacher of `from` (borrowed during the call) for a network with these labels; `rules` as
// for nn_class_parts. A detector that nn_keep_head supports teaches by scores and boxes of all its
// cells, any other one by the boxes that it finds. NN_ENOTFOUND when it knows none of the labels. h
// x w: an input size at which it runs.
NN_API nn_status nn_teacher_new(nn_teacher **out, const nn_model *from, const char *const *labels,
                                int count, const char *rules, int h, int w, nn_error *err);
NN_API void nn_teacher_free(nn_teacher *t);
// By label: whether it knows the class.
NN_API const bool *nn_teacher_known(const nn_teacher *t);
// Whether it teaches by boxes only.
NN_API bool nn_teacher_gives_boxes(const nn_teacher *t);

// A teacher for batches of one size. When it teaches by cells, its levels must include those of the
// network.
typedef struct nn_teacher_run nn_teacher_run;
nn_status nn_teacher_open(nn_teacher_run **out, const nn_teacher *t, const nn_teacher_place *place,
                          nn_error *err);
void nn_teacher_close(nn_teacher_run *r);
// Runs it on a batch, planes (batch,3,h,w) with the student's normalisation. The result, of weight
// 1, is valid until the next call; NULL for box teachers.
const nn_detect_teacher *nn_teacher_look(nn_teacher_run *r, const float *planes);
// For box teachers: replaces *lists, the true boxes of the batch, by these and the boxes that the
// teacher finds elsewhere. Boxes at or above its card's threshold are objects, those down to half
// of it ignore boxes of their class. A box that overlaps a true box of its class by an IoU of 0.5
// or more is dropped. Valid until the next call. Does nothing for other teachers.
nn_status nn_teacher_add_boxes(nn_teacher_run *r, const float *planes, const nn_truth_list **lists,
                               nn_error *err);

#endif
