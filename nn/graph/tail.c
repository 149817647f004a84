// SPDX-License-Identifier: MIT
// Tails of models: their outputs, owners and runs.
#include "nn/graph/tail.h"

#include "nn/base/memory.h"
#include "nn/graph/plan.h"

#include <stdatomic.h>
#include <stdio.h>

enum { DEFAULT_SECONDS = 60 };
#define DEFAULT_BYTES ((uint64_t)4 << 30)

struct nn_tail {
    atomic_int owners;
    const nn_tail_kind *kind;
    void *own;
    int inputs, count;
    char **names;
    nn_shape *shapes;
    char reason[480];
};

struct nn_tail_run {
    const nn_tail_kind *kind;
    void *state;
    nn_tensor outputs[];
};

nn_status nn_tail_new(nn_tail **out, const nn_tail_kind *kind, void *tail, int inputs,
                      const char *const *names, const nn_shape *shapes, int count,
                      const char *reason, nn_error *err)
{
    nn_tail *t = *out = nn_calloc(1, sizeof *t);
    if (!t) {
        kind->release(tail);
        return nn_fail(err, NN_ENOMEM, "out of memory");
    }
    *t = (nn_tail){.kind = kind, .own = tail, .inputs = inputs, .count = count};
    atomic_init(&t->owners, 1);
    snprintf(t->reason, sizeof t->reason, "%s", reason);
    t->names = nn_calloc((size_t)count, sizeof *t->names);
    t->shapes = nn_calloc((size_t)count, sizeof *t->shapes);
    bool good = t->names && t->shapes;
    for (int i = 0; good && i < count; i++) {
        t->shapes[i] = shapes[i];
        t->names[i] = nn_strdup(names[i]);
        good = t->names[i];
    }
    if (good)
        return NN_OK;
    nn_tail_free(t);
    *out = NULL;
    return nn_fail(err, NN_ENOMEM, "out of memory");
}

nn_tail *nn_tail_share(nn_tail *t)
{
    if (t)
        atomic_fetch_add(&t->owners, 1);
    return t;
}

void nn_tail_free(nn_tail *t)
{
    if (!t || atomic_fetch_sub(&t->owners, 1) > 1)
        return;
    for (int i = 0; t->names && i < t->count; i++)
        nn_free(t->names[i]);
    t->kind->release(t->own);
    nn_free(t->names);
    nn_free(t->shapes);
    nn_free(t);
}

int nn_tail_output_count(const nn_tail *t)
{
    return t->count;
}

const char *nn_tail_output_name(const nn_tail *t, int i)
{
    return t->names[i];
}

nn_shape nn_tail_output_shape(const nn_tail *t, int i)
{
    return t->shapes[i];
}

nn_shape nn_tail_usual_shape(const nn_tail *t, int i, int batch)
{
    nn_shape shape = t->shapes[i];
    shape.rank = shape.rank == NN_TAIL_OPEN ? 0 : shape.rank;
    for (int k = 0; k < shape.rank; k++)
        if (shape.dim[k] == NN_TAIL_OPEN)
            shape.dim[k] = k == 0 ? batch : 1;
    return shape;
}

bool nn_tail_is_list(const nn_tail *t, int i)
{
    return t->shapes[i].rank > 0 && t->shapes[i].dim[0] == NN_TAIL_OPEN;
}

const char *nn_tail_reason(const nn_tail *t)
{
    return t->reason;
}

static nn_tail_limits find_limits(const nn_tail_limits *given)
{
    const uint64_t quarter = nn_memory_of_machine() / 4;
    nn_tail_limits l = given ? *given : (nn_tail_limits){0};
    if (l.bytes == 0)
        l.bytes = (size_t)(quarter < DEFAULT_BYTES ? quarter : DEFAULT_BYTES);
    if (!(l.seconds > 0))
        l.seconds = DEFAULT_SECONDS;
    return l;
}

nn_status nn_tail_start(nn_tail_run **out, const nn_tail *t, const struct nn_plan *plan,
                        nn_pool *pool, const nn_tail_limits *limits, nn_error *err)
{
    const nn_tail_limits l = find_limits(limits);
    nn_tail_run *run = nn_calloc(1, sizeof *run + (size_t)t->count * sizeof *run->outputs);
    nn_tensor *in = nn_calloc((size_t)t->inputs, sizeof *in);
    nn_status status = run && in ? NN_OK : nn_fail(err, NN_ENOMEM, "out of memory");
    *out = NULL;
    for (int i = 0; status == NN_OK && i < t->inputs; i++)
        in[i] = *nn_plan_output(plan, i);
    if (status == NN_OK) {
        run->kind = t->kind;
        status = t->kind->start(t->own, in, pool, &l, run->outputs, &run->state, err);
    }
    nn_free(in);
    if (status == NN_OK)
        *out = run;
    else
        nn_free(run);
    return status;
}

nn_tensor nn_tail_output(const nn_tail_run *run, int i)
{
    return run->outputs[i];
}

void nn_tail_run_free(nn_tail_run *run)
{
    if (!run)
        return;
    run->kind->end(run->state);
    nn_free(run);
}
