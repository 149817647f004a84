// SPDX-License-Identifier: MIT
// Direct convolution of blocked images. Each output pixel is one sum over the stretches of channels
// that its kernel covers; no pixel is copied.
//
// A task is a block of output pixels times some panels of sixteen output channels. The panels go
// over the pixel block one after the other. The pixels that the block reads, and each panel, fit
// the second-level cache. When the weights are larger than the image, there are few pixel blocks,
// so that each weight comes from memory about once.
#include "nn/base/arith.h"
#include "nn/base/memory.h"
#include "nn/ops/conv/conv2d_impls.h"
#include "nn/ops/conv/conv2d_pixel_block.h"

#include <string.h>

enum { X, WEIGHT, SKIP = 3 };
enum { PANEL = NN_PANEL_CHANNELS };

// All that follows from parameters, shapes and the number of threads.
typedef struct direct {
    nn_conv_layout l;
    int64_t in_blocks, panels; // of a group
    int64_t at_once;           // panels of a run of the microkernel
    int64_t depth;             // of a panel
    bool half;                 // the weights are float16
    int blocks, run;           // its stretches (kernels/microkernel.h), unless the kernel is 1x1
    bool point;                // the kernel is 1x1: the depth is that of a depth_list
    bool gather;               // strided pixels are first copied side by side
    int64_t tile;              // pixels that are computed at once
    int64_t pixel_block, pixel_blocks; // most pixels of a pixel block; pixel blocks of an image
    int64_t shares;                    // even shares of the panels of a group and pixel block
    int64_t parts;                     // tasks of them, as many in each share
} direct;

// Cuts the work into tasks; threads = 1 gives the longest pixel blocks.
static void cut(direct *d, int threads)
{
    enum { LIGHT = 192 * 1024, HEAVY = 384 * 1024 };
    const bool pairs = d->at_once > 1; // of panels, which take fourteen pixels at once
    const int64_t tile = pairs ? 14 : 16, shortest = pairs ? 7 * tile : 48;
    const int64_t tiles = nn_divide_up(d->l.pixels, tile);
    const int tasks = pairs && d->gather ? 2 : 8; // of a thread; each gathers its pixels anew
    const nn_conv_geometry *w = &d->l.geometry;
    const int64_t row = (int64_t)w->in_w * w->stride_h * d->in_blocks * NN_BLOCK * 4;
    const int64_t pixel = d->gather ? d->in_blocks * NN_BLOCK * 4 : nn_max(1, row / w->out_w);
    const bool heavy = d->depth * d->panels * PANEL * 4 > row * w->out_h;
    const int64_t units = d->l.images * d->l.groups, want = threads > 1 ? threads * tasks : 1;
    d->pixel_block = nn_max((heavy ? HEAVY : LIGHT) / pixel, shortest);
    if (pairs)
        d->pixel_block = nn_divide_up(d->pixel_block, tile) * tile;
    d->pixel_block = nn_min(d->pixel_block, d->l.pixels);
    d->pixel_blocks = nn_divide_up(d->l.pixels, d->pixel_block);
    if (!heavy && units * d->pixel_blocks < want)
        d->pixel_blocks =
            nn_max(d->pixel_blocks, nn_min(nn_divide_up(want, units), d->l.pixels / shortest));
    d->tile = tile;
    d->pixel_blocks = nn_min(d->pixel_blocks, tiles);
    d->pixel_block = nn_min(nn_divide_up(tiles, d->pixel_blocks) * tile, d->l.pixels);
    // A thread's share of the panels of the only pixel block may end with a single one.
    d->shares = units * d->pixel_blocks == 1 ? nn_min(threads, d->panels) : 1;
    const int64_t runs = nn_divide_up(nn_divide_up(d->panels, d->shares), d->at_once);
    const int64_t tasks_of_share = nn_divide_up(want, units * d->pixel_blocks * d->shares);
    d->parts = d->shares * nn_max(1, nn_min(runs, tasks_of_share));
}

// The first pixel of a pixel block.
static int64_t first_pixel(const direct *d, int64_t block)
{
    const int64_t tiles = nn_divide_up(d->l.pixels, d->tile);
    return nn_min(nn_conv_part(tiles, block, d->pixel_blocks) * d->tile, d->l.pixels);
}

// The first panel of a part of the panels.
static int64_t first_panel(const direct *d, int64_t part)
{
    const int64_t of_share = d->parts / d->shares, share = part / of_share;
    const int64_t begin = nn_conv_part(d->panels, share, d->shares);
    const int64_t end = nn_conv_part(d->panels, share + 1, d->shares);
    const int64_t runs = nn_divide_up(end - begin, d->at_once);
    return nn_min(begin + d->at_once * nn_conv_part(runs, part % of_share, of_share), end);
}

static direct find_direct(const void *params, const nn_shape *x, const nn_shape *weight,
                          const nn_shape *out, const nn_kernels *kernels, int threads)
{
    enum { GATHER = 16 }; // panels from which gathering pays
    const nn_shape in[2] = {*x, *weight};
    direct d = {.l = nn_conv_find_layout(params, in, out)};
    const nn_conv_geometry *w = &d.l.geometry;
    d.in_blocks = nn_blocked_count(w->channels);
    d.panels = nn_divide_up(d.l.m, PANEL);
    d.at_once = nn_microkernel_panels(&kernels->microkernel);
    d.point = w->kernel_h == 1 && w->kernel_w == 1;
    d.depth = d.point ? w->channels : d.in_blocks * NN_BLOCK * w->kernel_h * w->kernel_w;
    const bool together = w->dilation_w == 1 || w->kernel_w == 1; // a kernel row is one stretch
    d.run = together ? w->kernel_w * NN_BLOCK : NN_BLOCK;
    d.blocks = (int)(d.depth / d.run);
    d.gather = d.point && w->stride_w > 1 && d.panels >= GATHER;
    cut(&d, threads);
    return d;
}

static direct find_call(const nn_op_call *call, int threads, bool half)
{
    direct d = find_direct(call->params, &call->in[X].shape, &call->in[WEIGHT].shape,
                           &call->out->shape, call->kernels, threads);
    d.gather = d.gather && !call->lanes;
    d.half = half;
    return d;
}

// --- the depth of 1x1 kernels ---

// The order in which the lanes of input 0 are added up; it lies behind the packed weights. Blocks
// whose lanes are all read come first, then single lanes of other blocks. So lanes behind the last
// channel, and channels of other values, cost nothing.
typedef struct depth_list {
    int32_t blocks; // blocks whose lanes are all read
    int32_t lane[]; // `depth` lanes, those of whole blocks side by side; then the channels
} depth_list;

static size_t list_bytes(const direct *d)
{
    const size_t entries = d->point ? 2 * (size_t)d->depth : 0;
    return nn_align_up(sizeof(depth_list) + entries * sizeof(int32_t));
}

static depth_list *list_of(const nn_conv_packed_weights *panels, const void *packed)
{
    return (depth_list *)((char *)packed + nn_align_up(nn_conv_packed_bytes(panels)));
}

static size_t packed_bytes(const direct *d, const nn_conv_packed_weights *panels)
{
    return nn_align_up(nn_conv_packed_bytes(panels)) + list_bytes(d);
}

static int32_t lane_of(const int32_t *lanes, int32_t channel)
{
    return lanes ? lanes[channel] : channel;
}

// Whether the next channels are all those of one block.
static bool is_whole(const int32_t *channel, int64_t count, const int32_t *lanes)
{
    const int32_t first = count < NN_BLOCK ? 1 : lane_of(lanes, channel[0]);
    for (int32_t i = 0; i < NN_BLOCK && first % NN_BLOCK == 0; i++)
        if (lane_of(lanes, channel[i]) != first + i)
            return false;
    return first % NN_BLOCK == 0;
}

// Fills the list, `depth` lanes and then `depth` channels.
static void list_depth(depth_list *list, int32_t depth, const int32_t *lanes)
{
    int32_t *sorted = list->lane, *channel = list->lane + depth, wholes = 0, rest = 0;
    for (int32_t c = 0, i; c < depth; c++) { // by lane; they come nearly in order
        for (i = c; i > 0 && lane_of(lanes, sorted[i - 1]) > lane_of(lanes, c); i--)
            sorted[i] = sorted[i - 1];
        sorted[i] = c;
    }
    for (int pass = 0; pass < 2; pass++)
        for (int32_t i = 0, n; i < depth; i += n) {
            const bool whole = is_whole(sorted + i, depth - i, lanes);
            n = whole ? NN_BLOCK : 1;
            for (int32_t k = 0; k < n && whole == (pass == 0); k++)
                channel[whole ? wholes++ : NN_BLOCK * list->blocks + rest++] = sorted[i + k];
            if (pass == 0 && i + n >= depth)
                list->blocks = wholes / NN_BLOCK;
        }
    for (int32_t i = 0; i < depth; i++)
        list->lane[i] = lane_of(lanes, channel[i]);
}

// Depth: [channel block][ky][kx][8].
static void find_weight(const nn_conv_layout *l, int64_t at, int64_t *channel, int64_t *tap)
{
    const int64_t taps = (int64_t)l->geometry.kernel_h * l->geometry.kernel_w;
    *channel = at / NN_BLOCK / taps * NN_BLOCK + at % NN_BLOCK;
    *tap = at / NN_BLOCK % taps;
}

static nn_conv_packed_weights find_panels(const direct *d)
{
    return (nn_conv_packed_weights){.groups = d->l.groups,
                                    .count = d->panels,
                                    .depth = d->depth,
                                    .half = d->half,
                                    .find = find_weight};
}

static void pack(const nn_op_call *call, void *packed, bool half)
{
    const direct d = find_call(call, 1, half);
    nn_conv_packed_weights panels = find_panels(&d);
    if (d.point) {
        depth_list *list = list_of(&panels, packed);
        list_depth(list, (int32_t)d.depth, call->lanes);
        panels.order = list->lane + d.depth;
    }
    nn_conv_packed_pack(&panels, call, &d.l, packed);
}

static void pack_full(const nn_op_call *call, void *packed)
{
    pack(call, packed, false);
}

static void pack_half(const nn_op_call *call, void *packed)
{
    pack(call, packed, true);
}

// --- running ---

typedef struct pass {
    nn_conv_blocked_run tiles;
    direct d;
    const depth_list *list; // of a 1x1 kernel
    char *workers;          // worker_bytes for each thread: lists of a pixel block, gathered pixels
    size_t worker_bytes;
} pass;

// Whether the numbers by which the channels of input 0 are multiplied may be multiplied into the
// weights, for each pixel block and panel anew.
static bool can_scale(const direct *d)
{
    enum { ENOUGH = 32 }; // pixels of a pixel block
    return d->point && d->l.groups == 1 && d->pixel_block >= ENOUGH;
}

// Floats of a worker: gathered pixels; factors; the expanded weights of the panels of a run.
static int64_t gathered_floats(const direct *d, int64_t pixel_block)
{
    return nn_conv_round(d->gather ? pixel_block * d->in_blocks * NN_BLOCK : 0);
}

static int64_t factor_floats(const direct *d)
{
    return d->point && d->l.groups == 1 ? nn_conv_round(d->depth) : 0;
}

static int64_t expanded_floats(const direct *d)
{
    return d->half || factor_floats(d) > 0 ? d->at_once * d->depth * PANEL : 0;
}

static size_t worker_bytes(const direct *d, int64_t pixel_block)
{
    return nn_conv_pixel_block_lists(pixel_block, NULL, NULL) +
           (size_t)(gathered_floats(d, pixel_block) + factor_floats(d) + expanded_floats(d)) *
               sizeof(float);
}

static size_t offset_bytes(const direct *d)
{
    return (size_t)nn_conv_round(d->point ? d->depth : d->blocks) * sizeof(int32_t);
}

// Fills the offsets of whole blocks, then of each lane behind them.
static void find_point_offsets(const direct *d, const nn_tensor *x, const depth_list *list,
                               int32_t *to)
{
    const int64_t plane = d->gather ? d->pixel_block * NN_BLOCK : x->plane;
    for (int64_t i = 0; i < d->depth; i += i < NN_BLOCK * list->blocks ? NN_BLOCK : 1)
        *to++ = (int32_t)(list->lane[i] / NN_BLOCK * plane + list->lane[i] % NN_BLOCK);
}

static void find_offsets(const direct *d, const nn_tensor *x, int32_t *to)
{
    const nn_conv_geometry *w = &d->l.geometry;
    const int columns = d->run / NN_BLOCK == w->kernel_w ? 1 : w->kernel_w;
    for (int64_t b = 0; b < d->in_blocks; b++)
        for (int ky = 0; ky < w->kernel_h; ky++)
            for (int kx = 0; kx < columns; kx++)
                *to++ = (int32_t)(b * x->plane + ky * w->dilation_h * x->row +
                                  kx * w->dilation_w * NN_BLOCK);
}

static void find_pixels(const pass *p, const nn_conv_pixel_block *s)
{
    const nn_conv_geometry *w = &p->d.l.geometry;
    const nn_tensor *x = &p->tiles.call->in[X];
    const int64_t step = (int64_t)w->stride_w * NN_BLOCK, n = s->end - s->begin;
    const float *from =
        nn_blocked_at(x, s->image, s->group * p->d.in_blocks, -w->pad_top, -w->pad_left);
    int64_t row = s->begin / w->out_w, column = s->begin % w->out_w;
    for (int64_t i = 0; i < n; row++, column = 0)
        for (; column < w->out_w && i < n; column++, i++)
            s->pixel[i] = from + row * w->stride_h * x->row + column * step;
}

static void gather_pixels(const pass *p, const nn_conv_pixel_block *s, float *gathered)
{
    const int64_t n = s->end - s->begin, plane = p->tiles.call->in[X].plane;
    for (int64_t b = 0; b < p->d.in_blocks; b++) {
        float *to = gathered + b * p->d.pixel_block * NN_BLOCK;
        for (int64_t i = 0; i < n; i++)
            memcpy(to + i * NN_BLOCK, s->pixel[i] + b * plane, NN_BLOCK * sizeof *to);
    }
    for (int64_t i = 0; i < n; i++)
        s->pixel[i] = gathered + i * NN_BLOCK;
}

// The numbers by which the channels of an image are multiplied, in the order of the depth.
static void find_factors(const pass *p, int64_t image, float *factor)
{
    const nn_tensor *gate = &p->tiles.call->in[p->tiles.call->n_in];
    const int32_t *channel = p->list->lane + p->d.depth;
    const float *from = nn_blocked_at(gate, image, 0, 0, 0);
    for (int64_t i = 0; i < p->d.depth; i++)
        factor[i] = from[channel[i] / NN_BLOCK * gate->plane + channel[i] % NN_BLOCK];
}

// Index: image, pixel block, group, part of the group's panels.
static void run_tasks(void *ctx, int64_t begin, int64_t end, int worker)
{
    const pass *p = ctx;
    const direct *d = &p->d;
    char *memory = p->workers + (size_t)worker * p->worker_bytes;
    nn_conv_pixel_block s;
    float *gathered = (void *)(memory + nn_conv_pixel_block_lists(d->pixel_block, memory, &s));
    float *factor = gathered + gathered_floats(d, d->pixel_block);
    for (int64_t t = begin; t < end; t++) {
        const int64_t part = t % d->parts, pixel_block = t / d->parts / d->l.groups;
        s.group = t / d->parts % d->l.groups;
        s.image = pixel_block / d->pixel_blocks;
        s.begin = first_pixel(d, pixel_block % d->pixel_blocks);
        s.end = first_pixel(d, pixel_block % d->pixel_blocks + 1);
        find_pixels(p, &s);
        nn_conv_pixel_block_offsets(&p->tiles, &s);
        if (d->gather)
            gather_pixels(p, &s, gathered);
        if (p->tiles.call->gated) {
            s.factor = factor;
            find_factors(p, s.image, factor);
        }
        if (expanded_floats(d) > 0)
            s.expanded = factor + factor_floats(d);
        nn_conv_pixel_block_run(&p->tiles, &s, first_panel(d, part), first_panel(d, part + 1));
    }
}

static void run(const nn_op_call *call, bool half)
{
    const direct longest = find_call(call, 1, half),
                 d = find_call(call, nn_pool_threads(call->pool), half);
    pass p = {.tiles = {.call = call,
                        .l = d.l,
                        .panels = find_panels(&d),
                        .offset = call->scratch,
                        .blocks = d.blocks,
                        .run = d.run},
              .d = d,
              .workers = (char *)call->scratch + offset_bytes(&d),
              .worker_bytes = worker_bytes(&d, longest.pixel_block)};
    if (d.point) {
        p.list = list_of(&p.tiles.panels, call->packed);
        p.tiles.blocks = p.list->blocks;
        p.tiles.singles = (int)(d.depth - NN_BLOCK * p.list->blocks);
        find_point_offsets(&d, &call->in[X], p.list, call->scratch);
    } else {
        find_offsets(&d, &call->in[X], call->scratch);
    }
    nn_pool_run(call->pool, d.l.images * d.pixel_blocks * d.l.groups * d.parts, 1, run_tasks, &p);
}

static void run_full(const nn_op_call *call)
{
    run(call, false);
}

static void run_half(const nn_op_call *call)
{
    run(call, true);
}

// --- finding ---

// The zeros around the image that the kernel reads.
static nn_halo find_halo(const nn_conv_geometry *w)
{
    const int reach_h = (w->out_h - 1) * w->stride_h + w->dilation_h * (w->kernel_h - 1) + 1;
    const int reach_w = (w->out_w - 1) * w->stride_w + w->dilation_w * (w->kernel_w - 1) + 1;
    return (nn_halo){.top = w->pad_top,
                     .left = w->pad_left,
                     .bottom = (int)nn_max(0, reach_h - w->pad_top - w->in_h),
                     .right = (int)nn_max(0, reach_w - w->pad_left - w->in_w)};
}

// Weights that few pixels share take as long as memory takes to bring them.
static bool is_half_faster(const direct *d)
{
    enum { FEW = 4, ENOUGH = 64 * 1024, HEAVY = 512 * 1024 }; // pixels; bytes of weights
    const int64_t bytes = d->l.groups * d->panels * PANEL * d->depth * (int64_t)sizeof(float);
    return bytes > (d->l.images * d->l.pixels < FEW ? ENOUGH : HEAVY);
}

bool nn_conv_find_direct(const nn_op_problem *problem, nn_op_impl *impl)
{
    const bool has_skip = problem->n_in > SKIP && problem->in[SKIP].rank >= 0;
    uint64_t constants;
    if (!nn_conv_weight_is_constant(problem, &constants) || !nn_conv_offsets_fit(&problem->in[X]) ||
        !nn_conv_offsets_fit(problem->out))
        return false;
    direct d = find_direct(problem->params, &problem->in[X], &problem->in[WEIGHT], problem->out,
                           problem->kernels, 1);
    const nn_halo halo = find_halo(&d.l.geometry);
    if (!nn_conv_halo_fits(&halo) ||
        (d.l.groups > 1 && (d.l.geometry.channels % NN_BLOCK || d.l.m % NN_BLOCK)))
        return false;
    d.half = problem->half && !problem->exact && is_half_faster(&d);
    const nn_conv_packed_weights panels = find_panels(&d);
    const size_t bytes = packed_bytes(&d, &panels);
    *impl = (nn_op_impl){
        .name = d.half ? "direct_f16" : "direct",
        .blocked_in = 1 << X | (has_skip ? 1 << SKIP : 0),
        .blocked_out = true,
        .lanes = d.point && d.l.groups == 1,
        .gate = can_scale(&d),
        .halo = halo,
        .unread = constants,
        .packed_bytes = bytes,
        .scratch_bytes =
            offset_bytes(&d) + (size_t)problem->threads * worker_bytes(&d, d.pixel_block),
        .cost = nn_conv_cost(problem, nn_conv_padded_macs(&d.l, d.depth), (double)bytes),
        .pack = d.half ? pack_half : pack_full,
        .run = d.half ? run_half : run_full,
    };
    return true;
}
