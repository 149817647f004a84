// SPDX-License-Identifier: MIT
// Quantisation-aware training (Jacob 2018, section 3): the network that is trained computes with
// the numbers of its 8-bit form.
#ifndef NN_TRAIN_FAKE_QUANTIZE_H
#define NN_TRAIN_FAKE_QUANTIZE_H

#include "nn/base/api.h"
#include "nn/graph/plan.h"
#include "nn/train/ranks.h"

// Weights and biases are float32 and learn. Weights are read through quantize_linear and
// dequantize_linear, whose gradients pass straight through, but for what is clamped (Bengio 2013;
// nn/ops/quantize_linear.c). The scale of each output channel follows its largest weight. The
// scales between layers start from the calibration and follow the batches (value_ranges.h).
// With `reduce_range` (nn/quantize/quantize.h) the weights of an output are small together: after
// each step its scale is the one that loses least, and weights that are too large become the
// nearest ones that are not.
typedef struct nn_fake_quantizer nn_fake_quantizer;

// Makes the model to train, *trained, from a quantised one (nn/graph/quantized.h), which is taken
// over, also on failure. `exact` (copied) is the float32 model that it was made from, with weights
// under the same names; a weight that `whole` did not round to its nearest number starts from that
// number. NN_EINVAL: nothing in `whole` is quantised.
NN_API nn_status nn_fake_quantizer_new(nn_fake_quantizer **out, nn_model **trained, nn_model *whole,
                                       const nn_model *exact, bool reduce_range, nn_error *err);
NN_API void nn_fake_quantizer_free(nn_fake_quantizer *q); // NULL is a no-op

const nn_model *nn_fake_quantizer_exact(const nn_fake_quantizer *q);

// After a step of `m`, *trained: sets the scales of its weights, and those between layers from what
// `plan` ran last; reduces the range of weights.
void nn_fake_quantizer_follow(const nn_fake_quantizer *q, nn_model *m, const nn_plan *plan,
                              nn_ranks *ranks, nn_pool *pool);

// The quantised model with the parameters of `m`, *trained or a copy of it: what is scored and
// saved. Owned by q; the next call changes it.
NN_API nn_model *nn_fake_quantizer_whole(const nn_fake_quantizer *q, const nn_model *m);

#endif
