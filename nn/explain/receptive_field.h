// SPDX-License-Identifier: MIT
// The receptive field of a cell: the part of the input picture that its value depends on, exactly
// from the graph.
#ifndef NN_EXPLAIN_RECEPTIVE_FIELD_H
#define NN_EXPLAIN_RECEPTIVE_FIELD_H

#include "nn/base/api.h"
#include "nn/graph/model.h"

// Pixels of a network input: columns [x0, x1), rows [y0, y1). Empty when x1 <= x0 or y1 <= y0.
typedef struct nn_patch {
    int x0, y0, x1, y1;
} nn_patch;

// Finds receptive fields of one model at one input size. One thread at a time.
typedef struct nn_receptive_field nn_receptive_field;

// `model` is borrowed and must outlive the handle. `shapes` has the shape of every value of the
// graph (nn_graph_infer, nn_plan_shape) and is copied. NN_EUNSUPPORTED unless input 0 is NxCxHxW.
NN_API nn_status nn_receptive_field_new(nn_receptive_field **out, const nn_model *model,
                                        const nn_shape *shapes, nn_error *err);
NN_API void nn_receptive_field_free(nn_receptive_field *r); // NULL is a no-op

// The smallest rectangle that holds every pixel of input 0 on which the cell of value `v` depends.
// It is followed back through every operator: strides, padding, dilation, groups, branches that a
// concatenation or a sum joins; pixels outside of the picture do not count. v is NxCxHxW, or NxC
// with y = x = 0. A channel, row or column of -1 means all of them. Empty when the value depends on
// no pixel, or v is no image or vector.
NN_API nn_patch nn_receptive_field_of(nn_receptive_field *r, nn_value v, int channel, int y, int x);
// The same without gates: factors and summands that are one number for all places, such as those of
// squeeze and excitation (Hu 2018), through which every cell depends on the whole picture a little.
NN_API nn_patch nn_receptive_field_local(nn_receptive_field *r, nn_value v, int channel, int y,
                                         int x);

#endif
