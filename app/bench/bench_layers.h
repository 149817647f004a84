// SPDX-License-Identifier: MIT
// What stands between a network and the machine's peak, layer by layer.
#ifndef APP_BENCH_BENCH_LAYERS_H
#define APP_BENCH_BENCH_LAYERS_H

#include "app/bench/bench.h"

#include <stdio.h>

typedef struct app_layer_loss {
    double gflops;  // two operations for each multiply-accumulate that the layer defines
    double of_peak; // 0 .. 1: multiply-adds that its algorithm really makes, of the peak's
    double lost_ms; // beyond what they would take at the peak
} app_layer_loss;

// Winograd is known by its name, "winograd_f4x4_3x3": a tile of 4x4 outputs takes 6x6 products
// instead of 4x4 times 3x3; "_s2" behind it is a stride of 2, with 9x9 products. Tiles that reach
// over the edge of the image are not counted.
app_layer_loss app_layer_loss_of(const app_bench_layer *layer, double peak_gflops);

// Prints a row for each layer, one for each algorithm, and the sum.
void app_bench_print_layers(FILE *out, const app_bench_result *r, double peak_gflops);

#endif
