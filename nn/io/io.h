// SPDX-License-Identifier: MIT
// Model and tensor files: one format a file in this folder, found by content and not by name.
#ifndef NN_IO_IO_H
#define NN_IO_IO_H

#include "nn/base/api.h"
#include "nn/graph/model.h"

#include <stddef.h>

// A set of named tensors with string metadata, as a file holds them.
typedef struct nn_bundle_tensor {
    char *name;       // owned
    nn_tensor tensor; // data lies in the bundle
} nn_bundle_tensor;

typedef struct nn_bundle {
    nn_bundle_tensor *tensors; // owned, sorted by name, read-only data
    int count;
    char **meta;    // owned: key, value, key, value, ...
    int meta_count; // pairs
    void *map;      // private: the mapped or read file
    size_t map_bytes;
    void *aligned; // private: copies of tensors that lie at odd addresses in the file
} nn_bundle;

// Reads a tensor file of any format we know (safetensors, PyTorch). The data stays in the (mapped)
// file where the format allows it. Everything in the file is checked before it is used.
NN_API nn_status nn_bundle_load(nn_bundle *b, const char *path, nn_error *err);
// The same from memory, which must outlive the bundle: for fuzzing and embedded files.
nn_status nn_bundle_parse(nn_bundle *b, const void *bytes, size_t size, nn_error *err);
NN_API void nn_bundle_release(nn_bundle *b);
NN_API const nn_tensor *nn_bundle_find(const nn_bundle *b, const char *name);
NN_API const char *nn_bundle_meta(const nn_bundle *b, const char *key);

// Writes tensors (any dtype; names[i], tensors[i]) and metadata as safetensors, to a temporary name
// that is synced and renamed, so that `path` is always whole.
NN_API nn_status nn_bundle_save(const char *path, const char *const *names,
                                const nn_tensor *tensors, int count, const char *const *meta,
                                int meta_count, nn_error *err);

// Where a model called `name` lies: itself when it is a readable file, else NAME.safetensors in
// $NEROSCALE_MODELS, the build's assets and the installed directory. NN_ENOTFOUND lists
// them.
NN_API nn_status nn_model_find(const char *name, char *path, size_t size, nn_error *err);

// Loads a model (path or installed name). A tensor file has a card, whose network is built and its
// parameters filled; every one must be there with its shape, the error names the first that is not.
// The card of an ONNX file is its metadata's, else that of the only head which its outputs suit;
// keys in the sidecar beside it, FILE.json for FILE.onnx, come before either (nn/io/README.md).
NN_API nn_status nn_model_load(nn_model **out, const char *name, nn_error *err);

// What a caller knows better than the file. All may be NULL or 0.
typedef struct nn_model_hints {
    const char *head;     // decoder in nn/vision/decode
    const char *labels;   // text file with the names of the classes, a line each
    int input_h, input_w; // of ONNX files, which are read for one size; else the card's
} nn_model_hints;
NN_API nn_status nn_model_load_with(nn_model **out, const char *name, const nn_model_hints *hints,
                                    nn_error *err);
// A model of a tensor file in memory: for fuzzing and embedded files.
nn_status nn_model_parse(nn_model **out, const void *bytes, size_t size, nn_error *err);
// Fills all parameters from the bundle's tensors of the same names (or those that torchvision's
// DenseNet files have). None is changed when one is missing, has another shape or when there is a
// tensor that is no parameter, which the error names. PyTorch's num_batches_tracked may be there,
// and the auxiliary classifiers of a network that was built without.
NN_API nn_status nn_model_set_params(nn_model *m, const nn_bundle *b, nn_error *err);
// Takes what fits by name and shape and leaves the rest as it is, to start a training from another
// network's weights. Returns the number of parameters taken.
NN_API int nn_model_take_params(nn_model *m, const nn_bundle *b);
// Saves parameters and card, and the graph unless it is what the card's network and options
// rebuild; weights of rank >= 2 as float16 when `half`, but for buffers and those in which float16
// would make something infinite (nn_f16_holds): they stay float32.
NN_API nn_status nn_model_save(const nn_model *m, const char *path, bool half, nn_error *err);

// Card to and from JSON text (cJSON inside; the only place that knows its keys). *json is freed
// with nn_free.
nn_status nn_card_to_json(const nn_card *card, char **json, nn_error *err);
NN_API nn_status nn_card_from_json(nn_card *card, const char *json, nn_error *err);
// Writes the keys of a JSON file over the card's: those that may stand in a file beside a model
// ("labels", "threshold", "fit", "notice", ...). Errors name file and key; *card is then as it was.
NN_API nn_status nn_card_change(nn_card *card, const char *path, nn_error *err);
// Replaces the labels by the lines of a text file; empty lines at its end do not count. Errors name
// file and line.
NN_API nn_status nn_card_read_labels(nn_card *card, const char *path, nn_error *err);

#endif
