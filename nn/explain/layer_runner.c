// SPDX-License-Identifier: MIT
// A compiled copy of a part of a network, with a plan for each of the last input sizes.
#include "nn/explain/layer_runner.h"

#include "nn/base/memory.h"
#include "nn/explain/explain_internal.h"
#include "nn/graph/rebuild.h"

#include <stdio.h>

enum { SIZES = 4 }; // input sizes that keep their plans

struct nn_layer_runner {
    nn_explainer *e;
    nn_model *model;
    nn_plan *plans[SIZES]; // the most recently used first
};

// A copy of the network that ends at the layers, with these as its outputs.
static nn_status cut(nn_layer_runner *r, const int *layers, int count, nn_error *err)
{
    nn_rebuild b;
    nn_status status = nn_rebuild_begin(&b, r->e->model, false, err);
    for (int i = 0; i < count && status == NN_OK; i++) {
        char name[32];
        snprintf(name, sizeof name, "layer %d", i);
        nn_graph_output(b.graph, name, nn_rebuild_value(&b, r->e->layers[layers[i]]));
    }
    if (status == NN_OK)
        status = nn_rebuild_finish(&b, &r->model, err);
    nn_rebuild_release(&b);
    return status == NN_OK ? nn_model_fuse(&r->model, 0, err) : status;
}

nn_status nn_layer_runner_new(nn_layer_runner **out, nn_explainer *e, const int *layers, int count,
                              nn_error *err)
{
    *out = NULL;
    nn_layer_runner *r = nn_calloc(1, sizeof *r);
    if (!r)
        return nn_fail(err, NN_ENOMEM, "no memory to run layers");
    r->e = e;
    const nn_status status = cut(r, layers, count, err);
    if (status == NN_OK)
        *out = r;
    else
        nn_layer_runner_free(r);
    return status;
}

void nn_layer_runner_free(nn_layer_runner *r)
{
    if (!r)
        return;
    for (int i = 0; i < SIZES; i++)
        nn_plan_free(r->plans[i]);
    nn_model_free(r->model);
    nn_free(r);
}

size_t nn_layer_runner_bytes(const nn_layer_runner *r)
{
    size_t bytes = 0;
    for (int i = 0; i < SIZES; i++)
        bytes += r->plans[i] ? nn_plan_bytes(r->plans[i]) : 0;
    return bytes;
}

// Puts the plan for an input size first; the one that was not used for longest makes room.
static nn_status choose_plan(nn_layer_runner *r, int h, int w, nn_error *err)
{
    int at = 0;
    while (at < SIZES - 1 && r->plans[at]) {
        const nn_shape *s = &nn_plan_input(r->plans[at], 0)->shape;
        if (s->dim[2] == h && s->dim[3] == w)
            break;
        at++;
    }
    nn_plan *plan = r->plans[at];
    const nn_shape shape = nn_shape_4d(1, 3, h, w);
    if (!plan || !nn_shape_equal(&nn_plan_input(plan, 0)->shape, &shape)) {
        const nn_plan_options o = {.pool = r->e->pool, .compiled = true};
        const nn_status status = nn_plan_new(&plan, r->model, &shape, 1, &o, err);
        if (status != NN_OK)
            return status;
        nn_plan_free(r->plans[at]);
    }
    for (; at > 0; at--)
        r->plans[at] = r->plans[at - 1];
    r->plans[0] = plan;
    return NN_OK;
}

nn_status nn_layer_runner_see(nn_layer_runner *r, const nn_frame *frame, nn_error *err)
{
    const nn_card *card = &r->e->model->card;
    nn_letterbox place;
    nn_status status = nn_explainer_place(r->e, frame, &place, err);
    if (status == NN_OK)
        status = choose_plan(r, place.input_h, place.input_w, err);
    if (status != NN_OK)
        return status;
    const nn_tensor *input = nn_plan_input(r->plans[0], 0);
    status = nn_preprocess(r->e->resizer, frame, &place, card->mean, card->std, input, r->e->pool,
                           nn_kernels_best(), err);
    if (status != NN_OK)
        return status;
    if (card->bgr)
        nn_swap_red_and_blue(input);
    nn_plan_run(r->plans[0]);
    return NN_OK;
}

const nn_tensor *nn_layer_runner_values(const nn_layer_runner *r, int i)
{
    return nn_plan_output(r->plans[0], i);
}
