// SPDX-License-Identifier: MIT
// For tests: models from bytes in memory.
#ifndef NN_PREDICT_LOAD_MODEL_INTERNAL_H
#define NN_PREDICT_LOAD_MODEL_INTERNAL_H

#include "nn/predict/load_model.h"

#include <stddef.h>

// nn_model_load for the bytes of a tensor file with a card, which has no sidecar.
nn_status nn_model_parse(nn_model **out, const void *bytes, size_t size, nn_error *err);

#endif
