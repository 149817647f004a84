// SPDX-License-Identifier: MIT
// Inside of a plan: shared by planning, running and the backward pass.
#ifndef NN_GRAPH_PLAN_PARTS_H
#define NN_GRAPH_PLAN_PARTS_H

#include "nn/graph/arena.h"
#include "nn/graph/plan_bytes.h"
#include "nn/graph/plan_options.h"
#include "nn/graph/workspace_parts.h"

typedef enum plan_kind {
    PLAN_FORWARD, // op->forward on dense tensors
    PLAN_IMPL,    // plan_node.impl
    PLAN_JOIN,    // NN_OP_JOINS: its inputs lie side by side, or are copied there
    PLAN_VIEW,    // readers of its output read its inputs where they lie
    PLAN_FOLDED,  // run once during planning, because all its inputs are constant
    PLAN_MERGED,  // a neighbour does its work
} plan_kind;

typedef struct plan_node {
    nn_op_call call;         // ready to run; grad_in and grad_out filled in training plans
    nn_tensor *in, *grad_in; // call.in and call.grad_in, in the plan's tensor pool
    plan_kind kind;
    nn_op_impl impl;
    // for each input and the output: how bytes stand for numbers, and their value; NULL: float32
    const nn_op_quantized *quantized;
    const nn_value *bytes;
    nn_value image, gate; // of call.gated: input 0, a merged product, is image times gate
    double macs, seconds, backward_seconds;
    size_t saved_bytes, packed_offset;
    bool backward; // at least one input needs a gradient
} plan_node;

// A value may exist in two layouts, each in a slot of its own: slot v has value v dense, slot
// value_count + v has it blocked.
typedef struct plan_slot {
    nn_tensor tensor; // data NULL: the slot holds nothing
    bool used;        // a node writes or reads it
    int first, last;  // nodes between which it is in use; first -1: since before the run
    // A slot may be part of another one, as an input of a concatenation or as a value that is
    // computed in place: `parent`, and the number of channel blocks from its start. -1: not part of
    // any.
    int parent, blocks_in;
    int overwritten; // first node that overwrites its memory
    int blocks;      // of a root that views share: channel blocks of all together; else 0
    nn_halo halo;    // of a root: the largest halo that readers of any part need
} plan_slot;

// A value that selects channels of other values, and the values that lie side by side for it.
typedef struct plan_view {
    bool on;     // the value has no memory of its own
    bool copied; // its node copies the channels
    int count;   // channels of the value; 0 unless on or copied
    nn_value *root;
    int32_t *lane;  // lanes of root[i] at first; of `base` once settled, as call->lanes
    nn_value base;  // the value from whose blocked slot lanes are counted
    nn_value owner; // of any value: the value behind which it lies, itself when it lies alone
    int blocks_in;  // channel blocks from the start of the owner
    int blocks;     // of an owner: channel blocks of everything that it owns
} plan_view;

typedef enum plan_step_kind { PLAN_RUN, PLAN_COPY, PLAN_CLEAR } plan_step_kind;

typedef struct plan_step {
    plan_step_kind kind;
    uint8_t byte;       // to clear quantised images with
    int node;           // the node that the step belongs to
    nn_tensor to, from; // of a copy; clearing uses `to` alone
    nn_halo halo;       // what a clearing step clears
} plan_step;

struct nn_plan {
    const nn_model *model;
    nn_plan_options options;        // pool, kernels and exact of training plans, too
    nn_training_plan_options train; // training plans
    bool training, timing;
    uint64_t step;

    int value_count, node_count, step_count;
    int impl_count;   // the most implementations that a node has
    int untuned;      // nodes for which the tuning cache names an unknown implementation
    plan_slot *slots; // 2 * value_count
    bool *blocked;    // the value is produced blocked
    bool *constant;   // the value never changes
    nn_tensor *grads; // training: one per value; data NULL where no gradient is needed
    bool *started;    // backward: the gradient of the value holds a first term
    int *first_use;   // training: the first node that reads each parameter
    nn_grads_ready *on_grads;
    void *on_grads_ctx;
    plan_node *nodes;
    plan_step *steps;
    plan_view *views; // compiled plans: one per value; NULL: no views
    int32_t *view_lanes;
    nn_value *view_roots;
    plan_bytes bytes;
    nn_tensor *tensors; // storage behind plan_node.in and grad_in

    void *arena, *grad_arena, *saved, *scratch, *param_grads, *packed, *folded;
    size_t arena_bytes, grad_arena_bytes, saved_bytes, scratch_bytes, param_grad_bytes;
    size_t packed_bytes, folded_bytes;
    nn_plan *next_shared; // in options.workspace, which then owns arena, scratch and packed
    size_t packing_bytes; // the most that parameters and their packed copies took together
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
// Then merges products of an image and a gate into the node behind them, if that can multiply.
nn_status nn_plan_find_gates(nn_plan *plan, nn_error *err);

// plan_views.c: begin before implementations are chosen, settle afterwards, join once slots exist.
nn_status nn_plan_begin_views(nn_plan *plan, nn_error *err);
bool nn_plan_can_view(const nn_plan *plan, int i);
// Makes a copy of the view of node i when one of its readers cannot read a view. True: the node
// must choose an implementation again, because its inputs are no longer views.
bool nn_plan_drop_view(nn_plan *plan, int i);
nn_status nn_plan_settle_views(nn_plan *plan, nn_error *err);
void nn_plan_join_views(nn_plan *plan);
// The channel list through which node i reads its input 0; NULL when it reads the input directly.
const plan_view *nn_plan_view_read(const nn_plan *plan, int i);

// Finds the channel that channel c of a node's output is a copy of; false when it is no copy.
bool nn_plan_find_source(const nn_plan *plan, const nn_node_info *node, int64_t c, nn_value *v,
                         int64_t *from);

// Prepares the constants of the chosen implementations, once everything is placed.
nn_status nn_plan_pack(nn_plan *plan, nn_error *err);

// Bytes of the model's parameters that are in memory.
size_t nn_plan_param_bytes(const nn_plan *plan);

// Decides which slots share memory, and places them.
nn_status nn_plan_place(nn_plan *plan, nn_error *err);
// The slot that node i reads as its input k; -1 when it reads none.
int nn_plan_read_slot(const nn_plan *plan, int i, const nn_node_info *node, int k);
// The slot whose memory holds `slot`, and how many channel blocks from its start.
int nn_plan_owner_of(const nn_plan *plan, int slot, int *blocks_in);

// Points the nodes' tensors into placed slots and lists the steps of a run.
nn_status nn_plan_list_steps(nn_plan *plan, nn_error *err);

// Whether input k of an operator that has a backward gets a gradient.
bool nn_plan_takes_gradient(const nn_op *op, int k);
// Lays out gradients: plan->grads, nodes' grad tensors, param gradients.
nn_status nn_plan_make_backward(nn_plan *plan, nn_error *err);
// For tests: the gradient of input i after nn_plan_backward; NULL unless train.input_grads.
const nn_tensor *nn_plan_input_grad(const nn_plan *plan, int i);

#endif
