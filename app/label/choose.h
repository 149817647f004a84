// SPDX-License-Identifier: MIT
// Chooses the most varied frames for training, preferring those with undecided boxes.
#ifndef APP_LABEL_CHOOSE_H
#define APP_LABEL_CHOOSE_H

#include "app/label/link.h"

// Sets chosen[i] for up to `count` pictures from `begin` to before `end`. Each step takes the
// picture that differs most from those already chosen, by thumbnail and time. Undecided and linked
// boxes raise the weight of a picture. Returns the number of chosen pictures.
int label_choose(bool *chosen, const label_detections *detections, const label_set *set, int begin,
                 int end, int count);

#endif
