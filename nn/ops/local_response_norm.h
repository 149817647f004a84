// SPDX-License-Identifier: MIT
// Parameters of local_response_norm.
#ifndef NN_OPS_LOCAL_RESPONSE_NORM_H
#define NN_OPS_LOCAL_RESPONSE_NORM_H

#include <stdint.h>

// local_response_norm: x (N,C,...) -> as x; x (k + alpha / size * sum of x^2 over `size` channels
// around)^-beta (Krizhevsky 2012, section 3.3). With an even size, the window has one channel more
// before than behind.
typedef struct nn_lrn_params {
    int32_t size;
    float alpha, beta, k;
} nn_lrn_params;

#endif
