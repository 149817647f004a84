// SPDX-License-Identifier: MIT
// Local response normalisation across channels (Krizhevsky 2012, section 3.3) with torch's scaling.
#include "nn/base/arith.h"
#include "nn/ops/common/blocked_rows.h"
#include "nn/ops/common/check.h"
#include "nn/ops/ops.h"

#include <math.h>

enum { TILE = 128 }; // pixels worked on at once

// One unit of work is a tile of pixels of one image, through all channels.
typedef struct lrn_run {
    const nn_lrn_params *p;
    int64_t channels, pixels, tiles; // tiles of one image
    int before, after;               // channels of the window on either side
    const float *x, *gy;
    float *y, *gx;
    float *ratio; // backward: a TILE per channel and worker
} lrn_run;

static nn_status find_shape(const void *params, const nn_shape *in, int n_in, nn_shape *out,
                            nn_error *err)
{
    (void)n_in;
    const nn_lrn_params *p = params;
    char text[96];
    if (p->size < 1 || !(p->k > 0) || !(p->alpha >= 0) || !isfinite(p->beta))
        return nn_fail(err, NN_EINVAL,
                       "local_response_norm: size %d, alpha %g, beta %g, k %g are no use", p->size,
                       (double)p->alpha, (double)p->beta, (double)p->k);
    if (in->rank < 2)
        return nn_fail(err, NN_ESHAPE, "local_response_norm: x %s must be (N,C,...)",
                       nn_shape_text(in, text, sizeof text));
    *out = *in;
    return NN_OK;
}

static size_t scratch_bytes(const void *params, const nn_shape *in, int n_in, const nn_shape *out,
                            int threads, bool backward)
{
    (void)params, (void)n_in, (void)out;
    return backward ? (size_t)threads * (size_t)in->dim[1] * TILE * sizeof(float) : 0;
}

static double count_macs(const void *params, const nn_shape *in, int n_in, const nn_shape *out)
{
    (void)n_in, (void)out;
    return (double)nn_shape_count(in) * (((const nn_lrn_params *)params)->size + 1);
}

// base[i]^-beta; the published beta without powf.
static void raise(float *out, const float *base, float beta, int64_t n)
{
    if (beta == 0.75f) {
        for (int64_t i = 0; i < n; i++) {
            const float root = sqrtf(base[i]);
            out[i] = 1.0f / (root * sqrtf(root));
        }
        return;
    }
    for (int64_t i = 0; i < n; i++)
        out[i] = powf(base[i], -beta);
}

static int64_t first_channel(int64_t c, int reach)
{
    return c > reach ? c - reach : 0;
}

static int64_t end_channel(const lrn_run *r, int64_t c, int reach)
{
    return c + reach + 1 < r->channels ? c + reach + 1 : r->channels;
}

// k + alpha / size * sum of squares around channel c; `x` is the tile in channel 0.
static void find_base(const lrn_run *r, float *base, const float *x, int64_t c, int64_t n)
{
    const float scale = r->p->alpha / (float)r->p->size;
    for (int64_t i = 0; i < n; i++)
        base[i] = 0.0f;
    for (int64_t k = first_channel(c, r->before); k < end_channel(r, c, r->after); k++)
        for (int64_t i = 0; i < n; i++)
            base[i] += x[k * r->pixels + i] * x[k * r->pixels + i];
    for (int64_t i = 0; i < n; i++)
        base[i] = r->p->k + scale * base[i];
}

// First element of a unit of work and its width.
static int64_t find_tile(const lrn_run *r, int64_t unit, int64_t *width)
{
    const int64_t at = unit % r->tiles * TILE, left = r->pixels - at;
    *width = left < TILE ? left : TILE;
    return unit / r->tiles * r->channels * r->pixels + at;
}

static void forward_tiles(void *ctx, int64_t begin, int64_t end, int worker)
{
    (void)worker;
    const lrn_run *r = ctx;
    for (int64_t u = begin; u < end; u++) {
        int64_t n, first = find_tile(r, u, &n);
        for (int64_t c = 0; c < r->channels; c++) {
            float base[TILE];
            const int64_t at = first + c * r->pixels;
            find_base(r, base, r->x + first, c, n);
            raise(base, base, r->p->beta, n);
            for (int64_t i = 0; i < n; i++)
                r->y[at + i] = r->x[at + i] * base[i];
        }
    }
}

// gx_c += gy_c b_c^-beta - 2 alpha beta / size x_c sum over windows j that hold c of
// gy_j x_j b_j^(-beta-1), b being the base.
static void backward_tiles(void *ctx, int64_t begin, int64_t end, int worker)
{
    const lrn_run *r = ctx;
    float *ratio = r->ratio + (int64_t)worker * r->channels * TILE;
    const float slope = 2.0f * r->p->alpha * r->p->beta / (float)r->p->size;
    for (int64_t u = begin; u < end; u++) {
        int64_t n, first = find_tile(r, u, &n);
        for (int64_t c = 0; c < r->channels; c++) {
            float base[TILE], power[TILE];
            const int64_t at = first + c * r->pixels;
            find_base(r, base, r->x + first, c, n);
            raise(power, base, r->p->beta, n);
            for (int64_t i = 0; i < n; i++) {
                const float g = r->gy[at + i] * power[i];
                r->gx[at + i] += g;
                ratio[c * TILE + i] = g * r->x[at + i] / base[i];
            }
        }
        for (int64_t c = 0; c < r->channels; c++) {
            float sum[TILE] = {0};
            const int64_t at = first + c * r->pixels;
            for (int64_t j = first_channel(c, r->after); j < end_channel(r, c, r->before); j++)
                for (int64_t i = 0; i < n; i++)
                    sum[i] += ratio[j * TILE + i];
            for (int64_t i = 0; i < n; i++)
                r->gx[at + i] -= slope * r->x[at + i] * sum[i];
        }
    }
}

static lrn_run find_run(const nn_op_call *call)
{
    const nn_lrn_params *p = call->params;
    const nn_shape *x = &call->in[0].shape;
    lrn_run r = {.p = p,
                 .channels = x->dim[1],
                 .pixels = nn_shape_span(x, 2, x->rank),
                 .before = p->size / 2,
                 .after = (p->size - 1) / 2,
                 .x = nn_tensor_f32(&call->in[0])};
    r.tiles = nn_divide_up(r.pixels, TILE);
    return r;
}

static void forward(const nn_op_call *call)
{
    lrn_run r = find_run(call);
    r.y = nn_tensor_f32(call->out);
    nn_pool_run(call->pool, call->out->shape.dim[0] * r.tiles, 1, forward_tiles, &r);
}

static void backward(const nn_op_call *call)
{
    lrn_run r = find_run(call);
    r.gy = nn_tensor_f32(call->grad_out);
    r.gx = nn_tensor_f32(&call->grad_in[0]);
    r.ratio = call->scratch;
    if (r.gx)
        nn_pool_run(call->pool, call->out->shape.dim[0] * r.tiles, 1, backward_tiles, &r);
}

// Index: image, row.
static void write_rows(void *ctx, int64_t begin, int64_t end, int worker)
{
    (void)worker;
    const nn_op_call *call = ctx;
    const nn_lrn_params *p = call->params;
    const nn_tensor *x = &call->in[0], *y = call->out;
    const nn_nchw8c_lrn l = {.before = p->size / 2,
                             .after = (p->size - 1) / 2,
                             .k = p->k,
                             .scale = p->alpha / (float)p->size,
                             .beta = p->beta,
                             .channels = x->shape.dim[1],
                             .x_plane = x->plane,
                             .y_plane = y->plane};
    for (int64_t u = begin; u < end; u++) {
        const nn_blocked_row at = {u / x->shape.dim[2], 0, u % x->shape.dim[2]};
        call->kernels->nchw8c.lrn(nn_blocked_row_data(y, &at), nn_blocked_row_data(x, &at), &l,
                                  x->shape.dim[3]);
    }
}

static void run_blocked(const nn_op_call *call)
{
    const nn_shape *s = &call->out->shape;
    if (s->dim[1] > 0)
        nn_pool_run(call->pool, s->dim[0] * s->dim[2], 1, write_rows, (void *)call);
}

static int find_impls(const nn_op_problem *problem, nn_op_impl *impls)
{
    const nn_lrn_params *p = problem->params;
    return p->size / 2 <= NN_BLOCK ? nn_blocked_impl(problem, impls, run_blocked) : 0;
}

static const nn_field fields[] = {
    {"size", NN_FIELD_INT, offsetof(nn_lrn_params, size), 1, NULL},
    {"alpha", NN_FIELD_FLOAT, offsetof(nn_lrn_params, alpha), 1, NULL},
    {"beta", NN_FIELD_FLOAT, offsetof(nn_lrn_params, beta), 1, NULL},
    {"k", NN_FIELD_FLOAT, offsetof(nn_lrn_params, k), 1, NULL},
    {0},
};

const nn_op nn_op_local_response_norm = {
    .name = "local_response_norm",
    .min_in = 1,
    .max_in = 1,
    .params_size = sizeof(nn_lrn_params),
    .fields = fields,
    .shape = find_shape,
    .scratch = scratch_bytes,
    .macs = count_macs,
    .forward = forward,
    .backward = backward,
    .impls = find_impls,
};
