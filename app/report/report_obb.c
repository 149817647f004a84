// SPDX-License-Identifier: MIT
// Reports on rotated boxes.
#include "app/report/report_boxes.h"

const app_task app_task_obb = {
    .name = "obb",
    .data = "pictures with rotated boxes",
    .holds = "rotated boxes",
    .does = "finds rotated boxes",
    .models = "rotated boxes",
    .scored = "AP50, AP75 and AP50:95 of rotated boxes, precision, recall",
    .counted = "boxes",
    .loss_parts = {"class %.4f", "box %.4f"},
    .verdict = {"ap50", "AP50", "objects", "boxes", 0.8, 0.5, false},
    APP_BOXES,
};
