// SPDX-License-Identifier: MIT
// Runs one operator on made-up tensors, with canaries behind every buffer that it may write.
#include "tests/support/op_run.h"

#include "nn/base/memory.h"
#include "nn/base/rng.h"
#include "tests/support/test.h"

#include <math.h>

enum { CANARY = 64, CANARY_BYTE = 0xa5, POISON_BYTE = 0xff }; // floats of 0xff bytes are NaN

static void *new_block(size_t bytes)
{
    unsigned char *p = nn_alloc(bytes + CANARY);
    assert_non_null(p);
    memset(p, 0, bytes);
    memset(p + bytes, CANARY_BYTE, CANARY);
    return p;
}

static void check_canary(const char *what, const void *p, size_t bytes)
{
    const unsigned char *end = (const unsigned char *)p + bytes;
    for (int i = 0; p && i < CANARY; i++)
        if (end[i] != CANARY_BYTE)
            fail_msg("wrote %d bytes past the end of %s", i + 1, what);
}

static nn_tensor new_tensor(const nn_shape *shape)
{
    nn_tensor t = {.shape = *shape, .dtype = NN_F32};
    t.data = new_block(nn_tensor_bytes(&t));
    return t;
}

void op_fill_uniform(nn_tensor *t, float low, float high, uint64_t seed)
{
    nn_rng rng = nn_rng_seed(seed);
    for (int64_t i = 0; i < nn_shape_count(&t->shape); i++)
        nn_tensor_f32(t)[i] = nn_rng_range(&rng, low, high);
}

void op_run_init(op_run *r, const nn_op *op, const void *params, const nn_shape *in, int n_in,
                 int threads, uint64_t seed)
{
    nn_error err = {0};
    nn_shape out;
    assert_true(n_in <= OP_RUN_MAX_IN);
    *r = (op_run){.op = op, .params = params, .n_in = n_in, .training = true, .seed = seed};
    r->kernels = nn_kernels_best();
    if (op->shape(params, in, n_in, &out, &err))
        fail_msg("%s", err.text);
    for (int i = 0; i < n_in; i++) {
        r->in[i].shape = r->grad_in[i].shape = in[i];
        if (in[i].rank < 0)
            continue;
        r->in[i] = new_tensor(&in[i]);
        op_fill_uniform(&r->in[i], -1.0f, 1.0f, seed + (uint64_t)i);
        if (!((op->no_grad | op->shape_only) >> i & 1))
            r->grad_in[i] = new_tensor(&in[i]);
    }
    r->out = new_tensor(&out);
    r->grad_out = new_tensor(&out);
    op_fill_uniform(&r->grad_out, -1.0f, 1.0f, seed + 1000);
    if (op->saved)
        r->saved_bytes = op->saved(params, in, n_in, &out);
    if (r->saved_bytes)
        r->saved = new_block(r->saved_bytes);
    for (int backward = 0; op->scratch && backward < 2; backward++) {
        size_t bytes = op->scratch(params, in, n_in, &out, threads, backward);
        r->scratch_bytes = bytes > r->scratch_bytes ? bytes : r->scratch_bytes;
    }
    if (r->scratch_bytes)
        r->scratch = new_block(r->scratch_bytes);
}

void op_run_release(op_run *r)
{
    for (int i = 0; i < r->n_in; i++) {
        nn_free(r->in[i].data);
        nn_free(r->grad_in[i].data);
    }
    nn_free(r->out.data);
    nn_free(r->grad_out.data);
    nn_free(r->saved);
    nn_free(r->scratch);
}

static nn_op_call make_call(op_run *r)
{
    if (r->scratch)
        memset(r->scratch, POISON_BYTE, r->scratch_bytes);
    return (nn_op_call){
        .params = r->params,
        .in = r->in,
        .n_in = r->n_in,
        .out = &r->out,
        .grad_out = &r->grad_out,
        .grad_in = r->grad_in,
        .saved = r->training ? r->saved : NULL,
        .scratch = r->scratch,
        .pool = r->pool,
        .kernels = r->kernels,
        .training = r->training,
        .unset = r->unset,
        .seed = r->seed,
        .batch_offset = r->batch_offset,
    };
}

static void check_canaries(const op_run *r)
{
    check_canary("the output", r->out.data, nn_tensor_bytes(&r->out));
    check_canary("the saved bytes", r->saved, r->saved_bytes);
    check_canary("the scratch", r->scratch, r->scratch_bytes);
    for (int i = 0; i < r->n_in; i++) {
        if (r->in[i].data)
            check_canary("an input", r->in[i].data, nn_tensor_bytes(&r->in[i]));
        if (r->grad_in[i].data)
            check_canary("a gradient", r->grad_in[i].data, nn_tensor_bytes(&r->grad_in[i]));
    }
}

void op_run_forward(op_run *r)
{
    nn_op_call call = make_call(r);
    memset(r->out.data, POISON_BYTE, nn_tensor_bytes(&r->out));
    if (r->saved)
        memset(r->saved, POISON_BYTE, r->saved_bytes);
    r->op->forward(&call);
    check_canaries(r);
}

void op_run_backward(op_run *r)
{
    nn_op_call call = make_call(r);
    r->op->backward(&call);
    check_canaries(r);
}

void op_run_zero_grads(op_run *r)
{
    for (int i = 0; i < r->n_in; i++)
        if (r->grad_in[i].data)
            memset(r->grad_in[i].data, 0, nn_tensor_bytes(&r->grad_in[i]));
}

void op_expect_close(const char *what, const float *actual, const float *expected, int64_t n,
                     double tolerance)
{
    double largest = 1e-30;
    for (int64_t i = 0; i < n; i++)
        largest = fmax(largest, fabs((double)expected[i]));
    for (int64_t i = 0; i < n; i++)
        if (!(fabs((double)actual[i] - (double)expected[i]) <= tolerance * largest))
            fail_msg("%s: element %lld is %.9g, expected %.9g (largest %.9g)", what, (long long)i,
                     (double)actual[i], (double)expected[i], largest);
}

void op_expect_shape_error(const nn_op *op, const void *params, const nn_shape *in, int n_in,
                           const char *words)
{
    nn_error err = {0};
    nn_shape out;
    nn_status status = op->shape(params, in, n_in, &out, &err);
    assert_int_not_equal(status, NN_OK);
    assert_int_equal(status, err.status);
    if (!strstr(err.text, words) || strchr(err.text, '\n'))
        fail_msg("the error should contain \"%s\": \"%s\"", words, err.text);
    assert_int_equal(op->shape(params, in, n_in, &out, NULL), status);
}
