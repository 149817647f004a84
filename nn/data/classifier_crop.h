// SPDX-License-Identifier: MIT
// Chooses the crop of a picture for a classifier.
#ifndef NN_DATA_CLASSIFIER_CROP_H
#define NN_DATA_CLASSIFIER_CROP_H

#include "nn/base/rng.h"
#include "nn/data/augment/augment_options.h"
#include "nn/data/crop_resize.h"
#include "nn/data/dataset.h"

// Scale and shift from the full picture to a view of height x width: the crop of nn_classifier, or
// a random one, possibly mirrored. The part x0..y1 of the view is the whole view.
void nn_classifier_crop_draw(nn_crop_resize *crop, const nn_sample *s, int height, int width,
                             const nn_augment_options *o, nn_rng *rng);

#endif
