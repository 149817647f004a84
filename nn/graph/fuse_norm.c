// SPDX-License-Identifier: MIT
// Follows a layer norm back from its last node.
#include "nn/graph/fuse_norm.h"

#include "nn/ops/ops.h"

typedef struct matcher {
    const nn_uses *uses;
    const nn_shape *shapes;
    nn_fused_norm *found;
} matcher;

static nn_value_info value_at(const matcher *m, nn_value v)
{
    return nn_graph_value(m->uses->model->graph, v);
}

// The node that makes v for `readers` uses, which joins the inner ones; op NULL when it is no such
// one.
static nn_node_info inner_node(matcher *m, nn_value v, int readers)
{
    const nn_node_info none = {0};
    if (v < 0 || value_at(m, v).kind != NN_VALUE_NODE || m->uses->count[v] != readers ||
        m->found->inner_count == NN_FUSED_NORM_INNER)
        return none;
    m->found->inner[m->found->inner_count++] = value_at(m, v).index;
    return nn_graph_node_at(m->uses->model->graph, value_at(m, v).index);
}

static bool is_arithmetic(const nn_node_info *n, nn_arithmetic kind)
{
    return n->op == &nn_op_arithmetic &&
           ((const nn_arithmetic_params *)n->params)->kind == (int32_t)kind;
}

// The other input of a sum or product, when one is a parameter with an element for each feature of
// `like`. *param gets that.
static nn_value split_scale(const matcher *m, const nn_node_info *n, const nn_shape *like,
                            nn_value *param)
{
    for (int k = 0; k < 2; k++) {
        const nn_value_info info = value_at(m, n->in[k]);
        if (info.kind == NN_VALUE_PARAM && info.shape->rank == 1 && like->rank > 1 &&
            info.shape->dim[0] == like->dim[like->rank - 1]) {
            *param = n->in[k];
            return n->in[1 - k];
        }
    }
    return NN_NO_VALUE;
}

// The value of which v is the mean over the last axis.
static nn_value mean_of(matcher *m, nn_value v)
{
    const nn_node_info n = inner_node(m, v, 1);
    const nn_reduce_params *p = n.params;
    if (n.op != &nn_op_reduce || p->kind != NN_REDUCE_MEAN || !p->keep_dims ||
        p->axes != 1 << (m->shapes[n.in[0]].rank - 1))
        return NN_NO_VALUE;
    return n.in[0];
}

// The one number of a parameter; false when it is not one.
static bool read_number(const matcher *m, nn_value v, float *number)
{
    const nn_value_info info = value_at(m, v);
    if (info.kind != NN_VALUE_PARAM || nn_shape_count(info.shape) != 1 ||
        !m->uses->model->params[info.index].data)
        return false;
    *number = *nn_tensor_f32(&m->uses->model->params[info.index]);
    return true;
}

// Whether v is s squared; *readers is how many of the uses of s that takes.
static bool is_square(matcher *m, nn_value v, nn_value s, int *readers)
{
    float exponent;
    const nn_node_info n = inner_node(m, v, 1);
    *readers = 1 + (n.op == &nn_op_mul);
    if (n.op == &nn_op_mul)
        return n.in[0] == s && n.in[1] == s;
    return n.op && is_arithmetic(&n, NN_ARITHMETIC_POW) && n.in[0] == s &&
           read_number(m, n.in[1], &exponent) && exponent == 2;
}

// Whether v is sqrt(mean(s^2) + eps).
static bool is_deviation(matcher *m, nn_value v, nn_value s, int *readers)
{
    const nn_node_info root = inner_node(m, v, 1);
    if (root.op != &nn_op_pointwise ||
        ((const nn_pointwise_params *)root.params)->kind != NN_POINTWISE_SQRT)
        return false;
    const nn_node_info sum = inner_node(m, root.in[0], 1);
    if (sum.op != &nn_op_add)
        return false;
    const int eps = read_number(m, sum.in[1], &m->found->eps)   ? 1
                    : read_number(m, sum.in[0], &m->found->eps) ? 0
                                                                : -1;
    return eps >= 0 && m->found->eps > 0 && is_square(m, mean_of(m, sum.in[1 - eps]), s, readers);
}

bool nn_fuse_find_norm(const nn_uses *u, const nn_shape *shapes, int last, nn_fused_norm *found)
{
    matcher m = {u, shapes, found};
    const nn_node_info shift = nn_graph_node_at(u->model->graph, last);
    int readers;
    *found = (nn_fused_norm){0};
    if (shift.op != &nn_op_add || !shapes)
        return false;
    const nn_shape *like = &shapes[shift.out];
    const nn_value scaled = split_scale(&m, &shift, like, &found->bias);
    const nn_node_info scale = inner_node(&m, scaled, 1);
    if (scale.op != &nn_op_mul)
        return false;
    const nn_node_info quotient = inner_node(&m, split_scale(&m, &scale, like, &found->weight), 1);
    if (!quotient.op || !is_arithmetic(&quotient, NN_ARITHMETIC_DIV) ||
        !is_deviation(&m, quotient.in[1], quotient.in[0], &readers))
        return false;
    const nn_node_info centred = inner_node(&m, quotient.in[0], 1 + readers);
    found->x = centred.op ? centred.in[0] : NN_NO_VALUE;
    return centred.op && is_arithmetic(&centred, NN_ARITHMETIC_SUB) &&
           nn_shape_equal(&shapes[found->x], like) && mean_of(&m, centred.in[1]) == found->x;
}
