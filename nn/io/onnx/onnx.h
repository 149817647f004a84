// SPDX-License-Identifier: MIT
// ONNX models into graphs: shapes are settled when a model is read, and so is everything that
// depends on shapes only.
#ifndef NN_IO_ONNX_ONNX_H
#define NN_IO_ONNX_ONNX_H

#include "nn/base/api.h"
#include "nn/graph/model.h"

#include <stddef.h>

// Shapes of the inputs, in place of those the file declares. Dims that the file leaves open are 1.
typedef struct nn_onnx_options {
    const nn_shape *inputs; // n_inputs of them, in the file's order; NULL: as declared
    int n_inputs;
    // One for each input, or NULL. An input whose data is not NULL becomes this float32 constant
    // and is no input any more; for files that have shapes as inputs.
    const nn_tensor *constants;
    int input_h, input_w; // > 0: height and width of all inputs NxCxHxW, unless `inputs` says
    int open_h, open_w;   // > 0: the same where the file leaves them open and its card does not say
    // Most bytes of constants that nodes of the file make, as ConstantOfShape does; 0: four times
    // the file, but at least 64 MiB and a quarter of the machine's memory, up to 4 GiB.
    size_t constant_bytes;
    // Nodes whose sizes depend on the data, and what needs them, become the model's tail; false:
    // they are refused, but for NonMaxSuppression, which gets as many rows as there can be.
    bool tail;
    // Inputs that are pictures, 3xHxW, HxWx3 (both sides open, or 16 and more) or NxHxWx3, become
    // inputs Nx3xHxW, which are turned into them; those of uint8 are rounded, and the card gets a
    // std for 0 .. 255.
    bool picture;
} nn_onnx_options;

// Whether the first bytes look like an ONNX file.
bool nn_onnx_probe(const void *bytes, size_t size);
bool nn_onnx_probe_file(const char *path); // false too when it cannot be read

// Reads opsets 1 to 25 (domain ai.onnx) into a model for exactly these input shapes, which are its
// fixed_inputs. Its card is the metadata entry "neroscale", else empty (std 1). Every tensor
// is held as float32, whole numbers too (exact up to 2^24). Operators that are not known are all
// named with their nodes, before any tensor is allocated (NN_EUNSUPPORTED), and so are inputs and
// outputs that are text or no tensors. `options` may be NULL.
// Volumes become images, NonMaxSuppression as many rows as there can be, the free ones -1. If takes
// the branch that a constant condition says, of others both are computed; loops and sequences
// (RNN, LSTM) are unrolled. Sizes that depend on the input's data (NonZero) are refused, or with
// `tail` come out of nn_model.tail. Not supported, with an error that says so: text, sequences and
// optional values as inputs or outputs, random numbers.
// nn_onnx_load reads tensors from other files in the model's own folder, nn_onnx_parse none.
nn_status nn_onnx_parse(nn_model **out, const void *bytes, size_t size,
                        const nn_onnx_options *options, nn_error *err);
nn_status nn_onnx_load(nn_model **out, const char *path, const nn_onnx_options *options,
                       nn_error *err);

// How a model is written.
typedef struct nn_onnx_save_options {
    const nn_shape *inputs; // one per input; NULL: fixed_inputs, or one image of the card's size
    bool open_batch;        // any number of images at once; not for models with fixed_inputs
    bool half;              // weights of rank >= 2 as float16, each with a Cast to float32 behind,
                            // where nn_f16_holds them
} nn_onnx_save_options;

// Writes a model for one input size in opset 13, which all common runtimes read. Parameters keep
// their names, outputs theirs; what depends on parameters only is computed; training's outputs
// ("aux...") and dropout are left out; the card stands in the metadata under "neroscale". All
// operators that cannot be written are named (NN_EUNSUPPORTED). `options` may be NULL.
NN_API nn_status nn_onnx_save(const nn_model *m, const char *path,
                              const nn_onnx_save_options *options, nn_error *err);

#endif
