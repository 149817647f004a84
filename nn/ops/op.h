// SPDX-License-Identifier: MIT
// An operator: a table of functions over shapes and tensors. Each has a file in this folder.
#ifndef NN_OPS_OP_H
#define NN_OPS_OP_H

#include "nn/base/field.h"
#include "nn/base/pool.h"
#include "nn/kernels/kernels.h"
#include "nn/tensor/blocked.h"

enum { NN_OP_MAX_IN = 128 };

// Sums over the processes that train together: x[i] becomes the sum of x[i] over all `count` of
// them.
typedef struct nn_op_allreduce {
    void (*sum)(void *ctx, double *x, int n);
    void *ctx;
    int count;
} nn_op_allreduce;

// How whole numbers stand for real ones: real = (whole - zero) * scale.
typedef struct nn_op_quantized {
    const float *scale; // `scales` of them: one, or one for each output channel. NULL: float32
    int64_t scales;
    float zero;
    bool small; // of weights: for int8conv.small of the kernels, which has them
} nn_op_quantized;

// One run of one node. Tensors are float32 and dense, NCHW where they are images; an implementation
// may have asked for blocked ones.
typedef struct nn_op_call {
    const void *params;  // the op's own struct (ops.h)
    const nn_tensor *in; // n_in tensors; data is NULL where an optional input is absent
    int n_in;
    nn_tensor *out;            // the output
    const nn_tensor *grad_out; // backward: gradient of the output
    nn_tensor *grad_in;        // backward: n_in gradients to ADD to; data is NULL where not wanted
    bool unset;  // backward: grad_in[0] holds nothing yet and is written, where the op has
                 // NN_OP_WRITES_GRADIENT
    void *saved; // op->saved() bytes kept from forward to backward (training plans only, else NULL)
    void *scratch;      // op->scratch() bytes, contents undefined at entry
    const void *packed; // of an implementation: what its pack prepared
    bool spend; // pack: nobody reads its `unread` inputs again, so it may discard what it has read
    // Of an implementation with `lanes`: channel c of input 0 is lane lanes[c] % 8 of block
    // lanes[c] / 8 of the image that it points into. NULL: lane c of its own blocks.
    const int32_t *lanes;
    // Of a quantised implementation: of each input, then of the output. Images of u8 are blocked;
    // weights are whole numbers as float32.
    const nn_op_quantized *quantized;
    nn_act act;                // of a quantised implementation: what follows its operator
    nn_pool *pool;             // may be NULL
    const nn_kernels *kernels; // the dispatch table
    bool training;             // batch statistics, dropout active
    bool exact;                // nothing that rounds more than plain float32 sums: no Winograd
    bool gated;           // impl.gate: input 0 is multiplied by in[n_in], a blocked image (N,C,1,1)
    uint64_t seed;        // differs for each node and step; for dropout
    int64_t batch_offset; // training: samples of the batch that processes before this one have
    const nn_op_allreduce *allreduce; // training: sums batch statistics over processes; NULL: none
} nn_op_call;

// What an implementation has to compute: a node of a compiled inference plan.
typedef struct nn_op_problem {
    const void *params;
    const nn_shape *in; // rank -1: absent
    int n_in;
    const nn_shape *out;
    uint64_t constant; // bit i: the data of input i never changes
    uint64_t blocked;  // bit i: input i exists as a blocked image; ops without a preference of
                       // their own follow input 0
    const nn_op_quantized *quantized; // as in nn_op_call; NULL: all is float32
    uint64_t unquantized; // bit i: input i, which `quantized` describes, is float32 before that
    nn_act act;           // as in nn_op_call
    int threads;
    bool exact; // nothing that rounds more than plain float32 sums: no Winograd
    bool half;  // constant weights may be stored as float16 (not with exact)
    bool bf16, split; // numbers may be rounded to one bfloat16, to sums of two (not with exact)
    const nn_kernels *kernels;
} nn_op_problem;

// An implementation of an operator. It runs on inputs that may be blocked, with constants packed
// beforehand.
typedef struct nn_op_impl {
    const char *name;    // "direct", "winograd_f4x4_3x3": static text for tables and tuning caches
    uint64_t blocked_in; // bit i: input i must be blocked; all others are dense
    bool blocked_out;
    bool lanes;           // input 0 may be a choice of channels: pack and run heed call->lanes
    bool gate;            // run heeds call->gated
    nn_halo halo;         // zeros that blocked input 0 must have around it
    uint64_t unread;      // bit i: run never reads the data of input i, a constant; packed holds it
    size_t packed_bytes;  // of what pack prepares; 0: no pack
    size_t scratch_bytes; // of run, for all threads
    double cost;          // estimated seconds on one core, to choose by
    // Fills `packed` (aligned to NN_ALIGN) from the constant inputs of `call`; the others have no
    // data yet. May use call->pool.
    void (*pack)(const nn_op_call *call, void *packed);
    // Writes call->out, as op->forward does. It allocates nothing and cannot fail. The result does
    // not depend on the number of threads.
    void (*run)(const nn_op_call *call);
} nn_op_impl;

enum { NN_OP_MAX_IMPLS = 8 };

enum {
    NN_OP_INPLACE = 1, // the output may be the memory of input 0 (same shape) in inference
    NN_OP_RANDOM = 2,  // identity outside training
    // In training it normalises by statistics of the batch; input 1 is the scale: while that is
    // frozen, it runs as in inference.
    NN_OP_BATCH_STATISTICS = 4,
    NN_OP_JOINS = 8, // source() puts the channels of one input behind those of the one before
    // Input 0 takes fewer bytes in a file than the output: files keep the node even if constant.
    NN_OP_WIDENS = 16,
    NN_OP_WRITES_GRADIENT = 32, // backward heeds nn_op_call.unset
    // `int8` reads input 0 as float32 that stands for whole numbers: it is dense, of any rank.
    NN_OP_INT8_DENSE = 64,
    // `int8` may quantise input 0 itself.
    NN_OP_INT8_QUANTIZES = 128,
    NN_OP_PRODUCT = 256, // the output is input 0 times input 1, broadcast
};

typedef struct nn_op {
    const char *name; // lower case with underscores: "conv2d"
    int min_in, max_in;
    uint64_t shape_only; // bit i: only the shape of input i is read, never its data
    uint64_t no_grad;    // bit i: input i never gets a gradient
    unsigned flags;      // NN_OP_INPLACE, ...
    size_t params_size;
    const nn_field *fields; // ends with a NULL name; NULL when there are none
    // Output shape from input shapes; checks everything that forward relies on. An absent optional
    // input has rank -1. The text of an error names the dims that do not fit.
    nn_status (*shape)(const void *params, const nn_shape *in, int n_in, nn_shape *out,
                       nn_error *err);
    // Scratch bytes of forward and backward for `threads` threads; NULL when none.
    size_t (*scratch)(const void *params, const nn_shape *in, int n_in, const nn_shape *out,
                      int threads, bool backward);
    // Bytes kept from forward to backward; NULL when none.
    size_t (*saved)(const void *params, const nn_shape *in, int n_in, const nn_shape *out);
    // Multiply-accumulates of one forward run; NULL counts as 0.
    double (*macs)(const void *params, const nn_shape *in, int n_in, const nn_shape *out);
    void (*forward)(const nn_op_call *call);
    // An operator that only moves channels of images: channel c of the output is channel *from of
    // input *k. `in` has the data of what is constant. False: these parameters move something else.
    bool (*source)(const void *params, const nn_tensor *in, int n_in, int64_t c, int *k,
                   int64_t *from);
    // Adds to every grad_in whose data is not NULL, or writes an unset one. May read in,
    // out, grad_out, saved.
    void (*backward)(const nn_op_call *call);
    // Implementations for a compiled plan, the cheapest by estimate first, at most NN_OP_MAX_IMPLS.
    // NULL, or a count of 0: forward, on dense tensors.
    int (*impls)(const nn_op_problem *problem, nn_op_impl *impls);
    // The implementation that reads and writes what problem->quantized says as whole numbers of 8
    // bits. False: there is none. NULL: never.
    bool (*int8)(const nn_op_problem *problem, nn_op_impl *impl);
} nn_op;

// Adds an implementation to a list of `count` that are sorted by cost, behind those that cost as
// much; of more than NN_OP_MAX_IMPLS the dearest is dropped. Returns the new count.
int nn_op_add_impl(nn_op_impl *impls, int count, const nn_op_impl *impl);

#endif
