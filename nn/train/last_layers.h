// SPDX-License-Identifier: MIT
// Finds the last convolutions of a detector, behind which outputs are only reordered.
#ifndef NN_TRAIN_LAST_LAYERS_H
#define NN_TRAIN_LAST_LAYERS_H

#include "nn/graph/model.h"

enum { NN_LAST_LEVELS = 4 };

// Node indices of the convolutions of a level. One convolution for classes and sides (classes
// first) is in both.
typedef struct nn_last_level {
    int stride;
    int cls, box;
    int obj;  // of the objectness; -1: none
    int bins; // bins of each side's distribution; 0: four numbers
} nn_last_level;

typedef struct nn_last_layers {
    nn_last_level level[NN_LAST_LEVELS]; // finest first
    int count;
    bool *tail; // owned: nodes that are last layers or follow them
} nn_last_layers;

// Shapes of all values for one picture of the model's size, or of h x w when it is not bound to
// one; free with nn_free.
nn_status nn_usual_shapes(nn_shape **shapes, const nn_model *m, int h, int w, nn_error *err);
// The power of two by which a map is smaller than the picture; 0: no map of it.
int nn_stride_of(const nn_shape *map, const nn_shape *image);

// Marks the last layers of a graph: the convolutions behind which there are only reordering,
// sigmoid and softmax. Nodes before them are not marked. `tail` has one entry for each node.
// Returns their number.
int nn_mark_last_layers(const nn_graph *g, bool *tail, int *node, int capacity);

// Finds the levels of a detector with `classes` classes. For each cell, its last layers have a
// number for each class; four numbers or four distributions for the sides; maybe an objectness.
// NN_EUNSUPPORTED describes what there is instead. *l must be released, also on failure.
nn_status nn_find_last_layers(nn_last_layers *l, const nn_model *m, int classes, int h, int w,
                              nn_error *err);
void nn_last_layers_release(nn_last_layers *l);

#endif
