// SPDX-License-Identifier: MIT
// A model for the commands that take a file or the name of a network.
#ifndef APP_CLI_OPEN_MODEL_H
#define APP_CLI_OPEN_MODEL_H

#include "nn/graph/model.h"

typedef struct app_model_source {
    const char *name;    // model file, installed model or network
    const char *options; // of a network: "classes=10,alpha=0.5"; NULL: its own
    const char
        *parameters; // NULL: the file's; "reference", "random", or a file of tensors of any format
    const nn_shape *inputs; // NULL: the model's; of graphs that are read for one size (ONNX)
    int n_inputs;
    int input_h, input_w; // 0: the model's; the same for images
    const char *head;     // of files that detect (nn_model_hints); NULL: what the file says
    const char *labels;   // text file with the names of the classes; NULL: the file's
} app_model_source;

// Whether it is a network of the zoo, and no file is in the way.
bool app_is_network(const char *name);

// nn_model_find, which tells who may have meant a network where these are named.
nn_status app_find_model(const char *name, char *path, size_t size, nn_error *err);

// Opens it; a network by name needs parameters. The caller frees *out with nn_model_free.
nn_status app_open_model(nn_model **out, const app_model_source *from, nn_error *err);

// Makes a model that was read from `path` for one input size one for any (nn_model_unbind); nothing
// for one that is so, or that is no graph of a file. On failure it stays as it is.
nn_status app_free_of_size(nn_model **m, const char *path, nn_error *err);

#endif
