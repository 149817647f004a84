// SPDX-License-Identifier: MIT
// Optimiser kernels: the readable reference, and the choice of level.
#include "nn/kernels/update.h"
#include "nn/kernels/cpu.h"

#include <math.h>

static void sgd_c(float *w, float *v, const float *g, int64_t n, float rate, float momentum,
                  float decay, int nesterov)
{
    for (int64_t i = 0; i < n; i++) {
        const float slope = g[i] + decay * w[i];
        v[i] = momentum * v[i] + slope;
        w[i] -= rate * (nesterov ? slope + momentum * v[i] : v[i]);
    }
}

static void adamw_c(float *w, float *m, float *v, const float *g, int64_t n, float rate,
                    float beta1, float beta2, float eps, float rate_decay)
{
    for (int64_t i = 0; i < n; i++) {
        m[i] = beta1 * m[i] + (1.0f - beta1) * g[i];
        v[i] = beta2 * v[i] + (1.0f - beta2) * g[i] * g[i];
        w[i] -= rate_decay * w[i];
        w[i] -= rate * m[i] / (sqrtf(v[i]) + eps);
    }
}

static void ema_c(float *avg, const float *w, int64_t n, float decay)
{
    for (int64_t i = 0; i < n; i++)
        avg[i] = decay * avg[i] + (1.0f - decay) * w[i];
}

void nn_update_init(nn_update_kernels *k, unsigned cpu)
{
    *k = (nn_update_kernels){sgd_c, adamw_c, ema_c};
#ifdef NN_HAVE_AVX2
    if (cpu & NN_CPU_AVX2)
        nn_update_init_avx2(k);
#else
    (void)cpu;
#endif
}
