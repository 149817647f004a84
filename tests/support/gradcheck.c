// SPDX-License-Identifier: MIT
// Compares an operator's backward with central differences of its forward.
#include "tests/support/gradcheck.h"

#include "nn/base/memory.h"
#include "nn/base/rng.h"
#include "tests/support/test.h"

#include <math.h>

static double loss(op_run *r)
{
    double sum = 0.0;
    op_run_forward(r);
    for (int64_t i = 0; i < nn_shape_count(&r->out.shape); i++)
        sum += (double)nn_tensor_f32(&r->out)[i] * (double)nn_tensor_f32(&r->grad_out)[i];
    return sum;
}

static float *copy_grad(const nn_tensor *t)
{
    float *copy = nn_alloc(nn_tensor_bytes(t));
    assert_non_null(copy);
    memcpy(copy, t->data, nn_tensor_bytes(t));
    return copy;
}

static void check_element(op_run *r, int input, int64_t i, double grad, double largest,
                          const gradcheck_options *o)
{
    float *x = nn_tensor_f32(&r->in[input]) + i, was = *x;
    double here = loss(r);
    *x = was + (float)o->step;
    double up = *x, above = loss(r);
    *x = was - (float)o->step;
    double down = *x, below = loss(r);
    *x = was;
    double slope = (above - below) / (up - down), slack = o->tolerance * largest;
    if (fabs(slope - grad) <= slack)
        return;
    double right = (above - here) / (up - (double)was),
           left = (here - below) / ((double)was - down);
    // A kink bends the loss more than curvature does within one step.
    bool kink = fabs(right - left) > 10.0 * slack;
    if (kink && grad >= fmin(left, right) - slack && grad <= fmax(left, right) + slack)
        return;
    fail_msg("%s: gradient of input %d, element %lld is %.7g, differences give %.7g (%.7g, %.7g)",
             r->op->name, input, (long long)i, grad, slope, left, right);
}

static void check_input(op_run *r, int input, const float *grad, const gradcheck_options *o)
{
    int64_t n = nn_shape_count(&r->in[input].shape);
    nn_rng rng = nn_rng_seed(r->seed + 77);
    double largest = 1e-3;
    for (int64_t i = 0; i < n; i++)
        largest = fmax(largest, fabs((double)grad[i]));
    if (n <= o->max_elements)
        for (int64_t i = 0; i < n; i++)
            check_element(r, input, i, (double)grad[i], largest, o);
    else
        for (int i = 0; i < o->max_elements; i++) {
            int64_t at = nn_rng_below(&rng, n);
            check_element(r, input, at, (double)grad[at], largest, o);
        }
}

// Backward again with only this gradient wanted and numbers in it already.
static void check_adds(op_run *r, int input, const float *grad)
{
    nn_tensor kept[OP_RUN_MAX_IN];
    memcpy(kept, r->grad_in, sizeof kept);
    for (int i = 0; i < r->n_in; i++)
        if (i != input)
            r->grad_in[i].data = NULL;
    int64_t n = nn_shape_count(&kept[input].shape);
    float *g = nn_tensor_f32(&kept[input]);
    for (int64_t i = 0; i < n; i++)
        g[i] = 4.0f;
    op_run_forward(r);
    op_run_backward(r);
    double largest = 4.0;
    for (int64_t i = 0; i < n; i++)
        largest = fmax(largest, fabs((double)grad[i]));
    for (int64_t i = 0; i < n; i++)
        if (!(fabs((double)g[i] - 4.0 - (double)grad[i]) <= 1e-5 * largest))
            fail_msg("%s: gradient of input %d alone, added to 4, is %.7g instead of 4 + %.7g",
                     r->op->name, input, (double)g[i], (double)grad[i]);
    memcpy(r->grad_in, kept, sizeof kept);
}

// An unset gradient is written over whatever lay there.
static void check_writes(op_run *r, const float *grad)
{
    float *g = nn_tensor_f32(&r->grad_in[0]);
    const int64_t n = nn_shape_count(&r->grad_in[0].shape);
    for (int64_t i = 0; i < n; i++)
        g[i] = NAN;
    r->unset = true;
    op_run_backward(r);
    r->unset = false;
    for (int64_t i = 0; i < n; i++)
        if (!(g[i] == grad[i]))
            fail_msg("%s: an unset gradient is %.7g instead of %.7g", r->op->name, (double)g[i],
                     (double)grad[i]);
}

void gradcheck_run(op_run *r, const gradcheck_options *options)
{
    gradcheck_options o = options ? *options : (gradcheck_options){0};
    float *grad[OP_RUN_MAX_IN] = {0};
    o.step = o.step > 0.0 ? o.step : 1e-2;
    o.tolerance = o.tolerance > 0.0 ? o.tolerance : 2e-3;
    o.max_elements = o.max_elements > 0 ? o.max_elements : 200;
    r->training = !o.inference;
    op_run_zero_grads(r);
    op_run_forward(r);
    op_run_backward(r);
    for (int i = 0; i < r->n_in; i++)
        if (r->grad_in[i].data)
            grad[i] = copy_grad(&r->grad_in[i]);
    for (int i = 0; i < r->n_in; i++) {
        if (!grad[i])
            continue;
        check_input(r, i, grad[i], &o);
        check_adds(r, i, grad[i]);
        if (i == 0 && r->op->flags & NN_OP_WRITES_GRADIENT)
            check_writes(r, grad[i]);
        nn_free(grad[i]);
    }
}

void gradcheck(const nn_op *op, const void *params, const nn_shape *in, int n_in, uint64_t seed,
               const gradcheck_options *options)
{
    op_run r;
    op_run_init(&r, op, params, in, n_in, 1, seed);
    if (options && (options->low != 0.0f || options->high != 0.0f))
        for (int i = 0; i < n_in; i++)
            if (r.in[i].data)
                op_fill_uniform(&r.in[i], options->low, options->high, seed + (uint64_t)i);
    gradcheck_run(&r, options);
    op_run_release(&r);
}
