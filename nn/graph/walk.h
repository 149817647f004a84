// SPDX-License-Identifier: MIT
// Walks back through a part of a network, from some of its values to an earlier one, by the
// operators' own backward functions or by others.
#ifndef NN_GRAPH_WALK_H
#define NN_GRAPH_WALK_H

#include "nn/base/api.h"
#include "nn/graph/plan_options.h"

// Takes the place of an operator's backward: it ADDS to every call->grad_in that has data.
// call->grad_out is not used any more afterwards and may be changed.
typedef void nn_backward_fn(const nn_op_call *call);
// What the walk takes at a node; NULL: the operator's own backward.
typedef nn_backward_fn *nn_walk_rule(const nn_node_info *node);

// Compiled plans for the input gradients of convolutions, which walks of one plan share. They are
// made when the first walk needs them.
typedef struct nn_walk_convs nn_walk_convs;
nn_walk_convs *nn_walk_convs_new(nn_plan *plan); // NULL when memory is short; frees before the plan
void nn_walk_convs_free(nn_walk_convs *c);
size_t nn_walk_convs_bytes(const nn_walk_convs *c);

typedef struct nn_walk nn_walk;

enum { NN_WALK_STARTS = 16 };

// Prepares a walk from the gradients of `from` to that of `to`, over nodes that lie between them
// only. The plan (borrowed) is for training, with `input_grads`. Several values to start from must
// be outputs of the graph. `rule` may be NULL. NN_EINVAL: no value of `from` depends on `to`.
// NN_EUNSUPPORTED names a node between them whose operator has no backward. `convs` (borrowed) may
// be NULL: then convolutions go the way of training.
nn_status nn_walk_new(nn_walk **out, nn_plan *plan, const nn_value *from, int from_count,
                      nn_value to, nn_walk_rule *rule, nn_walk_convs *convs, nn_error *err);
void nn_walk_free(nn_walk *w);

// The gradient of from[i]: the caller writes all of it before every run.
const nn_tensor *nn_walk_start(const nn_walk *w, int i);
// Walks back; call after nn_plan_run. It allocates nothing and cannot fail. The result does not
// depend on the number of threads.
void nn_walk_run(nn_walk *w);
// The gradient of `to`, valid until the next walk or run of the plan.
const nn_tensor *nn_walk_result(const nn_walk *w);
// Multiply-accumulates of the nodes on the way: what one run forward through them takes.
double nn_walk_macs(const nn_walk *w);

#endif
