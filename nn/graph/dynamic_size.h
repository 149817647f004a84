// SPDX-License-Identifier: MIT
// Makes models that were read for one input size accept any (dynamic height and width).
#ifndef NN_GRAPH_DYNAMIC_SIZE_H
#define NN_GRAPH_DYNAMIC_SIZE_H

#include "nn/base/api.h"
#include "nn/graph/model.h"

// Reads the same model for another height and width.
typedef nn_status nn_dynamic_load(void *ctx, int height, int width, nn_model **out, nn_error *err);

// Replaces *m, which is bound to one image 1xCxHxW (fixed_inputs), by a model that accepts any size
// at which its maps fit together. Shapes are inferred at two other sizes, and constants that depend
// on the size are rewritten so that they follow the input: dims of reshapes as 0 or -1, sizes of
// resized images as scales, ends of slices as the end, channel shuffles as a gather. The result
// must give the same bits as *m on generated input. Where `load` (may be NULL) can read the file at
// the two other sizes, it must also agree with these. NN_EUNSUPPORTED names the first node that
// depends on the size; *m is then unchanged.
NN_API nn_status nn_model_make_dynamic(nn_model **m, nn_dynamic_load *load, void *ctx,
                                       nn_error *err);

#endif
