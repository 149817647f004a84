// SPDX-License-Identifier: MIT
// Measuring how fast networks run and train.
#ifndef APP_BENCH_BENCH_H
#define APP_BENCH_BENCH_H

#include "nn/base/pool.h"
#include "nn/base/status.h"

#include <stdbool.h>

typedef struct app_bench_options {
    const char *options; // of networks by name: "classes=10,alpha=0.5"; NULL: their own
    nn_pool *pool;       // borrowed
    int runs;            // 0: as many as fit `seconds`
    double seconds;      // 0: two, of training five
    int batch;           // pictures a run
    int height, width;   // 0: the network's
    bool layers;         // measure every layer too
    bool exact;          // nothing that rounds more than plain float32 sums
    unsigned without;    // rewrites to leave out: nn_pass bits
    bool tune; // measure all implementations of every node; the choice is kept beside a model file
} app_bench_options;

typedef struct app_bench_layer {
    char *name, *type, *algorithm; // owned
    double ms;                     // the best of all runs
    double macs;                   // multiply-accumulates of a run
} app_bench_layer;

typedef struct app_bench_result {
    int threads, batch, height, width, runs;
    double min_ms, median_ms, p95_ms;
    // Two operations for each multiply-accumulate that the layers' definitions take, over the best
    // time. An algorithm that needs fewer (Winograd) may pass the machine's peak.
    double gflops;
    double memory;                             // bytes beside the parameters
    double forward_ms, backward_ms, update_ms; // training: of the best step
    app_bench_layer *layers;                   // owned, layer_count of them; NULL unless asked for
    int layer_count;
} app_bench_result;

void app_bench_release(app_bench_result *r);

// Runs a network by name (with the reference parameters) or a model file, after a warm-up.
nn_status app_bench_infer(app_bench_result *r, const char *name, const app_bench_options *o,
                          nn_error *err);
// Training steps of a classifier by name: forward, softmax cross-entropy, backward, SGD with
// momentum.
nn_status app_bench_train(app_bench_result *r, const char *name, const app_bench_options *o,
                          nn_error *err);

// The times of runs as they are taken.
typedef struct app_bench_clock {
    double *ms; // owned
    int count, capacity, wanted;
    double until; // app_now() after which there need be no more runs; wanted <= 0 only
} app_bench_clock;

// `runs` as in the options; `seconds` is what to fill when it is 0.
void app_bench_clock_start(app_bench_clock *c, int runs, double seconds);
// Whether another run is wanted.
bool app_bench_clock_more(const app_bench_clock *c);
void app_bench_clock_add(app_bench_clock *c, double ms);
// Puts minimum, median, 95th percentile (nearest rank), the number of runs and GFLOP/s for
// `operations` a run into *r and frees the clock.
void app_bench_clock_stop(app_bench_clock *c, double operations, app_bench_result *r);

#endif
