// SPDX-License-Identifier: MIT
// The input size of a detector for a frame.
#ifndef NN_PREDICT_INPUT_SIZE_H
#define NN_PREDICT_INPUT_SIZE_H

#include "nn/graph/model.h"
#include "nn/vision/frame.h"

// The input size for frames of this shape, at most *h x *w (multiples of 32). It is trimmed where
// most of the letterbox would be padding, but only as long as the network keeps its kernels; others
// would change what it sees. Not for models of one fixed size, nor for those that stretch frames.
void nn_input_trim(const nn_model *m, const nn_frame *frame, int *h, int *w);

#endif
