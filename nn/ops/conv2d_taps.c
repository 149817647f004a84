// SPDX-License-Identifier: MIT
// Convolution of padded images by shifted views: no pixel is copied once per kernel tap.
//
// A strip of an image is copied with its borders. When the stride is s, the copy is split into
// phases (every s-th row and column), so that going one output pixel to the right is one float to
// the right for every tap. Output rows then follow each other at a fixed pitch and a whole strip is
// one product; the columns between the rows (pitch - width) come out as rubbish and are dropped.
#include "nn/ops/conv2d.h"

#include <string.h>

enum { ROWS = 16 }; // channels of one product; their results stay in the first-level cache

// A padded, phased copy of some rows of one image.
typedef struct strip {
    nn_window window;      // im2col with it makes the copy
    int64_t size;          // output rows of a strip
    int64_t count;         // strips of an image
    int64_t height, width; // output
    int64_t pitch, halo;   // floats from one output row to the next; rows beyond the output rows
    int64_t plane;         // floats of one channel and phase
    int64_t floats;        // of the whole copy
} strip;

// One axis of the forward geometry. Kernel tap i reads phase i % phases at i / phases * step.
typedef struct axis {
    int phases, step;
    int used; // phases that any tap reads
    int halo;
} axis;

static int gcd(int a, int b)
{
    return b ? gcd(b, a % b) : a;
}

static axis find_axis(int kernel, int stride, int dilation)
{
    axis a = {.phases = stride / gcd(stride, dilation)};
    a.step = a.phases * dilation / stride;
    a.used = kernel < a.phases ? kernel : a.phases;
    a.halo = (kernel - 1) / a.phases * a.step;
    return a;
}

static void size_strip(strip *s, int64_t blocks)
{
    enum { MIN_ROWS = 4, MIN_STRIPS = 4 };
    int64_t row = s->pitch * s->window.channels * s->window.kernel_h * s->window.kernel_w;
    s->size = NN_CONV_STRIP / row - s->halo;
    if (s->size < MIN_ROWS)
        s->size = MIN_ROWS;
    // A single image still gives several threads something to do.
    if (blocks == 1 && s->size > (s->height + MIN_STRIPS - 1) / MIN_STRIPS)
        s->size = (s->height + MIN_STRIPS - 1) / MIN_STRIPS;
    if (s->size > s->height)
        s->size = s->height;
    s->count = (s->height + s->size - 1) / s->size;
    s->plane = (s->size + s->halo) * s->pitch;
    s->floats = nn_conv_round(row / s->pitch * s->plane);
}

// Strips of x for forward and for the weight gradient.
static strip find_strip(const nn_conv_layout *l, axis *y, axis *x)
{
    const nn_window *w = &l->window;
    *y = find_axis(w->kernel_h, w->stride_h, w->dilation_h);
    *x = find_axis(w->kernel_w, w->stride_w, w->dilation_w);
    strip s = {.window = *w, .height = w->out_h, .width = w->out_w, .halo = y->halo};
    s.window.kernel_h = y->used;
    s.window.kernel_w = x->used;
    s.window.out_h = w->out_h + y->halo;
    s.window.out_w = w->out_w + x->halo;
    s.pitch = s.window.out_w;
    size_strip(&s, l->images * l->groups);
    return s;
}

static void find_offsets(const nn_conv_layout *l, const strip *s, const axis *y, const axis *x,
                         int32_t *offset)
{
    for (int c = 0; c < l->window.channels; c++)
        for (int ky = 0; ky < l->window.kernel_h; ky++)
            for (int kx = 0; kx < l->window.kernel_w; kx++) {
                int64_t phase = ((int64_t)c * y->used + ky % y->phases) * x->used + kx % x->phases;
                *offset++ = (int32_t)(phase * s->plane + ky / y->phases * y->step * s->pitch +
                                      kx / x->phases * x->step);
            }
}

// Gradients of x: pixels y of x with y % stride = phase are a convolution, stride 1, of gy with the
// taps ky for which phase + pad - ky dilation divides by the stride; tap ky reads gy at shift(ky)
// rows on.
typedef struct shifts {
    int stride, dilation, pad, kernel;
    int low, high; // extremes of the shift
} shifts;

static bool find_shift(const shifts *s, int phase, int tap, int *shift)
{
    int at = phase + s->pad - tap * s->dilation;
    *shift = at / s->stride;
    return at % s->stride == 0;
}

static shifts find_shifts(int kernel, int stride, int dilation, int pad)
{
    shifts s = {stride, dilation, pad, kernel, INT32_MAX, INT32_MIN};
    for (int phase = 0; phase < stride; phase++)
        for (int tap = 0, at; tap < kernel; tap++)
            if (find_shift(&s, phase, tap, &at)) {
                s.low = at < s.low ? at : s.low;
                s.high = at > s.high ? at : s.high;
            }
    return s;
}

static int ceil_div(int a, int b)
{
    return (a + b - 1) / b;
}

// Strips of gy for the gradient of x; height and width are those of the largest phase of x.
static strip find_back_strip(const nn_conv_layout *l, shifts *y, shifts *x)
{
    const nn_window *w = &l->window;
    *y = find_shifts(w->kernel_h, w->stride_h, w->dilation_h, w->pad_top);
    *x = find_shifts(w->kernel_w, w->stride_w, w->dilation_w, w->pad_left);
    strip s = {.height = ceil_div(w->in_h, w->stride_h), .width = ceil_div(w->in_w, w->stride_w)};
    s.halo = y->high - y->low;
    s.pitch = s.width + x->high - x->low;
    s.window = (nn_window){.channels = (int)l->m,
                           .in_h = w->out_h,
                           .in_w = w->out_w,
                           .out_h = (int)(s.height + s.halo),
                           .out_w = (int)s.pitch,
                           .kernel_h = 1,
                           .kernel_w = 1,
                           .stride_h = 1,
                           .stride_w = 1,
                           .pad_top = -y->low,
                           .pad_left = -x->low,
                           .dilation_h = 1,
                           .dilation_w = 1};
    size_strip(&s, l->images * l->groups);
    return s;
}

static int64_t weight_floats(const nn_conv_layout *l)
{
    return nn_conv_round(l->groups * l->m * l->k);
}

static int64_t count_chunks(const nn_conv_layout *l, const strip *s)
{
    int64_t units = l->images * s->count;
    return units < NN_CONV_CHUNKS ? units : NN_CONV_CHUNKS;
}

// Floats of one thread: a copy and the results of one product.
static int64_t worker_floats(const strip *s)
{
    return s->floats + ROWS * nn_conv_round(s->size * s->pitch);
}

int64_t nn_conv_taps_scratch(const nn_conv_layout *l, int threads, bool backward)
{
    axis y, x;
    shifts ys, xs;
    strip s = find_strip(l, &y, &x);
    int64_t worker = worker_floats(&s), shared = nn_conv_round(l->k);
    if (backward) {
        strip b = find_back_strip(l, &ys, &xs);
        worker = worker_floats(&b) > worker ? worker_floats(&b) : worker;
        shared += nn_conv_round(l->m * l->window.kernel_h * l->window.kernel_w) +
                  (1 + count_chunks(l, &s)) * weight_floats(l);
    }
    return shared + threads * worker;
}

// What a pass needs besides the run; laid out in the scratch memory.
typedef struct pass {
    const nn_conv_run *run;
    strip s;
    shifts y, x;     // gradient of x
    int32_t *offset; // of the taps in a copy
    float *weight;   // gradient of x: transposed, phase by phase
    float *partial;  // gradient of the weights: count_chunks times weight_floats
    float *worker;   // worker_floats for each thread
    int64_t chunks;
} pass;

// --- forward ---

static void write_rows(const pass *p, const float *from, float *y, float bias, int64_t rows)
{
    const nn_eltwise_kernels *k = &p->run->call->kernels->eltwise;
    for (int64_t r = 0; r < rows; r++)
        k->affine(y + r * p->s.width, from + r * p->s.pitch, 1.0f, bias, p->s.width);
    if (p->run->act != NN_ACT_NONE)
        k->act[p->run->act](y, y, rows * p->s.width);
}

// Index: image, group, strip.
static void forward_strips(void *ctx, int64_t begin, int64_t end, int worker)
{
    const pass *p = ctx;
    const nn_conv_run *run = p->run;
    const nn_conv_layout *l = &run->l;
    const nn_kernels *kernels = run->call->kernels;
    const strip *s = &p->s;
    float *copy = p->worker + worker * worker_floats(s), *result = copy + s->floats;
    int64_t ld = nn_conv_round(s->size * s->pitch);
    for (int64_t t = begin; t < end; t++) {
        int64_t block = t / s->count, first = t % s->count * s->size, group = block % l->groups;
        int64_t rows = s->height - first < s->size ? s->height - first : s->size;
        kernels->gemm.im2col(copy, s->plane, run->x + block * l->window.channels * l->in_pixels,
                             &s->window, first * s->pitch, (first + rows + s->halo) * s->pitch);
        for (int64_t i = 0; i < l->m; i += ROWS) {
            int64_t m = l->m - i < ROWS ? l->m - i : ROWS, o = group * l->m + i;
            kernels->taps.product(m, (rows - 1) * s->pitch + s->width, l->k, run->weight + o * l->k,
                                  l->k, copy, p->offset, result, ld);
            float *y = run->y + (block * l->m + i) * l->pixels + first * s->width;
            for (int64_t j = 0; j < m; j++)
                write_rows(p, result + j * ld, y + j * l->pixels,
                           run->bias ? run->bias[o + j] : 0.0f, rows);
        }
    }
}

void nn_conv_taps_forward(const nn_conv_run *r)
{
    axis y, x;
    pass p = {.run = r, .s = find_strip(&r->l, &y, &x), .offset = r->call->scratch};
    find_offsets(&r->l, &p.s, &y, &x, p.offset);
    p.worker = (float *)r->call->scratch + nn_conv_round(r->l.k);
    nn_pool_run(r->call->pool, r->l.images * r->l.groups * p.s.count, 1, forward_strips, &p);
}

// --- gradient of the weights ---

// Rows of gy at the pitch of the copy, with zeros where forward has rubbish.
static void spread_rows(const pass *p, float *to, const float *gy, int64_t rows)
{
    size_t width = (size_t)p->s.width * sizeof *to, gap = (size_t)p->s.pitch * sizeof *to - width;
    for (int64_t r = 0; r < rows; r++, to += p->s.pitch, gy += p->s.width) {
        memcpy(to, gy, width);
        if (r + 1 < rows)
            memset(to + p->s.width, 0, gap);
    }
}

// Index: chunk, group. A chunk is a run of (image, strip).
static void weight_chunks(void *ctx, int64_t begin, int64_t end, int worker)
{
    const pass *p = ctx;
    const nn_conv_run *run = p->run;
    const nn_conv_layout *l = &run->l;
    const nn_kernels *kernels = run->call->kernels;
    const strip *s = &p->s;
    float *copy = p->worker + worker * worker_floats(s), *spread = copy + s->floats;
    int64_t ld = nn_conv_round(s->size * s->pitch), units = l->images * s->count;
    for (int64_t t = begin; t < end; t++) {
        int64_t chunk = t / l->groups, group = t % l->groups;
        float *gw = p->partial + chunk * weight_floats(l) + group * l->m * l->k;
        memset(gw, 0, (size_t)(l->m * l->k) * sizeof *gw);
        for (int64_t u = nn_conv_part(units, chunk, p->chunks);
             u < nn_conv_part(units, chunk + 1, p->chunks); u++) {
            int64_t block = u / s->count * l->groups + group, first = u % s->count * s->size;
            int64_t rows = s->height - first < s->size ? s->height - first : s->size;
            kernels->gemm.im2col(copy, s->plane, run->x + block * l->window.channels * l->in_pixels,
                                 &s->window, first * s->pitch, (first + rows + s->halo) * s->pitch);
            for (int64_t i = 0; i < l->m; i += ROWS) {
                int64_t m = l->m - i < ROWS ? l->m - i : ROWS;
                const float *gy = run->gy + (block * l->m + i) * l->pixels + first * s->width;
                for (int64_t j = 0; j < m; j++)
                    spread_rows(p, spread + j * ld, gy + j * l->pixels, rows);
                kernels->taps.product_t(m, (rows - 1) * s->pitch + s->width, l->k, spread, ld, copy,
                                        p->offset, gw + i * l->k, l->k);
            }
        }
    }
}

static void add_partials(void *ctx, int64_t begin, int64_t end, int worker)
{
    (void)worker;
    const pass *p = ctx;
    float *gw = p->run->gw + begin;
    for (int64_t i = 0; i < p->chunks; i++)
        p->run->call->kernels->eltwise.add(
            gw, gw, p->partial + i * weight_floats(&p->run->l) + begin, end - begin);
}

// --- gradient of x ---

static int count_shifts(const shifts *s, int phase)
{
    int count = 0, at;
    for (int tap = 0; tap < s->kernel; tap++)
        count += find_shift(s, phase, tap, &at);
    return count;
}

// Turns the weights of one phase of x into [group][input channel][output channel, tap] and lists
// the offsets of (output channel, tap) in a copy of gy.
static void pack_phase(const pass *p, int phase_y, int phase_x, int64_t taps, float *weight,
                       int32_t *offset)
{
    const nn_conv_layout *l = &p->run->l;
    int64_t area = (int64_t)p->y.kernel * p->x.kernel, tap = 0;
    int dy, dx;
    for (int64_t o = 0; o < l->m; o++)
        for (int ky = 0; ky < p->y.kernel; ky++)
            for (int kx = 0; kx < p->x.kernel; kx++) {
                if (!find_shift(&p->y, phase_y, ky, &dy) || !find_shift(&p->x, phase_x, kx, &dx))
                    continue;
                offset[tap] =
                    (int32_t)(o * p->s.plane + (dy - p->y.low) * p->s.pitch + dx - p->x.low);
                for (int64_t i = 0; i < l->groups * l->window.channels; i++) {
                    int64_t g = i / l->window.channels, c = i % l->window.channels;
                    weight[i * l->m * taps + tap] =
                        p->run->weight[(g * l->m + o) * l->k + c * area + ky * p->x.kernel + kx];
                }
                tap++;
            }
}

static void add_rows(const pass *p, int64_t rows, int64_t width, const float *from, float *gx)
{
    const nn_window *w = &p->run->l.window;
    for (int64_t r = 0; r < rows; r++, from += p->s.pitch, gx += (int64_t)w->stride_h * w->in_w)
        if (w->stride_w == 1)
            p->run->call->kernels->eltwise.add(gx, gx, from, width);
        else
            for (int64_t i = 0; i < width; i++)
                gx[i * w->stride_w] += from[i];
}

// One phase of a strip whose rows of gy are in `copy`.
static void add_phase(const pass *p, int64_t block, int64_t first, int y, int x, int64_t taps,
                      const float *weight, const int32_t *offset, float *copy)
{
    const nn_conv_run *run = p->run;
    const nn_conv_layout *l = &run->l;
    const nn_window *w = &l->window;
    float *result = copy + p->s.floats;
    int64_t ld = nn_conv_round(p->s.size * p->s.pitch), k = l->m * taps;
    int64_t rows = ceil_div(w->in_h - y, w->stride_h) - first;
    int64_t width = ceil_div(w->in_w - x, w->stride_w);
    rows = rows < p->s.size ? rows : p->s.size;
    if (rows <= 0 || width <= 0)
        return;
    weight += block % l->groups * w->channels * k;
    for (int64_t c = 0; c < w->channels; c += ROWS) {
        int64_t m = w->channels - c < ROWS ? w->channels - c : ROWS;
        run->call->kernels->taps.product(m, (rows - 1) * p->s.pitch + width, k, weight + c * k, k,
                                         copy, offset, result, ld);
        float *gx = run->gx + (block * w->channels + c) * l->in_pixels +
                    (first * w->stride_h + y) * w->in_w + x;
        for (int64_t j = 0; j < m; j++)
            add_rows(p, rows, width, result + j * ld, gx + j * l->in_pixels);
    }
}

// Index: image, group, strip.
static void input_strips(void *ctx, int64_t begin, int64_t end, int worker)
{
    const pass *p = ctx;
    const nn_conv_run *run = p->run;
    const nn_conv_layout *l = &run->l;
    const strip *s = &p->s;
    float *copy = p->worker + worker * worker_floats(s);
    for (int64_t t = begin; t < end; t++) {
        int64_t block = t / s->count, first = t % s->count * s->size, before = 0;
        int64_t rows = s->height - first < s->size ? s->height - first : s->size;
        run->call->kernels->gemm.im2col(copy, s->plane, run->gy + block * l->m * l->pixels,
                                        &s->window, first * s->pitch,
                                        (first + rows + s->halo) * s->pitch);
        for (int y = 0; y < p->y.stride; y++)
            for (int x = 0; x < p->x.stride; x++) {
                int64_t taps = (int64_t)count_shifts(&p->y, y) * count_shifts(&p->x, x);
                if (taps)
                    add_phase(p, block, first, y, x, taps,
                              p->weight + before * l->groups * l->window.channels * l->m,
                              p->offset + before * l->m, copy);
                before += taps;
            }
    }
}

static void backward_input(const nn_conv_run *r)
{
    const nn_conv_layout *l = &r->l;
    pass p = {.run = r, .offset = r->call->scratch};
    p.s = find_back_strip(l, &p.y, &p.x);
    p.weight = (float *)p.offset + nn_conv_round(l->m * p.y.kernel * p.x.kernel);
    p.worker = p.weight + weight_floats(l);
    int64_t before = 0;
    for (int y = 0; y < p.y.stride; y++)
        for (int x = 0; x < p.x.stride; x++) {
            int64_t taps = (int64_t)count_shifts(&p.y, y) * count_shifts(&p.x, x);
            pack_phase(&p, y, x, taps, p.weight + before * l->groups * l->window.channels * l->m,
                       p.offset + before * l->m);
            before += taps;
        }
    nn_pool_run(r->call->pool, l->images * l->groups * p.s.count, 1, input_strips, &p);
}

static void backward_weight(const nn_conv_run *r)
{
    enum { GRAIN = 4096 };
    const nn_conv_layout *l = &r->l;
    axis y, x;
    pass p = {.run = r, .s = find_strip(l, &y, &x), .offset = r->call->scratch};
    find_offsets(l, &p.s, &y, &x, p.offset);
    p.chunks = count_chunks(l, &p.s);
    p.partial = (float *)p.offset + nn_conv_round(l->k);
    p.worker = p.partial + p.chunks * weight_floats(l);
    nn_pool_run(r->call->pool, p.chunks * l->groups, 1, weight_chunks, &p);
    nn_pool_run(r->call->pool, l->groups * l->m * l->k, GRAIN, add_partials, &p);
}

void nn_conv_taps_backward(const nn_conv_run *r)
{
    if (r->gw)
        backward_weight(r);
    if (r->gx)
        backward_input(r);
}
