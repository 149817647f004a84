// SPDX-License-Identifier: MIT
// Reference of the blocked convolution core, and the choice of a faster one.
#include "nn/kernels/microkernel.h"
#include "nn/kernels/cast.h"

#include "nn/kernels/cpu.h"

// IEEE float16 to float32, denormals included.
static float from_half(const nn_cast_kernels *half, uint16_t h)
{
    float f;
    half->f32_from_f16(&f, &h, 1);
    return f;
}

static void sum_pixel(const nn_microkernel_args *t, const nn_cast_kernels *half, const float *pixel,
                      float sum[NN_PANEL_CHANNELS])
{
    const int64_t in_runs = (int64_t)t->blocks * t->run;
    int64_t at = 0; // weight
    for (int64_t k = 0; k < in_runs + t->singles; k++) {
        const int64_t offset =
            k < in_runs ? t->offset[k / t->run] + k % t->run : t->single[k - in_runs];
        for (int c = 0; c < NN_PANEL_CHANNELS; c++, at++) {
            float w = t->half ? from_half(half, ((const uint16_t *)t->weight)[at])
                              : ((const float *)t->weight)[at];
            sum[c] += pixel[offset] * w;
        }
    }
}

static void run_c(const nn_microkernel_args *t, int count, const float *const *pixel,
                  const int32_t *place)
{
    nn_cast_kernels half;
    nn_eltwise_kernels eltwise;
    nn_cast_init(&half, 0);
    nn_eltwise_init(&eltwise, 0);
    for (int i = 0; i < count; i++) {
        float sum[NN_PANEL_CHANNELS];
        for (int c = 0; c < NN_PANEL_CHANNELS; c++)
            sum[c] = t->bias ? t->bias[c] : 0.0f;
        sum_pixel(t, &half, pixel[i], sum);
        for (int c = 0; c < t->channels; c++) {
            float y = sum[c];
            if (t->skip)
                y += t->skip[t->skip_place[i] + c / 8 * t->skip_plane + c % 8];
            eltwise.act[t->act](t->out + place[i] + c / 8 * t->plane + c % 8, &y, 1);
        }
    }
}

static void grad_c(const nn_microkernel_grad_args *t, int count, const float *const *in)
{
    for (int i = 0; i < count; i++)
        for (int c = 0; c < t->channels; c++) {
            float *out = t->out + i * 8 + c / 8 * t->out_plane + c % 8, sum = 0.0f;
            for (int r = 0; r < t->rows; r++) {
                const float *x = in[i] + t->in_row[r];
                const float *g = t->grad + t->row[r] + c / 8 * t->plane + c % 8;
                for (int64_t p = 0; p < t->width; p++)
                    sum += x[p * t->step] * g[p * 8];
            }
            *out = t->add ? *out + sum : sum;
        }
}

void nn_microkernel_init(nn_microkernels *k, unsigned cpu)
{
    *k = (nn_microkernels){.run = run_c, .grad = grad_c, .pixels = 1};
    (void)cpu;
#ifdef NN_HAVE_AVX2
    if (cpu & NN_CPU_AVX2)
        nn_microkernel_init_avx2(k);
#endif
#ifdef NN_HAVE_AVX512
    if (cpu & NN_CPU_AVX512)
        nn_microkernel_init_avx512(k);
    if (cpu & NN_CPU_AVX512 && cpu & NN_CPU_WIDE) {
        nn_microkernel_pair_init_avx512(k);
        nn_microkernel_grad_init_avx512(k);
    }
#endif
#ifdef NN_HAVE_NEON
    if (cpu & NN_CPU_NEON)
        nn_microkernel_init_neon(k);
#endif
}
