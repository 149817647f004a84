// SPDX-License-Identifier: MIT
// The search for the strongest activations: a sorted list for each channel.
#include "nn/explain/top_over_internal.h"

#include "nn/base/memory.h"

#include <math.h>
#include <string.h>

static nn_status add_layer(nn_top_over *t, int layer, const nn_top_over_options *o, nn_error *err)
{
    const nn_explain_layer l = nn_explainer_layer(t->e, layer);
    nn_top_layer *top = &t->layers[t->layer_count];
    *top = (nn_top_layer){.layer = layer,
                          .first = t->row_count,
                          .count = o->channels ? o->channel_count : l.channels};
    top->channels = nn_calloc((size_t)top->count + 1, sizeof *top->channels);
    if (!top->channels)
        return nn_fail(err, NN_ENOMEM, "no memory for %d channels", top->count);
    t->layer_count++;
    t->row_count += top->count;
    for (int i = 0; i < top->count; i++) {
        top->channels[i] = o->channels ? o->channels[i] : i;
        if (top->channels[i] < 0 || top->channels[i] >= l.channels)
            return nn_fail(err, NN_EINVAL, "layer %s has channels 0 to %d, not %d", l.name,
                           l.channels - 1, top->channels[i]);
    }
    return NN_OK;
}

static nn_status prepare(nn_top_over *t, const nn_top_over_options *o, nn_error *err)
{
    const int layers = nn_explainer_layer_count(t->e);
    t->hit_count = o->hits ? o->hits : NN_TOP_OVER_HITS;
    t->method = o->method ? o->method : "deconv";
    if (t->hit_count < 1 || t->hit_count > NN_TOP_OVER_MOST)
        return nn_fail(err, NN_EINVAL, "%d hits of a channel: 1 to %d are possible", t->hit_count,
                       NN_TOP_OVER_MOST);
    if (o->layer_count < 1)
        return nn_fail(err, NN_EINVAL, "no layer to search");
    t->layers = nn_calloc((size_t)o->layer_count, sizeof *t->layers);
    if (!t->layers)
        return nn_fail(err, NN_ENOMEM, "no memory for %d layers", o->layer_count);
    for (int i = 0; i < o->layer_count; i++) {
        if (o->layers[i] < 0 || o->layers[i] >= layers)
            return nn_fail(err, NN_EINVAL, "layer %d of %d", o->layers[i], layers);
        const nn_status status = add_layer(t, o->layers[i], o, err);
        if (status != NN_OK)
            return status;
    }
    t->hits = nn_calloc((size_t)t->row_count * (size_t)t->hit_count, sizeof *t->hits);
    t->counts = nn_calloc((size_t)t->row_count + 1, sizeof *t->counts);
    if (!t->hits || !t->counts)
        return nn_fail(err, NN_ENOMEM, "no memory for %d hits of %d channels", t->hit_count,
                       t->row_count);
    return o->exact ? NN_OK : nn_layer_runner_new(&t->runner, t->e, o->layers, o->layer_count, err);
}

nn_status nn_top_over_new(nn_top_over **out, nn_explainer *e, const nn_top_over_options *o,
                          nn_error *err)
{
    *out = NULL;
    nn_top_over *t = nn_calloc(1, sizeof *t);
    if (!t)
        return nn_fail(err, NN_ENOMEM, "no memory for a search");
    t->e = e;
    const nn_status status = prepare(t, o, err);
    if (status == NN_OK)
        *out = t;
    else
        nn_top_over_free(t);
    return status;
}

void nn_top_over_free(nn_top_over *t)
{
    if (!t)
        return;
    for (int i = 0; i < t->layer_count; i++)
        nn_free(t->layers[i].channels);
    nn_free(t->layers);
    nn_free(t->hits);
    nn_free(t->counts);
    nn_layer_runner_free(t->runner);
    nn_free(t);
}

size_t nn_top_over_bytes(const nn_top_over *t)
{
    return (size_t)t->row_count * ((size_t)t->hit_count * sizeof *t->hits + sizeof *t->counts +
                                   sizeof *t->layers->channels) +
           (t->runner ? nn_layer_runner_bytes(t->runner) : 0);
}

// The largest of n numbers that are above 0; its index, -1 when none is.
static int64_t find_largest(const float *x, int64_t n)
{
    int64_t best = -1;
    float most = 0;
    for (int64_t i = 0; i < n; i++)
        if (x[i] > most) {
            most = x[i];
            best = i;
        }
    return best;
}

// Puts a hit into the sorted list of a channel; the last one makes room.
static void insert_hit(nn_top_over *t, int row, const nn_top_hit *hit)
{
    nn_top_hit *hits = t->hits + (size_t)row * (size_t)t->hit_count;
    int *count = &t->counts[row];
    if (*count == t->hit_count && hit->value <= hits[*count - 1].value)
        return;
    *count += *count < t->hit_count;
    int at = *count - 1;
    for (; at > 0 && hits[at - 1].value < hit->value; at--)
        hits[at] = hits[at - 1];
    hits[at] = *hit;
}

static void see_layer(nn_top_over *t, const nn_top_layer *top, int64_t picture, int64_t time)
{
    const nn_tensor *v = t->runner ? nn_layer_runner_values(t->runner, (int)(top - t->layers))
                                   : nn_explainer_values(t->e, top->layer);
    const bool maps = v->shape.rank == 4;
    const int64_t w = maps ? v->shape.dim[3] : 1, cells = maps ? v->shape.dim[2] * w : 1;
    for (int i = 0; i < top->count; i++) {
        const float *x = nn_tensor_f32(v) + top->channels[i] * cells;
        const int64_t best = find_largest(x, cells);
        if (best < 0)
            continue;
        insert_hit(t, top->first + i,
                   &(nn_top_hit){.picture = picture,
                                 .time = time,
                                 .value = x[best],
                                 .y = maps ? (int)(best / w) : -1,
                                 .x = maps ? (int)(best % w) : -1});
    }
}

nn_status nn_top_over_see(nn_top_over *t, const nn_frame *frame, int64_t picture, int64_t time,
                          nn_error *err)
{
    const nn_status status =
        t->runner ? nn_layer_runner_see(t->runner, frame, err) : nn_explainer_see(t->e, frame, err);
    for (int i = 0; i < t->layer_count && status == NN_OK; i++)
        see_layer(t, &t->layers[i], picture, time);
    t->pictures += status == NN_OK;
    return status;
}

nn_status nn_top_over_search(nn_top_over *t, const nn_picture_source *source,
                             nn_explain_progress *progress, void *ctx, nn_error *err)
{
    for (int64_t i = 0; !progress || progress(ctx, i, source->count); i++) {
        nn_frame frame;
        int64_t time = -1;
        const int got = source->read(source->ctx, i, &frame, &time, err);
        nn_status status = NN_OK;
        if (got == NN_SOURCE_END)
            break;
        if (got == NN_SOURCE_FAILED)
            return err && err->status ? err->status : NN_EIO;
        if (got == NN_SOURCE_SKIPPED)
            t->skipped++;
        else
            status = nn_top_over_see(t, &frame, i, time, err);
        if (status != NN_OK)
            return status;
    }
    return NN_OK;
}

int64_t nn_top_over_pictures(const nn_top_over *t, int64_t *skipped)
{
    if (skipped)
        *skipped = t->skipped;
    return t->pictures;
}

int nn_top_over_channel_count(const nn_top_over *t, int layer)
{
    return t->layers[layer].count;
}

int nn_top_over_channel(const nn_top_over *t, int layer, int i)
{
    return t->layers[layer].channels[i];
}

int nn_top_over_hits(const nn_top_over *t, int layer, int channel, const nn_top_hit **hits)
{
    const nn_top_layer *top = &t->layers[layer];
    for (int i = 0; i < top->count; i++)
        if (top->channels[i] == channel) {
            *hits = t->hits + (size_t)(top->first + i) * (size_t)t->hit_count;
            return t->counts[top->first + i];
        }
    *hits = NULL;
    return 0;
}
