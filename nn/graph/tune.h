// SPDX-License-Identifier: MIT
// Measuring which implementation of each node is fastest on this machine, instead of estimating it.
#ifndef NN_GRAPH_TUNE_H
#define NN_GRAPH_TUNE_H

#include "nn/base/api.h"
#include "nn/graph/plan.h"

typedef struct nn_choice {
    char *node; // owned: the node's name
    char *impl; // owned: the implementation's
} nn_choice;

// What was measured, and what for: it holds for the same model, machine, threads and input size.
struct nn_choices {
    nn_choice *list; // owned, only nodes with several implementations
    int count;
    char cpu[16]; // nn_cpu_name
    int threads, height, width;
    bool exact, half;
};

nn_choices *nn_choices_new(void); // zeroed; NULL when there is no memory
NN_API void nn_choices_free(nn_choices *c);
nn_status nn_choices_add(nn_choices *c, const char *node, const char *impl, nn_error *err);
// The implementation chosen for a node; NULL when none is.
const char *nn_choices_find(const nn_choices *c, const char *node);
// Whether a plan for `input` with these options may use them.
NN_API bool nn_choices_suit(const nn_choices *c, const nn_shape *input,
                            const nn_plan_options *options);

// Runs a compiled plan of the model with each implementation of every node in turn, `runs` times
// (0: 5) on made-up input, and keeps the fastest of each. `options` as for the plan that will be
// made.
NN_API nn_status nn_plan_tune(nn_choices **out, const nn_model *model, const nn_shape *inputs,
                              int n_inputs, const nn_plan_options *options, int runs,
                              nn_error *err);

#endif
