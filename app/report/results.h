// SPDX-License-Identifier: MIT
// Detections of an evaluation as COCO's results, which other tools score.
#ifndef APP_REPORT_RESULTS_H
#define APP_REPORT_RESULTS_H

#include "nn/eval/evaluation.h"
#include "nn/io/buffer.h"

// The list under construction; zeroed at first.
typedef struct app_results {
    nn_buffer text;
} app_results;

// Adds what was found in a picture: "image_id", "category_id", "bbox", "score", and where the model
// says them "segmentation", "keypoints" or "rbox" [cx, cy, width, height, radians]. The ids are
// those of COCO's file in `data` (may be NULL); without one the name of the picture without its
// ending, as a number where it is one, and 1 for the first class. NN_ENOMEM.
nn_status app_results_add(app_results *r, const nn_dataset *data, const nn_scored_picture *p,
                          nn_error *err);
// Ends the list and writes it.
nn_status app_results_save(app_results *r, const char *path, nn_error *err);
void app_results_release(app_results *r);

#endif
