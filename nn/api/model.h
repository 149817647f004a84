// SPDX-License-Identifier: MIT
// Models as wholes: opened from any file that can be read, built from a network's name, written.
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

enum { NN_FROM_MODEL = -1 }; // in options: what the model says

// Opens a file (safetensors, ONNX, ncnn, Darknet) or an installed model ("street"). Free it with
// nn_model_free. On failure *out is NULL, and err says which file, what is wrong and why.
NN_API nn_status nn_model_load(nn_model **out, const char *name, nn_error *err);
NN_API void nn_model_free(nn_model *m); // NULL is a no-op

typedef struct nn_build_options {
    const char *options;      // of the network: "alpha=0.5"; NULL: its usual ones
    const char *task;         // "classify", "detect" or "segment"
    const char *head;         // of the last two; NULL: the task's usual one
    const char *const *names; // of the classes, class_count of them
    int class_count;
    uint64_t seed; // of its random parameters
} nn_build_options;

// What holds when nothing is said: a classifier of one class, seed 1.
NN_API void nn_build_options_init(nn_build_options *options);

// A network of nn_network_name with random parameters, to be trained.
NN_API nn_status nn_model_build(nn_model **out, const char *network,
                                const nn_build_options *options, nn_error *err);

// The networks that can be built: name ("resnet18") and one line about each; NULL beyond the last.
NN_API const char *nn_network_name(int i);
NN_API const char *nn_network_summary(int i);

typedef struct nn_write_options {
    bool half;                     // weights as float16 where the format has it
    int batch;                     // ONNX: images at once, NN_WRITE_ANY_BATCH: any number
    int input_width, input_height; // ONNX: pixels, or NN_FROM_MODEL
} nn_write_options;

enum { NN_WRITE_ANY_BATCH = -1 };

// What holds when nothing is said: float32, one image of the model's size.
NN_API void nn_write_options_init(nn_write_options *options);

// Writes a model in the format that the path's ending names: .safetensors, .onnx, .h5. The file is
// whole or as it was. `options` may be NULL.
NN_API nn_status nn_model_write(const nn_model *m, const char *path,
                                const nn_write_options *options, nn_error *err);

NN_API const char *nn_model_task(const nn_model *m); // "classify", "detect", "segment"; "": unsaid
NN_API int nn_model_class_count(const nn_model *m);
NN_API const char *nn_model_class_name(const nn_model *m, int label); // NULL beyond the last
NN_API int64_t nn_model_param_count(const nn_model *m);               // trained ones

#ifdef __cplusplus
}
#endif

#endif
