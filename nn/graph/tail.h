// SPDX-License-Identifier: MIT
// What a model computes behind its graph: nodes whose sizes depend on the data, such as a
// suppression of boxes in the model. A plan has sizes and memory of its own before it runs; what
// lies behind the first such node is a tail. It reads the outputs of the graph, runs node after
// node, allocates as it goes, and may fail.
#ifndef NN_GRAPH_TAIL_H
#define NN_GRAPH_TAIL_H

#include "nn/base/api.h"
#include "nn/base/pool.h"
#include "nn/tensor/tensor.h"

typedef struct nn_tail nn_tail;
struct nn_plan;

enum { NN_TAIL_OPEN = -1 }; // a dim, or a rank, that only a run knows

// What runs of a tail may take; 0: the default.
typedef struct nn_tail_limits {
    size_t bytes;   // of values at once; default: a quarter of the machine's memory, up to 4 GiB
    double seconds; // default: 60
} nn_tail_limits;

typedef struct nn_tail_run nn_tail_run;

// The outputs of the model, which are those of its tail.
NN_API int nn_tail_output_count(const nn_tail *t);
NN_API const char *nn_tail_output_name(const nn_tail *t, int i);
// As far as the file says: NN_TAIL_OPEN among the dims.
NN_API nn_shape nn_tail_output_shape(const nn_tail *t, int i);
// The same, with 1 for every dim that a run chooses, and `batch` where that is the first one; a
// rank that is open becomes 0.
NN_API nn_shape nn_tail_usual_shape(const nn_tail *t, int i, int batch);
// Whether the first dim of an output is open.
bool nn_tail_is_list(const nn_tail *t, int i);
// Why there is a tail: the first node of it, and what depends on the data.
NN_API const char *nn_tail_reason(const nn_tail *t);

// Runs the tail on the outputs of a plan of its model that was run. *out is NULL after a failure,
// which says what was passed: NN_EUNSUPPORTED for a limit. Any number of threads at once, each with
// a plan of its own.
NN_API nn_status nn_tail_start(nn_tail_run **out, const nn_tail *t, const struct nn_plan *plan,
                               nn_pool *pool, const nn_tail_limits *limits, nn_error *err);
// Output i, float32; valid until the run is freed or the plan runs again.
NN_API nn_tensor nn_tail_output(const nn_tail_run *run, int i);
NN_API void nn_tail_run_free(nn_tail_run *run);

// Counts owners: the models that share it.
nn_tail *nn_tail_share(nn_tail *t); // NULL stays NULL
void nn_tail_free(nn_tail *t);

// --- for formats that make tails ---

typedef struct nn_tail_kind {
    // `in` has the outputs of the graph. The run owns `outputs` (nn_tail_output_count of them),
    // which `end` leaves to be freed with what they lie in.
    nn_status (*start)(void *tail, const nn_tensor *in, nn_pool *pool, const nn_tail_limits *limits,
                       nn_tensor *outputs, void **state, nn_error *err);
    void (*end)(void *state);
    void (*release)(void *tail);
} nn_tail_kind;

// Takes over `tail`, also on failure. Names and shapes are copied. `inputs` is the number of the
// graph's outputs.
nn_status nn_tail_new(nn_tail **out, const nn_tail_kind *kind, void *tail, int inputs,
                      const char *const *names, const nn_shape *shapes, int count,
                      const char *reason, nn_error *err);

#endif
