// SPDX-License-Identifier: MIT
// The input size of a detector for a frame: no larger than the frame's shape needs.
#include "nn/predict/input_size.h"

#include "nn/ops/ops.h"
#include "nn/vision/resize.h"

enum { SIDE_STEP = 32 };

// Sum of the sides of all kernels that depend on the input size. Two sizes with equal sums give the
// same network.
static int64_t kernel_sides(const nn_graph *g, int h, int w)
{
    int64_t sum = 0;
    for (int i = 0; i < nn_graph_node_count(g); i++) {
        nn_node_info node = nn_graph_node_at(g, i);
        nn_shape in[4], out;
        if (node.op != &nn_op_elastic_kernel || node.n_in != 4)
            continue;
        for (int k = 0; k < 3; k++) {
            const nn_shape *shape = nn_graph_value(g, node.in[k]).shape;
            in[k] = shape ? *shape : nn_shape_1d(0);
        }
        in[3] = nn_shape_4d(1, 3, h, w);
        if (node.op->shape(node.params, in, 4, &out, NULL) == NN_OK)
            sum += out.dim[3];
    }
    return sum;
}

void nn_input_trim(const nn_model *m, const nn_frame *frame, int *h, int *w)
{
    const int most_h = *h, most_w = *w;
    if (m->card.reshape)
        nn_letterbox_reshape(frame->width, frame->height, w, h);
    else
        nn_letterbox_trim(frame->width, frame->height, w, h);
    if (*h == most_h && *w == most_w)
        return;
    const int64_t sides = kernel_sides(m->graph, most_h, most_w);
    while (kernel_sides(m->graph, *h, *w) != sides) {
        if (*h < most_h && (*h <= *w || *w >= most_w))
            *h += SIDE_STEP;
        else if (*w < most_w)
            *w += SIDE_STEP;
        else
            break;
    }
}
