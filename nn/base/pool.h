// SPDX-License-Identifier: MIT
// Persistent thread pool: a parallel for over an index range, in which the calling thread works,
// too.
#ifndef NN_BASE_POOL_H
#define NN_BASE_POOL_H

#include "nn/base/api.h"

#include <stdint.h>

enum { NN_POOL_MAX_THREADS = 1024 }; // largest number of threads of a pool

// A pool is the right to use a number of threads at a time. The threads belong to the process and
// are shared by all pools, so that several networks that run at once do not slow each other down.
typedef struct nn_pool nn_pool;

// Work on indices [begin, end). `worker` is 0 .. threads-1 and selects per-thread scratch.
typedef void nn_task(void *ctx, int64_t begin, int64_t end, int worker);

// Makes a pool of `threads` threads, the caller included; 0 means one for each core that this
// process may use. NULL when memory or threads are short. threads = 1 starts no thread. The threads
// end with the last pool.
NN_API nn_pool *nn_pool_new(int threads);
NN_API void nn_pool_free(nn_pool *pool);

// Number of threads; 1 for NULL.
NN_API int nn_pool_threads(const nn_pool *pool);

// Runs `task` over [0, n) in chunks of `grain` indices (the last may be shorter). Each chunk runs
// once, in any order; the call returns when all are done. The chunks do not depend on the number of
// threads, so a reduction that is kept per chunk is reproducible. A NULL pool runs everything in
// the calling thread. Any thread may call at any time, even from within a task. When workers or
// cores are busy, the call uses fewer threads, down to the calling one; it never waits for others.
// After a region the workers spin for a moment, then sleep.
NN_API void nn_pool_run(nn_pool *pool, int64_t n, int64_t grain, nn_task *task, void *ctx);

#endif
