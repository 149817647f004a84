// SPDX-License-Identifier: MIT
// Image sizes on the command line, and whether a model accepts them.
#ifndef APP_CLI_IMAGE_SIZE_H
#define APP_CLI_IMAGE_SIZE_H

#include "nn/graph/model.h"

enum { APP_MAX_SIDE = 8192 };

// Parses WIDTHxHEIGHT, or one number for both. NULL changes nothing; NN_EINVAL names `option` and
// the expected order.
nn_status app_parse_size(const char *option, const char *text, int *width, int *height,
                         nn_error *err);

// Whether shapes work for all nodes of a model. If not, the error names the node that fails and,
// for an image input, a size near by that works.
nn_status app_check_size(const nn_model *m, const nn_shape *inputs, nn_error *err);

#endif
