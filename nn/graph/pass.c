// SPDX-License-Identifier: MIT
// Names of the rewrites.
#include "nn/graph/pass.h"

#include <string.h>

static const char *const names[NN_PASS_COUNT] = {
    "dropout", "auxiliary", "norm", "add",  "act",   "fold",      "impls",
    "join",    "inplace",   "view", "int8", "image", "precision", "gate",
};

const char *nn_pass_name(int i)
{
    return names[i];
}

unsigned nn_pass_find(const char *name)
{
    for (int i = 0; i < NN_PASS_COUNT; i++)
        if (!strcmp(names[i], name))
            return 1u << i;
    return 0;
}
