// SPDX-License-Identifier: MIT
// Gradient of the weights of a convolution: the products of sixteen output channels and some
// inputs, summed over all pixels of a slice.
#include "nn/ops/conv/conv2d_wgrad.h"
#include "nn/base/arith.h"
#include "nn/base/memory.h"

#include <string.h>

enum { PANEL = NN_PANEL_CHANNELS };
// Pixels of a sum that stays in the first-level cache; floats of one addition.
enum { PIXELS = 512, PIECE = 512 };

static int64_t panels_of(const nn_conv_layout *l)
{
    return nn_divide_up(l->m, PANEL);
}

// Floats of the sums; each panel has two halves of [k][8].
int64_t nn_conv_wgrad_floats(const nn_conv_layout *l)
{
    return l->groups * panels_of(l) * PANEL * l->k;
}

// Memory of one thread: the addresses of the inputs, and the rows of one sum.
static const float **place_lists(const nn_conv_layout *l, char *memory, int32_t **in_row,
                                 int32_t **row)
{
    *in_row = (void *)(memory + (size_t)l->k * sizeof(float *));
    *row = *in_row + PIXELS;
    return (void *)memory;
}

size_t nn_conv_wgrad_worker_bytes(const nn_conv_layout *l)
{
    const size_t bytes = (size_t)l->k * sizeof(float *) + 2 * PIXELS * sizeof(int32_t);
    return nn_align_up(bytes);
}

typedef struct pass {
    const nn_conv_wgrad *w;
    int64_t images, parts; // tasks that share the inputs of a panel
    bool add;
} pass;

// Inputs [begin, end) of a group: (channel, ky, kx) in the order of the weights.
static void find_inputs(const nn_conv_wgrad *w, int64_t group, int64_t begin, int64_t end,
                        const float **in)
{
    const nn_conv_geometry *win = &w->run->l.geometry;
    const nn_conv_padded *x = w->x;
    const int64_t taps = (int64_t)win->kernel_h * win->kernel_w;
    for (int64_t i = begin; i < end; i++) {
        const int64_t c = i / taps, ky = i % taps / win->kernel_w, kx = i % win->kernel_w;
        *in++ = x->data + (group * x->blocks + c / x->unit) * x->plane + c % x->unit +
                (ky * win->dilation_h - win->pad_top) * x->row +
                (kx * win->dilation_w - win->pad_left) * x->unit;
    }
}

// Index: group, panel, part of the inputs.
static void run_parts(void *ctx, int64_t begin, int64_t end, int worker)
{
    const pass *p = ctx;
    const nn_conv_wgrad *w = p->w;
    const nn_conv_layout *l = &w->run->l;
    const nn_conv_geometry *win = &l->geometry;
    const int64_t panels = panels_of(l), rows = p->images * win->out_h;
    const int64_t step = nn_min(nn_max(PIXELS / win->out_w, 1), PIXELS);
    int32_t *in_row, *row;
    const float **in =
        place_lists(l, w->workers + (size_t)worker * nn_conv_wgrad_worker_bytes(l), &in_row, &row);
    for (int64_t t = begin; t < end; t++) {
        const int64_t panel = t / p->parts % panels, group = t / p->parts / panels;
        const int64_t first = nn_conv_part(l->k, t % p->parts, p->parts);
        const int64_t last = nn_conv_part(l->k, t % p->parts + 1, p->parts);
        nn_microkernel_grad_args g = {
            .width = win->out_w,
            .in_row = in_row,
            .step = win->stride_w * w->x->unit,
            .row = row,
            .grad = w->gy->data + (group * w->gy->blocks + 2 * panel) * w->gy->plane,
            .plane = w->gy->plane,
            .channels = l->m - panel * PANEL > NN_BLOCK ? PANEL : NN_BLOCK,
            .out = w->packed + (group * panels + panel) * PANEL * l->k + first * NN_BLOCK,
            .out_plane = l->k * NN_BLOCK};
        find_inputs(w, group, first, last, in);
        for (int64_t r = 0; r < rows; r += step) {
            g.rows = (int)nn_min(step, rows - r);
            g.add = p->add || r > 0;
            for (int64_t i = 0; i < g.rows; i++) {
                const int64_t image = (r + i) / win->out_h, y = (r + i) % win->out_h;
                in_row[i] = (int32_t)(image * w->x->image + y * win->stride_h * w->x->row);
                row[i] = (int32_t)(image * w->gy->image + y * w->gy->row);
            }
            w->run->call->kernels->microkernel.grad(&g, (int)(last - first), in);
        }
    }
}

void nn_conv_wgrad_run(const nn_conv_wgrad *w, int64_t images, bool add)
{
    enum { TASKS = 16, FEWEST = 24 }; // inputs of a task
    const nn_conv_layout *l = &w->run->l;
    const int64_t panels = l->groups * panels_of(l);
    const pass p = {.w = w,
                    .images = images,
                    .parts = nn_max(1, nn_min(nn_divide_up(TASKS, panels), l->k / FEWEST)),
                    .add = add};
    nn_pool_run(w->run->call->pool, panels * p.parts, 1, run_parts, (void *)&p);
}

// Index: block of eight output channels of all groups.
static void add_blocks(void *ctx, int64_t begin, int64_t end, int worker)
{
    (void)worker;
    const nn_conv_wgrad *w = ctx;
    const nn_kernels *kernels = w->run->call->kernels;
    const nn_conv_layout *l = &w->run->l;
    const int64_t blocks = nn_blocked_count(l->m);
    float dense[NN_BLOCK * PIECE];
    for (int64_t t = begin; t < end; t++) {
        const int64_t group = t / blocks, block = t % blocks;
        const int64_t channels = nn_min(NN_BLOCK, l->m - block * NN_BLOCK);
        const float *from = w->packed + ((group * panels_of(l)) * 2 + block) * NN_BLOCK * l->k;
        float *to = w->run->gw + (group * l->m + block * NN_BLOCK) * l->k;
        for (int64_t i = 0; i < l->k; i += PIECE) {
            const int64_t n = nn_min(PIECE, l->k - i);
            kernels->nchw8c.unpack(dense, n, from + i * NN_BLOCK, (int)channels, n);
            for (int64_t c = 0; c < channels; c++)
                kernels->eltwise.add(to + c * l->k + i, to + c * l->k + i, dense + c * n, n);
        }
    }
}

void nn_conv_wgrad_add(const nn_conv_wgrad *w)
{
    const nn_conv_layout *l = &w->run->l;
    nn_pool_run(w->run->call->pool, l->groups * nn_blocked_count(l->m), 1, add_blocks, (void *)w);
}
