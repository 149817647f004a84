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

nn_loader_size nn_loader_size_at(const nn_loader_options *o, int64_t step)
{
    if (o->size_count <= 0)
        return (nn_loader_size){o->height, o->width};
    nn_rng rng = nn_rng_stream(o->seed ^ nn_hash_name("batch size"), (uint64_t)step);
    return o->sizes[nn_rng_below(&rng, o->size_count)];
}

static nn_status make_view(nn_loader *l, nn_batch *b, int i, nn_error *err)
{
    const nn_loader_options *o = &l->options;
    int64_t index = b->step * o->batch + i;
    nn_rng rng = nn_rng_stream(o->seed, (uint64_t)index);
    int others[3];
    for (int k = 0; k < 3; k++)
        others[k] = (int)nn_rng_below(&rng, l->data->count);
    nn_augment_options augment = o->augment;
    augment.fit_h = (int)((int64_t)augment.fit_h * b->height / o->height);
    augment.fit_w = (int)((int64_t)augment.fit_w * b->width / o->width);
    nn_view view = {.height = b->height,
                    .width = b->width,
                    .planes = b->planes + (size_t)i * 3 * b->height * b->width,
                    .classes = o->classes};
    if (o->classes > 0) {
        view.targets = b->targets + (size_t)i * o->classes;
    } else {
        view.truths = b->truths + (size_t)i * MAX_TRUTHS;
        view.capacity = MAX_TRUTHS;
    }
    nn_status status = nn_augment_draw(&view, l->data, nn_sampler_get(&l->sampler, index), others,
                                       &augment, o->kernels, &rng, err);
    if (o->classes == 0)
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
        nn_loader_size size = nn_loader_size_at(&l->options, b->step);
        b->height = size.height;
        b->width = size.width;
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

// Pixels of the largest input.
static size_t largest_area(const nn_loader_options *o)
{
    size_t area = o->size_count > 0 ? 0 : (size_t)o->height * o->width;
    for (int i = 0; i < o->size_count; i++) {
        size_t one = (size_t)o->sizes[i].height * o->sizes[i].width;
        area = one > area ? one : area;
    }
    return area;
}

static nn_status allocate(nn_loader *l, nn_error *err)
{
    const nn_loader_options *o = &l->options;
    size_t batch = (size_t)o->batch, area = largest_area(o);
    for (int i = 0; i < RING; i++) {
        nn_batch *b = &l->ring[i];
        b->planes = nn_calloc(3 * area * batch, sizeof(float));
        if (o->classes > 0) {
            b->targets = nn_calloc(batch * o->classes, sizeof(float));
        } else {
            b->truths = nn_calloc(batch * MAX_TRUTHS, sizeof(nn_truth));
            b->lists = nn_calloc(batch, sizeof(nn_truth_list));
        }
        if (!b->planes || (o->classes > 0 ? !b->targets : !b->truths || !b->lists))
            return nn_fail(err, NN_ENOMEM, "no memory for batches of %d pictures of %zu pixels",
                           o->batch, area);
    }
    return NN_OK;
}

static nn_status check_options(const nn_loader_options *o, nn_error *err)
{
    if (o->batch < 1 || o->height < 1 || o->width < 1)
        return nn_fail(err, NN_EINVAL, "batch %d of %dx%d", o->batch, o->width, o->height);
    if (o->classes < 0 || o->size_count < 0 || o->size_count > NN_LOADER_MAX_SIZES)
        return nn_fail(err, NN_EINVAL, "%d classes, %d input sizes (at most %d)", o->classes,
                       o->size_count, NN_LOADER_MAX_SIZES);
    for (int i = 0; i < o->size_count; i++)
        if (o->sizes[i].height < 1 || o->sizes[i].width < 1)
            return nn_fail(err, NN_EINVAL, "an input size of %dx%d", o->sizes[i].width,
                           o->sizes[i].height);
    return nn_augment_check(&o->augment, err);
}

nn_status nn_loader_new(nn_loader **out, nn_dataset *data, const nn_loader_options *options,
                        int64_t first_step, nn_error *err)
{
    *out = NULL;
    nn_status status = check_options(options, err);
    if (status != NN_OK)
        return status;
    nn_loader *l = nn_calloc(1, sizeof *l);
    if (!l)
        return nn_fail(err, NN_ENOMEM, "no memory for a loader");
    l->options = *options;
    l->data = data;
    l->first_step = first_step;
    pthread_mutex_init(&l->lock, NULL);
    pthread_cond_init(&l->changed, NULL);
    status = nn_sampler_init(&l->sampler, data, options->seed, options->epoch_size, err);
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
        nn_free(l->ring[i].targets);
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
