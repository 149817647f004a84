// SPDX-License-Identifier: MIT
// Threads that draw the views of coming batches in order, into a ring of batches.
#include "nn/train/loader.h"

#include "nn/base/memory.h"

#include <pthread.h>
#include <string.h>
#include <unistd.h>

enum {
    RING = 3, // one in use, one ready, one being made
    MAX_THREADS = 16,
    USUAL_THREADS = 4, // more threads only take cores away from the network
    ATTEMPTS = 8,      // at a view whose pictures cannot be read
};

struct nn_loader {
    nn_loader_options options;
    nn_dataset *data;
    int64_t first_step;
    pthread_t thread[MAX_THREADS];
    int threads;
    pthread_mutex_t lock; // guards what follows
    pthread_cond_t changed;
    nn_sampler sampler;
    nn_batch ring[RING];
    int left[RING];             // views that are not drawn yet
    int64_t begun, made, taken; // numbers of batches since the start
    int next;                   // next view of the newest batch that no thread has taken
    bool stop;
    nn_status status; // of the threads
    nn_error error;
};

nn_loader_size nn_loader_size_at(const nn_loader_options *o, int64_t step)
{
    if (o->size_count <= 0)
        return (nn_loader_size){o->height, o->width};
    nn_rng rng = nn_rng_stream(o->seed ^ nn_hash_name("batch size"), (uint64_t)step);
    return o->sizes[nn_rng_below(&rng, o->size_count)];
}

// Number of a view, counted over the whole training.
static int64_t view_number(const nn_loader_options *o, int64_t step, int i)
{
    return o->shared_batch > 0 ? step * o->shared_batch + o->shared_first + i : step * o->batch + i;
}

static int views_of(const nn_loader_options *o)
{
    return o->views > 0 ? o->views : 1;
}

static int channels_of(const nn_loader_options *o)
{
    return o->channels > 0 ? o->channels : 3;
}

static nn_view open_view(const nn_loader *l, const nn_batch *b, int i)
{
    nn_view view = {.height = b->height,
                    .width = b->width,
                    .planes =
                        b->planes + (size_t)i * channels_of(&l->options) * b->height * b->width};
    const nn_data_facts *facts = nn_data_kind_facts(l->options.kind);
    const size_t bytes = facts->view_bytes(l->options.classes, b->height, b->width);
    facts->attach(&view, (char *)b->room + (size_t)i * bytes, l->options.classes);
    view.details = b->details ? &b->details[i] : NULL;
    return view;
}

static nn_status draw_view(nn_view *view, nn_loader *l, int sample, nn_rng *rng, nn_error *err)
{
    const nn_loader_options *o = &l->options;
    nn_augment_options augment = o->augment;
    int others[3];
    for (int k = 0; k < 3; k++)
        others[k] = (int)nn_rng_below(rng, l->data->count);
    augment.fit_h = (int)((int64_t)augment.fit_h * view->height / o->height);
    augment.fit_w = (int)((int64_t)augment.fit_w * view->width / o->width);
    return nn_augment_draw(view, l->data, sample, others, &augment, o->kernels, rng, err);
}

static nn_status make_view(nn_loader *l, nn_batch *b, int i, int sample, nn_error *err)
{
    const uint64_t number = (uint64_t)view_number(&l->options, b->step, i);
    nn_view view = open_view(l, b, i);
    nn_rng rng = nn_rng_stream(l->options.seed, number);
    nn_error why = {0};
    nn_status status = draw_view(&view, l, sample, &rng, &why);
    for (int k = 0; k < ATTEMPTS && status != NN_OK && status != NN_ENOMEM; k++) {
        pthread_mutex_lock(&l->lock);
        nn_dataset_note(l->data, 0, "%s; another picture is shown instead", why.text);
        pthread_mutex_unlock(&l->lock);
        rng = nn_rng_stream(l->options.seed ^ nn_hash_name("instead"),
                            number * ATTEMPTS + (uint64_t)k);
        sample = (int)nn_rng_below(&rng, l->data->count);
        status = draw_view(&view, l, sample, &rng, &why);
    }
    b->lists[i] =
        (nn_truth_list){.truths = view.truths, .count = view.truth_count, .details = view.details};
    return status == NN_OK ? NN_OK : nn_fail(err, status, "%s", why.text);
}

// The batch to work on: the newest one, or a new one; NULL when the ring is full. The last returned
// batch stays in use until the next is requested.
static nn_batch *current_batch(nn_loader *l)
{
    if (l->next == l->options.batch) {
        if (l->begun - l->taken >= RING - 1)
            return NULL;
        nn_batch *b = &l->ring[l->begun % RING];
        b->step = l->first_step + l->begun;
        const nn_loader_size size = nn_loader_size_at(&l->options, b->step);
        b->height = size.height;
        b->width = size.width;
        l->left[l->begun % RING] = l->options.batch;
        l->begun++;
        l->next = 0;
    }
    return &l->ring[(l->begun - 1) % RING];
}

// Draws one view. Called with the lock held.
static void produce_view(nn_loader *l, nn_batch *b)
{
    const int i = l->next++, slot = (int)(b - l->ring);
    const int sample =
        nn_sampler_get(&l->sampler, view_number(&l->options, b->step, i) / views_of(&l->options));
    nn_error err = {0};
    pthread_mutex_unlock(&l->lock);
    const nn_status status = make_view(l, b, i, sample, &err);
    pthread_mutex_lock(&l->lock);
    if (status != NN_OK && l->status == NN_OK) {
        l->status = status;
        l->error = err;
    }
    l->left[slot] -= status == NN_OK;
    while (l->made < l->begun && l->left[l->made % RING] == 0)
        l->made++;
    if (l->left[slot] == 0 || status != NN_OK)
        pthread_cond_broadcast(&l->changed);
}

static void *produce(void *ctx)
{
    nn_loader *l = ctx;
    pthread_mutex_lock(&l->lock);
    while (!l->stop && l->status == NN_OK) {
        nn_batch *b = current_batch(l);
        if (b)
            produce_view(l, b);
        else
            pthread_cond_wait(&l->changed, &l->lock);
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
    const nn_data_facts *facts = nn_data_kind_facts(o->kind);
    size_t batch = (size_t)o->batch, area = largest_area(o);
    for (int i = 0; i < RING; i++) {
        nn_batch *b = &l->ring[i];
        b->planes = nn_calloc((size_t)channels_of(o) * area * batch, sizeof(float));
        b->room = nn_calloc(batch, facts->view_bytes(o->classes, 1, (int)area));
        b->lists = nn_calloc(batch, sizeof(nn_truth_list));
        if (l->data->details)
            b->details = nn_calloc(batch, sizeof *b->details);
        if (!b->planes || !b->room || !b->lists || (l->data->details && !b->details))
            return nn_fail(err, NN_ENOMEM, "no memory for batches of %d pictures of %zu pixels",
                           o->batch, area);
        const nn_view first = open_view(l, b, 0);
        b->targets = first.targets;
        b->labels = first.labels;
        b->enlarged = first.enlarged;
        b->texts = first.text;
    }
    return NN_OK;
}

static nn_status check_options(const nn_loader_options *o, nn_error *err)
{
    if (o->batch < 1 || o->height < 1 || o->width < 1 || o->batch % views_of(o) != 0)
        return nn_fail(err, NN_EINVAL, "batch %d of %dx%d", o->batch, o->width, o->height);
    if (o->classes < 0 || !nn_data_kind_facts(o->kind)->view_bytes(o->classes, 1, 1) ||
        o->size_count < 0 || o->size_count > NN_LOADER_MAX_SIZES)
        return nn_fail(err, NN_EINVAL, "%d classes, %d input sizes (at most %d)", o->classes,
                       o->size_count, NN_LOADER_MAX_SIZES);
    for (int i = 0; i < o->size_count; i++)
        if (o->sizes[i].height < 1 || o->sizes[i].width < 1)
            return nn_fail(err, NN_EINVAL, "an input size of %dx%d", o->sizes[i].width,
                           o->sizes[i].height);
    if (o->shared_batch < 0 || o->shared_first < 0 || o->threads < 0 ||
        (o->shared_batch > 0 && o->shared_first > o->shared_batch - o->batch))
        return nn_fail(err, NN_EINVAL, "%d threads; pictures from %d on of %d", o->threads,
                       o->shared_first, o->shared_batch);
    return nn_augment_check(&o->augment, err);
}

// One thread is enough to continue.
static nn_status start_threads(nn_loader *l, nn_error *err)
{
    const long cores = sysconf(_SC_NPROCESSORS_ONLN);
    int wanted = l->options.threads;
    if (wanted == 0)
        wanted = cores < 1 ? 1 : cores < USUAL_THREADS ? (int)cores : USUAL_THREADS;
    wanted = wanted < MAX_THREADS ? wanted : MAX_THREADS;
    while (l->threads < wanted && pthread_create(&l->thread[l->threads], NULL, produce, l) == 0)
        l->threads++;
    return l->threads > 0 ? NN_OK : nn_fail(err, NN_ENOMEM, "cannot start a loader thread");
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
    l->next = options->batch;
    pthread_mutex_init(&l->lock, NULL);
    pthread_cond_init(&l->changed, NULL);
    status = nn_sampler_init(&l->sampler, data, options->seed, options->epoch_size, err);
    if (status == NN_OK)
        status = allocate(l, err);
    if (status == NN_OK)
        status = start_threads(l, err);
    if (status != NN_OK) {
        nn_loader_free(l);
        return status;
    }
    *out = l;
    return NN_OK;
}

void nn_loader_free(nn_loader *l)
{
    if (!l)
        return;
    pthread_mutex_lock(&l->lock);
    l->stop = true;
    pthread_cond_broadcast(&l->changed);
    pthread_mutex_unlock(&l->lock);
    for (int i = 0; i < l->threads; i++)
        pthread_join(l->thread[i], NULL);
    for (int i = 0; i < RING; i++) {
        nn_free(l->ring[i].planes);
        nn_free(l->ring[i].room);
        nn_free(l->ring[i].lists);
        for (int k = 0; k < l->options.batch && l->ring[i].details; k++)
            nn_details_release(&l->ring[i].details[k]);
        nn_free(l->ring[i].details);
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
