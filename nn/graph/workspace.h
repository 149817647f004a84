// SPDX-License-Identifier: MIT
// Memory that plans of one model share: they never run at the same time, and many of their
// constants are packed alike. Plans that do run at the same time have a workspace each.
#ifndef NN_GRAPH_WORKSPACE_H
#define NN_GRAPH_WORKSPACE_H

#include "nn/base/status.h"

// Working memory as large as the largest plan needs, and packed constants, each once. For one
// thread at a time; a run destroys the values of all other plans. It must outlive its plans.
typedef struct nn_workspace nn_workspace;

nn_workspace *nn_workspace_new(void); // NULL when memory is short
// Working memory of its own, and the packed constants of `first`, which must outlive it: plans of
// both may run at the same time. Plans are made and freed while no plan of either runs.
nn_workspace *nn_workspace_new_beside(nn_workspace *first);
void nn_workspace_free(nn_workspace *w);

#endif
