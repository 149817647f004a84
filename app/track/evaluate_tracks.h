// SPDX-License-Identifier: MIT
// Scores a detector with the tracker behind it on videos and picture sequences whose labels tell
// who is who (MOT challenge).
#ifndef APP_TRACK_EVALUATE_TRACKS_H
#define APP_TRACK_EVALUATE_TRACKS_H

#include "app/cli/progress.h"
#include "app/data/data_options.h"
#include "nn/eval/tracking_metrics.h"
#include "nn/predict/detector.h"
#include "nn/vision/tracker_kind.h"

#include <cjson/cJSON.h>

typedef struct app_track_scores {
    nn_tracking_score score;
    int sequences, frames; // frames that were labelled
    double milliseconds;   // of tracking, a frame, without inference
    char *model;           // g_free: the file that was opened
} app_track_scores;

// Runs the model on every frame of the sources from the first to the last labelled one (or those of
// --frames), follows the boxes, and scores the labelled frames. Folders are sequences with
// seqinfo.ini, or hold such folders. NN_EINVAL when labels have no identities.
nn_status app_evaluate_tracks(app_track_scores *out, const app_data_options *sources,
                              const char *model, const nn_detector_options *options,
                              const nn_tracker_kind *tracker, app_progress *progress,
                              nn_notes notes, nn_error *err);
void app_track_scores_print(const app_track_scores *s, FILE *out);
cJSON *app_track_scores_json(const app_track_scores *s); // the caller deletes it; NULL: no memory

#endif
