// SPDX-License-Identifier: MIT
// Models that were read for one input size, made free of it.
#ifndef NN_GRAPH_UNBIND_H
#define NN_GRAPH_UNBIND_H

#include "nn/base/api.h"
#include "nn/graph/model.h"

// Reads the same model for another height and width.
typedef nn_status nn_unbind_load(void *ctx, int height, int width, nn_model **out, nn_error *err);

// Replaces *m, which is bound to one image 1xCxHxW (fixed_inputs), by a model that takes any size
// for which its maps fit together. Shapes are followed through the graph at two other sizes, and
// what was written down for one is said in a way that follows the input: dims of reshapes as 0 or
// -1, sizes of resized images as scales, ends of slices as the end, shuffles of channels as a
// gather. The result must give the same bits as *m on made-up input, and as readings for the two
// other sizes where `load` (may be NULL) can make them: files have sizes written down, too.
// NN_EUNSUPPORTED names the first node that depends on the size; *m is unchanged then.
NN_API nn_status nn_model_unbind(nn_model **m, nn_unbind_load *load, void *ctx, nn_error *err);

#endif
