// SPDX-License-Identifier: MIT
// Classifies a picture: crop, resize, network and softmax behind one handle.
#ifndef NN_PREDICT_CLASSIFIER_H
#define NN_PREDICT_CLASSIFIER_H

#include "nn/base/api.h"
#include "nn/graph/model.h"
#include "nn/predict/precision.h"
#include "nn/vision/frame.h"

typedef struct nn_classifier nn_classifier;

typedef struct nn_classifier_options {
    int threads;          // 0: one per core
    int input_h, input_w; // 0: the card's; a model for one fixed size always gets that size
    // Which part of the picture fills the input, as a fraction of the shorter side: 0: the card's,
    // else 224/256, as for ImageNet; 1: the largest part that fits. Without effect when the card
    // says "stretch".
    float crop;
    bool all_int8; // quantised layers stay so where float32 is faster
    nn_precision precision;
    bool features; // for nn_classifier_outputs: a pretrained model without classes will do
} nn_classifier_options;

// Takes over `model` (also on failure) and fuses it. The model needs one input of images and one
// output with a value for each class; auxiliary outputs are dropped. NN_EUNSUPPORTED for detectors,
// NN_ESHAPE when outputs or input size do not fit. Classes without names are called "class 0" and
// so on. `options` may be NULL.
NN_API nn_status nn_classifier_new(nn_classifier **out, nn_model *model,
                                   const nn_classifier_options *options, nn_error *err);
NN_API void nn_classifier_free(nn_classifier *c);

NN_API const nn_card *
nn_classifier_card(const nn_classifier *c); // borrowed, with names for all classes
// Pixels of the network's input.
void nn_classifier_input(const nn_classifier *c, int *width, int *height);
NN_API int nn_classifier_classes(const nn_classifier *c); // number of probabilities

// Whether frames run in bfloat16 now. With NN_PRECISION_AUTO that may begin after the first ones.
NN_API bool nn_classifier_is_bf16(const nn_classifier *c);

// Writes the probabilities of all nn_classifier_classes() classes. Outputs go through the sigmoid
// when the card says so, else through softmax, unless they are probabilities already (0 .. 1, sum
// 1). The frame may have any size and format. One thread at a time.
NN_API nn_status nn_classifier_run(nn_classifier *c, const nn_frame *frame, float *probabilities,
                                   nn_error *err);

// The outputs of the network as they are: logits, or the features of a pretrained model.
NN_API nn_status nn_classifier_outputs(nn_classifier *c, const nn_frame *frame, float *outputs,
                                       nn_error *err);

#endif
