// SPDX-License-Identifier: MIT
// Thread pool: each index once, the promised chunks, callers from several threads, many short
// regions.
#include "nn/base/memory.h"
#include "nn/base/pool.h"
#include "tests/support/test.h"

#include <dirent.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <unistd.h>

enum { MAX_THREADS = 4, MAX_N = 5000 };

typedef struct count {
    atomic_int hits[MAX_N];
    atomic_int chunks, bad;
    int64_t n, grain;
    int threads;
} count;

static void count_range(void *ctx, int64_t begin, int64_t end, int worker)
{
    count *c = ctx;
    const int64_t want_end = begin + c->grain < c->n ? begin + c->grain : c->n;
    if (begin % c->grain || end != want_end || worker < 0 || worker >= c->threads)
        atomic_fetch_add(&c->bad, 1);
    atomic_fetch_add(&c->chunks, 1);
    for (int64_t i = begin; i < end; i++)
        atomic_fetch_add(&c->hits[i], 1);
}

static void check_region(nn_pool *pool, int64_t n, int64_t grain)
{
    static count c;
    memset(&c, 0, sizeof c);
    c.n = n;
    c.grain = grain;
    c.threads = nn_pool_threads(pool);
    nn_pool_run(pool, n, grain, count_range, &c);
    assert_int_equal(atomic_load(&c.bad), 0);
    assert_int_equal(atomic_load(&c.chunks), (n + grain - 1) / grain);
    for (int64_t i = 0; i < n; i++)
        assert_int_equal(atomic_load(&c.hits[i]), 1);
}

static void every_index_runs_once(void **state)
{
    const int64_t sizes[] = {0, 1, 2, 3, 7, 64, 1000, MAX_N};
    (void)state;
    for (int threads = 0; threads <= MAX_THREADS; threads++) {
        nn_pool *pool = threads ? nn_pool_new(threads) : NULL;
        assert_true(pool || !threads);
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
            for (int64_t grain = 1; grain <= 1001; grain += 125)
                check_region(pool, sizes[i], grain);
        nn_pool_free(pool);
    }
}

static void thread_counts_are_told(void **state)
{
    (void)state;
    assert_int_equal(nn_pool_threads(NULL), 1);
    nn_pool *pool = nn_pool_new(3);
    assert_non_null(pool);
    assert_int_equal(nn_pool_threads(pool), 3);
    nn_pool_free(pool);
    pool = nn_pool_new(0);
    assert_non_null(pool);
    assert_true(nn_pool_threads(pool) >= 1);
    nn_pool_free(pool);
    nn_pool_free(NULL);
}

// A chunk writes only its own slot, so that any number of threads gives the same bits.
typedef struct sums {
    double part[100];
} sums;

static void add_up(void *ctx, int64_t begin, int64_t end, int worker)
{
    sums *s = ctx;
    (void)worker;
    double sum = 0.0;
    for (int64_t i = begin; i < end; i++)
        sum += 1.0 / (double)(i + 1);
    s->part[begin / 50] = sum;
}

static void chunks_do_not_depend_on_threads(void **state)
{
    (void)state;
    sums one = {0};
    nn_pool_run(NULL, MAX_N, 50, add_up, &one);
    for (int threads = 1; threads <= MAX_THREADS; threads++) {
        sums many = {0};
        nn_pool *pool = nn_pool_new(threads);
        assert_non_null(pool);
        nn_pool_run(pool, MAX_N, 50, add_up, &many);
        assert_memory_equal(&one, &many, sizeof one);
        nn_pool_free(pool);
    }
}

// The plain writes of a task are seen by the caller, region after region: thousands of short ones,
// so that workers come late to some.
static void mark(void *ctx, int64_t begin, int64_t end, int worker)
{
    int *marks = ctx;
    (void)worker;
    for (int64_t i = begin; i < end; i++)
        marks[i]++;
}

static void many_short_regions(void **state)
{
    int marks[16] = {0};
    nn_pool *pool = nn_pool_new(3);
    (void)state;
    assert_non_null(pool);
    for (int round = 1; round <= 20000; round++) {
        nn_pool_run(pool, 16, 1, mark, marks);
        for (int i = 0; i < 16; i++)
            assert_int_equal(marks[i], round);
    }
    nn_pool_free(pool);
}

typedef struct caller {
    nn_pool *pool;
    int marks[40], rounds;
} caller;

static void *call_often(void *arg)
{
    caller *c = arg;
    for (int i = 0; i < c->rounds; i++)
        nn_pool_run(c->pool, 40, 3, mark, c->marks);
    return NULL;
}

static void several_threads_may_call(void **state)
{
    enum { CALLERS = 4 };
    caller callers[CALLERS] = {{0}};
    pthread_t threads[CALLERS];
    nn_pool *pool = nn_pool_new(2);
    (void)state;
    assert_non_null(pool);
    for (int i = 0; i < CALLERS; i++) {
        callers[i].pool = pool;
        callers[i].rounds = 3000;
        assert_int_equal(pthread_create(&threads[i], NULL, call_often, &callers[i]), 0);
    }
    for (int i = 0; i < CALLERS; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < CALLERS; i++)
        for (int k = 0; k < 40; k++)
            assert_int_equal(callers[i].marks[k], 3000);
    nn_pool_free(pool);
}

// One caller has a worker; then so many callers come that no core is left for the worker.
typedef struct crowd {
    nn_pool *pool;
    atomic_int helped, inside, over;
} crowd;

static void count_help(void *ctx, int64_t begin, int64_t end, int worker)
{
    crowd *c = ctx;
    (void)begin, (void)end;
    if (worker > 0)
        atomic_fetch_add(&c->helped, 1);
    if (!atomic_load(&c->over))
        usleep(50);
}

static void *be_helped(void *arg)
{
    crowd *c = arg;
    nn_pool_run(c->pool, 1000000, 1, count_help, c);
    return NULL;
}

static void stay_inside(void *ctx, int64_t begin, int64_t end, int worker)
{
    crowd *c = ctx;
    (void)begin, (void)end, (void)worker;
    atomic_fetch_add(&c->inside, 1);
    while (!atomic_load(&c->over))
        usleep(50);
}

static void *come_too(void *arg)
{
    crowd *c = arg;
    nn_pool_run(c->pool, 2, 1, stay_inside, c);
    return NULL;
}

static bool becomes(atomic_int *value, int wanted)
{
    for (int i = 0; i < 20000 && atomic_load(value) < wanted; i++)
        usleep(500);
    return atomic_load(value) >= wanted;
}

static void workers_make_room(void **state)
{
    enum { MOST = 512 };
    static pthread_t others[MOST];
    pthread_t first;
    cpu_set_t set;
    crowd c = {.pool = nn_pool_new(2)};
    (void)state;
    assert_non_null(c.pool);
    assert_int_equal(sched_getaffinity(0, sizeof set, &set), 0);
    const int count = CPU_COUNT(&set) < MOST ? CPU_COUNT(&set) : MOST;
    assert_int_equal(pthread_create(&first, NULL, be_helped, &c), 0);
    assert_true(becomes(&c.helped, 1));
    for (int i = 0; i < count; i++)
        assert_int_equal(pthread_create(&others[i], NULL, come_too, &c), 0);
    assert_true(becomes(&c.inside, count)); // each alone: nobody is left to be lent
    const int before = atomic_load(&c.helped);
    usleep(50000);
    const int after = atomic_load(&c.helped);
    assert_int_equal(atomic_load(&c.inside), count);
    atomic_store(&c.over, 1);
    pthread_join(first, NULL);
    for (int i = 0; i < count; i++)
        pthread_join(others[i], NULL);
    nn_pool_free(c.pool);
    assert_in_range(after - before, 0, 1);
}

// With one thread, chunks run in order on the calling thread.
typedef struct line {
    pthread_t caller;
    int64_t next;
    int strange;
} line;

static void stand_in_line(void *ctx, int64_t begin, int64_t end, int worker)
{
    line *l = ctx;
    l->strange += !pthread_equal(pthread_self(), l->caller) || begin != l->next || worker != 0;
    l->next = end;
}

static int count_threads(void);

static void one_thread_is_the_caller(void **state)
{
    (void)state;
    const int before = count_threads();
    nn_pool *pool = nn_pool_new(1);
    assert_non_null(pool);
    for (int i = 0; i < 2; i++) {
        line l = {.caller = pthread_self()};
        nn_pool_run(i ? pool : NULL, 1000, 7, stand_in_line, &l);
        assert_int_equal(l.strange, 0);
        assert_int_equal(l.next, 1000);
    }
    assert_int_equal(count_threads(), before);
    nn_pool_free(pool);
}

// A task of one pool may use another pool: a trainer's data threads run whole inferences.
typedef struct nested {
    nn_pool *inner;
    atomic_int total;
} nested;

static void count_inner(void *ctx, int64_t begin, int64_t end, int worker)
{
    nested *n = ctx;
    (void)worker;
    atomic_fetch_add(&n->total, (int)(end - begin));
}

static void run_inner(void *ctx, int64_t begin, int64_t end, int worker)
{
    nested *n = ctx;
    (void)worker;
    for (int64_t i = begin; i < end; i++)
        nn_pool_run(n->inner, 100, 7, count_inner, n);
}

static void pools_nest(void **state)
{
    nn_pool *outer = nn_pool_new(2);
    nested n = {nn_pool_new(2), 0};
    (void)state;
    assert_true(outer && n.inner);
    for (int round = 0; round < 200; round++)
        nn_pool_run(outer, 5, 1, run_inner, &n);
    assert_int_equal(atomic_load(&n.total), 200 * 5 * 100);
    nn_pool_free(outer);
    nn_pool_free(n.inner);
}

static int count_threads(void)
{
    int count = 0;
    DIR *dir = opendir("/proc/self/task");
    if (!dir)
        return -1;
    for (const struct dirent *e; (e = readdir(dir)) != NULL;)
        count += e->d_name[0] != '.';
    closedir(dir);
    return count;
}

// Joined threads may stay in /proc for a moment.
static int count_threads_down_to(int expected)
{
    int count = count_threads();
    for (int i = 0; i < 2000 && count > expected; i++) {
        usleep(1000);
        count = count_threads();
    }
    return count;
}

static void pools_share_threads(void **state)
{
    enum { POOLS = 5 };
    nn_pool *pools[POOLS];
    (void)state;
    const int before = count_threads_down_to(1); // the sanitizers have threads of their own
    if (before < 0)
        skip();
    for (int i = 0; i < POOLS; i++) {
        pools[i] = nn_pool_new(1 + i % 3);
        assert_non_null(pools[i]);
        assert_int_equal(nn_pool_threads(pools[i]), 1 + i % 3);
    }
    assert_int_equal(count_threads(), before + 2);
    for (int i = 0; i < POOLS; i++) {
        int marks[9] = {0};
        nn_pool_run(pools[i], 9, 1, mark, marks);
        for (int k = 0; k < 9; k++)
            assert_int_equal(marks[k], 1);
        nn_pool_free(pools[i]);
    }
    assert_int_equal(count_threads_down_to(before), before);
}

// Each thread makes and frees a pool of its own, again and again.
static void *use_own_pools(void *arg)
{
    caller *c = arg;
    for (int i = 0; i < c->rounds; i++) {
        nn_pool *pool = nn_pool_new(1 + i % MAX_THREADS);
        if (!pool)
            return NULL;
        for (int k = 0; k < 5; k++)
            nn_pool_run(pool, 40, 3, mark, c->marks);
        nn_pool_free(pool);
    }
    return arg;
}

static void pools_come_and_go(void **state)
{
    enum { CALLERS = 3, ROUNDS = 200 };
    caller callers[CALLERS] = {{0}};
    pthread_t threads[CALLERS];
    void *result;
    (void)state;
    for (int i = 0; i < CALLERS; i++) {
        callers[i].rounds = ROUNDS;
        assert_int_equal(pthread_create(&threads[i], NULL, use_own_pools, &callers[i]), 0);
    }
    for (int i = 0; i < CALLERS; i++) {
        pthread_join(threads[i], &result);
        assert_non_null(result);
        for (int k = 0; k < 40; k++)
            assert_int_equal(callers[i].marks[k], 5 * ROUNDS);
    }
}

static void a_grain_below_one_counts_as_one(void **state)
{
    int marks[9] = {0};
    nn_pool *pool = nn_pool_new(2);
    (void)state;
    assert_non_null(pool);
    nn_pool_run(pool, 9, 0, mark, marks);
    nn_pool_run(NULL, 9, -5, mark, marks);
    for (int i = 0; i < 9; i++)
        assert_int_equal(marks[i], 2);
    nn_pool_free(pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_thread_is_the_caller),
        cmocka_unit_test(every_index_runs_once),
        cmocka_unit_test(thread_counts_are_told),
        cmocka_unit_test(chunks_do_not_depend_on_threads),
        cmocka_unit_test(many_short_regions),
        cmocka_unit_test(several_threads_may_call),
        cmocka_unit_test(workers_make_room),
        cmocka_unit_test(pools_nest),
        cmocka_unit_test(a_grain_below_one_counts_as_one),
        cmocka_unit_test(pools_share_threads),
        cmocka_unit_test(pools_come_and_go),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
