// SPDX-License-Identifier: MIT
// What keypoints are called and which of them belong together.
#ifndef NN_VISION_SKELETON_H
#define NN_VISION_SKELETON_H

#include "nn/vision/details.h"

typedef struct nn_skeleton {
    int count;                 // keypoints
    const char *const *names;  // of each
    const uint8_t (*links)[2]; // pairs of keypoints
    int link_count;
} nn_skeleton;

// Keypoints that count as seen, in drawings: those with at least this score.
#define NN_KEYPOINT_SEEN 0.3f

// Sigma of keypoint i of `count` in the object keypoint similarity (Lin 2014): how far off it may
// be, as a part of the root of the object's area; a body's are COCO's, others 1 / count. The
// similarity is exp(-d^2 / (2 area (2 sigma)^2)).
NN_API double nn_keypoint_sigma(int count, int i);

// The skeleton with this number of keypoints: 17 of a body (COCO, Lin 2014), 5 of a face (eyes,
// nose, corners of the mouth), 6 (with one for the mouth, and ears; BlazeFace), 21 of a hand. NULL
// for other numbers.
NN_API const nn_skeleton *nn_skeleton_of(int count);

// A copy of a skeleton that stays for as long as the program runs: the one that was kept before,
// where they are equal. NULL: memory is short, or it is one of too many. Any thread.
NN_API const nn_skeleton *nn_skeleton_keep(const nn_skeleton *s);
// The skeleton of the keypoints of a detail, which has as many; NULL: not known.
NN_API const nn_skeleton *nn_detail_skeleton(const nn_detail *d);

#endif
