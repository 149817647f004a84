// SPDX-License-Identifier: MIT
// Maps of backbones for heads, by one rule.
#include "nn/zoo/taps.h"

enum { MAPS = 3 };

void nn_zoo_tap(nn_zoo_features *f, int stride, nn_value x, int channels)
{
    for (int i = 0; i < MAPS; i++)
        if (stride == f->stride << i) {
            f->map[i] = x;
            f->channels[i] = channels;
        }
}

bool nn_zoo_taps_end(const nn_zoo_features *f, int stride)
{
    return f->stride > 0 && stride > f->stride << (MAPS - 1);
}

void nn_zoo_tap_rest(nn_graph *g, nn_zoo_features *f)
{
    for (int i = 1; i < MAPS; i++)
        if (f->channels[i] == 0) {
            f->map[i] =
                nn_layer_max_pool(g, NAME("map%d", f->stride << i), f->map[i - 1], 2, 2, 0, 0);
            f->channels[i] = f->channels[i - 1];
        }
}

int nn_zoo_exact_pad(int kernel, int stride)
{
    return (kernel - stride + 1) / 2;
}
