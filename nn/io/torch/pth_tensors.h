// SPDX-License-Identifier: MIT
// Shared by both kinds of PyTorch files: makes the tensors of a bundle from the values of the
// pickle.
#ifndef NN_IO_TORCH_PTH_TENSORS_H
#define NN_IO_TORCH_PTH_TENSORS_H

#include "nn/io/io.h"
#include "nn/io/torch/pickle.h"

// Finds the bytes of the storage `key`; they are valid until the next call.
typedef struct nn_pth_store {
    nn_status (*open)(void *state, const nn_pickle_value *key, const uint8_t **bytes, size_t *size,
                      nn_error *err);
    void *state;
} nn_pth_store;

// Fills the zeroed bundle with the tensors of a pickle (pth_state.h). Each storage is opened once.
// Float64 becomes float32, int8 and int16 become int32, bool becomes uint8. All tensors together
// have at most 16 times `file_size`.
nn_status nn_pth_read_tensors(nn_bundle *b, const nn_pickle *pickle, const nn_pth_store *store,
                              size_t file_size, nn_error *err);

#endif
