// SPDX-License-Identifier: MIT
// Collects the times of runs and computes their statistics.
#include "app/bench/bench.h"
#include "app/cli/progress.h"

#include <glib.h>
#include <stdlib.h>

enum { FEWEST = 5, MOST = 100000 };

void app_bench_clock_start(app_bench_clock *c, int runs, double seconds)
{
    *c = (app_bench_clock){.wanted = runs, .until = app_now() + seconds};
}

bool app_bench_clock_more(const app_bench_clock *c)
{
    if (c->wanted > 0)
        return c->count < c->wanted;
    return c->count < FEWEST || (app_now() < c->until && c->count < MOST);
}

void app_bench_clock_add(app_bench_clock *c, double ms)
{
    if (c->count == c->capacity) {
        c->capacity = c->capacity ? 2 * c->capacity : 64;
        c->ms = g_renew(double, c->ms, c->capacity);
    }
    c->ms[c->count++] = ms;
}

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

void app_bench_clock_stop(app_bench_clock *c, double operations, app_bench_result *r)
{
    const int n = c->count;
    qsort(c->ms, (size_t)n, sizeof *c->ms, compare);
    r->runs = n;
    r->min_ms = c->ms[0];
    r->median_ms = 0.5 * (c->ms[(n - 1) / 2] + c->ms[n / 2]);
    r->p95_ms = c->ms[(95 * n + 99) / 100 - 1]; // ceil(0.95 n), counted from 1
    r->gflops = operations / (1e6 * r->min_ms);
    g_free(c->ms);
    *c = (app_bench_clock){0};
}

void app_bench_release(app_bench_result *r)
{
    for (int i = 0; i < r->layer_count; i++) {
        g_free(r->layers[i].name);
        g_free(r->layers[i].type);
        g_free(r->layers[i].algorithm);
    }
    g_free(r->layers);
    *r = (app_bench_result){0};
}
