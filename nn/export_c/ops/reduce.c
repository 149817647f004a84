// SPDX-License-Identifier: MIT
// Means, sums and maxima over the pixels or the channels of an image, or over a vector.
#include "nn/export_c/writer.h"

#include <stdio.h>

enum { CHANNEL_AXIS = 1 << 1, PIXEL_AXES = 1 << 2 | 1 << 3 };

static const char *check(nn_c_writer *w, const nn_c_node *n)
{
    const nn_reduce_params *p = n->info.params;
    const nn_shape *s = nn_c_shape(w, n->in[0]);
    const bool image = s->rank == 4, vector = s->rank == 2 && s->dim[0] == 1;
    return ((image || vector) && p->axes == CHANNEL_AXIS) || (image && p->axes == PIXEL_AXES)
               ? NULL
               : "over other axes than the pixels or the channels has no form in C";
}

static void emit(nn_c_writer *w, const nn_c_node *n)
{
    const nn_reduce_params *p = n->info.params;
    const bool over_pixels = p->axes == PIXEL_AXES;
    const int channels = nn_c_channels(w, n->in[0]), pixels = nn_c_pixels(w, n->in[0]);
    const int count = over_pixels ? pixels : channels;
    // The engine rounds the part to float (nn/ops/common/reduce_blocked.c).
    const float part = p->kind == NN_REDUCE_MEAN ? (float)(1.0 / count) : 1;
    nn_c_use(w, over_pixels ? "reduce_pixels" : "reduce_channels");
    nn_c_call(w, "run_reduce_%s(%d, (double)%s, %s, %s, %d, %d)",
              over_pixels ? "pixels" : "channels", p->kind == NN_REDUCE_MAX, nn_c_number(part).text,
              nn_c_at(w, n->in[0]).text, nn_c_at(w, n->out).text, channels, pixels);
}

const nn_c_op nn_c_op_reduce = {.op = &nn_op_reduce, .check = check, .emit = emit};
