// SPDX-License-Identifier: MIT
// A model as a C program: one C99 file with its weights and one header, for microcontrollers. It
// allocates nothing, and of libc it calls memcpy.
#ifndef NN_EXPORT_C_EXPORT_C_H
#define NN_EXPORT_C_EXPORT_C_H

#include "nn/base/api.h"
#include "nn/graph/model.h"
#include "nn/io/buffer.h"

typedef struct nn_export_c_options {
    const char *name;     // of the C symbols and files: a C identifier of at most 40 letters
    int input_h, input_w; // 0: the model's
} nn_export_c_options;

typedef struct nn_export_c_files {
    nn_buffer source, header, test; // NAME.c, NAME.h, NAME_test.c: a main with a test vector
    bool int8;                      // the input is bytes
    size_t arena_bytes;             // of memory for values, input and outputs included
    size_t constant_bytes;          // of weights and tables
    double macs;                    // multiply-accumulates of a run
} nn_export_c_files;

// Writes the program for one image of one size. A quantised model runs on bytes, with results that
// are those of the engine bit by bit; what of it is float32, and other models, follow the engine's
// reference kernels. The test vector is what the engine makes of a picture of noise. The text
// depends on the model and the options alone. NN_EUNSUPPORTED names the layer and the operator that
// has no form in C; NN_EINVAL: a bad name.
NN_API nn_status nn_export_c(nn_export_c_files *files, const nn_model *model,
                             const nn_export_c_options *options, nn_error *err);
NN_API void nn_export_c_release(nn_export_c_files *files);

#endif
