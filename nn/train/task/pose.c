// SPDX-License-Identifier: MIT
// Poses: boxes with keypoints.
#include "nn/eval/evaluate_detect.h"
#include "nn/train/task/box_task.h"

#include "nn/vision/skeleton.h"

#include <stdio.h>
#include <string.h>

static bool suits(const nn_card *card)
{
    return strcmp(card->task, "pose") == 0;
}

const nn_evaluator nn_evaluator_pose = {
    .name = "pose",
    .kind = NN_DATA_BOXES,
    .details = NN_DETAIL_KEYPOINTS,
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

// What the data say of the keypoints; without names they are numbered.
static void fit(nn_card *card, const nn_dataset *data)
{
    const nn_keypoint_set *set = &data->keypoints;
    char numbered[NN_KEYPOINTS_MOST][24];
    const char *names[NN_KEYPOINTS_MOST];
    if (set->names.count == 0 && set->link_count == 0)
        return;
    for (int i = 0; i < set->count; i++) {
        snprintf(numbered[i], sizeof numbered[i], "keypoint_%d", i + 1);
        names[i] = set->names.count == set->count ? set->names.name[i] : numbered[i];
    }
    card->keypoints = nn_skeleton_keep(
        &(nn_skeleton){set->count, names, (const uint8_t(*)[2])set->links, set->link_count});
}

static nn_status add_keypoints(nn_box_task *t, const nn_detect_loss_value *v, double *more,
                               nn_error *err)
{
    (void)err;
    *more = nn_pose_loss_grad(t->loss, t->outputs.levels, &t->options.pose, v);
    return NN_OK;
}

static nn_status open_loss(void **state, const nn_plan *plan, const nn_model *model, int batch,
                           const nn_task_options *options, nn_error *err)
{
    const nn_status status = nn_box_task_open(state, plan, model, batch, options, err);
    if (status == NN_OK)
        ((nn_box_task *)*state)->add = add_keypoints;
    return status;
}

// part: classes and boxes, keypoints; hits: points with a target.
const nn_train_task nn_train_task_pose = {
    .evaluator = &nn_evaluator_pose,
    .defaults = "size=384x288 val-split=0.2",
    .epoch_parts = {"box_loss", "keypoint_loss"},
    .epoch_values = nn_box_task_epoch_values,
    .transfer = NN_TRANSFER_HEAD,
    .fit = fit,
    .cell = 32,
    .open = open_loss,
    .close = nn_box_task_close,
    .run = nn_box_task_run,
};
