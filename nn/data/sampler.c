// SPDX-License-Identifier: MIT
// Orders of epochs: cumulative shares, and Fisher-Yates shuffles with counter-based random streams.
#include "nn/data/sampler.h"

#include "nn/base/memory.h"
#include "nn/base/rng.h"

static nn_status find_sources(nn_sampler *s, nn_error *err)
{
    const nn_dataset *d = s->data;
    for (int i = 0; i < d->count; i++) {
        int source = d->samples[i].source;
        if (s->source_count[source]++ == 0)
            s->source_first[source] = i;
        else if (d->samples[i - 1].source != source)
            return nn_fail(err, NN_EINVAL, "data set: the samples of source %d do not lie together",
                           source);
    }
    return NN_OK;
}

nn_status nn_sampler_init(nn_sampler *s, const nn_dataset *data, uint64_t seed, int epoch_size,
                          nn_error *err)
{
    *s = (nn_sampler){.data = data, .seed = seed, .epoch = -1};
    if (data->count == 0)
        return nn_fail(err, NN_EINVAL, "the data have no picture to train on");
    s->epoch_size = epoch_size > 0 ? epoch_size : data->count;
    s->order = nn_calloc(s->epoch_size, sizeof *s->order);
    s->shuffled = nn_calloc(data->count, sizeof *s->shuffled);
    s->source_first = nn_calloc(data->source_count, sizeof *s->source_first);
    s->source_count = nn_calloc(data->source_count, sizeof *s->source_count);
    nn_status status = NN_OK;
    if (!s->order || !s->shuffled || !s->source_first || !s->source_count)
        status = nn_fail(err, NN_ENOMEM, "no memory for an epoch of %d", s->epoch_size);
    else
        status = find_sources(s, err);
    if (status != NN_OK)
        nn_sampler_release(s);
    return status;
}

void nn_sampler_release(nn_sampler *s)
{
    nn_free(s->order);
    nn_free(s->shuffled);
    nn_free(s->source_first);
    nn_free(s->source_count);
    *s = (nn_sampler){0};
}

static void shuffle(int32_t *v, int n, nn_rng *r)
{
    for (int i = n - 1; i > 0; i--) {
        int j = (int)nn_rng_below(r, i + 1);
        int32_t t = v[i];
        v[i] = v[j];
        v[j] = t;
    }
}

static double weight_of(const nn_sampler *s, int source)
{
    float share = s->data->sources[source].share;
    return s->source_count[source] == 0 ? 0 : share > 0 ? share : s->source_count[source];
}

// Fills order[begin, end) with samples of one source, shuffled again after each full pass.
static void fill_from(nn_sampler *s, int source, int begin, int end, nn_rng *r)
{
    int n = s->source_count[source];
    for (int i = 0; i < n; i++)
        s->shuffled[i] = s->source_first[source] + i;
    for (int i = begin; i < end; i++) {
        if ((i - begin) % n == 0)
            shuffle(s->shuffled, n, r);
        s->order[i] = s->shuffled[(i - begin) % n];
    }
}

static void make_order(nn_sampler *s, int64_t epoch)
{
    nn_rng r = nn_rng_stream(s->seed ^ nn_hash_name("epoch order"), (uint64_t)epoch);
    double total = 0, before = 0;
    for (int i = 0; i < s->data->source_count; i++)
        total += weight_of(s, i);
    int begin = 0;
    for (int i = 0; i < s->data->source_count; i++) {
        before += weight_of(s, i);
        int end = (int)(before / total * s->epoch_size + 0.5);
        if (end > s->epoch_size)
            end = s->epoch_size;
        if (s->source_count[i] > 0)
            fill_from(s, i, begin, end, &r);
        begin = end;
    }
    shuffle(s->order, s->epoch_size, &r);
    s->epoch = epoch;
}

int nn_sampler_get(nn_sampler *s, int64_t index)
{
    int64_t epoch = index / s->epoch_size;
    if (epoch != s->epoch)
        make_order(s, epoch);
    return s->order[index % s->epoch_size];
}
