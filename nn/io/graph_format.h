// SPDX-License-Identifier: MIT
// The interface of graph formats, whose files hold whole networks: a table of functions for each,
// recognised by content.
#ifndef NN_IO_GRAPH_FORMAT_H
#define NN_IO_GRAPH_FORMAT_H

#include "nn/base/api.h"
#include "nn/graph/model.h"

#include <stdbool.h>

// Sizes for which a network is read. Formats whose networks accept any size do not need them; for
// those they become the size in the card.
typedef struct nn_graph_load_options {
    const nn_shape *inputs; // n_inputs shapes in the order of the file; NULL: as declared
    int n_inputs;
    int input_h, input_w; // > 0: height and width of all inputs NxCxHxW that `inputs` does not set
    int open_h, open_w;   // > 0: the same where the file leaves them open and its card says nothing
    bool picture; // an input that is a picture in another layout becomes 1x3xHxW
    bool tail; // what has sizes that depend on data becomes the model's tail; false: it is refused
} nn_graph_load_options;

enum { NN_GRAPH_FORMAT_ENDINGS = 3 };

// An operator of a file: how many nodes it has, and whether they can be read.
typedef struct nn_graph_operator {
    char name[64], node[64]; // as in the file; of the first node. "?": unprintable
    int nodes;
    bool supported;
} nn_graph_operator;

struct nn_save_format; // save_format.h

typedef struct nn_graph_format {
    const char *name;                             // for messages: "ONNX"
    const char *endings[NN_GRAPH_FORMAT_ENDINGS]; // of file names; unused ones are NULL
    const char *head; // decoder of such files when several fit the outputs; NULL: none
    // Whether the first bytes of a file are of this format; false when it cannot be read.
    bool (*probe_file)(const char *path);
    // Loads a model. Its card contains what the file says about itself, which is often nothing (std
    // 1) except for the input size of a network that accepts any; maybe anchors, their head and
    // labels, but no task. Errors name the path. `options` may be NULL.
    nn_status (*load)(nn_model **out, const char *path, const nn_graph_load_options *options,
                      nn_error *err);
    // The operators of a file, also of one that cannot be loaded, in their order. *out is freed
    // with nn_free. NULL: such files need no such list.
    nn_status (*operators)(nn_graph_operator **out, int *count, const char *path, nn_error *err);
    const struct nn_save_format *save; // how models are written in it; NULL: they are not
} nn_graph_format;

// The format of a file; NULL when it holds no whole network.
NN_API const nn_graph_format *nn_graph_format_find(const char *path);
// The formats by index; NULL past the last.
const nn_graph_format *nn_graph_format_at(int i);

#endif
