// SPDX-License-Identifier: MIT
// Which implementation was measured to be fastest for each node, on one machine.
#ifndef NN_GRAPH_TUNING_CACHE_H
#define NN_GRAPH_TUNING_CACHE_H

#include "nn/base/api.h"
#include "nn/graph/plan_options.h"

typedef struct nn_tuned_node {
    char *node; // owned: the node's name
    char *impl; // owned: the implementation's
} nn_tuned_node;

// The fastest implementations, as measured, and the model, machine, threads and input size that
// they are valid for.
struct nn_tuning_cache {
    nn_tuned_node *list; // owned, only nodes with several implementations
    int count;
    char cpu[16]; // nn_cpu_name
    int threads, height, width;
    bool exact, half, bf16;
    // Of a quantised model: "int8", "float32" or "mixed" layers (nn_model_tune_precision); empty:
    // not measured.
    char precision[12];
};

nn_tuning_cache *nn_tuning_cache_new(void); // zeroed; NULL when there is no memory
NN_API void nn_tuning_cache_free(nn_tuning_cache *c);
nn_status nn_tuning_cache_add(nn_tuning_cache *c, const char *node, const char *impl,
                              nn_error *err);
// The implementation chosen for a node; NULL when none is.
const char *nn_tuning_cache_find(const nn_tuning_cache *c, const char *node);
// Whether a plan for `input` with these options may use them.
NN_API bool nn_tuning_cache_suit(const nn_tuning_cache *c, const nn_shape *input,
                                 const nn_plan_options *options);

#endif
