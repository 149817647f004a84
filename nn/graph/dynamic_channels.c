// SPDX-License-Identifier: MIT
// Shuffles of channels that are written with the sizes of an image, as gathers and slices without.
#include "nn/graph/dynamic_parts.h"

#include "nn/ops/ops.h"

#include <stdio.h>
#include <string.h>

enum { MAX_NAME = 4352 };

// The only node that reads v and is no output, -1 when there are others.
static int sole_reader(const nn_dynamic_work *u, nn_value v)
{
    const nn_graph *g = u->m->graph;
    int reader = -1, count = 0;
    for (int i = 0; i < nn_graph_node_count(g); i++) {
        const nn_node_info node = nn_graph_node_at(g, i);
        for (int k = 0; k < node.n_in; k++)
            if (node.in[k] == v) {
                reader = i;
                count++;
            }
    }
    for (int i = 0; i < nn_graph_output_count(g); i++)
        count += 2 * (nn_graph_output_at(g, i) == v);
    return count == 1 ? reader : -1;
}

int nn_dynamic_find_shuffle(nn_dynamic_work *u, int i, int *between)
{
    const nn_graph *g = u->m->graph;
    const nn_node_info first = nn_graph_node_at(g, i);
    const nn_shape *x = &u->shapes[0][first.in[0]], *y = &u->shapes[0][first.out];
    *between = sole_reader(u, first.out);
    if (*between < 0 || x->rank != 4 || y->rank != 5 || x->dim[0] != y->dim[0] ||
        y->dim[1] * y->dim[2] != x->dim[1] || x->dim[2] != y->dim[3] || x->dim[3] != y->dim[4])
        return -1;
    const nn_node_info turn = nn_graph_node_at(g, *between);
    static const int32_t perm[] = {0, 2, 1, 3, 4};
    const nn_transpose_params *p = turn.params;
    const int last = sole_reader(u, turn.out);
    if (turn.op != &nn_op_transpose || memcmp(p->perm, perm, sizeof perm) != 0 || last < 0)
        return -1;
    const nn_node_info back = nn_graph_node_at(g, last);
    const bool whole =
        back.op == &nn_op_reshape && back.n_in == 1 && nn_shape_equal(&u->shapes[0][back.out], x);
    return whole ? last : -1;
}

nn_value nn_dynamic_shuffle(nn_dynamic_work *u, int i, int between, int last)
{
    const nn_graph *g = u->m->graph;
    const nn_node_info first = nn_graph_node_at(g, i), back = nn_graph_node_at(g, last);
    const nn_shape *y = &u->shapes[0][first.out], channels = nn_shape_1d(y->dim[1] * y->dim[2]);
    const nn_gather_params p = {.axis = 1};
    char name[MAX_NAME];
    snprintf(name, sizeof name, "%s.order", back.name);
    u->orders[u->order_count++] =
        (nn_channel_order){nn_graph_param_count(u->graph), y->dim[1], channels.dim[0]};
    const nn_value in[] = {u->map[first.in[0]],
                           nn_graph_param(u->graph, name, NN_PARAM_BUFFER, &channels)};
    u->done[between] = u->done[last] = true;
    return u->map[back.out] = nn_graph_node(u->graph, &nn_op_gather, back.name, &p, in, 2);
}

// The node that makes an image of one of the outermost parts of a value, which slice `i` takes; -1
// when that is not what happens.
static int find_part(const nn_dynamic_work *u, int i)
{
    const nn_graph *g = u->m->graph;
    const nn_node_info cut = nn_graph_node_at(g, i);
    const nn_slice_params *p = cut.params;
    if (cut.op != &nn_op_slice || p->axis != 0 || p->begin < 0 || p->end != p->begin + 1)
        return -1;
    const int last = sole_reader(u, cut.out);
    if (last < 0)
        return -1;
    const nn_node_info image = nn_graph_node_at(g, last);
    const nn_shape *x = &u->shapes[0][cut.out];
    const nn_shape want = nn_shape_4d(1, x->dim[2], x->dim[3], x->dim[4]);
    const bool is = image.op == &nn_op_reshape && image.n_in == 1 && x->rank == 5 &&
                    nn_shape_equal(&u->shapes[0][image.out], &want);
    return is ? last : -1;
}

// Whether all readers of v take one of its outermost parts each.
static bool is_taken_apart(const nn_dynamic_work *u, nn_value v)
{
    const nn_graph *g = u->m->graph;
    int readers = 0;
    for (int i = 0; i < nn_graph_node_count(g); i++) {
        const nn_node_info node = nn_graph_node_at(g, i);
        for (int k = 0; k < node.n_in; k++) {
            if (node.in[k] != v)
                continue;
            if (find_part(u, i) < 0)
                return false;
            readers++;
        }
    }
    for (int i = 0; i < nn_graph_output_count(g); i++)
        if (nn_graph_output_at(g, i) == v)
            return false;
    return readers > 0;
}

bool nn_dynamic_find_channel_split(nn_dynamic_work *u, int i)
{
    static const int32_t perm[] = {1, 0, 2};
    const nn_graph *g = u->m->graph;
    const nn_node_info first = nn_graph_node_at(g, i);
    const nn_shape *x = &u->shapes[0][first.in[0]], *y = &u->shapes[0][first.out];
    const int turn = sole_reader(u, first.out);
    if (turn < 0 || x->rank != 4 || x->dim[0] != 1 || y->rank != 3 ||
        y->dim[0] * y->dim[1] != x->dim[1])
        return false;
    const nn_node_info turned = nn_graph_node_at(g, turn);
    const int back = turned.op == &nn_op_transpose ? sole_reader(u, turned.out) : -1;
    if (back < 0 ||
        memcmp(((const nn_transpose_params *)turned.params)->perm, perm, sizeof perm) != 0)
        return false;
    const nn_node_info last = nn_graph_node_at(g, back);
    const nn_shape want = {5, {y->dim[1], 1, y->dim[0], x->dim[2], x->dim[3]}};
    if (last.op != &nn_op_reshape || !nn_shape_equal(&u->shapes[0][last.out], &want) ||
        !is_taken_apart(u, last.out))
        return false;
    u->done[turn] = u->done[back] = true;
    u->interleaved[last.out] = first.in[0] + 1;
    return true;
}

nn_value nn_dynamic_channel_split(nn_dynamic_work *u, int i)
{
    const nn_node_info cut = nn_graph_node_at(u->m->graph, i);
    const int last = find_part(u, i);
    const nn_node_info image = nn_graph_node_at(u->m->graph, last);
    const nn_slice_params p = {.axis = 1,
                               .begin = ((const nn_slice_params *)cut.params)->begin,
                               .end = INT32_MAX,
                               .step = (int32_t)u->shapes[0][cut.in[0]].dim[0]};
    u->done[last] = true;
    return u->map[image.out] = nn_graph_node(u->graph, &nn_op_slice, image.name, &p,
                                             &u->map[u->interleaved[cut.in[0]] - 1], 1);
}

// Channel i of the result is channel order[i] of the input.
void nn_dynamic_write_orders(const nn_dynamic_work *u, nn_model *m)
{
    for (int i = 0; i < u->order_count; i++) {
        const nn_channel_order *o = &u->orders[i];
        float *to = nn_tensor_f32(&m->params[o->param]);
        for (int64_t c = 0; c < o->n; c++)
            to[c] = (float)(c % o->groups * (o->n / o->groups) + c / o->groups);
    }
}
