// SPDX-License-Identifier: MIT
// A producer thread and a ring of batches.
#include "nn/train/loader.h"

#include "nn/base/memory.h"

#include <pthread.h>
#include <string.h>

enum {
    RING = 3,          // one in use, one ready, one being made
    MAX_TRUTHS = 1024, // boxes of one view
};

struct nn_loader {
    nn_loader_options options;
    nn_dataset *data;
    nn_sampler sampler;
    nn_batch ring[RING];
    int64_t made, taken; // batches since the start, guarded by `lock`
    bool stop;
    nn_status status; // of the producer
    nn_error error;
    int64_t first_step;
    pthread_t thread;
    bool running;
    pthread_mutex_t lock;
    pthread_cond_t changed;
};

static nn_status make_view(nn_loader *l, nn_batch *b, int i, nn_error *err)
{
    const nn_loader_options *o = &l->options;
    int64_t index = b->step * o->batch + i;
    nn_rng rng = nn_rng_stream(o->seed, (uint64_t)index);
    int others[3];
    for (int k = 0; k < 3; k++)
        others[k] = (int)nn_rng_below(&rng, l->data->count);
    nn_view view = {.height = o->height,
                    .width = o->width,
                    .planes = b->planes + (size_t)i * 3 * o->height * o->width,
                    .truths = b->truths + (size_t)i * MAX_TRUTHS,
                    .capacity = MAX_TRUTHS};
    nn_status status = nn_augment_draw(&view, l->data, nn_sampler_get(&l->sampler, index), others,
                                       &o->augment, o->kernels, &rng, err);
    b->lists[i] = (nn_truth_list){view.truths, view.truth_count};
    return status;
}

static void *produce(void *ctx)
{
    nn_loader *l = ctx;
    pthread_mutex_lock(&l->lock);
    while (!l->stop && l->status == NN_OK) {
        // The batch handed out last is in use until the next is asked for.
        if (l->made - l->taken >= RING - 1) {
            pthread_cond_wait(&l->changed, &l->lock);
            continue;
        }
        int64_t number = l->made;
        pthread_mutex_unlock(&l->lock);
        nn_batch *b = &l->ring[number % RING];
        b->step = l->first_step + number;
        nn_status status = NN_OK;
        for (int i = 0; i < l->options.batch && status == NN_OK; i++)
            status = make_view(l, b, i, &l->error);
        pthread_mutex_lock(&l->lock);
        l->status = status;
        if (status == NN_OK)
            l->made++;
        pthread_cond_broadcast(&l->changed);
    }
    pthread_mutex_unlock(&l->lock);
    return NULL;
}

static nn_status allocate(nn_loader *l, nn_error *err)
{
    const nn_loader_options *o = &l->options;
    size_t pixels = (size_t)3 * o->height * o->width * o->batch;
    for (int i = 0; i < RING; i++) {
        nn_batch *b = &l->ring[i];
        b->planes = nn_calloc(pixels, sizeof(float));
        b->truths = nn_calloc((size_t)o->batch * MAX_TRUTHS, sizeof(nn_truth));
        b->lists = nn_calloc(o->batch, sizeof(nn_truth_list));
        if (!b->planes || !b->truths || !b->lists)
            return nn_fail(err, NN_ENOMEM, "no memory for batches of %d pictures of %dx%d",
                           o->batch, o->width, o->height);
    }
    return NN_OK;
}

nn_status nn_loader_new(nn_loader **out, nn_dataset *data, const nn_loader_options *options,
                        int64_t first_step, nn_error *err)
{
    *out = NULL;
    if (options->batch < 1 || options->height < 1 || options->width < 1)
        return nn_fail(err, NN_EINVAL, "batch %d of %dx%d", options->batch, options->width,
                       options->height);
    nn_loader *l = nn_calloc(1, sizeof *l);
    if (!l)
        return nn_fail(err, NN_ENOMEM, "no memory for a loader");
    l->options = *options;
    l->data = data;
    l->first_step = first_step;
    pthread_mutex_init(&l->lock, NULL);
    pthread_cond_init(&l->changed, NULL);
    nn_status status = nn_sampler_init(&l->sampler, data, options->seed, options->epoch_size, err);
    if (status == NN_OK)
        status = allocate(l, err);
    if (status == NN_OK && pthread_create(&l->thread, NULL, produce, l) != 0)
        status = nn_fail(err, NN_ENOMEM, "cannot start the loader thread");
    if (status != NN_OK) {
        nn_loader_free(l);
        return status;
    }
    l->running = true;
    *out = l;
    return NN_OK;
}

void nn_loader_free(nn_loader *l)
{
    if (!l)
        return;
    if (l->running) {
        pthread_mutex_lock(&l->lock);
        l->stop = true;
        pthread_cond_broadcast(&l->changed);
        pthread_mutex_unlock(&l->lock);
        pthread_join(l->thread, NULL);
    }
    for (int i = 0; i < RING; i++) {
        nn_free(l->ring[i].planes);
        nn_free(l->ring[i].truths);
        nn_free(l->ring[i].lists);
    }
    nn_sampler_release(&l->sampler);
    pthread_cond_destroy(&l->changed);
    pthread_mutex_destroy(&l->lock);
    nn_free(l);
}

nn_status nn_loader_next(nn_loader *l, const nn_batch **batch, nn_error *err)
{
    pthread_mutex_lock(&l->lock);
    while (l->made == l->taken && l->status == NN_OK)
        pthread_cond_wait(&l->changed, &l->lock);
    nn_status status = l->made > l->taken ? NN_OK : l->status;
    if (status == NN_OK)
        *batch = &l->ring[l->taken++ % RING];
    pthread_cond_broadcast(&l->changed);
    pthread_mutex_unlock(&l->lock);
    return status == NN_OK ? NN_OK : nn_fail(err, status, "%s", l->error.text);
}

int nn_loader_epoch_size(const nn_loader *l)
{
    return l->sampler.epoch_size;
}
