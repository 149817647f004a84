// SPDX-License-Identifier: MIT
// Reference of depthwise convolution on blocked rows, and the choice of a faster one.
#include "nn/kernels/depthwise.h"

#include "nn/kernels/cpu.h"

enum { LANES = 8 };

static void run_c(const nn_depthwise *d, float *y, const float *x, int64_t n)
{
    nn_eltwise_kernels eltwise;
    nn_eltwise_init(&eltwise, 0);
    for (int64_t i = 0; i < n; i++)
        for (int c = 0; c < LANES; c++) {
            float sum = d->bias[c];
            for (int ky = 0; ky < d->height; ky++)
                for (int kx = 0; kx < d->width; kx++)
                    sum += x[i * d->step + ky * d->row + kx * d->tap + c] *
                           d->weight[(ky * d->width + kx) * LANES + c];
            if (d->skip)
                sum += d->skip[i * LANES + c];
            eltwise.act[d->act](&y[i * LANES + c], &sum, 1);
        }
}

void nn_depthwise_init(nn_depthwise_kernels *k, unsigned cpu)
{
    *k = (nn_depthwise_kernels){.run = run_c};
    (void)cpu;
#ifdef NN_HAVE_AVX2
    if (cpu & NN_CPU_AVX2)
        nn_depthwise_init_avx2(k);
#endif
#ifdef NN_HAVE_AVX512
    if (cpu & NN_CPU_AVX512 && cpu & NN_CPU_WIDE)
        nn_depthwise_init_avx512(k);
#endif
#ifdef NN_HAVE_NEON
    if (cpu & NN_CPU_NEON)
        nn_depthwise_init_neon(k);
#endif
}
