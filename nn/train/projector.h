// SPDX-License-Identifier: MIT
// Layers behind a network that are trained with it and then thrown away.
#ifndef NN_TRAIN_PROJECTOR_H
#define NN_TRAIN_PROJECTOR_H

#include "nn/graph/model.h"

// Copies a model and adds linear, batch norm, ReLU, linear behind its only output (N, features):
// the output "projection" (N, width), of which losses without labels are (Chen 2020, SimCLR,
// section 4.2). The new parameters are the last ones, "projector.*", and start at random.
// NN_EUNSUPPORTED: the model has another kind of output.
nn_status nn_add_projector(nn_model **out, const nn_model *m, int width, uint64_t seed,
                           nn_error *err);

#endif
