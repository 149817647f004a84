// SPDX-License-Identifier: MIT
// The training of tasks whose models find boxes, and perhaps say more of them: the loss of classes
// and boxes, to which a task may add its own.
#ifndef NN_TRAIN_TASK_BOX_TASK_H
#define NN_TRAIN_TASK_BOX_TASK_H

#include "nn/train/loss/detect_outputs.h"
#include "nn/train/task/task.h"
#include "nn/train/teacher.h"

typedef struct nn_box_task nn_box_task;
struct nn_box_task {
    nn_detect_loss *loss;
    nn_detect_outputs outputs;
    nn_teacher_run **teachers; // owned, `teacher_count`
    int teacher_count;
    nn_task_options options;
    // What a task adds to the gradients of a batch; *more is its loss. `own` is for it, released by
    // close_own. NULL: nothing.
    nn_status (*add)(nn_box_task *t, const nn_detect_loss_value *v, double *more, nn_error *err);
    // Multiplies the gradients of outputs that are not the levels'; NULL: there are none.
    void (*scale)(const nn_box_task *t, float scale);
    void *own;
    void (*close_own)(void *own);
};

// Functions of an nn_train_task; its state is an nn_box_task.
nn_status nn_box_task_open(void **state, const nn_plan *plan, const nn_model *model, int batch,
                           const nn_task_options *options, nn_error *err);
void nn_box_task_close(void *state);
// part[0] is the loss of classes; part[1] that of boxes. With `add` part[0] is both, part[1] what
// it adds.
nn_status nn_box_task_run(void *state, const nn_batch *batch, float scale, nn_task_value *value,
                          nn_error *err);
void nn_box_task_epoch_values(double out[NN_TASK_PARTS], const nn_task_value *sum, double steps,
                              double pictures);

#endif
