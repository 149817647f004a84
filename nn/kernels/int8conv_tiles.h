// SPDX-License-Identifier: MIT
// Quantised convolution of rows in tiles. The file that includes this has defined NN_INT8_PIXELS,
// the most pixels of a tile, 5 or 6, and run_tile().
#ifndef NN_KERNELS_INT8CONV_TILES_H
#define NN_KERNELS_INT8CONV_TILES_H

#ifdef NN_INT8_PIXELS
#include "nn/kernels/int8conv.h"

#include <stddef.h>

#define TILE(pixels)                                                                               \
    static __attribute__((noinline)) void tile_##pixels(const nn_int8_conv *t, int panel,          \
                                                        const uint8_t *x, uint8_t *out,            \
                                                        const uint8_t *skip, float *real)          \
    {                                                                                              \
        run_tile(t, panel, x, out, skip, real, pixels);                                            \
    }
TILE(1)
TILE(2)
TILE(3)
TILE(4)
TILE(5)
#if NN_INT8_PIXELS > 5
TILE(6)
#endif

typedef void tile_run(const nn_int8_conv *t, int panel, const uint8_t *x, uint8_t *out,
                      const uint8_t *skip, float *real);
static tile_run *const tiles[] = {NULL,  tile_1, tile_2, tile_3, tile_4, tile_5,
#if NN_INT8_PIXELS > 5
                                  tile_6
#endif
};

// Cuts a row evenly: of at most six, seven pixels are four and three, not six and one.
static void run_tiles(const nn_int8_conv *t, const uint8_t *x, uint8_t *out, const uint8_t *skip,
                      int64_t pixels)
{
    for (int panel = 0; panel < t->panels; panel++) {
        int64_t cuts = (pixels + NN_INT8_PIXELS - 1) / NN_INT8_PIXELS, at = 0;
        for (; cuts > 0; cuts--) {
            const int64_t n = (pixels - at + cuts - 1) / cuts;
            tiles[n](t, panel, x + at * t->step, out ? out + at * NN_INT8_BLOCK : NULL,
                     skip ? skip + at * NN_INT8_BLOCK : NULL, t->real ? t->real + 8 * at : NULL);
            at += n;
        }
    }
}

#endif

#endif
