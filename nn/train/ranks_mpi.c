// SPDX-License-Identifier: MIT
// Sums over processes by MPI. It is a module, so that programs load MPI only when they need it.
#include "nn/train/ranks_module.h"

#include <mpi.h>

enum { MAX_REQUESTS = 256, MAX_COUNT = 1 << 30 };

static MPI_Request requests[MAX_REQUESTS];
static int request_count;

static int open_mpi(int *index, int *count)
{
    int level;
    int wrong = MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &level);
    if (wrong == MPI_SUCCESS)
        wrong = MPI_Comm_rank(MPI_COMM_WORLD, index);
    if (wrong == MPI_SUCCESS)
        wrong = MPI_Comm_size(MPI_COMM_WORLD, count);
    return wrong;
}

static void close_mpi(void)
{
    MPI_Finalize();
}

static void stop_mpi(void)
{
    MPI_Abort(MPI_COMM_WORLD, 2);
}

static void sum(double *x, int n)
{
    MPI_Allreduce(MPI_IN_PLACE, x, n, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
}

static void spread(void *bytes, size_t size)
{
    char *at = bytes;
    for (size_t left = size; left > 0;) {
        const int part = left < MAX_COUNT ? (int)left : MAX_COUNT;
        MPI_Bcast(at, part, MPI_BYTE, 0, MPI_COMM_WORLD);
        at += part;
        left -= (size_t)part;
    }
}

static void wait_all(void)
{
    MPI_Waitall(request_count, requests, MPI_STATUSES_IGNORE);
    request_count = 0;
}

static void start(float *x, int64_t n)
{
    for (; n > 0;) {
        const int part = n < MAX_COUNT ? (int)n : MAX_COUNT;
        if (request_count == MAX_REQUESTS)
            wait_all();
        MPI_Iallreduce(MPI_IN_PLACE, x, part, MPI_FLOAT, MPI_SUM, MPI_COMM_WORLD,
                       &requests[request_count++]);
        x += part;
        n -= part;
    }
}

static void advance(void)
{
    int done;
    if (request_count > 0)
        MPI_Testall(request_count, requests, &done, MPI_STATUSES_IGNORE);
}

extern const nn_ranks_module nn_ranks_module_mpi; // found by its name
const nn_ranks_module nn_ranks_module_mpi = {.version = NN_RANKS_MODULE_VERSION,
                                             .open = open_mpi,
                                             .close = close_mpi,
                                             .stop = stop_mpi,
                                             .sum = sum,
                                             .spread = spread,
                                             .start = start,
                                             .advance = advance,
                                             .wait = wait_all};
