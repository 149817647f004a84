// SPDX-License-Identifier: MIT
// Finds what differs from the background in the view of a fixed camera.
#ifndef APP_LABEL_MOTION_H
#define APP_LABEL_MOTION_H

#include "app/label/detections.h"

typedef struct label_motion {
    uint8_t *usual; // owned: the background, the median of the thumbnails; NULL: no thumbnails
    int *shift;     // owned: difference in brightness of each picture, grey levels
    // owned: most of the picture equals the background, so the camera has not moved
    bool *calm;
    int differs; // lowest difference in grey levels that counts
} label_motion;

void label_motion_learn(label_motion *m, const label_detections *f);
void label_motion_release(label_motion *m);

// The fraction of a box that differs from the background, 0 to 1.
double label_motion_within(const label_motion *m, const label_detections *f, int picture,
                           const nn_box *b);

#endif
