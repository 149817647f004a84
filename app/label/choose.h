// SPDX-License-Identifier: MIT
// Chooses the most varied frames for training, preferring those with undecided boxes.
#ifndef APP_LABEL_CHOOSE_H
#define APP_LABEL_CHOOSE_H

#include "app/label/link.h"

// Marks up to `count` of the pages from `begin` to before `end` in chosen[]: step by step the page
// that differs most from those already chosen, by its small picture and its position in the video,
// weighted by its boxes that are undecided or were linked only. Returns their number.
int label_choose(bool *chosen, const label_detections *finds, const label_set *set, int begin,
                 int end, int count);

#endif
