// SPDX-License-Identifier: MIT
// Gradient of the weights by Winograd: a convolution of x, with the gradient of y as its kernel and
// the weights as its output pixels.
#include "nn/ops/conv/conv2d_wgrad_winograd.h"
#include "nn/base/arith.h"
#include "nn/ops/conv/conv2d_winograd_layout.h"
#include "nn/ops/conv/conv2d_winograd_train.h"

#include <string.h>

enum { MAX_KERNEL = 5, MAX_SIDE = 6, MAX_OUT = 4, PANEL = NN_PANEL_CHANNELS };
// Tiles that are transformed at once; tiles that are summed at once, in the first-level cache.
enum { SEGMENT = 8, CHUNK = 128 };
// Channels whose sums are transformed back at once; most channels of a part.
enum { CHANNELS = 16, PART = 48 };

typedef struct grad_pass {
    const nn_conv_wgrad_winograd *f;
    const nn_conv_wgrad *w;
    float kernel[MAX_OUT * MAX_SIDE], back[MAX_SIDE * MAX_KERNEL]; // matrices
    int64_t first, tiles;                                          // image; tiles of the images
    float *v, *u;   // x and gy: [product][block][tile][8]
    float *m;       // their sums: [part][panel][product][half][channel of the part][8]
    bool add, last; // to the sums of earlier passes; the last pass
} grad_pass;

// Estimated seconds on one core: products, transforms of both sides, sums written in each pass,
// and the transform back.
static double estimate(const nn_conv_wgrad_winograd *f, int64_t images)
{
    const double macs = 40e9, transform = 0.3e-9, sum = 0.4e-9;
    const double pairs = (double)(f->channels * f->outputs), products = (double)f->products;
    const double tiles = (double)(images * f->height * f->width);
    return tiles * products * (pairs / macs + (double)(f->channels + f->outputs) * transform) +
           (double)(nn_divide_up(images, f->images) + 1) * products * pairs * sum;
}

static nn_conv_wgrad_winograd find_kind(const nn_conv_layout *l, nn_winograd kind)
{
    enum { MEMORY = 2 * 1024 * 1024 }; // floats of both sides
    const nn_winograd_size size = nn_winograd_sizes(kind);
    nn_conv_wgrad_winograd f = {.kind = kind,
                                .products = size.side[0] * size.side[1],
                                .height = nn_divide_up(l->geometry.out_h, size.out[0]),
                                .width = nn_divide_up(l->geometry.out_w, size.out[1]),
                                .channels = nn_blocked_count(l->geometry.channels) * NN_BLOCK,
                                .outputs = nn_divide_up(l->m, PANEL) * PANEL};
    const int64_t tiles = f.height * f.width, image = tiles * f.products * (f.channels + f.outputs);
    f.images = nn_max(1, nn_min(l->images, MEMORY / image));
    f.by_panel = f.channels * f.outputs > f.images * tiles * (f.channels + f.outputs);
    f.parts = f.by_panel ? nn_divide_up(f.channels, PART) : 1;
    f.part = nn_divide_up(f.channels / NN_BLOCK, f.parts) * NN_BLOCK;
    return f;
}

bool nn_conv_wgrad_winograd_find(nn_conv_wgrad_winograd *f, const nn_conv_layout *l)
{
    nn_conv_winograd_train any;
    if (!nn_conv_winograd_train_find(&any, l, false) && !nn_conv_winograd_train_find(&any, l, true))
        return false;
    const int kernel = l->geometry.kernel_h;
    const nn_conv_wgrad_winograd small = find_kind(l, nn_conv_winograd_train_kind(kernel, false));
    const nn_conv_wgrad_winograd large = find_kind(l, nn_conv_winograd_train_kind(kernel, true));
    const double a = estimate(&small, l->images), b = estimate(&large, l->images);
    const double direct = (double)(l->images * l->pixels) * (double)(l->m * l->k) / 40e9;
    *f = a < b ? small : large;
    return (a < b ? a : b) < direct;
}

static int64_t tile_floats(const nn_conv_wgrad_winograd *f, int64_t channels)
{
    return f->products * (f->images * f->height * f->width * channels + PANEL);
}

int64_t nn_conv_wgrad_winograd_floats(const nn_conv_wgrad_winograd *f)
{
    return nn_conv_round(tile_floats(f, f->channels)) + nn_conv_round(tile_floats(f, f->outputs)) +
           f->products * f->parts * f->part * f->outputs;
}

static grad_pass find_pass(const nn_conv_wgrad_winograd *f, const nn_conv_wgrad *w, float *memory)
{
    const nn_winograd_size size = nn_winograd_sizes(f->kind);
    const int side = size.side[0];
    float unused[MAX_SIDE * MAX_SIDE];
    double kernel[MAX_OUT * MAX_SIDE];
    grad_pass p = {.f = f, .w = w, .v = memory};
    p.u = p.v + nn_conv_round(tile_floats(f, f->channels));
    p.m = p.u + nn_conv_round(tile_floats(f, f->outputs));
    nn_winograd_line(size.kernel[0], size.out[0], unused, p.back, kernel);
    for (int i = 0; i < size.out[0] * side; i++)
        p.kernel[i] = (float)kernel[i];
    return p;
}

// Floats from one product to the next.
static int64_t product_of(const grad_pass *p, int64_t channels)
{
    return p->tiles * channels + PANEL;
}

// Transforms a row of tiles of x of one image of the pass.
static void transform_x(const grad_pass *p, int64_t image, int64_t y)
{
    const nn_conv_padded *x = p->w->x;
    const nn_conv_geometry *w = &p->w->run->l.geometry;
    const int out = nn_winograd_sizes(p->f->kind).out[0];
    const int64_t top = y * out - w->pad_top;
    const int64_t tile = (image * p->f->height + y) * p->f->width;
    nn_winograd_input in = {
        .row = x->row,
        .pixel = NN_BLOCK,
        .rows = (int)(x->height + x->halo.bottom - top),
        .columns = (int)(x->width + x->halo.right + w->pad_left),
        .tiles = (int)p->f->width,
        .tile = NN_BLOCK,
        .product = product_of(p, p->f->channels),
    };
    for (int64_t b = 0; b < x->blocks; b++) {
        in.from = x->data + (p->first + image) * x->image + b * x->plane + top * x->row -
                  w->pad_left * NN_BLOCK;
        in.to = p->v + (b * p->tiles + tile) * NN_BLOCK;
        p->w->run->call->kernels->winograd.input[p->f->kind](&in);
    }
}

// Transforms up to SEGMENT tiles of a row of gy, eight channels, as kernels: outside of gy is zero.
static void transform_segment(const grad_pass *p, const float *from, int64_t row, int64_t rows,
                              int64_t columns, int64_t tiles, float *to)
{
    const nn_winograd_size size = nn_winograd_sizes(p->f->kind);
    const int out = size.out[0], side = size.side[0];
    const int64_t width = tiles * out, product = product_of(p, p->f->outputs);
    float patch[MAX_OUT * SEGMENT * MAX_OUT * NN_BLOCK];
    float mid[MAX_SIDE * SEGMENT * MAX_OUT * NN_BLOCK];
    memset(patch, 0, (size_t)(out * width * NN_BLOCK) * sizeof *patch);
    for (int64_t i = 0; i < nn_min(rows, out); i++)
        memcpy(patch + i * width * NN_BLOCK, from + i * row,
               (size_t)(nn_min(columns, width) * NN_BLOCK) * sizeof *patch);
    nn_winograd_lines lines = {.matrix = p->kernel,
                               .inner = out,
                               .out = side,
                               .lines = (int)width,
                               .from = patch,
                               .from_line = NN_BLOCK,
                               .from_step = width * NN_BLOCK,
                               .to = mid,
                               .to_line = NN_BLOCK,
                               .to_step = width * NN_BLOCK,
                               .last = side};
    p->w->run->call->kernels->winograd.lines(&lines);
    lines.lines = (int)tiles;
    lines.from_line = (int64_t)out * NN_BLOCK;
    lines.from_step = NN_BLOCK;
    lines.to_step = product;
    for (int j = 0; j < side; j++) {
        lines.from = mid + j * width * NN_BLOCK;
        lines.to = to + j * side * product;
        p->w->run->call->kernels->winograd.lines(&lines);
    }
}

static void transform_gy(const grad_pass *p, int64_t image, int64_t y)
{
    const nn_conv_padded *gy = p->w->gy;
    const int out = nn_winograd_sizes(p->f->kind).out[0];
    const int64_t tile = (image * p->f->height + y) * p->f->width;
    for (int64_t b = 0; b < p->f->outputs / NN_BLOCK; b++) {
        const bool there = b < gy->blocks;
        const float *from = gy->data + (p->first + image) * gy->image +
                            (there ? b * gy->plane : 0) + y * out * gy->row;
        for (int64_t t = 0; t < p->f->width; t += SEGMENT) {
            const int64_t n = nn_min(SEGMENT, p->f->width - t), x = t * out;
            transform_segment(p, from + x * NN_BLOCK, gy->row, there ? gy->height - y * out : 0,
                              gy->width - x, n, p->u + (b * p->tiles + tile + t) * NN_BLOCK);
        }
    }
}

// Index: image of the pass, row of tiles.
static void transform_rows(void *ctx, int64_t begin, int64_t end, int worker)
{
    (void)worker;
    const grad_pass *p = ctx;
    for (int64_t i = begin; i < end; i++) {
        transform_x(p, i / p->f->height, i % p->f->height);
        transform_gy(p, i / p->f->height, i % p->f->height);
    }
}

// The sums of a part of the channels and a panel.
static float *sums_at(const grad_pass *p, int64_t part, int64_t panel)
{
    const nn_conv_wgrad_winograd *f = p->f;
    return p->m + (part * f->outputs / PANEL + panel) * f->products * f->part * PANEL;
}

// Sums a product of a panel over all tiles, for the channels of a part.
static void sum_part(const grad_pass *p, int64_t product, int64_t panel, int64_t part,
                     const float **in)
{
    static const int32_t zero = 0;
    const nn_conv_wgrad_winograd *f = p->f;
    const int64_t first = part * f->part, channels = nn_min(f->part, f->channels - first);
    const float *v = p->v + product * product_of(p, f->channels) + first * p->tiles;
    const float *u = p->u + product * product_of(p, f->outputs) + panel * p->tiles * PANEL;
    for (int64_t t = 0; t < p->tiles; t += CHUNK) {
        const nn_microkernel_grad_args g = {.rows = 1,
                                            .width = (int)nn_min(CHUNK, p->tiles - t),
                                            .in_row = &zero,
                                            .step = NN_BLOCK,
                                            .row = &zero,
                                            .grad = u + t * NN_BLOCK,
                                            .plane = p->tiles * NN_BLOCK,
                                            .channels = PANEL,
                                            .add = p->add || t > 0,
                                            .out =
                                                sums_at(p, part, panel) + product * f->part * PANEL,
                                            .out_plane = f->part * NN_BLOCK};
        for (int64_t c = 0; c < channels; c++)
            in[c] = v + (c / NN_BLOCK * p->tiles + t) * NN_BLOCK + c % NN_BLOCK;
        p->w->run->call->kernels->microkernel.grad(&g, (int)channels, in);
    }
}

static const float **list_of(const grad_pass *p, int worker)
{
    const size_t bytes = nn_conv_wgrad_worker_bytes(&p->w->run->l);
    return (void *)(p->w->workers + (size_t)worker * bytes);
}

// Index: product, panel. The tiles of a product stay in the cache for all panels.
static void sum_products(void *ctx, int64_t begin, int64_t end, int worker)
{
    const grad_pass *p = ctx;
    const int64_t panels = p->f->outputs / PANEL;
    for (int64_t i = begin; i < end; i++)
        sum_part(p, i / panels, i % panels, 0, list_of(p, worker));
}

// Transforms the sums of half a panel and some channels of a part back: [channel][tap][8].
static void transform_back(const grad_pass *p, const float *sums, int channels, float *to)
{
    const nn_winograd_size size = nn_winograd_sizes(p->f->kind);
    const int side = size.side[0], kernel = size.kernel[0], taps = kernel * kernel;
    const int64_t product = p->f->part * PANEL;
    float mid[MAX_KERNEL * MAX_SIDE * CHANNELS * NN_BLOCK];
    for (int x = 0; x < side; x++) {
        const nn_winograd_lines down = {.matrix = p->back,
                                        .inner = side,
                                        .out = kernel,
                                        .lines = channels,
                                        .from = sums + x * product,
                                        .from_line = NN_BLOCK,
                                        .from_step = side * product,
                                        .to = mid + x * CHANNELS * NN_BLOCK,
                                        .to_line = NN_BLOCK,
                                        .to_step = side * CHANNELS * NN_BLOCK,
                                        .last = kernel};
        p->w->run->call->kernels->winograd.lines(&down);
    }
    for (int y = 0; y < kernel; y++) {
        const nn_winograd_lines across = {.matrix = p->back,
                                          .inner = side,
                                          .out = kernel,
                                          .lines = channels,
                                          .from = mid + y * side * CHANNELS * NN_BLOCK,
                                          .from_line = NN_BLOCK,
                                          .from_step = CHANNELS * NN_BLOCK,
                                          .to = to + y * kernel * NN_BLOCK,
                                          .to_line = taps * NN_BLOCK,
                                          .to_step = NN_BLOCK,
                                          .last = kernel};
        p->w->run->call->kernels->winograd.lines(&across);
    }
}

// Adds the gradient of a part of the channels and a panel to that of the weights.
static void add_part(const grad_pass *p, int64_t part, int64_t panel)
{
    const nn_conv_wgrad_winograd *f = p->f;
    const nn_conv_layout *l = &p->w->run->l;
    const nn_kernels *k = p->w->run->call->kernels;
    const int64_t taps = (int64_t)l->geometry.kernel_h * l->geometry.kernel_w;
    const int64_t end = nn_min((part + 1) * f->part, l->geometry.channels);
    float back[CHANNELS * MAX_KERNEL * MAX_KERNEL * NN_BLOCK], dense[sizeof back / sizeof *back];
    for (int64_t half = 0; half < PANEL; half += NN_BLOCK) {
        const int64_t o = panel * PANEL + half, outputs = nn_min(NN_BLOCK, l->m - o);
        for (int64_t c = part * f->part; c < end && outputs > 0; c += CHANNELS) {
            const int64_t n = nn_min(CHANNELS, end - c) * taps;
            transform_back(
                p, sums_at(p, part, panel) + (c - part * f->part) * NN_BLOCK + half * f->part,
                (int)nn_min(CHANNELS, end - c), back);
            k->nchw8c.unpack(dense, n, back, (int)outputs, n);
            float *gw = p->w->run->gw + o * l->k + c * taps;
            for (int64_t i = 0; i < outputs; i++)
                k->eltwise.add(gw + i * l->k, gw + i * l->k, dense + i * n, n);
        }
    }
}

// Index: part, panel.
static void add_parts(void *ctx, int64_t begin, int64_t end, int worker)
{
    (void)worker;
    const grad_pass *p = ctx;
    const int64_t panels = p->f->outputs / PANEL;
    for (int64_t i = begin; i < end; i++)
        add_part(p, i / panels, i % panels);
}

// Index: part, panel. All products of few channels are transformed back while they are cached.
static void sum_panels(void *ctx, int64_t begin, int64_t end, int worker)
{
    const grad_pass *p = ctx;
    const int64_t panels = p->f->outputs / PANEL;
    for (int64_t i = begin; i < end; i++) {
        for (int64_t product = 0; product < p->f->products; product++)
            sum_part(p, product, i % panels, i / panels, list_of(p, worker));
        if (p->last)
            add_part(p, i / panels, i % panels);
    }
}

void nn_conv_wgrad_winograd_run(const nn_conv_wgrad_winograd *f, const nn_conv_wgrad *w,
                                float *memory, int64_t images, bool first, bool last)
{
    nn_pool *pool = w->run->call->pool;
    const int64_t panels = f->outputs / PANEL;
    grad_pass p = find_pass(f, w, memory);
    for (p.first = 0; p.first < images; p.first += f->images) {
        const int64_t count = nn_min(f->images, images - p.first);
        p.tiles = count * f->height * f->width;
        p.add = !first || p.first > 0;
        p.last = last && p.first + count == images;
        nn_pool_run(pool, count * f->height, 1, transform_rows, &p);
        if (f->by_panel) {
            nn_pool_run(pool, f->parts * panels, 1, sum_panels, &p);
            continue;
        }
        nn_pool_run(pool, f->products * panels, 1, sum_products, &p);
        if (p.last)
            nn_pool_run(pool, f->parts * panels, 1, add_parts, &p);
    }
}
