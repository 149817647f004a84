// SPDX-License-Identifier: MIT
// Reference of the kernels on blocked rows, and the choice of faster ones.
#include "nn/kernels/nchw8c.h"

#include "nn/kernels/cpu.h"

#include <math.h>

enum { LANES = 8 };

static void pack_c(float *y, const float *x, int64_t stride, int channels, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        for (int c = 0; c < LANES; c++)
            y[LANES * i + c] = c < channels ? x[c * stride + i] : 0.0f;
}

static void unpack_c(float *y, int64_t stride, const float *x, int channels, int64_t n)
{
    for (int c = 0; c < channels; c++)
        for (int64_t i = 0; i < n; i++)
            y[c * stride + i] = x[LANES * i + c];
}

static void lanes_c(float *y, int to, const float *x, int from, int count, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        for (int c = 0; c < count; c++)
            y[LANES * i + to + c] = x[LANES * i + from + c];
}

static void pick_c(float *y, const float *const *x, int count, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        for (int c = 0; c < LANES; c++)
            y[LANES * i + c] = c < count ? x[c][LANES * i] : 0.0f;
}

static void affine_c(float *y, const float *x, const float *scale, const float *shift, bool relu,
                     int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        for (int c = 0; c < LANES; c++) {
            const float v = x[LANES * i + c] * scale[c] + shift[c];
            y[LANES * i + c] = relu && v < 0.0f ? 0.0f : v;
        }
}

static void add_pixels_c(float *y, const float *x, const float *m, int64_t step, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        for (int c = 0; c < LANES; c++)
            y[LANES * i + c] = x[LANES * i + c] + m[i * step];
}

static void mul_pixels_c(float *y, const float *x, const float *m, int64_t step, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        for (int c = 0; c < LANES; c++)
            y[LANES * i + c] = x[LANES * i + c] * m[i * step];
}

static void window_max_c(float *y, const float *x, const nn_nchw8c_window *w, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        for (int c = 0; c < LANES; c++) {
            float most = -INFINITY;
            for (int64_t ky = 0; ky < w->height; ky++)
                for (int64_t kx = 0; kx < w->width; kx++) {
                    const float v = x[i * w->step + ky * w->row + kx * LANES + c];
                    most = v > most || v != v ? v : most;
                }
            y[LANES * i + c] = most;
        }
}

static void window_sum_c(float *y, const float *x, const nn_nchw8c_window *w, float scale,
                         int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        for (int c = 0; c < LANES; c++) {
            double sum = 0.0;
            for (int64_t ky = 0; ky < w->height; ky++)
                for (int64_t kx = 0; kx < w->width; kx++)
                    sum += (double)x[i * w->step + ky * w->row + kx * LANES + c];
            y[LANES * i + c] = (float)(sum * (double)scale);
        }
}

static void channel_max_c(float *y, const float *x, const nn_nchw8c_column *column, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        float most = -INFINITY;
        for (int64_t c = 0; c < column->channels; c++) {
            const float v = x[c / LANES * column->plane + LANES * i + c % LANES];
            most = v > most || v != v ? v : most;
        }
        y[i * column->step] = most;
    }
}

static void channel_sum_c(float *y, const float *x, const nn_nchw8c_column *column, float scale,
                          int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        double sum = 0.0;
        for (int64_t c = 0; c < column->channels; c++)
            sum += (double)x[c / LANES * column->plane + LANES * i + c % LANES];
        y[i * column->step] = (float)(sum * (double)scale);
    }
}

static float square_of(const float *x, const nn_nchw8c_lrn *l, int64_t c)
{
    if (c < 0 || c >= l->channels)
        return 0.0f;
    const float v = x[c / LANES * l->x_plane + c % LANES];
    return v * v;
}

static void lrn_c(float *y, const float *x, const nn_nchw8c_lrn *l, int64_t n)
{
    const int64_t lanes = (l->channels + LANES - 1) / LANES * LANES;
    for (int64_t i = 0; i < n; i++, x += LANES, y += LANES)
        for (int64_t c = 0; c < lanes; c++) {
            float sum = 0.0f;
            for (int64_t j = c - l->before; j <= c + l->after; j++)
                sum += square_of(x, l, j);
            y[c / LANES * l->y_plane + c % LANES] =
                x[c / LANES * l->x_plane + c % LANES] * powf(l->k + l->scale * sum, -l->beta);
        }
}

static void lerp_c(float *y, const float *top, const float *bottom, const nn_nchw8c_tap *taps,
                   float weight, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        for (int c = 0; c < LANES; c++) {
            const int64_t a = (int64_t)LANES * taps[i].a + c, b = (int64_t)LANES * taps[i].b + c;
            const float h = taps[i].weight;
            const float upper = (1.0f - h) * top[a] + h * top[b];
            const float lower = (1.0f - h) * bottom[a] + h * bottom[b];
            y[LANES * i + c] = (1.0f - weight) * upper + weight * lower;
        }
}

void nn_nchw8c_init(nn_nchw8c_kernels *k, unsigned cpu)
{
    *k = (nn_nchw8c_kernels){
        .pack = pack_c,
        .unpack = unpack_c,
        .lanes = lanes_c,
        .pick = pick_c,
        .affine = affine_c,
        .add_pixels = add_pixels_c,
        .mul_pixels = mul_pixels_c,
        .window_max = window_max_c,
        .window_sum = window_sum_c,
        .channel_max = channel_max_c,
        .channel_sum = channel_sum_c,
        .lrn = lrn_c,
        .lerp = lerp_c,
    };
    (void)cpu;
#ifdef NN_HAVE_AVX2
    if (cpu & NN_CPU_AVX2)
        nn_nchw8c_init_avx2(k);
#endif
#ifdef NN_HAVE_NEON
    if (cpu & NN_CPU_NEON)
        nn_nchw8c_init_neon(k);
#endif
}
