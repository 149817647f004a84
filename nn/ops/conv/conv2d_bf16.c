// SPDX-License-Identifier: MIT
// Convolution in bfloat16, direct: the input is rounded into a copy first, then every output pixel
// is one float32 sum of products. Or in float32 that is split into sums of two bfloat16
// ("direct_bf16x2"): the copy has the high parts and then the low ones.
//
// A task is a strip of output rows times some panels of sixteen output channels. A thread copies
// the rows that its strip reads. The copy has blocks of 32 channels, and a convolution with strides
// has an image of its own for each phase of rows and columns. So each tap of the kernel finds the
// pixels of all outputs side by side, at one offset. Places between the rows of an output are
// computed and dropped.
#include "nn/base/arith.h"
#include "nn/base/memory.h"
#include "nn/ops/conv/conv2d_impls.h"
#include "nn/ops/conv/conv2d_pixel_block.h"

#include <string.h>

enum { X, WEIGHT, BIAS, SKIP };
enum { DEEP = NN_BF16_BLOCK, PANEL = NN_PANEL_CHANNELS, STRETCH = DEEP * PANEL };

// All that follows from parameters, shapes and the number of threads.
typedef struct bf16_conv {
    nn_conv_layout l;
    int64_t in_blocks, panels; // of a group: blocks of 32 channels, panels of 16 outputs
    int phases_h, phases_w;    // 1 where the kernel has one tap: the others are not read
    int64_t pitch;             // of the copy of a phase: places
    int stretches;
    bool split;
    int64_t rows, strips, parts; // output rows of a strip; strips of an image; tasks of a strip
    int64_t phase, block, term;  // numbers of the copy of a strip: of a phase, a block, a term
} bf16_conv;

static int terms(const bf16_conv *c)
{
    return c->split ? 2 : 1;
}

// Cuts the work into tasks. The rows of a strip stay in the second-level cache. Threads share
// panels where the weights take more memory than the image, otherwise rows.
static void cut(bf16_conv *c, int threads)
{
    enum { STRIP = 512 * 1024, TASKS = 4, FEWEST = 96 }; // bytes; tasks of a thread; places
    const nn_conv_geometry *w = &c->l.geometry;
    const int64_t row = c->in_blocks * c->phases_h * c->phases_w * c->pitch * DEEP * terms(c) *
                        (int64_t)sizeof(uint16_t);
    const int64_t want = threads > 1 ? (int64_t)threads * TASKS : 1;
    const int64_t units = c->l.images * c->l.groups, fewest = nn_divide_up(FEWEST, c->pitch);
    const bool heavy = c->panels * PANEL * c->stretches > (int64_t)w->in_h * w->in_w * c->in_blocks;
    int64_t rows = nn_max(STRIP / nn_max(row, 1), fewest);
    if (!heavy && units * nn_divide_up(w->out_h, rows) < want)
        rows = nn_max(fewest, nn_divide_up(w->out_h * units, want));
    c->strips = nn_divide_up(w->out_h, nn_min(rows, w->out_h));
    c->rows = nn_divide_up(w->out_h, c->strips);
    c->strips = nn_divide_up(w->out_h, c->rows);
    c->parts = nn_max(1, nn_min(nn_divide_up(c->panels, 2), nn_divide_up(want, units * c->strips)));
}

static bf16_conv find_conv(const void *params, const nn_shape *x, const nn_shape *weight,
                           const nn_shape *out, bool split, int threads)
{
    const nn_shape in[2] = {*x, *weight};
    bf16_conv c = {.l = nn_conv_find_layout(params, in, out), .split = split};
    const nn_conv_geometry *w = &c.l.geometry;
    c.in_blocks = nn_divide_up(w->channels, DEEP);
    c.panels = nn_divide_up(c.l.m, PANEL);
    c.phases_h = w->kernel_h > 1 ? w->stride_h : 1;
    c.phases_w = w->kernel_w > 1 ? w->stride_w : 1;
    c.pitch = w->out_w + (int64_t)(w->kernel_w - 1) * w->dilation_w / c.phases_w;
    c.stretches = (int)c.in_blocks * w->kernel_h * w->kernel_w;
    if (c.l.pixels < 1 || c.l.images < 1)
        return c;
    cut(&c, threads);
    const int64_t rows = c.rows + (int64_t)(w->kernel_h - 1) * w->dilation_h / c.phases_h;
    c.phase = rows * c.pitch * DEEP;
    c.block = c.phase * c.phases_h * c.phases_w;
    c.term = c.in_blocks * c.block + NN_BF16_SLACK * DEEP;
    return c;
}

static bf16_conv find_call(const nn_op_call *call, bool split)
{
    return find_conv(call->params, &call->in[X].shape, &call->in[WEIGHT].shape, &call->out->shape,
                     split, nn_pool_threads(call->pool));
}

// --- packed constants ---

static size_t bias_bytes(const bf16_conv *c)
{
    return nn_align_up((size_t)(c->l.groups * c->panels * PANEL) * sizeof(float));
}

static int64_t panel_numbers(const bf16_conv *c)
{
    return (int64_t)c->stretches * terms(c) * STRETCH;
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

// Packs the weights of output o of a panel. Depth: [block of 32 channels][ky][kx][32].
static void pack_output(const packing *p, const float *weight, int64_t o, uint16_t *panel)
{
    const bf16_conv *c = &p->c;
    const int64_t channels = c->l.geometry.channels;
    const int64_t taps = (int64_t)c->l.geometry.kernel_h * c->l.geometry.kernel_w;
    for (int64_t s = 0; s < c->stretches; s++, panel += terms(c) * STRETCH) {
        float row[DEEP] = {0};
        const int64_t channel = s / taps * DEEP, count = nn_min(DEEP, channels - channel);
        for (int64_t k = 0; k < count; k++)
            row[k] = weight[(channel + k) * taps + s % taps];
        nn_bf16_conv_pack(&p->call->kernels->bf16conv, panel + 2 * o, row, c->split);
    }
}

// Index: panel of all groups.
static void pack_panels(void *ctx, int64_t begin, int64_t end, int worker)
{
    const packing *p = ctx;
    const bf16_conv *c = &p->c;
    const float *weight = nn_tensor_f32(&p->call->in[WEIGHT]);
    (void)worker;
    for (int64_t i = begin; i < end; i++) {
        uint16_t *panel = p->weight + i * panel_numbers(c);
        const int64_t first = i % c->panels * PANEL, count = nn_min(PANEL, c->l.m - first);
        const int64_t output = i / c->panels * c->l.m + first;
        if (count < PANEL)
            memset(panel, 0, (size_t)panel_numbers(c) * sizeof *panel);
        for (int64_t o = 0; o < count; o++)
            pack_output(p, weight + (output + o) * c->l.k, o, panel);
    }
}

static void pack(const nn_op_call *call, void *packed, bool split)
{
    packing p = {.call = call, .c = find_call(call, split)};
    const float *bias = call->n_in > BIAS ? nn_tensor_f32(&call->in[BIAS]) : NULL;
    const int64_t outputs = p.c.l.groups * p.c.l.m;
    memset(packed, 0, bias_bytes(&p.c));
    for (int64_t o = 0; bias && o < outputs; o++)
        ((float *)packed)[o / p.c.l.m * p.c.panels * PANEL + o % p.c.l.m] = bias[o];
    p.weight = (uint16_t *)(void *)((char *)packed + bias_bytes(&p.c));
    nn_pool_run(call->pool, p.c.l.groups * p.c.panels, 1, pack_panels, &p);
}

static void pack_rounded(const nn_op_call *call, void *packed)
{
    pack(call, packed, false);
}

static void pack_split(const nn_op_call *call, void *packed)
{
    pack(call, packed, true);
}

// --- running ---

// What a thread has copied, and the copy.
typedef struct strip_copy {
    int64_t strip; // its number, or -1
    _Alignas(64) uint16_t number[];
} strip_copy;

typedef struct conv_run {
    const nn_op_call *call;
    bf16_conv c;
    const nn_tensor *skip; // NULL: none
    nn_act act;
    int32_t *offset;
    char *copies; // copy_bytes for each thread
} conv_run;

// The numbers by which a block of channels of input 0 is multiplied; NULL: it is not.
static const float *find_scale(const conv_run *r, int64_t image, int64_t channel, float scale[DEEP])
{
    const nn_op_call *call = r->call;
    if (!call->gated)
        return NULL;
    const int64_t count = nn_min(DEEP, r->c.l.geometry.channels - channel);
    for (int64_t k = 0; k < DEEP; k++)
        scale[k] =
            k < count
                ? *(nn_blocked_at(&call->in[call->n_in], image, (channel + k) / NN_BLOCK, 0, 0) +
                    (channel + k) % NN_BLOCK)
                : 0.0f;
    return scale;
}

static size_t offset_bytes(const bf16_conv *c)
{
    return nn_align_up((size_t)c->stretches * sizeof(int32_t));
}

// Whether input 0 may be a choice of channels; floats of a block of a row of those.
static bool can_pick(const bf16_conv *c)
{
    return c->l.groups == 1 && c->l.geometry.kernel_h == 1 && c->l.geometry.kernel_w == 1;
}

static int64_t picked_floats(const bf16_conv *c)
{
    return can_pick(c) ? nn_conv_round((int64_t)c->l.geometry.in_w * DEEP) : 0;
}

static size_t copy_bytes(const bf16_conv *c)
{
    return nn_align_up(sizeof(strip_copy) + (size_t)(terms(c) * c->term) * sizeof(uint16_t) +
                       (size_t)picked_floats(c) * sizeof(float));
}

static strip_copy *copy_of(const conv_run *r, int worker)
{
    return (strip_copy *)(void *)(r->copies + (size_t)worker * copy_bytes(&r->c));
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

static void clear(const bf16_conv *c, uint16_t *to, int64_t places)
{
    for (int term = 0; term < terms(c); term++)
        memset(to + term * c->term, 0, (size_t)(places * DEEP) * sizeof *to);
}

// Copies row y of the channels of a block that input 0 chooses to `picked`, as blocks of eight.
static void pick_row(const conv_run *r, int64_t image, int64_t channel, int64_t y, float *picked)
{
    const nn_tensor *x = &r->call->in[X];
    const int64_t width = r->c.l.geometry.in_w;
    const int64_t end = nn_min(channel + DEEP, r->c.l.geometry.channels);
    for (; channel < end; channel += NN_BLOCK, picked += width * NN_BLOCK) {
        const float *from[NN_BLOCK];
        const int count = (int)nn_min(NN_BLOCK, end - channel);
        for (int k = 0; k < count; k++) {
            const int32_t lane = r->call->lanes[channel + k];
            from[k] = nn_blocked_at(x, image, lane / NN_BLOCK, y, 0) + lane % NN_BLOCK;
        }
        r->call->kernels->nchw8c.pick(picked, from, count, width);
    }
}

// Copies what is row y of the input for a phase of columns.
static void copy_row(const conv_run *r, int64_t image, int64_t group, int64_t block, int64_t y,
                     int64_t phase, const float *scale, float *picked, uint16_t *to)
{
    const bf16_conv *c = &r->c;
    const nn_conv_geometry *w = &c->l.geometry;
    const nn_bf16_conv_kernels *k = &r->call->kernels->bf16conv;
    const nn_tensor *x = &r->call->in[X];
    const int64_t left = phase - w->pad_left, step = (int64_t)w->stride_w * NN_BLOCK;
    int64_t first = nn_conv_first_column(0, left, w->stride_w, c->pitch);
    int64_t last = nn_conv_first_column(w->in_w, left, w->stride_w, c->pitch);
    if (y < 0 || y >= w->in_h)
        first = last = 0;
    clear(c, to, first);
    clear(c, to + last * DEEP, c->pitch - last);
    if (first == last)
        return;
    const int64_t eights = nn_blocked_count(w->channels), eight = block * (DEEP / NN_BLOCK);
    const int blocks = (int)nn_min(DEEP / NN_BLOCK, eights - eight);
    const int64_t column = left + first * w->stride_w;
    const float *from = picked + column * NN_BLOCK;
    int64_t plane = (int64_t)w->in_w * NN_BLOCK;
    if (r->call->lanes) {
        pick_row(r, image, block * DEEP, y, picked);
    } else {
        from = nn_blocked_at(x, image, group * eights + eight, y, column);
        plane = x->plane;
    }
    if (c->split)
        k->split(to + first * DEEP, c->term, from, plane, blocks, step, last - first, scale);
    else
        k->convert(to + first * DEEP, from, plane, blocks, step, last - first);
}

// Copies the rows that output rows [begin, end) read.
static void copy_strip(const conv_run *r, int64_t image, int64_t group, int64_t begin, int64_t end,
                       uint16_t *copy)
{
    const bf16_conv *c = &r->c;
    const nn_conv_geometry *w = &c->l.geometry;
    const int64_t rows = end - begin + (int64_t)(w->kernel_h - 1) * w->dilation_h / c->phases_h;
    const int phases = c->phases_h * c->phases_w;
    float *picked = (float *)(void *)(copy + terms(c) * c->term);
    for (int64_t block = 0; block < c->in_blocks; block++) {
        float numbers[DEEP];
        const float *scale = find_scale(r, image, block * DEEP, numbers);
        for (int phase = 0; phase < phases; phase++)
            for (int64_t i = 0; i < rows; i++)
                copy_row(r, image, group, block,
                         (begin + i) * w->stride_h + phase / c->phases_w - w->pad_top,
                         phase % c->phases_w, scale, picked,
                         copy + block * c->block + phase * c->phase + i * c->pitch * DEEP);
    }
}

static void run_strip(const conv_run *r, int64_t image, int64_t group, int64_t panel,
                      int64_t panels, int64_t begin, int64_t end, const uint16_t *copy)
{
    const nn_op_call *call = r->call;
    const bf16_conv *c = &r->c;
    const nn_tensor *out = call->out;
    const nn_bf16_conv_kernels *k = &call->kernels->bf16conv;
    const int64_t all = group * c->panels + panel;
    const int64_t block = group * nn_blocked_count(c->l.m) + 2 * panel;
    const int64_t blocks = nn_min(2 * panels, nn_blocked_count(c->l.m) - 2 * panel);
    nn_bf16_conv t = {
        .x = copy,
        .low = c->term,
        .offset = r->offset,
        .stretches = c->stretches,
        .pitch = (int)c->pitch,
        .width = c->l.geometry.out_w,
        .weight = (const uint16_t *)(const void *)((const char *)call->packed + bias_bytes(c)) +
                  all * panel_numbers(c),
        .bias = (const float *)call->packed + all * PANEL,
        .panels = (int)panels,
        .channels = (int)blocks * NN_BLOCK,
        .act = nn_act_early(r->act),
        .late = r->act == nn_act_early(r->act) ? NULL : call->kernels->eltwise.act[r->act],
        .out = nn_blocked_at(out, image, block, begin, 0),
        .plane = out->plane,
        .row = out->row,
    };
    if (r->skip) {
        t.skip = nn_blocked_at(r->skip, image, block, begin, 0);
        t.skip_plane = r->skip->plane;
        t.skip_row = r->skip->row;
    }
    (c->split ? k->run_split : k->run)(&t, 0, (end - begin - 1) * c->pitch + t.width);
}

// Index: image, group, strip of rows, part of the panels.
static void run_tasks(void *ctx, int64_t begin, int64_t end, int worker)
{
    const conv_run *r = ctx;
    const bf16_conv *c = &r->c;
    const nn_bf16_conv_kernels *k = &r->call->kernels->bf16conv;
    const int64_t pairs = nn_divide_up(c->panels, 2);
    strip_copy *copy = copy_of(r, worker);
    if (k->begin)
        k->begin();
    for (int64_t i = begin; i < end; i++) {
        const int64_t part = i % c->parts, strip = i / c->parts;
        const int64_t image = strip / c->strips / c->l.groups;
        const int64_t group = strip / c->strips % c->l.groups;
        const int64_t row = strip % c->strips * c->rows;
        const int64_t last = nn_min(row + c->rows, c->l.geometry.out_h);
        const int64_t panel = 2 * nn_conv_part(pairs, part, c->parts);
        const int64_t panels =
            nn_min(2 * nn_conv_part(pairs, part + 1, c->parts), c->panels) - panel;
        if (copy->strip != strip)
            copy_strip(r, image, group, row, last, copy->number);
        copy->strip = strip;
        run_strip(r, image, group, panel, panels, row, last, copy->number);
    }
    if (k->end)
        k->end();
}

static void run(const nn_op_call *call, bool split)
{
    conv_run r = {.call = call, .c = find_call(call, split), .offset = call->scratch};
    const bf16_conv *c = &r.c;
    r.skip = call->n_in > SKIP && call->in[SKIP].data ? &call->in[SKIP] : NULL;
    r.act = (nn_act)((const nn_conv2d_params *)call->params)->act;
    r.copies = (char *)call->scratch + offset_bytes(c);
    find_offsets(c, r.offset);
    for (int i = 0; i < nn_pool_threads(call->pool); i++)
        copy_of(&r, i)->strip = -1;
    nn_pool_run(call->pool, c->l.images * c->l.groups * c->strips * c->parts, 1, run_tasks, &r);
}

static void run_rounded(const nn_op_call *call)
{
    run(call, false);
}

static void run_split(const nn_op_call *call)
{
    run(call, true);
}

// --- finding ---

// Seconds on one core. The reference has no vectors, but never counts as slower than that of
// float32 when it is asked for.
static double estimate(const nn_op_problem *problem, const bf16_conv *c)
{
    enum { TILE = 16 };
    const nn_bf16_conv_kernels *k = &problem->kernels->bf16conv;
    const double copied = 4e9; // numbers a second
    const double speed = c->split ? k->split_speed : k->speed;
    const int64_t places = nn_divide_up(c->rows * c->pitch, TILE) * TILE * c->strips;
    const double macs = (double)(c->l.images * c->l.groups * c->panels) * PANEL *
                        (double)c->stretches * DEEP * (double)places;
    const double copies = (double)(c->l.images * c->l.groups * c->strips * c->term) / copied;
    return nn_conv_cost(problem, macs / (speed > 0 ? speed : terms(c)), (double)packed_bytes(c)) +
           (speed > 0 ? copies : 0);
}

static bool find(const nn_op_problem *problem, bool split, nn_op_impl *impl)
{
    const int64_t most = 1 << 30; // numbers that offsets reach
    const nn_bf16_conv_kernels *k = &problem->kernels->bf16conv;
    const bool skip = problem->n_in > SKIP && problem->in[SKIP].rank >= 0;
    const bool vectors = problem->kernels->microkernel.pixels > 1;
    uint64_t constants;
    // No reference beside fast float32.
    if (problem->exact || (vectors && (split ? k->split_speed : k->speed) <= 0) ||
        !nn_conv_weight_is_constant(problem, &constants) || !nn_conv_offsets_fit(&problem->in[X]) ||
        !nn_conv_offsets_fit(problem->out))
        return false;
    // With one thread strips are longest; the choice may not depend on the number of threads.
    const bf16_conv c =
        find_conv(problem->params, &problem->in[X], &problem->in[WEIGHT], problem->out, split, 1);
    if (c.l.method == NN_CONV_DEPTHWISE || c.l.pixels < 1 || c.l.images < 1 || c.term > most ||
        (c.l.groups > 1 && (c.l.geometry.channels % NN_BLOCK || c.l.m % NN_BLOCK)))
        return false;
    *impl = (nn_op_impl){
        .name = split ? "direct_bf16x2" : "direct_bf16",
        .blocked_in = 1 << X | (skip ? 1 << SKIP : 0),
        .blocked_out = true,
        .lanes = can_pick(&c),
        .gate = split && c.l.groups == 1,
        .unread = constants,
        .packed_bytes = packed_bytes(&c),
        .scratch_bytes = offset_bytes(&c) + (size_t)problem->threads * copy_bytes(&c),
        .cost = estimate(problem, &c),
        .pack = split ? pack_split : pack_rounded,
        .run = split ? run_split : run_rounded,
    };
    return true;
}

bool nn_conv_find_bf16(const nn_op_problem *problem, nn_op_impl *impl)
{
    return problem->bf16 && find(problem, false, impl);
}

bool nn_conv_find_bf16x2(const nn_op_problem *problem, nn_op_impl *impl)
{
    return problem->split && find(problem, true, impl);
}
