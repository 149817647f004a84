// SPDX-License-Identifier: MIT
// The speed of an object on the ground plane, from where it was measured in the last second.
#ifndef NN_VISION_ANALYTICS_SPEED_H
#define NN_VISION_ANALYTICS_SPEED_H

#include "nn/vision/analytics/ground.h"

enum { NN_TRAIL = 24 };

typedef struct nn_trail {
    nn_point at[NN_TRAIL]; // fractions of the frame, a ring
    double time[NN_TRAIL]; // ms
    int count, next;
} nn_trail;

// Adds a measured place; those that come too close in time to the last one are left out.
void nn_trail_add(nn_trail *t, nn_point at, double time);
// Metres a second up to `now`, from the line of least squares through the places of the last
// second; negative when they are too few, span less than 0.3 s, or lie beyond the horizon.
float nn_trail_speed(const nn_trail *t, const nn_ground *g, double now);

#endif
