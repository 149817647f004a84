// SPDX-License-Identifier: MIT
// Runs one operator on values whose data is known: constants while a model is read, everything in a
// run of a tail.
#include "nn/io/onnx/onnx_import_internal.h"

#include "nn/base/memory.h"

// Products for each element that is packed, from which packing it for one run pays.
#define WORTH_PACKING 16

// The cheapest implementation on dense tensors, where constants of the model need no packing or it
// pays. Runs of tails only: when a model is read, sizes are small.
static bool find_impl(const nn_onnx_import *m, const nn_onnx_step *s, const nn_op_call *call,
                      const nn_shape *shapes, nn_op_impl *impl)
{
    nn_op_impl impls[NN_OP_MAX_IMPLS];
    uint64_t constant = 0;
    for (int i = 0; i < s->n_in && i < 64; i++)
        constant |= (uint64_t)(s->in[i] && !s->in[i]->passing) << i;
    if (!m->outer || !s->op->impls || !s->op->macs || !constant)
        return false;
    const nn_op_problem problem = {.params = s->params,
                                   .in = shapes,
                                   .n_in = s->n_in,
                                   .out = &call->out->shape,
                                   .constant = constant,
                                   .threads = nn_pool_threads(m->pool),
                                   .kernels = call->kernels};
    const double macs = s->op->macs(s->params, shapes, s->n_in, &call->out->shape);
    const int count = s->op->impls(&problem, impls);
    for (int i = 0; i < count; i++) {
        const double packed = (double)impls[i].packed_bytes / sizeof(float);
        if (impls[i].blocked_in || impls[i].blocked_out || macs < WORTH_PACKING * packed)
            continue;
        *impl = impls[i];
        return true;
    }
    return false;
}

bool nn_onnx_compute(const nn_onnx_import *m, const nn_onnx_step *s)
{
    nn_tensor in[NN_ONNX_MAX_IN], out = nn_tensor_dense(NN_F32, s->out->shown.shape, s->out->data);
    nn_shape shapes[NN_ONNX_MAX_IN];
    nn_op_impl impl = {.run = s->op->forward};
    size_t bytes = 0;
    for (int i = 0; i < s->n_in; i++) {
        shapes[i] = s->in[i] ? s->in[i]->shown.shape : (nn_shape){.rank = -1};
        in[i] = nn_tensor_dense(NN_F32, shapes[i], s->in[i] ? (float *)s->in[i]->shown.data : NULL);
    }
    nn_op_call call = {.params = s->params,
                       .in = in,
                       .n_in = s->n_in,
                       .out = &out,
                       .pool = m->pool,
                       .kernels = nn_kernels_best()};
    if (find_impl(m, s, &call, shapes, &impl))
        bytes = impl.scratch_bytes;
    else if (s->op->scratch)
        bytes =
            s->op->scratch(s->params, shapes, s->n_in, &out.shape, nn_pool_threads(m->pool), false);
    void *packed = nn_alloc(impl.packed_bytes);
    call.scratch = nn_alloc(bytes);
    const bool good = packed && call.scratch;
    if (good && impl.pack)
        impl.pack(&call, packed);
    call.packed = packed;
    if (good)
        impl.run(&call);
    nn_free(packed);
    nn_free(call.scratch);
    return good;
}
