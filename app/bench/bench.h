// SPDX-License-Identifier: MIT
// Measures the speed of networks, in inference and training.
#ifndef APP_BENCH_BENCH_H
#define APP_BENCH_BENCH_H

#include "nn/base/pool.h"
#include "nn/base/status.h"
#include "nn/predict/precision.h"

#include <stdbool.h>

typedef struct app_bench_options {
    const char *options; // of networks given by name: "classes=10,alpha=0.5"; NULL: the defaults
    nn_pool *pool;       // borrowed
    int runs;            // 0: as many as fit into `seconds`
    double seconds;      // 0: two, for training five
    int batch;           // batch size
    int height, width;   // 0: the network's
    bool layers;         // measure every layer, too
    bool exact;          // use nothing that rounds more than plain float32 sums
    nn_precision precision;
    unsigned disabled_passes; // passes to disable: nn_pass bits
    bool tune; // measure all implementations of every node; the choice is saved beside a model file
} app_bench_options;

typedef struct app_bench_layer {
    char *name, *type, *algorithm; // owned
    double ms;                     // minimum of all runs
    double macs;                   // multiply-accumulates of a run
} app_bench_layer;

typedef struct app_bench_result {
    int threads, batch, height, width, runs;
    double min_ms, median_ms, p95_ms;
    double load_ms; // from opening the model until it can run; 0: of a training, or with tuning
    // Two operations for each multiply-accumulate that the layers define, at the minimum time. An
    // algorithm that needs fewer (Winograd) may exceed the machine's peak.
    double gflops;
    const char *precision;                     // nn_precision_in_use; of a training "float32"
    double memory;                             // bytes, without the parameters
    double forward_ms, backward_ms, update_ms; // training: of the fastest step
    app_bench_layer *layers;                   // owned, layer_count of them; NULL unless asked for
    int layer_count;
} app_bench_result;

void app_bench_release(app_bench_result *r);

// Measures a network by name (with reference parameters) or a model file, after a warm-up.
nn_status app_bench_infer(app_bench_result *r, const char *name, const app_bench_options *o,
                          nn_error *err);
// Measures training steps of a classifier by name: forward, softmax cross-entropy, backward, SGD
// with momentum.
nn_status app_bench_train(app_bench_result *r, const char *name, const app_bench_options *o,
                          nn_error *err);

// Collects the times of runs.
typedef struct app_bench_clock {
    double *ms; // owned
    int count, capacity, wanted;
    double until; // app_now() after which no more runs are needed; when wanted <= 0
} app_bench_clock;

// `runs` as in the options; `seconds` limits the time when it is 0.
void app_bench_clock_start(app_bench_clock *c, int runs, double seconds);
// Whether another run is needed.
bool app_bench_clock_more(const app_bench_clock *c);
void app_bench_clock_add(app_bench_clock *c, double ms);
// Writes minimum, median, 95th percentile (nearest rank), the number of runs and GFLOP/s for
// `operations` a run into *r, and frees the clock.
void app_bench_clock_stop(app_bench_clock *c, double operations, app_bench_result *r);

#endif
