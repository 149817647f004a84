// SPDX-License-Identifier: MIT
// Where a detector's graph ends in convolutions, behind which outputs are only put into order.
#ifndef NN_TRAIN_LAST_LAYERS_H
#define NN_TRAIN_LAST_LAYERS_H

#include "nn/graph/model.h"

enum { NN_LAST_LEVELS = 4 };

// The convolutions of one level: node indices. One for classes and sides together (classes first)
// stands in both.
typedef struct nn_last_level {
    int stride;
    int cls, box;
    int obj;  // of an objectness; -1: there is none
    int bins; // of the distribution of each side; 0: four numbers
} nn_last_level;

typedef struct nn_last_layers {
    nn_last_level level[NN_LAST_LEVELS]; // finest first
    int count;
    bool *tail; // owned: nodes that are last layers or come behind them
} nn_last_layers;

// Shapes of all values for one picture of the size that the model is for, or h x w where it is
// bound to none; to be freed with nn_free.
nn_status nn_usual_shapes(nn_shape **shapes, const nn_model *m, int h, int w, nn_error *err);
// The power of two that a map of a picture is smaller by; 0: it is no map of it.
int nn_stride_of(const nn_shape *map, const nn_shape *image);

// Marks the last layers of any graph: the convolutions from which outputs are made by nothing but
// reordering, sigmoid and softmax. Nodes in front of them stay unmarked. `tail` has one entry a
// node. Returns how many there are.
int nn_mark_last_layers(const nn_graph *g, bool *tail, int *node, int capacity);

// The levels of a detector with `classes` classes whose last layers give, for each cell, a number
// for each class and four for the sides, or four distributions, and maybe one for an objectness.
// NN_EUNSUPPORTED says what there is instead. *l is to be released also on failure.
nn_status nn_find_last_layers(nn_last_layers *l, const nn_model *m, int classes, int h, int w,
                              nn_error *err);
void nn_last_layers_release(nn_last_layers *l);

#endif
