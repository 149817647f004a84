// SPDX-License-Identifier: MIT
// Rotated boxes.
#include "nn/eval/evaluate_detect.h"
#include "nn/train/task/box_task.h"

#include <string.h>

static bool suits(const nn_card *card)
{
    return strcmp(card->task, "obb") == 0;
}

const nn_evaluator nn_evaluator_obb = {
    .name = "obb",
    .kind = NN_DATA_BOXES,
    .details = NN_DETAIL_ROTATED,
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
const nn_train_task nn_train_task_obb = {
    .evaluator = &nn_evaluator_obb,
    .defaults = "size=384x288 val-split=0.2",
    .epoch_parts = {"class_loss", "box_loss"},
    .epoch_values = nn_box_task_epoch_values,
    .transfer = NN_TRANSFER_HEAD,
    .cell = 32,
    .open = nn_box_task_open,
    .close = nn_box_task_close,
    .run = nn_box_task_run,
};
