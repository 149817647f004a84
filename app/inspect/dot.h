// SPDX-License-Identifier: MIT
// Writes the graph of a network for Graphviz.
#ifndef APP_INSPECT_DOT_H
#define APP_INSPECT_DOT_H

#include "nn/graph/plan.h"

// Writes the graph of the planned `model` with operators and shapes. NN_EIO names the file.
nn_status app_dot_write(const char *path, const nn_model *model, const nn_plan *plan,
                        nn_error *err);

#endif
