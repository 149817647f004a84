// SPDX-License-Identifier: MIT
// Whether networks run in float32 or multiply in bfloat16.
#ifndef NN_PREDICT_PRECISION_H
#define NN_PREDICT_PRECISION_H

#include "nn/base/api.h"
#include "nn/graph/plan.h"

typedef enum nn_precision {
    NN_PRECISION_FLOAT32, // the default
    // Convolutions and linear layers round what they multiply to bfloat16 and add up in float32,
    // where the machine is faster so (AMX; AVX-512 BF16 of AMD). Elsewhere it is float32.
    NN_PRECISION_BF16,
    // Both are run on the first frames. bfloat16 stays when it is faster, and every output is
    // within NN_PRECISION_TOLERANCE of its largest value.
    NN_PRECISION_AUTO,
} nn_precision;

#define NN_PRECISION_TOLERANCE 0.05

// The precision of a word: "float32" (also NULL), "bf16" or "auto". NN_EINVAL for another.
NN_API nn_status nn_precision_find(nn_precision *out, const char *word, nn_error *err);
// Whether this machine has kernels for bfloat16. Where not, all precisions are float32.
NN_API bool nn_precision_has_bf16(void);

// What a fused model runs in: "int8" when layers of it are in 8-bit integers, "bf16" when its plan
// multiplies in bfloat16 and the machine has kernels for it, else "float32".
NN_API const char *nn_precision_in_use(const nn_graph *g, bool bf16);

// A comparison of bfloat16 with float32.
typedef struct nn_precision_trial nn_precision_trial;

enum { NN_PRECISION_RUNS = 5 };

// For plans of `model` with these inputs and float32 options, whose workspace is not used. The
// model must stay until the trial is freed. NULL, with a text in `err`, on failure.
NN_API nn_precision_trial *nn_precision_trial_new(const nn_model *model, const nn_shape *inputs,
                                                  int n_inputs, const nn_plan_options *options,
                                                  nn_error *err);
NN_API void nn_precision_trial_free(nn_precision_trial *t); // NULL is a no-op

// Runs `plan`, whose inputs are filled in, and a plan in bfloat16 on the same inputs, which must
// have the shapes of the trial.
NN_API void nn_precision_trial_run(nn_precision_trial *t, nn_plan *plan);
// Whether there were NN_PRECISION_RUNS runs.
NN_API bool nn_precision_trial_done(const nn_precision_trial *t);
// Whether bfloat16 was faster and within the tolerance in all runs.
NN_API bool nn_precision_trial_won(const nn_precision_trial *t);
// Largest error of the runs, in parts of the largest value of its output; how many times as fast
// bfloat16 was.
NN_API double nn_precision_trial_error(const nn_precision_trial *t);
NN_API double nn_precision_trial_speed(const nn_precision_trial *t);
// The plan in bfloat16, which the caller frees. The trial runs no more.
NN_API nn_plan *nn_precision_trial_take(nn_precision_trial *t);

#endif
