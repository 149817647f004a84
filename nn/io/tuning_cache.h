// SPDX-License-Identifier: MIT
// A tuning cache as a JSON file beside the model.
#ifndef NN_IO_TUNING_CACHE_H
#define NN_IO_TUNING_CACHE_H

#include "nn/base/api.h"
#include "nn/graph/tune.h"

// MODEL.tuned.json; owned by the caller (nn_free), NULL without memory.
NN_API char *nn_tuning_cache_path(const char *model);

// Writes it whole or not at all; NN_EIO names the path.
NN_API nn_status nn_tuning_cache_save(const nn_tuning_cache *c, const char *path, nn_error *err);
// The tuning cache beside a model file; NULL (and NN_OK) when it was not tuned.
NN_API nn_status nn_tuning_cache_load_for(nn_tuning_cache **out, const char *model, nn_error *err);
// NN_ENOTFOUND when there is no such file, NN_EFORMAT when it is damaged.
nn_status nn_tuning_cache_load(nn_tuning_cache **out, const char *path, nn_error *err);
nn_status nn_tuning_cache_parse(nn_tuning_cache **out, const void *text, size_t size,
                                nn_error *err);

#endif
