// SPDX-License-Identifier: MIT
// Which implementation was measured to be fastest for each node.
#include "nn/graph/tuning_cache.h"

#include "nn/base/memory.h"

#include <string.h>

nn_tuning_cache *nn_tuning_cache_new(void)
{
    return nn_calloc(1, sizeof(nn_tuning_cache));
}

void nn_tuning_cache_free(nn_tuning_cache *c)
{
    if (!c)
        return;
    for (int i = 0; i < c->count; i++) {
        nn_free(c->list[i].node);
        nn_free(c->list[i].impl);
    }
    nn_free(c->list);
    nn_free(c);
}

nn_status nn_tuning_cache_add(nn_tuning_cache *c, const char *node, const char *impl, nn_error *err)
{
    size_t bytes = (size_t)c->count * sizeof *c->list;
    nn_tuned_node *list = nn_realloc(c->list, bytes, bytes + sizeof *c->list);
    if (!list)
        return nn_fail(err, NN_ENOMEM, "no memory for a tuning cache of %d nodes", c->count);
    c->list = list;
    nn_tuned_node *added = &list[c->count++];
    *added = (nn_tuned_node){nn_strdup(node), nn_strdup(impl)};
    if (!added->node || !added->impl)
        return nn_fail(err, NN_ENOMEM, "no memory for the choice of node %s", node);
    return NN_OK;
}

const char *nn_tuning_cache_find(const nn_tuning_cache *c, const char *node)
{
    for (int i = 0; c && i < c->count; i++)
        if (!strcmp(c->list[i].node, node))
            return c->list[i].impl;
    return NULL;
}

bool nn_tuning_cache_suit(const nn_tuning_cache *c, const nn_shape *input,
                          const nn_plan_options *options)
{
    return input->rank == 4 && input->dim[2] == c->height && input->dim[3] == c->width &&
           nn_pool_threads(options->pool) == c->threads && options->exact == c->exact &&
           options->half == c->half && options->bf16 == c->bf16 &&
           !strcmp(nn_cpu_name(nn_kernels_level()), c->cpu);
}
