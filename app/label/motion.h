// SPDX-License-Identifier: MIT
// What stands out of the picture that a camera which does not move usually sees.
#ifndef APP_LABEL_MOTION_H
#define APP_LABEL_MOTION_H

#include "app/label/detections.h"

typedef struct label_motion {
    uint8_t *usual; // owned: the median of the small pictures; NULL: there are none
    int *shift;     // owned: how much brighter each page is
    bool *calm;     // owned: that most of a page is as usual: the camera has not moved
    int differs;    // grey levels from which on a pixel is not as usual
} label_motion;

void label_motion_learn(label_motion *m, const label_detections *f);
void label_motion_release(label_motion *m);

// The part of a box that is not as usual, 0 to 1.
double label_motion_within(const label_motion *m, const label_detections *f, int page,
                           const nn_box *b);

#endif
