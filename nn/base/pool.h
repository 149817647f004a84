// SPDX-License-Identifier: MIT
// Persistent thread pool: parallel for over an index range, the caller works too.
#ifndef NN_BASE_POOL_H
#define NN_BASE_POOL_H

#include <stdint.h>

typedef struct nn_pool nn_pool;

// Work on indices [begin, end). `worker` is 0 .. threads-1 and selects per-thread scratch.
typedef void nn_task(void *ctx, int64_t begin, int64_t end, int worker);

// A pool that uses `threads` threads counting the caller; 0 means one per online core.
// NULL when memory or threads cannot be had. threads = 1 starts no thread.
nn_pool *nn_pool_new(int threads);
void nn_pool_free(nn_pool *pool);

// Number of threads; 1 for NULL.
int nn_pool_threads(const nn_pool *pool);

// Runs `task` over [0, n) in chunks of `grain` indices (the last may be shorter), each chunk once,
// in any order, and returns when all are done. The chunks do not depend on the number of threads,
// so a reduction kept per chunk is reproducible. A NULL pool runs inline. Several threads may call
// at the same time: one gets the workers, the others run inline (as worker 0 of their own). A task
// may not call nn_pool_run with the same pool.
void nn_pool_run(nn_pool *pool, int64_t n, int64_t grain, nn_task *task, void *ctx);

#endif
