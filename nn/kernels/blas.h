// SPDX-License-Identifier: MIT
// The BLAS that multiplies large matrices.
#ifndef NN_KERNELS_BLAS_H
#define NN_KERNELS_BLAS_H

#include "nn/base/api.h"

// Name, version and target CPU of the BLAS.
NN_API const char *nn_blas_version(void);

#endif
