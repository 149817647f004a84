// SPDX-License-Identifier: MIT
// Channels as pixels: a larger image.
#include "nn/export_c/walk.h"

static nn_c_walk find_walk(const nn_c_writer *w, const nn_c_node *n)
{
    const int factor = ((const nn_pixel_shuffle_params *)n->info.params)->factor;
    const int64_t *in = nn_c_shape(w, n->in[0])->dim;
    const int64_t channels = in[1], width = in[3];
    nn_c_walk t = {0};
    nn_c_walk_add(&t, in[2], width * channels);
    nn_c_walk_add(&t, factor, factor);
    nn_c_walk_add(&t, width, channels);
    nn_c_walk_add(&t, factor, 1);
    nn_c_walk_add(&t, channels / factor / factor, (int64_t)factor * factor);
    return t;
}

const nn_c_op nn_c_op_pixel_shuffle = {.op = &nn_op_pixel_shuffle, .walk = find_walk};
