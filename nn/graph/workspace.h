// SPDX-License-Identifier: MIT
// Memory that plans of one model share: they never run at the same time, and many of their
// constants are packed alike.
#ifndef NN_GRAPH_WORKSPACE_H
#define NN_GRAPH_WORKSPACE_H

#include "nn/base/status.h"

// Working memory as large as the largest plan needs, and packed constants, each once. For one
// thread at a time; a run destroys the values of all other plans. It must outlive its plans.
typedef struct nn_workspace nn_workspace;

nn_workspace *nn_workspace_new(void); // NULL when memory is short
void nn_workspace_free(nn_workspace *w);

#endif
