// SPDX-License-Identifier: MIT
// Runs Winograd's convolution: tiles are transformed, each of their products is summed over the
// input channels, and the sums are transformed back.
#include "nn/ops/conv/conv2d_winograd_run.h"
#include "nn/base/arith.h"
#include "nn/ops/conv/conv2d_winograd_layout.h"

enum { X, SKIP = 3 };

typedef struct winograd_run {
    const nn_op_call *call;
    nn_winograd_layout l;
    const char *weight; // packed
    bool half;          // to float16
    const float *bias;  // [panel][16]
    int32_t *offset;    // of channel blocks, from a sum's first product: find_offsets
    float *scratch;
    float *strip;  // shared: its transformed tiles
    int64_t first; // shared: its first tile
    nn_act act;
} winograd_run;

// Tiles side by side, and the position of the first one in its image, in pixels of the output.
typedef struct segment {
    int64_t image, y, x, count;
} segment;

static segment segment_at(const nn_winograd_layout *l, int64_t tile, int64_t end)
{
    const int64_t x = tile % l->width, row = tile / l->width, y = row % l->height;
    const int64_t image = row / l->height, phase = image % (l->phases[0] * l->phases[1]);
    return (segment){
        .image = image / (l->phases[0] * l->phases[1]),
        .y = y * l->size.out[0] * l->phases[0] + phase / l->phases[1],
        .x = x * l->size.out[1] * l->phases[1] + phase % l->phases[1],
        .count = nn_min(end - tile, l->width - x),
    };
}

// Transforms tiles [first, end) of channel blocks [from, to). The products of the first tile go to
// `v`.
static void transform(const winograd_run *r, int64_t first, int64_t end, int64_t from, int64_t to,
                      float *v)
{
    const nn_winograd_layout *l = &r->l;
    const nn_tensor *x = &r->call->in[X];
    segment s;
    for (int64_t t = first; t < end; t += s.count) {
        s = segment_at(l, t, end);
        const int64_t top = s.y * l->size.stride - l->pad[0],
                      left = s.x * l->size.stride - l->pad[1];
        nn_winograd_input in = {
            .row = x->row * l->phases[0],
            .pixel = NN_BLOCK * l->phases[1],
            .rows = (int)nn_divide_up(x->shape.dim[2] + l->pad[2] - top, l->phases[0]),
            .columns = (int)nn_divide_up(x->shape.dim[3] + l->pad[3] - left, l->phases[1]),
            .tiles = (int)s.count,
            .tile = NN_BLOCK,
            .product = l->product,
        };
        for (int64_t b = from; b < to; b++) {
            in.from = nn_blocked_at(x, s.image, b, top, left);
            in.to = v + (b * l->strip + t - first) * NN_BLOCK;
            r->call->kernels->winograd.input[l->kind](&in);
        }
    }
}

// The list of offsets of sums with so many products down and across.
static int32_t *find_list(const winograd_run *r, int64_t down, int64_t across)
{
    const int64_t lists_before = (down - 1) * 3 + (across - 1) * down; // in products
    return r->offset + lists_before * r->l.inputs / NN_BLOCK;
}

static void fill_list(const winograd_run *r, int64_t down, int64_t across)
{
    const nn_winograd_layout *l = &r->l;
    int32_t *to = find_list(r, down, across);
    for (int64_t i = 0; i < down; i++)
        for (int64_t j = 0; j < across; j++)
            for (int64_t b = 0; b < l->inputs / NN_BLOCK; b++)
                *to++ = (int32_t)((i * l->size.sums[0] * l->size.side[1] + j * l->size.sums[1]) *
                                      l->product +
                                  b * l->strip * NN_BLOCK);
}

static void fill_offsets(const winograd_run *r)
{
    const int64_t most = r->l.size.stride; // products of a sum, on an axis
    for (int64_t down = 1; down <= most; down++)
        for (int64_t across = 1; across <= most; across++)
            fill_list(r, down, across);
}

// Multiplies `count` transformed tiles at v with panels [from, to): m[panel][tile][sum][16].
static void multiply(const winograd_run *r, const float *v, int64_t count, int64_t from, int64_t to,
                     float *m)
{
    const nn_winograd_layout *l = &r->l;
    const int64_t group = l->inputs * l->strip; // floats
    const int64_t size = r->half ? sizeof(uint16_t) : sizeof(float);
    const nn_microkernels *kernel = &r->call->kernels->microkernel;
    const int64_t at_once = nn_microkernel_panels(kernel);
    const float *pixel[NN_WINOGRAD_BLOCK];
    int32_t place[NN_WINOGRAD_BLOCK];
    for (int64_t i = 0; i < count; i++)
        place[i] = (int32_t)(i * l->made);
    for (int64_t k = 0; k < l->sums; k++) {
        const nn_winograd_terms terms = nn_winograd_find_terms(l, k);
        const int64_t product = terms.row * l->size.side[1] + terms.column;
        const nn_microkernel_args t = {
            .offset = find_list(r, terms.count[0], terms.count[1]),
            .blocks = (int)(terms.count[0] * terms.count[1] * l->inputs / NN_BLOCK),
            .run = NN_BLOCK,
            .half = r->half,
            .next_half = r->half,
            .channels = NN_PANEL_CHANNELS,
            .plane = NN_BLOCK};
        for (int64_t p = from, n; p < to; p += n) {
            const int64_t same = l->panels_of_group - p % l->panels_of_group;
            n = nn_min(nn_min(at_once, same), to - p);
            const float *first = v + product * l->product + p / l->panels_of_group * group;
            for (int64_t i = 0; i < count; i++)
                pixel[i] = first + i * NN_BLOCK;
            nn_microkernel_args run[2] = {t, t};
            for (int64_t i = 0; i < n; i++) {
                const int64_t following =
                    p + n + i < to
                        ? nn_winograd_weight_place(l, p + n + i, k)
                        : nn_winograd_weight_place(l, from + i, nn_min(k + 1, l->sums - 1));
                run[i].weight = r->weight + nn_winograd_weight_place(l, p + i, k) * size;
                run[i].next = r->weight + following * size;
                run[i].out = m + (p + i - from) * l->block * l->made + k * NN_PANEL_CHANNELS;
            }
            nn_microkernel_run_panels(kernel, run, (int)n, (int)count, pixel, place);
        }
    }
}

// Applies an activation that the transform of the output lacks, to whole rows or pixel by pixel.
static void activate(const winograd_run *r, const nn_winograd_output *o)
{
    const bool together = o->pixel == NN_BLOCK;
    const int steps = together ? o->columns > 0 : o->columns;
    const int64_t n = together ? (int64_t)o->columns * NN_BLOCK : NN_BLOCK;
    for (int i = 0; i < o->rows * o->channels / NN_BLOCK; i++)
        for (int j = 0; j < steps; j++) {
            float *y = o->to + i / o->rows * o->plane + i % o->rows * o->row + j * o->pixel;
            r->call->kernels->eltwise.act[r->act](y, y, n);
        }
}

// Writes `count` channels, 8 or 16.
static void write_segment(const winograd_run *r, const segment *s, const float *m, int64_t channel,
                          int64_t count)
{
    const nn_winograd_layout *l = &r->l;
    const nn_tensor *out = r->call->out;
    const nn_tensor *skip =
        r->call->n_in > SKIP && r->call->in[SKIP].data ? &r->call->in[SKIP] : NULL;
    const int64_t block = channel / NN_BLOCK;
    const int64_t rows = nn_divide_up(out->shape.dim[2] - s->y, l->phases[0]);
    const int64_t columns = nn_divide_up(out->shape.dim[3] - s->x, l->phases[1]);
    if (rows <= 0 || columns <= 0) // a phase smaller than others
        return;
    nn_winograd_output o = {
        .channels = (int)count,
        .from = m,
        .tile = l->made,
        .product = NN_PANEL_CHANNELS,
        .tiles = (int)s->count,
        .bias = r->bias + channel,
        .skip = skip ? nn_blocked_at(skip, s->image, block, s->y, s->x) : NULL,
        .skip_row = skip ? skip->row * l->phases[0] : 0,
        .skip_plane = skip ? skip->plane : 0,
        .relu = r->act == NN_ACT_RELU,
        .to = nn_blocked_at(out, s->image, block, s->y, s->x),
        .row = out->row * l->phases[0],
        .pixel = NN_BLOCK * l->phases[1],
        .plane = out->plane,
        .rows = (int)nn_min(rows, l->size.out[0]),
        .columns = (int)nn_min(columns, s->count * l->size.out[1]),
    };
    r->call->kernels->winograd.output[l->kind](&o);
    if (r->act != NN_ACT_NONE && r->act != NN_ACT_RELU)
        activate(r, &o);
}

static void multiply_block(const winograd_run *r, const float *v, int64_t first, int64_t end,
                           int64_t from, int64_t to, float *m)
{
    const nn_winograd_layout *l = &r->l;
    const int64_t channels = nn_blocked_count(r->call->out->shape.dim[1]) * NN_BLOCK;
    segment s;
    multiply(r, v, end - first, from, to, m);
    for (int64_t p = from; p < to; p++)
        for (int64_t t = first; t < end; t += s.count) {
            s = segment_at(l, t, end);
            write_segment(r, &s, m + ((p - from) * l->block + t - first) * l->made,
                          p * NN_PANEL_CHANNELS,
                          nn_min(channels - p * NN_PANEL_CHANNELS, NN_PANEL_CHANNELS));
        }
}

// Index: block of tiles, with scratch of the thread's own.
static void run_blocks(void *ctx, int64_t begin, int64_t end, int worker)
{
    const winograd_run *r = ctx;
    const nn_winograd_layout *l = &r->l;
    float *v = r->scratch + worker * (l->transformed + l->multiplied), *m = v + l->transformed;
    for (int64_t b = begin; b < end; b++) {
        const int64_t first = b * l->block, last = nn_min(first + l->block, l->tiles);
        transform(r, first, last, 0, l->channels / NN_BLOCK, v);
        for (int64_t p = 0; p < l->panels; p += l->group)
            multiply_block(r, v, first, last, p, nn_min(p + l->group, l->panels), m);
    }
}

// Index: block of channels of the strip.
static void transform_strip(void *ctx, int64_t begin, int64_t end, int worker)
{
    (void)worker;
    const winograd_run *r = ctx;
    transform(r, r->first, nn_min(r->first + r->l.strip, r->l.tiles), begin, end, r->strip);
}

// Index: group of panels, block of tiles: threads that work on the same weights fetch them once.
static void multiply_strip(void *ctx, int64_t begin, int64_t end, int worker)
{
    const winograd_run *r = ctx;
    const nn_winograd_layout *l = &r->l;
    const int64_t last = nn_min(r->first + l->strip, l->tiles);
    const int64_t blocks = nn_divide_up(last - r->first, l->block);
    float *m = r->scratch + l->transformed + worker * l->multiplied;
    for (int64_t i = begin; i < end; i++) {
        const int64_t first = r->first + i % blocks * l->block, p = i / blocks * l->group;
        multiply_block(r, r->strip + (first - r->first) * NN_BLOCK, first,
                       nn_min(first + l->block, last), p, nn_min(p + l->group, l->panels), m);
    }
}

void nn_winograd_run(nn_winograd kind, bool half, const nn_op_call *call)
{
    winograd_run r = {
        .call = call,
        .l = nn_winograd_call_layout(kind, call),
        .weight = call->packed,
        .half = half,
        .offset = call->scratch,
        .act = (nn_act)((const nn_conv2d_params *)call->params)->act,
    };
    const nn_winograd_layout *l = &r.l;
    r.bias = (const float *)(r.weight + nn_winograd_weight_floats(l) *
                                            (int64_t)(half ? sizeof(uint16_t) : sizeof(float)));
    r.scratch = r.strip = (float *)call->scratch + l->offsets;
    fill_offsets(&r);
    if (!l->shared) {
        nn_pool_run(call->pool, nn_divide_up(l->tiles, l->block), 1, run_blocks, &r);
        return;
    }
    for (r.first = 0; r.first < l->tiles; r.first += l->strip) {
        const int64_t count = nn_min(l->strip, l->tiles - r.first);
        nn_pool_run(call->pool, l->channels / NN_BLOCK, 1, transform_strip, &r);
        nn_pool_run(call->pool, nn_divide_up(count, l->block) * nn_divide_up(l->panels, l->group),
                    1, multiply_strip, &r);
    }
}
