// SPDX-License-Identifier: MIT
// Arithmetic of two blobs, or of a blob and a number; functions by number; reductions.
#include "nn/io/ncnn/import.h"

#include <stdio.h>

enum { ADD = -1, MUL = -2, NONE = -3 }; // separate operators, not in nn_arithmetic

typedef struct binary {
    int kind;
    bool reversed, rounded; // the second operand comes first; the quotient is rounded down
} binary;

// Field 0 of BinaryOp.
static const binary binaries[] = {
    {ADD, 0, 0},
    {NN_ARITHMETIC_SUB, 0, 0},
    {MUL, 0, 0},
    {NN_ARITHMETIC_DIV, 0, 0},
    {NN_ARITHMETIC_MAX, 0, 0},
    {NN_ARITHMETIC_MIN, 0, 0},
    {NN_ARITHMETIC_POW, 0, 0},
    {NN_ARITHMETIC_SUB, 1, 0},
    {NN_ARITHMETIC_DIV, 1, 0},
    {NN_ARITHMETIC_POW, 1, 0},
    {NONE, 0, 0}, // atan2
    {NONE, 1, 0},
    {NN_ARITHMETIC_FMOD, 0, 0},
    {NN_ARITHMETIC_FMOD, 1, 0},
    {NONE, 0, 0}, // logaddexp
    {NN_ARITHMETIC_DIV, 0, 1},
    {NN_ARITHMETIC_DIV, 1, 1},
    {NONE, 0, 0}, // remainder of the nearest whole quotient
    {NONE, 1, 0},
};

static nn_ncnn_value combine(nn_ncnn_node *n, const char *suffix, int kind, nn_ncnn_value a,
                             nn_ncnn_value b)
{
    return kind == ADD   ? nn_ncnn_binary(n, suffix, &nn_op_add, a, b)
           : kind == MUL ? nn_ncnn_binary(n, suffix, &nn_op_mul, a, b)
                         : nn_ncnn_arithmetic(n, suffix, (nn_arithmetic)kind, a, b);
}

// The blob with fewer axes gets new inner axes. A vector as long as the innermost axis of the
// other, and not as its outermost, lies along the innermost axis.
static nn_ncnn_value expand(nn_ncnn_node *n, const char *suffix, nn_ncnn_value x,
                            const nn_ncnn_value *like)
{
    const int rank = like->shape.rank;
    int64_t from[NN_MAX_RANK] = {0};
    if (x.shape.rank >= rank || nn_ncnn_failed(n))
        return x;
    const bool inner = x.shape.rank == 2 && x.shape.dim[1] != like->shape.dim[1];
    for (int i = 1; i < rank; i++)
        from[i] = inner ? (i == rank - 1 ? 1 : -1) : i < x.shape.rank ? i : -1;
    return nn_ncnn_reshape(n, suffix, x, rank, from);
}

static void build_binary(nn_ncnn_node *n)
{
    const int type = nn_ncnn_int(n, 0, 0);
    const bool scalar = nn_ncnn_int(n, 1, 0) != 0;
    if (type < 0 || (size_t)type >= sizeof binaries / sizeof *binaries ||
        binaries[type].kind == NONE) {
        nn_ncnn_fail(n, NN_EUNSUPPORTED, "operation %d is not supported", type);
        return;
    }
    if (n->n_in != (scalar ? 1 : 2)) {
        nn_ncnn_fail(n, NN_EFORMAT, "%d inputs%s", n->n_in, scalar ? " and a number" : "");
        return;
    }
    const binary *op = &binaries[type];
    nn_ncnn_value a = n->in[0], b;
    if (scalar) {
        b = nn_ncnn_scalar(n, "scalar", nn_ncnn_float(n, 2, 0));
    } else {
        a = expand(n, "a", n->in[0], &n->in[1]);
        b = expand(n, "b", n->in[1], &n->in[0]);
    }
    nn_ncnn_value y = combine(n, op->rounded ? "quotient" : NULL, op->kind, op->reversed ? b : a,
                              op->reversed ? a : b);
    if (op->rounded)
        y = nn_ncnn_pointwise(n, NULL, NN_POINTWISE_FLOOR, y, 0, 0);
    nn_ncnn_output(n, 0, y);
}

// Field 0 of UnaryOp; some functions are composed of several.
enum { SQUARE = 100, RSQRT, LOG10, EXPM1, LOG1P };
static const int unaries[] = {
    NN_POINTWISE_ABS,
    NN_POINTWISE_NEG,
    NN_POINTWISE_FLOOR,
    NN_POINTWISE_CEIL,
    SQUARE,
    NN_POINTWISE_SQRT,
    RSQRT,
    NN_POINTWISE_EXP,
    NN_POINTWISE_LOG,
    NN_POINTWISE_SIN,
    NN_POINTWISE_COS,
    NN_POINTWISE_TAN,
    NN_POINTWISE_ASIN,
    NN_POINTWISE_ACOS,
    NN_POINTWISE_ATAN,
    NN_POINTWISE_RECIPROCAL,
    NN_POINTWISE_TANH,
    LOG10,
    NN_POINTWISE_ROUND,
    NN_POINTWISE_TRUNC,
    NN_POINTWISE_SIGN,
    EXPM1,
    NN_POINTWISE_SINH,
    NN_POINTWISE_ASINH,
    NN_POINTWISE_COSH,
    NN_POINTWISE_ACOSH,
    NN_POINTWISE_ATANH,
    LOG1P,
};

static nn_ncnn_value compose(nn_ncnn_node *n, int kind, nn_ncnn_value x)
{
    switch (kind) {
    case SQUARE:
        return nn_ncnn_binary(n, NULL, &nn_op_mul, x, x);
    case RSQRT:
        x = nn_ncnn_pointwise(n, "root", NN_POINTWISE_SQRT, x, 0, 0);
        return nn_ncnn_pointwise(n, NULL, NN_POINTWISE_RECIPROCAL, x, 0, 0);
    case LOG10:
        x = nn_ncnn_pointwise(n, "log", NN_POINTWISE_LOG, x, 0, 0);
        return nn_ncnn_binary(n, NULL, &nn_op_mul, x, nn_ncnn_scalar(n, "scalar", 0.4342944819f));
    case EXPM1:
        x = nn_ncnn_pointwise(n, "exp", NN_POINTWISE_EXP, x, 0, 0);
        return nn_ncnn_binary(n, NULL, &nn_op_add, x, nn_ncnn_scalar(n, "scalar", -1));
    case LOG1P:
        x = nn_ncnn_binary(n, "above", &nn_op_add, x, nn_ncnn_scalar(n, "scalar", 1));
        return nn_ncnn_pointwise(n, NULL, NN_POINTWISE_LOG, x, 0, 0);
    default:
        return nn_ncnn_pointwise(n, NULL, (nn_pointwise)kind, x, 0, 0);
    }
}

static void build_unary(nn_ncnn_node *n)
{
    const int type = nn_ncnn_int(n, 0, 0);
    if (type < 0 || (size_t)type >= sizeof unaries / sizeof *unaries)
        nn_ncnn_fail(n, NN_EUNSUPPORTED, "operation %d is not supported", type);
    else
        nn_ncnn_output(n, 0, compose(n, unaries[type], n->in[0]));
}

static void build_eltwise(nn_ncnn_node *n)
{
    static const int kinds[] = {MUL, ADD, NN_ARITHMETIC_MAX};
    const int type = nn_ncnn_int(n, 0, 0);
    int count;
    const double *factors = nn_ncnn_array(n, 1, &count);
    if (type < 0 || type > 2 || (type == 1 && count > 0 && count < n->n_in)) {
        nn_ncnn_fail(n, NN_EUNSUPPORTED, "operation %d with %d coefficients for %d inputs", type,
                     count, n->n_in);
        return;
    }
    nn_ncnn_value y = n->in[0];
    for (int i = 0; i < n->n_in; i++) {
        char suffix[24];
        nn_ncnn_value x = n->in[i];
        if (type == 1 && count > 0 && factors[i] != 1) {
            snprintf(suffix, sizeof suffix, "factor%d", i);
            const nn_ncnn_value factor = nn_ncnn_scalar(n, suffix, (float)factors[i]);
            snprintf(suffix, sizeof suffix, "times%d", i);
            x = nn_ncnn_binary(n, suffix, &nn_op_mul, x, factor);
        }
        snprintf(suffix, sizeof suffix, "to%d", i);
        y = i == 0 ? x : combine(n, i == n->n_in - 1 ? NULL : suffix, kinds[type], y, x);
    }
    nn_ncnn_output(n, 0, y);
}

// --- reductions ---

enum { SUM, ABS_SUM, SQUARE_SUM, MEAN, MAX, MIN, PRODUCT, L1, L2, LOG_SUM, LOG_SUM_EXP };

static nn_ncnn_value before_sum(nn_ncnn_node *n, int kind, nn_ncnn_value x)
{
    return kind == ABS_SUM || kind == L1 ? nn_ncnn_pointwise(n, "abs", NN_POINTWISE_ABS, x, 0, 0)
           : kind == SQUARE_SUM || kind == L2 ? nn_ncnn_binary(n, "square", &nn_op_mul, x, x)
           : kind == LOG_SUM_EXP ? nn_ncnn_pointwise(n, "exp", NN_POINTWISE_EXP, x, 0, 0)
           : kind == MIN         ? nn_ncnn_pointwise(n, "neg", NN_POINTWISE_NEG, x, 0, 0)
                                 : x;
}

static nn_ncnn_value behind_sum(nn_ncnn_node *n, int kind, nn_ncnn_value x)
{
    return kind == L2 ? nn_ncnn_pointwise(n, "root", NN_POINTWISE_SQRT, x, 0, 0)
           : kind == LOG_SUM || kind == LOG_SUM_EXP
               ? nn_ncnn_pointwise(n, "log", NN_POINTWISE_LOG, x, 0, 0)
           : kind == MIN ? nn_ncnn_pointwise(n, "least", NN_POINTWISE_NEG, x, 0, 0)
                         : x;
}

// The axes to reduce.
static unsigned reduced_axes(nn_ncnn_node *n)
{
    const nn_ncnn_value *x = &n->in[0];
    const unsigned all = (1u << x->shape.rank) - 2;
    int axes[NN_MAX_RANK];
    unsigned mask = 0;
    const int count = nn_ncnn_ints(n, 3, axes, NN_MAX_RANK);
    if (nn_ncnn_int(n, 1, 1) != 0)
        return all;
    if (count > 0 && nn_ncnn_int(n, 5, 0) == 0)
        nn_ncnn_fail(n, NN_EUNSUPPORTED,
                     "the file is of an old ncnn whose axes were wrong: convert it again");
    for (int i = 0; i < count; i++)
        mask |= 1u << nn_ncnn_axis(n, x, axes[i]);
    return nn_ncnn_dims(x) == 1 ? all : mask & all;
}

static void build_reduction(nn_ncnn_node *n)
{
    const int kind = nn_ncnn_int(n, 0, 0);
    const float factor = nn_ncnn_float(n, 2, 1);
    const bool keep = nn_ncnn_int(n, 4, 0) != 0;
    const unsigned axes = reduced_axes(n);
    if (kind < 0 || kind > LOG_SUM_EXP || kind == PRODUCT || axes == 0) {
        nn_ncnn_fail(n, NN_EUNSUPPORTED, "reduction %d is not supported", kind);
        return;
    }
    const nn_reduce how = kind == MEAN                 ? NN_REDUCE_MEAN
                          : kind == MAX || kind == MIN ? NN_REDUCE_MAX
                                                       : NN_REDUCE_SUM;
    const bool all = axes == (1u << n->in[0].shape.rank) - 2; // a single number stays a vector
    nn_ncnn_value y = before_sum(n, kind, n->in[0]);
    y = nn_ncnn_reduce(n, "reduced", how, y, axes, keep || all);
    if (all && !keep)
        y = nn_ncnn_flatten(n, "one", y);
    y = behind_sum(n, kind, y);
    if (factor != 1)
        y = nn_ncnn_binary(n, NULL, &nn_op_mul, y, nn_ncnn_scalar(n, "factor", factor));
    nn_ncnn_output(n, 0, y);
}

const nn_ncnn_op nn_ncnn_arithmetic_ops[] = {
    {"BinaryOp", 1, 2, 1, build_binary, 0},
    {"Eltwise", 2, NN_NCNN_MAX_IN, 1, build_eltwise, 0},
    {"Reduction", 1, 1, 1, build_reduction, 0},
    {"UnaryOp", 1, 1, 1, build_unary, 0},
    {0},
};
