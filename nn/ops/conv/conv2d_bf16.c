// SPDX-License-Identifier: MIT
// Convolution in bfloat16, direct: the input is rounded into a copy first, then every output pixel
// is one float32 sum of products.
//
// The copy has blocks of 32 channels, and a convolution with strides has an image of its own for
// each phase of rows and columns. So each tap of the kernel finds the pixels of all outputs side by
// side, at one offset. Places between the rows of an output are computed and dropped.
#include "nn/base/arith.h"
#include "nn/base/memory.h"
#include "nn/ops/conv/conv2d_impls.h"
#include "nn/ops/conv/conv2d_pixel_block.h"

#include <string.h>

enum { X, WEIGHT, BIAS, SKIP };
enum { DEEP = NN_BF16_BLOCK, PANEL = NN_PANEL_CHANNELS, PAIRS = DEEP / 2 };

// All that follows from parameters and shapes.
typedef struct bf16_conv {
    nn_conv_layout l;
    int64_t in_blocks, panels;    // of a group: blocks of 32 channels, panels of 16 outputs
    int phases_h, phases_w;       // 1 where the kernel has one tap: the others are not read
    int64_t rows, pitch;          // of the copy of a phase: places
    int64_t phase, block, number; // numbers of a phase, of a block, of the image with its slack
    int stretches;
} bf16_conv;

static bf16_conv find_conv(const void *params, const nn_shape *x, const nn_shape *weight,
                           const nn_shape *out)
{
    const nn_shape in[2] = {*x, *weight};
    bf16_conv c = {.l = nn_conv_find_layout(params, in, out)};
    const nn_conv_geometry *w = &c.l.geometry;
    c.in_blocks = nn_divide_up(w->channels, DEEP);
    c.panels = nn_divide_up(c.l.m, PANEL);
    c.phases_h = w->kernel_h > 1 ? w->stride_h : 1;
    c.phases_w = w->kernel_w > 1 ? w->stride_w : 1;
    c.rows = w->out_h + (int64_t)(w->kernel_h - 1) * w->dilation_h / c.phases_h;
    c.pitch = w->out_w + (int64_t)(w->kernel_w - 1) * w->dilation_w / c.phases_w;
    c.phase = c.rows * c.pitch * DEEP;
    c.block = c.phase * c.phases_h * c.phases_w;
    c.number = c.l.groups * c.in_blocks * c.block + NN_BF16_SLACK * DEEP;
    c.stretches = (int)c.in_blocks * w->kernel_h * w->kernel_w;
    return c;
}

static bf16_conv find_call(const nn_op_call *call)
{
    return find_conv(call->params, &call->in[X].shape, &call->in[WEIGHT].shape, &call->out->shape);
}

// --- packed constants ---

static size_t bias_bytes(const bf16_conv *c)
{
    return nn_align_up((size_t)(c->l.groups * c->panels * PANEL) * sizeof(float));
}

static int64_t panel_numbers(const bf16_conv *c)
{
    return (int64_t)c->stretches * DEEP * PANEL;
}

static size_t packed_bytes(const bf16_conv *c)
{
    return bias_bytes(c) + (size_t)(c->l.groups * c->panels * panel_numbers(c)) * sizeof(uint16_t);
}

typedef struct packing {
    const nn_op_call *call;
    bf16_conv c;
    uint16_t *weight;
} packing;

// Index: panel of all groups. Depth: [block of 32 channels][ky][kx][32].
static void pack_panels(void *ctx, int64_t begin, int64_t end, int worker)
{
    const packing *p = ctx;
    const bf16_conv *c = &p->c;
    const int64_t channels = c->l.geometry.channels;
    const int64_t taps = (int64_t)c->l.geometry.kernel_h * c->l.geometry.kernel_w;
    const float *weight = nn_tensor_f32(&p->call->in[WEIGHT]);
    (void)worker;
    for (int64_t i = begin; i < end; i++) {
        uint16_t *to = p->weight + i * panel_numbers(c);
        const int64_t first = i % c->panels * PANEL, group = i / c->panels;
        for (int64_t pair = 0; pair < (int64_t)c->stretches * PAIRS; pair++, to += 2 * PANEL) {
            float row[2 * PANEL] = {0};
            const int64_t stretch = pair / PAIRS;
            const int64_t channel = stretch / taps * DEEP + pair % PAIRS * 2;
            for (int64_t k = 0; k < 2 * PANEL; k++) {
                const int64_t o = first + k / 2, from = channel + k % 2;
                if (o < c->l.m && from < channels)
                    row[k] = weight[(group * c->l.m + o) * c->l.k + from * taps + stretch % taps];
            }
            p->call->kernels->cast.bf16_from_f32(to, row, 2 * PANEL);
        }
    }
}

static void pack(const nn_op_call *call, void *packed)
{
    packing p = {.call = call, .c = find_call(call)};
    const float *bias = call->n_in > BIAS ? nn_tensor_f32(&call->in[BIAS]) : NULL;
    const int64_t outputs = p.c.l.groups * p.c.l.m;
    memset(packed, 0, bias_bytes(&p.c));
    for (int64_t o = 0; bias && o < outputs; o++)
        ((float *)packed)[o / p.c.l.m * p.c.panels * PANEL + o % p.c.l.m] = bias[o];
    p.weight = (uint16_t *)(void *)((char *)packed + bias_bytes(&p.c));
    nn_pool_run(call->pool, p.c.l.groups * p.c.panels, 1, pack_panels, &p);
}

// --- running ---

typedef struct conv_run {
    const nn_op_call *call;
    bf16_conv c;
    const nn_tensor *skip; // NULL: none
    nn_act act;
    int64_t image;
    uint16_t *copy;
    int32_t *offset;
    int64_t rows, strips, parts; // output rows of a task; tasks of a group; those that share rows
} conv_run;

static size_t offset_bytes(const bf16_conv *c)
{
    return nn_align_up((size_t)c->stretches * sizeof(int32_t));
}

static void find_offsets(const bf16_conv *c, int32_t *to)
{
    const nn_conv_geometry *w = &c->l.geometry;
    for (int64_t b = 0; b < c->in_blocks; b++)
        for (int ky = 0; ky < w->kernel_h; ky++)
            for (int kx = 0; kx < w->kernel_w; kx++) {
                const int64_t y = (int64_t)ky * w->dilation_h, x = (int64_t)kx * w->dilation_w;
                const int64_t phase = y % c->phases_h * c->phases_w + x % c->phases_w;
                *to++ = (int32_t)(b * c->block + phase * c->phase +
                                  (y / c->phases_h * c->pitch + x / c->phases_w) * DEEP);
            }
}

// Index: row of a phase of a block of a group.
static void copy_rows(void *ctx, int64_t begin, int64_t end, int worker)
{
    const conv_run *r = ctx;
    const bf16_conv *c = &r->c;
    const nn_conv_geometry *w = &c->l.geometry;
    const nn_tensor *x = &r->call->in[X];
    (void)worker;
    for (int64_t i = begin; i < end; i++) {
        uint16_t *to = r->copy + i * c->pitch * DEEP;
        const int64_t phase = i / c->rows % (c->phases_h * c->phases_w);
        const int64_t block = i / c->rows / (c->phases_h * c->phases_w);
        const int64_t group = block / c->in_blocks, part = block % c->in_blocks;
        const int64_t y = i % c->rows * w->stride_h + phase / c->phases_w - w->pad_top;
        const int64_t left = phase % c->phases_w - w->pad_left;
        int64_t first = nn_conv_first_column(0, left, w->stride_w, c->pitch);
        int64_t last = nn_conv_first_column(w->in_w, left, w->stride_w, c->pitch);
        if (y < 0 || y >= w->in_h)
            first = last = 0;
        memset(to, 0, (size_t)(first * DEEP) * sizeof *to);
        memset(to + last * DEEP, 0, (size_t)((c->pitch - last) * DEEP) * sizeof *to);
        if (first == last)
            continue;
        const int64_t eights = nn_blocked_count(w->channels), eight = part * (DEEP / NN_BLOCK);
        r->call->kernels->bf16conv.convert(
            to + first * DEEP,
            nn_blocked_at(x, r->image, group * eights + eight, y, left + first * w->stride_w),
            x->plane, (int)nn_min(DEEP / NN_BLOCK, eights - eight), (int64_t)w->stride_w * NN_BLOCK,
            last - first);
    }
}

// Applies an activation that the kernel does not to rows [begin, end) of some blocks.
static void activate(const conv_run *r, int64_t block, int64_t blocks, int64_t begin, int64_t end)
{
    for (int64_t b = block; b < block + blocks; b++)
        for (int64_t y = begin; y < end; y++) {
            float *row = nn_blocked_at(r->call->out, r->image, b, y, 0);
            r->call->kernels->eltwise.act[r->act](row, row,
                                                  (int64_t)r->c.l.geometry.out_w * NN_BLOCK);
        }
}

static void run_strip(const conv_run *r, int64_t group, int64_t panel, int64_t panels,
                      int64_t begin, int64_t end)
{
    const nn_op_call *call = r->call;
    const bf16_conv *c = &r->c;
    const nn_tensor *out = call->out;
    const int64_t all = group * c->panels + panel;
    const int64_t block = group * nn_blocked_count(c->l.m) + 2 * panel;
    const int64_t blocks = nn_min(2 * panels, nn_blocked_count(c->l.m) - 2 * panel);
    nn_bf16_conv t = {
        .x = r->copy + group * c->in_blocks * c->block,
        .offset = r->offset,
        .stretches = c->stretches,
        .pitch = (int)c->pitch,
        .width = c->l.geometry.out_w,
        .weight = (const uint16_t *)(const void *)((const char *)call->packed + bias_bytes(c)) +
                  all * panel_numbers(c),
        .bias = (const float *)call->packed + all * PANEL,
        .panels = (int)panels,
        .channels = (int)blocks * NN_BLOCK,
        .relu = r->act == NN_ACT_RELU,
        .out = nn_blocked_at(out, r->image, block, 0, 0),
        .plane = out->plane,
        .row = out->row,
    };
    if (r->skip) {
        t.skip = nn_blocked_at(r->skip, r->image, block, 0, 0);
        t.skip_plane = r->skip->plane;
        t.skip_row = r->skip->row;
    }
    call->kernels->bf16conv.run(&t, begin * c->pitch, (end - begin - 1) * c->pitch + t.width);
    if (r->act != NN_ACT_NONE && !t.relu)
        activate(r, block, blocks, begin, end);
}

// Index: group, strip of rows, part of the panels.
static void run_tasks(void *ctx, int64_t begin, int64_t end, int worker)
{
    const conv_run *r = ctx;
    const nn_bf16_conv_kernels *k = &r->call->kernels->bf16conv;
    const int64_t out_h = r->c.l.geometry.out_h;
    (void)worker;
    if (k->begin)
        k->begin();
    for (int64_t i = begin; i < end; i++) {
        const int64_t part = i % r->parts, strip = i / r->parts % r->strips;
        const int64_t first = nn_conv_part(r->c.panels, part, r->parts);
        const int64_t panels = nn_conv_part(r->c.panels, part + 1, r->parts) - first;
        run_strip(r, i / r->parts / r->strips, first, panels, strip * r->rows,
                  nn_min((strip + 1) * r->rows, out_h));
    }
    if (k->end)
        k->end();
}

// Cuts the work into tasks: rows whose copy stays in the second-level cache, and panels where there
// are few rows.
static void cut(conv_run *r)
{
    enum { STRIP = 256 * 1024, TASKS = 4, FEWEST = 64 }; // bytes; places
    const bf16_conv *c = &r->c;
    const int threads = nn_pool_threads(r->call->pool);
    const int64_t row = c->in_blocks * c->block / c->rows * (int64_t)sizeof(uint16_t);
    const int64_t want = threads > 1 ? threads * TASKS : 1, out_h = c->l.geometry.out_h;
    int64_t rows = nn_max(STRIP / nn_max(row, 1), nn_divide_up(FEWEST, c->pitch));
    if (c->l.groups * nn_divide_up(out_h, rows) < want)
        rows = nn_max(nn_divide_up(FEWEST, c->pitch), nn_divide_up(out_h * c->l.groups, want));
    r->strips = nn_divide_up(out_h, nn_min(rows, out_h));
    r->rows = nn_divide_up(out_h, r->strips);
    r->strips = nn_divide_up(out_h, r->rows);
    r->parts =
        nn_min(nn_divide_up(c->panels, 2), nn_max(1, nn_divide_up(want, c->l.groups * r->strips)));
}

static void run(const nn_op_call *call)
{
    enum { GRAIN = 32 * 1024 }; // numbers that are copied at once
    conv_run r = {.call = call, .c = find_call(call), .offset = call->scratch};
    const bf16_conv *c = &r.c;
    r.skip = call->n_in > SKIP && call->in[SKIP].data ? &call->in[SKIP] : NULL;
    r.act = (nn_act)((const nn_conv2d_params *)call->params)->act;
    r.copy = (uint16_t *)(void *)((char *)call->scratch + offset_bytes(c));
    find_offsets(c, r.offset);
    cut(&r);
    const int64_t rows = c->l.groups * c->in_blocks * c->phases_h * c->phases_w * c->rows;
    for (r.image = 0; r.image < c->l.images; r.image++) {
        nn_pool_run(call->pool, rows, nn_max(1, GRAIN / (c->pitch * DEEP)), copy_rows, &r);
        nn_pool_run(call->pool, c->l.groups * r.strips * r.parts, 1, run_tasks, &r);
    }
}

// --- finding ---

// Seconds on one core. The reference has no vectors, but never counts as slower than that of
// float32.
static double estimate(const nn_op_problem *problem, const bf16_conv *c)
{
    enum { TILE = 16 };
    const double speed = problem->kernels->bf16conv.speed, copied = 4e9; // numbers a second
    const int64_t places = nn_divide_up(c->l.geometry.out_h * c->pitch, TILE) * TILE;
    const double macs = (double)(c->l.images * c->l.groups * c->panels) * PANEL *
                        (double)c->stretches * DEEP * (double)places;
    return nn_conv_cost(problem, macs / (speed > 0 ? speed : 1), (double)packed_bytes(c)) +
           (speed > 0 ? (double)(c->l.images * c->number) / copied : 0);
}

bool nn_conv_find_bf16(const nn_op_problem *problem, nn_op_impl *impl)
{
    const int64_t most = 1 << 30; // numbers that offsets reach
    const bool skip = problem->n_in > SKIP && problem->in[SKIP].rank >= 0;
    const bool vectors = problem->kernels->microkernel.pixels > 1;
    uint64_t constants;
    // No reference beside fast float32.
    if (!problem->bf16 || problem->exact || (vectors && problem->kernels->bf16conv.speed <= 0) ||
        !nn_conv_weight_is_constant(problem, &constants) || !nn_conv_offsets_fit(&problem->in[X]) ||
        !nn_conv_offsets_fit(problem->out))
        return false;
    const bf16_conv c =
        find_conv(problem->params, &problem->in[X], &problem->in[WEIGHT], problem->out);
    if (c.l.method == NN_CONV_DEPTHWISE || c.l.pixels < 1 || c.number > most ||
        (c.l.groups > 1 && (c.l.geometry.channels % NN_BLOCK || c.l.m % NN_BLOCK)))
        return false;
    *impl = (nn_op_impl){
        .name = "direct_bf16",
        .blocked_in = 1 << X | (skip ? 1 << SKIP : 0),
        .blocked_out = true,
        .unread = constants,
        .packed_bytes = packed_bytes(&c),
        .scratch_bytes = offset_bytes(&c) + (size_t)c.number * sizeof(uint16_t),
        .cost = estimate(problem, &c),
        .pack = pack,
        .run = run,
    };
    return true;
}
