// SPDX-License-Identifier: MIT
// The outline of a mask, for formats that hold polygons.
#ifndef NN_DATA_MASK_OUTLINE_H
#define NN_DATA_MASK_OUTLINE_H

#include "nn/base/api.h"
#include "nn/base/status.h"
#include "nn/vision/details.h"

// The edge between elements of 0 and of 1 as one polygon, which the even-odd rule fills: x and y of
// its corners in pixels of the frame, in a new array (nn_free). *corners is 0, and *xy NULL, for a
// mask without a 1. NN_ENOMEM.
NN_API nn_status nn_mask_outline(float **xy, int *corners, const nn_details *d,
                                 const nn_detail *one, nn_error *err);

#endif
