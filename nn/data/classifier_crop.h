// SPDX-License-Identifier: MIT
// Which crop of a picture a classifier is shown.
#ifndef NN_DATA_CLASSIFIER_CROP_H
#define NN_DATA_CLASSIFIER_CROP_H

#include "nn/base/rng.h"
#include "nn/data/augment/augment_options.h"
#include "nn/data/crop_resize.h"
#include "nn/data/dataset.h"

// Scale and shift of full-picture pixels for a view of height x width: what nn_classifier shows the
// network, or a random window, mirrored or not. The part x0..y1 becomes the whole view.
void nn_classifier_crop_draw(nn_crop_resize *patch, const nn_sample *s, int height, int width,
                             const nn_augment_options *o, nn_rng *rng);

#endif
