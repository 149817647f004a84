// SPDX-License-Identifier: MIT
// arithmetic: a, b with broadcasting (numpy's rules) -> f(a, b), one row a function.
#ifndef NN_OPS_ARITHMETIC_H
#define NN_OPS_ARITHMETIC_H

#include <stdint.h>

// ROW(word, WORD, value, slope_p, slope_q): C expressions of the elements p of a and q of b; slopes
// of steps are 0. Comparisons and logic give 0 or 1. `div_int` truncates; `mod` has the sign of b
// and `fmod` that of a; prelu is a, or a b where a < 0;
// `keep` is a where b is not 0, else 0, even where a is infinite.
// clang-format off
#define NN_ARITHMETIC_FUNCTIONS(ROW)                                                               \
    ROW(sub, SUB, p - q, 1, -1)                                                                    \
    ROW(div, DIV, p / q, 1 / q, -p / (q * q))                                                      \
    ROW(div_int, DIV_INT, truncf(p / q), 0, 0)                                                     \
    ROW(pow, POW, powf(p, q), q == 0 ? 0 : q * powf(p, q - 1), p > 0 ? powf(p, q) * logf(p) : 0)   \
    ROW(min, MIN, p < q || isnan(p) ? p : q, p < q ? 1 : 0, p < q ? 0 : 1)                         \
    ROW(max, MAX, p > q || isnan(p) ? p : q, p > q ? 1 : 0, p > q ? 0 : 1)                         \
    ROW(mod, MOD, p - q * floorf(p / q), 1, -floorf(p / q))                                        \
    ROW(fmod, FMOD, fmodf(p, q), 1, -truncf(p / q))                                                \
    ROW(prelu, PRELU, p >= 0 ? p : p * q, p >= 0 ? 1 : q, p >= 0 ? 0 : p)                          \
    ROW(greater, GREATER, p > q ? 1.0f : 0.0f, 0, 0)                                               \
    ROW(greater_equal, GREATER_EQUAL, p >= q ? 1.0f : 0.0f, 0, 0)                                  \
    ROW(less, LESS, p < q ? 1.0f : 0.0f, 0, 0)                                                     \
    ROW(less_equal, LESS_EQUAL, p <= q ? 1.0f : 0.0f, 0, 0)                                        \
    ROW(equal, EQUAL, p == q ? 1.0f : 0.0f, 0, 0)                                                  \
    ROW(and, AND, p != 0 && q != 0 ? 1.0f : 0.0f, 0, 0)                                            \
    ROW(or, OR, p != 0 || q != 0 ? 1.0f : 0.0f, 0, 0)                                              \
    ROW(xor, XOR, (p != 0) != (q != 0) ? 1.0f : 0.0f, 0, 0)                                        \
    ROW(keep, KEEP, q != 0 ? p : 0, q != 0 ? 1 : 0, 0)
// clang-format on

#define ROW(word, WORD, ...) NN_ARITHMETIC_##WORD,
typedef enum nn_arithmetic { NN_ARITHMETIC_FUNCTIONS(ROW) NN_ARITHMETIC_COUNT } nn_arithmetic;
#undef ROW

typedef struct nn_arithmetic_params {
    int32_t kind; // nn_arithmetic
} nn_arithmetic_params;

#endif
