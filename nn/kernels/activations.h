// SPDX-License-Identifier: MIT
// The activations: a row for each has all that the engine knows about it.
#ifndef NN_KERNELS_ACTIVATIONS_H
#define NN_KERNELS_ACTIVATIONS_H

// The leaky ReLUs with the slopes of published networks: LEAK(ROW, word, WORD, slope). All others
// are functions of the operator pointwise, in a pass of their own. 0.1: Darknet; 0.01: the default
// of PyTorch and ONNX; 0.2: GANs and networks that enlarge pictures; 0.3: the default of Keras.
// clang-format off
#define NN_LEAKY_RELUS(LEAK, ROW)                                                                  \
    LEAK(ROW, leaky_relu, LEAKY_RELU, 0.1f)                                                        \
    LEAK(ROW, leaky_relu_001, LEAKY_RELU_001, 0.01f)                                               \
    LEAK(ROW, leaky_relu_02, LEAKY_RELU_02, 0.2f)                                                  \
    LEAK(ROW, leaky_relu_03, LEAKY_RELU_03, 0.3f)
#define NN_LEAK(ROW, word, WORD, slope)                                                            \
    ROW(word, WORD, x < 0 ? slope * x : x, x < 0 ? slope * g : g, true, LEAKY_RELU, slope, 0)
// clang-format on

// ROW(word, WORD, f, gradient, in_registers, onnx):
//   word, WORD    its name in model files and tables, and of its operator; NN_ACT_WORD
//   f             f(x) of a float x: a C expression in eltwise.c, the reference
//   gradient      g f'(x): what a gradient g of f(x) adds to that of x
//   in_registers  convolutions apply it to sums that are still in registers (act_avx2.h)
//   onnx          ONNX(Name): the ONNX operator without attributes that it is; or NO_ONNX
// A faster version is one more function and a line in eltwise_avx2.c. Activations that are
// operators of their own (ops/activation.c):
// clang-format off
#define NN_ACT_OPS(ROW)                                                                            \
    ROW(relu, RELU, x < 0 ? 0 : x, x <= 0 ? 0 : g, true, ONNX(Relu))                               \
    ROW(gelu, GELU, gelu(x), g * gelu_slope(x), false, NO_ONNX)          /* x P(X <= x) */         \
    ROW(silu, SILU, x / (1 + expf(-x)), g * silu_slope(x), false, NO_ONNX)                         \
    ROW(mish, MISH, mish(x), g * mish_slope(x), false, ONNX(Mish))       /* Misra 2019 */          \
    ROW(sigmoid, SIGMOID, 1 / (1 + expf(-x)), g * sigmoid_slope(x), false, ONNX(Sigmoid))

// Activations that are functions of the operator pointwise: ROW(word, WORD, f, gradient,
// in_registers, kind, a, b), with kind, a and b as in ops/pointwise.h.
#define NN_ACT_FUNCTIONS(ROW)                                                                      \
    NN_LEAKY_RELUS(NN_LEAK, ROW)                                                                   \
    ROW(hard_swish, HARD_SWISH, x * (clamp(x + 3, 0, 6) * (1.0f / 6)),   /* Howard 2019 */         \
        x > -3 ? g * hard_swish_slope(x) : 0, true, HARD_SWISH, 0, 0)                              \
    ROW(relu6, RELU6, clamp(x, 0, 6), x <= 0 || x >= 6 ? 0 : g, true, CLIP, 0, 6)
// clang-format on

#endif
