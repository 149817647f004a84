// SPDX-License-Identifier: MIT
// The processes that train one network together, each on its part of every batch.
#ifndef NN_TRAIN_RANKS_H
#define NN_TRAIN_RANKS_H

#include "nn/base/api.h"
#include "nn/graph/plan.h"

typedef struct nn_ranks nn_ranks;

// Joins the processes that mpirun or srun started; *out is NULL when this one is alone, and
// everything below takes NULL as such. MPI is loaded only then: NN_EUNSUPPORTED when this build has
// none. One thread of a process calls all of these, and all processes in the same order. A failure
// of MPI itself ends all processes, as MPI does.
NN_API nn_status nn_ranks_open(nn_ranks **out, nn_error *err);
NN_API void nn_ranks_close(nn_ranks *r);
// Ends all processes with exit status 2, after a failure on this one.
NN_API void nn_ranks_abort(nn_ranks *r);

NN_API int nn_ranks_count(const nn_ranks *r); // 1 when alone
NN_API int nn_ranks_index(const nn_ranks *r); // 0 .. count - 1; the first writes and prints

// x[i] becomes the sum over all processes, the same bits on each.
NN_API void nn_ranks_sum(nn_ranks *r, double *x, int n);
// Everybody gets the bytes of the first one.
NN_API void nn_ranks_spread(nn_ranks *r, void *bytes, size_t size);

// Sums the parameter gradients of a training plan over all processes. The backward walk that
// follows sends them in buckets as soon as they are complete, while it goes on (Li 2020, PyTorch
// Distributed); nn_ranks_finish_grads waits for all.
void nn_ranks_start_grads(nn_ranks *r, nn_plan *plan);
void nn_ranks_finish_grads(nn_ranks *r);
// How many gradients were under way before the last such walk had ended.
int64_t nn_ranks_early(const nn_ranks *r);

#endif
