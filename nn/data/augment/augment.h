// SPDX-License-Identifier: MIT
// Random views of pictures with their boxes, classes or masks, drawn straight into a network input.
#ifndef NN_DATA_AUGMENT_AUGMENT_H
#define NN_DATA_AUGMENT_AUGMENT_H

#include "nn/base/api.h"
#include "nn/base/rng.h"
#include "nn/data/augment/augment_options.h"
#include "nn/data/augment/view.h"
#include "nn/kernels/kernels.h"

// Draws sample `index` of `data` (with `others`, three more indices, for mosaics and blends) into
// the view. Everything random comes from `rng`, so the same generator state gives the same view.
// Boxes beyond the capacity are left out; views for classifiers have none. The options have passed
// nn_augment_check. Thread-safe for different views.
NN_API nn_status nn_augment_draw(nn_view *view, nn_dataset *data, int index, const int others[3],
                                 const nn_augment_options *o, const nn_kernels *k, nn_rng *rng,
                                 nn_error *err);

#endif
