// SPDX-License-Identifier: MIT
// Finds that never move: a cone that is taken for a child again and again, or a parked car.
#ifndef APP_LABEL_STILL_H
#define APP_LABEL_STILL_H

#include "app/label/finds.h"

// A track that may lie still.
typedef struct label_still {
    int track;                          // the caller's number
    int seen;                           // pages
    double sure;                        // its certainty
    int first, last;                    // pages
    nn_box box;                         // mean of its boxes
    float low_x, high_x, low_y, high_y; // its centre's way
    bool nothing;                       // the answer: no object
} label_still;

void label_still_begin(label_still *s);
void label_still_add(label_still *s, const nn_box *box, int page);
// Whether it moved by more than a part of its size.
bool label_still_moves(const label_still *s);

// Tracks at one place are one find. It is nothing when it is found on at least `least` pages in
// all, is never as sure as `sure`, and the picture there changes no more than a picture of nothing
// does. Returns how many places are nothing; `list` is of label_still.
int label_still_judge(GArray *list, const label_finds *finds, int least, double sure);

#endif
