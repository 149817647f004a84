// SPDX-License-Identifier: MIT
// Drops objects that are pieces of others, loose boxes around others, doubles, or unconfirmed
// halves.
#ifndef NN_VISION_MERGE_DROP_H
#define NN_VISION_MERGE_DROP_H

#include "nn/vision/merge_geometry.h"

// Unsets `kept` of objects that are none.
void nn_merge_drop(nn_merge_work *w);

#endif
