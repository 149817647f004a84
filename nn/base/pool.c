// SPDX-License-Identifier: MIT
// Thread pool: chunks from one atomic counter; workers spin briefly and then sleep.
#include "nn/base/pool.h"

#include "nn/base/memory.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <unistd.h>

#if defined(__x86_64__) || defined(__i386__)
#define CPU_RELAX() __builtin_ia32_pause()
#elif defined(__aarch64__)
#define CPU_RELAX() __asm__ volatile("yield")
#else
#define CPU_RELAX() ((void)0)
#endif

// Spinning bridges the gaps between the layers of one frame (a few microseconds); sleeping between
// frames leaves the core to decoding. About 50 microseconds on current x86.
enum { SPIN = 2000, MAX_THREADS = 256, OPEN = 1 << 30 };

typedef struct nn_worker {
    nn_pool *pool;
    pthread_t thread;
    int index;
} nn_worker;

struct nn_pool {
    int threads;
    nn_worker *workers;    // threads - 1
    pthread_mutex_t owner; // held by the caller that has the workers
    pthread_mutex_t lock;  // guards sleeping and waking
    pthread_cond_t wake;
    atomic_uint generation; // goes up with each region
    atomic_bool quit;
    // OPEN plus the number of workers inside the region. A worker that wakes late finds it closed
    // and goes back to sleep, so the caller never waits for a thread that has nothing left to do.
    atomic_int state;
    // The region: written before it opens.
    nn_task *task;
    void *ctx;
    int64_t n, grain;
    _Atomic int64_t next;
};

static void work(nn_pool *pool, int worker)
{
    for (;;) {
        int64_t begin = atomic_fetch_add_explicit(&pool->next, pool->grain, memory_order_relaxed);
        if (begin >= pool->n)
            return;
        int64_t end = begin + pool->grain;
        pool->task(pool->ctx, begin, end < pool->n ? end : pool->n, worker);
    }
}

// Returns when there is a region newer than *seen.
static void wait_for_region(nn_pool *pool, unsigned *seen)
{
    unsigned now;
    for (int i = 0; i < SPIN; i++) {
        now = atomic_load_explicit(&pool->generation, memory_order_acquire);
        if (now != *seen)
            goto found;
        CPU_RELAX();
    }
    pthread_mutex_lock(&pool->lock);
    while ((now = atomic_load_explicit(&pool->generation, memory_order_acquire)) == *seen)
        pthread_cond_wait(&pool->wake, &pool->lock);
    pthread_mutex_unlock(&pool->lock);
found:
    *seen = now;
}

static bool enter_region(nn_pool *pool)
{
    int state = atomic_load_explicit(&pool->state, memory_order_relaxed);
    while (state & OPEN)
        if (atomic_compare_exchange_weak_explicit(&pool->state, &state, state + 1,
                                                  memory_order_acquire, memory_order_relaxed))
            return true;
    return false;
}

static void *worker_main(void *arg)
{
    nn_worker *w = arg;
    unsigned seen = 0;
    for (;;) {
        wait_for_region(w->pool, &seen);
        if (atomic_load(&w->pool->quit))
            return NULL;
        if (!enter_region(w->pool))
            continue;
        work(w->pool, w->index);
        atomic_fetch_sub_explicit(&w->pool->state, 1, memory_order_release);
    }
}

static void start_region(nn_pool *pool)
{
    // Under the lock, so that no worker misses it between its last look and falling asleep.
    pthread_mutex_lock(&pool->lock);
    atomic_fetch_add_explicit(&pool->generation, 1, memory_order_release);
    pthread_cond_broadcast(&pool->wake);
    pthread_mutex_unlock(&pool->lock);
}

nn_pool *nn_pool_new(int threads)
{
    if (threads <= 0) {
        long cores = sysconf(_SC_NPROCESSORS_ONLN);
        threads = cores > 0 ? (int)cores : 1;
    }
    if (threads > MAX_THREADS)
        threads = MAX_THREADS;
    nn_pool *pool = nn_calloc(1, sizeof *pool);
    if (!pool)
        return NULL;
    pool->workers = nn_calloc((size_t)threads, sizeof *pool->workers);
    pool->threads = 1;
    pthread_mutex_init(&pool->owner, NULL);
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->wake, NULL);
    if (!pool->workers)
        goto fail;
    while (pool->threads < threads) {
        nn_worker *w = &pool->workers[pool->threads - 1];
        *w = (nn_worker){.pool = pool, .index = pool->threads};
        if (pthread_create(&w->thread, NULL, worker_main, w))
            goto fail;
        pool->threads++;
    }
    return pool;
fail:
    nn_pool_free(pool);
    return NULL;
}

void nn_pool_free(nn_pool *pool)
{
    if (!pool)
        return;
    atomic_store(&pool->quit, true);
    start_region(pool);
    for (int i = 0; i < pool->threads - 1; i++)
        pthread_join(pool->workers[i].thread, NULL);
    pthread_mutex_destroy(&pool->owner);
    pthread_mutex_destroy(&pool->lock);
    pthread_cond_destroy(&pool->wake);
    nn_free(pool->workers);
    nn_free(pool);
}

int nn_pool_threads(const nn_pool *pool)
{
    return pool ? pool->threads : 1;
}

static void run_inline(int64_t n, int64_t grain, nn_task *task, void *ctx)
{
    for (int64_t begin = 0; begin < n; begin += grain)
        task(ctx, begin, begin + grain < n ? begin + grain : n, 0);
}

void nn_pool_run(nn_pool *pool, int64_t n, int64_t grain, nn_task *task, void *ctx)
{
    if (grain < 1)
        grain = 1;
    // One chunk, one thread, or the workers are busy with another caller: no reason to wait.
    if (!pool || pool->threads == 1 || n <= grain || pthread_mutex_trylock(&pool->owner)) {
        run_inline(n, grain, task, ctx);
        return;
    }
    pool->task = task;
    pool->ctx = ctx;
    pool->n = n;
    pool->grain = grain;
    atomic_store_explicit(&pool->next, 0, memory_order_relaxed);
    atomic_store_explicit(&pool->state, OPEN, memory_order_release);
    start_region(pool);
    work(pool, 0);
    atomic_fetch_and_explicit(&pool->state, ~OPEN, memory_order_relaxed);
    for (int spin = 0; atomic_load_explicit(&pool->state, memory_order_acquire); spin++) {
        if (spin < SPIN)
            CPU_RELAX();
        else
            usleep(20); // a worker lost its core; do not burn ours
    }
    pthread_mutex_unlock(&pool->owner);
}
