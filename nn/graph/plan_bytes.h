// SPDX-License-Identifier: MIT
// Inside of a plan: values that are kept as whole numbers of 8 bits.
#ifndef NN_GRAPH_PLAN_BYTES_H
#define NN_GRAPH_PLAN_BYTES_H

#include "nn/graph/graph.h"
#include "nn/graph/plan_options.h"

// Tables of a quantised plan, NULL in others.
typedef struct plan_bytes {
    // of each value: it is kept as bytes (blocked); the byte that stands for 0; the node that
    // writes it, -1: its own; it is not stored at all
    bool *is;
    uint8_t *zero;
    int *writer;
    bool *absent;
    nn_op_quantized *quantized; // storage behind plan_node.quantized and .bytes
    nn_value *in;
} plan_bytes;

static inline bool nn_plan_is_bytes(const plan_bytes *b, nn_value v)
{
    return b->is && b->is[v];
}

static inline bool nn_plan_is_absent(const plan_bytes *b, nn_value v)
{
    return b->absent && b->absent[v];
}

// The value that a node writes: its output, or what a quantize_linear makes of it. `bytes` is
// plan_node.bytes.
static inline nn_value nn_plan_written(const nn_value *bytes, const nn_node_info *node)
{
    return bytes && bytes[node->n_in] >= 0 ? bytes[node->n_in] : node->out;
}

// Finds the nodes that run on bytes, before anything else is chosen.
nn_status nn_plan_find_int8(nn_plan *plan, nn_error *err);
// Lets a quantize_linear or dequantize_linear run between bytes and float32 if its value is bytes.
bool nn_plan_choose_int8(nn_plan *plan, int i);
void nn_plan_free_bytes(plan_bytes *b);

#endif
