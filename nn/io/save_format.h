// SPDX-License-Identifier: MIT
// What formats models are written in: a row each, told by the ending of the file's name.
#ifndef NN_IO_SAVE_FORMAT_H
#define NN_IO_SAVE_FORMAT_H

#include "nn/base/api.h"
#include "nn/graph/model.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct nn_save_options {
    bool half; // weights of rank >= 2 as float16, where the format has it
    // For formats that are for one input size (`sized`); 0: the model's.
    int batch; // images at once; 0: 1, NN_SAVE_ANY_BATCH: any number
    int input_h, input_w;
} nn_save_options;

enum { NN_SAVE_ANY_BATCH = -1, NN_SAVE_ENDINGS = 2 };

typedef struct nn_save_format {
    const char *name;                     // for people: "ONNX"
    const char *endings[NN_SAVE_ENDINGS]; // of names of files; NULL where there are fewer
    bool half, sized;                     // what it can do
    bool weights; // it holds the weights of networks that its readers build themselves, no graph
    bool tensors; // it holds any tensors, so files of weights need not be models
    // `options` is never NULL and asks only for what the format can do.
    nn_status (*save)(const nn_model *m, const char *path, const nn_save_options *options,
                      nn_error *err);
} nn_save_format;

// The format that the path's ending names. NN_EUNSUPPORTED lists those that there are.
NN_API nn_status nn_save_format_of(const nn_save_format **out, const char *path, nn_error *err);

#endif
