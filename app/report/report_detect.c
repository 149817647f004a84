// SPDX-License-Identifier: MIT
// Reports on detectors.
#include "app/report/report_boxes.h"

const app_task app_task_detect = {
    .name = "detect",
    .data = "pictures with boxes",
    .holds = "boxes",
    .does = "finds boxes",
    .models = "detectors",
    .scored = "AP50, AP75, AP50:95 as COCO defines them, of boxes, or where model and data have "
              "them of\n                masks, keypoints (OKS) or rotated boxes; precision, recall",
    .counted = "boxes",
    .loss_parts = {"class %.4f", "box %.4f"},
    .verdict = {"ap50", "AP50", "objects", "boxes", 0.8, 0.5, false},
    APP_BOXES,
};
