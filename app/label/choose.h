// SPDX-License-Identifier: MIT
// Which frames are worth a training: those that differ from each other, and those in doubt.
#ifndef APP_LABEL_CHOOSE_H
#define APP_LABEL_CHOOSE_H

#include "app/label/link.h"

// Marks `count` of the pages from `begin` to before `end` (all, when there are no more) in
// chosen[]: one after the other the page that differs most from those that are chosen already, by
// its small picture and by its place in the video, weighted by how much is to be ignored or was
// only linked on it. Returns how many it are.
int label_choose(bool *chosen, const label_detections *finds, const label_set *set, int begin,
                 int end, int count);

#endif
