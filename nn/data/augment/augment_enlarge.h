// SPDX-License-Identifier: MIT
// Views for networks that enlarge pictures: a part of a picture, and what a camera with fewer
// pixels would show of it.
#ifndef NN_DATA_AUGMENT_AUGMENT_ENLARGE_H
#define NN_DATA_AUGMENT_AUGMENT_ENLARGE_H

#include "nn/base/rng.h"
#include "nn/data/augment/augment_options.h"
#include "nn/data/augment/view.h"

// Fills view->planes with the luma of the small picture (normalised) and view->enlarged with that
// of the picture itself (0 .. 1). As nn_augment_draw.
nn_status nn_augment_enlarge(nn_view *view, nn_dataset *data, int index,
                             const nn_augment_options *o, nn_rng *rng, nn_error *err);

#endif
