// SPDX-License-Identifier: MIT
// Whether two graphs are the same.
#include "nn/graph/graph.h"

#include <string.h>

static bool same_name(const nn_graph *a, nn_value v, const nn_graph *b, nn_value w)
{
    if (v < 0 || w < 0)
        return v == w;
    return strcmp(nn_graph_value(a, v).name, nn_graph_value(b, w).name) == 0;
}

static bool same_params(const nn_graph *a, const nn_graph *b)
{
    for (int i = 0; i < nn_graph_param_count(a); i++) {
        const nn_value_info p = nn_graph_value(a, nn_graph_param_at(a, i)),
                            q = nn_graph_value(b, nn_graph_param_at(b, i));
        if (strcmp(p.name, q.name) != 0 || p.param != q.param || !nn_shape_equal(p.shape, q.shape))
            return false;
    }
    return true;
}

static bool same_nodes(const nn_graph *a, const nn_graph *b)
{
    for (int i = 0; i < nn_graph_node_count(a); i++) {
        const nn_node_info m = nn_graph_node_at(a, i), n = nn_graph_node_at(b, i);
        if (m.op != n.op || m.n_in != n.n_in || strcmp(m.name, n.name) != 0 ||
            memcmp(m.params, n.params, m.op->params_size) != 0)
            return false;
        for (int k = 0; k < m.n_in; k++)
            if (!same_name(a, m.in[k], b, n.in[k]))
                return false;
    }
    return true;
}

bool nn_graph_equal(const nn_graph *a, const nn_graph *b)
{
    if (nn_graph_input_count(a) != nn_graph_input_count(b) ||
        nn_graph_output_count(a) != nn_graph_output_count(b) ||
        nn_graph_param_count(a) != nn_graph_param_count(b) ||
        nn_graph_node_count(a) != nn_graph_node_count(b))
        return false;
    for (int i = 0; i < nn_graph_input_count(a); i++)
        if (!same_name(a, nn_graph_input_at(a, i), b, nn_graph_input_at(b, i)))
            return false;
    for (int i = 0; i < nn_graph_output_count(a); i++)
        if (strcmp(nn_graph_output_name(a, i), nn_graph_output_name(b, i)) != 0 ||
            !same_name(a, nn_graph_output_at(a, i), b, nn_graph_output_at(b, i)))
            return false;
    return same_params(a, b) && same_nodes(a, b);
}
