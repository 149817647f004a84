// SPDX-License-Identifier: MIT
// Padded copies of dense images: in blocks of eight channels, or plane by plane, with zeros around.
#include "nn/ops/conv/conv2d_padded.h"

#include <string.h>

enum { FEW = 4 }; // most channels that stay in planes; half of a block would be empty

typedef struct fill_pass {
    const nn_conv_padded *padded;
    const nn_op_call *call;
    const float *dense;
} fill_pass;

nn_conv_padded nn_conv_padded_make(int64_t groups, int64_t channels, int64_t height, int64_t width,
                                   const nn_halo *halo, bool planes)
{
    nn_conv_padded s = {.groups = groups,
                        .channels = channels,
                        .height = height,
                        .width = width,
                        .halo = *halo,
                        .unit = planes && channels <= FEW ? 1 : NN_BLOCK};
    s.blocks = s.unit == 1 ? channels : nn_blocked_count(channels);
    s.row = (width + halo->left + halo->right) * s.unit;
    s.plane = (height + halo->top + halo->bottom) * s.row;
    s.image = groups * s.blocks * s.plane;
    return s;
}

int64_t nn_conv_padded_floats(const nn_conv_padded *s, int64_t images)
{
    return nn_conv_round(images * s->image);
}

void nn_conv_padded_place(nn_conv_padded *s, float *memory)
{
    s->data = memory + s->halo.top * s->row + s->halo.left * s->unit;
}

static void fill_row(const fill_pass *p, float *to, const float *from, int64_t channels)
{
    const nn_conv_padded *s = p->padded;
    memset(to - s->halo.left * s->unit, 0, (size_t)(s->halo.left * s->unit) * sizeof *to);
    if (s->unit == 1)
        memcpy(to, from, (size_t)s->width * sizeof *to);
    else
        p->call->kernels->nchw8c.pack(to, from, s->height * s->width, (int)channels, s->width);
    memset(to + s->width * s->unit, 0, (size_t)(s->halo.right * s->unit) * sizeof *to);
}

// Index: image, group, block.
static void fill_planes(void *ctx, int64_t begin, int64_t end, int worker)
{
    (void)worker;
    const fill_pass *p = ctx;
    const nn_conv_padded *s = p->padded;
    for (int64_t t = begin; t < end; t++) {
        const int64_t first = t % s->blocks * s->unit;
        const float *from = p->dense + (t / s->blocks * s->channels + first) * s->height * s->width;
        float *to = s->data + t * s->plane, *start = to - s->halo.left * s->unit;
        const int64_t left = s->channels - first;
        memset(start - s->halo.top * s->row, 0, (size_t)(s->halo.top * s->row) * sizeof *to);
        for (int64_t y = 0; y < s->height; y++)
            fill_row(p, to + y * s->row, from + y * s->width, left < NN_BLOCK ? left : NN_BLOCK);
        memset(start + s->height * s->row, 0, (size_t)(s->halo.bottom * s->row) * sizeof *to);
    }
}

void nn_conv_padded_fill(const nn_conv_padded *s, const nn_op_call *call, const float *dense,
                         int64_t images)
{
    enum { FLOATS = 16384 }; // of a chunk
    fill_pass p = {s, call, dense};
    nn_pool_run(call->pool, images * s->groups * s->blocks, FLOATS / s->plane + 1, fill_planes, &p);
}
