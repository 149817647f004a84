// SPDX-License-Identifier: MIT
// How the camera moved from one frame to the next: shift, turn and zoom of the background, from
// patches that are found again (block matching, then RANSAC; Fischler and Bolles 1981).
#ifndef NN_VISION_CAMERA_MOTION_H
#define NN_VISION_CAMERA_MOTION_H

#include "nn/base/api.h"
#include "nn/vision/frame.h"
#include "nn/vision/result.h"

// Maps a point of an earlier frame to a later one, in pixels with edges at whole numbers:
//  x' = a * x - b * y + tx
//  y' = b * x + a * y + ty
typedef struct nn_motion {
    float a, b, tx, ty;
} nn_motion;

NN_API extern const nn_motion nn_motion_none;

// First `first`, then `then`.
NN_API nn_motion nn_motion_chain(const nn_motion *first, const nn_motion *then);
// Moves and scales a box; its sides stay upright.
NN_API void nn_motion_box(const nn_motion *m, nn_box *box);

typedef struct nn_camera_motion nn_camera_motion; // a small picture of the last frame

NN_API nn_camera_motion *nn_camera_motion_new(void); // NULL when memory is short
NN_API void nn_camera_motion_free(nn_camera_motion *c);
NN_API void nn_camera_motion_forget(nn_camera_motion *c); // the next frame has no predecessor

// Sets *motion to the movement since the last frame. Patches inside of the `count` objects (boxes
// on the last frame; may be NULL) are not looked at, since they move by themselves. A camera that
// stands gives exactly nn_motion_none. Returns false, with nn_motion_none, when the movement is
// unknown: at the first frame, after a cut, in fog or darkness, or when memory is short. It reads
// at most 320 columns of the luma; shifts of up to a tenth of the frame's width are found. The
// frame must be valid (nn_frame_check). One thread at a time.
NN_API bool nn_camera_motion_measure(nn_camera_motion *c, const nn_frame *frame,
                                     const nn_box *objects, int count, nn_motion *motion);

#endif
