// SPDX-License-Identifier: MIT
// Implementations on quantised images (nn_op.int8), and the walk over their rows.
#ifndef NN_OPS_INT8_INT8_H
#define NN_OPS_INT8_INT8_H

#include "nn/ops/op.h"

bool nn_int8_conv2d(const nn_op_problem *problem, nn_op_impl *impl);
bool nn_int8_quantize(const nn_op_problem *problem, nn_op_impl *impl);   // float32 -> u8
bool nn_int8_dequantize(const nn_op_problem *problem, nn_op_impl *impl); // u8 -> float32
bool nn_int8_linear(const nn_op_problem *problem, nn_op_impl *impl);
bool nn_int8_max_pool(const nn_op_problem *problem, nn_op_impl *impl);
bool nn_int8_avg_pool(const nn_op_problem *problem, nn_op_impl *impl);
bool nn_int8_adaptive_avg_pool(const nn_op_problem *problem, nn_op_impl *impl);
bool nn_int8_resize(const nn_op_problem *problem, nn_op_impl *impl);
bool nn_int8_batch_norm(const nn_op_problem *problem, nn_op_impl *impl);
bool nn_int8_mul(const nn_op_problem *problem, nn_op_impl *impl);
bool nn_int8_add(const nn_op_problem *problem, nn_op_impl *impl);
bool nn_int8_concat(const nn_op_problem *problem, nn_op_impl *impl);

// Row y of a block of sixteen channels.
typedef struct nn_int8_row {
    int64_t n, block, y;
} nn_int8_row;

// Runs `task` over all rows of the image t, u8 or in the same shape. The order is n, y, block.
// `work` is the cost of a pixel relative to copying it, at least 1.
void nn_int8_run_rows(nn_pool *pool, const nn_tensor *t, int64_t work, nn_task *task, void *ctx);
static inline nn_int8_row nn_int8_row_at(const nn_tensor *t, int64_t index)
{
    const int64_t h = t->shape.dim[2], blocks = nn_byte_blocked_count(t->shape.dim[1]);
    return (nn_int8_row){index / blocks / h, index % blocks, index / blocks % h};
}

static inline uint8_t *nn_int8_row_data(const nn_tensor *t, const nn_int8_row *r)
{
    return nn_byte_blocked_at(t, r->n, r->block, r->y, 0);
}

// Whether the first `inputs` inputs, and the output, are images of u8.
bool nn_int8_all_bytes(const nn_op_problem *problem, int inputs);

// --- small weights (NN_INT8_SMALL of kernels/int8conv.h) ---

// Whether whole numbers [outputs][inputs] or [outputs][inputs][h][w] are, in every order in which
// implementations may add them up. Depthwise weights are not.
bool nn_int8_weights_are_small(const nn_tensor *weight);
// The number of these orders; 0: none is.
int nn_int8_orders(const nn_shape *weight);
// The number of sums of an output in an order, and which of its weights, up to four, are in one.
int64_t nn_int8_sums(const nn_shape *weight, int order);
int nn_int8_sum_at(const nn_shape *weight, int order, int64_t sum, int64_t at[4]);

// The kernels for a layer with these weights.
static inline const nn_int8_conv_kernels *nn_int8_kernels_for(const nn_kernels *k,
                                                              const nn_op_quantized *weight)
{
    return weight->small && k->int8conv.small ? k->int8conv.small : &k->int8conv;
}

// The byte that stands for 0, and its limits after act: what is_clamp says is done by them alone.
bool nn_int8_is_clamp(nn_act act);
// Whether neither limits nor a slope do what act does.
bool nn_int8_needs_curve(nn_act act);
void nn_int8_limits(nn_act act, const nn_op_quantized *out, float *low, float *high);

// Fills low, high, slope and zero of *t for results in bytes behind `act`, or else a curve of *t.
void nn_int8_limits_around_zero(nn_int8_requant *t, nn_act act, const nn_op_quantized *out);

// --- layers: how sums of products become results ---

typedef struct nn_int8_layer {
    const nn_op_quantized *x, *weight, *skip, *out; // skip NULL: none; out->scale NULL: float32
    nn_act act;
    const float *bias; // NULL: none
} nn_int8_layer;

typedef struct nn_int8_channel {
    int64_t start; // of its sums, with the part of the zero point of x
    float scale, shift;
} nn_int8_channel;

// Of output channel o, whose weights add up to `sum`.
nn_int8_channel nn_int8_find_channel(const nn_int8_layer *l, int64_t o, int64_t sum);
// All but the pointers.
nn_int8_requant nn_int8_find_requant(const nn_int8_layer *l);
// Results of a real number 1; 1 where they stay float32.
float nn_int8_unit(const nn_op_quantized *out);

// A batch norm of bytes behind which `act` follows: its own activation, or that of the next node.
typedef struct nn_int8_norm {
    const nn_op_quantized *x, *out;
    nn_act act;
    float eps;
    const float *weight, *bias, *mean, *var;
} nn_int8_norm;
nn_act nn_int8_norm_act(const void *params, nn_act after);
nn_int8_channel nn_int8_find_norm(const nn_int8_norm *n, int64_t c); // start is 0

// The sum of two images, q[0] and q[1], behind `act`, as q[2]. `curve` is filled and used where it
// is needed.
nn_int8_sum nn_int8_find_sum(const nn_op_quantized *q, nn_act act, nn_int8_curve *curve);
// The bytes of `to` for those of `from`.
void nn_int8_fill_table(uint8_t table[256], const nn_op_quantized *from, const nn_op_quantized *to);

#endif
