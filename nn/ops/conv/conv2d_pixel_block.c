// SPDX-License-Identifier: MIT
// Runs panels of packed weights over blocks of output pixels.
#include "nn/ops/conv/conv2d_pixel_block.h"
#include "nn/base/arith.h"
#include "nn/base/memory.h"

#include <string.h>

enum { WEIGHT = 1, BIAS, SKIP, PANEL = NN_PANEL_CHANNELS };

size_t nn_conv_pixel_block_lists(int64_t pixels, void *memory, nn_conv_pixel_block *s)
{
    const size_t n = (size_t)pixels;
    const size_t pixel = nn_align_up(n * sizeof(float *)), place = nn_align_up(n * sizeof(int32_t));
    if (s) {
        s->pixel = memory;
        s->place = (void *)((char *)memory + pixel);
        s->skip_place = (void *)((char *)memory + pixel + place);
        s->factor = NULL;
        s->expanded = NULL;
    }
    return pixel + 2 * place;
}

static const nn_tensor *find_skip(const nn_op_call *call)
{
    return call->n_in > SKIP && call->in[SKIP].data ? &call->in[SKIP] : NULL;
}

void nn_conv_pixel_block_offsets(const nn_conv_blocked_run *t, const nn_conv_pixel_block *s)
{
    const nn_tensor *skip = find_skip(t->call);
    const int64_t width = t->l.geometry.out_w, n = s->end - s->begin, out = t->call->out->row;
    int64_t y = s->begin / width, x = s->begin % width;
    for (int64_t i = 0; i < n; y++, x = 0)
        for (; x < width && i < n; x++, i++) {
            s->place[i] = (int32_t)(y * out + x * NN_BLOCK);
            if (skip)
                s->skip_place[i] = (int32_t)(y * skip->row + x * NN_BLOCK);
        }
}

// Applies the activation to the pixels of `blocks` channel blocks from `block` on.
static void activate(const nn_conv_blocked_run *t, const nn_conv_pixel_block *s, int64_t block,
                     int64_t blocks, nn_act act)
{
    const int64_t width = t->l.geometry.out_w;
    for (int64_t b = block; b < block + blocks; b++)
        for (int64_t at = s->begin, next; at < s->end; at = next) {
            next = nn_min((at / width + 1) * width, s->end);
            float *y = nn_blocked_at(t->call->out, s->image, b, at / width, at % width);
            t->call->kernels->eltwise.act[act](y, y, (next - at) * NN_BLOCK);
        }
}

// The run of panel `panel` of the group of s.
static nn_microkernel_args find_run(const nn_conv_blocked_run *t, const nn_conv_pixel_block *s,
                                    int64_t panel)
{
    const nn_op_call *call = t->call;
    const nn_tensor *skip = find_skip(call);
    const int64_t group = nn_blocked_count(t->l.m), at = s->group * t->panels.count + panel;
    const int64_t blocks = nn_min(2, group - 2 * panel), block = s->group * group + 2 * panel;
    nn_microkernel_args tile = {
        .offset = t->offset,
        .blocks = t->blocks,
        .run = t->run,
        .single = t->offset + t->blocks,
        .singles = t->singles,
        .weight = nn_conv_packed_weight(&t->panels, call->packed, at),
        .half = t->panels.half,
        .next_half = t->panels.half,
        .act = nn_act_early((nn_act)((const nn_conv2d_params *)call->params)->act),
        .channels = (int)blocks * NN_BLOCK,
        .bias = nn_conv_packed_bias(call->packed, at),
        .out = nn_blocked_at(call->out, s->image, block, 0, 0),
        .plane = call->out->plane,
    };
    if (skip) {
        tile.skip = nn_blocked_at(skip, s->image, block, 0, 0);
        tile.skip_place = s->skip_place;
        tile.skip_plane = skip->plane;
    }
    return tile;
}

// Multiplies the weights of a run by the factors.
static void scale_weights(const nn_kernels *k, int64_t depth, nn_microkernel_args *tile)
{
    float *expanded = tile->expanded;
    const float *weight = tile->half ? expanded : tile->weight;
    if (tile->half)
        k->cast.f32_from_f16(expanded, tile->weight, depth * PANEL);
    for (int64_t i = 0; i < depth; i++, expanded += PANEL, weight += PANEL) {
        const float factor = tile->factor[i];
        float product[PANEL]; // so that compilers multiply vectors
        for (int j = 0; j < PANEL; j++)
            product[j] = weight[j] * factor;
        memcpy(expanded, product, sizeof product);
    }
    tile->weight = tile->expanded;
    tile->half = false;
}

void nn_conv_pixel_block_run(const nn_conv_blocked_run *t, const nn_conv_pixel_block *s,
                             int64_t first, int64_t last)
{
    const nn_op_call *call = t->call;
    const nn_act act = (nn_act)((const nn_conv2d_params *)call->params)->act;
    const int64_t start = s->group * t->panels.count;
    const int64_t most = nn_microkernel_panels(&call->kernels->microkernel);
    for (int64_t panel = first, n; panel < last; panel += n) {
        nn_microkernel_args tile[2];
        n = nn_min(most, last - panel);
        for (int64_t i = 0; i < n; i++) {
            const int64_t following = panel + n + i;
            tile[i] = find_run(t, s, panel + i);
            if (following < t->panels.count)
                tile[i].next = nn_conv_packed_weight(&t->panels, call->packed, start + following);
            tile[i].factor = s->factor;
            if (s->expanded)
                tile[i].expanded = s->expanded + i * t->panels.depth * PANEL;
        }
        for (int64_t i = 0; i < n && s->factor && !nn_microkernel_is_pair(tile, (int)n); i++)
            scale_weights(call->kernels, t->panels.depth, &tile[i]);
        nn_microkernel_run_panels(&call->kernels->microkernel, tile, (int)n,
                                  (int)(s->end - s->begin), s->pixel, s->place);
    }
    if (act != nn_act_early(act)) {
        const int64_t group = nn_blocked_count(t->l.m);
        activate(t, s, s->group * group + 2 * first, nn_min(2 * last, group) - 2 * first, act);
    }
}

double nn_conv_padded_macs(const nn_conv_layout *l, int64_t depth)
{
    enum { TILE = 6, AT_LEAST = 4 }; // fewer than four pixels take as long as four
    const int64_t least = nn_divide_up(l->pixels, TILE) * AT_LEAST, blocks = nn_blocked_count(l->m);
    const double pixels = (double)(l->pixels > least ? l->pixels : least);
    const double panels = (double)(blocks / 2) + (blocks % 2 ? 2.0 / 3.0 : 0.0);
    return (double)(l->images * l->groups) * pixels * panels * PANEL * (double)depth;
}

enum { EDGE = 64 }; // pixels of halo

bool nn_conv_halo_fits(const nn_halo *h)
{
    return h->top <= EDGE && h->left <= EDGE && h->bottom <= EDGE && h->right <= EDGE;
}

bool nn_conv_offsets_fit(const nn_shape *s)
{
    enum { MOST = 1 << 28 }; // floats
    return nn_blocked_count(s->dim[1]) * NN_BLOCK * (s->dim[2] + EDGE) * (s->dim[3] + EDGE) < MOST;
}
