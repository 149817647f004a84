// SPDX-License-Identifier: MIT
// The formats in which models are written, chosen by the ending of the file name: what a format
// that is read may have beside its reader.
#ifndef NN_IO_SAVE_FORMAT_H
#define NN_IO_SAVE_FORMAT_H

#include "nn/base/api.h"
#include "nn/graph/model.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct nn_save_options {
    bool half; // weights of rank >= 2 as float16, where the format has it
    // For formats with one input size (`sized`); 0: the model's.
    int batch; // batch size; 0: 1, NN_SAVE_ANY_BATCH: dynamic
    int input_h, input_w;
} nn_save_options;

enum { NN_SAVE_ANY_BATCH = -1, NN_SAVE_ENDINGS = 2 };

// Writes tensors and metadata as nn_bundle_save (io.h) does.
typedef nn_status nn_save_tensors(const char *path, const char *const *names,
                                  const nn_tensor *tensors, int count, const char *const *meta,
                                  int meta_count, nn_error *err);

typedef struct nn_save_format {
    const char *name;                     // for messages: "ONNX"
    const char *endings[NN_SAVE_ENDINGS]; // of file names; unused ones are NULL
    bool half, sized;                     // what the format supports
    bool weights; // holds weights without a graph; its readers build the network themselves
    nn_save_tensors *tensors; // any tensors, so that files of weights need not be models; or NULL
    // `options` is not NULL and asks only for what the format supports.
    nn_status (*save)(const nn_model *m, const char *path, const nn_save_options *options,
                      nn_error *err);
} nn_save_format;

// Whether tensors and metadata can be written: NN_EINVAL names what has no usable name, shape or
// text.
nn_status nn_save_check(const char *const *names, const nn_tensor *tensors, int count,
                        const char *const *meta, int meta_count, nn_error *err);

// nn_model_save (io.h) by a format that holds tensors and metadata.
nn_status nn_model_save_tensors(const nn_model *m, const char *path, bool half,
                                nn_save_tensors *save, nn_error *err);

// The format for the ending of the path. NN_EUNSUPPORTED lists the existing ones.
NN_API nn_status nn_save_format_of(const nn_save_format **out, const char *path, nn_error *err);

#endif
