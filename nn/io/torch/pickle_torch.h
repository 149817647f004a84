// SPDX-License-Identifier: MIT
// The globals that a pickle may name, and the effect of calling them.
#ifndef NN_IO_TORCH_PICKLE_TORCH_H
#define NN_IO_TORCH_PICKLE_TORCH_H

#include "nn/io/torch/pickle.h"

typedef struct nn_pickle_global {
    const char *module, *name;
    // Writes name(*args) into the zeroed `out`; NULL: it cannot be called. The result may be one of
    // the arguments: *alias then replaces `out`.
    nn_status (*call)(const nn_pickle_value *args, nn_pickle_value *out, nn_pickle_value **alias,
                      nn_error *err);
    nn_pickle_scalar scalar; // of a storage type
    bool storage;
} nn_pickle_global;

// NULL when the global is unknown.
const nn_pickle_global *nn_pickle_find_global(const char *module, size_t module_length,
                                              const char *name, size_t name_length);
// Whether a global may execute something when Python reads it: files that name one are refused.
bool nn_pickle_is_dangerous(const char *module, size_t module_length, const char *name,
                            size_t name_length);
// The storage of a persistent id ("storage", type, key, place, count).
nn_status nn_pickle_make_storage(const nn_pickle_value *id, nn_pickle_value *out, nn_error *err);

#endif
