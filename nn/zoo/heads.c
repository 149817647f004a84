// SPDX-License-Identifier: MIT
// The table of heads.
#include "nn/zoo/heads.h"

#include <string.h>

#define NN_ZOO_HEAD(word) extern const nn_zoo_head nn_zoo_head_##word;
#include "nn/zoo/heads.inc"
#undef NN_ZOO_HEAD

#define NN_ZOO_HEAD(word) &nn_zoo_head_##word,
static const nn_zoo_head *const heads[] = {
#include "nn/zoo/heads.inc"
};
#undef NN_ZOO_HEAD

int nn_zoo_head_count(void)
{
    return (int)(sizeof heads / sizeof *heads);
}

const nn_zoo_head *nn_zoo_head_at(int i)
{
    return heads[i];
}

const nn_zoo_head *nn_zoo_head_of(const char *task)
{
    for (int i = 0; i < nn_zoo_head_count(); i++)
        if (strcmp(heads[i]->task, task) == 0)
            return heads[i];
    return NULL;
}

const nn_zoo_head *nn_zoo_head_find(const char *name)
{
    for (int i = 0; i < nn_zoo_head_count(); i++)
        if (strcmp(heads[i]->name, name) == 0)
            return heads[i];
    return NULL;
}
