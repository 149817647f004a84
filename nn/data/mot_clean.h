// SPDX-License-Identifier: MIT
// Mends machine-made video labels: people do not blink in and out of existence.
#ifndef NN_DATA_MOT_CLEAN_H
#define NN_DATA_MOT_CLEAN_H

#include "nn/base/api.h"
#include "nn/data/mot.h"

typedef struct nn_mot_clean_options {
    int fill_gaps; // fill gaps of up to so many labelled frames by interpolation; 0: none
    int min_track; // remove objects seen on fewer labelled frames than this; 0 or 1: none
} nn_mot_clean_options;

typedef struct nn_mot_clean_report {
    int tracks, added, removed; // boxes added and removed
} nn_mot_clean_report;

// Links boxes of successive frames to tracks (greedy by IoU with the position that the track's
// recent motion predicts), interpolates what is missing inside a track and removes tracks too short
// to be believed. Added boxes carry the lower score of the two between which they lie. Rows stay
// sorted by frame. `report` may be NULL. On failure *m is as before.
NN_API nn_status nn_mot_clean(nn_mot *m, const nn_mot_clean_options *options,
                              nn_mot_clean_report *report, nn_error *err);

#endif
