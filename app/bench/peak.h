// SPDX-License-Identifier: MIT
// How many float32 operations a second this machine can do at best: what measured speeds are shares
// of.
#ifndef APP_BENCH_PEAK_H
#define APP_BENCH_PEAK_H

#include "nn/base/pool.h"

// GFLOP/s of fused multiply-adds in registers with all threads of `pool` (NULL: one), the best of
// a few tries. Takes about a tenth of a second.
double app_peak_gflops(nn_pool *pool);

#endif
