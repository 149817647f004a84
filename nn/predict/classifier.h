// SPDX-License-Identifier: MIT
// From a picture to probabilities of classes: crop, resize, network and softmax behind one handle.
#ifndef NN_PREDICT_CLASSIFIER_H
#define NN_PREDICT_CLASSIFIER_H

#include "nn/base/api.h"
#include "nn/graph/model.h"
#include "nn/vision/frame.h"

typedef struct nn_classifier nn_classifier;

typedef struct nn_classifier_options {
    int threads;          // 0: one per core
    int input_h, input_w; // 0: the card's; a model that is made for one size gets that
    // The middle part of the picture that fills the input, of the shorter side: 0: the card's, or
    // 224/256, as ImageNet's classifiers are tested; 1: as much as fits. Nothing when the card says
    // "stretch".
    float crop;
} nn_classifier_options;

// Takes over `model` (also on failure) and fuses it. It must have one input of images and one
// output for each class, besides auxiliary ones: NN_EUNSUPPORTED for detectors, NN_ESHAPE for
// outputs or an input size that do not fit. Classes without names get "class 0" and so on.
// `options` may be NULL.
NN_API nn_status nn_classifier_new(nn_classifier **out, nn_model *model,
                                   const nn_classifier_options *options, nn_error *err);
NN_API void nn_classifier_free(nn_classifier *c);

NN_API const nn_card *
nn_classifier_card(const nn_classifier *c); // borrowed, with names for all classes
// Pixels of the network's input.
void nn_classifier_input(const nn_classifier *c, int *width, int *height);
NN_API int nn_classifier_classes(const nn_classifier *c); // how many probabilities it gives

// Probabilities of all classes, nn_classifier_classes() of them. Outputs go through the sigmoid
// when the card says so, else through softmax unless they are probabilities (0 .. 1 and together
// 1). Any frame size and format. One thread at a time.
NN_API nn_status nn_classifier_run(nn_classifier *c, const nn_frame *frame, float *probabilities,
                                   nn_error *err);

#endif
