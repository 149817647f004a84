// SPDX-License-Identifier: MIT
// Finds the tensors of a model in what a PyTorch file holds: a state_dict, a training program's
// checkpoint around one, or a module object.
#ifndef NN_IO_TORCH_PTH_STATE_H
#define NN_IO_TORCH_PTH_STATE_H

#include "nn/io/torch/pickle.h"

typedef struct nn_pth_entry {
    char *name; // owned
    const nn_pickle_tensor *tensor;
} nn_pth_entry;

typedef struct nn_pth_state {
    nn_pth_entry *entries;
    size_t count, capacity;
} nn_pth_state;

// Fills the zeroed `s`, which is released in any case: from the root of the pickle; or from what is
// under a usual name of checkpoints ("state_dict", "model", ...), averaged weights ("model_ema",
// "ema", ...) first; else from the inner value with the most tensors. That is a dict of tensors; a
// module, whose parameters and buffers get the names of its state_dict; or an object of a
// TorchScript archive, all of whose tensors count. Prefixes "module." and "_orig_mod." of all names
// are dropped. NN_EUNSUPPORTED when there are no tensors.
nn_status nn_pth_state_find(nn_pth_state *s, const nn_pickle *pickle, nn_error *err);
void nn_pth_state_release(nn_pth_state *s);

#endif
