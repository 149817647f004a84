// SPDX-License-Identifier: MIT
// Calibration of a quantiser by frames, which a model gets as in inference.
#ifndef NN_PREDICT_CALIBRATION_H
#define NN_PREDICT_CALIBRATION_H

#include "nn/quantize/quantize.h"
#include "nn/vision/frame.h"

typedef struct nn_calibration nn_calibration;

typedef struct nn_calibration_options {
    int threads;          // 0: one per core
    int input_h, input_w; // 0: the card's; a model for one fixed size always gets that size
    nn_range_method method;
    bool keep_biases;  // without bias correction
    bool reduce_range; // as in nn_quantize_options
} nn_calibration_options;

// Takes over `model` (also on failure), which must have one input of pictures. `options` may be
// NULL. NN_EUNSUPPORTED: the model is quantised already, or takes no pictures.
NN_API nn_status nn_calibration_new(nn_calibration **out, nn_model *model,
                                    const nn_calibration_options *options, nn_error *err);
NN_API void nn_calibration_free(nn_calibration *c);

// Observes a frame of any size and format, placed as the card says.
NN_API nn_status nn_calibration_frame(nn_calibration *c, const nn_frame *frame, nn_error *err);

NN_API nn_quantizer *nn_calibration_quantizer(nn_calibration *c); // borrowed

#endif
