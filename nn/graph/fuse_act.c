// SPDX-License-Identifier: MIT
// Finds the activation that follows a value.
#include "nn/graph/fuse_act.h"

#include "nn/ops/ops.h"

#include <math.h>

static nn_node_info node_at(const nn_uses *u, int i)
{
    return nn_graph_node_at(u->model->graph, i);
}

// The node that makes value v, -1 for inputs and parameters.
static int maker_of(const nn_uses *u, nn_value v)
{
    const nn_value_info info = nn_graph_value(u->model->graph, v);
    return info.kind == NN_VALUE_NODE ? info.index : -1;
}

// Whether v is a parameter of one element that is about x. With many axes it may give axes to what
// it is combined with, which keeps_shape finds.
static bool is_number(const nn_uses *u, nn_value v, float x)
{
    const nn_value_info info = nn_graph_value(u->model->graph, v);
    return info.kind == NN_VALUE_PARAM && nn_shape_count(info.shape) == 1 &&
           (info.shape->rank <= 1 || u->shapes) && u->model->params[info.index].data &&
           fabsf(*nn_tensor_f32(&u->model->params[info.index]) - x) <= 1e-6f * x;
}

// The other input of a node that has two, v being one; NN_NO_VALUE when it is both or none.
static nn_value other_side(const nn_node_info *n, nn_value v)
{
    if (n->n_in != 2 || (n->in[0] == v) == (n->in[1] == v))
        return NN_NO_VALUE;
    return n->in[n->in[0] == v];
}

static bool is_function(const nn_node_info *n, nn_pointwise kind, float a, float b)
{
    const nn_pointwise_params *p = n->params;
    return n->op == &nn_op_pointwise && p->kind == (int32_t)kind && fabsf(p->a - a) <= 1e-6f &&
           fabsf(p->b - b) <= 1e-6f;
}

// Whether node i divides v by 6.
static bool is_sixth(const nn_uses *u, int i, nn_value v)
{
    const nn_node_info n = node_at(u, i);
    if (n.op == &nn_op_mul && other_side(&n, v) >= 0)
        return is_number(u, other_side(&n, v), 1.0f / 6);
    return n.op == &nn_op_arithmetic && n.in[0] == v && n.in[1] != v &&
           ((const nn_arithmetic_params *)n.params)->kind == NN_ARITHMETIC_DIV &&
           is_number(u, n.in[1], 6);
}

// The activation of one node.
static bool find_single(const nn_uses *u, nn_value v, nn_fused_act *found)
{
    const nn_node_info n = node_at(u, u->reader[v]);
    found->act = nn_act_of_node(n.op, n.params);
    found->last = u->reader[v];
    return found->act != NN_ACT_NONE && n.in[0] == v;
}

// Whether node i makes hard_sigmoid(v), or 6 times that (*times_six), of v alone.
static bool is_gate(const nn_uses *u, int i, nn_value v, bool *times_six, nn_fused_act *found)
{
    const nn_node_info n = i < 0 ? (nn_node_info){0} : node_at(u, i);
    if (i < 0 || u->count[n.out] != 1)
        return false;
    found->inner[found->inner_count++] = i;
    *times_six = false;
    if (is_function(&n, NN_POINTWISE_HARD_SIGMOID, 1.0f / 6, 0.5f) && n.in[0] == v)
        return true;
    *times_six = true;
    const int sum = is_function(&n, NN_POINTWISE_CLIP, 0, 6) ? maker_of(u, n.in[0]) : -1;
    if (sum < 0 || u->count[n.in[0]] != 1)
        return false;
    const nn_node_info add = node_at(u, sum);
    const nn_value three = add.op == &nn_op_add ? other_side(&add, v) : NN_NO_VALUE;
    found->inner[found->inner_count++] = sum;
    return three >= 0 && is_number(u, three, 3);
}

// v times a gate of v, both of its readers.
static bool find_hard_swish(const nn_uses *u, nn_value v, nn_fused_act *found)
{
    const int product = u->reader[v];
    const nn_node_info mul = node_at(u, product);
    const nn_value gate = mul.op == &nn_op_mul ? other_side(&mul, v) : NN_NO_VALUE;
    int maker = gate >= 0 && u->count[gate] == 1 ? maker_of(u, gate) : -1;
    bool times_six;
    *found = (nn_fused_act){.act = NN_ACT_HARD_SWISH, .last = product};
    if (maker >= 0 && is_sixth(u, maker, node_at(u, maker).in[0])) { // v (clip(v + 3, 0, 6) / 6)
        const nn_value whole = node_at(u, maker).in[0];
        found->inner[found->inner_count++] = maker;
        return is_gate(u, maker_of(u, whole), v, &times_six, found) && times_six;
    }
    if (!is_gate(u, maker, v, &times_six, found))
        return false;
    if (!times_six)
        return true;
    found->inner[found->inner_count++] = product; // (v clip(v + 3, 0, 6)) / 6
    found->last = u->count[mul.out] == 1 ? u->reader[mul.out] : -1;
    return found->last >= 0 && is_sixth(u, found->last, mul.out);
}

// v times its sigmoid, or times tanh(softplus(v)).
static bool find_swish(const nn_uses *u, nn_value v, nn_fused_act *found)
{
    const nn_node_info mul = node_at(u, u->reader[v]);
    const nn_value gate = mul.op == &nn_op_mul ? other_side(&mul, v) : NN_NO_VALUE;
    const int maker = gate >= 0 && u->count[gate] == 1 ? maker_of(u, gate) : -1;
    if (maker < 0)
        return false;
    nn_node_info n = node_at(u, maker);
    *found = (nn_fused_act){.act = NN_ACT_SILU, .last = u->reader[v]};
    found->inner[found->inner_count++] = maker;
    if (n.op == &nn_op_sigmoid)
        return n.in[0] == v;
    const int inside = is_function(&n, NN_POINTWISE_TANH, 0, 0) && u->count[n.in[0]] == 1
                           ? maker_of(u, n.in[0])
                           : -1;
    if (inside < 0)
        return false;
    n = node_at(u, inside);
    found->act = NN_ACT_MISH;
    found->inner[found->inner_count++] = inside;
    return is_function(&n, NN_POINTWISE_SOFTPLUS, 0, 0) && n.in[0] == v;
}

// The node that makes v, when that is read once: it joins the inner ones.
static int inner_maker(const nn_uses *u, nn_value v, nn_fused_act *found)
{
    const int i = v >= 0 && u->count[v] == 1 ? maker_of(u, v) : -1;
    if (i >= 0 && found->inner_count < NN_FUSED_INNER)
        found->inner[found->inner_count++] = i;
    return i;
}

// Whether value g is 1 + erf(v / sqrt 2).
static bool is_normal_tail(const nn_uses *u, nn_value g, nn_value v, nn_fused_act *found)
{
    int i = inner_maker(u, g, found);
    const nn_node_info sum = i < 0 ? (nn_node_info){0} : node_at(u, i);
    if (sum.op != &nn_op_add)
        return false;
    const bool right = is_number(u, sum.in[1], 1);
    if (!right && !is_number(u, sum.in[0], 1))
        return false;
    i = inner_maker(u, sum.in[!right], found);
    const nn_node_info erf = i < 0 ? (nn_node_info){0} : node_at(u, i);
    if (!erf.op || !is_function(&erf, NN_POINTWISE_ERF, 0, 0))
        return false;
    i = inner_maker(u, erf.in[0], found);
    const nn_node_info scaled = i < 0 ? (nn_node_info){0} : node_at(u, i);
    if (scaled.op == &nn_op_mul && other_side(&scaled, v) >= 0)
        return is_number(u, other_side(&scaled, v), 0.70710678f);
    return scaled.op == &nn_op_arithmetic && scaled.in[0] == v && scaled.in[1] != v &&
           ((const nn_arithmetic_params *)scaled.params)->kind == NN_ARITHMETIC_DIV &&
           is_number(u, scaled.in[1], 1.41421356f);
}

// 0.5 v (1 + erf(v / sqrt 2)), the half in any place.
static bool find_gelu(const nn_uses *u, nn_value v, nn_fused_act *found)
{
    *found = (nn_fused_act){.act = NN_ACT_GELU, .last = u->reader[v]};
    nn_node_info mul = node_at(u, found->last);
    nn_value half = mul.op == &nn_op_mul ? other_side(&mul, v) : NN_NO_VALUE;
    if (half >= 0 && is_number(u, half, 0.5f)) { // (0.5 v) (1 + erf)
        found->inner[found->inner_count++] = found->last;
        found->last = u->count[mul.out] == 1 ? u->reader[mul.out] : -1;
        const nn_node_info product = found->last < 0 ? mul : node_at(u, found->last);
        return found->last >= 0 && product.op == &nn_op_mul &&
               is_normal_tail(u, other_side(&product, mul.out), v, found);
    }
    const nn_value factor = half;
    const int maker = factor >= 0 && u->count[factor] == 1 ? maker_of(u, factor) : -1;
    const nn_node_info scaled = maker < 0 ? (nn_node_info){0} : node_at(u, maker);
    for (int k = 0; scaled.op == &nn_op_mul && k < 2; k++)
        if (is_number(u, scaled.in[k], 0.5f)) { // v (0.5 (1 + erf))
            found->inner[found->inner_count++] = maker;
            return is_normal_tail(u, scaled.in[1 - k], v, found);
        }
    if (!is_normal_tail(u, factor, v, found) || u->count[mul.out] != 1)
        return false;
    found->inner[found->inner_count++] = found->last; // (v (1 + erf)) 0.5
    found->last = u->reader[mul.out];
    mul = node_at(u, found->last);
    half = mul.op == &nn_op_mul
               ? other_side(&mul, node_at(u, found->inner[found->inner_count - 1]).out)
               : NN_NO_VALUE;
    return half >= 0 && is_number(u, half, 0.5f);
}

static bool keeps_shape(const nn_uses *u, nn_value v, const nn_fused_act *found)
{
    return !u->shapes || nn_shape_equal(&u->shapes[node_at(u, found->last).out], &u->shapes[v]);
}

nn_fused_act nn_fuse_find_act(const nn_uses *u, nn_value v)
{
    nn_fused_act found = {.last = -1};
    if (u->count[v] == 1 && find_single(u, v, &found))
        return found;
    if (u->count[v] == 2 &&
        (find_swish(u, v, &found) || find_hard_swish(u, v, &found) || find_gelu(u, v, &found)) &&
        keeps_shape(u, v, &found))
        return found;
    return (nn_fused_act){.last = -1};
}
