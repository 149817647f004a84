// SPDX-License-Identifier: MIT
// The implementations of conv2d in compiled plans, one row each: its word is that of
// nn_conv_find_WORD.
#ifndef NN_OPS_CONV_CONV2D_IMPLS_H
#define NN_OPS_CONV_CONV2D_IMPLS_H

#include "nn/ops/op.h"

// clang-format off
#define NN_CONV_IMPLS(IMPL)                                                                        \
    IMPL(bf16)              /* direct, in bfloat16 (kernels/bf16conv.h) */                         \
    IMPL(bf16x2)            /* the same, float32 as sums of two bfloat16 */                        \
    IMPL(depthwise)         /* eight channels side by side (kernels/depthwise.h) */                \
    IMPL(direct)            /* on a blocked image (kernels/microkernel.h) */                       \
    IMPL(direct_nchw)       /* on a dense image of few channels */                                 \
    IMPL(winograd_f2x2_3x3) /* stride 1 where no other is named (kernels/winograd.h) */            \
    IMPL(winograd_f4x4_3x3)                                                                        \
    IMPL(winograd_f6x6_3x3)                                                                        \
    IMPL(winograd_f2x2_5x5)                                                                        \
    IMPL(winograd_f1x4_1x3)                                                                        \
    IMPL(winograd_f4x1_3x1)                                                                        \
    IMPL(winograd_f1x6_1x7)                                                                        \
    IMPL(winograd_f6x1_7x1)                                                                        \
    IMPL(winograd_f2x2_3x3_s2) /* stride 2 */                                                      \
    IMPL(winograd_f4x4_3x3_s2)                                                                     \
    IMPL(winograd_nchw)     /* along rows of a dense image of few channels, any stride */
// clang-format on

// Fills *impl and returns true when the implementation can solve the problem.
#define IMPL(word) bool nn_conv_find_##word(const nn_op_problem *problem, nn_op_impl *impl);
NN_CONV_IMPLS(IMPL)
#undef IMPL

int nn_conv_impls(const nn_op_problem *problem, nn_op_impl *impls); // nn_op.impls of conv2d

#endif
