// SPDX-License-Identifier: MIT
// The interface of builders of ONNX operators: values with known shapes, attributes, and
// nn_onnx_emit, which adds a node, or computes it at once when its inputs are constant.
#ifndef NN_IO_ONNX_ONNX_IMPORT_H
#define NN_IO_ONNX_ONNX_IMPORT_H

#include "nn/ops/ops.h"

enum { NN_ONNX_MAX_IN = NN_OP_MAX_IN, NN_ONNX_SEQUENCES = 1 << 16 };

// A tensor of the model. Everything is float32; `integer` marks whole numbers.
typedef struct nn_onnx_value {
    nn_shape shape;
    bool integer;
    const float *data; // elements of a constant, NULL when known only at run time
    int type;          // TensorProto.DataType in the file; 0: made by builders that do not say
    // A sequence has `count` tensors here, and no shape; NULL for a tensor.
    const struct nn_onnx_value *const *items;
    int count;
    bool nothing; // an optional without its element, which is a sequence of none here
} nn_onnx_value;

typedef struct nn_onnx_import nn_onnx_import;
struct Onnx__NodeProto;

// The node being built.
typedef struct nn_onnx_node {
    nn_onnx_import *import;
    const struct Onnx__NodeProto *proto;
    const nn_onnx_value *in[NN_ONNX_MAX_IN]; // NULL where an optional input is absent
    int n_in, n_out;
    int opset;
    int arg;                             // from the operator's row
    const struct nn_onnx_reader *reader; // for nn_onnx_subgraph
    const struct nn_onnx_node *caller;   // of the function in whose body it is
} nn_onnx_node;

// One ONNX operator. The builder sets all outputs, or fails through nn_onnx_fail.
typedef struct nn_onnx_op {
    const char *name;
    int min_in, max_in; // inputs that must and may be there
    int max_out;
    void (*build)(nn_onnx_node *n);
    int arg; // for the builder; with NN_ONNX_SEQUENCES its inputs may be sequences
} nn_onnx_op;

// The first failure stays; after it all functions here do nothing and return NULL or 0.
const nn_onnx_value *nn_onnx_fail(nn_onnx_node *n, nn_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
// The same for what is not known yet but in a run: a node whose sizes depend on the model's data
// begins a tail (onnx_tail.h) where there may be one.
const nn_onnx_value *nn_onnx_wait(nn_onnx_node *n, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
bool nn_onnx_failed(const nn_onnx_node *n);
// Whether nodes whose sizes depend on data may begin a tail.
bool nn_onnx_may_wait(const nn_onnx_node *n);
// Whether it is built in a run of a tail, where all values have data.
bool nn_onnx_is_run(const nn_onnx_node *n);

// Values that a builder holds while subgraphs run: they are not freed.
typedef struct nn_onnx_pins {
    const nn_onnx_value *const *values; // NULL among them is nothing
    const int *count;
    struct nn_onnx_pins *next;
} nn_onnx_pins;

void nn_onnx_pin(nn_onnx_node *n, nn_onnx_pins *pins);
void nn_onnx_unpin(nn_onnx_node *n); // the last ones
// A builder with all that it holds in pins allows what nobody reads again to be freed.
void nn_onnx_collect(nn_onnx_node *n);

// Attributes, with what they are when they are absent.
int64_t nn_onnx_int(nn_onnx_node *n, const char *name, int64_t otherwise);
float nn_onnx_float(nn_onnx_node *n, const char *name, float otherwise);
// Whether the text attribute is `text`; `otherwise` when it is absent.
bool nn_onnx_is(nn_onnx_node *n, const char *name, const char *text, bool otherwise);
// Copies a text attribute, or the text `at` of a list of them. False when it is absent, does not
// fit or is no plain text.
bool nn_onnx_text(nn_onnx_node *n, const char *name, char *out, size_t size);
bool nn_onnx_text_at(nn_onnx_node *n, const char *name, int at, char *out, size_t size);
// Fills out[0 .. max); returns the count, -1 when it is absent. More than `max` is a failure.
int nn_onnx_ints(nn_onnx_node *n, const char *name, int64_t *out, int max);
int nn_onnx_floats(nn_onnx_node *n, const char *name, float *out, int max);
// A tensor attribute as a constant, NULL when it is absent.
const nn_onnx_value *nn_onnx_tensor(nn_onnx_node *n, const char *name);

// Elements of a constant of whole numbers; values over 2^31 are clamped to it. Fails for what is
// known only at run time, and above `max`. Returns the count.
int nn_onnx_const_ints(nn_onnx_node *n, const nn_onnx_value *v, int64_t *out, int max);
// As above from input `i` if it is there, else from the attribute: newer and older opsets. -1 when
// neither is.
int nn_onnx_ints_of(nn_onnx_node *n, int i, const char *name, int64_t *out, int max);
// Input i must be a constant with one element; `otherwise` when it is absent.
float nn_onnx_const_float(nn_onnx_node *n, int i, float otherwise);
// Resolves an axis of `rank` that may count from the end; fails when it is outside.
int nn_onnx_axis(nn_onnx_node *n, int64_t axis, int rank);
// Axes as a bit mask; count <= 0: `otherwise`.
unsigned nn_onnx_axes(nn_onnx_node *n, const int64_t *axes, int count, int rank,
                      unsigned otherwise);

// A new constant; data is copied, NULL: zeros.
const nn_onnx_value *nn_onnx_constant(nn_onnx_node *n, const nn_shape *shape, const float *data,
                                      bool integer);
const nn_onnx_value *nn_onnx_scalar(nn_onnx_node *n, float value);
// The same with elements that the caller writes to *data (NULL after a failure) before it is used.
const nn_onnx_value *nn_onnx_make(nn_onnx_node *n, const nn_shape *shape, bool integer,
                                  float **data);
// A node of the graph, or its result when all inputs whose data it reads are constants. NULL among
// `in` (but at the end) is an absent input; a failed node gets NULL.
const nn_onnx_value *nn_onnx_emit(nn_onnx_node *n, const nn_op *op, const void *params,
                                  const nn_onnx_value *const *in, int n_in);
// The same value seen as whole numbers or not.
const nn_onnx_value *nn_onnx_retype(nn_onnx_node *n, const nn_onnx_value *v, bool integer);
// The same value seen as of a TensorProto.DataType, by which whole numbers are told apart.
const nn_onnx_value *nn_onnx_typed(nn_onnx_node *n, const nn_onnx_value *v, int type);
// Says which TensorProto.DataType a value has in the file. NULL is ignored.
void nn_onnx_set_type(const nn_onnx_value *v, int type);
// Output i of the node. NULL is only taken from a failed node.
void nn_onnx_output(nn_onnx_node *n, int i, const nn_onnx_value *v);
// Whether output i has a name, so that a node may read it.
bool nn_onnx_wants(const nn_onnx_node *n, int i);

// A sequence of values.
const nn_onnx_value *nn_onnx_list(nn_onnx_node *n, const nn_onnx_value *const *items, int count);
// An optional without its element. One that has it is the element itself.
const nn_onnx_value *nn_onnx_nothing(nn_onnx_node *n);
// Builds the graph that is an attribute, with `in` as its inputs, and fills out[0 .. max) with its
// outputs. Returns their number, 0 after a failure. All nodes of subgraphs together are limited.
int nn_onnx_subgraph(nn_onnx_node *n, const char *name, const nn_onnx_value *const *in, int n_in,
                     const nn_onnx_value **out, int max);

// --- short ways of emitting ---
const nn_onnx_value *nn_onnx_unary(nn_onnx_node *n, const nn_op *op, const nn_onnx_value *x);
const nn_onnx_value *nn_onnx_binary(nn_onnx_node *n, const nn_op *op, const nn_onnx_value *a,
                                    const nn_onnx_value *b);
const nn_onnx_value *nn_onnx_pointwise(nn_onnx_node *n, nn_pointwise kind, const nn_onnx_value *x,
                                       float a, float b);
const nn_onnx_value *nn_onnx_arithmetic(nn_onnx_node *n, nn_arithmetic kind, const nn_onnx_value *a,
                                        const nn_onnx_value *b);
const nn_onnx_value *nn_onnx_reduce(nn_onnx_node *n, nn_reduce kind, const nn_onnx_value *x,
                                    unsigned axes, bool keep_dims);
// x itself when it has that shape.
const nn_onnx_value *nn_onnx_reshape(nn_onnx_node *n, const nn_onnx_value *x,
                                     const nn_shape *shape);
const nn_onnx_value *nn_onnx_transpose(nn_onnx_node *n, const nn_onnx_value *x, const int *perm);
const nn_onnx_value *nn_onnx_slice(nn_onnx_node *n, const nn_onnx_value *x, int axis, int64_t begin,
                                   int64_t end, int64_t step);

#endif
