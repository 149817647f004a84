// SPDX-License-Identifier: MIT
// Prepares a model for transfer learning: the order of colours, and the input sizes that it
// accepts.
#include "nn/train/transfer.h"

#include "nn/base/memory.h"
#include "nn/graph/model_internal.h"
#include "nn/ops/ops.h"

enum { COLOURS = 3 };

// The weight of a convolution on the image, if nothing else reads it; else NULL.
static nn_tensor *image_weight(nn_model *m, const nn_node_info *n)
{
    if (n->op != &nn_op_conv2d || ((const nn_conv2d_params *)n->params)->groups != 1)
        return NULL;
    const nn_value_info info = nn_graph_value(m->graph, n->in[1]);
    int uses = 0;
    for (int i = 0; i < nn_graph_node_count(m->graph); i++) {
        const nn_node_info other = nn_graph_node_at(m->graph, i);
        for (int k = 0; k < other.n_in; k++)
            uses += other.in[k] == n->in[1];
    }
    return uses == 1 && info.kind == NN_VALUE_PARAM && info.shape->dim[1] == COLOURS
               ? &m->params[info.index]
               : NULL;
}

static bool reads(const nn_node_info *n, nn_value v)
{
    for (int k = 0; k < n->n_in; k++)
        if (n->in[k] == v)
            return true;
    return false;
}

// Swaps blue and red in a weight (O,3,KH,KW).
static void swap_colours(nn_tensor *w)
{
    const int64_t plane = nn_shape_span(&w->shape, 2, w->shape.rank);
    for (int64_t o = 0; o < w->shape.dim[0]; o++) {
        float *first = nn_tensor_f32(w) + o * COLOURS * plane, *last = first + 2 * plane;
        for (int64_t i = 0; i < plane; i++) {
            const float keep = first[i];
            first[i] = last[i];
            last[i] = keep;
        }
    }
}

nn_status nn_want_red_first(nn_model *m, nn_error *err)
{
    const nn_value image = nn_graph_input_at(m->graph, 0);
    for (int turn = 0; turn < 2 && m->card.bgr; turn++) // checks all before it changes one
        for (int i = 0; i < nn_graph_node_count(m->graph); i++) {
            const nn_node_info n = nn_graph_node_at(m->graph, i);
            nn_tensor *w = reads(&n, image) ? image_weight(m, &n) : NULL;
            if (reads(&n, image) && !w)
                return nn_fail(err, NN_EUNSUPPORTED,
                               "its input is BGR, training uses RGB, and %s (%s) is not a "
                               "convolution whose weights could be swapped",
                               n.name, n.op->name);
            if (w && turn == 1)
                swap_colours(w);
        }
    m->card.bgr = false;
    return NN_OK;
}

nn_status nn_free_inputs(nn_model *m, const nn_model *from, int h, int w, nn_error *err)
{
    enum { MORE = 64 }; // a multiple of every stride
    const nn_shape other = nn_shape_4d(2, COLOURS, h + MORE, w + MORE);
    nn_shape *shapes = nn_calloc((size_t)nn_graph_value_count(m->graph), sizeof *shapes);
    if (!shapes)
        return nn_fail(err, NN_ENOMEM, "no memory for the shapes of the graph");
    const bool free = nn_graph_infer(m->graph, &other, 1, shapes, NULL, NULL) == NN_OK;
    nn_free(shapes);
    return free ? NN_OK : nn_model_copy_bounds(m, from, err);
}
