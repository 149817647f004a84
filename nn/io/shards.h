// SPDX-License-Identifier: MIT
// Tensors in several files beside an index, as Hugging Face writes large models:
// model.safetensors.index.json says in which file each tensor lies.
#ifndef NN_IO_SHARDS_H
#define NN_IO_SHARDS_H

#include "nn/io/io.h"

enum { NN_MAX_SHARDS = 256 };

// Opens the file of this name, which is plain and leads to no other folder.
typedef nn_status nn_shard_open(void *ctx, const char *name, nn_bundle *b, nn_error *err);

// The file to read in a folder of Hugging Face: the index, or model.safetensors. False: it has
// neither.
bool nn_shards_in_folder(const char *folder, char *path, size_t size);
// Fills a zeroed bundle with the tensors of all files that the index names. The metadata are those
// of the first file. The caller releases the bundle after an error.
nn_status nn_shards_parse(nn_bundle *b, const void *index, size_t size, nn_shard_open *open,
                          void *ctx, nn_error *err);

#endif
