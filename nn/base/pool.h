// SPDX-License-Identifier: MIT
// Persistent thread pool: parallel for over an index range, the caller works too.
#ifndef NN_BASE_POOL_H
#define NN_BASE_POOL_H

#include "nn/base/api.h"

#include <stdint.h>

enum { NN_POOL_MAX_THREADS = 1024 }; // that may be asked for

// A pool is a right to so many threads at a time. The threads themselves belong to the process: all
// pools share them, so that several networks at once do not get into each other's way.
typedef struct nn_pool nn_pool;

// Work on indices [begin, end). `worker` is 0 .. threads-1 and selects per-thread scratch.
typedef void nn_task(void *ctx, int64_t begin, int64_t end, int worker);

// A pool that uses `threads` threads counting the caller; 0 means one per core that this process
// may use. NULL when memory or threads cannot be had. threads = 1 starts no thread. Threads end
// with the last pool.
NN_API nn_pool *nn_pool_new(int threads);
NN_API void nn_pool_free(nn_pool *pool);

// Number of threads; 1 for NULL.
NN_API int nn_pool_threads(const nn_pool *pool);

// Runs `task` over [0, n) in chunks of `grain` indices (the last may be shorter), each chunk once,
// in any order, and returns when all are done. The chunks do not depend on the number of threads,
// so a reduction kept per chunk is reproducible. A NULL pool runs inline. Any thread may call at
// any time, also from within a task: who finds the workers or the cores busy does with fewer, or
// alone, and waits for nobody. Workers spin for a moment after a region, then sleep.
NN_API void nn_pool_run(nn_pool *pool, int64_t n, int64_t grain, nn_task *task, void *ctx);

#endif
