// SPDX-License-Identifier: MIT
// For the AVX-512 version of the microkernel: panels of which eight output channels are used.
#ifndef NN_KERNELS_MICROKERNEL_NARROW_H
#define NN_KERNELS_MICROKERNEL_NARROW_H

#include "nn/kernels/microkernel.h"

// nn_microkernels.run for t->channels = 8, float32 weights and stretches that are multiples of
// eight. The same bits as with AVX2.
void nn_microkernel_run_narrow_avx512(const nn_microkernel_args *t, int count,
                                      const float *const *pixel, const int32_t *place);

#endif
