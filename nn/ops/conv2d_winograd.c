// SPDX-License-Identifier: MIT
// Convolution by Winograd's minimal filtering: tiles of the image are transformed, multiplied
// channel by channel at each of their places, and transformed back.
#include "nn/ops/conv2d.h"

#include <string.h>

enum { X, WEIGHT, BIAS, SKIP };
// Tiles that are multiplied at once; panels whose products of a kind lie together; floats of a
// cache line.
enum { BLOCK = 48, GROUP = 4, LINE = 16 };

// Everything that follows from shapes and parameters. A panel is sixteen output channels.
typedef struct layout {
    nn_winograd kind;
    nn_winograd_size size;
    int64_t products;              // of a tile
    int64_t images, height, width; // in tiles
    int64_t tiles;                 // of all images
    int64_t inputs, panels;        // channels, rounded up to eight
    int32_t pad[4];
    // Work: strips of tiles are transformed at once; of a strip, blocks of tiles and groups of
    // panels are multiplied. Without `shared` a strip is one block, and belongs to one thread.
    bool shared;
    int64_t strip, block, group;
    int64_t product, transformed, multiplied; // floats: of one product of a strip, of all, of the
                                              // products of a block and group
} layout;

typedef struct winograd_run {
    const nn_op_call *call;
    layout l;
    const float *weight, *bias; // packed: weight_place's [input][16]; [panel][16]
    float *scratch;
    float *strip;  // shared: its transformed tiles
    int64_t first; // shared: its first tile
    nn_act act;
} winograd_run;

static int64_t min(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t max(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static int64_t divide_up(int64_t a, int64_t b)
{
    return (a + b - 1) / b;
}

static int64_t panel_floats(const layout *l)
{
    return l->inputs * NN_TILE_CHANNELS;
}

static int64_t weight_floats(const layout *l)
{
    return l->panels * l->products * panel_floats(l);
}

// Several threads get two to four blocks of tiles each, or more, where the weights are so few that
// each may read them all; else they share the weights when a thread would get less than two blocks.
static void find_work(layout *l, int threads)
{
    enum { LIGHT = 1 << 20, SMALL = 12, SMALLEST = 6, TASKS = 4 };
    int64_t blocks = divide_up(l->tiles, BLOCK);
    l->group = min(l->panels, GROUP);
    if (threads > 1) {
        int64_t pieces = min(l->tiles / SMALL, TASKS * threads);
        if (l->tiles / SMALLEST >= 2 * threads)
            pieces = max(pieces, 2 * threads);
        if (weight_floats(l) <= LIGHT)
            blocks = max(blocks, pieces);
        if (blocks >= threads)
            blocks = divide_up(blocks, threads) * threads;
        l->shared = blocks < 2 * threads;
    }
    if (l->shared)
        l->group = max(1, min(l->group, l->panels * blocks / (TASKS * threads)));
    l->block = divide_up(l->tiles, blocks);
    l->strip = l->shared ? l->tiles : l->block;
    l->product = l->strip * l->inputs + LINE;
    l->transformed = l->products * l->product;
    l->multiplied = l->group * l->block * l->products * NN_TILE_CHANNELS;
}

static layout find_layout(nn_winograd kind, const nn_conv2d_params *p, const nn_shape *x,
                          const nn_shape *out, int threads)
{
    layout l = {.kind = kind, .size = nn_winograd_sizes(kind)};
    l.products = l.size.side * l.size.side;
    l.images = x->dim[0];
    l.height = divide_up(out->dim[2], l.size.out);
    l.width = divide_up(out->dim[3], l.size.out);
    l.tiles = l.images * l.height * l.width;
    l.inputs = nn_blocked_count(x->dim[1]) * NN_BLOCK;
    l.panels = divide_up(out->dim[1], NN_TILE_CHANNELS);
    for (int i = 0; i < 4; i++)
        l.pad[i] = p->pad[0] == -1 ? l.size.kernel / 2 : p->pad[i];
    find_work(&l, threads);
    return l;
}

// Where the weights of one product and panel lie: in the order in which they are used, by groups
// of panels, so that they come from memory as one stream.
static int64_t weight_place(const layout *l, int64_t panel, int64_t product)
{
    const int64_t first = panel / GROUP * GROUP, count = min(l->panels - first, GROUP);
    return (first * l->products + product * count + panel - first) * panel_floats(l);
}

static layout layout_of_call(nn_winograd kind, const nn_op_call *call)
{
    return find_layout(kind, call->params, &call->in[X].shape, &call->out->shape,
                       nn_pool_threads(call->pool));
}

// --- weights ---

typedef struct packing {
    layout l;
    int64_t channels, outputs;
    const float *from;
    float *to;
} packing;

// Index: panel.
static void pack_panels(void *ctx, int64_t begin, int64_t end, int worker)
{
    (void)worker;
    const packing *p = ctx;
    const int64_t count = p->l.size.kernel * p->l.size.kernel;
    float products[NN_WINOGRAD_MAX * NN_WINOGRAD_MAX * NN_TILE_CHANNELS];
    for (int64_t panel = begin; panel < end; panel++) {
        const int64_t o = panel * NN_TILE_CHANNELS;
        const int lanes = (int)min(p->outputs - o, NN_TILE_CHANNELS);
        for (int64_t k = 0; k < p->l.products; k++)
            memset(p->to + weight_place(&p->l, panel, k), 0,
                   (size_t)panel_floats(&p->l) * sizeof(float));
        for (int64_t i = 0; i < p->channels; i++) {
            nn_winograd_weights(p->l.kind, p->from + (o * p->channels + i) * count,
                                p->channels * count, lanes, products);
            for (int64_t k = 0; k < p->l.products; k++)
                memcpy(p->to + weight_place(&p->l, panel, k) + i * NN_TILE_CHANNELS,
                       products + k * lanes, (size_t)lanes * sizeof(float));
        }
    }
}

static void pack(nn_winograd kind, const nn_op_call *call, void *packed)
{
    packing p = {
        .l = layout_of_call(kind, call),
        .channels = call->in[X].shape.dim[1],
        .outputs = call->out->shape.dim[1],
        .from = nn_tensor_f32(&call->in[WEIGHT]),
        .to = packed,
    };
    nn_pool_run(call->pool, p.l.panels, 1, pack_panels, &p);
    float *bias = p.to + weight_floats(&p.l);
    memset(bias, 0, (size_t)(p.l.panels * NN_TILE_CHANNELS) * sizeof *bias);
    if (call->n_in > BIAS && call->in[BIAS].data)
        memcpy(bias, call->in[BIAS].data, (size_t)p.outputs * sizeof *bias);
}

// --- run ---

// Tiles side by side.
typedef struct segment {
    int64_t image, y, x, count;
} segment;

static segment segment_at(const layout *l, int64_t tile, int64_t end)
{
    segment s = {tile / l->width / l->height, tile / l->width % l->height, tile % l->width, 0};
    s.count = min(end - tile, l->width - s.x);
    return s;
}

// Tiles [first, end), channel blocks [from, to); the first tile's channels go to `v`.
static void transform(const winograd_run *r, int64_t first, int64_t end, int64_t from, int64_t to,
                      float *v)
{
    const layout *l = &r->l;
    const nn_tensor *x = &r->call->in[X];
    segment s;
    for (int64_t t = first; t < end; t += s.count) {
        s = segment_at(l, t, end);
        const int64_t top = s.y * l->size.out - l->pad[0], left = s.x * l->size.out - l->pad[1];
        nn_winograd_input in = {
            .row = x->row,
            .rows = (int)(x->shape.dim[2] + l->pad[2] - top),
            .columns = (int)(x->shape.dim[3] + l->pad[3] - left),
            .tiles = (int)s.count,
            .tile = l->inputs,
            .product = l->product,
        };
        for (int64_t b = from; b < to; b++) {
            in.from = nn_blocked_at(x, s.image, b, top, left);
            in.to = v + (t - first) * l->inputs + b * NN_BLOCK;
            r->call->kernels->winograd.input[l->kind](&in);
        }
    }
}

// `count` transformed tiles at v, panels [from, to): m[panel][tile][product][16].
static void multiply(const winograd_run *r, const float *v, int64_t count, int64_t from, int64_t to,
                     float *m)
{
    const layout *l = &r->l;
    const float *pixel[BLOCK];
    int32_t place[BLOCK];
    for (int64_t i = 0; i < count; i++) {
        pixel[i] = v + i * l->inputs;
        place[i] = (int32_t)(i * l->products * NN_TILE_CHANNELS);
    }
    for (int64_t k = 0; k < l->products; k++) {
        const int32_t offset = (int32_t)(k * l->product);
        nn_tile t = {.offset = &offset,
                     .blocks = 1,
                     .run = (int)l->inputs,
                     .channels = NN_TILE_CHANNELS,
                     .plane = NN_BLOCK};
        for (int64_t p = from; p < to; p++) {
            const int64_t following = p + 1 < to
                                          ? weight_place(l, p + 1, k)
                                          : weight_place(l, from, min(k + 1, l->products - 1));
            t.weight = r->weight + weight_place(l, p, k);
            t.next = r->weight + following;
            t.out = m + ((p - from) * l->block * l->products + k) * NN_TILE_CHANNELS;
            r->call->kernels->tile.run(&t, (int)count, pixel, place);
        }
    }
}

static void write_segment(const winograd_run *r, const segment *s, const float *m, int64_t channel)
{
    const layout *l = &r->l;
    const nn_tensor *out = r->call->out;
    const nn_tensor *skip =
        r->call->n_in > SKIP && r->call->in[SKIP].data ? &r->call->in[SKIP] : NULL;
    const int64_t y = s->y * l->size.out, x = s->x * l->size.out, block = channel / NN_BLOCK;
    nn_winograd_output o = {
        .from = m,
        .tile = l->products * NN_TILE_CHANNELS,
        .product = NN_TILE_CHANNELS,
        .tiles = (int)s->count,
        .bias = r->bias + channel,
        .skip = skip ? nn_blocked_at(skip, s->image, block, y, x) : NULL,
        .skip_row = skip ? skip->row : 0,
        .relu = r->act == NN_ACT_RELU,
        .to = nn_blocked_at(out, s->image, block, y, x),
        .row = out->row,
        .rows = (int)min(out->shape.dim[2] - y, l->size.out),
        .columns = (int)min(out->shape.dim[3] - x, s->count * l->size.out),
    };
    r->call->kernels->winograd.output[l->kind](&o);
    if (r->act == NN_ACT_NONE || r->act == NN_ACT_RELU)
        return;
    for (int i = 0; i < o.rows; i++)
        r->call->kernels->eltwise.act[r->act](o.to + i * o.row, o.to + i * o.row,
                                              (int64_t)o.columns * NN_BLOCK);
}

static void multiply_block(const winograd_run *r, const float *v, int64_t first, int64_t end,
                           int64_t from, int64_t to, float *m)
{
    const layout *l = &r->l;
    const int64_t channels = nn_blocked_count(r->call->out->shape.dim[1]) * NN_BLOCK;
    segment s;
    multiply(r, v, end - first, from, to, m);
    for (int64_t p = from; p < to; p++)
        for (int64_t half = 0; half < NN_TILE_CHANNELS; half += NN_BLOCK)
            for (int64_t t = first; t < end && p * NN_TILE_CHANNELS + half < channels;
                 t += s.count) {
                s = segment_at(l, t, end);
                write_segment(
                    r, &s,
                    m + ((p - from) * l->block + t - first) * l->products * NN_TILE_CHANNELS + half,
                    p * NN_TILE_CHANNELS + half);
            }
}

// Index: block of tiles, with scratch of the thread's own.
static void run_blocks(void *ctx, int64_t begin, int64_t end, int worker)
{
    const winograd_run *r = ctx;
    const layout *l = &r->l;
    float *v = r->scratch + worker * (l->transformed + l->multiplied), *m = v + l->transformed;
    for (int64_t b = begin; b < end; b++) {
        const int64_t first = b * l->block, last = min(first + l->block, l->tiles);
        transform(r, first, last, 0, l->inputs / NN_BLOCK, v);
        for (int64_t p = 0; p < l->panels; p += l->group)
            multiply_block(r, v, first, last, p, min(p + l->group, l->panels), m);
    }
}

// Index: block of channels of the strip.
static void transform_strip(void *ctx, int64_t begin, int64_t end, int worker)
{
    (void)worker;
    const winograd_run *r = ctx;
    transform(r, r->first, min(r->first + r->l.strip, r->l.tiles), begin, end, r->strip);
}

// Index: group of panels, block of tiles: threads that work on the same weights fetch them once.
static void multiply_strip(void *ctx, int64_t begin, int64_t end, int worker)
{
    const winograd_run *r = ctx;
    const layout *l = &r->l;
    const int64_t last = min(r->first + l->strip, l->tiles);
    const int64_t blocks = divide_up(last - r->first, l->block);
    float *m = r->scratch + l->transformed + worker * l->multiplied;
    for (int64_t i = begin; i < end; i++) {
        const int64_t first = r->first + i % blocks * l->block, p = i / blocks * l->group;
        multiply_block(r, r->strip + (first - r->first) * l->inputs, first,
                       min(first + l->block, last), p, min(p + l->group, l->panels), m);
    }
}

static void run(nn_winograd kind, const nn_op_call *call)
{
    winograd_run r = {
        .call = call,
        .l = layout_of_call(kind, call),
        .weight = call->packed,
        .scratch = call->scratch,
        .strip = call->scratch,
        .act = (nn_act)((const nn_conv2d_params *)call->params)->act,
    };
    const layout *l = &r.l;
    r.bias = r.weight + weight_floats(l);
    if (!l->shared) {
        nn_pool_run(call->pool, divide_up(l->tiles, l->block), 1, run_blocks, &r);
        return;
    }
    for (r.first = 0; r.first < l->tiles; r.first += l->strip) {
        const int64_t count = min(l->strip, l->tiles - r.first);
        nn_pool_run(call->pool, l->inputs / NN_BLOCK, 1, transform_strip, &r);
        nn_pool_run(call->pool, divide_up(count, l->block) * divide_up(l->panels, l->group), 1,
                    multiply_strip, &r);
    }
}

// --- the ways ---

static size_t scratch_bytes(nn_winograd kind, const nn_op_case *c)
{
    int64_t most = 0; // a pool may turn out smaller
    for (int threads = 1; threads <= c->threads; threads++) {
        layout l = find_layout(kind, c->params, &c->in[X], c->out, threads);
        int64_t floats = l.shared ? l.transformed + threads * l.multiplied
                                  : threads * (l.transformed + l.multiplied);
        most = floats > most ? floats : most;
    }
    return (size_t)most * sizeof(float);
}

static bool fits(nn_winograd kind, const nn_op_case *c)
{
    const nn_conv2d_params *p = c->params;
    const int64_t kernel = nn_winograd_sizes(kind).kernel;
    return !c->exact && p->stride[0] == 1 && p->stride[1] == 1 && p->dilation[0] == 1 &&
           p->dilation[1] == 1 && p->groups == 1 && c->in[WEIGHT].dim[2] == kernel &&
           c->in[WEIGHT].dim[3] == kernel && c->constant >> WEIGHT & 1 &&
           (c->n_in <= BIAS || c->in[BIAS].rank < 0 || c->constant >> BIAS & 1);
}

// Products while weights arrive, whichever takes longer, and some of the weights on top; the
// transforms, bound by stores and the second-level cache. For two threads, whatever their number,
// so that it does not choose which sums are made: each has less of the memory's speed, and about a
// tile's time to wait for the other. Fitted to a core at 3.7 GHz.
static double estimate(const layout *l, const nn_op_case *c)
{
    enum { THREADS = 2 };
    const double memory = 17e9, late = 0.25;
    const double transform = c->kernels->tile.pixels > 1 ? 0.3e-9 : 15e-9;
    const double outputs = (double)(l->panels * NN_TILE_CHANNELS);
    const double tiles = (double)(l->tiles + THREADS);
    const double multiply =
        nn_conv_cost(c, tiles * (double)(l->products * l->inputs) * outputs, 0.0);
    const double arrive = (double)weight_floats(l) * sizeof(float) / memory;
    return (multiply > arrive ? multiply : arrive) + late * arrive +
           (double)(l->tiles * l->products) * ((double)l->inputs + outputs) * transform;
}

static bool find_way(nn_winograd kind, const nn_op_case *c, nn_op_way *way)
{
    if (!fits(kind, c))
        return false;
    layout l = find_layout(kind, c->params, &c->in[X], c->out, c->threads);
    const bool skip = c->n_in > SKIP && c->in[SKIP].rank >= 0;
    way->blocked_in = 1 << X | (skip ? 1 << SKIP : 0);
    way->blocked_out = true;
    way->halo = (nn_halo){l.pad[0], l.pad[1], l.pad[2], l.pad[3]};
    way->unread = c->constant & (1 << WEIGHT | 1 << BIAS);
    way->packed_bytes = (size_t)(weight_floats(&l) + l.panels * NN_TILE_CHANNELS) * sizeof(float);
    way->scratch_bytes = scratch_bytes(kind, c);
    way->cost = estimate(&l, c);
    return true;
}

#define WAY(suffix, kind, label)                                                                   \
    static void pack_##suffix(const nn_op_call *call, void *packed)                                \
    {                                                                                              \
        pack(kind, call, packed);                                                                  \
    }                                                                                              \
    static void run_##suffix(const nn_op_call *call)                                               \
    {                                                                                              \
        run(kind, call);                                                                           \
    }                                                                                              \
    bool nn_conv_find_winograd_##suffix(const nn_op_case *c, nn_op_way *way)                       \
    {                                                                                              \
        way->name = label;                                                                         \
        way->pack = pack_##suffix;                                                                 \
        way->run = run_##suffix;                                                                   \
        return find_way(kind, c, way);                                                             \
    }
WAY(2, NN_WINOGRAD_2, "winograd2")
WAY(4, NN_WINOGRAD_4, "winograd4")
WAY(6, NN_WINOGRAD_6, "winograd6")
WAY(2_5, NN_WINOGRAD_2_5, "winograd2_5x5")
