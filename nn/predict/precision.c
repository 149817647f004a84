// SPDX-License-Identifier: MIT
// Compares bfloat16 with float32 on real inputs.
#include "nn/predict/precision.h"

#include "nn/base/clock.h"
#include "nn/base/memory.h"
#include "nn/graph/quantized.h"

#include <math.h>
#include <string.h>

// Less gain than this is noise.
#define LEAST_GAIN 1.03

struct nn_precision_trial {
    nn_plan *plan;
    int inputs, outputs, runs;
    double seconds[2]; // shortest run in float32, in bfloat16
    double error;
};

nn_status nn_precision_find(nn_precision *out, const char *word, nn_error *err)
{
    static const char *const words[] = {"float32", "bf16", "auto"};
    *out = NN_PRECISION_FLOAT32;
    if (!word)
        return NN_OK;
    for (int i = 0; i < 3; i++)
        if (!strcmp(word, words[i])) {
            *out = (nn_precision)i;
            return NN_OK;
        }
    return nn_fail(err, NN_EINVAL, "there is no precision '%s', only float32, bf16 and auto", word);
}

bool nn_precision_has_bf16(void)
{
    return nn_kernels_best()->bf16conv.speed > 0;
}

const char *nn_precision_in_use(const nn_graph *g, bool bf16)
{
    if (nn_graph_is_quantized(g))
        return "int8";
    return bf16 && nn_precision_has_bf16() ? "bf16" : "float32";
}

nn_precision_trial *nn_precision_trial_new(const nn_model *model, const nn_shape *inputs,
                                           int n_inputs, const nn_plan_options *options,
                                           nn_error *err)
{
    nn_plan_options o = *options;
    nn_precision_trial *t = nn_calloc(1, sizeof *t);
    if (!t) {
        nn_fail(err, NN_ENOMEM, "no memory to compare precisions");
        return NULL;
    }
    o.bf16 = true;
    o.tuning = NULL;
    o.workspace = NULL;
    t->inputs = n_inputs;
    t->outputs = nn_graph_output_count(model->graph);
    t->seconds[0] = t->seconds[1] = INFINITY;
    if (nn_plan_new(&t->plan, model, inputs, n_inputs, &o, err) == NN_OK)
        return t;
    nn_precision_trial_free(t);
    return NULL;
}

void nn_precision_trial_free(nn_precision_trial *t)
{
    if (!t)
        return;
    nn_plan_free(t->plan);
    nn_free(t);
}

// Numbers that are not finite count as an error of their own size.
static double compare(const nn_tensor *want, const nn_tensor *got)
{
    double largest = 0, error = 0;
    for (int64_t i = 0; i < nn_shape_count(&want->shape); i++) {
        const double a = (double)nn_tensor_f32(want)[i], b = (double)nn_tensor_f32(got)[i];
        if (isfinite(a) && !isfinite(b))
            return INFINITY;
        if (!isfinite(a))
            continue;
        largest = fmax(largest, fabs(a));
        error = fmax(error, fabs(a - b));
    }
    return error > 0 ? error / largest : 0;
}

static void run(nn_precision_trial *t, nn_plan *plan, int which)
{
    const double start = nn_clock_seconds();
    nn_plan_run(plan);
    t->seconds[which] = fmin(t->seconds[which], nn_clock_seconds() - start);
}

void nn_precision_trial_run(nn_precision_trial *t, nn_plan *plan)
{
    for (int i = 0; i < t->inputs; i++) {
        const nn_tensor *from = nn_plan_input(plan, i), *to = nn_plan_input(t->plan, i);
        memcpy(to->data, from->data, nn_tensor_bytes(from));
    }
    run(t, plan, 0);
    run(t, t->plan, 1);
    for (int i = 0; i < t->outputs; i++)
        t->error = fmax(t->error, compare(nn_plan_output(plan, i), nn_plan_output(t->plan, i)));
    t->runs++;
}

bool nn_precision_trial_done(const nn_precision_trial *t)
{
    return t->runs >= NN_PRECISION_RUNS;
}

bool nn_precision_trial_won(const nn_precision_trial *t)
{
    return nn_precision_trial_done(t) && t->error <= NN_PRECISION_TOLERANCE &&
           nn_precision_trial_speed(t) >= LEAST_GAIN;
}

double nn_precision_trial_error(const nn_precision_trial *t)
{
    return t->error;
}

double nn_precision_trial_speed(const nn_precision_trial *t)
{
    return t->seconds[0] / t->seconds[1];
}

nn_plan *nn_precision_trial_take(nn_precision_trial *t)
{
    nn_plan *plan = t->plan;
    t->plan = NULL;
    return plan;
}
