// SPDX-License-Identifier: MIT
// Which BLAS multiplies large matrices.
#ifndef NN_KERNELS_BLAS_H
#define NN_KERNELS_BLAS_H

#include "nn/base/api.h"

// Its name and version, and what it was built for.
NN_API const char *nn_blas_version(void);

#endif
