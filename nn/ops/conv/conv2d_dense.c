// SPDX-License-Identifier: MIT
// Convolution of dense batches: cuts the batch into slices, makes padded copies and runs the
// kernels over them.
#include "nn/ops/conv/conv2d_dense.h"
#include "nn/ops/conv/conv2d_direct_padded.h"
#include "nn/ops/conv/conv2d_wgrad_winograd.h"
#include "nn/ops/conv/conv2d_winograd_train.h"

#include "nn/base/arith.h"

#include <string.h>

enum {
    PANEL = NN_PANEL_CHANNELS,
    SLICE = 8 * 1024 * 1024 / 4
}; // floats of the padded copies of a slice

static int gcd(int a, int b)
{
    return b ? gcd(b, a % b) : a;
}

// Returns how many pixels the kernel reads beyond an image.
static nn_halo forward_halo(const nn_conv_geometry *w)
{
    const int reach_h = (w->out_h - 1) * w->stride_h + w->dilation_h * (w->kernel_h - 1) + 1;
    const int reach_w = (w->out_w - 1) * w->stride_w + w->dilation_w * (w->kernel_w - 1) + 1;
    return (nn_halo){.top = w->pad_top,
                     .left = w->pad_left,
                     .bottom = nn_max(0, reach_h - w->pad_top - w->in_h),
                     .right = nn_max(0, reach_w - w->pad_left - w->in_w)};
}

// The taps whose gradients reach the pixels i of x with i % stride = phase. Tap k, with
// phase + pad - k dilation = shift stride, reads gy at i / stride + shift.
static nn_conv_axis back_axis(int phase, int kernel, int stride, int dilation, int pad)
{
    const int g = gcd(stride, dilation);
    nn_conv_axis a = {.tap_step = -(stride / g), .shift_step = dilation / g};
    for (int k = 0; k < kernel; k++)
        if ((phase + pad - k * dilation) % stride == 0) {
            a.count++;
            a.tap = k; // the last one reads first
            a.shift = (phase + pad - k * dilation) / stride;
        }
    return a;
}

static int64_t grid_size(int64_t size, int phase, int stride)
{
    return size > phase ? nn_divide_up(size - phase, stride) : 0;
}

// Widens *before and *after, the halo of gy along one axis, for all phases of x.
static void find_back_halo(int size, int out, int kernel, int stride, int dilation, int pad,
                           int *before, int *after)
{
    *before = *after = 0;
    for (int phase = 0; phase < stride; phase++) {
        const nn_conv_axis a = back_axis(phase, kernel, stride, dilation, pad);
        const int64_t grid = grid_size(size, phase, stride);
        if (!a.count || !grid)
            continue;
        *before = nn_max(*before, -a.shift);
        *after = nn_max(*after, (int)grid - out + a.shift + (a.count - 1) * a.shift_step);
    }
}

// The layout of the scratch memory.
typedef struct plan {
    nn_conv_padded x, gy;
    int64_t slice; // images
    nn_conv_direct forward;
    int64_t packed; // floats of all packed weights
    int64_t wgrad;  // floats of the packed weight gradient
    size_t worker_bytes;
} plan;

static plan find_plan(const nn_conv_layout *l, bool backward)
{
    const nn_conv_geometry *w = &l->geometry;
    const nn_halo halo = forward_halo(w);
    nn_halo back = {0};
    plan p = {.x = nn_conv_padded_make(l->groups, w->channels, w->in_h, w->in_w, &halo, true)};
    find_back_halo(w->in_h, w->out_h, w->kernel_h, w->stride_h, w->dilation_h, w->pad_top,
                   &back.top, &back.bottom);
    find_back_halo(w->in_w, w->out_w, w->kernel_w, w->stride_w, w->dilation_w, w->pad_left,
                   &back.left, &back.right);
    p.gy = nn_conv_padded_make(l->groups, l->m, w->out_h, w->out_w, &back, false);
    const int64_t image = p.x.image + (backward ? p.gy.image : 0);
    p.slice = SLICE / image;
    p.slice = p.slice < 1 ? 1 : nn_min(p.slice, l->images);
    return p;
}

static nn_conv_direct forward_slide(const nn_conv_run *r, const nn_conv_layout *l,
                                    const nn_conv_padded *x)
{
    const nn_conv_geometry *w = &l->geometry;
    const int64_t taps = (int64_t)w->kernel_h * w->kernel_w;
    return (nn_conv_direct){
        .call = r ? r->call : NULL,
        .padded = x,
        .y = {w->kernel_h, 0, 1, -w->pad_top, w->dilation_h},
        .x = {w->kernel_w, 0, 1, -w->pad_left, w->dilation_w},
        .step_y = w->stride_h,
        .step_x = w->stride_w,
        .height = w->out_h,
        .width = w->out_w,
        .out_channels = l->m,
        .out_height = w->out_h,
        .out_width = w->out_w,
        .out_step_y = 1,
        .out_step_x = 1,
        .act = r ? r->act : NN_ACT_NONE,
        .bias = r ? r->bias : NULL,
        .weight = r ? r->weight : NULL,
        .weight_group = l->m * l->k,
        .weight_out = l->k,
        .weight_in = taps,
        .kernel_w = w->kernel_w,
    };
}

static nn_conv_direct back_slide(const nn_conv_run *r, const nn_conv_layout *l,
                                 const nn_conv_padded *gy, int y, int x)
{
    const nn_conv_geometry *w = &l->geometry;
    return (nn_conv_direct){
        .call = r ? r->call : NULL,
        .padded = gy,
        .y = back_axis(y, w->kernel_h, w->stride_h, w->dilation_h, w->pad_top),
        .x = back_axis(x, w->kernel_w, w->stride_w, w->dilation_w, w->pad_left),
        .step_y = 1,
        .step_x = 1,
        .height = grid_size(w->in_h, y, w->stride_h),
        .width = grid_size(w->in_w, x, w->stride_w),
        .out_channels = w->channels,
        .out_height = w->in_h,
        .out_width = w->in_w,
        .first_y = y,
        .first_x = x,
        .out_step_y = w->stride_h,
        .out_step_x = w->stride_w,
        .add = !r || !r->unset || w->stride_h > 1 || w->stride_w > 1,
        .weight = r ? r->weight : NULL,
        .weight_group = l->m * l->k,
        .weight_out = (int64_t)w->kernel_h * w->kernel_w,
        .weight_in = l->k,
        .kernel_w = w->kernel_w,
    };
}

// Floats of the packed weights of all phases together.
static int64_t back_floats(const nn_conv_layout *l, const nn_conv_padded *gy)
{
    int64_t floats = 0;
    for (int y = 0; y < l->geometry.stride_h; y++)
        for (int x = 0; x < l->geometry.stride_w; x++) {
            const nn_conv_direct s = back_slide(NULL, l, gy, y, x);
            floats += nn_conv_direct_floats(&s);
        }
    return floats;
}

static size_t worker_bytes(const nn_conv_layout *l, bool backward)
{
    const size_t direct = nn_conv_direct_worker_bytes(), wgrad = nn_conv_wgrad_worker_bytes(l);
    return backward && wgrad > direct ? wgrad : direct;
}

// Floats of the memory of all threads, which comes first in the scratch memory.
static int64_t workers_floats(const nn_conv_layout *l, int threads, bool backward)
{
    return threads * (int64_t)(worker_bytes(l, backward) / sizeof(float));
}

// Floats of the gradient of the weights, summed in either way: exact runs use no Winograd.
static int64_t wgrad_floats(const nn_conv_layout *l)
{
    nn_conv_wgrad_winograd winograd;
    const int64_t direct = nn_conv_wgrad_floats(l);
    return nn_conv_wgrad_winograd_find(&winograd, l)
               ? nn_max(direct, nn_conv_wgrad_winograd_floats(&winograd))
               : direct;
}

int64_t nn_conv_dense_scratch(const nn_conv_layout *l, int threads, bool backward)
{
    const plan p = find_plan(l, backward);
    const nn_conv_direct s = forward_slide(NULL, l, &p.x);
    int64_t floats = nn_conv_padded_floats(&p.x, p.slice);
    int64_t slides = backward ? back_floats(l, &p.gy) : nn_conv_direct_floats(&s);
    nn_conv_winograd_train winograd;
    if (backward)
        floats += nn_conv_padded_floats(&p.gy, p.slice) + wgrad_floats(l);
    if (nn_conv_winograd_train_find(&winograd, l, backward)) {
        const int64_t want = nn_conv_winograd_train_floats(&winograd, p.slice, threads);
        slides = want > slides ? want : slides;
    }
    return workers_floats(l, threads, backward) + floats + slides;
}

void nn_conv_dense_forward(const nn_conv_run *r)
{
    const nn_conv_layout *l = &r->l;
    plan p = find_plan(l, false);
    float *workers = r->call->scratch;
    float *memory = workers + workers_floats(l, nn_pool_threads(r->call->pool), false);
    nn_conv_direct s = forward_slide(r, l, &p.x);
    nn_conv_winograd_train winograd;
    const bool by_winograd =
        r->call->training && !r->call->exact && nn_conv_winograd_train_find(&winograd, l, false);
    nn_conv_padded_place(&p.x, memory);
    memory += nn_conv_padded_floats(&p.x, p.slice);
    nn_conv_direct_place(&s, memory, workers);
    if (by_winograd)
        nn_conv_winograd_train_pack(&winograd, r, memory);
    else
        nn_conv_direct_pack(&s);
    for (int64_t n = 0; n < l->images; n += p.slice) {
        const int64_t images = nn_min(p.slice, l->images - n);
        float *y = r->y + n * l->groups * l->m * l->pixels;
        nn_conv_padded_fill(&p.x, r->call,
                            r->x + n * l->groups * l->geometry.channels * l->in_pixels, images);
        if (by_winograd)
            nn_conv_winograd_train_run(&winograd, r, &p.x, memory, y, images);
        else
            nn_conv_direct_run(&s, y, images);
    }
}

typedef enum back_step { PACK, RUN } back_step;

// Packs the weights of all phases of x, or runs all phases over a slice that begins at image n.
static void backward_phases(const nn_conv_run *r, const plan *p, float *memory, back_step step,
                            int64_t n, int64_t images)
{
    const nn_conv_layout *l = &r->l;
    for (int y = 0; y < l->geometry.stride_h; y++)
        for (int x = 0; x < l->geometry.stride_w; x++) {
            nn_conv_direct s = back_slide(r, l, &p->gy, y, x);
            nn_conv_direct_place(&s, memory, r->call->scratch);
            memory += nn_conv_direct_floats(&s);
            if (!s.y.count || !s.x.count)
                continue;
            if (step == PACK)
                nn_conv_direct_pack(&s);
            else
                nn_conv_direct_run(&s, r->gx + n * l->groups * l->geometry.channels * l->in_pixels,
                                   images);
        }
}

// Computes the gradient of x for a slice, by Winograd where that is faster.
static void backward_input(const nn_conv_run *r, const plan *p, float *memory, back_step step,
                           int64_t n, int64_t images)
{
    const nn_conv_layout *l = &r->l;
    nn_conv_winograd_train winograd;
    if (r->call->exact || !nn_conv_winograd_train_find(&winograd, l, true))
        backward_phases(r, p, memory, step, n, images);
    else if (step == PACK)
        nn_conv_winograd_train_pack(&winograd, r, memory);
    else
        nn_conv_winograd_train_run(&winograd, r, &p->gy, memory,
                                   r->gx + n * l->geometry.channels * l->in_pixels, images);
}

// The phases of a stride may leave pixels of x that no tap reaches.
static void clear_images(void *ctx, int64_t begin, int64_t end, int worker)
{
    (void)worker;
    const nn_conv_run *r = ctx;
    const int64_t image = r->l.groups * r->l.geometry.channels * r->l.in_pixels;
    memset(r->gx + begin * image, 0, (size_t)((end - begin) * image) * sizeof *r->gx);
}

void nn_conv_dense_backward(const nn_conv_run *r)
{
    const nn_conv_layout *l = &r->l;
    plan p = find_plan(l, true);
    float *workers = r->call->scratch;
    float *memory = workers + workers_floats(l, nn_pool_threads(r->call->pool), true);
    nn_conv_padded_place(&p.x, memory);
    memory += nn_conv_padded_floats(&p.x, p.slice);
    nn_conv_padded_place(&p.gy, memory);
    memory += nn_conv_padded_floats(&p.gy, p.slice);
    nn_conv_wgrad w = {r, &p.x, &p.gy, memory, (char *)workers};
    nn_conv_wgrad_winograd winograd;
    float *sums = !r->call->exact && nn_conv_wgrad_winograd_find(&winograd, l) ? memory : NULL;
    memory += wgrad_floats(l);
    if (r->gx)
        backward_input(r, &p, memory, PACK, 0, 0);
    if (r->gx && r->unset && (l->geometry.stride_h > 1 || l->geometry.stride_w > 1))
        nn_pool_run(r->call->pool, l->images, 1, clear_images, (void *)r);
    for (int64_t n = 0; n < l->images; n += p.slice) {
        const int64_t images = nn_min(p.slice, l->images - n);
        nn_conv_padded_fill(&p.gy, r->call, r->gy + n * l->groups * l->m * l->pixels, images);
        if (r->gw) {
            nn_conv_padded_fill(&p.x, r->call,
                                r->x + n * l->groups * l->geometry.channels * l->in_pixels, images);
            if (sums)
                nn_conv_wgrad_winograd_run(&winograd, &w, sums, images, n == 0,
                                           n + images == l->images);
            else
                nn_conv_wgrad_run(&w, images, n > 0);
        }
        if (r->gx)
            backward_input(r, &p, memory, RUN, n, images);
    }
    if (r->gw && !sums)
        nn_conv_wgrad_add(&w);
}
