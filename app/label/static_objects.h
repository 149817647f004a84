// SPDX-License-Identifier: MIT
// Finds false detections that never move, such as a cone taken for a child, and parked cars.
#ifndef APP_LABEL_STATIC_OBJECTS_H
#define APP_LABEL_STATIC_OBJECTS_H

#include "app/label/detections.h"

// A track that may not move.
typedef struct label_static {
    int track;                          // the caller's number
    int seen;                           // number of pictures
    double sure;                        // mean of its better scores
    int first, last;                    // pictures
    nn_box box;                         // mean of its boxes
    float low_x, high_x, low_y, high_y; // range of its centre
    bool nothing;                       // result: it is no object
} label_static;

void label_static_begin(label_static *s);
void label_static_add(label_static *s, const nn_box *box, int picture);
// Whether the object moved by more than a part of its size.
bool label_static_moves(const label_static *s);

// Tracks at one position count as one. It is no object when it has at least `least` pictures, never
// reaches the score `sure`, and the picture there changes no more than the background. Returns the
// number of positions without an object; `list` contains label_static.
int label_static_judge(GArray *list, const label_detections *detections, int least, double sure);

#endif
