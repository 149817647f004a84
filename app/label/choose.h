// SPDX-License-Identifier: MIT
// Chooses the most varied frames for training, preferring those with undecided boxes.
#ifndef APP_LABEL_CHOOSE_H
#define APP_LABEL_CHOOSE_H

#include "app/label/link.h"

// Marks up to `count` pages in chosen[], from page `begin` to before `end`. Each step takes the
// page that differs most from those already chosen, by its small picture and its time. The weight
// of a page grows with its boxes that are undecided or only linked. Returns the number of marked
// pages.
int label_choose(bool *chosen, const label_detections *finds, const label_set *set, int begin,
                 int end, int count);

#endif
