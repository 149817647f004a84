// SPDX-License-Identifier: MIT
// Detection: boxes.
#include "nn/eval/evaluate_detect.h"
#include "nn/train/task/box_task.h"

// Every model that no other task takes, since old cards do not name their task.
static bool suits(const nn_card *card)
{
    (void)card;
    return true;
}

const nn_evaluator nn_evaluator_detect = {
    .name = "detect",
    .kind = NN_DATA_BOXES,
    .scores =
        {{"ap50", "ap50"}, {"ap", "ap"}, {"precision", NULL}, {"recall", NULL}, {"objects", NULL}},
    .suits = suits,
    .open = nn_evaluate_boxes_open,
    .begin = nn_evaluate_boxes_begin,
    .run = nn_evaluate_boxes_run,
    .score = nn_evaluate_boxes_score,
    .choose = nn_evaluate_boxes_choose,
    .close = nn_evaluate_boxes_close,
};

// part: classes, boxes; hits: points with a target.
const nn_train_task nn_train_task_detect = {
    .evaluator = &nn_evaluator_detect,
    .defaults = "size=384x288 val-split=0.2",
    .epoch_parts = {"class_loss", "box_loss"},
    .epoch_values = nn_box_task_epoch_values,
    .transfer = NN_TRANSFER_HEAD,
    .cell = 32,
    .teachers = true,
    .rivals = true,
    .open = nn_box_task_open,
    .close = nn_box_task_close,
    .run = nn_box_task_run,
};
