// SPDX-License-Identifier: MIT
// Runs the float32 model on the batch, and compares outputs.
#include "nn/train/exact_outputs.h"

#include "nn/base/memory.h"
#include "nn/graph/backward.h"

#include <string.h>

#define LEAST 1e-6 // mean square; less is nothing

struct nn_exact_outputs {
    const nn_plan *trained;
    nn_plan *plan;
    int count;
};

static nn_status check(const nn_exact_outputs *e, nn_error *err)
{
    for (int i = 0; i < e->count; i++)
        if (!nn_shape_equal(&nn_plan_output(e->plan, i)->shape,
                            &nn_plan_output(e->trained, i)->shape))
            return nn_fail(err, NN_ESHAPE, "output %d of the float32 model has another shape", i);
    return NN_OK;
}

nn_status nn_exact_outputs_new(nn_exact_outputs **out, const nn_model *exact, const nn_plan *plan,
                               nn_pool *pool, nn_error *err)
{
    const nn_plan_options options = {.compiled = true, .pool = pool};
    *out = NULL;
    nn_exact_outputs *e = nn_calloc(1, sizeof *e);
    if (!e)
        return nn_fail(err, NN_ENOMEM, "no memory for the float32 model");
    *e = (nn_exact_outputs){.trained = plan, .count = nn_graph_output_count(exact->graph)};
    nn_status status =
        nn_plan_new(&e->plan, exact, &nn_plan_input(plan, 0)->shape, 1, &options, err);
    if (status == NN_OK)
        status = check(e, err);
    if (status == NN_OK)
        *out = e;
    else
        nn_exact_outputs_free(e);
    return status;
}

void nn_exact_outputs_free(nn_exact_outputs *e)
{
    if (!e)
        return;
    nn_plan_free(e->plan);
    nn_free(e);
}

static double compare(const float *own, const float *its, float *grad, int64_t n, double scale)
{
    double square = 0, distance = 0;
    for (int64_t i = 0; i < n; i++) {
        const double x = (double)its[i], d = (double)own[i] - x;
        square += x * x;
        distance += d * d;
    }
    square = square > LEAST * (double)n ? square : LEAST * (double)n;
    for (int64_t i = 0; i < n; i++)
        grad[i] += (float)(scale * 2 / square * ((double)own[i] - (double)its[i]));
    return distance / square;
}

double nn_exact_outputs_learn(nn_exact_outputs *e, const float *planes, double scale)
{
    const nn_tensor *input = nn_plan_input(e->plan, 0);
    double loss = 0;
    memcpy(input->data, planes, nn_tensor_bytes(input));
    nn_plan_run(e->plan);
    for (int i = 0; i < e->count; i++) {
        const nn_tensor *own = nn_plan_output(e->trained, i);
        loss += compare(nn_tensor_f32(own), nn_tensor_f32(nn_plan_output(e->plan, i)),
                        nn_tensor_f32(nn_plan_output_grad(e->trained, i)),
                        nn_shape_count(&own->shape), scale / e->count) /
                e->count;
    }
    return loss;
}
