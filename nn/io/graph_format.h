// SPDX-License-Identifier: MIT
// What a graph format is: files that hold whole networks and not just tensors; a table of functions
// for each, told by content.
#ifndef NN_IO_GRAPH_FORMAT_H
#define NN_IO_GRAPH_FORMAT_H

#include "nn/base/api.h"
#include "nn/graph/model.h"

#include <stdbool.h>

// Sizes to read a network for. Formats whose networks take any size need none of them; these choose
// then what the card says is the usual one.
typedef struct nn_graph_load_options {
    const nn_shape *inputs; // n_inputs of them, in the file's order; NULL: as declared
    int n_inputs;
    int input_h, input_w; // > 0: height and width of all inputs NxCxHxW, unless `inputs` says
    int open_h, open_w;   // > 0: the same where the file leaves them open and its card does not say
} nn_graph_load_options;

enum { NN_GRAPH_FORMAT_ENDINGS = 3 };

typedef struct nn_graph_format {
    const char *name;                             // for people: "ONNX"
    const char *endings[NN_GRAPH_FORMAT_ENDINGS]; // of names of files; NULL where there are fewer
    const char *head; // decoder that such files mean where outputs suit several; NULL: none
    // Whether the file's first bytes look like it; false too when it cannot be read.
    bool (*probe_file)(const char *path);
    // A model whose card is what the file says about itself, often nothing (std 1), but for the
    // input size of a network that takes any; perhaps anchors, the head that reads them and labels,
    // but no task. Errors name the path. `options` may be NULL.
    nn_status (*load)(nn_model **out, const char *path, const nn_graph_load_options *options,
                      nn_error *err);
} nn_graph_format;

// The format of a file, NULL when it holds no whole network.
NN_API const nn_graph_format *nn_graph_format_find(const char *path);
// All formats; NULL after the last.
const nn_graph_format *nn_graph_format_at(int i);

#endif
