// SPDX-License-Identifier: MIT
// Every implementation of an operator (nn_op_impl) against its plain forward.
#include "tests/support/op_impls.h"

#include "nn/base/memory.h"
#include "nn/ops/ops.h"
#include "tests/support/guard.h"
#include "tests/support/test.h"

#include <math.h>
#include <stdio.h>

// A tensor in the layout that an implementation needs, between canaries.
typedef struct placed {
    nn_tensor t;
    guard memory;
    int64_t floats;
} placed;

static const nn_halo out_halo = {1, 2, 0, 1};

// Blocked storage is NaN but for the pixels and the halo, which the implementation asked for.
static placed place(const nn_shape *shape, bool blocked, const nn_halo *halo)
{
    placed p = {.t = {.shape = *shape, .dtype = NN_F32}};
    int64_t origin = 0;
    p.floats = blocked ? nn_blocked_plan(&p.t, halo, &origin) : nn_shape_count(shape);
    p.memory = guard_new((size_t)p.floats * sizeof(float), 0);
    for (int64_t i = 0; i < p.floats; i++)
        ((float *)p.memory.data)[i] = NAN;
    p.t.data = (float *)p.memory.data + origin;
    return p;
}

static void fill_lanes(const nn_tensor *t, float value)
{
    const int64_t *dim = t->shape.dim;
    for (int64_t n = 0; n < dim[0]; n++)
        for (int64_t c = dim[1]; c % NN_BLOCK; c++)
            for (int64_t y = 0; y < dim[2]; y++)
                for (int64_t x = 0; x < dim[3]; x++)
                    nn_blocked_at(t, n, c / NN_BLOCK, y, x)[c % NN_BLOCK] = value;
}

static placed place_input(const nn_tensor *from, bool blocked, const nn_halo *halo)
{
    placed p = place(&from->shape, blocked, halo);
    if (!blocked) {
        memcpy(p.t.data, from->data, nn_tensor_bytes(from));
        return p;
    }
    nn_blocked_copy(&p.t, from);
    nn_blocked_clear_halo(&p.t, halo);
    fill_lanes(&p.t, 3.0f);
    return p;
}

static bool is_pixel(const placed *out, int64_t at)
{
    const int64_t *dim = out->t.shape.dim;
    int64_t origin = (float *)out->t.data - (float *)out->memory.data;
    int64_t y = at % out->t.plane / out->t.row, x = at % out->t.row / NN_BLOCK;
    y -= origin / out->t.row;
    x -= origin % out->t.row / NN_BLOCK;
    return y >= 0 && y < dim[2] && x >= 0 && x < dim[3];
}

static void check_outside(const placed *out, const char *impl)
{
    for (int64_t i = 0; i < out->floats && out->t.layout == NN_BLOCKED; i++)
        if (!is_pixel(out, i) && !isnan(((float *)out->memory.data)[i]))
            fail_msg("%s: wrote into the halo, at float %lld", impl, (long long)i);
}

// Runs one implementation; the dense result goes to `result`.
static void run_impl(const op_run *r, const nn_op_problem *problem, const nn_op_impl *impl,
                     float *result)
{
    placed in[OP_RUN_MAX_IN], out = place(problem->out, impl->blocked_out, &out_halo);
    nn_tensor tensors[OP_RUN_MAX_IN];
    static const nn_halo none;
    for (int i = 0; i < r->n_in; i++) {
        tensors[i] = (nn_tensor){.shape.rank = -1};
        if (r->in[i].shape.rank < 0)
            continue;
        in[i] = place_input(&r->in[i], impl->blocked_in >> i & 1, i ? &none : &impl->halo);
        tensors[i] = in[i].t;
    }
    guard packed = guard_new(impl->packed_bytes, 0), scratch = guard_new(impl->scratch_bytes, 0);
    memset(packed.data, 0xff, impl->packed_bytes);
    memset(scratch.data, 0xff, impl->scratch_bytes);
    nn_op_call call = {
        .params = r->params,
        .in = tensors,
        .n_in = r->n_in,
        .out = &out.t,
        .scratch = scratch.data,
        .packed = packed.data,
        .pool = r->pool,
        .kernels = problem->kernels,
    };
    if (impl->pack)
        impl->pack(&call, packed.data);
    for (int i = 0; i < r->n_in; i++)
        if (impl->unread >> i & 1)
            tensors[i].data = NULL;
    impl->run(&call);
    check_outside(&out, impl->name);
    nn_tensor dense = {.shape = *problem->out, .dtype = NN_F32, .data = result};
    if (out.t.layout == NN_BLOCKED)
        nn_blocked_copy(&dense, &out.t);
    else
        memcpy(result, out.t.data, nn_tensor_bytes(&dense));
    guard_free(&packed);
    guard_free(&scratch);
    guard_free(&out.memory);
    for (int i = 0; i < r->n_in; i++)
        if (r->in[i].shape.rank >= 0)
            guard_free(&in[i].memory);
}

static void check_impl(op_run *r, nn_op_problem *problem, const nn_op_impl *impl, const char *level,
                       const float *expected, double tolerance)
{
    int64_t n = nn_shape_count(problem->out);
    float *once = nn_alloc((size_t)n * sizeof *once), *twice = nn_alloc((size_t)n * sizeof *once);
    assert_non_null(once);
    assert_non_null(twice);
    char what[128];
    snprintf(what, sizeof what, "%s %s on %s", r->op->name, impl->name, level);
    run_impl(r, problem, impl, once);
    op_expect_close(what, once, expected, n, tolerance);
    if (problem->threads > 1) {
        nn_pool *pool = nn_pool_new(problem->threads);
        assert_non_null(pool);
        r->pool = pool;
        run_impl(r, problem, impl, twice);
        r->pool = NULL;
        nn_pool_free(pool);
        if (memcmp(once, twice, (size_t)n * sizeof *once))
            fail_msg("%s: other bits with %d threads", what, problem->threads);
    }
    nn_free(once);
    nn_free(twice);
}

void op_expect_impls(const nn_op *op, const void *params, const nn_shape *in, int n_in,
                     const op_impls_options *options)
{
    op_run r;
    const char *level;
    bool found = !options->impl;
    op_run_init(&r, op, params, in, n_in, 1, 5);
    r.training = false;
    r.kernels = guard_level(0, &level);
    op_run_forward(&r);
    assert_non_null(op->impls);
    const nn_kernels *kernels;
    for (int i = 0, last = 0; !last; i++) {
        kernels = guard_level(i, &level);
        if (!kernels) {
            last = 1;
            level = "more kernels";
            kernels = options->also;
        }
        if (!kernels)
            break;
        nn_op_impl impls[NN_OP_MAX_IMPLS];
        nn_op_problem c = {.params = params,
                           .in = in,
                           .n_in = n_in,
                           .out = &r.out.shape,
                           .constant = options->constant,
                           .blocked = options->blocked,
                           .threads = 2,
                           .exact = options->exact,
                           .half = options->half,
                           .bf16 = options->bf16,
                           .split = options->split,
                           .kernels = kernels};
        int count = op->impls(&c, impls);
        assert_true(count <= NN_OP_MAX_IMPLS);
        for (int k = 0; k < count; k++) {
            found = found || !strcmp(impls[k].name, options->impl);
            check_impl(&r, &c, &impls[k], level, nn_tensor_f32(&r.out), options->tolerance);
        }
    }
    if (!found)
        fail_msg("%s: no way is named %s", op->name, options->impl);
    op_run_release(&r);
}

void op_expect_conv_impls(const op_conv_case *c, op_impls_options options)
{
    nn_conv2d_params p = {.groups = c->groups ? c->groups : 1, .act = c->act};
    for (int i = 0; i < 2; i++) {
        p.stride[i] = c->stride[i] ? c->stride[i] : 1;
        p.dilation[i] = c->dilation[i] ? c->dilation[i] : 1;
    }
    memcpy(p.pad, c->pad, sizeof p.pad);
    const nn_shape absent = {.rank = -1};
    nn_shape in[4] = {nn_shape_4d(c->n, c->c, c->h, c->w),
                      nn_shape_4d(c->o, c->c / p.groups, c->kernel_h, c->kernel_w),
                      c->bias ? nn_shape_1d(c->o) : absent, absent};
    if (c->skip)
        assert_int_equal(nn_op_conv2d.shape(&p, in, 3, &in[3], NULL), NN_OK);
    options.constant = 6;
    op_expect_impls(&nn_op_conv2d, &p, in, 4, &options);
}
