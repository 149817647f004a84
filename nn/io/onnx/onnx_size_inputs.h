// SPDX-License-Identifier: MIT
// Inputs of detectors that tell the size of the picture: they become constants when a model is read
// for one size.
#ifndef NN_IO_ONNX_SIZE_INPUTS_H
#define NN_IO_ONNX_SIZE_INPUTS_H

#include "nn/tensor/tensor.h"

#include <stdbool.h>

// Whether an input called `name` with this shape is such a one, Nx2, or a mask of the picture. Then
// values[0 .. 1] are what it holds over and over, for an image of h x w that has the size of the
// network's input, so that boxes come out in pixels of the input; *head is the decoder of models
// that have it, NULL when several do.
bool nn_onnx_size_input(const char *name, const nn_shape *shape, int64_t h, int64_t w,
                        float values[2], const char **head);

#endif
