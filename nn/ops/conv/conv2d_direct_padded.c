// SPDX-License-Identifier: MIT
// Direct convolution of padded copies. Blocks of grid pixels are multiplied with panels of packed
// weights, and the results go to dense images.
#include "nn/ops/conv/conv2d_direct_padded.h"
#include "nn/base/arith.h"
#include "nn/base/memory.h"

#include <string.h>

enum { PANEL = NN_PANEL_CHANNELS, PIXEL_BLOCK = 1024 }; // most pixels of a pixel block

static int64_t panels_of(const nn_conv_direct *s)
{
    return nn_divide_up(s->out_channels, PANEL);
}

static int64_t depth_of(const nn_conv_direct *s)
{
    return s->padded->blocks * s->padded->unit * s->y.count * s->x.count;
}

// Floats of a stretch of the depth: a row of taps, where the taps read pixels side by side.
static int stretch(const nn_conv_direct *s)
{
    return s->x.shift_step == 1 || s->x.count == 1 ? s->x.count * s->padded->unit : s->padded->unit;
}

// --- packing: biases of all panels, then their weights, [depth][16] ---

static int64_t packed_floats(const nn_conv_direct *s)
{
    return s->padded->groups * panels_of(s) * PANEL * (1 + depth_of(s));
}

int64_t nn_conv_direct_floats(const nn_conv_direct *s)
{
    return packed_floats(s) + nn_conv_round(s->padded->blocks * s->y.count * s->x.count);
}

static float *panel_weights(const nn_conv_direct *s, int64_t panel)
{
    const int64_t count = s->padded->groups * panels_of(s);
    return s->packed + count * PANEL + panel * depth_of(s) * PANEL;
}

// The weights of one tap of one block of input channels.
static float *pack_block(const nn_conv_direct *s, const float *from, int64_t outputs,
                         int64_t inputs, float *to)
{
    for (int64_t c = 0; c < s->padded->unit; c++, from += s->weight_in, to += PANEL) {
        const int64_t n = c < inputs ? outputs : 0;
        for (int64_t o = 0; o < n; o++)
            to[o] = from[o * s->weight_out];
        for (int64_t o = n; o < PANEL; o++)
            to[o] = 0.0f;
    }
    return to;
}

// Index: panel of all groups.
static void pack_panels(void *ctx, int64_t begin, int64_t end, int worker)
{
    (void)worker;
    const nn_conv_direct *s = ctx;
    const int64_t panels = panels_of(s);
    for (int64_t i = begin; i < end; i++) {
        const int64_t group = i / panels, first = i % panels * PANEL;
        const int64_t outputs = nn_min(PANEL, s->out_channels - first);
        const float *from = s->weight + group * s->weight_group + first * s->weight_out;
        float *to = panel_weights(s, i);
        for (int64_t b = 0; b < s->padded->blocks; b++)
            for (int y = 0; y < s->y.count; y++)
                for (int x = 0; x < s->x.count; x++) {
                    const int64_t c = b * s->padded->unit;
                    const int tap =
                        (s->y.tap + y * s->y.tap_step) * s->kernel_w + s->x.tap + x * s->x.tap_step;
                    to = pack_block(s, from + c * s->weight_in + tap, outputs,
                                    s->padded->channels - c, to);
                }
        for (int64_t o = 0; o < PANEL; o++)
            s->packed[i * PANEL + o] =
                s->bias && o < outputs ? s->bias[group * s->out_channels + first + o] : 0.0f;
    }
}

void nn_conv_direct_pack(const nn_conv_direct *s)
{
    const nn_conv_padded *padded = s->padded;
    const int columns = stretch(s) == padded->unit ? s->x.count : 1;
    int32_t *to = s->offset;
    nn_pool_run(s->call->pool, padded->groups * panels_of(s), 1, pack_panels, (void *)s);
    for (int64_t b = 0; b < padded->blocks; b++)
        for (int y = 0; y < s->y.count; y++)
            for (int x = 0; x < columns; x++)
                *to++ =
                    (int32_t)(b * padded->plane + (s->y.shift + y * s->y.shift_step) * padded->row +
                              (s->x.shift + x * s->x.shift_step) * padded->unit);
}

// --- running ---

// Memory of one thread: addresses of the pixels of a pixel block, their results, and one block of
// the results as planes.
typedef struct lists {
    const float *pixel[PIXEL_BLOCK];
    int32_t place[PIXEL_BLOCK];
    float result[PANEL * PIXEL_BLOCK], dense[NN_BLOCK * PIXEL_BLOCK];
} lists;

size_t nn_conv_direct_worker_bytes(void)
{
    return nn_align_up(sizeof(lists));
}

void nn_conv_direct_place(nn_conv_direct *s, float *packed, void *workers)
{
    s->packed = packed;
    s->offset = (void *)(packed + packed_floats(s));
    s->workers = workers;
}

typedef struct pass {
    const nn_conv_direct *s;
    float *out;
    int64_t pixels, total; // of a grid, of all grids
    int64_t pixel_block, pixel_blocks, parts;
} pass;

static void find_pixels(const pass *p, int64_t group, int64_t begin, int64_t end, lists *l)
{
    const nn_conv_direct *s = p->s;
    const nn_conv_padded *padded = s->padded;
    const float *first = padded->data + group * padded->blocks * padded->plane;
    int64_t image = begin / p->pixels, y = begin % p->pixels / s->width;
    int64_t x = begin % s->width;
    for (int64_t i = 0, n = end - begin; i < n; x = 0) {
        const float *row = first + image * padded->image + y * s->step_y * padded->row;
        for (; x < s->width && i < n; x++, i++) {
            l->pixel[i] = row + x * s->step_x * padded->unit;
            l->place[i] = (int32_t)(i * NN_BLOCK);
        }
        if (++y == s->height) {
            y = 0;
            image++;
        }
    }
}

// Whether the grid is the whole dense image, so that its pixels are consecutive there, too.
static bool is_whole(const nn_conv_direct *s)
{
    return s->out_step_y == 1 && s->out_step_x == 1 && s->height == s->out_height &&
           s->width == s->out_width;
}

// Writes n results of `channels` channels, from grid pixel `at` of an image on, to `out`, the plane
// of the first channel.
static void store(const nn_conv_direct *s, const float *result, int channels, int64_t at, int64_t n,
                  float *out, float *dense)
{
    const nn_kernels *k = s->call->kernels;
    const int64_t area = s->out_height * s->out_width;
    if (is_whole(s) && !s->add) {
        k->nchw8c.unpack(out + at, area, result, channels, n);
        for (int c = 0; c < channels && s->act != nn_act_early(s->act); c++)
            k->eltwise.act[s->act](out + c * area + at, out + c * area + at, n);
        return;
    }
    k->nchw8c.unpack(dense, n, result, channels, n);
    for (int c = 0; c < channels; c++, dense += n, out += area) {
        if (is_whole(s)) {
            k->eltwise.add(out + at, out + at, dense, n);
            continue;
        }
        int64_t y = at / s->width, x = at % s->width;
        for (int64_t i = 0; i < n; y++, x = 0) {
            float *row = out + (s->first_y + y * s->out_step_y) * s->out_width + s->first_x;
            for (; x < s->width && i < n; x++, i++)
                row[x * s->out_step_x] += dense[i];
        }
    }
}

static void run_panel(const pass *p, int64_t group, int64_t panel, int64_t begin, int64_t end,
                      lists *l)
{
    const nn_conv_direct *s = p->s;
    const int64_t at = group * panels_of(s) + panel, area = s->out_height * s->out_width;
    const int64_t channels = nn_min(PANEL, s->out_channels - panel * PANEL), n = end - begin;
    const nn_microkernel_args t = {.offset = s->offset,
                                   .blocks = (int)(depth_of(s) / stretch(s)),
                                   .run = stretch(s),
                                   .weight = panel_weights(s, at),
                                   .next =
                                       panel + 1 < panels_of(s) ? panel_weights(s, at + 1) : NULL,
                                   .act = nn_act_early(s->act),
                                   .channels = channels > NN_BLOCK ? PANEL : NN_BLOCK,
                                   .bias = s->packed + at * PANEL,
                                   .out = l->result,
                                   .plane = n * NN_BLOCK};
    s->call->kernels->microkernel.run(&t, (int)n, l->pixel, l->place);
    for (int64_t i = begin, next; i < end; i = next) {
        const int64_t image = i / p->pixels;
        next = nn_min((image + 1) * p->pixels, end);
        float *out =
            p->out + ((image * s->padded->groups + group) * s->out_channels + panel * PANEL) * area;
        for (int64_t c = 0; c < channels; c += NN_BLOCK)
            store(s, l->result + c * n + (i - begin) * NN_BLOCK,
                  (int)nn_min(NN_BLOCK, channels - c), i % p->pixels, next - i, out + c * area,
                  l->dense);
    }
}

// Index: pixel block, group, part of the group's panels.
static void run_pixel_blocks(void *ctx, int64_t begin, int64_t end, int worker)
{
    const pass *p = ctx;
    const nn_conv_direct *s = p->s;
    lists *l = (void *)(s->workers + (size_t)worker * nn_conv_direct_worker_bytes());
    for (int64_t t = begin; t < end; t++) {
        const int64_t part = t % p->parts, group = t / p->parts % s->padded->groups;
        const int64_t first = t / p->parts / s->padded->groups * p->pixel_block;
        const int64_t last = nn_min(first + p->pixel_block, p->total);
        find_pixels(p, group, first, last, l);
        for (int64_t i = nn_conv_part(panels_of(s), part, p->parts);
             i < nn_conv_part(panels_of(s), part + 1, p->parts); i++)
            run_panel(p, group, i, first, last, l);
    }
}

void nn_conv_direct_run(const nn_conv_direct *s, float *out, int64_t images)
{
    enum { SLAB = 256 * 1024, SHORTEST = 96, TASKS = 8, TILES = 16 };
    const nn_conv_padded *padded = s->padded;
    const int64_t bytes = (int64_t)s->step_y * s->step_x * padded->blocks * padded->unit * 4;
    const int64_t threads = nn_pool_threads(s->call->pool),
                  want = threads > 1 ? threads * TASKS : 1;
    pass p = {.s = s, .out = out, .pixels = s->height * s->width};
    p.total = images * p.pixels;
    if (p.total == 0)
        return;
    p.pixel_block = nn_min(nn_max(SLAB / bytes, SHORTEST), PIXEL_BLOCK);
    p.pixel_block = nn_max(SHORTEST, nn_min(p.pixel_block, p.total / want)) / TILES * TILES;
    p.pixel_blocks = (p.total + p.pixel_block - 1) / p.pixel_block;
    p.parts = nn_max(1, nn_min(panels_of(s), nn_divide_up(want, p.pixel_blocks)));
    nn_pool_run(s->call->pool, p.pixel_blocks * padded->groups * p.parts, 1, run_pixel_blocks, &p);
}
