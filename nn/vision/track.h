// SPDX-License-Identifier: MIT
// Objects followed from frame to frame: ByteTrack (Zhang et al. 2022) with the Kalman filter of
// BoT-SORT (Aharon, Orfaig, Bobrovsky 2022), the re-update and the direction of OC-SORT (Cao et al.
// 2023), and colours.
#ifndef NN_VISION_TRACK_H
#define NN_VISION_TRACK_H

#include "nn/base/api.h"
#include "nn/vision/camera_motion.h"
#include "nn/vision/frame.h"
#include "nn/vision/result.h"

typedef struct nn_tracker nn_tracker;
struct nn_track_options;
struct nn_track_round; // tracker_kind.h

typedef struct nn_track_options {
    float high;  // boxes with at least this score are matched first, with all tracks
    float low;   // then those with at least this one, with tracks seen on the last frame
    float start; // an unmatched box with at least this score starts a track
    float iou_high, iou_low; // least IoU with the predicted box, in the first and the second round
    float other_class; // factor on the IoU of another class; 0: a track never changes its class
    int lost;          // frames that a track survives unseen

    // Zero leaves these out. The weights stand beside 1 - IoU in the cost of a pair.
    float appearance; // weight of the difference in colour (nn_tracker_show)
    float shape;      // weight of the difference in width and height
    float direction;  // weight of the turn away from the track's movement (OC-SORT)
    float buffer; // boxes are enlarged by this part of their size for the IoU (C-BIoU, Yang 2023)
    float reach;  // third round: a lost track takes a box up to this many heights away
    float brake;  // part of its speed that an unseen object loses each frame
    float inside; // a box of which this part lies in one that is tracked starts no track
    float united;  // a box that is this much (IoU) the union of two surer ones, or of two that are
                   // followed, is no object
    bool walk;    // an object found again was on the straight line meanwhile (OC-SORT)
    int hold; // frames that nn_tracker_predict shows an object behind another; 2 if behind nothing
    // Writes the rounds of matching (nn_track_rounds of tracker_kind.h). NULL: those of ByteTrack,
    // and with `reach` the third.
    int (*rounds)(const struct nn_track_options *o, int frames, struct nn_track_round *rounds);
} nn_track_options;

// As in ByteTrack: scores 0.6, 0.1, 0.7, overlaps 0.2 and 0.5, same class only, 30 frames.
NN_API extern const nn_track_options nn_track_defaults;
// Everything, for videos whose frames are at hand: 50 frames, scores for a model whose boxes count
// from 0.4 on.
NN_API extern const nn_track_options nn_track_video;
// Sets high, low and start for a model whose boxes count from `threshold` on.
NN_API void nn_track_scores(nn_track_options *o, float threshold);

typedef struct nn_track {
    nn_box
        // predicted position on the frame of the last update. track_id is set; `predicted` means
        // that it was not seen there; label and score are those of its last box
        box;
    int seen;     // number of its boxes
    int unseen;   // frames since the last one
    float vx, vy; // speed of its centre, pixels a frame
    bool covered; // unseen, and behind an object that was seen
} nn_track;

NN_API nn_tracker *nn_tracker_new(const nn_track_options *options); // NULL when memory is short
NN_API void nn_tracker_free(nn_tracker *t);
NN_API void nn_tracker_reset(nn_tracker *t); // forgets all tracks; numbers are not reused
NN_API void nn_tracker_set_options(nn_tracker *t, const nn_track_options *options);

// The size of the frames: objects end at their edges. Unknown at first.
NN_API void nn_tracker_set_size(nn_tracker *t, int width, int height);
// The frame of the next update, for colours; it must stay valid until then. Sets the size, too.
NN_API void nn_tracker_show(nn_tracker *t, const nn_frame *frame);

// The camera moved by *m since the last call: all tracks are from now on in the coordinates of the
// new frame, whose boxes the next update gets.
NN_API void nn_tracker_move(nn_tracker *t, const nn_motion *m);

// Sets the track_id of the boxes of a frame that comes `frames` >= 1 after the last one. Numbers
// start at 1 in the order of appearance, an object keeps its number, and a box without a track gets
// 0. It allocates only to grow. NN_ENOMEM leaves the tracks as they were and sets every track_id to
// 0.
NN_API nn_status nn_tracker_update(nn_tracker *t, nn_box *boxes, int count, int frames,
                                   nn_error *err);

// Writes the boxes of objects that probably are there but were not measured, `ahead` frames after
// the last update: with 0 those unseen in it, with more (frames that are not inferred) all. They
// are `predicted`. Objects at the edge of the frame are left out. Returns their number, at most
// `most`.
NN_API int nn_tracker_predict(const nn_tracker *t, int ahead, nn_box *boxes, int most);

// The current tracks, those unseen on the last frame included.
NN_API int nn_tracker_count(const nn_tracker *t);
NN_API nn_track nn_tracker_at(const nn_tracker *t, int i);

#endif
