// SPDX-License-Identifier: MIT
// What the two kinds of PyTorch files share: from the pickle's values to the tensors of a bundle.
#ifndef NN_IO_TORCH_PTH_TENSORS_H
#define NN_IO_TORCH_PTH_TENSORS_H

#include "nn/io/io.h"
#include "nn/io/torch/pickle.h"

// Where the elements lie: finds the bytes of the storage called `key`, which stay valid until the
// next call.
typedef struct nn_pth_store {
    nn_status (*open)(void *state, const nn_pickle_value *key, const uint8_t **bytes, size_t *size,
                      nn_error *err);
    void *state;
} nn_pth_store;

// Fills the zeroed bundle with the tensors of a dict in the pickle: its root, or the one that
// checkpoints keep under a usual name ("state_dict", "model", ...; averaged weights, "model_ema"
// and so on, come first), else the inner one with the most tensors. Prefixes "module." and
// "_orig_mod." that all names have are dropped; values that are no tensors are skipped. Each
// storage is opened once. Float64 becomes float32, int8 and int16 become int32, bool uint8. All
// tensors together are at most 16 times `file_size`.
nn_status nn_pth_read_tensors(nn_bundle *b, const nn_pickle *pickle, const nn_pth_store *store,
                              size_t file_size, nn_error *err);

#endif
