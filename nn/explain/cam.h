// SPDX-License-Identifier: MIT
// Class activation maps: the maps of a layer, weighed by the gradients of a target.
#ifndef NN_EXPLAIN_CAM_H
#define NN_EXPLAIN_CAM_H

#include "nn/explain/explain_internal.h"

// Adds what one channel says to `cells`: n values of the map and of its gradient.
typedef void nn_cam_add(float *cells, const float *map, const float *gradient, int64_t n);

// cells = max(sum over channels, 0), enlarged to the input.
nn_status nn_explain_cam(nn_explainer *e, const nn_explain_target *t, const nn_explain_settings *s,
                         nn_cam_add *add, nn_explain_map *map, nn_error *err);

#endif
