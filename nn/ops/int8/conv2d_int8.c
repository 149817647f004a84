// SPDX-License-Identifier: MIT
// Convolution of quantised images, direct: each output pixel is one sum of products of bytes over
// the stretches of channels that its kernel covers.
//
// A task is some rows of an image times some panels of sixteen output channels. As many panels at a
// time as the kernels like go over the rows, so that their weights and the rows stay in the
// second-level cache. An image of few channels that is still float32 is quantised by each task for
// itself, pixels side by side: the depth of a kernel row is then one stretch, and no lane is empty.
#include "nn/base/arith.h"
#include "nn/base/memory.h"
#include "nn/ops/conv/conv2d_layout.h"
#include "nn/ops/conv/conv2d_pixel_block.h"
#include "nn/ops/int8/int8.h"

#include <math.h>
#include <string.h>

enum { X, WEIGHT, BIAS, SKIP };
enum { LANES = NN_INT8_BLOCK, QUAD = 4 * LANES };

_Static_assert(LANES == (int)NN_BYTE_BLOCK, "kernels and tensors have the same blocks");

// All that follows from parameters and shapes.
typedef struct int8_conv {
    nn_conv_layout l;
    bool depthwise;
    bool close;            // x is float32: tasks quantise what they read, pixels side by side
    int in_blocks, panels; // of a group; of a depthwise convolution, of all channels
    int quads, stretches;  // of a panel's depth (kernels/int8conv.h)
    int64_t depth_quads;   // quads * stretches
    int64_t channels;      // output channels of all panels of all groups, padded
} int8_conv;

// Stretches are as long as channels allow, so that no lanes behind the last channel are multiplied.
static int find_quads(int64_t channels)
{
    const int64_t quads = nn_divide_up(channels, 4);
    return quads < 4 ? (int)quads : quads % 4 == 0 ? 4 : quads % 2 == 0 ? 2 : 1;
}

static int8_conv find_conv(const void *params, const nn_shape *x, const nn_shape *weight,
                           const nn_shape *out, bool close)
{
    const nn_shape in[2] = {*x, *weight};
    int8_conv c = {.l = nn_conv_find_layout(params, in, out)};
    const nn_conv_geometry *w = &c.l.geometry;
    c.depthwise = c.l.method == NN_CONV_DEPTHWISE && c.l.m == 1;
    const int64_t channels = c.depthwise ? c.l.groups : w->channels;
    const int64_t outputs = c.depthwise ? c.l.groups : c.l.m;
    c.in_blocks = (int)nn_byte_blocked_count(channels);
    c.panels = (int)nn_byte_blocked_count(outputs);
    c.close = close;
    c.quads = close ? (int)nn_divide_up(channels * w->kernel_w, 4) : find_quads(channels);
    c.stretches = close ? w->kernel_h
                        : (int)(nn_divide_up(channels, 4) / c.quads) * w->kernel_h * w->kernel_w;
    c.depth_quads = (int64_t)c.quads * c.stretches;
    c.channels = (int64_t)c.panels * LANES * (c.depthwise ? 1 : c.l.groups);
    return c;
}

static int8_conv find_call(const nn_op_call *call)
{
    return find_conv(call->params, &call->in[X].shape, &call->in[WEIGHT].shape, &call->out->shape,
                     call->in[X].dtype == NN_F32);
}

static const nn_int8_conv_kernels *kernels_of(const nn_op_call *call)
{
    return nn_int8_kernels_for(call->kernels, &call->quantized[WEIGHT]);
}

static const nn_op_quantized *quantized_out(const nn_op_call *call)
{
    return &call->quantized[call->n_in];
}

// --- packed constants ---

typedef struct packed_parts {
    nn_int8_curve *curve;
    int32_t *start;
    float *scale, *shift;
    char *weight;
} packed_parts;

static size_t weight_bytes(const int8_conv *c, const nn_int8_conv_kernels *k)
{
    const nn_conv_geometry *w = &c->l.geometry;
    const int64_t of_channel =
        c->depthwise ? w->kernel_h * w->kernel_w : c->depth_quads * 4 * k->weight_bytes;
    return nn_align_up((size_t)(c->channels * of_channel));
}

// Finds the parts of `packed`; returns how many bytes they take.
static size_t find_parts(const int8_conv *c, const nn_int8_conv_kernels *k, const void *packed,
                         packed_parts *parts)
{
    char *at = (char *)packed;
    const size_t row = nn_align_up((size_t)c->channels * sizeof(float));
    const size_t curve = nn_align_up(sizeof(nn_int8_curve));
    if (parts)
        *parts = (packed_parts){(nn_int8_curve *)at, (int32_t *)(at + curve),
                                (float *)(at + curve + row), (float *)(at + curve + 2 * row),
                                at + curve + 3 * row};
    const size_t panel = c->depthwise ? 0 : nn_align_up((size_t)c->depth_quads * QUAD);
    return curve + 3 * row + weight_bytes(c, k) + panel; // one to pack from
}

// The whole number of output channel `o`, input channel `i` of its group, tap `t`.
static int8_t weight_at(const nn_op_call *call, int64_t o, int64_t i, int64_t t)
{
    const nn_shape *s = &call->in[WEIGHT].shape;
    const int64_t taps = s->dim[2] * s->dim[3];
    return (int8_t)nn_tensor_f32(&call->in[WEIGHT])[(o * s->dim[1] + i) * taps + t];
}

// Output channel `o` (of all groups) lies at this place among those that are padded.
static int64_t place_of(const int8_conv *c, int64_t o)
{
    return c->depthwise ? o : o / c->l.m * c->panels * LANES + o % c->l.m;
}

static nn_int8_layer find_layer(const nn_op_call *call)
{
    const nn_op_quantized *q = call->quantized;
    const bool skip = call->n_in > SKIP && call->in[SKIP].shape.rank >= 0;
    return (nn_int8_layer){.x = &q[X],
                           .weight = &q[WEIGHT],
                           .skip = skip ? &q[SKIP] : NULL,
                           .out = quantized_out(call),
                           .act = (nn_act)((const nn_conv2d_params *)call->params)->act,
                           .bias = call->n_in > BIAS ? nn_tensor_f32(&call->in[BIAS]) : NULL};
}

static void pack_channels(const nn_op_call *call, const int8_conv *c, packed_parts *p)
{
    const nn_int8_layer layer = find_layer(call);
    const int64_t centre = c->depthwise ? 0 : kernels_of(call)->centre;
    const nn_shape *s = &call->in[WEIGHT].shape;
    for (int64_t o = 0; o < s->dim[0]; o++) {
        const int64_t at = place_of(c, o);
        int64_t sum = 0;
        for (int64_t i = 0; i < s->dim[1]; i++)
            for (int64_t t = 0; t < s->dim[2] * s->dim[3]; t++)
                sum += weight_at(call, o, i, t);
        const nn_int8_channel channel = nn_int8_find_channel(&layer, o, sum);
        p->start[at] = (int32_t)(channel.start + sum * centre);
        p->scale[at] = channel.scale;
        p->shift[at] = channel.shift;
    }
    nn_int8_make_curve(p->curve, layer.act, nn_int8_unit(layer.out), 0);
}

// One panel: [quad][16 outputs][4 inputs], quads in the order of find_offsets.
static void fill_panel(const nn_op_call *call, const int8_conv *c, int64_t group, int64_t panel,
                       int8_t *to)
{
    const nn_shape *s = &call->in[WEIGHT].shape;
    const int64_t taps = s->dim[2] * s->dim[3], width = s->dim[3];
    memset(to, 0, (size_t)c->depth_quads * QUAD);
    for (int64_t m = panel * LANES; m < nn_min((panel + 1) * LANES, c->l.m); m++)
        for (int64_t i = 0; i < s->dim[1]; i++)
            for (int64_t t = 0; t < taps; t++) {
                // of the stretch: its index, and the byte
                const int64_t stretch = c->close ? t / width : i / 4 / c->quads * taps + t;
                const int64_t byte = c->close ? t % width * s->dim[1] + i : i % (4 * c->quads);
                const int64_t quad = stretch * c->quads + byte / 4;
                to[quad * QUAD + m % LANES * 4 + byte % 4] =
                    weight_at(call, group * c->l.m + m, i, t);
            }
}

// A panel is filled at the end of all packed ones, which it does not touch.
static void pack_panels(const nn_op_call *call, const int8_conv *c, const packed_parts *parts)
{
    const nn_int8_conv_kernels *k = kernels_of(call);
    const size_t bytes = (size_t)c->depth_quads * QUAD;
    int8_t *panel = (int8_t *)parts->weight + weight_bytes(c, k);
    for (int64_t i = 0; i < c->l.groups * c->panels; i++) {
        fill_panel(call, c, i / c->panels, i % c->panels, panel);
        k->pack(parts->weight + (size_t)i * bytes * (size_t)k->weight_bytes, panel, c->depth_quads);
    }
    memset(panel, 0, bytes); // equal layers give equal bytes
}

static void pack(const nn_op_call *call, void *packed)
{
    const int8_conv c = find_call(call);
    packed_parts parts;
    memset(packed, 0, find_parts(&c, kernels_of(call), packed, &parts));
    pack_channels(call, &c, &parts);
    if (!c.depthwise) {
        pack_panels(call, &c, &parts);
        return;
    }
    const int taps = c.l.geometry.kernel_h * c.l.geometry.kernel_w;
    for (int64_t o = 0; o < c.l.groups; o++)
        for (int t = 0; t < taps; t++)
            parts.weight[(o / LANES * taps + t) * LANES + o % LANES] =
                (char)weight_at(call, o, 0, t);
}

// --- running ---

typedef struct conv_run {
    const nn_op_call *call;
    int8_conv c;
    packed_parts parts;
    nn_int8_conv t;
    const nn_tensor *skip; // NULL: none
    bool flat;             // rows follow each other without a halo
    int64_t rows, strips;  // output rows of a task; tasks of an image
    int64_t parts_of_panels, panels_of_part;
    uint8_t *close; // close_bytes for each thread
} conv_run;

// --- rows of float32 ---

static int64_t pixels_read(const nn_conv_geometry *w)
{
    return (int64_t)(w->out_w - 1) * w->stride_w + w->kernel_w;
}

// Bytes from a row of close pixels to the next; kernels read a few behind the last one.
static int64_t close_row(const int8_conv *c)
{
    const nn_conv_geometry *w = &c->l.geometry;
    return nn_divide_up(pixels_read(w) * w->channels + 4, LANES) * LANES;
}

// Input rows that `rows` output rows read.
static int64_t read_rows(const nn_conv_geometry *w, int64_t rows)
{
    return (rows - 1) * w->stride_h + (int64_t)w->dilation_h * (w->kernel_h - 1) + 1;
}

static int64_t wanted_tasks(int threads)
{
    enum { TASKS = 4 };
    return threads > 1 ? threads * TASKS : 1;
}

// Output rows of a task; more threads never get longer tasks.
static int64_t find_rows(const int8_conv *c, int threads)
{
    enum { STRIP = 256 * 1024, FEWEST_PIXELS = 56 };
    const nn_conv_geometry *w = &c->l.geometry;
    const int64_t row =
        w->stride_h * (c->close ? close_row(c) : (int64_t)c->in_blocks * w->in_w * LANES);
    const int64_t want = wanted_tasks(threads), units = c->l.images * c->l.groups;
    const int64_t least = nn_divide_up(FEWEST_PIXELS, w->out_w);
    int64_t rows = nn_min(nn_max(STRIP / nn_max(row, 1), least), (int64_t)w->out_h);
    const bool heavy = c->depth_quads * 4 * c->panels * LANES > row * w->out_h;
    if (!heavy && units * nn_divide_up(w->out_h, rows) < want)
        rows = nn_max(least, nn_divide_up((int64_t)w->out_h * units, want));
    rows = nn_min(rows, (int64_t)w->out_h);
    return nn_divide_up(w->out_h, nn_divide_up(w->out_h, rows));
}

static size_t close_bytes(const int8_conv *c)
{
    return nn_align_up((size_t)(read_rows(&c->l.geometry, find_rows(c, 1)) * close_row(c)));
}

// Quantises what the output rows begin .. end - 1 read, padding included.
static void quantise_rows(const conv_run *r, int64_t image, int64_t begin, int64_t end, uint8_t *to)
{
    const nn_conv_geometry *w = &r->c.l.geometry;
    const nn_op_quantized *q = &r->call->quantized[X];
    const int64_t row = close_row(&r->c), plane = (int64_t)w->in_h * w->in_w;
    const int64_t first = begin * w->stride_h - w->pad_top, rows = read_rows(w, end - begin);
    const int64_t used = nn_min(pixels_read(w) - w->pad_left, (int64_t)w->in_w);
    const float *x = nn_tensor_f32(&r->call->in[X]) + image * w->channels * plane;
    memset(to, (int)q->zero, (size_t)(rows * row));
    for (int64_t y = nn_max(first, 0); y < nn_min(first + rows, (int64_t)w->in_h); y++)
        r->call->kernels->int8rows.quantise_close(
            to + (y - first) * row + (int64_t)w->pad_left * w->channels, x + y * w->in_w, plane,
            w->channels, *q->scale, q->zero, used);
}

static nn_int8_requant find_requant(const nn_op_call *call, const packed_parts *p)
{
    const nn_int8_layer layer = find_layer(call);
    nn_int8_requant r = nn_int8_find_requant(&layer);
    r.scale = p->scale;
    r.shift = p->shift;
    r.curve = nn_int8_needs_curve(layer.act) ? p->curve : NULL;
    return r;
}

static size_t offset_bytes(const int8_conv *c)
{
    return nn_align_up((size_t)c->stretches * sizeof(int32_t));
}

static void find_offsets(const int8_conv *c, const nn_tensor *x, int32_t *to)
{
    const nn_conv_geometry *w = &c->l.geometry;
    const int taps = w->kernel_h * w->kernel_w;
    for (int s = 0; s < c->stretches && c->close; s++)
        to[s] = (int32_t)(s * w->dilation_h * close_row(c));
    for (int s = 0; s < c->stretches && !c->close; s++) {
        const int64_t byte = (int64_t)(s / taps) * c->quads * 4, tap = s % taps;
        to[s] = (int32_t)(byte / LANES * x->plane + byte % LANES +
                          tap / w->kernel_w * w->dilation_h * x->row +
                          tap % w->kernel_w * w->dilation_w * LANES);
    }
}

// Rows begin .. of an image: the panels of a part, some at a time. `close`: what they read, where
// x is float32.
static void run_rows(const conv_run *r, int64_t image, int64_t group, int64_t part, int64_t begin,
                     int64_t end, const uint8_t *close)
{
    const nn_op_call *call = r->call;
    const int8_conv *c = &r->c;
    const nn_conv_geometry *w = &c->l.geometry;
    const nn_tensor *x = &call->in[X], *out = call->out;
    const int64_t last = nn_min((part + 1) * r->panels_of_part, (int64_t)c->panels);
    const nn_int8_conv_kernels *k = kernels_of(call);
    const int64_t group_panels = k->panels;
    const size_t panel_bytes = (size_t)(c->depth_quads * QUAD * k->weight_bytes);
    for (int64_t panel = part * r->panels_of_part; panel < last; panel += group_panels) {
        const int64_t all = group * c->panels + panel, channel = all * LANES;
        nn_int8_conv t = r->t;
        t.panels = (int)nn_min(group_panels, last - panel);
        t.weight = r->parts.weight + (size_t)all * panel_bytes;
        t.start += channel;
        t.requant.scale += channel;
        t.requant.shift += channel;
        t.channels = (int)(c->l.m - panel * LANES);
        const int64_t at_once = r->flat || k->rows ? end - begin : 1;
        for (int64_t y = begin; y < end; y += at_once) {
            const uint8_t *from =
                c->close ? close + (y - begin) * w->stride_h * close_row(c)
                         : nn_byte_blocked_at(x, image, group * c->in_blocks,
                                              y * w->stride_h - w->pad_top, -(int64_t)w->pad_left);
            const uint8_t *skip = r->skip ? nn_byte_blocked_at(r->skip, image, all, y, 0) : NULL;
            if (r->t.real)
                t.real = nn_blocked_at(out, image, 2 * all, y, 0);
            k->run(&t, from, t.real ? NULL : nn_byte_blocked_at(out, image, all, y, 0), skip,
                   at_once * w->out_w);
        }
    }
}

// Index: image, strip of rows, group, part of the panels.
static void run_tasks(void *ctx, int64_t begin, int64_t end, int worker)
{
    const conv_run *r = ctx;
    const int64_t groups = r->c.l.groups, out_h = r->c.l.geometry.out_h;
    const nn_int8_conv_kernels *k = kernels_of(r->call);
    uint8_t *bytes = r->c.close ? r->close + (size_t)worker * close_bytes(&r->c) : NULL;
    if (k->begin)
        k->begin(&r->t, (r->flat || k->rows ? r->rows : 1) * r->c.l.geometry.out_w);
    for (int64_t i = begin; i < end; i++) {
        const int64_t part = i % r->parts_of_panels, group = i / r->parts_of_panels % groups;
        const int64_t strip = i / r->parts_of_panels / groups;
        const int64_t first = strip % r->strips * r->rows;
        const int64_t last = nn_min(first + r->rows, out_h);
        if (bytes)
            quantise_rows(r, strip / r->strips, first, last, bytes);
        run_rows(r, strip / r->strips, group, part, first, last, bytes);
    }
    if (k->end)
        k->end();
}

// Cuts the work into tasks.
static void cut(conv_run *r)
{
    const int threads = nn_pool_threads(r->call->pool);
    const int64_t want = wanted_tasks(threads), units = r->c.l.images * r->c.l.groups;
    r->rows = find_rows(&r->c, threads);
    r->strips = nn_divide_up(r->c.l.geometry.out_h, r->rows);
    const int64_t at_once = kernels_of(r->call)->panels;
    const int64_t groups = nn_divide_up(r->c.panels, at_once);
    const int64_t parts = nn_min(groups, nn_divide_up(want, units * r->strips));
    r->panels_of_part = nn_divide_up(groups, parts) * at_once;
    r->parts_of_panels = nn_divide_up(r->c.panels, r->panels_of_part);
}

static bool is_flat(const nn_tensor *t)
{
    return t->row == t->shape.dim[3] * (t->dtype == NN_U8 ? NN_BYTE_BLOCK : NN_BLOCK);
}

static void depthwise_rows(void *ctx, int64_t begin, int64_t end, int worker)
{
    const conv_run *r = ctx;
    const nn_conv_geometry *w = &r->c.l.geometry;
    const nn_tensor *x = &r->call->in[X], *out = r->call->out;
    const int taps = w->kernel_h * w->kernel_w;
    (void)worker;
    for (int64_t u = begin; u < end; u++) {
        const nn_int8_row at = nn_int8_row_at(out, u);
        const int64_t channel = at.block * LANES;
        nn_int8_depthwise d = {
            .window = {w->kernel_h, w->kernel_w, w->dilation_h * x->row,
                       (int64_t)w->dilation_w * LANES, (int64_t)w->stride_w * LANES},
            .weight = (const int8_t *)r->parts.weight + at.block * taps * LANES,
            .start = r->t.start + channel,
            .requant = r->t.requant,
        };
        d.requant.scale += channel;
        d.requant.shift += channel;
        r->call->kernels->int8rows.depthwise(
            &d, nn_int8_row_data(out, &at),
            nn_byte_blocked_at(x, at.n, at.block, at.y * w->stride_h - w->pad_top,
                               -(int64_t)w->pad_left),
            r->skip ? nn_int8_row_data(r->skip, &at) : NULL, w->out_w);
    }
}

static void run(const nn_op_call *call)
{
    const nn_tensor *x = &call->in[X], *out = call->out;
    conv_run r = {.call = call, .c = find_call(call)};
    const nn_conv_geometry *w = &r.c.l.geometry;
    int32_t *offset = call->scratch;
    find_parts(&r.c, kernels_of(call), call->packed, &r.parts);
    r.skip = call->n_in > SKIP && call->in[SKIP].data ? &call->in[SKIP] : NULL;
    r.t = (nn_int8_conv){.offset = offset,
                         .stretches = r.c.stretches,
                         .quads = r.c.quads,
                         .in_row =
                             !r.c.close && r.c.quads == 4 && w->dilation_w == 1 ? w->kernel_w : 1,
                         .step = (int64_t)w->stride_w * (r.c.close ? w->channels : LANES),
                         .panels = r.c.panels,
                         .channels = (int)r.c.l.m,
                         .start = r.parts.start,
                         .requant = find_requant(call, &r.parts),
                         .out_plane = out->plane,
                         .skip_plane = r.skip ? r.skip->plane : 0};
    if (r.c.depthwise) {
        nn_int8_run_rows(call->pool, out, 2 * w->kernel_h * w->kernel_w, depthwise_rows, &r);
        return;
    }
    if (!quantized_out(call)->scale) {
        r.t.real = out->data;
        r.t.real_plane = out->plane;
    }
    r.flat = w->kernel_h == 1 && w->kernel_w == 1 && w->stride_h == 1 && w->stride_w == 1 &&
             is_flat(x) && is_flat(out) && (!r.skip || is_flat(r.skip));
    if (!r.flat && kernels_of(call)->rows) {
        r.t.row = w->out_w;
        r.t.x_row = w->stride_h * (r.c.close ? close_row(&r.c) : x->row);
        r.t.out_row = r.t.real_row = out->row;
        r.t.skip_row = r.skip ? r.skip->row : 0;
    }
    find_offsets(&r.c, x, offset);
    r.close = (uint8_t *)call->scratch + offset_bytes(&r.c);
    cut(&r);
    nn_pool_run(call->pool, r.c.l.images * r.strips * r.c.l.groups * r.parts_of_panels, 1,
                run_tasks, &r);
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

static bool inputs_suit(const nn_op_problem *p)
{
    const bool bias = p->n_in > BIAS && p->in[BIAS].rank >= 0;
    const bool skip = p->n_in > SKIP && p->in[SKIP].rank >= 0;
    const nn_shape *w = &p->in[WEIGHT];
    if (p->unquantized >> X & 1 &&
        (p->in[X].rank != 4 || w->rank != 4 || w->dim[1] > 4 || w->dim[1] != p->in[X].dim[1] ||
         w->dim[3] < 2 || ((const nn_conv2d_params *)p->params)->dilation[1] != 1))
        return false;
    return p->in[X].rank == 4 && p->quantized[X].scales == 1 && p->quantized[WEIGHT].scale &&
           p->quantized[WEIGHT].zero == 0 && p->constant >> WEIGHT & 1 &&
           (!bias || (p->constant >> BIAS & 1 && !p->quantized[BIAS].scale)) &&
           (!skip || p->quantized[SKIP].scales == 1) && nn_conv_offsets_fit(&p->in[X]) &&
           nn_conv_offsets_fit(p->out);
}

// Seconds on one core, beside those of nn_conv_cost.
static double estimate(const nn_op_problem *problem, const int8_conv *c)
{
    const nn_int8_conv_kernels *k =
        nn_int8_kernels_for(problem->kernels, &problem->quantized[WEIGHT]);
    const nn_conv_geometry *w = &c->l.geometry;
    const double unknown = 250, short_stretch = 1.6, tap = 0.03, dense = 0.18; // ns
    const double speed = k->speed > 0 ? k->speed : unknown;
    const double sums = (double)(c->l.images * c->l.pixels * c->channels);
    const bool curve =
        nn_int8_needs_curve((nn_act)((const nn_conv2d_params *)problem->params)->act);
    double each = curve ? k->follow : k->finish;
    if (c->depthwise)
        each = fmax(each, k->pixels > 1 ? dense : 10) +
               tap * (k->pixels > 1 ? 1 : 40) * w->kernel_h * w->kernel_w;
    else
        each +=
            4 * (double)c->depth_quads / speed * (c->quads % 4 && !c->close ? short_stretch : 1);
    return 1e-9 * sums * each + nn_conv_cost(problem, 0, (double)weight_bytes(c, k));
}

bool nn_int8_conv2d(const nn_op_problem *problem, nn_op_impl *impl)
{
    if (!inputs_suit(problem) || problem->act != NN_ACT_NONE)
        return false;
    const bool skip = problem->n_in > SKIP && problem->in[SKIP].rank >= 0;
    const int8_conv c = find_conv(problem->params, &problem->in[X], &problem->in[WEIGHT],
                                  problem->out, problem->unquantized >> X & 1);
    const bool bytes = problem->quantized[problem->n_in].scale != NULL;
    const nn_halo halo = find_halo(&c.l.geometry);
    const nn_int8_conv_kernels *k =
        nn_int8_kernels_for(problem->kernels, &problem->quantized[WEIGHT]);
    if (c.l.pixels < 1 || c.l.images < 1 || c.stretches < 1 || !nn_conv_halo_fits(&halo))
        return false;
    if (c.l.groups > 1 &&
        (!bytes || (!c.depthwise && (c.l.geometry.channels % LANES || c.l.m % LANES))))
        return false;
    // Every sum stays within 32 bits.
    if (c.depth_quads * 4 > INT32_MAX / (255 * 128) / 2)
        return false;
    *impl = (nn_op_impl){
        .name = c.depthwise                        ? "int8_depthwise"
                : k == &problem->kernels->int8conv ? "int8_direct"
                                                   : "int8_direct_small",
        .blocked_in = (c.close ? 0 : 1 << X) | (skip ? 1 << SKIP : 0),
        .blocked_out = true,
        .halo = c.close ? (nn_halo){0} : halo,
        .unread = 1 << WEIGHT | 1 << BIAS,
        .packed_bytes = find_parts(&c, k, NULL, NULL),
        .scratch_bytes =
            offset_bytes(&c) + (c.close ? (size_t)problem->threads * close_bytes(&c) : 0),
        .cost = estimate(problem, &c),
        .pack = pack,
        .run = run,
    };
    return true;
}
