// SPDX-License-Identifier: MIT
// Model and tensor files: one format in each file of this folder, recognised by content and not by
// name.
#ifndef NN_IO_IO_H
#define NN_IO_IO_H

#include "nn/base/api.h"
#include "nn/graph/model.h"

#include <stddef.h>

// A file as a set of named tensors with string metadata.
typedef struct nn_bundle_tensor {
    char *name;       // owned
    nn_tensor tensor; // its data belong to the bundle
} nn_bundle_tensor;

typedef struct nn_bundle {
    nn_bundle_tensor *tensors; // owned, sorted by name, read-only data
    int count;
    char **meta;    // owned: key, value, key, value, ...
    int meta_count; // pairs
    void *map;      // private: the mapped or read file
    size_t map_bytes;
    void *aligned;           // private: copies of tensors that are not aligned in the file
    struct nn_bundle *parts; // private: the files that the tensors lie in, where they are several
    int part_count;
} nn_bundle;

// Reads a tensor file of any known format (safetensors, PyTorch), the files of an index of Hugging
// Face, or those in a folder (shards.h). Data stay in the mapped file where the format allows it.
// Everything in the file is checked before it is used.
NN_API nn_status nn_bundle_load(nn_bundle *b, const char *path, nn_error *err);
// The same of one file, which is no index.
nn_status nn_bundle_load_file(nn_bundle *b, const char *path, nn_error *err);
// The same from memory, which must outlive the bundle.
nn_status nn_bundle_parse(nn_bundle *b, const void *bytes, size_t size, nn_error *err);
NN_API void nn_bundle_release(nn_bundle *b);
NN_API const nn_tensor *nn_bundle_find(const nn_bundle *b, const char *name);
NN_API const char *nn_bundle_meta(const nn_bundle *b, const char *key);

// Writes tensors (any dtype; names[i], tensors[i]) and metadata as safetensors, to a temporary name
// that is synced and renamed, so that `path` is always whole.
NN_API nn_status nn_bundle_save(const char *path, const char *const *names,
                                const nn_tensor *tensors, int count, const char *const *meta,
                                int meta_count, nn_error *err);

// Where a model called `name` lies: itself when it is a readable file, the model in it when it is a
// folder of Hugging Face (shards.h), else NAME.safetensors in
// $NEROSCALE_MODELS, the build's assets and the installed directory. NN_ENOTFOUND lists
// them.
NN_API nn_status nn_model_find(const char *name, char *path, size_t size, nn_error *err);

// The i-th of these folders, i from 0, in the order in which they are searched; it need not exist.
// False when i is past the last one, or the path is longer than `size`.
NN_API bool nn_model_folder(int i, char *path, size_t size);

// Sets all parameters from tensors with the same names (or the old names in torchvision's DenseNet
// files). Nothing changes when a tensor is missing, has another shape, or is no parameter; the
// error names it. PyTorch's num_batches_tracked and the auxiliary classifiers of a network built
// without them are ignored.
NN_API nn_status nn_model_set_params(nn_model *m, const nn_bundle *b, nn_error *err);
// Sets the parameters that fit by name and shape and leaves the others, to start a training from
// weights of another network. Returns the number of parameters set.
NN_API int nn_model_take_params(nn_model *m, const nn_bundle *b);
// Saves parameters and card, and the graph unless the card's network and options rebuild it.
// Quantised weights are 8-bit integers (nn_quantized_param_dtype). With
// `half`, weights of rank >= 2 become float16, except buffers and those with a number that float16
// cannot hold (nn_f16_holds).
NN_API nn_status nn_model_save(const nn_model *m, const char *path, bool half, nn_error *err);

// Converts a card to and from JSON text. *json is freed with nn_free.
nn_status nn_card_to_json(const nn_card *card, char **json, nn_error *err);
NN_API nn_status nn_card_from_json(nn_card *card, const char *json, nn_error *err);
// Overrides keys of the card by those of a JSON file, which may have the keys of a sidecar
// ("labels", "threshold", "fit", "notice", ...). Errors name file and key and leave *card
// unchanged.
NN_API nn_status nn_card_change(nn_card *card, const char *path, nn_error *err);
// Replaces the labels by the lines of a text file, empty ones at its end ignored, or by names with
// commas between them. Errors name file and line.
NN_API nn_status nn_card_read_labels(nn_card *card, const char *names, nn_error *err);

#endif
