// SPDX-License-Identifier: MIT
// Direct convolution of dense images with few channels, such as a camera's, into blocked images.
//
// Blocks of eight channels would be mostly empty. Instead, the rows that some output rows read are
// copied plane by plane, with their borders. The microkernel sums panels of sixteen output
// channels. A rest of eight is summed by kernels/rowconv.h, which needs pixels side by side: then
// every stride-th column, a phase, is a row of its own in the copy. Kernel rows are too short for
// stretches, so each position of the depth has an offset of its own.
#include "nn/base/arith.h"
#include "nn/ops/conv/conv2d_impls.h"
#include "nn/ops/conv/conv2d_pixel_block.h"

#include <string.h>

enum { X, WEIGHT, SKIP = 3 };
enum { CHANNELS = 4 };    // most channels; more are faster in blocks
enum { MAX_PHASES = 16 }; // of columns; the copy grows with them

typedef struct planes {
    nn_conv_layout l;
    int64_t panels, depth;
    int64_t rows, count; // output rows of a strip; strips of an image
    int phases, step;    // of columns; floats from one pixel to the next
    int64_t width;       // of a phase's row in the copy
    int64_t height;      // rows of the copy, of each channel
} planes;

static planes find_planes(const void *params, const nn_shape *x, const nn_shape *weight,
                          const nn_shape *out)
{
    enum { PIXELS = 768, STRIPS = 16 }; // of a strip; at least, for several threads
    const nn_shape in[2] = {*x, *weight};
    planes p = {.l = nn_conv_find_layout(params, in, out)};
    const nn_conv_geometry *w = &p.l.geometry;
    const int reach_h = w->dilation_h * (w->kernel_h - 1) + 1;
    const int reach_w = w->dilation_w * (w->kernel_w - 1) + 1;
    p.panels = nn_divide_up(p.l.m, NN_PANEL_CHANNELS);
    p.depth = p.l.k;
    p.rows = nn_max(1, nn_min(PIXELS / w->out_w, w->out_h / STRIPS));
    p.count = nn_divide_up(w->out_h, p.rows);
    const bool rest = nn_blocked_count(p.l.m) % 2;
    p.phases = rest ? w->stride_w : 1;
    p.step = rest ? 1 : w->stride_w;
    p.width = (int64_t)(w->out_w - 1) * p.step + (reach_w - 1) / p.phases + 1;
    if (rest)
        p.width = nn_conv_round(p.width + NN_ROWCONV_OVER);
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
    nn_act act;
    char *workers; // worker_bytes for each thread: lists of a strip's pixels, the copy
} pass;

static int64_t copy_floats(const planes *p)
{
    return p->l.geometry.channels * p->height * p->phases * p->width;
}

static size_t worker_bytes(const planes *p)
{
    return nn_conv_pixel_block_lists(p->rows * p->l.geometry.out_w, NULL, NULL) +
           (size_t)copy_floats(p) * sizeof(float);
}

static size_t offset_bytes(const planes *p)
{
    return (size_t)nn_conv_round(p->depth) * sizeof(int32_t);
}

static void find_offsets(const planes *p, int32_t *to)
{
    const nn_conv_geometry *w = &p->l.geometry;
    for (int64_t c = 0; c < w->channels; c++)
        for (int ky = 0; ky < w->kernel_h; ky++)
            for (int kx = 0; kx < w->kernel_w; kx++) {
                const int64_t row = c * p->height + ky * w->dilation_h, x = kx * w->dilation_w;
                *to++ = (int32_t)((row * p->phases + x % p->phases) * p->width + x / p->phases);
            }
}

// Copies a phase of a row, from column `phase` of the padded image on, with zeros for columns
// outside.
static void copy_phase(const pass *pass, float *to, const float *row, int64_t phase)
{
    const planes *p = &pass->p;
    const nn_conv_geometry *w = &p->l.geometry;
    const int64_t outside = nn_max(0, w->pad_left - phase);
    const int64_t left = nn_min(nn_divide_up(outside, p->phases), p->width);
    const int64_t first = left * p->phases + phase - w->pad_left;
    const int64_t columns = nn_max(0, nn_divide_up(w->in_w - first, p->phases));
    const int64_t n = nn_min(columns, p->width - left);
    memset(to, 0, (size_t)left * sizeof *to);
    if (n > 0 && p->phases == 1)
        memcpy(to + left, row + first, (size_t)n * sizeof *to);
    else if (n > 0)
        pass->tiles.call->kernels->rowconv.pick(to + left, row + first, n, p->phases);
    memset(to + left + n, 0, (size_t)(p->width - left - n) * sizeof *to);
}

// Copies what the output rows from `first` on read.
static void copy_rows(const pass *pass, int64_t image, int64_t first, float *to)
{
    const planes *p = &pass->p;
    const nn_conv_geometry *w = &p->l.geometry;
    const float *x = nn_tensor_f32(&pass->tiles.call->in[X]) + image * w->channels * p->l.in_pixels;
    for (int64_t c = 0; c < w->channels; c++)
        for (int64_t y = 0; y < p->height; y++)
            for (int64_t phase = 0; phase < p->phases; phase++, to += p->width) {
                const int64_t row = first * w->stride_h - w->pad_top + y;
                if (row < 0 || row >= w->in_h)
                    memset(to, 0, (size_t)p->width * sizeof *to);
                else
                    copy_phase(pass, to, x + c * p->l.in_pixels + row * w->in_w, phase);
            }
}

// Computes the last eight output channels of a strip.
static void run_rest(const pass *pass, const nn_conv_pixel_block *s, const float *copy)
{
    const nn_op_call *call = pass->tiles.call;
    const planes *p = &pass->p;
    const nn_conv_geometry *w = &p->l.geometry;
    const nn_tensor *skip = call->n_in > SKIP && call->in[SKIP].data ? &call->in[SKIP] : NULL;
    const int64_t block = 2 * p->panels - 2, first = s->begin / w->out_w, end = s->end / w->out_w;
    const nn_rowconv t = {
        .offset = pass->tiles.offset,
        .depth = (int)p->depth,
        .weight = nn_conv_packed_weight(&pass->tiles.panels, call->packed, p->panels - 1),
        .bias = nn_conv_packed_bias(call->packed, p->panels - 1),
        .act = nn_act_early(pass->act)};
    for (int64_t y = first; y < end; y++) {
        float *out = nn_blocked_at(call->out, s->image, block, y, 0);
        const float *x = copy + (y - first) * w->stride_h * p->phases * p->width;
        call->kernels->rowconv.run(
            &t, out, skip ? nn_blocked_at(skip, s->image, block, y, 0) : NULL, x, w->out_w);
        if (pass->act != t.act)
            call->kernels->eltwise.act[pass->act](out, out, (int64_t)w->out_w * NN_BLOCK);
    }
}

// Computes the panels of sixteen output channels of a strip.
static void run_panels(const pass *pass, const nn_conv_pixel_block *s, const float *copy,
                       int64_t panels)
{
    const planes *p = &pass->p;
    const nn_conv_geometry *w = &p->l.geometry;
    const int64_t rows = (s->end - s->begin) / w->out_w;
    const float **pixel = s->pixel;
    nn_conv_pixel_block_offsets(&pass->tiles, s);
    for (int64_t y = 0; y < rows; y++)
        for (int64_t x = 0; x < w->out_w; x++)
            *pixel++ = copy + y * w->stride_h * p->phases * p->width + x * p->step;
    nn_conv_pixel_block_run(&pass->tiles, s, 0, panels);
}

// Index: image, strip.
static void run_strips(void *ctx, int64_t begin, int64_t end, int worker)
{
    const pass *pass = ctx;
    const planes *p = &pass->p;
    const int64_t width = p->l.geometry.out_w, blocks = nn_blocked_count(p->l.m);
    char *memory = pass->workers + (size_t)worker * worker_bytes(p);
    nn_conv_pixel_block s = {.group = 0};
    float *copy = (void *)(memory + nn_conv_pixel_block_lists(p->rows * width, memory, &s));
    for (int64_t t = begin; t < end; t++) {
        const int64_t first = t % p->count * p->rows;
        s.image = t / p->count;
        s.begin = first * width;
        s.end = nn_min(first + p->rows, p->l.geometry.out_h) * width;
        copy_rows(pass, s.image, first, copy);
        if (blocks >= 2)
            run_panels(pass, &s, copy, blocks / 2);
        if (blocks % 2)
            run_rest(pass, &s, copy);
    }
}

static void run(const nn_op_call *call)
{
    const planes p =
        find_planes(call->params, &call->in[X].shape, &call->in[WEIGHT].shape, &call->out->shape);
    pass pass = {.tiles = {.call = call,
                           .l = p.l,
                           .panels = find_panels(&p),
                           .offset = call->scratch,
                           .run = 1,
                           .singles = (int)p.depth},
                 .p = p,
                 .act = (nn_act)((const nn_conv2d_params *)call->params)->act,
                 .workers = (char *)call->scratch + offset_bytes(&p)};
    find_offsets(&p, call->scratch);
    nn_pool_run(call->pool, p.l.images * p.count, 1, run_strips, &pass);
}

bool nn_conv_find_direct_nchw(const nn_op_problem *problem, nn_op_impl *impl)
{
    enum { TILE = 8 }; // depth that costs as much as the rest of a tile
    const bool has_skip = problem->n_in > SKIP && problem->in[SKIP].rank >= 0;
    uint64_t constants;
    if (problem->in[X].dim[1] > CHANNELS || problem->in[WEIGHT].dim[1] != problem->in[X].dim[1] ||
        !nn_conv_weight_is_constant(problem, &constants) || !nn_conv_offsets_fit(problem->out))
        return false;
    const planes p =
        find_planes(problem->params, &problem->in[X], &problem->in[WEIGHT], problem->out);
    if (p.phases > MAX_PHASES || copy_floats(&p) > INT32_MAX)
        return false;
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
