// SPDX-License-Identifier: MIT
// Minimum cut: the cheapest way to put each of some things on one of two sides.
#ifndef NN_GRAPH_MIN_CUT_H
#define NN_GRAPH_MIN_CUT_H

#include "nn/base/status.h"

#include <stdbool.h>

typedef struct nn_min_cut nn_min_cut;

enum { NN_CUT_SOURCE, NN_CUT_SINK, NN_CUT_FIRST }; // places; things are numbered from NN_CUT_FIRST

// `places` include source and sink; at most `edges` will be added. NULL: no memory.
nn_min_cut *nn_min_cut_new(int places, int edges);
void nn_min_cut_free(nn_min_cut *c);

// It costs `cost` >= 0 (may be INFINITY, but not along a whole path from source to sink) when
// `from` is on the source's side and `to` on the sink's.
void nn_min_cut_edge(nn_min_cut *c, int from, int to, double cost);

// Finds the cut (Edmonds and Karp 1972: shortest paths first); returns its cost.
double nn_min_cut_solve(nn_min_cut *c);
// Afterwards: whether a place is on the source's side.
bool nn_min_cut_at_source(const nn_min_cut *c, int place);

#endif
