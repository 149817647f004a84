// SPDX-License-Identifier: MIT
// Backward rules: rectified gradients, with and without the mask of the forward run.
#include "nn/explain/rules.h"

#include "nn/ops/ops.h"

// Functions of the operator pointwise that rectify.
static const nn_pointwise rectifiers[] = {
    NN_POINTWISE_CELU,      NN_POINTWISE_CLIP,       NN_POINTWISE_ELU,
    NN_POINTWISE_GELU_TANH, NN_POINTWISE_HARD_SWISH, NN_POINTWISE_LEAKY_RELU,
    NN_POINTWISE_SELU,      NN_POINTWISE_SOFTPLUS,   NN_POINTWISE_THRESHOLD,
};

bool nn_rule_is_rectifier(const nn_node_info *node)
{
    const nn_act act = nn_act_of_node(node->op, node->params);
    if (act != NN_ACT_NONE)
        return act != NN_ACT_SIGMOID;
    if (node->op == &nn_op_arithmetic) {
        const nn_arithmetic_params *p = node->params;
        return p->kind == NN_ARITHMETIC_PRELU;
    }
    if (node->op != &nn_op_pointwise)
        return false;
    const nn_pointwise_params *p = node->params;
    for (size_t i = 0; i < sizeof rectifiers / sizeof *rectifiers; i++)
        if (p->kind == (int)rectifiers[i])
            return true;
    return false;
}

enum { CHUNK = 16384 };

static void rectify_part(void *ctx, int64_t begin, int64_t end, int worker)
{
    const nn_op_call *call = ctx;
    const float *gy = nn_tensor_f32(call->grad_out);
    float *gx = nn_tensor_f32(&call->grad_in[0]);
    (void)worker;
    for (int64_t i = begin; i < end; i++)
        gx[i] += gy[i] > 0 ? gy[i] : gy[i] != gy[i] ? gy[i] : 0; // NaN stays
}

void nn_rule_rectify(const nn_op_call *call)
{
    if (call->grad_in[0].data)
        nn_pool_run(call->pool, nn_shape_count(&call->out->shape), CHUNK, rectify_part,
                    (void *)call);
}

static void clear_negative(void *ctx, int64_t begin, int64_t end, int worker)
{
    const nn_op_call *call = ctx;
    float *gy = nn_tensor_f32(call->grad_out);
    (void)worker;
    for (int64_t i = begin; i < end; i++)
        gy[i] = gy[i] < 0 ? 0 : gy[i];
}

static void clear(const nn_op_call *call)
{
    nn_pool_run(call->pool, nn_shape_count(&call->out->shape), CHUNK, clear_negative, (void *)call);
}

static void pass_part(void *ctx, int64_t begin, int64_t end, int worker)
{
    const nn_op_call *call = ctx;
    (void)worker;
    call->kernels->eltwise.add(nn_tensor_f32(&call->grad_in[0]) + begin,
                               nn_tensor_f32(&call->grad_in[0]) + begin,
                               nn_tensor_f32(call->grad_out) + begin, end - begin);
}

void nn_rule_pass(const nn_op_call *call)
{
    if (call->grad_in[0].data)
        nn_pool_run(call->pool, nn_shape_count(&call->out->shape), CHUNK, pass_part, (void *)call);
}

static void guided_pointwise(const nn_op_call *call)
{
    clear(call);
    nn_op_pointwise.backward(call);
}

static void guided_arithmetic(const nn_op_call *call)
{
    clear(call);
    nn_op_arithmetic.backward(call);
}

#define ROW(word, ...)                                                                             \
    static void guided_##word(const nn_op_call *call)                                              \
    {                                                                                              \
        clear(call);                                                                               \
        nn_op_##word.backward(call);                                                               \
    }
NN_ACT_OPS(ROW)
#undef ROW

nn_backward_fn *nn_rule_guided(const nn_node_info *node)
{
#define ROW(word, ...)                                                                             \
    if (node->op == &nn_op_##word)                                                                 \
        return guided_##word;
    NN_ACT_OPS(ROW)
#undef ROW
    return node->op == &nn_op_pointwise ? guided_pointwise : guided_arithmetic;
}
