// SPDX-License-Identifier: MIT
// Shared by the runners of other engines: arguments, the input, timing, the line of results.
// Arguments of each: MODEL THREADS SECONDS SIZE INPUT OUTPUT; INPUT holds 1x3xSIZExSIZE floats.
#ifndef TESTS_BENCH_RUNNERS_RUN_H
#define TESTS_BENCH_RUNNERS_RUN_H

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

typedef struct job {
    const char *model, *output;
    int threads, size;
    double seconds, load_ms; // load_ms: of making a session; 0: not measured
    float *input;
} job;

static void die(const char *what, const char *why)
{
    fprintf(stderr, "%s: %s\n", what, why);
    exit(2);
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static job read_job(int argc, char **argv)
{
    job j = {0};
    if (argc < 7)
        die(argv[0], "MODEL THREADS SECONDS SIZE INPUT OUTPUT are wanted");
    j.model = argv[1];
    j.threads = (int)strtol(argv[2], NULL, 10);
    j.seconds = strtod(argv[3], NULL);
    j.size = (int)strtol(argv[4], NULL, 10);
    j.output = argv[6];
    const size_t count = (size_t)3 * (size_t)j.size * (size_t)j.size;
    j.input = (float *)aligned_alloc(64, (count * sizeof(float) + 63) / 64 * 64);
    FILE *f = fopen(argv[5], "rb");
    if (!f || !j.input || fread(j.input, sizeof(float), count, f) != count)
        die(argv[5], "cannot be read");
    fclose(f);
    return j;
}

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

// Runs `step` until `seconds` are over, five times at least; three more before that do not count.
static void time_steps(const job *j, const char *version, void (*step)(void *), void *ctx)
{
    enum { MOST = 10000, WARM = 3 };
    static double ms[MOST];
    int n = -WARM;
    double end = 0;
    for (; n < 5 || (now() < end && n < MOST); n++) {
        const double start = now();
        step(ctx);
        if (n >= 0)
            ms[n] = 1e3 * (now() - start);
        if (n == -1)
            end = now() + j->seconds;
    }
    qsort(ms, (size_t)n, sizeof *ms, compare);
    printf("{\"version\": \"%s\", \"runs\": %d, \"min_ms\": %.4f, \"median_ms\": %.4f, "
           "\"load_ms\": %.4f}\n",
           version, n, ms[0], 0.5 * (ms[(n - 1) / 2] + ms[n / 2]), j->load_ms);
}

static void write_output(const job *j, const float *y, size_t count)
{
    FILE *f = fopen(j->output, "wb");
    if (!f || fwrite(y, sizeof *y, count, f) != count || fclose(f))
        die(j->output, "cannot be written");
}

#endif
