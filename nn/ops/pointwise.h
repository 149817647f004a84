// SPDX-License-Identifier: MIT
// Parameters of the two operators that hold many functions: pointwise and arithmetic.
#ifndef NN_OPS_POINTWISE_H
#define NN_OPS_POINTWISE_H

#include <stdint.h>

// pointwise: x -> f(x); a and b are what the name of f suggests (a row of pointwise.c each).
#define NN_POINTWISE_LIST                                                                          \
    NN_POINTWISE(abs, ABS)                                                                         \
    NN_POINTWISE(acos, ACOS)                                                                       \
    NN_POINTWISE(acosh, ACOSH) NN_POINTWISE(asin, ASIN) NN_POINTWISE(asinh, ASINH) NN_POINTWISE(   \
        atan, ATAN) NN_POINTWISE(atanh, ATANH) NN_POINTWISE(ceil, CEIL) NN_POINTWISE(celu, CELU)   \
        NN_POINTWISE(clip, CLIP) NN_POINTWISE(cos, COS) NN_POINTWISE(cosh, COSH) NN_POINTWISE(     \
            elu, ELU) NN_POINTWISE(erf, ERF) NN_POINTWISE(exp, EXP) NN_POINTWISE(floor, FLOOR)     \
            NN_POINTWISE(gelu_tanh, GELU_TANH) NN_POINTWISE(hard_sigmoid, HARD_SIGMOID)            \
                NN_POINTWISE(hard_swish, HARD_SWISH) NN_POINTWISE(is_inf, IS_INF)                  \
                    NN_POINTWISE(is_nan, IS_NAN) NN_POINTWISE(leaky_relu, LEAKY_RELU)              \
                        NN_POINTWISE(log, LOG) NN_POINTWISE(neg, NEG) NN_POINTWISE(not, NOT)       \
                            NN_POINTWISE(reciprocal, RECIPROCAL) NN_POINTWISE(round, ROUND)        \
                                NN_POINTWISE(selu, SELU) NN_POINTWISE(shrink, SHRINK)              \
                                    NN_POINTWISE(sign, SIGN) NN_POINTWISE(sin, SIN)                \
                                        NN_POINTWISE(sinh, SINH) NN_POINTWISE(softplus, SOFTPLUS)  \
                                            NN_POINTWISE(softsign, SOFTSIGN)                       \
                                                NN_POINTWISE(sqrt, SQRT) NN_POINTWISE(tan, TAN)    \
                                                    NN_POINTWISE(tanh, TANH)                       \
                                                        NN_POINTWISE(threshold, THRESHOLD)         \
                                                            NN_POINTWISE(trunc, TRUNC)

typedef enum nn_pointwise {
#define NN_POINTWISE(word, WORD) NN_POINTWISE_##WORD,
    NN_POINTWISE_LIST
#undef NN_POINTWISE
        NN_POINTWISE_COUNT
} nn_pointwise;
typedef struct nn_pointwise_params {
    int32_t kind; // nn_pointwise
    float a, b;
} nn_pointwise_params;

// arithmetic: a, b with broadcasting (numpy's rules). Comparisons and logic give 0 or 1. `div_int`
// truncates; `mod` has the sign of b and `fmod` that of a; prelu is a, or a b where a < 0.
#define NN_ARITHMETIC_LIST                                                                         \
    NN_ARITHMETIC(sub, SUB)                                                                        \
    NN_ARITHMETIC(div, DIV)                                                                        \
    NN_ARITHMETIC(div_int, DIV_INT) NN_ARITHMETIC(pow, POW) NN_ARITHMETIC(min, MIN)                \
        NN_ARITHMETIC(max, MAX) NN_ARITHMETIC(mod, MOD) NN_ARITHMETIC(fmod, FMOD)                  \
            NN_ARITHMETIC(prelu, PRELU) NN_ARITHMETIC(greater, GREATER)                            \
                NN_ARITHMETIC(greater_equal, GREATER_EQUAL) NN_ARITHMETIC(less, LESS)              \
                    NN_ARITHMETIC(less_equal, LESS_EQUAL) NN_ARITHMETIC(equal, EQUAL)              \
                        NN_ARITHMETIC(and, AND) NN_ARITHMETIC(or, OR) NN_ARITHMETIC(xor, XOR)

typedef enum nn_arithmetic {
#define NN_ARITHMETIC(word, WORD) NN_ARITHMETIC_##WORD,
    NN_ARITHMETIC_LIST
#undef NN_ARITHMETIC
        NN_ARITHMETIC_COUNT
} nn_arithmetic;
typedef struct nn_arithmetic_params {
    int32_t kind; // nn_arithmetic
} nn_arithmetic_params;

#endif
