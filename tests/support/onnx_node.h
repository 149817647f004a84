// SPDX-License-Identifier: MIT
// ONNX models of one node, run on numbers of both signs.
#ifndef TESTS_SUPPORT_ONNX_NODE_H
#define TESTS_SUPPORT_ONNX_NODE_H

#include "nn/graph/plan.h"
#include "tests/support/onnx_message.h"

// A node of the input "x", with constants beside it.
typedef struct onnx_node {
    message *graph, *node;
    nn_model *model;
    nn_plan *plan;
} onnx_node;

// `in` ends with NULL; the first output is "y".
onnx_node begin_node(const char *op, const int64_t *dims, int rank, const char *const *in);
void add_ints(onnx_node *f, const char *name, const int64_t *v, int count); // a constant
void set_ints(onnx_node *f, const char *name, const int64_t *v, int count); // attributes
void set_text(onnx_node *f, const char *name, const char *text);
void set_float(onnx_node *f, const char *name, float v);
// Reads the model and runs it; some of its numbers are equal. `outputs` ends with NULL; the model
// has all but "".
void run_node(onnx_node *f, int opset, const char *const *outputs);
void end_node(onnx_node *f);
// Reads the model, which is refused with these words, and frees it.
void expect_refusal(onnx_node *f, const char *words);

const float *node_input(const onnx_node *f);
void expect_shape(const onnx_node *f, int output, nn_shape want);
void expect_number(const onnx_node *f, int output, int64_t i, double want);

#endif
