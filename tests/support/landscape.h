// SPDX-License-Identifier: MIT
// Grey pictures of a drawn landscape by a camera that moves.
#ifndef TESTS_SUPPORT_LANDSCAPE_H
#define TESTS_SUPPORT_LANDSCAPE_H

#include "nn/vision/camera_motion.h"

// What a camera sees that has moved since the first frame: `m` maps pixels of that to this one.
void landscape_shoot(uint8_t *pixels, int stride, int width, int height, const nn_motion *m);

#endif
