// SPDX-License-Identifier: MIT
// Reference of the convolution of planes into blocked rows, and the choice of a faster one.
#include "nn/kernels/rowconv.h"

#include "nn/kernels/cpu.h"

enum { LANES = 8 };

static void run_c(const nn_rowconv *t, float *out, const float *skip, const float *x, int64_t n)
{
    nn_eltwise_kernels eltwise;
    nn_eltwise_init(&eltwise, 0);
    for (int64_t i = 0; i < n; i++)
        for (int c = 0; c < LANES; c++) {
            float sum = t->bias[c];
            for (int64_t k = 0; k < t->depth; k++)
                sum += x[t->offset[k] + i] * t->weight[k * NN_ROWCONV_STRIDE + c];
            if (skip)
                sum += skip[i * LANES + c];
            eltwise.act[t->act](&out[i * LANES + c], &sum, 1);
        }
}

static void pick_c(float *to, const float *from, int64_t n, int stride)
{
    for (int64_t i = 0; i < n; i++)
        to[i] = from[i * stride];
}

void nn_rowconv_init(nn_rowconv_kernels *k, unsigned cpu)
{
    *k = (nn_rowconv_kernels){.run = run_c, .pick = pick_c};
    (void)cpu;
#ifdef NN_HAVE_AVX2
    if (cpu & NN_CPU_AVX2)
        nn_rowconv_init_avx2(k);
#endif
#ifdef NN_HAVE_AVX512
    if (cpu & NN_CPU_AVX512)
        nn_rowconv_init_avx512(k);
#endif
#ifdef NN_HAVE_NEON
    if (cpu & NN_CPU_NEON)
        nn_rowconv_init_neon(k);
#endif
}
