// SPDX-License-Identifier: MIT
// Repairs machine-made labels of videos, in which boxes flicker.
#ifndef NN_DATA_MOT_CLEAN_H
#define NN_DATA_MOT_CLEAN_H

#include "nn/base/api.h"
#include "nn/data/mot.h"

typedef struct nn_mot_clean_options {
    int fill_gaps; // interpolates gaps of up to this many labelled frames; 0: none
    int min_track; // removes tracks with fewer boxes; 0 or 1: none
} nn_mot_clean_options;

typedef struct nn_mot_clean_report {
    int tracks, added, removed; // numbers of boxes
} nn_mot_clean_report;

// Links the boxes of successive frames to tracks, greedily by IoU with the position that the
// track's recent motion predicts. Then interpolates gaps within a track and removes short tracks.
// An interpolated box gets the lower score of its two neighbours. Rows stay sorted by frame.
// `report` may be NULL. On failure *m is unchanged.
NN_API nn_status nn_mot_clean(nn_mot *m, const nn_mot_clean_options *options,
                              nn_mot_clean_report *report, nn_error *err);

#endif
