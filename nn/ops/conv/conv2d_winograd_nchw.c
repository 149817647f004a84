// SPDX-License-Identifier: MIT
// Convolution of dense images with few channels by Winograd's filtering along rows, for any stride.
//
// The columns of the image form `stride` phases. F(out, taps) filters each phase with every
// stride-th column of the kernel, and the transform back sums the phases. Each product is summed
// over the channels and the rows of the kernel.
#include "nn/base/arith.h"
#include "nn/ops/conv/conv2d_impls.h"
#include "nn/ops/conv/conv2d_layout.h"

#include <string.h>

enum { X, WEIGHT, BIAS, SKIP, PANEL = NN_PANEL_CHANNELS };
enum { CHANNELS = 4 };     // most channels; more are faster in blocks
enum { MAX_PHASES = 4 };   // of columns
enum { BLOCK = 48 };       // lines that are multiplied at once
enum { LINES_BELOW = 16 }; // rows of a strip that are read beyond those of one output row

// All that follows from parameters and shapes. A line is `out` outputs side by side.
typedef struct layout {
    nn_conv_geometry geometry;
    int64_t images, panels;
    int out, phases, products;
    int taps[MAX_PHASES], first[MAX_PHASES]; // of a phase: kernel columns; its first product
    int64_t lines;                           // of a row
    int64_t rows, strips;                    // output rows of a strip; strips of an image
    int64_t height, width;                   // of the image that a strip sees, height in eights
    int64_t depth;
    int64_t product, made; // floats: of one product of that image, of a block's sums
    int64_t matrices;      // floats of the transforms' matrices
} layout;

typedef struct planes_run {
    const nn_op_call *call;
    layout l;
    const float *matrices, *bias, *weight;
    nn_act act;
} planes_run;

// Products of a line of `out` outputs; 0 when a phase would have too many.
static int count_products(const nn_conv_geometry *w, int out)
{
    int sum = 0;
    for (int p = 0; p < nn_min(w->stride_w, w->kernel_w); p++) {
        const int side = out - 1 + (int)nn_divide_up(w->kernel_w - p, w->stride_w);
        if (side > NN_WINOGRAD_LINE)
            return 0;
        sum += side;
    }
    return sum;
}

// Length of the line with the fewest products for a row; of equals the shorter one, because it
// rounds less.
static int find_line(const nn_conv_geometry *w)
{
    int best = 0;
    int64_t least = INT64_MAX;
    for (int out = 2; out <= NN_WINOGRAD_LINE; out++) {
        const int64_t all = count_products(w, out) * nn_divide_up(w->out_w, out);
        if (all > 0 && all < least) {
            least = all;
            best = out;
        }
    }
    return best;
}

static void find_phases(layout *l)
{
    const nn_conv_geometry *w = &l->geometry;
    l->phases = (int)nn_min(w->stride_w, w->kernel_w);
    for (int p = 0; p < l->phases; p++) {
        l->taps[p] = (int)nn_divide_up(w->kernel_w - p, w->stride_w);
        l->first[p] = l->products;
        const int side = l->out - 1 + l->taps[p];
        l->products += side;
        l->matrices += side * side;
    }
    l->matrices = nn_conv_round(l->matrices) + nn_conv_round(l->products * l->out);
}

// l.out is 0 when Winograd does not suit the geometry.
static layout find_layout(const void *params, const nn_shape *x, const nn_shape *weight,
                          const nn_shape *out, int threads)
{
    const nn_shape in[2] = {*x, *weight};
    const nn_conv_layout conv = nn_conv_find_layout(params, in, out);
    layout l = {.geometry = conv.geometry, .images = conv.images};
    const nn_conv_geometry *w = &l.geometry;
    l.out = find_line(w);
    if (!l.out || w->stride_w > MAX_PHASES)
        return (layout){.out = 0};
    find_phases(&l);
    l.panels = nn_divide_up(conv.m, PANEL);
    l.lines = nn_divide_up(w->out_w, l.out);
    l.height = nn_divide_up(w->kernel_h + LINES_BELOW, NN_BLOCK) * NN_BLOCK;
    l.rows = nn_max(1, (l.height - w->kernel_h) / w->stride_h + 1);
    l.strips = nn_divide_up(w->out_h, l.rows);
    l.rows = nn_divide_up(w->out_h, nn_divide_up(l.strips, threads) * threads); // as many for each
    l.strips = nn_divide_up(w->out_h, l.rows);
    l.width = (l.lines * l.out - 1) * w->stride_w + w->kernel_w;
    l.depth = (int64_t)w->channels * w->kernel_h;
    l.product = nn_conv_round(l.lines * w->channels * l.height) + PANEL;
    l.made = BLOCK * l.products * PANEL;
    return l;
}

static layout layout_of_call(const nn_op_call *call)
{
    return find_layout(call->params, &call->in[X].shape, &call->in[WEIGHT].shape, &call->out->shape,
                       nn_pool_threads(call->pool));
}

// --- packing: matrices [phase], the last one of the transform back; biases; weights
// [panel][product][depth][16] ---

static int64_t packed_floats(const layout *l)
{
    return l->matrices + l->panels * PANEL * (1 + l->products * l->depth);
}

static int64_t back_floats(const layout *l)
{
    return nn_conv_round(l->products * l->out);
}

static const float *find_bias(const layout *l, const float *packed)
{
    return packed + l->matrices;
}

static const float *find_weights(const layout *l, const float *packed)
{
    return packed + l->matrices + l->panels * PANEL;
}

// Packs the transformed rows of a phase of the kernel, for all output channels.
static void pack_phase(const layout *l, const nn_op_call *call, int phase, const double *g,
                       float *to)
{
    const nn_conv_geometry *w = &l->geometry;
    const int64_t outputs = call->out->shape.dim[1];
    const int taps = l->taps[phase], side = l->out - 1 + taps;
    for (int64_t o = 0; o < outputs; o++)
        for (int64_t d = 0; d < l->depth; d++) {
            const float *row = nn_tensor_f32(&call->in[WEIGHT]) + (o * l->depth + d) * w->kernel_w;
            for (int k = 0; k < side; k++) {
                double sum = 0;
                for (int i = 0; i < taps; i++)
                    sum += g[i * side + k] * (double)row[phase + i * w->stride_w];
                const int64_t at = o / PANEL * l->products + l->first[phase] + k;
                to[(at * l->depth + d) * PANEL + o % PANEL] = (float)sum;
            }
        }
}

static void pack(const nn_op_call *call, void *packed)
{
    const layout l = layout_of_call(call);
    float *input = packed, *bias = (float *)packed + l.matrices;
    memset(packed, 0, (size_t)packed_floats(&l) * sizeof(float));
    if (call->n_in > BIAS && call->in[BIAS].data)
        memcpy(bias, call->in[BIAS].data, (size_t)call->out->shape.dim[1] * sizeof *bias);
    float *output = bias - back_floats(&l);
    for (int p = 0; p < l.phases; p++) {
        double g[NN_WINOGRAD_LINE * NN_WINOGRAD_LINE];
        nn_winograd_line(l.out, l.taps[p], input, output + l.first[p] * l.out, g);
        pack_phase(&l, call, p, g, bias + l.panels * PANEL);
        input += (l.out - 1 + l.taps[p]) * (l.out - 1 + l.taps[p]);
    }
}

// --- run ---

// Writes rows [y, y + 8) of a plane, with the columns that are read, as pixels of eight lanes.
static void turn_rows(const planes_run *r, const float *plane, int64_t y, float *to, float *spare)
{
    const nn_nchw8c_kernels *k = &r->call->kernels->nchw8c;
    const nn_conv_geometry *w = &r->l.geometry;
    const int64_t above = nn_min(nn_max(0, -y), NN_BLOCK), left = nn_min(w->pad_left, r->l.width);
    const int64_t count = nn_max(0, nn_min(NN_BLOCK, w->in_h - y) - above);
    const int64_t n = nn_min(w->in_w, r->l.width - left);
    const float *from = plane + (y + above) * w->in_w;
    if (above || !count || left || n < r->l.width)
        memset(to, 0, (size_t)(r->l.width * NN_BLOCK) * sizeof *to);
    if (!count)
        return;
    if (!above) {
        k->pack(to + left * NN_BLOCK, from, w->in_w, (int)count, n);
        return;
    }
    k->pack(spare, from, w->in_w, (int)count, n);
    k->lanes(to + left * NN_BLOCK, (int)above, spare, 0, (int)count, n);
}

// Transforms the rows that a strip reads: v[product][line][channel][row].
static void transform(const planes_run *r, int64_t image, int64_t y, float *turned, float *v)
{
    const layout *l = &r->l;
    const nn_conv_geometry *w = &l->geometry;
    const float *x =
        nn_tensor_f32(&r->call->in[X]) + image * w->channels * (int64_t)w->in_h * w->in_w;
    for (int64_t i = 0; i < w->channels * l->height / NN_BLOCK; i++) {
        const int64_t c = i / (l->height / NN_BLOCK), row = i % (l->height / NN_BLOCK) * NN_BLOCK;
        const float *matrix = r->matrices;
        turn_rows(r, x + c * w->in_h * w->in_w, y + row, turned, turned + l->width * NN_BLOCK);
        for (int p = 0; p < l->phases; p++) {
            const int side = l->out - 1 + l->taps[p];
            const nn_winograd_lines lines = {
                .matrix = matrix,
                .inner = side,
                .out = side,
                .lines = (int)l->lines,
                .from = turned + p * NN_BLOCK,
                .from_line = (int64_t)l->out * w->stride_w * NN_BLOCK,
                .from_step = (int64_t)w->stride_w * NN_BLOCK,
                .to = v + l->first[p] * l->product + c * l->height + row,
                .to_line = w->channels * l->height,
                .to_step = l->product,
                .last = side,
            };
            r->call->kernels->winograd.lines(&lines);
            matrix += side * side;
        }
    }
}

// Multiplies `count` lines of the strip, from `first` on, with one panel: m[line][product][16].
static void multiply(const planes_run *r, const float *v, int64_t first, int64_t count,
                     int64_t panel, float *m)
{
    const layout *l = &r->l;
    const nn_conv_geometry *w = &l->geometry;
    const float *pixel[BLOCK];
    int32_t place[BLOCK], offset[CHANNELS];
    for (int64_t i = 0; i < count; i++) {
        const int64_t line = (first + i) % l->lines, y = (first + i) / l->lines;
        pixel[i] = v + line * w->channels * l->height + y * w->stride_h;
        place[i] = (int32_t)(i * l->products * PANEL);
    }
    nn_microkernel_args t = {.offset = offset,
                             .blocks = w->channels,
                             .run = w->kernel_h,
                             .channels = PANEL,
                             .plane = NN_BLOCK};
    for (int k = 0; k < l->products; k++) {
        for (int c = 0; c < w->channels; c++)
            offset[c] = (int32_t)(k * l->product + c * l->height);
        t.weight = r->weight + (panel * l->products + k) * l->depth * PANEL;
        t.out = m + k * PANEL;
        r->call->kernels->microkernel.run(&t, (int)count, pixel, place);
    }
}

// Writes the outputs of eight channels from the sums of `count` lines of row y, from `line` on.
static void write_lines(const planes_run *r, const float *m, int64_t image, int64_t y, int64_t line,
                        int64_t count, int64_t block)
{
    const layout *l = &r->l;
    const int64_t x = line * l->out, columns = nn_min(l->geometry.out_w - x, count * l->out);
    float *to = nn_blocked_at(r->call->out, image, block, y, x);
    const nn_winograd_lines lines = {
        .matrix = r->bias - back_floats(l),
        .inner = l->products,
        .out = l->out,
        .lines = (int)count,
        .from = m,
        .from_line = (int64_t)l->products * PANEL,
        .from_step = PANEL,
        .to = to,
        .to_line = l->out * NN_BLOCK,
        .to_step = NN_BLOCK,
        .last = (int)(columns - (count - 1) * l->out),
        .bias = r->bias + block * NN_BLOCK,
        .relu = r->act == NN_ACT_RELU,
    };
    r->call->kernels->winograd.lines(&lines);
    if (r->act != NN_ACT_NONE && r->act != NN_ACT_RELU)
        r->call->kernels->eltwise.act[r->act](to, to, columns * NN_BLOCK);
}

static void run_strip(const planes_run *r, int64_t image, int64_t y, const float *v, float *m)
{
    const layout *l = &r->l;
    const int64_t blocks = nn_blocked_count(r->call->out->shape.dim[1]);
    const int64_t end = nn_min(l->rows, l->geometry.out_h - y) * l->lines;
    for (int64_t first = 0, next; first < end; first = next) {
        next = nn_min(first + BLOCK, end);
        for (int64_t p = 0; p < l->panels; p++) {
            multiply(r, v, first, next - first, p, m);
            for (int64_t t = first, n; t < next; t += n) {
                const float *from = m + (t - first) * l->products * PANEL;
                n = nn_min(l->lines - t % l->lines, next - t);
                for (int64_t b = 2 * p; b < nn_min(2 * p + 2, blocks); b++)
                    write_lines(r, from + (b - 2 * p) * NN_BLOCK, image, y + t / l->lines,
                                t % l->lines, n, b);
            }
        }
    }
}

static int64_t worker_floats(const layout *l)
{
    return nn_conv_round(2 * l->width * NN_BLOCK) + l->products * l->product + l->made;
}

// Index: image, strip.
static void run_strips(void *ctx, int64_t begin, int64_t end, int worker)
{
    const planes_run *r = ctx;
    const layout *l = &r->l;
    float *turned = (float *)r->call->scratch + worker * worker_floats(l);
    float *v = turned + nn_conv_round(2 * l->width * NN_BLOCK);
    for (int64_t i = begin; i < end; i++) {
        const int64_t image = i / l->strips, y = i % l->strips * l->rows;
        transform(r, image, y * l->geometry.stride_h - l->geometry.pad_top, turned, v);
        run_strip(r, image, y, v, v + l->products * l->product);
    }
}

static void run(const nn_op_call *call)
{
    planes_run r = {.call = call,
                    .l = layout_of_call(call),
                    .matrices = call->packed,
                    .act = (nn_act)((const nn_conv2d_params *)call->params)->act};
    r.bias = find_bias(&r.l, call->packed);
    r.weight = find_weights(&r.l, call->packed);
    nn_pool_run(call->pool, r.l.images * r.l.strips, 1, run_strips, &r);
}

static bool fits(const nn_op_problem *problem)
{
    const nn_conv2d_params *p = problem->params;
    const bool bias = problem->n_in > BIAS && problem->in[BIAS].rank >= 0;
    return !problem->exact && problem->in[X].dim[1] <= CHANNELS && p->groups == 1 &&
           p->dilation[0] == 1 && p->dilation[1] == 1 &&
           !(problem->n_in > SKIP && problem->in[SKIP].rank >= 0) &&
           problem->constant >> WEIGHT & 1 && (!bias || problem->constant >> BIAS & 1);
}

bool nn_conv_find_winograd_nchw(const nn_op_problem *problem, nn_op_impl *impl)
{
    // TILE: depth that costs as much as the rest of a tile. `pass`: seconds to write and read one
    // number.
    enum { TILE = 8 };
    const double pass = problem->kernels->microkernel.pixels > 1 ? 0.26e-9 : 15e-9;
    if (!fits(problem))
        return false;
    const layout l = find_layout(problem->params, &problem->in[X], &problem->in[WEIGHT],
                                 problem->out, problem->threads);
    if (!l.out || l.products * l.product > INT32_MAX || l.made > INT32_MAX)
        return false;
    const double sums =
        (double)(l.images * l.geometry.out_h * l.lines * l.products) * (double)(l.panels * PANEL);
    *impl = (nn_op_impl){
        .name = "winograd_nchw",
        .blocked_out = true,
        .unread = problem->constant & (1 << WEIGHT | 1 << BIAS),
        .packed_bytes = (size_t)packed_floats(&l) * sizeof(float),
        .scratch_bytes = (size_t)(problem->threads * worker_floats(&l)) * sizeof(float),
        .cost = nn_conv_cost(problem, sums * (double)(l.depth + TILE), 0.0) + sums * pass,
        .pack = pack,
        .run = run,
    };
    return true;
}
