// SPDX-License-Identifier: MIT
// Small models for programs in C, with parameters by the rule of nn_model_init_reference. The
// caller frees them.
#ifndef TESTS_SUPPORT_C_MODELS_H
#define TESTS_SUPPORT_C_MODELS_H

#include "nn/graph/model.h"
#include "nn/ops/ops.h"

nn_model *c_model_network(const char *network, const char *options, int side); // of the zoo
// An image of odd sides through most operators, to two outputs: a map and probabilities.
nn_model *c_model_mixed(void);
nn_model *c_model_resized(void);     // bilinear, with leaky ReLUs of a slope of their own
nn_model *c_model_moved(void);       // slices, transposes, shuffles
nn_model *c_model_transformer(void); // a small ViT
nn_model *c_model_unit(void);        // vectors of length 1, and what they are off
nn_model *c_model_small(void);       // two convolutions

// One operator. `pictures` are added before the batch, and as many taken from its end.
nn_model *c_model_padded(nn_pad_mode mode, int pictures);
nn_model *c_model_pointwise(nn_pointwise kind);
nn_model *c_model_axis_sum(void); // has no form in C
// Two outputs, the second one the sum of two parameters, or of the input and one.
nn_model *c_model_sum(bool constant, float number);

nn_model *c_model_quantize(nn_model *m); // in 8 bits; takes over m

#endif
