// SPDX-License-Identifier: MIT
// An object at a zone or at a line: inside or not, on which side, and the moments when that
// changes.
#ifndef NN_VISION_ANALYTICS_VISIT_H
#define NN_VISION_ANALYTICS_VISIT_H

#include "nn/vision/polygon.h"

#include <stdint.h>

typedef struct nn_visit {
    uint32_t holds; // bits of the rules whose condition holds
    int streak;     // frames in a row on the other side than the one that counts
    double since;   // of the first of them, ms
    bool inside;    // zone
    double entered; // zone, ms
    int8_t side;    // line: the side that counts; 0: unknown
    int8_t near;    // line: the side of the last place, however near; 0: unknown
    bool through;   // line: it last changed sides between the ends of the line
    nn_point last;  // line: the last place, in pixels
} nn_visit;

// Where an object is on this frame.
typedef struct nn_place {
    nn_point at;   // pixels
    float slack;   // line: what is less far behind it does not count yet, pixels
    double time;   // ms
    bool measured; // not predicted only: what has happened is confirmed
} nn_place;

// What has changed: a zone was entered (1) or left (-1), a line crossed from the left hand to the
// right (1) or back (-1), or nothing (0). A change counts when the object was on the other side for
// `inertia` frames in a row, the last of them measured.
int nn_visit_zone(nn_visit *v, bool within, const nn_place *p, int inertia);
int nn_visit_line(nn_visit *v, nn_point from, nn_point to, const nn_place *p, int inertia);

#endif
