// SPDX-License-Identifier: MIT
// Weights of a file to start a training from: tensors of its own, or the parameters of the model
// that it is.
#ifndef NN_PREDICT_START_WEIGHTS_H
#define NN_PREDICT_START_WEIGHTS_H

#include "nn/graph/model.h"
#include "nn/io/io.h"

typedef struct nn_start_weights {
    nn_bundle bundle; // valid until the release
    nn_model *model;  // owned: the bundle's tensors are its parameters; NULL: they are its own
    nn_card card;     // of a file of tensors that has one
    bool has_card;
} nn_start_weights;

// Reads a file of any format, or an installed model, by path or name. After a failure there is
// nothing to release.
NN_API nn_status nn_start_weights_load(nn_start_weights *w, const char *name, nn_error *err);
NN_API void nn_start_weights_release(nn_start_weights *w);

// Sets mean and std of `card` to those that the weights were trained with, when they are of the
// same network: weights are worth most with them. Returns the card that they come from; NULL: none.
NN_API const nn_card *nn_start_weights_preprocessing(const nn_start_weights *w, nn_card *card);

#endif
