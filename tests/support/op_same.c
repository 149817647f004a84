// SPDX-License-Identifier: MIT
// Checks that hold for every operator.
#include "tests/support/op_same.h"

#include "nn/base/memory.h"
#include "tests/support/guard.h"
#include "tests/support/test.h"

#include <stdio.h>

// Output and then the gradients of one run.
typedef struct results {
    int n;
    float *data[1 + OP_RUN_MAX_IN];
    int64_t count[1 + OP_RUN_MAX_IN];
} results;

static void keep(results *to, const nn_tensor *t)
{
    if (!t->data)
        return;
    float *copy = nn_alloc(nn_tensor_bytes(t));
    assert_non_null(copy);
    memcpy(copy, t->data, nn_tensor_bytes(t));
    to->data[to->n] = copy;
    to->count[to->n++] = nn_shape_count(&t->shape);
}

static results run_all(const nn_op *op, const void *params, const nn_shape *in, int n_in,
                       int threads, const nn_kernels *kernels)
{
    results all = {0};
    op_run r;
    nn_pool *pool = threads > 1 ? nn_pool_new(threads) : NULL;
    assert_true(threads <= 1 || pool);
    op_run_init(&r, op, params, in, n_in, threads, 11);
    r.pool = pool;
    if (kernels)
        r.kernels = kernels;
    op_run_forward(&r);
    if (op->backward)
        op_run_backward(&r);
    keep(&all, &r.out);
    for (int i = 0; i < n_in; i++)
        keep(&all, &r.grad_in[i]);
    op_run_release(&r);
    nn_pool_free(pool);
    return all;
}

static void release(results *r)
{
    for (int i = 0; i < r->n; i++)
        nn_free(r->data[i]);
}

void op_expect_same(const nn_op *op, const void *params, const nn_shape *in, int n_in,
                    double tolerance)
{
    const char *level;
    nn_kernels c;
    nn_kernels_init(&c, 0);
    results one = run_all(op, params, in, n_in, 1, NULL);
    results plain = run_all(op, params, in, n_in, 1, &c);
    for (int threads = 2; threads <= 3; threads++) {
        results more = run_all(op, params, in, n_in, threads, NULL);
        for (int i = 0; i < one.n; i++)
            assert_memory_equal(one.data[i], more.data[i], (size_t)one.count[i] * sizeof(float));
        release(&more);
    }
    for (int l = 0; guard_level(l, &level); l++) {
        results fast = run_all(op, params, in, n_in, 1, guard_level(l, &level));
        for (int i = 0; i < one.n; i++) {
            char what[64];
            snprintf(what, sizeof what, "%s on %s, %s", op->name, level, i ? "gradient" : "output");
            op_expect_close(what, fast.data[i], plain.data[i], one.count[i], tolerance);
        }
        release(&fast);
    }
    release(&one);
    release(&plain);
}

void op_expect_in_place(const nn_op *op, const void *params, const nn_shape *in, int n_in)
{
    op_run r;
    assert_true(op->flags & NN_OP_INPLACE);
    op_run_init(&r, op, params, in, n_in, 1, 12);
    r.training = false;
    op_run_forward(&r);
    nn_tensor out = {.shape = r.out.shape, .dtype = NN_F32, .data = r.in[0].data};
    nn_op_call call = {.params = params,
                       .in = r.in,
                       .n_in = n_in,
                       .out = &out,
                       .scratch = r.scratch,
                       .kernels = r.kernels,
                       .seed = r.seed};
    op->forward(&call);
    assert_memory_equal(r.out.data, r.in[0].data, nn_tensor_bytes(&r.out));
    op_run_release(&r);
}
