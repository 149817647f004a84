// SPDX-License-Identifier: MIT
// The interface of exporters: a node with its shapes, and functions that write ONNX nodes for it.
#ifndef NN_IO_ONNX_ONNX_WRITER_H
#define NN_IO_ONNX_ONNX_WRITER_H

#include "nn/ops/ops.h"

typedef struct nn_onnx_writer nn_onnx_writer;

// A value of the graph as it stands in the file.
typedef struct nn_onnx_operand {
    const char *name;  // "" where an optional input is absent
    nn_shape shape;    // for a batch of the size asked for, or of 1 when it is left open
    unsigned open;     // bit i: axis i depends on a batch that is left open
    const float *data; // elements of a constant, NULL when known only at run time
    nn_dtype stored;   // of a constant: NN_U8, NN_I8 where the file holds it as that; else NN_F32
    const char *half;  // private: name of the float16 tensor that it is stored as, or NULL
    bool written;      // private: the constant is in the file
} nn_onnx_operand;

// The node to be exported.
typedef struct nn_onnx_item {
    nn_onnx_writer *writer;
    const char *name; // names of values that an exporter makes begin with it
    const void *params;
    const nn_onnx_operand *in;
    int n_in;
    const nn_onnx_operand *out; // its name is the one that the last ONNX node's output must have
} nn_onnx_item;

// One operator of ours and how it is said in ONNX (opset NN_ONNX_SAVE_OPSET, or what the exporter
// asks for).
typedef struct nn_onnx_emitter {
    const nn_op *op; // NULL ends a table
    void (*emit)(const nn_onnx_item *n);
} nn_onnx_emitter;

enum { NN_ONNX_SAVE_OPSET = 13 };

// The node cannot be said in ONNX; the first reason stays.
void nn_onnx_refuse(const nn_onnx_item *n, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

// Writes an ONNX node: begin, inputs ("" is an absent one) and attributes in any order, end. The
// result is called `out`, or is a new value for NULL, whose name nn_onnx_end returns.
void nn_onnx_begin(const nn_onnx_item *n, const char *op);
void nn_onnx_add_input(const nn_onnx_item *n, const char *value);
void nn_onnx_add_int(const nn_onnx_item *n, const char *attribute, int64_t v);
void nn_onnx_add_float(const nn_onnx_item *n, const char *attribute, float v);
void nn_onnx_add_text(const nn_onnx_item *n, const char *attribute, const char *text);
void nn_onnx_add_ints(const nn_onnx_item *n, const char *attribute, const int32_t *v, int count);
const char *nn_onnx_end(const nn_onnx_item *n, const char *out);

// The node's first output, which nothing reads, gets a name; the result is its second one. For
// behind nn_onnx_end.
void nn_onnx_use_second_output(const nn_onnx_item *n);
// The file needs at least this opset, which is above NN_ONNX_SAVE_OPSET.
void nn_onnx_need_opset(const nn_onnx_item *n, int opset);

// The same for nodes without attributes.
const char *nn_onnx_put1(const nn_onnx_item *n, const char *op, const char *a, const char *out);
const char *nn_onnx_put2(const nn_onnx_item *n, const char *op, const char *a, const char *b,
                         const char *out);

// New constants: a vector of int64, a number, and floats that the caller writes to *data (NULL
// after a failure) at once.
const char *nn_onnx_put_scalar(const nn_onnx_item *n, float v);
const char *nn_onnx_put_ints(const nn_onnx_item *n, const int64_t *v, int count);
const char *nn_onnx_make_constant(const nn_onnx_item *n, nn_dtype dtype, const nn_shape *shape,
                                  void **data);
const char *nn_onnx_make_floats(const nn_onnx_item *n, const nn_shape *shape, float **data);
// An operand as int64 (floats are cut to whole numbers).
const char *nn_onnx_put_whole(const nn_onnx_item *n, const nn_onnx_operand *x);

// Common steps. `out` as for nn_onnx_end.
const char *nn_onnx_put_transpose(const nn_onnx_item *n, const char *x, const int32_t *perm,
                                  int rank, const char *out);
const char *nn_onnx_put_cast(const nn_onnx_item *n, const char *x, int type, const char *out);
// `x`, which is shaped like `from`, with the dims of `to`. Open axes stay open.
const char *nn_onnx_put_reshape(const nn_onnx_item *n, const char *x, const nn_onnx_operand *from,
                                const nn_onnx_operand *to, const char *out);
// A Clip; a limit that is infinite is none.
const char *nn_onnx_put_clip(const nn_onnx_item *n, const char *x, float low, float high,
                             const char *out);
// Writes an nn_act behind the nodes written so far.
const char *nn_onnx_put_act(const nn_onnx_item *n, const char *x, nn_act act, const char *out);
// Ends the ONNX node whose result, through a fused nn_act if there is one, is the item's.
void nn_onnx_end_last(const nn_onnx_item *n, int32_t act);
// The node does nothing: its output is its input.
void nn_onnx_put_same(const nn_onnx_item *n);

#endif
