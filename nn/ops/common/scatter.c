// SPDX-License-Identifier: MIT
// Joins updates with what is there: what scatter_elements and scatter_nd share.
#include "nn/ops/common/scatter.h"

#include "nn/ops/ops.h"

#define ROW(word, WORD, value) #word,
const char *const nn_scatter_names[] = {NN_SCATTER_KINDS(ROW) NULL};
#undef ROW

#define ROW(word, WORD, value)                                                                     \
    static void join_##word(float *y, const float *updates, int64_t n)                             \
    {                                                                                              \
        for (int64_t i = 0; i < n; i++) {                                                          \
            const float there = y[i], update = updates[i];                                         \
            (void)there;                                                                           \
            y[i] = (value);                                                                        \
        }                                                                                          \
    }
NN_SCATTER_KINDS(ROW)
#undef ROW

nn_status nn_scatter_check(const char *op, int32_t kind, nn_error *err)
{
    return kind >= 0 && kind < NN_SCATTER_COUNT
               ? NN_OK
               : nn_fail(err, NN_EINVAL, "%s: no way to join has the number %d", op, kind);
}

void nn_scatter_join(int32_t kind, float *y, const float *update, int64_t n)
{
#define ROW(word, WORD, value) join_##word,
    static void (*const joins[])(float *, const float *, int64_t) = {NN_SCATTER_KINDS(ROW)};
#undef ROW
    joins[kind](y, update, n);
}
