// SPDX-License-Identifier: MIT
// Objects followed from frame to frame: ByteTrack (Zhang et al. 2022) with the Kalman filter on
// centre, width and height of BoT-SORT (Aharon, Orfaig, Bobrovsky 2022).
#ifndef NN_VISION_TRACK_H
#define NN_VISION_TRACK_H

#include "nn/base/api.h"
#include "nn/vision/result.h"

typedef struct nn_tracker nn_tracker;

typedef struct nn_track_options {
    float high;              // boxes from this score on are matched first, with all tracks
    float low;               // then those from this one on, with tracks that were seen a frame ago
    float start;             // a box that fits no track starts one from this score on
    float iou_high, iou_low; // least overlap with where the track is expected, in each round
    float other_class;       // factor on the overlap of boxes of other classes; 0: never one track
    int lost;                // frames that a track lives on unseen
} nn_track_options;

// As in ByteTrack: 0.6, 0.1, 0.7, overlaps 0.2 and 0.5, same class only, 30 frames.
NN_API extern const nn_track_options nn_track_defaults;

typedef struct nn_track {
    nn_box
        box;  // where it is expected on the frame of the last update; track_id is set, `predicted`
              // tells that it was not seen there; its label and score are those of the last box
    int seen; // boxes that it got
    int unseen;   // frames since the last one
    float vx, vy; // of its centre, pixels a frame
} nn_track;

NN_API nn_tracker *nn_tracker_new(const nn_track_options *options); // NULL when memory is short
NN_API void nn_tracker_free(nn_tracker *t);
void nn_tracker_reset(nn_tracker *t); // forgets all tracks; numbers go on

// The boxes of a frame that comes `frames` >= 1 after that of the last update get their track_id:
// from 1 in the order of appearance, the same for the same object, or 0 for boxes of no track.
// Allocates only to grow; NN_ENOMEM leaves the tracks as they were and every track_id 0.
NN_API nn_status nn_tracker_update(nn_tracker *t, nn_box *boxes, int count, int frames,
                                   nn_error *err);

// The tracks that live, also those unseen on the last frame.
NN_API int nn_tracker_count(const nn_tracker *t);
NN_API nn_track nn_tracker_at(const nn_tracker *t, int i);

#endif
