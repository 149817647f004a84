// SPDX-License-Identifier: MIT
// What a plan does with the workspace that it shares.
#ifndef NN_GRAPH_WORKSPACE_PARTS_H
#define NN_GRAPH_WORKSPACE_PARTS_H

#include "nn/graph/plan_options.h"

// Working memory of at least so many bytes, which moves that of the plans that have
// entered; NULL when memory is short.
void *nn_workspace_arena(nn_workspace *w, size_t bytes);
void *nn_workspace_scratch(nn_workspace *w, size_t bytes);
void nn_workspace_enter(nn_workspace *w, nn_plan *plan);
void nn_workspace_leave(nn_workspace *w, nn_plan *plan); // also one that is not complete
nn_status nn_workspace_pack(nn_workspace *w, nn_plan *plan, nn_error *err);

#endif
