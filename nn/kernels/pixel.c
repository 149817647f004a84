// SPDX-License-Identifier: MIT
// Pixel kernels: the readable reference, and the choice of the level.
#include "nn/kernels/pixel.h"

#include "nn/kernels/cpu.h"

static void down_c(float *tile, const uint8_t *plane, ptrdiff_t stride, int n,
                   const nn_pixel_axis *rows, int row)
{
    for (int r = 0; r < NN_PIXEL_ROWS; r++) {
        const uint8_t *src = plane + rows->first[row + r] * stride;
        const float *weight = rows->weight + (ptrdiff_t)(row + r) * rows->taps;
        for (int i = 0; i < n; i++) {
            float sum = 0;
            for (int t = 0; t < rows->taps; t++)
                sum += weight[t] * src[t * stride + i];
            tile[(ptrdiff_t)i * NN_PIXEL_ROWS + r] = sum;
        }
    }
}

static void across_c(float *out, int ld, const float *tile, const nn_pixel_axis *columns, int step,
                     int offset)
{
    for (int x = 0; x < columns->count; x++) {
        const float *weight = columns->weight + (ptrdiff_t)x * columns->taps;
        for (int r = 0; r < NN_PIXEL_ROWS; r++) {
            float sum = 0;
            for (int t = 0; t < columns->taps; t++) {
                ptrdiff_t i = (ptrdiff_t)(columns->first[x] + t) * step + offset;
                sum += weight[t] * tile[i * NN_PIXEL_ROWS + r];
            }
            out[(ptrdiff_t)r * ld + x] = sum;
        }
    }
}

static float clamp_level(float x)
{
    return x < 0 ? 0 : x > 255 ? 255 : x;
}

static void yuv_to_rgb_c(float *r, float *g, float *b, const float *y, const float *u,
                         const float *v, int n, const float m[6], const float scale[3],
                         const float shift[3])
{
    for (int i = 0; i < n; i++) {
        float luma = (y[i] - m[0]) * m[1], cb = u[i] - 128, cr = v[i] - 128;
        r[i] = clamp_level(luma + m[2] * cr) * scale[0] + shift[0];
        g[i] = clamp_level(luma + m[3] * cb + m[4] * cr) * scale[1] + shift[1];
        b[i] = clamp_level(luma + m[5] * cb) * scale[2] + shift[2];
    }
}

void nn_pixel_init(nn_pixel_kernels *k, unsigned cpu)
{
    *k = (nn_pixel_kernels){.down = down_c, .across = across_c, .yuv_to_rgb = yuv_to_rgb_c};
#ifdef NN_HAVE_AVX2
    if (cpu & NN_CPU_AVX2)
        nn_pixel_init_avx2(k);
#endif
    (void)cpu;
#ifdef NN_HAVE_NEON
    if (cpu & NN_CPU_NEON)
        nn_pixel_init_neon(k);
#endif
}
