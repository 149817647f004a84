// SPDX-License-Identifier: MIT
// Winograd's convolution in training, where weights change in every step: forward, and with rotated
// weights for the gradient of the input.
#include "nn/ops/conv/conv2d_winograd_train.h"
#include "nn/base/arith.h"
#include "nn/ops/common/blocked_rows.h"
#include "nn/ops/conv/conv2d_winograd_layout.h"
#include "nn/ops/conv/conv2d_winograd_run.h"

#include <string.h>

enum { MAX_KERNEL = 5, MAX_TAPS = MAX_KERNEL * MAX_KERNEL, MAX_SIDE = 6 };
enum { PANEL = NN_PANEL_CHANNELS, INPUTS = 8 }; // inputs whose weights are transformed at once

// Estimated seconds on one core, like the estimates of compiled plans. Here, weights are
// transformed in every step and come from memory, not from caches.
static double estimate(const nn_conv_winograd_train *f, int64_t images, nn_winograd kind)
{
    const double macs = 54e9, transform = 0.3e-9, pack = 0.25e-9;
    const nn_winograd_size s = nn_winograd_sizes(kind);
    const double pairs = (double)(f->x.dim[1] * f->out.dim[1]), products = s.side[0] * s.side[1];
    const double tiles = (double)images * (double)((f->out.dim[2] + s.out[0] - 1) / s.out[0]) *
                         (double)((f->out.dim[3] + s.out[1] - 1) / s.out[1]);
    return tiles * products * (pairs / macs + (double)(f->x.dim[1] + f->out.dim[1]) * transform) +
           products * pairs * pack;
}

nn_winograd nn_conv_winograd_train_kind(int kernel, bool large)
{
    if (kernel == 5)
        return NN_WINOGRAD_F2X2_5X5;
    return large ? NN_WINOGRAD_F4X4_3X3 : NN_WINOGRAD_F2X2_3X3;
}

bool nn_conv_winograd_train_find(nn_conv_winograd_train *f, const nn_conv_layout *l, bool back)
{
    enum { FEWEST = 16 }; // channels
    const nn_conv_geometry *w = &l->geometry;
    const int kernel = w->kernel_h;
    const double direct = (double)(l->images * l->pixels) * (double)(l->m * l->k) / 54e9;
    if (l->groups != 1 || (kernel != 3 && kernel != 5) || w->kernel_w != kernel ||
        w->stride_h != 1 || w->stride_w != 1 || w->dilation_h != 1 || w->dilation_w != 1 ||
        w->channels < FEWEST || l->m < FEWEST || w->pad_top >= kernel || w->pad_left >= kernel)
        return false;
    *f = (nn_conv_winograd_train){.back = back,
                                  .params = {.stride = {1, 1}, .dilation = {1, 1}, .groups = 1},
                                  .x = nn_shape_4d(1, w->channels, w->in_h, w->in_w),
                                  .out = nn_shape_4d(1, l->m, w->out_h, w->out_w)};
    if (back) {
        const nn_shape x = f->x;
        f->x = f->out;
        f->out = x;
    }
    // Padding on the top and left is known; that on the bottom and right follows from the sizes.
    const int top = back ? kernel - 1 - w->pad_top : w->pad_top;
    const int left = back ? kernel - 1 - w->pad_left : w->pad_left;
    const int32_t pad[4] = {top, left, (int32_t)(f->out.dim[2] - f->x.dim[2]) + kernel - 1 - top,
                            (int32_t)(f->out.dim[3] - f->x.dim[3]) + kernel - 1 - left};
    memcpy(f->params.pad, pad, sizeof pad);
    const nn_winograd small = nn_conv_winograd_train_kind(kernel, false);
    const nn_winograd large = nn_conv_winograd_train_kind(kernel, true);
    const double a = estimate(f, l->images, small), b = estimate(f, l->images, large);
    f->kind = a < b ? small : large;
    return (a < b ? a : b) < direct;
}

static nn_winograd_layout find_layout(const nn_conv_winograd_train *f, int64_t images, int threads)
{
    nn_shape x = f->x, out = f->out;
    x.dim[0] = out.dim[0] = images;
    return nn_winograd_find_layout(f->kind, &f->params, &x, &out, threads);
}

static int64_t packed_floats(const nn_winograd_layout *l)
{
    return nn_conv_round(nn_winograd_weight_floats(l) + l->panels * PANEL);
}

static nn_conv_padded result_side(const nn_conv_winograd_train *f)
{
    static const nn_halo none;
    return nn_conv_padded_make(1, f->out.dim[1], f->out.dim[2], f->out.dim[3], &none, false);
}

int64_t nn_conv_winograd_train_floats(const nn_conv_winograd_train *f, int64_t slice, int threads)
{
    const nn_winograd_layout l = find_layout(f, slice, threads);
    const nn_conv_padded y = result_side(f);
    nn_shape x = f->x, out = f->out;
    int64_t scratch = 0; // the last slice may be smaller
    for (int64_t n = 1; n <= slice; n++) {
        x.dim[0] = out.dim[0] = n;
        const int64_t floats = nn_winograd_scratch_floats(f->kind, &f->params, &x, &out, threads);
        scratch = floats > scratch ? floats : scratch;
    }
    return packed_floats(&l) + nn_conv_padded_floats(&y, slice) + nn_conv_round(scratch);
}

// --- weights ---

typedef struct packing {
    const nn_conv_winograd_train *f;
    const nn_conv_run *run;
    nn_winograd_layout l;
    int kernel, taps;
    float matrix[MAX_KERNEL * MAX_SIDE];
    float *to;
} packing;

// Transforms the taps of a panel and up to INPUTS inputs, taps[half][input][tap][8]; they are
// rotated for the gradient. Each call writes few products, because those that lie a power of two
// apart share a set of the cache.
static void transform_taps(const packing *p, const float *taps, int inputs, float *to, int64_t step)
{
    const int side = p->l.size.side[0], kernel = p->kernel;
    const int turn = p->f->back ? -1 : 1, first = p->f->back ? p->taps - 1 : 0;
    float mid[MAX_SIDE * MAX_KERNEL * INPUTS * PANEL];
    for (int i = 0; i < 2 * kernel; i++) {
        const int half = i % 2, x = i / 2;
        const nn_winograd_lines down = {
            .matrix = p->matrix,
            .inner = kernel,
            .out = side,
            .lines = inputs,
            .from = taps + (half * INPUTS * p->taps + first + turn * x) * NN_BLOCK,
            .from_line = p->taps * NN_BLOCK,
            .from_step = turn * kernel * NN_BLOCK,
            .to = mid + x * INPUTS * PANEL + half * NN_BLOCK,
            .to_line = PANEL,
            .to_step = kernel * INPUTS * PANEL,
            .last = side};
        p->run->call->kernels->winograd.lines(&down);
    }
    for (int y = 0; y < side; y++) {
        const nn_winograd_lines across = {.matrix = p->matrix,
                                          .inner = kernel,
                                          .out = side,
                                          .lines = inputs * 2,
                                          .from = mid + y * kernel * INPUTS * PANEL,
                                          .from_line = NN_BLOCK,
                                          .from_step = INPUTS * PANEL,
                                          .to = to + y * side * step,
                                          .to_line = NN_BLOCK,
                                          .to_step = step,
                                          .last = side};
        p->run->call->kernels->winograd.lines(&across);
    }
}

// Copies the taps of eight outputs from o on and `count` inputs from i on, [input][tap][8].
static void gather_taps(const packing *p, int64_t o, int64_t i, int64_t count, float *taps)
{
    const nn_nchw8c_kernels *k = &p->run->call->kernels->nchw8c;
    const int64_t inputs = p->f->x.dim[1], outputs = p->f->out.dim[1], n = p->taps;
    const int64_t there = o < outputs ? nn_max(0, nn_min(count, inputs - i)) : 0;
    const int lanes = (int)nn_min(NN_BLOCK, outputs - o);
    if (!p->f->back && there)
        k->pack(taps, p->run->weight + (o * inputs + i) * n, inputs * n, lanes, there * n);
    else
        for (int64_t c = 0; c < there; c++)
            k->pack(taps + c * n * NN_BLOCK, p->run->weight + ((i + c) * outputs + o) * n, n, lanes,
                    n);
    memset(taps + there * n * NN_BLOCK, 0, (size_t)((count - there) * n * NN_BLOCK) * sizeof *taps);
}

// Index: panel.
static void pack_panels(void *ctx, int64_t begin, int64_t end, int worker)
{
    (void)worker;
    const packing *p = ctx;
    float taps[MAX_TAPS * INPUTS * PANEL];
    for (int64_t panel = begin; panel < end; panel++) {
        float *to = p->to + nn_winograd_weight_place(&p->l, panel, 0);
        const int64_t step =
            nn_winograd_weight_place(&p->l, panel, 1) - nn_winograd_weight_place(&p->l, panel, 0);
        for (int64_t i = 0; i < p->l.inputs; i += INPUTS) {
            const int64_t count = nn_min(INPUTS, p->l.inputs - i);
            gather_taps(p, panel * PANEL, i, count, taps);
            gather_taps(p, panel * PANEL + NN_BLOCK, i, count, taps + INPUTS * p->taps * NN_BLOCK);
            transform_taps(p, taps, (int)count, to + i * PANEL, step);
        }
    }
}

void nn_conv_winograd_train_pack(const nn_conv_winograd_train *f, const nn_conv_run *r,
                                 float *memory)
{
    const int kernel = r->l.geometry.kernel_h;
    packing p = {.f = f,
                 .run = r,
                 .l = find_layout(f, 1, 1),
                 .kernel = kernel,
                 .taps = kernel * kernel,
                 .to = memory};
    float input[MAX_SIDE * MAX_SIDE], output[MAX_SIDE * MAX_SIDE];
    double weights[MAX_KERNEL * MAX_SIDE];
    float *bias = memory + nn_winograd_weight_floats(&p.l);
    nn_winograd_line(p.l.size.out[0], kernel, input, output, weights);
    for (int i = 0; i < kernel * p.l.size.side[0]; i++)
        p.matrix[i] = (float)weights[i];
    nn_pool_run(r->call->pool, p.l.panels, 1, pack_panels, &p);
    memset(bias, 0, (size_t)(p.l.panels * PANEL) * sizeof *bias);
    if (r->bias && !f->back)
        memcpy(bias, r->bias, (size_t)f->out.dim[1] * sizeof *bias);
}

// --- run ---

static nn_tensor tensor_of(const nn_conv_padded *s, nn_shape shape, int64_t images)
{
    shape.dim[0] = images;
    return (nn_tensor){.shape = shape,
                       .dtype = NN_F32,
                       .data = s->data,
                       .layout = NN_BLOCKED,
                       .row = s->row,
                       .plane = s->plane,
                       .image = s->image};
}

typedef struct add_pass {
    const nn_tensor *from;
    float *to;
    const nn_kernels *kernels;
} add_pass;

// Adds rows of a blocked image to a dense one.
static void add_rows(void *ctx, int64_t begin, int64_t end, int worker)
{
    enum { PIECE = 128 }; // pixels
    (void)worker;
    const add_pass *p = ctx;
    const nn_shape *s = &p->from->shape;
    const int64_t width = s->dim[3], plane = s->dim[2] * width;
    float dense[NN_BLOCK * PIECE];
    for (int64_t u = begin; u < end; u++) {
        const nn_blocked_row r = nn_blocked_row_at(p->from, u);
        const int channels = nn_blocked_channels(p->from, r.block);
        float *to = p->to + (r.n * s->dim[1] + r.block * NN_BLOCK) * plane + r.y * width;
        for (int64_t x = 0; x < width; x += PIECE) {
            const int64_t n = nn_min(PIECE, width - x);
            p->kernels->nchw8c.unpack(dense, n, nn_blocked_row_data(p->from, &r) + x * NN_BLOCK,
                                      channels, n);
            for (int c = 0; c < channels; c++)
                p->kernels->eltwise.add(to + c * plane + x, to + c * plane + x, dense + c * n, n);
        }
    }
}

void nn_conv_winograd_train_run(const nn_conv_winograd_train *f, const nn_conv_run *r,
                                const nn_conv_padded *padded, float *memory, float *dense,
                                int64_t images)
{
    const nn_winograd_layout l = find_layout(f, 1, 1);
    nn_conv_padded result = result_side(f);
    nn_conv_padded_place(&result, memory + packed_floats(&l));
    const nn_tensor x = tensor_of(padded, f->x, images);
    nn_tensor y = tensor_of(&result, f->out, images);
    nn_conv2d_params params = f->params;
    params.act = f->back ? NN_ACT_NONE : (int32_t)r->act;
    const nn_op_call call = {.params = &params,
                             .in = &x,
                             .n_in = 1,
                             .out = &y,
                             .packed = memory,
                             .scratch = memory + packed_floats(&l) +
                                        nn_conv_padded_floats(&result, images),
                             .pool = r->call->pool,
                             .kernels = r->call->kernels};
    nn_winograd_run(f->kind, false, &call);
    if (f->back && !r->unset) {
        add_pass p = {&y, dense, r->call->kernels};
        nn_blocked_run_rows(r->call->pool, &y, 1, add_rows, &p);
        return;
    }
    const nn_tensor to = nn_tensor_dense(NN_F32, y.shape, dense);
    nn_blocked_copy_run(&to, &y, r->call->kernels, r->call->pool);
}
