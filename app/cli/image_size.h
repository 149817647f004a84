// SPDX-License-Identifier: MIT
// Sizes of images in arguments, and whether a model takes them.
#ifndef APP_CLI_IMAGE_SIZE_H
#define APP_CLI_IMAGE_SIZE_H

#include "nn/graph/model.h"

enum { APP_MAX_SIDE = 8192 };

// The row of --size (in a GOptionEntry list) whose text goes into the char * at `to`; `what` says
// the size of what.
#define APP_SIZE_ENTRY(to, what)                                                                   \
    {                                                                                              \
        "size", 0, 0, G_OPTION_ARG_STRING, to, what ": WIDTHxHEIGHT, or one number for both",      \
            "WxH"                                                                                  \
    }

// Reads WIDTHxHEIGHT, or one number for both. NULL leaves both sides as they are; NN_EINVAL names
// `option` and the order.
nn_status app_parse_size(const char *option, const char *text, int *width, int *height,
                         nn_error *err);

// Whether shapes work for a model from its first node to its last. When they do not, says which
// node fails and, for one image, a size near by that works.
nn_status app_check_size(const nn_model *m, const nn_shape *inputs, nn_error *err);

#endif
