// SPDX-License-Identifier: MIT
// Sizes of images in arguments, and whether a model takes them.
#ifndef APP_CLI_IMAGE_SIZE_H
#define APP_CLI_IMAGE_SIZE_H

#include "nn/graph/model.h"

enum { APP_MAX_SIDE = 8192 };

// The --size HEIGHTxWIDTH of commands that deal with tensors: 'classify', 'convert', 'diff',
// 'forward', 'bench', 'eval'. NULL leaves both sides as they are; NN_EINVAL names the order.
nn_status app_parse_size(const char *text, int *height, int *width, nn_error *err);

// The WIDTHxHEIGHT, or one number for both, of commands that deal with pictures: 'train',
// 'augment', 'info'. `option` is named in errors; else as above.
nn_status app_parse_width_height(const char *option, const char *text, int *width, int *height,
                                 nn_error *err);

// Whether shapes work for a model from its first node to its last. When they do not, says which
// node fails and, for one image, a size near by that works.
nn_status app_check_size(const nn_model *m, const nn_shape *inputs, nn_error *err);

#endif
