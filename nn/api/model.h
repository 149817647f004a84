// SPDX-License-Identifier: MIT
// Models: load one from a file, build one from the name of a network, write one to a file.
#ifndef NN_API_MODEL_H
#define NN_API_MODEL_H

#include "nn/base/api.h"
#include "nn/base/status.h"

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct nn_model nn_model;

enum { NN_FROM_MODEL = -1 }; // in option structs: use what the model says

// Loads a model from a file (safetensors, ONNX, ncnn, Darknet) or an installed model by its name
// ("street"). The caller frees *out with nn_model_free. On failure *out is NULL, and `err` says
// which file, what is wrong and why.
NN_API nn_status nn_model_load(nn_model **out, const char *name, nn_error *err);
NN_API void nn_model_free(nn_model *m); // NULL is a no-op

typedef struct nn_build_options {
    const char *options;      // options of the network, such as "alpha=0.5"; NULL: its defaults
    const char *task;         // "classify", "detect", "segment", "pose", "instance" or "obb"
    const char *head;         // of detection or segmentation; NULL: the task's default head
    const char *const *names; // names of the classes, class_count of them
    int class_count;
    uint64_t seed; // seed of the random parameters
} nn_build_options;

// Fills in the defaults: a classifier of one class, seed 1.
NN_API void nn_build_options_init(nn_build_options *options);

// Builds a network by its name (see nn_network_name) with random parameters, ready for training.
// The caller frees *out with nn_model_free; on failure it is NULL.
NN_API nn_status nn_model_build(nn_model **out, const char *network,
                                const nn_build_options *options, nn_error *err);

// The i-th network that can be built, i from 0: its name ("resnet18") and one line about it. NULL
// when i is past the last one.
NN_API const char *nn_network_name(int i);
NN_API const char *nn_network_summary(int i);

typedef struct nn_write_options {
    bool half; // stores weights as float16 where the format can
    int batch; // ONNX only: the batch size, or NN_WRITE_ANY_BATCH for a dynamic one
    int input_width, input_height; // ONNX only: pixels, or NN_FROM_MODEL
} nn_write_options;

enum { NN_WRITE_ANY_BATCH = -1 };

// Fills in the defaults: float32, one image of the model's size.
NN_API void nn_write_options_init(nn_write_options *options);

// Writes a model. The ending of `path` names the format: .safetensors, .onnx or .h5. On failure the
// file keeps its old content. `options` may be NULL.
NN_API nn_status nn_model_write(const nn_model *m, const char *path,
                                const nn_write_options *options, nn_error *err);

// "classify", "detect", "segment", "pose", "instance" or "obb"; "" when unknown
NN_API const char *nn_model_task(const nn_model *m);
NN_API int nn_model_class_count(const nn_model *m);
// NULL when `label` is past the last
NN_API const char *nn_model_class_name(const nn_model *m, int label);
NN_API int64_t nn_model_param_count(const nn_model *m); // number of trained values

#ifdef __cplusplus
}
#endif

#endif
