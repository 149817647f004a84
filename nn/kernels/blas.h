// SPDX-License-Identifier: MIT
// The BLAS that multiplies large matrices.
#ifndef NN_KERNELS_BLAS_H
#define NN_KERNELS_BLAS_H

#include "nn/base/api.h"

// Name and version of the BLAS that this build knows, between blanks, or that its module is missing.
// It is loaded by the first product that needs it.
NN_API const char *nn_blas_version(void);

#endif
