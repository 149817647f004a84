// SPDX-License-Identifier: MIT
// The table of graph formats.
#include "nn/io/graph_format.h"

#define NN_GRAPH(word) extern const nn_graph_format nn_graph_format_##word;
#include "nn/io/graph_formats.inc"
#undef NN_GRAPH

#define NN_GRAPH(word) &nn_graph_format_##word,
static const nn_graph_format *const formats[] = {
#include "nn/io/graph_formats.inc"
};
#undef NN_GRAPH

const nn_graph_format *nn_graph_format_at(int i)
{
    return i >= 0 && (size_t)i < sizeof formats / sizeof *formats ? formats[i] : NULL;
}

const nn_graph_format *nn_graph_format_find(const char *path)
{
    for (int i = 0; nn_graph_format_at(i); i++)
        if (nn_graph_format_at(i)->probe_file(path))
            return nn_graph_format_at(i);
    return NULL;
}
