// SPDX-License-Identifier: MIT
// Random views of pictures with their boxes, drawn straight into a network input.
#ifndef NN_TRAIN_AUGMENT_H
#define NN_TRAIN_AUGMENT_H

#include "nn/base/rng.h"
#include "nn/kernels/kernels.h"
#include "nn/train/dataset.h"

typedef struct nn_augment_options {
    int fit_h, fit_w;     // the input size of inference: scale 1 fits a whole picture into it
    float scale[2];       // random size relative to that, log-uniform
    float aspect;         // the width is stretched by another 1 +- aspect
    float flip_h, flip_v; // probabilities
    float rotate;         // probability of a quarter turn (aerial views)
    float focus;   // probability of placing a random object of a random class inside the view
    float balance; // probability that, instead of the sample asked for, a class is drawn, then a
                   // sample with it, and one such object is put inside the view: for rare classes
    float mosaic;  // probability of four pictures around a random centre (Bochkovskiy 2020)
    float brightness;           // added, +- this part of the full range
    float contrast, saturation; // factors 1 +- this
    float hue;                  // turn of the colour circle, +- this part of a full turn
    float min_visible;          // boxes with less of their area inside the view become ignore boxes
    float min_side;             // so do boxes thinner than this many pixels of the view
    float mean[3], std[3];      // of the model card

    // For classifiers, whose views show a window of one picture (Szegedy 2015, section 6).
    bool stretch;  // of the model card: inference stretches pictures over its input
    float crop;    // middle part of a picture that inference shows, as nn_classifier_options.crop
    float area[2]; // part of the picture's area inside the window, uniform; 0, 0: the window is
                   // what inference shows, to the pixel
    float ratio;   // the window is up to this many times wider or higher than the input's shape
                   // asks for, log-uniform; 1: never
} nn_augment_options;

void nn_augment_defaults(nn_augment_options *o);

// One training input. planes: 3 x height x width float32, normalised; boxes in its pixels.
typedef struct nn_view {
    int height, width;
    float *planes;    // borrowed
    nn_truth *truths; // borrowed, `capacity` long
    int truth_count, capacity;
    float *targets; // borrowed, `classes` long: 1 for the classes of the picture, 0 for the others
    int classes;    // 0: the view is for a detector
} nn_view;

// Draws sample `index` of `data` (with `others`, three more indices, when a mosaic comes up) into
// the view. Everything random comes from `rng`, so the same generator state gives the same view.
// Boxes beyond the capacity are left out; views for classifiers have none, and know neither fit,
// scale, aspect, focus nor mosaic. Thread-safe for different views.
nn_status nn_augment_draw(nn_view *view, nn_dataset *data, int index, const int others[3],
                          const nn_augment_options *o, const nn_kernels *k, nn_rng *rng,
                          nn_error *err);

#endif
