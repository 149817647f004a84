// SPDX-License-Identifier: MIT
// Fills the dispatch table for a CPU level and keeps the level that fits this machine.
#include "nn/kernels/kernels.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

void nn_kernels_init(nn_kernels *k, unsigned cpu)
{
    memset(k, 0, sizeof *k);
    nn_nchw8c_init(&k->nchw8c, cpu);
    nn_depthwise_init(&k->depthwise, cpu);
    nn_depthwise_plane_init(&k->depthwise_plane, cpu);
    nn_eltwise_init(&k->eltwise, cpu);
    nn_gemm_init(&k->gemm, cpu);
    nn_gemv_init(&k->gemv, cpu);
    nn_bf16_conv_init(&k->bf16conv, cpu);
    nn_int8_conv_init(&k->int8conv, cpu);
    nn_int8_rows_init(&k->int8rows, cpu);
    nn_cast_init(&k->cast, cpu);
    nn_pixel_init(&k->pixel, cpu);
    nn_plane_init(&k->plane, cpu);
    nn_microkernel_init(&k->microkernel, cpu);
    nn_rowconv_init(&k->rowconv, cpu);
    nn_scale_init(&k->scale, cpu);
    nn_update_init(&k->update, cpu);
    nn_winograd_init(&k->winograd, cpu);
    nn_strassen_init(&k->strassen, cpu);
}

static pthread_once_t once = PTHREAD_ONCE_INIT;
static nn_kernels best;
static unsigned level;

// The highest level that the environment allows; an unknown word changes nothing.
static unsigned allowed_levels(void)
{
    const char *word = getenv("NEROSCALE_CPU");
    if (!word)
        return ~0u;
    if (!strcmp(word, "c"))
        return 0;
    if (!strcmp(word, "avx2"))
        return NN_CPU_AVX2;
    if (!strcmp(word, "avxvnni"))
        return NN_CPU_AVX2 | NN_CPU_AVX_VNNI;
    if (!strcmp(word, "avx512"))
        return NN_CPU_AVX2 | NN_CPU_AVX512;
    if (!strcmp(word, "avx512vnni"))
        return ~(unsigned)NN_CPU_AMX;
    if (!strcmp(word, "neon"))
        return NN_CPU_NEON;
    return ~0u; // amx, dotprod
}

static void fill_best(void)
{
    level = nn_cpu_flags() & allowed_levels();
    nn_kernels_init(&best, level);
}

const nn_kernels *nn_kernels_best(void)
{
    pthread_once(&once, fill_best);
    return &best;
}

unsigned nn_kernels_level(void)
{
    pthread_once(&once, fill_best);
    return level;
}
