// SPDX-License-Identifier: MIT
// Kernels on rows of dense planes: the readable reference, and the choice of level.
#include "nn/kernels/plane.h"
#include "nn/kernels/cpu.h"

#include <math.h>

static void arg_max_c(float *y, int32_t *at, const float *x, const nn_plane_window *w,
                      int32_t first, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        y[i] = -INFINITY;
        at[i] = first + (int32_t)(i * w->step);
        for (int64_t ky = 0; ky < w->height; ky++)
            for (int64_t kx = 0; kx < w->width; kx++) {
                const int64_t place = i * w->step + ky * w->row + kx;
                if (!(x[place] > y[i] || x[place] != x[place]))
                    continue;
                y[i] = x[place];
                at[i] = first + (int32_t)place;
            }
    }
}

static void norm_sums_c(double sums[2], const float *gy, const float *x, float mean,
                        const nn_plane_rows *r)
{
    sums[0] = sums[1] = 0.0;
    for (int64_t row = 0; row < r->rows; row++, gy += r->step, x += r->step)
        for (int64_t i = 0; i < r->n; i++) {
            sums[0] += (double)gy[i];
            sums[1] += (double)gy[i] * ((double)x[i] - (double)mean);
        }
}

static void norm_grad_c(float *gx, const float *gy, const float *x, float scale, float slope,
                        float offset, bool add, const nn_plane_rows *r)
{
    for (int64_t row = 0; row < r->rows; row++, gx += r->step, gy += r->step, x += r->step)
        for (int64_t i = 0; i < r->n; i++)
            gx[i] = gy[i] * scale + (x[i] * slope + offset) + (add ? gx[i] : 0.0f);
}

void nn_plane_init(nn_plane_kernels *k, unsigned cpu)
{
    *k = (nn_plane_kernels){arg_max_c, norm_sums_c, norm_grad_c};
#ifdef NN_HAVE_AVX2
    if (cpu & NN_CPU_AVX2)
        nn_plane_init_avx2(k);
#else
    (void)cpu;
#endif
}
