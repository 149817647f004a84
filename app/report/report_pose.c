// SPDX-License-Identifier: MIT
// Reports on poses.
#include "app/report/report_boxes.h"

const app_task app_task_pose = {
    .name = "pose",
    .data = "pictures with keypoints",
    .holds = "keypoints",
    .does = "finds objects with keypoints",
    .models = "poses",
    .scored = "AP50, AP75 and AP50:95 of keypoints as COCO defines them, precision, recall",
    .counted = "boxes",
    .loss_parts = {"box %.4f", "keypoints %.4f"},
    .verdict = {"ap50", "AP50", "objects", "boxes", 0.8, 0.5, false},
    APP_BOXES,
};
