// SPDX-License-Identifier: MIT
// Shared by the benchmarks of kernels.
#include "tests/kernels/bench.h"

#include "nn/base/memory.h"
#include "nn/base/rng.h"
#include "tests/support/guard.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

// Best of several stretches of at least 10 ms, for one call.
static double best_seconds(const nn_kernels *k, bench_run *run, void *ctx)
{
    double best = 1e9;
    for (int repeat = 0; repeat < 5; repeat++) {
        const double start = now();
        double took;
        int calls = 0;
        do {
            run(k, ctx);
            calls++;
            took = now() - start;
        } while (took < 0.01);
        best = took / calls < best ? took / calls : best;
    }
    return best;
}

void bench_line(const char *part, const char *name, const char *unit, double work, bench_run *run,
                void *ctx)
{
    const nn_kernels *k;
    const char *level;
    if (part && !strstr(name, part))
        return;
    printf("%-28s", name);
    for (int l = 0; (k = guard_level(l, &level)) != NULL; l++)
        printf("  %s %8.2f", level, 1e-9 * work / best_seconds(k, run, ctx));
    printf("  %s\n", unit);
    fflush(stdout);
}

float *bench_floats(int64_t n)
{
    float *p = nn_alloc((size_t)n * sizeof *p);
    nn_rng r = nn_rng_seed(1);
    if (!p)
        exit(1);
    for (int64_t i = 0; i < n; i++)
        p[i] = nn_rng_range(&r, -1.0f, 1.0f);
    return p;
}
