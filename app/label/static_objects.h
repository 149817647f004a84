// SPDX-License-Identifier: MIT
// Finds that never move: a cone that is taken for a child again and again, or a parked car.
#ifndef APP_LABEL_STATIC_OBJECTS_H
#define APP_LABEL_STATIC_OBJECTS_H

#include "app/label/detections.h"

// A track that may lie still.
typedef struct label_static {
    int track;                          // the caller's number
    int seen;                           // pages
    double sure;                        // its certainty
    int first, last;                    // pages
    nn_box box;                         // mean of its boxes
    float low_x, high_x, low_y, high_y; // its centre's way
    bool nothing;                       // the answer: no object
} label_static;

void label_static_begin(label_static *s);
void label_static_add(label_static *s, const nn_box *box, int page);
// Whether it moved by more than a part of its size.
bool label_static_moves(const label_static *s);

// Tracks at one place are one find. It is nothing when it is found on at least `least` pages in
// all, is never as sure as `sure`, and the picture there changes no more than a picture of nothing
// does. Returns how many places are nothing; `list` is of label_static.
int label_static_judge(GArray *list, const label_detections *finds, int least, double sure);

#endif
