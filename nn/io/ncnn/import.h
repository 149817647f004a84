// SPDX-License-Identifier: MIT
// The interface of builders of ncnn layers: blobs with their shapes, fields, weights, and
// nn_ncnn_emit, which adds a node to the graph.
#ifndef NN_IO_NCNN_IMPORT_H
#define NN_IO_NCNN_IMPORT_H

#include "nn/graph/graph.h"
#include "nn/ops/ops.h"

enum { NN_NCNN_MAX_IN = NN_OP_MAX_IN };

// A blob. ncnn's blobs have no batch: ours have it before their own axes, so that ncnn's axis i,
// counted from the outermost, is ours i + 1. `other` is the shape for another input size: dims that
// differ depend on the size of the picture.
typedef struct nn_ncnn_value {
    nn_value value;
    nn_shape shape, other; // rank -1: absent
} nn_ncnn_value;

typedef struct nn_ncnn_import nn_ncnn_import;

// The layer being built.
typedef struct nn_ncnn_node {
    nn_ncnn_import *import;
    const nn_ncnn_value *in; // n_in
    int n_in, n_out;
    int arg; // from the row
} nn_ncnn_node;

// One type of layer. The builder sets all outputs, or fails through nn_ncnn_fail.
typedef struct nn_ncnn_op {
    const char *name;
    int min_in, max_in, max_out;
    void (*build)(nn_ncnn_node *n);
    int arg;
} nn_ncnn_op;

extern const nn_ncnn_value nn_ncnn_none; // an absent input; also what failed calls return

// The first failure stays; after it all functions here do nothing.
void nn_ncnn_fail(nn_ncnn_node *n, nn_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
bool nn_ncnn_failed(const nn_ncnn_node *n);

// --- fields, with what they are when they are absent ---
int nn_ncnn_int(nn_ncnn_node *n, int id, int otherwise);
float nn_ncnn_float(nn_ncnn_node *n, int id, float otherwise);
// Numbers of an array (or of a single number); *count 0 when it is absent.
const double *nn_ncnn_array(nn_ncnn_node *n, int id, int *count);
// The same as whole numbers, at most `max`; returns the count.
int nn_ncnn_ints(nn_ncnn_node *n, int id, int *out, int max);
bool nn_ncnn_has(const nn_ncnn_node *n, int id);
// Fails when the layer has one of these text fields (shapes as expressions).
void nn_ncnn_no_text(nn_ncnn_node *n, int id);

// --- shapes ---
// Number of ncnn's axes: 1 (w), 2 (h, w), 3 (c, h, w), 4 (c, d, h, w).
int nn_ncnn_dims(const nn_ncnn_value *v);
// A size that the graph will hold as a number. When it depends on the input size, the graph is for
// this input size only from then on.
int64_t nn_ncnn_dim(nn_ncnn_node *n, const nn_ncnn_value *v, int axis);
bool nn_ncnn_is_open(const nn_ncnn_value *v, int axis); // it depends on the input size
void nn_ncnn_bind_size(nn_ncnn_node *n);                // the same without a dim
// ncnn's axis (negative: from the end) of the input as ours; 0 after a failure.
int nn_ncnn_axis(nn_ncnn_node *n, const nn_ncnn_value *v, int axis);

// --- weights, in the order of the file; named LAYER.suffix ---
// With a tag before, which says how they are stored. Fails for int8 and tables by name.
nn_ncnn_value nn_ncnn_weight(nn_ncnn_node *n, const char *suffix, nn_param_kind kind,
                             const nn_shape *shape);
// Plain float32.
nn_ncnn_value nn_ncnn_plain(nn_ncnn_node *n, const char *suffix, nn_param_kind kind,
                            const nn_shape *shape);
// A weight in the order (groups, O, I, rest) of the file that becomes (groups, I, O, rest):
// `shape` is the new one, with groups x I outermost and O next.
nn_ncnn_value nn_ncnn_swapped(nn_ncnn_node *n, const char *suffix, const nn_shape *shape,
                              int groups);
// Not from the file: `count` floats, copied. Never trained.
nn_ncnn_value nn_ncnn_constant(nn_ncnn_node *n, const char *suffix, const nn_shape *shape,
                               const float *data);
nn_ncnn_value nn_ncnn_scalar(nn_ncnn_node *n, const char *suffix, float x);

// --- nodes, named LAYER.suffix, or LAYER with NULL ---
nn_ncnn_value nn_ncnn_emit(nn_ncnn_node *n, const char *suffix, const nn_op *op, const void *params,
                           const nn_ncnn_value *in, int n_in);
nn_ncnn_value nn_ncnn_unary(nn_ncnn_node *n, const char *suffix, const nn_op *op, nn_ncnn_value x);
nn_ncnn_value nn_ncnn_binary(nn_ncnn_node *n, const char *suffix, const nn_op *op, nn_ncnn_value a,
                             nn_ncnn_value b);
nn_ncnn_value nn_ncnn_pointwise(nn_ncnn_node *n, const char *suffix, nn_pointwise kind,
                                nn_ncnn_value x, float a, float b);
nn_ncnn_value nn_ncnn_arithmetic(nn_ncnn_node *n, const char *suffix, nn_arithmetic kind,
                                 nn_ncnn_value a, nn_ncnn_value b);
nn_ncnn_value nn_ncnn_reduce(nn_ncnn_node *n, const char *suffix, nn_reduce kind, nn_ncnn_value x,
                             unsigned axes, bool keep_dims);
nn_ncnn_value nn_ncnn_slice(nn_ncnn_node *n, const char *suffix, nn_ncnn_value x, int axis,
                            int64_t begin, int64_t end, int step);
nn_ncnn_value nn_ncnn_transpose(nn_ncnn_node *n, const char *suffix, nn_ncnn_value x,
                                const int *perm);
// New axes behind the batch: from[i] >= 0 copies axis from[i] of x, else the size is -from[i].
// `rank` counts the batch, which is from[0] = 0. x itself when nothing changes.
nn_ncnn_value nn_ncnn_reshape(nn_ncnn_node *n, const char *suffix, nn_ncnn_value x, int rank,
                              const int64_t *from);
// (N, everything else).
nn_ncnn_value nn_ncnn_flatten(nn_ncnn_node *n, const char *suffix, nn_ncnn_value x);
// Channels in another order.
nn_ncnn_value nn_ncnn_permute_channels(nn_ncnn_node *n, const char *suffix, nn_ncnn_value x,
                                       const float *order, int64_t count);
// An activation as convolutions have it inside (fields 9 and 10), behind x; suffix "act".
nn_ncnn_value nn_ncnn_activate(nn_ncnn_node *n, nn_ncnn_value x);

void nn_ncnn_output(nn_ncnn_node *n, int i, nn_ncnn_value v);

#endif
