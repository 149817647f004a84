// SPDX-License-Identifier: MIT
// Reports on instance masks.
#include "app/report/report_boxes.h"

const app_task app_task_instance = {
    .name = "instance",
    .data = "pictures with outlines",
    .holds = "outlines",
    .does = "finds objects with masks",
    .models = "instance masks",
    .scored = "AP50, AP75 and AP50:95 of masks as COCO defines them, precision, recall",
    .counted = "boxes",
    .loss_parts = {"box %.4f", "masks %.4f"},
    .verdict = {"ap50", "AP50", "objects", "boxes", 0.8, 0.5, false},
    APP_BOXES,
};
