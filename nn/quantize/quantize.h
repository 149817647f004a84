// SPDX-License-Identifier: MIT
// Post-training quantisation: a model that runs on 8 bits, from a float32 model and pictures.
#ifndef NN_QUANTIZE_QUANTIZE_H
#define NN_QUANTIZE_QUANTIZE_H

#include "nn/base/api.h"
#include "nn/base/pool.h"
#include "nn/graph/model.h"
#include "nn/quantize/method.h"

typedef struct nn_quantize_options {
    nn_pool *pool; // borrowed; NULL: one thread
    nn_range_method method;
    bool keep_biases; // without bias correction
    // Weights that processors without VNNI multiply faster (NN_INT8_SMALL of kernels/int8conv.h):
    // up to a bit less of each, where that leaves the least squared error.
    bool reduce_range;
} nn_quantize_options;

typedef struct nn_quantizer nn_quantizer;

// Takes over `model` (also on failure) and fuses it: batch norms and activations move into layers.
// `inputs` has a shape for each input of its graph; calibration runs at these. `options` may be
// NULL.
NN_API nn_status nn_quantizer_new(nn_quantizer **out, nn_model *model, const nn_shape *inputs,
                                  const nn_quantize_options *options, nn_error *err);
NN_API void nn_quantizer_free(nn_quantizer *q);

// Calibration: fill the inputs, observe, and so on with the next picture. Every value of the graph
// is counted, so that nn_quantizer_make can be called several times afterwards.
NN_API const nn_tensor *nn_quantizer_input(const nn_quantizer *q, int i);
NN_API nn_status nn_quantizer_observe(nn_quantizer *q, nn_error *err);

NN_API int64_t nn_quantizer_pictures(const nn_quantizer *q); // observed so far

// The float32 model that is quantised, fused; borrowed.
NN_API const nn_model *nn_quantizer_model(const nn_quantizer *q);

// Makes the quantised model (the form is in nn/graph/quantized.h): weights as s8 with a scale for
// each output channel (Krishnamoorthi 2018, section 3), values as u8 with one scale (Jacob 2018,
// section 2.1), biases corrected by the mean error of their layer's weights (Nagel 2019, section
// 4.2). Layers named in `keep` (ends with NULL; NULL: none) stay float32. NN_EINVAL: nothing was
// observed, or there is no layer to quantise; NN_ENOTFOUND names what is no layer.
NN_API nn_status nn_quantizer_make(nn_quantizer *q, const char *const *keep, nn_model **out,
                                   nn_error *err);

// Changes the method for the models that are made from now on.
NN_API void nn_quantizer_set_method(nn_quantizer *q, nn_range_method method);

// Makes a float32 model that computes the same, in which pairs of convolutions with nothing but a
// ReLU or LeakyReLU between them share out the ranges of the channels between them (Nagel 2019,
// section 4.1). Calibrate it anew: whether it helps is to be measured. *out is NULL, and *pairs 0,
// when the model has no such pair.
NN_API nn_status nn_quantizer_equalise(const nn_quantizer *q, nn_model **out, int *pairs,
                                       nn_error *err);

// Signal to noise of all outputs of a quantised model, in decibels, over some of the pictures.
NN_API nn_status nn_quantizer_compare(const nn_quantizer *q, const nn_model *narrow,
                                      double *decibels, nn_error *err);

// What quantising a layer alone does to the outputs of the network.
typedef struct nn_quantize_layer {
    const char *name; // of the quantiser's model
    double decibels;  // signal to noise of all outputs, over some of the pictures
    double part;      // of all multiply-accumulates: what it costs to keep it float32
} nn_quantize_layer;

// Called after each layer.
typedef void nn_quantize_progress(void *ctx, int done, int total);

// The number of layers that are quantised when none is kept.
NN_API int nn_quantizer_layer_count(const nn_quantizer *q);
// Measures every layer, in the order of the graph. `layers` has room for nn_quantizer_layer_count.
// `progress` may be NULL.
NN_API nn_status nn_quantizer_measure(nn_quantizer *q, nn_quantize_layer *layers,
                                      nn_quantize_progress *progress, void *ctx, nn_error *err);

#endif
