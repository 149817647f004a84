// SPDX-License-Identifier: MIT
// Finds objects that have low scores on every picture, but are found again and again where
// something moves that has no label yet.
#ifndef APP_LABEL_LOW_SCORE_H
#define APP_LABEL_LOW_SCORE_H

#include "app/label/detections.h"
#include "app/label/label_set.h"

// Adds such objects to labels that are already linked, and removes the ignored boxes that they
// cover. Their tracks are numbered from `last` + 1.
nn_status label_find_low_score(label_set *set, const label_detections *f,
                               const label_link_options *o, int last, nn_error *err);

#endif
