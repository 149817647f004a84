// SPDX-License-Identifier: MIT
// Where an object is and will be: Kalman filters on centre, width and height of its box (BoT-SORT,
// Aharon, Orfaig, Bobrovsky 2022, section 3.1).
#ifndef NN_VISION_TRACK_FILTER_H
#define NN_VISION_TRACK_FILTER_H

#include "nn/vision/camera_motion.h"
#include "nn/vision/result.h"

enum { NN_TRACK_AXES = 4 }; // centre x, centre y, width, height

// The axes are independent, so four filters of position and speed equal the one of the paper.
typedef struct nn_track_filter {
    struct {
        float place, speed;
        float p00, p01, p11; // covariance
    } axis[NN_TRACK_AXES];
} nn_track_filter;

void nn_track_filter_begin(nn_track_filter *f, const nn_box *b);
// `hidden`: the object was not seen on the frame before; its size then stays. The speed loses the
// part `brake` of a hidden one each frame.
void nn_track_filter_predict(nn_track_filter *f, int frames, bool hidden, float brake);
void nn_track_filter_correct(nn_track_filter *f, const nn_box *b);
// The object, last seen at `from` in state *f, is found again at `to` after `frames` frames: walks
// the straight line between them, as if it had been seen there (OC-SORT's re-update, Cao et al.
// 2023, section 4.1).
void nn_track_filter_walk(nn_track_filter *f, const nn_box *from, const nn_box *to, int frames);
// The camera moved: the same object in the coordinates of the new frame.
void nn_track_filter_move(nn_track_filter *f, const nn_motion *m);
// Sets the sides of a box.
void nn_track_filter_place(const nn_track_filter *f, nn_box *b);

#endif
