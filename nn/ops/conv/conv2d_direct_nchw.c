// SPDX-License-Identifier: MIT
// Direct convolution of dense images with few channels, such as a camera's, into blocked images.
//
// Blocks of eight channels would be mostly empty. Instead, the rows that a block of output rows
// reads are copied plane by plane, with their borders. Kernel rows are too short for stretches, so
// each position of the depth has an offset of its own.
#include "nn/base/arith.h"
#include "nn/ops/conv/conv2d_impls.h"
#include "nn/ops/conv/conv2d_pixel_block.h"

#include <string.h>

enum { X, WEIGHT, SKIP = 3 };
enum { CHANNELS = 4 }; // most channels; more are faster in blocks

typedef struct planes {
    nn_conv_layout l;
    int64_t panels, depth;
    int64_t rows, count; // output rows of a pixel block; pixel blocks of an image
    int64_t width;       // of a row of the copy
    int64_t height;      // rows of the copy, of each channel
} planes;

static planes find_planes(const void *params, const nn_shape *x, const nn_shape *weight,
                          const nn_shape *out)
{
    enum { PIXELS = 768, BLOCKS = 16 }; // of a pixel block; at least, for several threads
    const nn_shape in[2] = {*x, *weight};
    planes p = {.l = nn_conv_find_layout(params, in, out)};
    const nn_conv_geometry *w = &p.l.geometry;
    const int reach_h = w->dilation_h * (w->kernel_h - 1) + 1;
    const int reach_w = w->dilation_w * (w->kernel_w - 1) + 1;
    p.panels = nn_divide_up(p.l.m, NN_PANEL_CHANNELS);
    p.depth = p.l.k;
    p.rows = nn_max(1, nn_min(PIXELS / w->out_w, w->out_h / BLOCKS));
    p.count = (w->out_h + p.rows - 1) / p.rows;
    p.width = (int64_t)(w->out_w - 1) * w->stride_w + reach_w;
    p.height = (p.rows - 1) * w->stride_h + reach_h;
    return p;
}

// Depth: [channel][ky][kx], the order of the weights.
static void find_weight(const nn_conv_layout *l, int64_t at, int64_t *channel, int64_t *tap)
{
    const int64_t taps = (int64_t)l->geometry.kernel_h * l->geometry.kernel_w;
    *channel = at / taps;
    *tap = at % taps;
}

static nn_conv_packed_weights find_panels(const planes *p)
{
    return (nn_conv_packed_weights){
        .groups = 1, .count = p->panels, .depth = p->depth, .find = find_weight};
}

static void pack(const nn_op_call *call, void *packed)
{
    const planes p =
        find_planes(call->params, &call->in[X].shape, &call->in[WEIGHT].shape, &call->out->shape);
    const nn_conv_packed_weights panels = find_panels(&p);
    nn_conv_packed_pack(&panels, call, &p.l, packed);
}

typedef struct pass {
    nn_conv_blocked_run tiles;
    planes p;
    char *workers; // worker_bytes for each thread: lists of a pixel block, the copy
} pass;

static size_t worker_bytes(const planes *p)
{
    const int64_t copy = p->l.geometry.channels * p->height * p->width;
    return nn_conv_pixel_block_lists(p->rows * p->l.geometry.out_w, NULL, NULL) +
           (size_t)nn_conv_round(copy) * sizeof(float);
}

static size_t offset_bytes(const planes *p)
{
    return (size_t)nn_conv_round(p->depth) * sizeof(int32_t);
}

static void find_offsets(const planes *p, int32_t *to)
{
    const nn_conv_geometry *w = &p->l.geometry;
    for (int c = 0; c < w->channels; c++)
        for (int ky = 0; ky < w->kernel_h; ky++)
            for (int kx = 0; kx < w->kernel_w; kx++)
                *to++ =
                    (int32_t)((c * p->height + ky * w->dilation_h) * p->width + kx * w->dilation_w);
}

// Copies row y of a plane, which may be outside, with the columns that the kernel reads.
static void copy_row(const planes *p, float *to, const float *plane, int64_t y)
{
    const nn_conv_geometry *w = &p->l.geometry;
    const int64_t left = nn_min(w->pad_left, p->width), n = nn_min(w->in_w, p->width - left);
    if (y < 0 || y >= w->in_h) {
        memset(to, 0, (size_t)p->width * sizeof *to);
        return;
    }
    memset(to, 0, (size_t)left * sizeof *to);
    memcpy(to + left, plane + y * w->in_w, (size_t)n * sizeof *to);
    memset(to + left + n, 0, (size_t)(p->width - left - n) * sizeof *to);
}

static void copy_pixel_block(const pass *pass, int64_t image, int64_t first, float *to)
{
    const planes *p = &pass->p;
    const nn_conv_geometry *w = &p->l.geometry;
    const float *x = nn_tensor_f32(&pass->tiles.call->in[X]);
    for (int64_t c = 0; c < w->channels; c++)
        for (int64_t y = 0; y < p->height; y++)
            copy_row(p, to + (c * p->height + y) * p->width,
                     x + (image * w->channels + c) * p->l.in_pixels,
                     first * w->stride_h - w->pad_top + y);
}

// Index: image, pixel block.
static void run_pixel_blocks(void *ctx, int64_t begin, int64_t end, int worker)
{
    const pass *pass = ctx;
    const planes *p = &pass->p;
    const nn_conv_geometry *w = &p->l.geometry;
    char *memory = pass->workers + (size_t)worker * worker_bytes(p);
    nn_conv_pixel_block s = {.group = 0};
    float *copy = (void *)(memory + nn_conv_pixel_block_lists(p->rows * w->out_w, memory, &s));
    for (int64_t t = begin; t < end; t++) {
        const int64_t first = t % p->count * p->rows;
        s.image = t / p->count;
        s.begin = first * w->out_w;
        s.end = nn_min(first + p->rows, w->out_h) * w->out_w;
        copy_pixel_block(pass, s.image, first, copy);
        nn_conv_pixel_block_offsets(&pass->tiles, &s);
        const float **pixel = s.pixel;
        for (int64_t y = 0; y < p->rows && first + y < w->out_h; y++)
            for (int64_t x = 0; x < w->out_w; x++)
                *pixel++ = copy + y * w->stride_h * p->width + x * w->stride_w;
        for (int64_t i = 0; i < p->panels; i++)
            nn_conv_pixel_block_run(&pass->tiles, &s, i);
    }
}

static void run(const nn_op_call *call)
{
    const planes p =
        find_planes(call->params, &call->in[X].shape, &call->in[WEIGHT].shape, &call->out->shape);
    const pass pass = {.tiles = {.call = call,
                                 .l = p.l,
                                 .panels = find_panels(&p),
                                 .offset = call->scratch,
                                 .run = 1,
                                 .singles = (int)p.depth},
                       .p = p,
                       .workers = (char *)call->scratch + offset_bytes(&p)};
    find_offsets(&p, call->scratch);
    nn_pool_run(call->pool, p.l.images * p.count, 1, run_pixel_blocks, (void *)&pass);
}

bool nn_conv_find_direct_nchw(const nn_op_problem *problem, nn_op_impl *impl)
{
    enum { TILE = 8 }; // depth that costs as much as the rest of a run of the microkernel
    const bool has_skip = problem->n_in > SKIP && problem->in[SKIP].rank >= 0;
    uint64_t constants;
    if (problem->in[X].dim[1] > CHANNELS || problem->in[WEIGHT].dim[1] != problem->in[X].dim[1] ||
        !nn_conv_weight_is_constant(problem, &constants) || !nn_conv_offsets_fit(problem->out))
        return false;
    const planes p =
        find_planes(problem->params, &problem->in[X], &problem->in[WEIGHT], problem->out);
    const nn_conv_packed_weights panels = find_panels(&p);
    const size_t bytes = nn_conv_packed_bytes(&panels);
    *impl = (nn_op_impl){
        .name = "direct_nchw",
        .blocked_in = has_skip ? 1 << SKIP : 0,
        .blocked_out = true,
        .unread = constants,
        .packed_bytes = bytes,
        .scratch_bytes = offset_bytes(&p) + (size_t)problem->threads * worker_bytes(&p),
        .cost = nn_conv_cost(problem, nn_conv_padded_macs(&p.l, p.depth + TILE), (double)bytes),
        .pack = pack,
        .run = run,
    };
    return true;
}
