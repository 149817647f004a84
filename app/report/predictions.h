// SPDX-License-Identifier: MIT
// Saves predictions in formats of other tools: YOLO text files, a COCO file.
#ifndef APP_REPORT_PREDICTIONS_H
#define APP_REPORT_PREDICTIONS_H

#include "pipeline/pipeline.h"

typedef struct app_predictions app_predictions;

typedef struct app_prediction_options {
    const char *input; // pictures or a video
    // Folder for the labels of each picture: NAME.txt, for frames NAME_12.txt; for a segmentation
    // model NAME.png with a class number in each pixel. NULL: none. A classifier's classes become
    // boxes around the whole picture.
    const char *dir;
    bool scores;      // score as a sixth number of each line
    const char *json; // path of a COCO file with all predictions; NULL: none
} app_prediction_options;

// Creates the folder. The strings of `options` must live until app_predictions_close.
nn_status app_predictions_open(app_predictions **out, const app_prediction_options *options,
                               nn_error *err);
// Saves the predictions for a frame. One thread. The first failure is returned by
// app_predictions_close.
void app_predictions_add(app_predictions *p, const vp_found *found);
// Writes the files about all pictures, unless `status` is a failure; then it returns that. NULL is
// a no-op.
nn_status app_predictions_close(app_predictions *p, nn_status status, nn_error *err);

#endif
