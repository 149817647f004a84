// SPDX-License-Identifier: MIT
// Which call runs in which lanes. Calls are served in the order in which they came. Plans are made
// and freed while no lane is in use.
#include "nn/predict/detector_internal.h"

// Bytes of working memory up to which frames run at the same time. No cache of a core holds more,
// so that a thread with a frame of its own gains little (3 % with 14 MiB, 8 % with 7), and every
// such thread needs that memory again.
static const size_t LARGEST_LANE = 12 << 20;
// Up to which there is a lane more than threads: a call that gets one has to be woken first, and
// meanwhile another one runs. Larger ones would gain, too, but take more memory than a stream may.
static const size_t SMALL_LANE = 4 << 20;

// A call that waits for its turn or for lanes. It lies on the stack of its thread.
struct lane_waiter {
    struct lane_waiter *next;
    pthread_cond_t wake;
};

// --- the lock is held in what follows ---

static void queue_up(nn_detector *d, struct lane_waiter *self)
{
    struct lane_waiter **end = &d->waiters;
    while (*end)
        end = &(*end)->next;
    *end = self;
    while (d->waiters != self)
        pthread_cond_wait(&self->wake, &d->lock);
}

static void wake_next(nn_detector *d)
{
    if (d->waiters)
        pthread_cond_signal(&d->waiters->wake);
}

static int least(int a, int b)
{
    return a < b ? a : b;
}

// How many calls or batches may run at the same time at this input size. While precisions are
// compared, and where working memory is large, they run one by one, in all threads.
static int most_lanes(const nn_detector *d, const sized_plans *s)
{
    const size_t bytes =
        nn_plan_bytes(s->plan[0]) - nn_plan_packed_bytes(s->plan[0]); // lanes share the packed ones
    if (d->comparing || bytes > LARGEST_LANE)
        return 1;
    return bytes > SMALL_LANE ? least(d->most_lanes, nn_pool_threads(d->pool)) : d->most_lanes;
}

// Takes up to `want` idle lanes. False when there is none, or when plans are missing: those of
// *needs lanes.
static bool take_idle(nn_detector *d, int want, int h, int w, int *needs, nn_lanes *taken)
{
    taken->count = 0;
    sized_plans *s = nn_detector_find_plans(d, h, w);
    if (!s)
        return false;
    const int most = most_lanes(d, s);
    want = least(want, least(most, nn_pool_threads(d->pool))); // one call has no use for more
    *needs = *needs > want ? *needs : want;
    for (int i = 0; i < most && taken->count < want; i++) {
        if (d->lanes[i].busy)
            continue;
        *needs = *needs > i + 1 ? *needs : i + 1;
        taken->plan[taken->count] = s->plan[i];
        taken->lane[taken->count++] = &d->lanes[i];
    }
    *needs = *needs < most ? *needs : most;
    return taken->count > 0 && nn_detector_has_plans(d, s, *needs);
}

static void set_busy(nn_detector *d, const nn_lanes *lanes, bool busy)
{
    for (int i = 0; i < lanes->count; i++)
        lanes->lane[i]->busy = busy;
    d->busy_lanes += busy ? lanes->count : -lanes->count;
}

// For the first of the waiters.
static nn_status wait_for_lanes(nn_detector *d, struct lane_waiter *self, int want, int h, int w,
                                nn_lanes *taken, nn_error *err)
{
    nn_status status = NN_OK;
    int needs = 1;
    for (;;) {
        if (d->busy_lanes == 0)
            nn_detector_settle_precision(d);
        if (take_idle(d, want, h, w, &needs, taken))
            return NN_OK;
        if (d->busy_lanes > 0)
            pthread_cond_wait(&self->wake, &d->lock);
        else if ((status = nn_detector_make_plans(d, needs, h, w, err)) != NN_OK)
            return status;
    }
}

// --- without the lock ---

nn_status nn_detector_take_lanes(nn_detector *d, int want, int h, int w, nn_lanes *taken,
                                 nn_error *err)
{
    struct lane_waiter self = {.next = NULL};
    pthread_cond_init(&self.wake, NULL);
    pthread_mutex_lock(&d->lock);
    queue_up(d, &self);
    nn_status status = wait_for_lanes(d, &self, want, h, w, taken, err);
    if (status == NN_OK)
        set_busy(d, taken, true);
    d->waiters = self.next;
    wake_next(d);
    pthread_mutex_unlock(&d->lock);
    pthread_cond_destroy(&self.wake);
    for (int i = 0; i < taken->count && status == NN_OK; i++)
        nn_detector_read_outputs(d, taken->lane[i], taken->plan[i]);
    return status;
}

void nn_detector_return_lanes(nn_detector *d, const nn_lanes *taken)
{
    pthread_mutex_lock(&d->lock);
    set_busy(d, taken, false);
    wake_next(d);
    pthread_mutex_unlock(&d->lock);
}
