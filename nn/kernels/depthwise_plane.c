// SPDX-License-Identifier: MIT
// Depthwise convolution of dense planes: the choice of a level.
#include "nn/kernels/depthwise_plane.h"

#include "nn/kernels/cpu.h"
#include "nn/kernels/depthwise_plane_c.h"

void nn_depthwise_plane_init(nn_depthwise_plane_kernels *k, unsigned cpu)
{
    *k = (nn_depthwise_plane_kernels){.run = nn_depthwise_plane_c,
                                      .grad = nn_depthwise_plane_grad_c};
    (void)cpu;
#ifdef NN_HAVE_AVX2
    if (cpu & NN_CPU_AVX2)
        nn_depthwise_plane_init_avx2(k);
#endif
}
