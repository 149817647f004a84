// SPDX-License-Identifier: MIT
// Convolution of blocked images by tiles: each output pixel is one sum over the stretches of
// channels that its kernel covers, without copying a pixel.
//
// A task is a strip of output pixels times some panels of sixteen output channels. What a strip
// reads should stay in the second-level cache while the panels, each small enough for it too, go
// over it one after the other. When the weights are larger than the image, strips are few, so that
// each weight comes from memory about once.
#include "nn/base/memory.h"
#include "nn/ops/conv2d_panels.h"

#include <string.h>

enum { X, WEIGHT, BIAS, SKIP };
enum { PANEL = NN_TILE_CHANNELS };

// Everything that follows from parameters, shapes and the number of threads.
typedef struct direct {
    nn_conv_layout l;
    int64_t in_blocks, out_blocks, panels; // of a group
    int64_t depth;                         // of a panel
    int blocks, run;                       // its stretches (kernels/tile.h)
    bool gather;                           // bring strided pixels together first
    int64_t strip, strips;                 // pixels of a strip; strips of an image
    int64_t parts;                         // tasks that share the panels of a group and strip
} direct;

static int64_t min(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t max(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static int64_t div_up(int64_t a, int64_t b)
{
    return (a + b - 1) / b;
}

// Cuts the work; threads = 1 gives the longest strips.
static void cut(direct *d, int threads)
{
    enum { LIGHT = 192 * 1024, HEAVY = 384 * 1024, SHORTEST = 48, TASKS = 8, TILES = 12 };
    const nn_window *w = &d->l.window;
    const int64_t row = (int64_t)w->in_w * w->stride_h * d->in_blocks * NN_BLOCK * 4;
    const int64_t pixel = d->gather ? d->in_blocks * NN_BLOCK * 4 : max(1, row / w->out_w);
    const bool heavy = d->depth * d->panels * PANEL * 4 > row * w->out_h;
    const int64_t units = d->l.images * d->l.groups, want = threads > 1 ? threads * TASKS : 1;
    d->strip = min(max((heavy ? HEAVY : LIGHT) / pixel, SHORTEST), d->l.pixels);
    d->strips = div_up(d->l.pixels, d->strip);
    if (!heavy && units * d->strips < want)
        d->strips = max(d->strips, min(div_up(want, units), d->l.pixels / SHORTEST));
    d->strip = min(div_up(div_up(d->l.pixels, d->strips), TILES) * TILES, d->l.pixels);
    d->strips = div_up(d->l.pixels, d->strip);
    d->parts = max(1, min(d->panels, div_up(want, units * d->strips)));
}

static direct find_direct(const void *params, const nn_shape *x, const nn_shape *weight,
                          const nn_shape *out, int threads)
{
    enum { GATHER = 4 }; // panels that make it pay
    const nn_shape in[2] = {*x, *weight};
    direct d = {.l = nn_conv_find_layout(params, in, out)};
    const nn_window *w = &d.l.window;
    d.in_blocks = nn_blocked_count(w->channels);
    d.out_blocks = nn_blocked_count(d.l.m);
    d.panels = div_up(d.l.m, PANEL);
    d.depth = d.in_blocks * NN_BLOCK * w->kernel_h * w->kernel_w;
    const bool together = w->dilation_w == 1 || w->kernel_w == 1; // a kernel row is one stretch
    d.run = together ? w->kernel_w * NN_BLOCK : NN_BLOCK;
    d.blocks = (int)(d.depth / d.run);
    d.gather = w->kernel_h == 1 && w->kernel_w == 1 && w->stride_w > 1 && d.panels >= GATHER;
    cut(&d, threads);
    return d;
}

// Depth: [channel block][ky][kx][8].
static void find_weight(const nn_conv_layout *l, int64_t at, int64_t *channel, int64_t *tap)
{
    const int64_t taps = (int64_t)l->window.kernel_h * l->window.kernel_w;
    *channel = at / NN_BLOCK / taps * NN_BLOCK + at % NN_BLOCK;
    *tap = at / NN_BLOCK % taps;
}

static nn_conv_panels find_panels(const direct *d, bool half)
{
    return (nn_conv_panels){d->l.groups, d->panels, d->depth, half, find_weight};
}

static void pack(const nn_op_call *call, void *packed, bool half)
{
    const direct d = find_direct(call->params, &call->in[X].shape, &call->in[WEIGHT].shape,
                                 &call->out->shape, 1);
    const nn_conv_panels panels = find_panels(&d, half);
    nn_conv_panels_pack(&panels, call, &d.l, packed);
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

// What one thread needs: where the pixels of a strip are, and the pixels if they are gathered.
typedef struct lists {
    const float **pixel;
    int32_t *place, *skip_place;
    float *gathered;
} lists;

typedef struct pass {
    const nn_op_call *call;
    direct d;
    nn_conv_panels panels;
    nn_act act;
    const nn_tensor *skip; // NULL: none
    int32_t *offset;
    char *workers; // worker_bytes for each thread
    size_t worker_bytes;
} pass;

static size_t round_bytes(size_t bytes)
{
    return (bytes + NN_ALIGN - 1) / NN_ALIGN * NN_ALIGN;
}

// Bytes of `lists` for strips of up to `strip` pixels; fills *l at `memory` unless l is NULL.
static size_t place_lists(const direct *d, int64_t strip, char *memory, lists *l)
{
    const size_t n = (size_t)strip;
    const size_t pixel = round_bytes(n * sizeof(float *)), place = round_bytes(n * sizeof(int32_t));
    const size_t gathered = d->gather ? n * (size_t)d->in_blocks * NN_BLOCK * sizeof(float) : 0;
    if (l)
        *l = (lists){(const float **)(void *)memory, (int32_t *)(void *)(memory + pixel),
                     (int32_t *)(void *)(memory + pixel + place),
                     (float *)(void *)(memory + pixel + 2 * place)};
    return pixel + 2 * place + round_bytes(gathered);
}

static size_t offset_bytes(const direct *d)
{
    return round_bytes((size_t)d->blocks * sizeof(int32_t));
}

static void find_offsets(const pass *p, const nn_tensor *x)
{
    const direct *d = &p->d;
    const nn_window *w = &d->l.window;
    const int columns = d->run / NN_BLOCK == w->kernel_w ? 1 : w->kernel_w;
    int32_t *to = p->offset;
    for (int64_t b = 0; b < d->in_blocks; b++)
        for (int ky = 0; ky < w->kernel_h; ky++)
            for (int kx = 0; kx < columns; kx++)
                *to++ = (int32_t)(d->gather ? b * d->strip * NN_BLOCK
                                            : b * x->plane + ky * w->dilation_h * x->row +
                                                  kx * w->dilation_w * NN_BLOCK);
}

typedef struct task {
    int64_t image, group, begin, end; // output pixels
    int64_t panel, panels;            // of the group
} task;

static task find_task(const direct *d, int64_t t)
{
    const int64_t part = t % d->parts, group = t / d->parts % d->l.groups;
    const int64_t strip = t / d->parts / d->l.groups;
    task k = {.image = strip / d->strips, .group = group, .begin = strip % d->strips * d->strip};
    k.end = min(k.begin + d->strip, d->l.pixels);
    k.panel = nn_conv_part(d->panels, part, d->parts);
    k.panels = nn_conv_part(d->panels, part + 1, d->parts) - k.panel;
    return k;
}

static void find_pixels(const pass *p, const task *k, const lists *l)
{
    const direct *d = &p->d;
    const nn_window *w = &d->l.window;
    const nn_tensor *x = &p->call->in[X];
    const int64_t step = (int64_t)w->stride_w * NN_BLOCK;
    const float *from =
        nn_blocked_at(x, k->image, k->group * d->in_blocks, -w->pad_top, -w->pad_left);
    int64_t row = k->begin / w->out_w, column = k->begin % w->out_w;
    for (int64_t i = 0, n = k->end - k->begin; i < n; row++, column = 0)
        for (; column < w->out_w && i < n; column++, i++) {
            l->pixel[i] = from + row * w->stride_h * x->row + column * step;
            l->place[i] = (int32_t)(row * p->call->out->row + column * NN_BLOCK);
            if (p->skip)
                l->skip_place[i] = (int32_t)(row * p->skip->row + column * NN_BLOCK);
        }
}

static void gather_pixels(const pass *p, const task *k, const lists *l)
{
    const int64_t n = k->end - k->begin, plane = p->call->in[X].plane;
    for (int64_t b = 0; b < p->d.in_blocks; b++) {
        float *to = l->gathered + b * p->d.strip * NN_BLOCK;
        for (int64_t i = 0; i < n; i++)
            memcpy(to + i * NN_BLOCK, l->pixel[i] + b * plane, NN_BLOCK * sizeof *to);
    }
    for (int64_t i = 0; i < n; i++)
        l->pixel[i] = l->gathered + i * NN_BLOCK;
}

// The activation of a finished panel: `blocks` channel blocks from `block` on.
static void activate(const pass *p, const task *k, int64_t block, int64_t blocks)
{
    const int64_t width = p->d.l.window.out_w;
    for (int64_t b = block; b < block + blocks; b++)
        for (int64_t at = k->begin, next; at < k->end; at = next) {
            next = min((at / width + 1) * width, k->end);
            float *y = nn_blocked_at(p->call->out, k->image, b, at / width, at % width);
            p->call->kernels->eltwise.act[p->act](y, y, (next - at) * NN_BLOCK);
        }
}

static void run_panel(const pass *p, const task *k, const lists *l, int64_t panel)
{
    const direct *d = &p->d;
    const int64_t at = k->group * d->panels + panel, first = 2 * panel; // block of the group
    const int64_t blocks = min(2, d->out_blocks - first), block = k->group * d->out_blocks + first;
    nn_tile t = {
        .offset = p->offset,
        .blocks = d->blocks,
        .run = d->run,
        .weight = nn_conv_panels_weight(&p->panels, p->call->packed, at),
        .half = p->panels.half,
        .relu = p->act == NN_ACT_RELU,
        .channels = (int)blocks * NN_BLOCK,
        .bias = nn_conv_panels_bias(p->call->packed, at),
        .out = nn_blocked_at(p->call->out, k->image, block, 0, 0),
        .plane = p->call->out->plane,
    };
    if (p->skip) {
        t.skip = nn_blocked_at(p->skip, k->image, block, 0, 0);
        t.skip_place = l->skip_place;
        t.skip_plane = p->skip->plane;
    }
    p->call->kernels->tile.run(&t, (int)(k->end - k->begin), l->pixel, l->place);
    if (p->act != NN_ACT_NONE && p->act != NN_ACT_RELU)
        activate(p, k, block, blocks);
}

static void run_tasks(void *ctx, int64_t begin, int64_t end, int worker)
{
    const pass *p = ctx;
    char *memory = p->workers + (size_t)worker * p->worker_bytes;
    lists l;
    place_lists(&p->d, p->d.strip, memory, &l);
    for (int64_t t = begin; t < end; t++) {
        const task k = find_task(&p->d, t);
        find_pixels(p, &k, &l);
        if (p->d.gather)
            gather_pixels(p, &k, &l);
        for (int64_t i = 0; i < k.panels; i++)
            run_panel(p, &k, &l, k.panel + i);
    }
}

static void run(const nn_op_call *call, bool half)
{
    const nn_shape *x = &call->in[X].shape, *weight = &call->in[WEIGHT].shape;
    const direct longest = find_direct(call->params, x, weight, &call->out->shape, 1);
    pass p = {
        .call = call,
        .d = find_direct(call->params, x, weight, &call->out->shape, nn_pool_threads(call->pool)),
        .act = (nn_act)((const nn_conv2d_params *)call->params)->act,
        .skip = call->n_in > SKIP && call->in[SKIP].data ? &call->in[SKIP] : NULL,
        .offset = call->scratch};
    p.panels = find_panels(&p.d, half);
    p.workers = (char *)call->scratch + offset_bytes(&p.d);
    p.worker_bytes = place_lists(&p.d, longest.strip, NULL, NULL);
    find_offsets(&p, &call->in[X]);
    const int64_t tasks = p.d.l.images * p.d.strips * p.d.l.groups * p.d.parts;
    nn_pool_run(call->pool, tasks, 1, run_tasks, &p);
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

// Zeros that the kernel sees around the image.
static nn_halo find_halo(const nn_window *w)
{
    const int reach_h = (w->out_h - 1) * w->stride_h + w->dilation_h * (w->kernel_h - 1) + 1;
    const int reach_w = (w->out_w - 1) * w->stride_w + w->dilation_w * (w->kernel_w - 1) + 1;
    return (nn_halo){.top = w->pad_top,
                     .left = w->pad_left,
                     .bottom = (int)max(0, reach_h - w->pad_top - w->in_h),
                     .right = (int)max(0, reach_w - w->pad_left - w->in_w)};
}

// Multiply-accumulates at the speed of full tiles: what a panel of eight channels and the rest of
// a few pixels waste counts too.
static double count_macs(const direct *d)
{
    enum { TILE = 6, AT_LEAST = 4 }; // a tile takes as long as one of four pixels at least
    const int64_t tiles = div_up(d->l.pixels, TILE);
    const double pixels = (double)max(d->l.pixels, AT_LEAST * tiles);
    const double eights = (double)(d->out_blocks / 2) + (d->out_blocks % 2 ? 2.0 / 3.0 : 0.0);
    return (double)(d->l.images * d->l.groups) * pixels * eights * PANEL * (double)d->depth;
}

// Offsets inside an image are int32_t; halos of other readers may be around it too.
static bool fits(const nn_shape *s)
{
    enum { MOST = 1 << 28, EDGE = 64 }; // floats; pixels of halo
    return nn_blocked_count(s->dim[1]) * NN_BLOCK * (s->dim[2] + EDGE) * (s->dim[3] + EDGE) < MOST;
}

bool nn_conv_find_direct(const nn_op_case *c, nn_op_way *way)
{
    const int64_t enough = 512 * 1024; // bytes of weights that pay for half of them
    const bool has_bias = c->n_in > BIAS && c->in[BIAS].rank >= 0;
    const bool has_skip = c->n_in > SKIP && c->in[SKIP].rank >= 0;
    const uint64_t constants = 1 << WEIGHT | (has_bias ? 1 << BIAS : 0);
    if ((c->constant & constants) != constants || !fits(&c->in[X]) || !fits(c->out))
        return false;
    const direct d = find_direct(c->params, &c->in[X], &c->in[WEIGHT], c->out, 1);
    if (d.l.groups > 1 && (d.l.window.channels % NN_BLOCK || d.l.m % NN_BLOCK))
        return false;
    const bool heavy = d.l.groups * d.panels * PANEL * d.depth * (int64_t)sizeof(float) > enough;
    const nn_conv_panels panels = find_panels(&d, c->half && !c->exact && heavy);
    const size_t bytes = nn_conv_panels_bytes(&panels);
    *way = (nn_op_way){
        .name = panels.half ? "direct_half" : "direct",
        .blocked_in = 1 << X | (has_skip ? 1 << SKIP : 0),
        .blocked_out = true,
        .halo = find_halo(&d.l.window),
        .unread = constants,
        .packed_bytes = bytes,
        .scratch_bytes =
            offset_bytes(&d) + (size_t)c->threads * place_lists(&d, d.strip, NULL, NULL),
        .cost = nn_conv_cost(c, count_macs(&d), (double)bytes),
        .pack = panels.half ? pack_half : pack_full,
        .run = panels.half ? run_half : run_full,
    };
    return true;
}
