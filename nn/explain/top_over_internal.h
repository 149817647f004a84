// SPDX-License-Identifier: MIT
// Inside of a search for the strongest activations: shared by the search and the projections.
#ifndef NN_EXPLAIN_TOP_OVER_INTERNAL_H
#define NN_EXPLAIN_TOP_OVER_INTERNAL_H

#include "nn/explain/layer_runner.h"
#include "nn/explain/top_over.h"

typedef struct nn_top_layer {
    int layer;        // of the explainer
    int first, count; // rows: a list of hits for each channel
    int *channels;    // of each row
} nn_top_layer;

struct nn_top_over {
    nn_explainer *e;
    nn_layer_runner *runner; // of the search; NULL: the explainer itself
    const char *method;
    nn_top_layer *layers;
    int layer_count, row_count, hit_count;
    nn_top_hit *hits; // hit_count for each row, strongest first
    int *counts;      // of each row
    int64_t pictures, skipped;
};

#endif
