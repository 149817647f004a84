// SPDX-License-Identifier: MIT
// Splits a part of every class off a data set.
#include "nn/data/dataset.h"

#include "nn/base/memory.h"
#include "nn/base/rng.h"

#include <math.h>

enum { NO_CLASS = -1 };

static int32_t class_of(const nn_sample *s)
{
    if (s->class_count > 0)
        return s->classes[0];
    return s->truth_count > 0 && s->truths[0].ignore != NN_IGNORE_CLASS ? s->truths[0].label
                                                                        : NO_CLASS;
}

// Marks `part` of the samples of a class; `members` has room for their indices.
static void draw_class(const nn_dataset *d, int first, int32_t label, double part, uint64_t seed,
                       int *members, uint8_t *taken)
{
    nn_rng rng = nn_rng_stream(seed ^ nn_hash_name("held back"), (uint64_t)(label + 1));
    int n = 0;
    for (int i = first; i < d->count; i++)
        if (class_of(&d->samples[i]) == label)
            members[n++] = i;
    int wanted = (int)lround(part * n);
    wanted = wanted < n ? wanted : n - 1;
    for (int i = 0; i < wanted; i++) {
        const int k = i + (int)nn_rng_below(&rng, n - i), index = members[k];
        members[k] = members[i];
        taken[index] = NN_SAMPLE_MOVES;
    }
}

nn_status nn_dataset_split(nn_dataset *d, int first, double part, uint64_t seed, nn_dataset *to,
                           nn_error *err)
{
    const int n = d->count - first;
    if (n <= 0)
        return NN_OK;
    int32_t last = NO_CLASS;
    for (int i = first; i < d->count; i++)
        last = class_of(&d->samples[i]) > last ? class_of(&d->samples[i]) : last;
    int *members = nn_calloc((size_t)n, sizeof *members);
    uint8_t *taken = nn_calloc((size_t)d->count, sizeof *taken);
    nn_status status = members && taken ? NN_OK : nn_fail(err, NN_ENOMEM, "no memory for a split");
    for (int32_t label = NO_CLASS; label <= last && status == NN_OK; label++)
        draw_class(d, first, label, part, seed, members, taken);
    if (status == NN_OK)
        status = nn_dataset_move(d, first, taken, to, err);
    nn_free(members);
    nn_free(taken);
    return status;
}
