// SPDX-License-Identifier: MIT
// Joins objects of which only pieces were seen, when one straight thing explains all the pieces.
#ifndef NN_VISION_MERGE_JOIN_H
#define NN_VISION_MERGE_JOIN_H

#include "nn/vision/merge_geometry.h"

// Moves the boxes of objects to the ones that they belong to, and unsets `kept` of what is left
// over. `chosen` is called for each object that has got more boxes.
void nn_merge_join(nn_merge_work *w,
                   void (*chosen)(const nn_merge_work *w, nn_merge_object *object));

#endif
