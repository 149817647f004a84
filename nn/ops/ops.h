// SPDX-License-Identifier: MIT
// The operators of the engine and their parameters. Inputs are listed as name (shape).
#ifndef NN_OPS_OPS_H
#define NN_OPS_OPS_H

#include "nn/ops/arithmetic.h"
#include "nn/ops/common/indexing.h"
#include "nn/ops/op.h"
#include "nn/ops/pointwise.h"

// conv2d: x (N,C,H,W), weight (O,C/groups,KH,KW), bias (O) optional, skip (as the output) optional
// -> (N,O,OH,OW), act(conv(x) + bias + skip). skip is set by rewrites and has no backward.
// OH = (H + pad_top + pad_bottom - dilation (KH - 1) - 1) / stride + 1. The weight may be any
// value. act is applied to the sum; it is set by rewrites and has no backward unless NN_ACT_NONE.
typedef struct nn_conv2d_params {
    int32_t stride[2], dilation[2]; // y, x
    int32_t pad[4]; // top, left, bottom, right; pad[0] = -1: "same", dilation (K - 1) / 2 all round
    int32_t groups;
    int32_t act; // nn_act
} nn_conv2d_params;

// linear: x (N,...,I), weight (O,I), bias (O) optional -> (N,...,O).
typedef struct nn_linear_params {
    int32_t act;
} nn_linear_params;

// batch_norm: x (N,C,...), weight (C), bias (C), running_mean (C), running_var (C) -> as x.
// Ioffe, Szegedy 2015. Training uses batch statistics and moves the running ones (unbiased
// variance). act is applied to the result; it is set by rewrites and has no backward unless
// NN_ACT_NONE.
typedef struct nn_batch_norm_params {
    float eps;      // 1e-5
    float momentum; // 0.1: running = (1 - momentum) running + momentum batch
    int32_t act;    // nn_act
} nn_batch_norm_params;

// max_pool, avg_pool: x (N,C,H,W) -> (N,C,OH,OW).
typedef struct nn_pool2d_params {
    int32_t kernel[2], stride[2]; // y, x
    int32_t pad[4];               // top, left, bottom, right
    int32_t ceil_mode; // torch's: last window must start inside the image or its left padding
    int32_t count_include_pad; // avg_pool: padding counts in the divisor
} nn_pool2d_params;

// reduce: mean, max or sum over the axes in the bit mask -> the axes kept with size 1 or removed.
// Global average pooling is mean over axes 2 and 3. The gradient of max goes to the first maximum
// (over channels) and is split evenly among equal maxima the way torch's amax does.
typedef enum nn_reduce { NN_REDUCE_MEAN, NN_REDUCE_MAX, NN_REDUCE_SUM } nn_reduce;
typedef struct nn_reduce_params {
    int32_t kind; // nn_reduce
    int32_t axes; // bit i: axis i
    int32_t keep_dims;
} nn_reduce_params;

// adaptive_avg_pool: x (N,C,H,W) -> (N,C,size[0],size[1]); torch's windows: output i is the mean of
// inputs floor(i H / size) to ceil((i + 1) H / size).
typedef struct nn_adaptive_pool_params {
    int32_t size[2]; // y, x
} nn_adaptive_pool_params;

// local_response_norm: x (N,C,...) -> as x; x (k + alpha / size * sum of x^2 over `size` channels
// around)^-beta (Krizhevsky 2012, section 3.3). Of an even size the extra channel is the one
// before.
typedef struct nn_lrn_params {
    int32_t size;
    float alpha, beta, k;
} nn_lrn_params;

// layer_norm: x (...,C), weight (C), bias (C) optional -> as x, over the last axis (Ba 2016).
typedef struct nn_layer_norm_params {
    float eps; // 1e-5
} nn_layer_norm_params;

// matmul: a (...,M,K), b (...,K,N) -> alpha a b (...,M,N), the leading dims broadcast (numpy's
// rules). With trans_a the last two dims of a are (K,M), with trans_b those of b (N,K).
typedef struct nn_matmul_params {
    int32_t trans_a, trans_b;
    float alpha;
} nn_matmul_params;

// concat: 1 or more inputs equal but in `axis`.
typedef struct nn_concat_params {
    int32_t axis;
} nn_concat_params;

// resize: x (N,C,H,W) -> (N,C,OH,OW); size when given (> 0), else floor(H * scale).
typedef enum nn_resize_mode { NN_RESIZE_NEAREST, NN_RESIZE_BILINEAR } nn_resize_mode;
typedef struct nn_resize_params {
    int32_t mode;
    int32_t
        size[2]; // y, x; 0: use scale. Input 1, when given, is a value whose H and W are the target
    float scale[2];
    int32_t
        align_corners; // bilinear: corner pixels map to corner pixels; otherwise half-pixel centres
} nn_resize_params;

// softmax, over one axis.
typedef struct nn_softmax_params {
    int32_t axis;
} nn_softmax_params;

// conv_transpose: x (N,C,H,W), weight (C,O/groups,KH,KW), bias (O) optional -> (N,O,OH,OW), the
// gradient of a convolution. OH = (H - 1) stride + dilation (KH - 1) + 1 + output_pad - the
// padding.
typedef struct nn_conv_transpose_params {
    int32_t stride[2], dilation[2], output_pad[2]; // y, x
    int32_t pad[4];                                // top, left, bottom, right
    int32_t groups;
} nn_conv_transpose_params;

// reshape: x, like (optional; only its shape is read, and is the result: the parameters are
// ignored). Otherwise the new dims; 0 copies the input's dim at the same place, one -1 takes what
// is left.
typedef struct nn_reshape_params {
    int32_t rank;
    int32_t dim[NN_MAX_RANK];
} nn_reshape_params;

// flatten: axes from `axis` on become one.
typedef struct nn_flatten_params {
    int32_t axis;
} nn_flatten_params;

// dropout: each element, or with `per_sample` each sample as a whole (stochastic depth, Huang
// 2016), is zeroed with probability p in training and the kept ones divided by 1 - p.
typedef struct nn_dropout_params {
    float p;
    int32_t per_sample;
} nn_dropout_params;

// elastic_kernel: master (C,1,7,7), to5 (25,25), to3 (9,9), image (N,3,H,W; only its shape) ->
// (C,1,K,K). K = 3, 5 or 7 as min(H,W)/224 < 1.5, < 2.5 or not: centre crop times a shared matrix,
// as the elastic kernels of Once-for-All (Cai 2020, section 3.2). relu, gelu, silu, mish, sigmoid,
// add, mul, elastic_kernel have no parameters. add, mul: a, b with broadcasting (numpy's rules).

// Names of nn_act, ended by NULL: for the field tables.
extern const char *const nn_act_names[NN_ACT_COUNT + 1];

// An activation as a node of its own: the operator, its parameters (NULL: none), and the operator
// without attributes that it is in ONNX (NULL: none, or not in all versions).
typedef struct nn_act_node {
    const nn_op *op; // NULL for NN_ACT_NONE
    const nn_pointwise_params *params;
    const char *onnx;
} nn_act_node;
const nn_act_node *nn_act_node_of(nn_act act);
// The activation that a node is; NN_ACT_NONE when it is none.
nn_act nn_act_of_node(const nn_op *op, const void *params);

#define NN_OP(word) extern const nn_op nn_op_##word;
#define ROW(word, ...) NN_OP(word)
#include "nn/ops/ops.inc"
NN_ACT_OPS(ROW)
#undef ROW
#undef NN_OP

#endif
