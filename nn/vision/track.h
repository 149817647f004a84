// SPDX-License-Identifier: MIT
// Objects followed from frame to frame: ByteTrack (Zhang et al. 2022) with the Kalman filter on
// centre, width and height of BoT-SORT (Aharon, Orfaig, Bobrovsky 2022).
#ifndef NN_VISION_TRACK_H
#define NN_VISION_TRACK_H

#include "nn/base/api.h"
#include "nn/vision/result.h"

typedef struct nn_tracker nn_tracker;

typedef struct nn_track_options {
    float high;  // boxes with at least this score are matched first, with all tracks
    float low;   // then those with at least this one, with tracks seen on the last frame
    float start; // an unmatched box with at least this score starts a track
    float iou_high, iou_low; // least IoU with the predicted box, in the first and the second round
    float other_class; // factor on the IoU of another class; 0: a track never changes its class
    int lost;          // frames that a track survives unseen
} nn_track_options;

// As in ByteTrack: scores 0.6, 0.1, 0.7, overlaps 0.2 and 0.5, same class only, 30 frames.
NN_API extern const nn_track_options nn_track_defaults;

typedef struct nn_track {
    nn_box
        // predicted position on the frame of the last update. track_id is set; `predicted` means
        // that it was not seen there; label and score are those of its last box
        box;
    int seen;     // number of its boxes
    int unseen;   // frames since the last one
    float vx, vy; // speed of its centre, pixels a frame
} nn_track;

NN_API nn_tracker *nn_tracker_new(const nn_track_options *options); // NULL when memory is short
NN_API void nn_tracker_free(nn_tracker *t);
void nn_tracker_reset(nn_tracker *t); // forgets all tracks; numbers are not reused

// Sets the track_id of the boxes of a frame that comes `frames` >= 1 after the last one. Numbers
// start at 1 in the order of appearance, an object keeps its number, and a box without a track gets
// 0. It allocates only to grow. NN_ENOMEM leaves the tracks as they were and sets every track_id to
// 0.
NN_API nn_status nn_tracker_update(nn_tracker *t, nn_box *boxes, int count, int frames,
                                   nn_error *err);

// The current tracks, those unseen on the last frame included.
NN_API int nn_tracker_count(const nn_tracker *t);
NN_API nn_track nn_tracker_at(const nn_tracker *t, int i);

#endif
