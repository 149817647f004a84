// SPDX-License-Identifier: MIT
// Inside of a plan, shared by planning, running and the backward walk.
#ifndef NN_GRAPH_PLAN_INTERNAL_H
#define NN_GRAPH_PLAN_INTERNAL_H

#include "nn/graph/arena.h"
#include "nn/graph/plan.h"

typedef struct plan_node {
    nn_op_call call;         // ready to run; grad_in and grad_out filled in training plans
    nn_tensor *in, *grad_in; // call.in, call.grad_in: in the plan's tensor pool
    double macs, seconds;
    size_t saved_bytes;
    bool backward; // some input wants a gradient
} plan_node;

struct nn_plan {
    const nn_model *model;
    nn_plan_options options;
    uint64_t step;
    bool timing;

    int value_count, node_count;
    nn_tensor *values; // one per value; data NULL where nothing is kept
    nn_tensor *grads;  // training: one per value; data NULL where no gradient is wanted
    bool *readable;    // value survives the run
    bool *started;     // backward: the gradient of the value has been begun
    plan_node *nodes;
    nn_tensor *tensors; // storage behind plan_node.in and grad_in

    void *arena, *grad_arena, *saved, *scratch, *param_grads;
    size_t arena_bytes, grad_arena_bytes, saved_bytes, scratch_bytes, param_grad_bytes;
};

// Lays out gradients: plan->grads, nodes' grad tensors, param gradients.
nn_status nn_plan_make_backward(nn_plan *plan, nn_error *err);

#endif
