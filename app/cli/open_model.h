// SPDX-License-Identifier: MIT
// Opens a model for commands that take a file or the name of a network.
#ifndef APP_CLI_OPEN_MODEL_H
#define APP_CLI_OPEN_MODEL_H

#include "nn/predict/load_model.h"

typedef struct app_model_source {
    const char *name;    // model file, installed model or network
    const char *options; // of a network: "classes=10,alpha=0.5"; NULL: its own
    const char
        *parameters; // NULL: those in the file; else "reference", "random", or a file of tensors
    const nn_shape *inputs; // for graphs that are read for one size (ONNX); NULL: the model's
    int n_inputs;
    int input_h, input_w;         // the same for images; 0: the model's
    const char *head;             // of detectors (nn_model_hints); NULL: as the file says
    const char *labels;           // class names, "a,b" or a text file; NULL: the file's
    const nn_text_classes *texts; // texts as classes (nn_model_hints); NULL: none
    const char *usual_labels;     // the same for models that name no classes; NULL: none
    bool *took_usual;             // becomes true where these are the names; may be NULL
    bool classifies;              // of nn_model_hints
    bool tail;                    // the caller runs nn_model.tail, as detectors do
} app_model_source;

// Whether it is a network of the zoo, and no file has this name.
bool app_is_network(const char *name);

// As nn_model_find; the error also says how a network is given, in case that was meant.
nn_status app_find_model(const char *name, char *path, size_t size, nn_error *err);

// Opens the model; a network by name needs parameters. The caller frees *out with nn_model_free.
nn_status app_open_model(nn_model **out, const app_model_source *from, nn_error *err);

// Refuses a model that compares pictures with texts, for commands that take one of pictures alone:
// says how a classifier is made of it.
nn_status app_refuse_texts(const nn_model *m, const char *name, nn_error *err);

// Makes a model read from `path` for one input size accept any (nn_model_make_dynamic). Does
// nothing when it does already, or has no graph in its file. On failure it stays unchanged.
nn_status app_make_dynamic(nn_model **m, const char *path, nn_error *err);

#endif
