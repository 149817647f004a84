// SPDX-License-Identifier: MIT
// Inside of a plan, shared by planning, running and the backward walk.
#ifndef NN_GRAPH_PLAN_PARTS_H
#define NN_GRAPH_PLAN_PARTS_H

#include "nn/graph/arena.h"
#include "nn/graph/plan_options.h"

typedef enum plan_kind {
    PLAN_FORWARD, // op->forward on dense tensors
    PLAN_IMPL,    // plan_node.impl
    PLAN_JOIN,    // NN_OP_JOINS: its inputs lie, or are copied, side by side
    PLAN_VIEW,    // its output is read where its inputs lie
    PLAN_FOLDED,  // run once at planning: everything it reads is constant
} plan_kind;

typedef struct plan_node {
    nn_op_call call;         // ready to run; grad_in and grad_out filled in training plans
    nn_tensor *in, *grad_in; // call.in, call.grad_in: in the plan's tensor pool
    plan_kind kind;
    nn_op_impl impl;
    double macs, seconds;
    size_t saved_bytes, packed_offset;
    bool backward; // some input wants a gradient
} plan_node;

// A value may exist in two layouts; each is a slot: slot v is value v dense, slot value_count + v
// the same blocked.
typedef struct plan_slot {
    nn_tensor tensor; // data NULL where nothing is kept
    bool used;        // something writes or reads it
    int first, last;  // nodes between which it is in use; first -1: from before the run
    // A slot may be part of another one (an input of a concatenation, or what is worked on in
    // place): `parent` and how many channel blocks from its start. -1: none.
    int parent, blocks_in;
    int overwritten; // first node that writes new things to its memory
    int blocks;      // of a root that others lie behind (views): of all together; else 0
    nn_halo halo;    // of a root: what readers of any part want
} plan_slot;

// A value that is a choice of channels of others, and which values lie side by side for that.
typedef struct plan_view {
    bool on;     // it has no memory of its own
    bool copied; // its node copies the channels from where they lie
    int count;   // its channels: 0 unless on or copied
    nn_value *root;
    int32_t *lane;  // of root[i] at first; once settled of `base`, as call->lanes
    nn_value base;  // value whose blocked slot the lanes count from
    nn_value owner; // of any value: the one behind which it lies, itself when it lies alone
    int blocks_in;  // where
    int blocks;     // of an owner: of all that it owns
} plan_view;

typedef enum plan_step_kind { PLAN_RUN, PLAN_COPY, PLAN_CLEAR } plan_step_kind;

typedef struct plan_step {
    plan_step_kind kind;
    int node;           // that it belongs to
    nn_tensor to, from; // copy; clear: to
    nn_halo halo;       // clear
} plan_step;

struct nn_plan {
    const nn_model *model;
    nn_plan_options options;        // pool, kernels and exact of training plans, too
    nn_training_plan_options train; // training plans
    bool training;
    uint64_t step;
    bool timing;

    int value_count, node_count, step_count;
    int impl_count;   // the most implementations that a node has
    int untuned;      // nodes for which the tuning cache names an unknown implementation
    plan_slot *slots; // 2 * value_count
    bool *blocked;    // value is produced blocked
    bool *constant;   // value never changes
    nn_tensor *grads; // training: one per value; data NULL where no gradient is wanted
    bool *started;    // backward: the gradient of the value has been begun
    int *first_use;   // training: the first node that reads each parameter
    nn_grads_ready *on_grads;
    void *on_grads_ctx;
    plan_node *nodes;
    plan_step *steps;
    plan_view *views; // compiled plans: one per value; NULL: none wanted
    int32_t *view_lanes;
    nn_value *view_roots;
    nn_tensor *tensors; // storage behind plan_node.in and grad_in

    void *arena, *grad_arena, *saved, *scratch, *param_grads, *packed, *folded;
    size_t arena_bytes, grad_arena_bytes, saved_bytes, scratch_bytes, param_grad_bytes;
    size_t packed_bytes, folded_bytes;
    size_t packing_bytes; // most that parameters and what was packed of them took together
};

static inline nn_tensor *nn_plan_dense(const nn_plan *plan, nn_value v)
{
    return &plan->slots[v].tensor;
}

// The slot that the producer of v writes.
static inline int nn_plan_native(const nn_plan *plan, nn_value v)
{
    return plan->blocked[v] ? plan->value_count + v : v;
}

// Compiled plans: runs what is constant once and chooses each node's implementation.
nn_status nn_plan_choose(nn_plan *plan, nn_error *err);

// plan_views.c: begin before implementations are chosen and settle afterwards; join once slots are
// there.
nn_status nn_plan_begin_views(nn_plan *plan, nn_error *err);
bool nn_plan_can_view(const nn_plan *plan, int i);
// Makes a copy of the view of node i when somebody cannot read it. True: the node is to choose an
// implementation again, because its inputs are no views.
bool nn_plan_drop_view(nn_plan *plan, int i);
nn_status nn_plan_settle_views(nn_plan *plan, nn_error *err);
void nn_plan_join_views(nn_plan *plan);
// The list through which node i reads its input 0; NULL when it reads it plainly.
const plan_view *nn_plan_view_read(const nn_plan *plan, int i);

// What channel c of a node's output is a copy of; false when it is none.
bool nn_plan_find_source(const nn_plan *plan, const nn_node_info *node, int64_t c, nn_value *v,
                         int64_t *from);

// Prepares the constants of the chosen implementations, once everything is placed.
nn_status nn_plan_pack(nn_plan *plan, nn_error *err);

// Of the model's parameters, those that are there.
size_t nn_plan_param_bytes(const nn_plan *plan);

// Decides which slots share memory, and places them.
nn_status nn_plan_place(nn_plan *plan, nn_error *err);
// The slot that node i reads as its input k; -1 when it reads none.
int nn_plan_read_slot(const nn_plan *plan, int i, const nn_node_info *node, int k);
// The slot whose memory holds `slot`, and how many channel blocks from its start.
int nn_plan_owner_of(const nn_plan *plan, int slot, int *blocks_in);

// Points the nodes' tensors into placed slots and lists the steps of a run.
nn_status nn_plan_list_steps(nn_plan *plan, nn_error *err);

// Lays out gradients: plan->grads, nodes' grad tensors, param gradients.
nn_status nn_plan_make_backward(nn_plan *plan, nn_error *err);
// For tests: the gradient of input i after nn_plan_backward; NULL unless train.input_grads.
const nn_tensor *nn_plan_input_grad(const nn_plan *plan, int i);

#endif
