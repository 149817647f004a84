// SPDX-License-Identifier: MIT
// Transposed convolution of blocked images with the microkernel (kernels/microkernel.h).
//
// With a stride of s, every s-th output along an axis forms a phase. About every s-th tap of the
// kernel reaches it, and it is a plain convolution of x with these taps, whose outputs lie s pixels
// apart. So nothing is multiplied with zeros, and no sum goes through memory.
#include "nn/ops/conv/conv_transpose_impls.h"
#include "nn/base/arith.h"
#include "nn/ops/conv/conv2d_layout.h"
#include "nn/ops/conv/conv2d_pixel_block.h"

#include <string.h>

enum { X, WEIGHT, BIAS, PANEL = NN_PANEL_CHANNELS };
enum { PIXEL_BLOCK = 192, EDGE = 64 }; // pixels of a task, or one row; most halo

typedef struct axis {
    int in, out, kernel, stride, dilation, pad;
} axis;

// All that follows from parameters and shapes.
typedef struct transpose {
    axis y, x;
    int64_t images, groups, in, out;       // channels of a group
    int64_t in_blocks, out_blocks, panels; // of a group
    int64_t taps, phases;
    int64_t width, rows,
        pixel_blocks; // of a phase, the largest; rows of a pixel block; pixel blocks
    int64_t parts;    // tasks that share the panels of a pixel block
} transpose;

typedef struct pass {
    const nn_op_call *call;
    transpose t;
    const int32_t *offset; // of all phases
    char *workers;         // worker_bytes for each thread
} pass;

// Output o of a phase, with q = o / stride, adds tap k times input q + shift where the stride
// divides.
static int phase_of(const axis *a, int tap)
{
    const int r = (tap * a->dilation - a->pad) % a->stride;
    return r < 0 ? r + a->stride : r;
}

static int shift_of(const axis *a, int tap)
{
    return (phase_of(a, tap) + a->pad - tap * a->dilation) / a->stride;
}

// Taps of phases [first, end).
static int count_taps(const axis *a, int first, int end)
{
    int count = 0;
    for (int k = 0; k < a->kernel; k++)
        count += phase_of(a, k) >= first && phase_of(a, k) < end;
    return count;
}

static transpose find_transpose(const nn_conv_transpose_params *p, const nn_shape *x,
                                const nn_shape *w, const nn_shape *out, int threads)
{
    enum { TASKS = 8 }; // of a thread, at least
    transpose t = {.images = x->dim[0],
                   .groups = p->groups,
                   .in = w->dim[0] / p->groups,
                   .out = w->dim[1],
                   .taps = w->dim[2] * w->dim[3],
                   .phases = (int64_t)p->stride[0] * p->stride[1]};
    axis *axes[2] = {&t.y, &t.x};
    for (int i = 0; i < 2; i++)
        *axes[i] = (axis){.in = (int)x->dim[2 + i],
                          .out = (int)out->dim[2 + i],
                          .kernel = (int)w->dim[2 + i],
                          .stride = p->stride[i],
                          .dilation = p->dilation[i],
                          .pad = p->pad[i]};
    t.in_blocks = nn_blocked_count(t.in);
    t.out_blocks = nn_blocked_count(t.out);
    t.panels = nn_divide_up(t.out, PANEL);
    t.width = nn_divide_up(t.x.out, t.x.stride);
    t.rows = nn_max(1, PIXEL_BLOCK / t.width);
    t.pixel_blocks = nn_divide_up(nn_divide_up(t.y.out, t.y.stride), t.rows);
    const int64_t tasks = t.images * t.groups * t.phases * t.pixel_blocks;
    t.parts = threads > 1 ? nn_min(t.panels, nn_divide_up((int64_t)threads * TASKS, tasks)) : 1;
    return t;
}

static transpose transpose_of(const nn_op_call *call)
{
    return find_transpose(call->params, &call->in[X].shape, &call->in[WEIGHT].shape,
                          &call->out->shape, nn_pool_threads(call->pool));
}

// A phase: the number of taps of all phases before it, and its own taps, down and across.
typedef struct phase {
    int y, x;
    int64_t before, down, across;
} phase;

static phase find_phase(const transpose *t, int64_t index)
{
    phase p = {.y = (int)(index / t->x.stride), .x = (int)(index % t->x.stride)};
    p.down = count_taps(&t->y, p.y, p.y + 1);
    p.across = count_taps(&t->x, p.x, p.x + 1);
    p.before = count_taps(&t->y, 0, p.y) * t->x.kernel + p.down * count_taps(&t->x, 0, p.x);
    return p;
}

// --- packing: biases [panel][16], then for each phase and panel weights [block][tap][8][16] ---

static int64_t bias_floats(const transpose *t)
{
    return t->groups * t->panels * PANEL;
}

static int64_t packed_floats(const transpose *t)
{
    return bias_floats(t) * (1 + t->in_blocks * NN_BLOCK * t->taps);
}

// Position of the weights of panel `panel`, counted over all groups.
static int64_t weight_place(const transpose *t, const phase *p, int64_t panel)
{
    const int64_t tap = t->in_blocks * NN_BLOCK * PANEL; // floats
    return bias_floats(t) + tap * (p->before * t->groups * t->panels + panel * p->down * p->across);
}

static void pack_panel(const transpose *t, const nn_op_call *call, const phase *p, int64_t panel,
                       float *to)
{
    const int64_t group = panel / t->panels, first = panel % t->panels * PANEL;
    const float *weight = nn_tensor_f32(&call->in[WEIGHT]) + group * t->in * t->out * t->taps;
    const int64_t lanes = nn_min(t->out - first, PANEL);
    for (int64_t b = 0; b < t->in_blocks; b++)
        for (int ky = 0; ky < t->y.kernel; ky++)
            for (int kx = 0; kx < t->x.kernel; kx++) {
                if (phase_of(&t->y, ky) != p->y || phase_of(&t->x, kx) != p->x)
                    continue;
                for (int64_t c = b * NN_BLOCK; c < (b + 1) * NN_BLOCK; c++, to += PANEL)
                    for (int64_t o = 0; o < lanes && c < t->in; o++)
                        to[o] = weight[(c * t->out + first + o) * t->taps + ky * t->x.kernel + kx];
            }
}

static void pack(const nn_op_call *call, void *packed)
{
    const transpose t = transpose_of(call);
    float *to = packed;
    memset(to, 0, (size_t)packed_floats(&t) * sizeof *to);
    for (int64_t panel = 0; panel < t.groups * t.panels; panel++) {
        const int64_t group = panel / t.panels, first = panel % t.panels * PANEL;
        if (call->n_in > BIAS && call->in[BIAS].data)
            memcpy(to + panel * PANEL, nn_tensor_f32(&call->in[BIAS]) + group * t.out + first,
                   (size_t)nn_min(t.out - first, PANEL) * sizeof *to);
        for (int64_t i = 0; i < t.phases; i++) {
            const phase p = find_phase(&t, i);
            pack_panel(&t, call, &p, panel, to + weight_place(&t, &p, panel));
        }
    }
}

// --- running ---

static size_t offset_bytes(const transpose *t)
{
    return nn_align_up((size_t)(t->in_blocks * t->taps) * sizeof(int32_t));
}

static size_t worker_bytes(const transpose *t)
{
    return nn_conv_pixel_block_lists(t->rows * t->width, NULL, NULL);
}

// Fills the offsets in the order of the weights.
static void find_offsets(const transpose *t, const nn_tensor *x, int32_t *to)
{
    for (int64_t i = 0; i < t->phases; i++) {
        const int py = (int)(i / t->x.stride), px = (int)(i % t->x.stride);
        for (int64_t b = 0; b < t->in_blocks; b++)
            for (int ky = 0; ky < t->y.kernel; ky++)
                for (int kx = 0; kx < t->x.kernel; kx++)
                    if (phase_of(&t->y, ky) == py && phase_of(&t->x, kx) == px)
                        *to++ = (int32_t)(b * x->plane + shift_of(&t->y, ky) * x->row +
                                          shift_of(&t->x, kx) * NN_BLOCK);
    }
}

// Lists the pixels in rows [first, end) of a phase.
static int list_pixels(const pass *r, const phase *p, int64_t image, int64_t group, int64_t first,
                       int64_t end, const nn_conv_pixel_block *s)
{
    const transpose *t = &r->t;
    const nn_tensor *out = r->call->out;
    int count = 0;
    for (int64_t y = first; y < end && y * t->y.stride + p->y < t->y.out; y++) {
        const float *row = nn_blocked_at(&r->call->in[X], image, group * t->in_blocks, y, 0);
        const int64_t to = (y * t->y.stride + p->y) * out->row;
        for (int64_t x = p->x; x < t->x.out; x += t->x.stride, row += NN_BLOCK, count++) {
            s->pixel[count] = row;
            s->place[count] = (int32_t)(to + x * NN_BLOCK);
        }
    }
    return count;
}

// Computes panels [from, to) of a pixel block.
static void run_panels(const pass *r, const phase *p, int64_t image, int64_t group, int64_t from,
                       int64_t to, const nn_conv_pixel_block *s, int count)
{
    const transpose *t = &r->t;
    const nn_tensor *out = r->call->out;
    const float *packed = r->call->packed;
    nn_microkernel_args tile = {.offset = r->offset + p->before * t->in_blocks,
                                .blocks = (int)(t->in_blocks * p->down * p->across),
                                .run = NN_BLOCK,
                                .plane = out->plane};
    for (int64_t k = from; k < to; k++) {
        const int64_t panel = group * t->panels + k;
        tile.weight = packed + weight_place(t, p, panel);
        tile.next = k + 1 < to ? packed + weight_place(t, p, panel + 1) : NULL;
        tile.bias = packed + panel * PANEL;
        tile.channels = (int)nn_min(2, t->out_blocks - 2 * k) * NN_BLOCK;
        tile.out = nn_blocked_at(out, image, group * t->out_blocks + 2 * k, 0, 0);
        r->call->kernels->microkernel.run(&tile, count, s->pixel, s->place);
    }
}

// Index: image, group, phase, pixel block, part of the panels.
static void run_pixel_blocks(void *ctx, int64_t begin, int64_t end, int worker)
{
    const pass *r = ctx;
    const transpose *t = &r->t;
    nn_conv_pixel_block s;
    nn_conv_pixel_block_lists(t->rows * t->width, r->workers + (size_t)worker * worker_bytes(t),
                              &s);
    for (int64_t i = begin; i < end; i++) {
        const int64_t part = i % t->parts, pixel_block = i / t->parts;
        const int64_t row = pixel_block % t->pixel_blocks * t->rows,
                      plane = pixel_block / t->pixel_blocks / t->phases;
        const int64_t image = plane / t->groups, group = plane % t->groups;
        const phase p = find_phase(t, pixel_block / t->pixel_blocks % t->phases);
        const int count = list_pixels(r, &p, image, group, row, row + t->rows, &s);
        if (count > 0)
            run_panels(r, &p, image, group, nn_conv_part(t->panels, part, t->parts),
                       nn_conv_part(t->panels, part + 1, t->parts), &s, count);
    }
}

static void run(const nn_op_call *call)
{
    pass r = {.call = call, .t = transpose_of(call), .offset = call->scratch};
    r.workers = (char *)call->scratch + offset_bytes(&r.t);
    find_offsets(&r.t, &call->in[X], call->scratch);
    nn_pool_run(call->pool, r.t.images * r.t.groups * r.t.phases * r.t.pixel_blocks * r.t.parts, 1,
                run_pixel_blocks, &r);
}

// --- finding ---

// Counts the pixels that are read before and behind the image; false when they are too many.
static bool find_reach(const axis *a, int *before, int *behind)
{
    *before = *behind = 0;
    for (int k = 0; k < a->kernel; k++) {
        const int phase = phase_of(a, k), shift = shift_of(a, k);
        if (phase >= a->out)
            continue;
        const int last = (a->out - 1 - phase) / a->stride + shift - (a->in - 1);
        *before = -shift > *before ? -shift : *before;
        *behind = last > *behind ? last : *behind;
    }
    return *before <= EDGE && *behind <= EDGE;
}

int nn_conv_transpose_impls(const nn_op_problem *problem, nn_op_impl *impls)
{
    uint64_t constants;
    nn_halo halo;
    if (!nn_conv_weight_is_constant(problem, &constants) || !nn_conv_offsets_fit(&problem->in[X]) ||
        !nn_conv_offsets_fit(problem->out))
        return 0;
    const transpose t = find_transpose(problem->params, &problem->in[X], &problem->in[WEIGHT],
                                       problem->out, problem->threads);
    if ((t.groups > 1 && (t.in % NN_BLOCK || t.out % NN_BLOCK)) ||
        !find_reach(&t.y, &halo.top, &halo.bottom) || !find_reach(&t.x, &halo.left, &halo.right))
        return 0;
    const double pixels = (double)(t.images * t.y.in * t.x.in);
    const double depth = (double)(t.in_blocks * NN_BLOCK * t.taps);
    const size_t bytes = (size_t)packed_floats(&t) * sizeof(float);
    *impls = (nn_op_impl){
        .name = "direct",
        .blocked_in = 1 << X,
        .blocked_out = true,
        .halo = halo,
        .unread = constants,
        .packed_bytes = bytes,
        .scratch_bytes = offset_bytes(&t) + (size_t)problem->threads * worker_bytes(&t),
        .cost = nn_conv_cost(problem, pixels * depth * (double)bias_floats(&t), (double)bytes),
        .pack = pack,
        .run = run,
    };
    return 1;
}
