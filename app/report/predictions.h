// SPDX-License-Identifier: MIT
// What a model finds, as labels that other tools read: YOLO text files, a COCO file.
#ifndef APP_REPORT_PREDICTIONS_H
#define APP_REPORT_PREDICTIONS_H

#include "pipeline/pipeline.h"

typedef struct app_predictions app_predictions;

typedef struct app_prediction_options {
    const char *input; // pictures or a video
    // Folder for NAME.txt of each picture (of frames: NAME_12.txt), of a model that segments for
    // NAME.png with the number of its class in each pixel; NULL: none. The boxes of a classifier
    // are its classes, around the whole picture.
    const char *dir;
    bool scores;      // as a sixth number of each line
    const char *json; // COCO file with all of them; NULL: none
} app_prediction_options;

// Makes the folder. The strings must live until the end.
nn_status app_predictions_open(app_predictions **out, const app_prediction_options *options,
                               nn_error *err);
// Takes what was found in a frame; on one thread. The first failure is kept for the end.
void app_predictions_add(app_predictions *p, const vp_found *found);
// Writes what is about all pictures, unless `status` is a failure, which is returned. NULL is a
// no-op.
nn_status app_predictions_close(app_predictions *p, nn_status status, nn_error *err);

#endif
