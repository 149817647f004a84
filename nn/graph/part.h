// SPDX-License-Identifier: MIT
// One output of a model as a model of its own.
#ifndef NN_GRAPH_PART_H
#define NN_GRAPH_PART_H

#include "nn/graph/rebuild.h"

// Copies what output `output` needs: inputs, parameters, nodes. `add` (may be NULL) appends nodes
// and declares the outputs; without it the output keeps its name. The card is a copy.
nn_status nn_model_part(nn_model **out, const nn_model *m, int output, nn_rebuild_add *add,
                        void *ctx, nn_error *err);

#endif
