// SPDX-License-Identifier: MIT
// Which implementations of conv2d solve a problem, the cheapest first.
#include "nn/ops/conv/conv2d_impls.h"

int nn_conv_impls(const nn_op_problem *problem, nn_op_impl *impls)
{
#define IMPL(word) nn_conv_find_##word,
    static bool (*const find[])(const nn_op_problem *problem,
                                nn_op_impl *impl) = {NN_CONV_IMPLS(IMPL)};
#undef IMPL
    int count = 0;
    for (size_t i = 0; i < sizeof find / sizeof *find; i++) {
        nn_op_impl impl = {0};
        if (find[i](problem, &impl))
            count = nn_op_add_impl(impls, count, &impl);
    }
    return count;
}
