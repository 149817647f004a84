// SPDX-License-Identifier: MIT
// pointwise: x -> f(x), one row a function.
#ifndef NN_OPS_POINTWISE_H
#define NN_OPS_POINTWISE_H

#include <stdint.h>

// ROW(word, WORD, value, slope): C expressions of the element v, the slope also of f(v) as y where
// that helps; a and b are what the name suggests.
// clang-format off
#define NN_POINTWISE_FUNCTIONS(ROW)                                                                \
    ROW(abs, ABS, fabsf(v), v > 0 ? 1.0f : v < 0 ? -1.0f : 0.0f)                                   \
    ROW(acos, ACOS, acosf(v), -1 / sqrtf(1 - v * v))                                               \
    ROW(acosh, ACOSH, acoshf(v), 1 / sqrtf(v * v - 1))                                             \
    ROW(asin, ASIN, asinf(v), 1 / sqrtf(1 - v * v))                                                \
    ROW(asinh, ASINH, asinhf(v), 1 / sqrtf(v * v + 1))                                             \
    ROW(atan, ATAN, atanf(v), 1 / (1 + v * v))                                                     \
    ROW(atanh, ATANH, atanhf(v), 1 / (1 - v * v))                                                  \
    ROW(ceil, CEIL, ceilf(v), 0.0f)                                                                \
    ROW(celu, CELU, v > 0 ? v : a * expm1f(v / a), v > 0 ? 1.0f : expf(v / a))                     \
    ROW(clip, CLIP, v < a ? a : v > b ? b : v, v < a || v > b ? 0.0f : 1.0f)                       \
    ROW(cos, COS, cosf(v), -sinf(v))                                                               \
    ROW(cosh, COSH, coshf(v), sinhf(v))                                                            \
    ROW(elu, ELU, v > 0 ? v : a * expm1f(v), v > 0 ? 1.0f : a * expf(v))                           \
    ROW(erf, ERF, erff(v), 1.1283791671f * expf(-v * v))                                           \
    ROW(exp, EXP, expf(v), y)                                                                      \
    ROW(floor, FLOOR, floorf(v), 0.0f)                                                             \
    ROW(gelu_tanh, GELU_TANH,                                                                      \
        0.5f * v * (1 + GELU_INNER(v)),                                                            \
        0.5f * (1 + GELU_INNER(v))                                                                 \
            + 0.5f * v * (1 - GELU_INNER(v) * GELU_INNER(v)) * 0.7978845608f * (1                  \
            + 0.134145f * v * v))                                                                  \
    ROW(hard_sigmoid, HARD_SIGMOID,                                                                \
        fminf(fmaxf(a * v + b, 0), 1),                                                             \
        a * v + b > 0 && a * v + b < 1 ? a : 0.0f)                                                 \
    ROW(hard_swish, HARD_SWISH,                                                                    \
        v * fminf(fmaxf(v / 6 + 0.5f, 0), 1),                                                      \
        v <= -3 ? 0.0f : v >= 3 ? 1.0f : v / 3 + 0.5f)                                             \
    ROW(is_inf, IS_INF,                                                                            \
        (v > 0 && isinf(v) && a > 0) || (v < 0 && isinf(v) && b > 0) ? 1.0f : 0.0f,                \
        0.0f)                                                                                      \
    ROW(is_nan, IS_NAN, isnan(v) ? 1.0f : 0.0f, 0.0f)                                              \
    ROW(leaky_relu, LEAKY_RELU, v >= 0 ? v : a * v, v >= 0 ? 1.0f : a)                             \
    ROW(log, LOG, logf(v), 1 / v)                                                                  \
    ROW(neg, NEG, -v, -1.0f)                                                                       \
    ROW(not, NOT, v != 0 ? 0.0f : 1.0f, 0.0f)                                                      \
    ROW(reciprocal, RECIPROCAL, 1 / v, -y * y)                                                     \
    ROW(round, ROUND, rintf(v), 0.0f)                                                              \
    ROW(selu, SELU, v > 0 ? b * v : b * a * expm1f(v), v > 0 ? b : b * a * expf(v))                \
    ROW(shrink, SHRINK, v < -a ? v + b : v > a ? v - b : 0.0f, v < -a || v > a ? 1.0f : 0.0f)      \
    ROW(sign, SIGN, v > 0 ? 1.0f : v < 0 ? -1.0f : 0.0f, 0.0f)                                     \
    ROW(sin, SIN, sinf(v), cosf(v))                                                                \
    ROW(sinh, SINH, sinhf(v), coshf(v))                                                            \
    ROW(softplus, SOFTPLUS, fmaxf(v, 0) + log1pf(expf(-fabsf(v))), 1 / (1 + expf(-v)))             \
    ROW(softsign, SOFTSIGN, v / (1 + fabsf(v)), 1 / ((1 + fabsf(v)) * (1 + fabsf(v))))             \
    ROW(sqrt, SQRT, sqrtf(v), 0.5f / y)                                                            \
    ROW(tan, TAN, tanf(v), 1 + y * y)                                                              \
    ROW(tanh, TANH, tanhf(v), 1 - y * y)                                                           \
    ROW(threshold, THRESHOLD, v > a ? v : 0.0f, v > a ? 1.0f : 0.0f)                               \
    ROW(trunc, TRUNC, truncf(v), 0.0f)
// clang-format on

#define ROW(word, WORD, ...) NN_POINTWISE_##WORD,
typedef enum nn_pointwise { NN_POINTWISE_FUNCTIONS(ROW) NN_POINTWISE_COUNT } nn_pointwise;
#undef ROW

typedef struct nn_pointwise_params {
    int32_t kind; // nn_pointwise
    float a, b;
} nn_pointwise_params;

#endif
