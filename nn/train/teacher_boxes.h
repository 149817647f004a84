// SPDX-License-Identifier: MIT
// Teachers by boxes: their detections are added to the true boxes.
#ifndef NN_TRAIN_TEACHER_BOXES_H
#define NN_TRAIN_TEACHER_BOXES_H

#include "nn/train/teacher_place.h"
#include "nn/vision/decode/decode.h"

typedef struct nn_box_teacher {
    const nn_model *model; // borrowed, for inference
    const nn_decoder *decoder;
    const int32_t *label_of; // borrowed: the student's class for each class of the model; -1: none
    const bool *wanted;      // borrowed: whether there is one
} nn_box_teacher;

// The decoder of a detector; NULL when the model's card names none.
const nn_decoder *nn_box_teacher_decoder(const nn_model *m);

typedef struct nn_box_run nn_box_run;
nn_status nn_box_run_new(nn_box_run **out, const nn_box_teacher *t, const nn_teacher_place *place,
                         nn_error *err);
void nn_box_run_free(nn_box_run *r);
// As nn_teacher_add_boxes.
nn_status nn_box_run_look(nn_box_run *r, const float *planes, const nn_truth_list **lists,
                          nn_error *err);

#endif
