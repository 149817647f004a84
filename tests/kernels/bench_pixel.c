// SPDX-License-Identifier: MIT
// Speed of the steps from a video frame to a network input: 1280 columns of bytes to 384.
#include "nn/base/memory.h"
#include "tests/kernels/bench.h"

enum { WIDE = 1280, NARROW = 384, TAPS = 7, HIGH = NN_PIXEL_ROWS * 4 + TAPS };

typedef struct frame {
    uint8_t *bytes;
    float *tile, *out, *weight;
    int32_t *first;
    nn_pixel_axis rows, columns;
} frame;

static void down(const nn_kernels *k, void *ctx)
{
    const frame *f = ctx;
    k->pixel.down(f->tile, f->bytes, WIDE, WIDE, &f->rows, 0);
}

static void across(const nn_kernels *k, void *ctx)
{
    const frame *f = ctx;
    k->pixel.across(f->out, NARROW, f->tile, &f->columns, 1, 0);
}

static void to_rgb(const nn_kernels *k, void *ctx)
{
    static const float m[6] = {16, 1.164f, 1.596f, -0.392f, -0.813f, 2.017f};
    static const float scale[3] = {1, 1, 1}, shift[3] = {0, 0, 0};
    const frame *f = ctx;
    float *o = f->out;
    k->pixel.yuv_to_rgb(o, o + NARROW, o + 2 * NARROW, f->tile, f->tile + NARROW,
                        f->tile + 2 * NARROW, NARROW, m, scale, shift);
}

int bench_pixel(int argc, char **argv)
{
    const char *part = argc > 1 ? argv[1] : NULL;
    frame f = {.bytes = (uint8_t *)bench_floats(WIDE * HIGH),
               .tile = bench_floats(WIDE * NN_PIXEL_ROWS),
               .out = bench_floats(NARROW * NN_PIXEL_ROWS),
               .weight = bench_floats(NARROW * TAPS),
               .first = (int32_t *)bench_floats(NARROW)};
    for (int i = 0; i < NARROW; i++)
        f.first[i] = i * (WIDE - TAPS) / NARROW;
    f.columns =
        (nn_pixel_axis){.count = NARROW, .taps = TAPS, .first = f.first, .weight = f.weight};
    int32_t steps[NN_PIXEL_ROWS];
    for (int i = 0; i < NN_PIXEL_ROWS; i++)
        steps[i] = i * 4;
    f.rows =
        (nn_pixel_axis){.count = NN_PIXEL_ROWS, .taps = TAPS, .first = steps, .weight = f.weight};
    bench_line(part, "down, outputs", "Gpixels/s", WIDE * NN_PIXEL_ROWS, down, &f);
    bench_line(part, "across, outputs", "Gpixels/s", NARROW * NN_PIXEL_ROWS, across, &f);
    bench_line(part, "yuv to rgb", "Gpixels/s", NARROW, to_rgb, &f);
    nn_free(f.bytes);
    nn_free(f.tile);
    nn_free(f.out);
    nn_free(f.weight);
    nn_free(f.first);
    return 0;
}
