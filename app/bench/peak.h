// SPDX-License-Identifier: MIT
// The peak of float32 operations a second, to compare measured speeds with.
#ifndef APP_BENCH_PEAK_H
#define APP_BENCH_PEAK_H

#include "nn/base/pool.h"

// GFLOP/s of fused multiply-adds in registers with all threads of `pool` (NULL: one), the best of a
// few tries. It takes about a tenth of a second.
double app_peak_gflops(nn_pool *pool);

#endif
