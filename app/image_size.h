// SPDX-License-Identifier: MIT
// Sizes of images in arguments, and whether a model takes them.
#ifndef APP_IMAGE_SIZE_H
#define APP_IMAGE_SIZE_H

#include "nn/graph/model.h"

enum { APP_MAX_SIDE = 8192 };

// --size HEIGHTxWIDTH; NULL leaves both as they are.
nn_status app_parse_size(const char *text, int *height, int *width, nn_error *err);

// Whether shapes work for a model from its first node to its last. When they do not, says which
// node fails and, for one image, a size near by that works.
nn_status app_check_size(const nn_model *m, const nn_shape *inputs, nn_error *err);

#endif
