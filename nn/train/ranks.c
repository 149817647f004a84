// SPDX-License-Identifier: MIT
// Distributed training: finds out whether there are several processes, and sums gradients.
#include "nn/train/ranks.h"

#include "nn/base/late.h"
#include "nn/base/memory.h"
#include "nn/graph/backward.h"
#include "nn/train/ranks_module.h"

#include <stdlib.h>
#include <string.h>

enum { BUCKET = 1 << 20 }; // floats: large enough for the network's speed, small enough for overlap

struct nn_ranks {
    const nn_ranks_module *module;
    int index, count;
    nn_plan *plan; // the plan whose gradients are being summed
    float *grads;  // all of them
    int64_t sent;  // gradients from here on were sent
    int64_t early; // sent before the end of the last backward walk
};

bool nn_ranks_were_launched(void)
{
    static const char *const sizes[] = {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "SLURM_NTASKS"};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        const char *text = getenv(sizes[i]);
        // srun and salloc set the last one for every program.
        if (text && strtol(text, NULL, 10) > 1 && (i < 2 || getenv("SLURM_STEP_ID")))
            return true;
    }
    return false;
}

nn_status nn_ranks_open(nn_ranks **out, nn_error *err)
{
    *out = NULL;
    if (!nn_ranks_were_launched())
        return NN_OK;
    nn_ranks *r = nn_calloc(1, sizeof *r);
    if (!r)
        return nn_fail(err, NN_ENOMEM, "no memory");
    // MPI's own plug-ins look for its symbols in the global scope.
    r->module = nn_late_module("nn", "mpi", NN_RANKS_MODULE_SYMBOL, true, err);
    nn_status status = r->module ? NN_OK
                                 : nn_fail_prefix(err, NN_EUNSUPPORTED,
                                                  "started as one of several processes, but "
                                                  "without MPI: install libopenmpi-dev and build "
                                                  "again");
    if (status == NN_OK && strcmp(r->module->version, NN_RANKS_MODULE_VERSION) != 0)
        status = nn_fail(err, NN_EUNSUPPORTED,
                         "the module libneroscale-mpi.so is of another version: install the "
                         "program, its library and its modules from one build");
    const int wrong = status == NN_OK ? r->module->open(&r->index, &r->count) : 0;
    if (wrong)
        status = nn_fail(err, NN_EIO, "MPI does not start: its error %d", wrong);
    if (status != NN_OK) {
        nn_free(r); // the library stays loaded: MPI may have threads in it
        return status;
    }
    *out = r;
    return NN_OK;
}

void nn_ranks_close(nn_ranks *r)
{
    if (!r)
        return;
    r->module->close();
    nn_free(r);
}

void nn_ranks_abort(nn_ranks *r)
{
    if (r)
        r->module->stop();
}

int nn_ranks_count(const nn_ranks *r)
{
    return r ? r->count : 1;
}

int nn_ranks_index(const nn_ranks *r)
{
    return r ? r->index : 0;
}

void nn_ranks_sum(nn_ranks *r, double *x, int n)
{
    if (r)
        r->module->sum(x, n);
}

void nn_ranks_spread(nn_ranks *r, void *bytes, size_t size)
{
    if (r)
        r->module->spread(bytes, size);
}

// Gradients from this one on are complete.
static void send_ready(void *ctx, float *from)
{
    nn_ranks *r = ctx;
    const int64_t first = from - r->grads;
    if (r->sent - first >= BUCKET) {
        r->module->start(from, r->sent - first);
        r->early += r->sent - first;
        r->sent = first;
    } else {
        r->module->advance();
    }
}

void nn_ranks_start_grads(nn_ranks *r, nn_plan *plan)
{
    if (!r)
        return;
    r->plan = plan;
    r->early = 0;
    r->grads = nn_plan_param_grads(plan, &r->sent);
    nn_plan_on_grads(plan, send_ready, r);
}

void nn_ranks_finish_grads(nn_ranks *r)
{
    if (!r || !r->plan)
        return;
    nn_plan_on_grads(r->plan, NULL, NULL);
    if (r->sent > 0)
        r->module->start(r->grads, r->sent);
    r->module->wait();
    r->plan = NULL;
}

int64_t nn_ranks_early(const nn_ranks *r)
{
    return r ? r->early : 0;
}
