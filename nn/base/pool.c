// SPDX-License-Identifier: MIT
// Thread pool. Each thread first does its own part of the chunks, then helps with the others. The
// workers belong to the process and are lent to one region after the other.
#include "nn/base/pool.h"

#include "nn/base/clock.h"
#include "nn/base/cpu_limit.h"
#include "nn/base/memory.h"

#include <pthread.h>
#include <sched.h>
#include <stdalign.h>
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

// Waking a thread costs 50 to 100 microseconds, more than the gap between two layers. A worker
// therefore spins for this long before it sleeps. Meanwhile it offers the core, every few
// microseconds, to others that want it, such as the video decoder.
enum { LOOKS = 32, TURNS = 8, PATIENCE = 4000, MAX_THREADS = 256, LINE = 64 };
#define SPIN_SECONDS 1e-4
enum { MAX_PARTS = 16 };

struct nn_pool {
    int threads;
};

// A range of neighbouring chunks. The next layer cuts its images in the same order, so a thread
// finds its input in its own cache: data that another core has just written are five times slower
// to read.
typedef struct part {
    alignas(LINE) _Atomic int64_t next;
    int64_t end;
} part;

typedef struct region {
    nn_task *task;
    void *ctx;
    int64_t n, grain;
    int most; // limit of running threads while workers help here
    int parts;
    alignas(LINE) atomic_int joined; // number of workers that joined
    part part[MAX_PARTS];
} region;

// The job of a worker: IDLE, QUIT, or the address of the region that it is lent to. The caller can
// take that back until the worker has added STARTED.
enum { IDLE = 0, STARTED = 1, QUIT = 2 };

typedef struct worker {
    alignas(LINE) _Atomic uintptr_t job;
    atomic_bool asleep;
    pthread_mutex_t lock; // for sleeping and waking
    pthread_cond_t wake;
    pthread_t thread;
#ifdef __linux__
    cpu_set_t home; // where it may run, when it was steered; guarded by `lock`
#endif
    bool steered; // likewise
    int place;    // its number among the workers, from 1; it selects the part that it begins with
} worker;

// The workers of the process. Their number falls only when the last pool is freed.
static struct {
    pthread_mutex_t lock; // guards pools, and starting and ending of workers
    int pools;
    atomic_int count, cores;
    worker *workers[MAX_THREADS];
    alignas(LINE) atomic_int running; // number of threads inside a region
} crew = {.lock = PTHREAD_MUTEX_INITIALIZER};

static _Thread_local bool counted; // whether this thread is one of crew.running

static void work_on(region *r, part *p, int index)
{
    // A worker leaves the region when other threads have started work of their own and cores have
    // become scarce.
    while (index == 0 || atomic_load_explicit(&crew.running, memory_order_relaxed) <= r->most) {
        const int64_t chunk = atomic_fetch_add_explicit(&p->next, 1, memory_order_relaxed);
        if (chunk >= p->end)
            return;
        const int64_t begin = chunk * r->grain, end = begin + r->grain;
        r->task(r->ctx, begin, end < r->n ? end : r->n, index);
    }
}

// `index` is the worker number in this region; `place` is that of the thread and selects its first
// part.
static void work(region *r, int index, int place)
{
    for (int i = 0; i < r->parts; i++)
        work_on(r, &r->part[(place + i) % r->parts], index);
}

// --- workers ---

// Spins for a while until there is a job; returns early when callers need all cores.
static uintptr_t spin(worker *w)
{
    const double end = nn_clock_seconds() + SPIN_SECONDS;
    int turns = 0;
    do {
        if (++turns % TURNS == 0)
            sched_yield();
        for (int i = 0; i < LOOKS; i++) {
            const uintptr_t job = atomic_load_explicit(&w->job, memory_order_acquire);
            if (job != IDLE)
                return job;
            CPU_RELAX();
        }
    } while (atomic_load_explicit(&crew.running, memory_order_relaxed) <
                 atomic_load_explicit(&crew.cores, memory_order_relaxed) &&
             nn_clock_seconds() < end);
    return IDLE;
}

// A sleeping thread wakes on its old CPU or beside its waker. That may be the CPU of the caller,
// where it would run only after the caller is done. It is therefore told to avoid that CPU, until
// it runs: then it may go where there is room, because a caller that waits for it leaves a CPU
// idle.
static void steer(worker *w)
{
#ifdef __linux__
    const int cpu = sched_getcpu();
    cpu_set_t set;
    if (cpu < 0 || pthread_getaffinity_np(pthread_self(), sizeof set, &w->home))
        return;
    set = w->home;
    CPU_CLR(cpu, &set);
    w->steered = CPU_COUNT(&set) && !pthread_setaffinity_np(w->thread, sizeof set, &set);
#else
    (void)w;
#endif
}

static void go_home(worker *w)
{
#ifdef __linux__
    if (w->steered)
        pthread_setaffinity_np(w->thread, sizeof w->home, &w->home);
    w->steered = false;
#else
    (void)w;
#endif
}

static uintptr_t wait_for_job(worker *w)
{
    uintptr_t job = spin(w);
    if (job != IDLE)
        return job;
    pthread_mutex_lock(&w->lock);
    // before the last look at the job: lend() looks at `asleep` after it has written the job
    atomic_store(&w->asleep, true);
    while ((job = atomic_load(&w->job)) == IDLE)
        pthread_cond_wait(&w->wake, &w->lock);
    atomic_store(&w->asleep, false);
    go_home(w);
    pthread_mutex_unlock(&w->lock);
    return job;
}

static void *worker_main(void *arg)
{
    worker *w = arg;
    counted = true;
    for (;;) {
        uintptr_t job = wait_for_job(w);
        if (job == QUIT)
            return NULL;
        if (!atomic_compare_exchange_strong(&w->job, &job, job | STARTED))
            continue; // the caller took the job back
        region *r = (region *)job;
        work(r, 1 + atomic_fetch_add_explicit(&r->joined, 1, memory_order_relaxed), w->place);
        atomic_fetch_sub_explicit(&crew.running, 1, memory_order_relaxed);
        atomic_store_explicit(&w->job, IDLE, memory_order_release);
    }
}

static bool lend(worker *w, uintptr_t job)
{
    uintptr_t idle = IDLE;
    if (!atomic_compare_exchange_strong(&w->job, &idle, job))
        return false;
    if (!atomic_load(&w->asleep))
        return true;
    pthread_mutex_lock(&w->lock);
    if (job != QUIT && atomic_load(&w->asleep)) // it waits
        steer(w);
    pthread_mutex_unlock(&w->lock);
    pthread_cond_signal(&w->wake);
    return true;
}

// --- pools ---

static void free_worker(worker *w)
{
    pthread_mutex_destroy(&w->lock);
    pthread_cond_destroy(&w->wake);
    nn_free(w);
}

static bool start_worker(void)
{
    worker *w = nn_calloc(1, sizeof *w);
    if (!w)
        return false;
    const int count = atomic_load(&crew.count);
    w->place = count + 1;
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->wake, NULL);
    if (pthread_create(&w->thread, NULL, worker_main, w)) {
        free_worker(w);
        return false;
    }
    crew.workers[count] = w;
    atomic_store(&crew.count, count + 1);
    return true;
}

static void end_workers(void)
{
    const int count = atomic_load(&crew.count);
    atomic_store(&crew.count, 0);
    for (int i = 0; i < count; i++)
        while (!lend(crew.workers[i], QUIT))
            sched_yield(); // the worker is just leaving its last region
    for (int i = 0; i < count; i++) {
        pthread_join(crew.workers[i]->thread, NULL);
        free_worker(crew.workers[i]);
    }
}

// Counts one more pool and starts the threads that it needs.
static bool enter_crew(int threads)
{
    bool enough = true;
    pthread_mutex_lock(&crew.lock);
    if (crew.pools++ == 0)
        atomic_store(&crew.cores, nn_cpu_count(""));
    while (enough && atomic_load(&crew.count) < threads - 1)
        enough = start_worker();
    pthread_mutex_unlock(&crew.lock);
    return enough;
}

static void leave_crew(void)
{
    pthread_mutex_lock(&crew.lock);
    if (--crew.pools == 0)
        end_workers();
    pthread_mutex_unlock(&crew.lock);
}

nn_pool *nn_pool_new(int threads)
{
    nn_pool *pool = nn_calloc(1, sizeof *pool);
    if (!pool)
        return NULL;
    pool->threads = threads > 0 ? threads : nn_cpu_count("");
    if (pool->threads > MAX_THREADS)
        pool->threads = MAX_THREADS;
    if (!enter_crew(pool->threads)) {
        nn_pool_free(pool);
        return NULL;
    }
    return pool;
}

void nn_pool_free(nn_pool *pool)
{
    if (!pool)
        return;
    leave_crew();
    nn_free(pool);
}

int nn_pool_threads(const nn_pool *pool)
{
    return pool ? pool->threads : 1;
}

// --- regions ---

static void run_inline(int64_t n, int64_t grain, nn_task *task, void *ctx)
{
    for (int64_t begin = 0; begin < n; begin += grain)
        task(ctx, begin, begin + grain < n ? begin + grain : n, 0);
}

// Counts this thread as one that works; false when it was counted before, by a region around this
// one.
static bool begin_work(void)
{
    const bool outermost = !counted;
    if (outermost)
        atomic_fetch_add_explicit(&crew.running, 1, memory_order_relaxed);
    counted = true;
    return outermost;
}

static void end_work(bool outermost)
{
    counted = !outermost;
    if (outermost)
        atomic_fetch_sub_explicit(&crew.running, 1, memory_order_relaxed);
}

// Lends up to `want` idle workers to the region, as long as there are cores for them.
static void borrow(region *r, int64_t want)
{
    const int count = atomic_load_explicit(&crew.count, memory_order_acquire);
    for (int i = 0; i < count && want > 0; i++) {
        if (atomic_load_explicit(&crew.running, memory_order_relaxed) >= r->most)
            return;
        if (atomic_fetch_add_explicit(&crew.running, 1, memory_order_relaxed) < r->most &&
            lend(crew.workers[i], (uintptr_t)r)) {
            want--;
            continue;
        }
        atomic_fetch_sub_explicit(&crew.running, 1, memory_order_relaxed);
    }
}

// Takes back the workers that have not started, so that the caller never waits for a thread with
// nothing left to do. Then waits for the others.
static void give_back(region *r)
{
    const int count = atomic_load_explicit(&crew.count, memory_order_acquire);
    int looks = 0;
    for (int i = 0; i < count; i++) {
        worker *w = crew.workers[i];
        uintptr_t job = (uintptr_t)r;
        if (atomic_load_explicit(&w->job, memory_order_relaxed) == job &&
            atomic_compare_exchange_strong(&w->job, &job, IDLE)) {
            atomic_fetch_sub_explicit(&crew.running, 1, memory_order_relaxed);
            continue;
        }
        while (atomic_load_explicit(&w->job, memory_order_acquire) == ((uintptr_t)r | STARTED)) {
            if (looks++ >= PATIENCE)
                usleep(20); // the worker lost its core; do not burn this one
            else if (looks % (LOOKS * TURNS) == 0)
                sched_yield();
            else
                CPU_RELAX();
        }
    }
}

static void run_region(nn_pool *pool, int64_t n, int64_t grain, nn_task *task, void *ctx)
{
    const int cores = atomic_load_explicit(&crew.cores, memory_order_relaxed);
    const int64_t others = (n - 1) / grain; // chunks that other threads could take
    region r;                               // unused parts stay uninitialised
    r.task = task;
    r.ctx = ctx;
    r.n = n;
    r.grain = grain;
    r.most = cores > pool->threads ? cores : pool->threads;
    r.parts = pool->threads < MAX_PARTS ? pool->threads : MAX_PARTS;
    atomic_init(&r.joined, 0);
    for (int i = 0; i < r.parts; i++) {
        atomic_init(&r.part[i].next, (others + 1) * i / r.parts);
        r.part[i].end = (others + 1) * (i + 1) / r.parts;
    }
    borrow(&r, others < pool->threads - 1 ? others : pool->threads - 1);
    work(&r, 0, 0);
    give_back(&r);
}

void nn_pool_run(nn_pool *pool, int64_t n, int64_t grain, nn_task *task, void *ctx)
{
    if (grain < 1)
        grain = 1;
    if (!pool) {
        run_inline(n, grain, task, ctx);
        return;
    }
    const bool outermost = begin_work();
    if (pool->threads == 1 || n <= grain)
        run_inline(n, grain, task, ctx);
    else
        run_region(pool, n, grain, task, ctx);
    end_work(outermost);
}
