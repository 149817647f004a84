// SPDX-License-Identifier: MIT
// ONNX: functions of two or more tensors, element by element, with broadcasting.
#include "nn/io/onnx/import/whole.h"

// Up to opset 6 the dimensions of the second tensor may start at `axis` of the first.
static const nn_onnx_value *second(nn_onnx_node *n)
{
    const nn_onnx_value *a = n->in[0], *b = n->in[1];
    const int64_t axis = nn_onnx_int(n, "axis", -1);
    if (n->opset >= 7 || axis < 0 || axis + b->shape.rank > a->shape.rank)
        return b;
    nn_shape shape = {.rank = a->shape.rank - (int)axis};
    for (int i = 0; i < shape.rank; i++)
        shape.dim[i] = i < b->shape.rank ? b->shape.dim[i] : 1;
    return nn_onnx_reshape(n, b, &shape);
}

static bool both_integer(const nn_onnx_node *n)
{
    return n->in[0]->integer && n->in[1]->integer;
}

// A sum or difference of two values of the first one's type.
static const nn_onnx_value *typed_like_first(nn_onnx_node *n, const nn_onnx_value *y)
{
    const int type = n->in[0]->type;
    if (!both_integer(n) || nn_onnx_narrow_bits(type) == 0)
        return nn_onnx_retype(n, y, both_integer(n));
    return nn_onnx_typed(n, nn_onnx_wrap(n, nn_onnx_retype(n, y, false), type), type);
}

static void build_add(nn_onnx_node *n)
{
    nn_onnx_output(n, 0, typed_like_first(n, nn_onnx_binary(n, &nn_op_add, n->in[0], second(n))));
}

static void build_sub(nn_onnx_node *n)
{
    const nn_onnx_value *y = nn_onnx_arithmetic(n, NN_ARITHMETIC_SUB, n->in[0], second(n));
    nn_onnx_output(n, 0, typed_like_first(n, y));
}

static void build_mul(nn_onnx_node *n)
{
    const int type = n->in[0]->type;
    const nn_onnx_value *a = n->in[0], *b = second(n);
    const bool narrow = both_integer(n) && nn_onnx_narrow_bits(type) > 0;
    nn_onnx_output(n, 0,
                   narrow
                       ? nn_onnx_narrow_mul(n, a, b, type)
                       : nn_onnx_retype(n, nn_onnx_binary(n, &nn_op_mul, a, b), both_integer(n)));
}

static void build_arithmetic(nn_onnx_node *n)
{
    const nn_onnx_value *y = nn_onnx_arithmetic(n, (nn_arithmetic)n->arg, n->in[0], second(n));
    nn_onnx_output(n, 0, nn_onnx_retype(n, y, n->in[0]->integer));
}

static void build_div(nn_onnx_node *n)
{
    n->arg = n->in[0]->integer ? NN_ARITHMETIC_DIV_INT : NN_ARITHMETIC_DIV;
    build_arithmetic(n);
}

static void build_mod(nn_onnx_node *n)
{
    n->arg = nn_onnx_int(n, "fmod", 0) ? NN_ARITHMETIC_FMOD : NN_ARITHMETIC_MOD;
    build_arithmetic(n);
}

static void build_logic(nn_onnx_node *n)
{
    enum { TYPE_BOOL = 9 };
    const nn_onnx_value *y = nn_onnx_arithmetic(n, (nn_arithmetic)n->arg, n->in[0], second(n));
    nn_onnx_output(n, 0, nn_onnx_typed(n, y, TYPE_BOOL));
}

// Slopes of rank 1 belong to the channels.
static void build_prelu(nn_onnx_node *n)
{
    const nn_onnx_value *x = n->in[0], *slope = n->in[1];
    if (slope->shape.rank == 1 && x->shape.rank > 2 && slope->shape.dim[0] == x->shape.dim[1] &&
        slope->shape.dim[0] != x->shape.dim[x->shape.rank - 1]) {
        nn_shape shape = {.rank = x->shape.rank - 1, .dim = {slope->shape.dim[0], 1, 1, 1, 1}};
        slope = nn_onnx_reshape(n, slope, &shape);
    }
    nn_onnx_output(n, 0, nn_onnx_arithmetic(n, NN_ARITHMETIC_PRELU, x, slope));
}

// Any number of inputs: sum, mean, min, max.
enum { SUM, MEAN, MIN, MAX };

static void build_chain(nn_onnx_node *n)
{
    const nn_onnx_value *y = n->in[0];
    for (int i = 1; i < n->n_in; i++)
        y = n->arg <= MEAN
                ? nn_onnx_binary(n, &nn_op_add, y, n->in[i])
                : nn_onnx_arithmetic(n, n->arg == MIN ? NN_ARITHMETIC_MIN : NN_ARITHMETIC_MAX, y,
                                     n->in[i]);
    if (n->arg == MEAN)
        y = nn_onnx_binary(n, &nn_op_mul, y, nn_onnx_scalar(n, 1.0f / (float)n->n_in));
    nn_onnx_output(n, 0, nn_onnx_retype(n, y, n->in[0]->integer && n->arg != MEAN));
}

// Whether v is a constant 0 that makes no result larger whose other operands have this rank.
static bool is_zero(const nn_onnx_value *v, int rank)
{
    return v->data && nn_shape_count(&v->shape) == 1 && v->data[0] == 0 && v->shape.rank <= rank;
}

static int larger(const nn_onnx_value *a, const nn_onnx_value *b)
{
    return a->shape.rank > b->shape.rank ? a->shape.rank : b->shape.rank;
}

// One of them is kept, the other is 0, and their sum is exact, even where the other is infinite.
static void build_where(nn_onnx_node *n)
{
    const nn_onnx_value *c = n->in[0], *a = n->in[1], *b = n->in[2], *y = NULL;
    if (!is_zero(b, larger(a, c))) {
        const nn_onnx_value *not = nn_onnx_pointwise(n, NN_POINTWISE_NOT, c, 0, 0);
        y = nn_onnx_arithmetic(n, NN_ARITHMETIC_KEEP, b, not );
    }
    if (!y || !is_zero(a, larger(b, c))) {
        const nn_onnx_value *kept = nn_onnx_arithmetic(n, NN_ARITHMETIC_KEEP, a, c);
        y = y ? nn_onnx_binary(n, &nn_op_add, y, kept) : kept;
    }
    nn_onnx_output(n, 0, nn_onnx_retype(n, y, n->in[1]->integer));
}

#define LOGIC(name, KIND)                                                                          \
    {                                                                                              \
        name, 2, 2, 1, build_logic, NN_ARITHMETIC_##KIND                                           \
    }

const nn_onnx_op nn_onnx_arithmetic_ops[] = {
    {"Add", 2, 2, 1, build_add, 0},
    {"Mul", 2, 2, 1, build_mul, 0},
    {"Sub", 2, 2, 1, build_sub, 0},
    {"Div", 2, 2, 1, build_div, 0},
    {"Mod", 2, 2, 1, build_mod, 0},
    {"Pow", 2, 2, 1, build_arithmetic, NN_ARITHMETIC_POW},
    {"PRelu", 2, 2, 1, build_prelu, 0},
    {"Sum", 1, NN_ONNX_MAX_IN, 1, build_chain, SUM},
    {"Mean", 1, NN_ONNX_MAX_IN, 1, build_chain, MEAN},
    {"Min", 1, NN_ONNX_MAX_IN, 1, build_chain, MIN},
    {"Max", 1, NN_ONNX_MAX_IN, 1, build_chain, MAX},
    {"Where", 3, 3, 1, build_where, 0},
    LOGIC("Equal", EQUAL),
    LOGIC("Greater", GREATER),
    LOGIC("GreaterOrEqual", GREATER_EQUAL),
    LOGIC("Less", LESS),
    LOGIC("LessOrEqual", LESS_EQUAL),
    LOGIC("And", AND),
    LOGIC("Or", OR),
    LOGIC("Xor", XOR),
    {0},
};
