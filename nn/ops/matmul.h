// SPDX-License-Identifier: MIT
// Parameters of matmul.
#ifndef NN_OPS_MATMUL_H
#define NN_OPS_MATMUL_H

#include <stdint.h>

// matmul: a (...,M,K), b (...,K,N) -> alpha a b (...,M,N), the leading dims broadcast (numpy's
// rules). With trans_a the last two dims of a are (K,M), with trans_b those of b (N,K).
typedef struct nn_matmul_params {
    int32_t trans_a, trans_b;
    float alpha;
} nn_matmul_params;

#endif
