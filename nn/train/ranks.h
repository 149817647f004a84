// SPDX-License-Identifier: MIT
// Distributed training: several processes train one network, each on its part of every batch.
#ifndef NN_TRAIN_RANKS_H
#define NN_TRAIN_RANKS_H

#include "nn/base/api.h"
#include "nn/graph/plan.h"

typedef struct nn_ranks nn_ranks;

// Joins the processes that mpirun or srun started. *out is NULL when this process is alone; all
// functions below accept that. MPI is loaded only when needed; NN_EUNSUPPORTED when this build has
// none. One thread of each process calls these functions, in the same order in all processes. A
// failure of MPI ends all processes.
NN_API nn_status nn_ranks_open(nn_ranks **out, nn_error *err);
NN_API void nn_ranks_close(nn_ranks *r);
// Whether a launcher says that it started several processes. It does not start MPI.
NN_API bool nn_ranks_were_launched(void);
// Ends all processes with exit status 2, after a failure of this one.
NN_API void nn_ranks_abort(nn_ranks *r);

NN_API int nn_ranks_count(const nn_ranks *r); // 1 when alone
NN_API int nn_ranks_index(const nn_ranks *r); // 0 .. count - 1; process 0 writes and prints

// Replaces x[i] by its sum over all processes, bit-equal on each.
NN_API void nn_ranks_sum(nn_ranks *r, double *x, int n);
// Copies the bytes of process 0 to all others.
NN_API void nn_ranks_spread(nn_ranks *r, void *bytes, size_t size);

// Sums the parameter gradients of a training plan over all processes (allreduce). The next backward
// walk sends them in buckets as soon as they are complete, while it goes on (Li 2020, PyTorch
// Distributed); nn_ranks_finish_grads waits for the rest.
void nn_ranks_start_grads(nn_ranks *r, nn_plan *plan);
void nn_ranks_finish_grads(nn_ranks *r);
// Number of gradients that were sent before the last such walk ended.
int64_t nn_ranks_early(const nn_ranks *r);

#endif
