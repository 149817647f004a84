// SPDX-License-Identifier: MIT
// The network as data: values and nodes, without tensor data or input sizes.
#ifndef NN_GRAPH_GRAPH_H
#define NN_GRAPH_GRAPH_H

#include "nn/base/api.h"
#include "nn/ops/op.h"
#include "nn/tensor/tensor.h"

typedef struct nn_graph nn_graph;

// A value of the graph: an input, a parameter or the output of a node. A failed call returns
// NN_FAILED_VALUE; builders accept it and pass it on, so it is enough to call nn_graph_check at the
// end.
typedef int nn_value;
enum { NN_NO_VALUE = -1, NN_FAILED_VALUE = -2 };

typedef enum nn_value_kind { NN_VALUE_INPUT, NN_VALUE_PARAM, NN_VALUE_NODE } nn_value_kind;

typedef enum nn_param_kind {
    NN_PARAM_WEIGHT, // rank >= 2; trained, with weight decay
    NN_PARAM_BIAS,   // biases and norm scales; trained, without weight decay
    NN_PARAM_BUFFER, // running statistics; saved, not trained
} nn_param_kind;

nn_graph *nn_graph_new(void);
NN_API void nn_graph_free(nn_graph *g);

// Adds an input; its shape is given when a plan is made.
nn_value nn_graph_input(nn_graph *g, const char *name);
// Adds a parameter of a fixed shape under its state-dict name ("block1.wide.weight").
nn_value nn_graph_param(nn_graph *g, const char *name, nn_param_kind kind, const nn_shape *shape);
// Adds a node and returns its output. `params` (op->params_size bytes, NULL when 0) and `in` are
// copied. An absent optional input is NN_NO_VALUE. `name` appears in taps and tables. Names of
// nodes, parameters and inputs must all be different.
nn_value nn_graph_node(nn_graph *g, const nn_op *op, const char *name, const void *params,
                       const nn_value *in, int n_in);
// Declares an output of the graph. An output whose name starts with "aux" serves training only:
// nn_model_fuse removes it together with everything that only it needs.
void nn_graph_output(nn_graph *g, const char *name, nn_value value);

// For builders: makes the graph fail with this text; the first failure stays. Returns
// NN_FAILED_VALUE.
nn_value nn_graph_fail(nn_graph *g, nn_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

// NN_OK, or the first failure of building.
nn_status nn_graph_check(const nn_graph *g, nn_error *err);

// --- reading a graph. Indices are dense from 0; nodes are in topological order. ---
NN_API int nn_graph_input_count(const nn_graph *g);
NN_API int nn_graph_output_count(const nn_graph *g);
NN_API int nn_graph_param_count(const nn_graph *g);
NN_API int nn_graph_node_count(const nn_graph *g);
NN_API int nn_graph_value_count(const nn_graph *g);
NN_API nn_value nn_graph_input_at(const nn_graph *g, int i);
NN_API nn_value nn_graph_output_at(const nn_graph *g, int i);
NN_API nn_value nn_graph_param_at(const nn_graph *g, int i);
NN_API const char *nn_graph_output_name(const nn_graph *g, int i);
// Index of the named output or parameter, -1 when there is none.
NN_API int nn_graph_find_output(const nn_graph *g, const char *name);
int nn_graph_find_param(const nn_graph *g, const char *name);
// The input, parameter or node output of this name; NN_NO_VALUE when there is none.
nn_value nn_graph_find_value(const nn_graph *g, const char *name);

typedef struct nn_value_info {
    const char *name;
    nn_value_kind kind;
    int index;             // of the input, parameter or node
    nn_param_kind param;   // for parameters
    const nn_shape *shape; // for parameters, else NULL
} nn_value_info;
NN_API nn_value_info nn_graph_value(const nn_graph *g, nn_value v);

typedef struct nn_node_info {
    const char *name;
    const nn_op *op;
    const void *params;
    const nn_value *in; // n_in entries, NN_NO_VALUE where an optional input is absent
    int n_in;
    nn_value out;
} nn_node_info;
NN_API nn_node_info nn_graph_node_at(const nn_graph *g, int i);

// Whether both graphs have the same inputs, parameters, nodes and outputs, with the same names and
// in the same order. The order of values does not count.
bool nn_graph_equal(const nn_graph *a, const nn_graph *b);

// Infers the shapes of all values from these input shapes, without any tensor data. `shapes` has
// one entry per value of the graph. `macs`, unless NULL, gets the multiply-accumulates of one run
// of each node. NN_ESHAPE names the node that does not fit the input size.
NN_API nn_status nn_graph_infer(const nn_graph *g, const nn_shape *inputs, int n_inputs,
                                nn_shape *shapes, double *macs, nn_error *err);

#endif
