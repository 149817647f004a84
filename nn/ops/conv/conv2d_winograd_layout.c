// SPDX-License-Identifier: MIT
// Convolution by Winograd's minimal filtering: how tiles, channels, weights and work are laid out.
#include "nn/ops/conv/conv2d_winograd_layout.h"
#include "nn/base/arith.h"

// LINE: floats of a cache line. OFFSET_LISTS: products in the lists of 1x1, 1x2, 2x1 and 2x2 terms.
enum { LINE = 16, OFFSET_LISTS = 9 };

static int64_t panel_floats(const nn_winograd_layout *l)
{
    return l->inputs * NN_PANEL_CHANNELS;
}

int64_t nn_winograd_weight_floats(const nn_winograd_layout *l)
{
    return l->panels * l->products * panel_floats(l);
}

// Each of several threads gets two to four blocks of tiles, and more where the weights are few
// enough for each thread to read them all. Where a thread would get fewer than two, threads share
// the weights instead.
static void find_work(nn_winograd_layout *l, int threads)
{
    enum { LIGHT = 1 << 18, SMALL = 12, SMALLEST = 6, TASKS = 4 };
    int64_t blocks = nn_divide_up(l->tiles, NN_WINOGRAD_BLOCK);
    l->group = nn_min(l->panels, NN_WINOGRAD_GROUP);
    if (threads > 1) {
        int64_t pieces = nn_min(l->tiles / SMALL, TASKS * threads);
        if (l->tiles / SMALLEST >= 2 * threads)
            pieces = nn_max(pieces, 2 * threads);
        if (nn_winograd_weight_floats(l) <= LIGHT)
            blocks = nn_max(blocks, pieces);
        if (blocks >= threads)
            blocks = nn_divide_up(blocks, threads) * threads;
        l->shared = blocks < 2 * threads;
    }
    if (l->shared)
        l->group = nn_max(1, nn_min(l->group, l->panels * blocks / (TASKS * threads)));
    l->block = nn_divide_up(l->tiles, blocks);
    l->strip = l->shared ? l->tiles : l->block;
    l->offsets = nn_conv_round(OFFSET_LISTS * l->inputs / NN_BLOCK);
    l->product = l->strip * l->channels + LINE;
    l->transformed = l->products * l->product;
    // Not a power of two, so that the values of a sum for all tiles do not fall into one cache set.
    l->made = l->sums * NN_PANEL_CHANNELS + LINE;
    l->multiplied = l->group * l->block * l->made;
}

nn_winograd_layout nn_winograd_find_layout(nn_winograd kind, const nn_conv2d_params *p,
                                           const nn_shape *x, const nn_shape *out, int threads)
{
    nn_winograd_layout l = {.kind = kind, .size = nn_winograd_sizes(kind)};
    l.products = l.size.side[0] * l.size.side[1];
    l.sums = l.size.sums[0] * l.size.sums[1];
    l.phases[0] = p->dilation[0];
    l.phases[1] = p->dilation[1];
    l.images = x->dim[0];
    l.height = nn_divide_up(out->dim[2], l.size.out[0] * l.phases[0]);
    l.width = nn_divide_up(out->dim[3], l.size.out[1] * l.phases[1]);
    l.tiles = l.images * l.phases[0] * l.phases[1] * l.height * l.width;
    l.channels = nn_blocked_count(x->dim[1]) * NN_BLOCK;
    l.panels = nn_divide_up(out->dim[1], NN_PANEL_CHANNELS);
    l.inputs = l.channels / p->groups;
    l.panels_of_group = l.panels / p->groups;
    for (int i = 0; i < 4; i++)
        l.pad[i] =
            p->pad[0] == -1 ? (l.size.kernel[i % 2] - 1) / 2 * p->dilation[i % 2] : p->pad[i];
    find_work(&l, threads);
    return l;
}

nn_winograd_terms nn_winograd_find_terms(const nn_winograd_layout *l, int64_t sum)
{
    const nn_winograd_size *s = &l->size;
    nn_winograd_terms t = {.row = sum / s->sums[1], .column = sum % s->sums[1]};
    t.count[0] = nn_divide_up(s->side[0] - t.row, s->sums[0]);
    t.count[1] = nn_divide_up(s->side[1] - t.column, s->sums[1]);
    return t;
}

int64_t nn_winograd_weight_place(const nn_winograd_layout *l, int64_t panel, int64_t sum)
{
    const nn_winograd_size *s = &l->size;
    const nn_winograd_terms t = nn_winograd_find_terms(l, sum);
    const int64_t first = panel / NN_WINOGRAD_GROUP * NN_WINOGRAD_GROUP,
                  count = nn_min(l->panels - first, NN_WINOGRAD_GROUP);
    // products of the sums above and to the left: the first ones of an axis have two where any has
    const int64_t above = t.row + nn_min(t.row, s->side[0] - s->sums[0]),
                  left = t.column + nn_min(t.column, s->side[1] - s->sums[1]);
    const int64_t before = above * s->side[1] + t.count[0] * left;
    return (first * l->products + before * count + (panel - first) * t.count[0] * t.count[1]) *
           panel_floats(l);
}

nn_winograd_layout nn_winograd_call_layout(nn_winograd kind, const nn_op_call *call)
{
    return nn_winograd_find_layout(kind, call->params, &call->in[0].shape, &call->out->shape,
                                   nn_pool_threads(call->pool));
}

int64_t nn_winograd_scratch_floats(nn_winograd kind, const nn_conv2d_params *p, const nn_shape *x,
                                   const nn_shape *out, int threads)
{
    int64_t most = 0; // the pool may have fewer threads
    for (int n = 1; n <= threads; n++) {
        const nn_winograd_layout l = nn_winograd_find_layout(kind, p, x, out, n);
        most = nn_max(most, l.offsets + (l.shared ? l.transformed + n * l.multiplied
                                                  : n * (l.transformed + l.multiplied)));
    }
    return most;
}
