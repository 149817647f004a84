// SPDX-License-Identifier: MIT
// The projector of a network that is pretrained.
#include "nn/train/projector.h"

#include "nn/base/memory.h"
#include "nn/graph/rebuild.h"
#include "nn/train/last_layers.h"
#include "nn/zoo/layers.h"

#include <string.h>

#define BN_EPS 1e-5f

typedef struct projector {
    nn_value features; // of the model
    int in, width;
} projector;

static void add_layers(nn_rebuild *r, void *ctx)
{
    const projector *p = ctx;
    nn_graph *g = r->graph;
    nn_value x = nn_rebuild_value(r, p->features);
    x = nn_layer_linear(g, "projector.0", x, p->in, p->width, 0);
    x = nn_layer_batch_norm(g, "projector.1", x, p->width, BN_EPS);
    x = nn_layer_act(g, "projector.2", x, NN_ACT_RELU);
    nn_graph_output(g, "projection", nn_layer_linear(g, "projector.3", x, p->width, p->width, 0));
}

static nn_status measure(projector *p, const nn_model *m, nn_error *err)
{
    nn_shape *shapes = NULL;
    char text[96];
    if (nn_graph_output_count(m->graph) != 1)
        return nn_fail(err, NN_EUNSUPPORTED,
                       "a network with %d outputs cannot be pretrained: it needs one, of features",
                       nn_graph_output_count(m->graph));
    nn_status status = nn_usual_shapes(&shapes, m, m->card.input_h, m->card.input_w, err);
    if (status != NN_OK)
        return status;
    p->features = nn_graph_output_at(m->graph, 0);
    const nn_shape *out = &shapes[p->features];
    if (out->rank == 2)
        p->in = (int)out->dim[1];
    else
        status = nn_fail(err, NN_EUNSUPPORTED, "the output is %s, not features of whole pictures",
                         nn_shape_text(out, text, sizeof text));
    nn_free(shapes);
    return status;
}

// Initialises what was added as in our own networks.
static nn_status start(nn_model *m, int first, uint64_t seed, nn_error *err)
{
    nn_model *fresh;
    const nn_status status = nn_model_copy(&fresh, m, err);
    if (status != NN_OK)
        return status;
    nn_model_init_random(fresh, seed);
    for (int i = first; i < nn_graph_param_count(m->graph); i++)
        memcpy(m->params[i].data, fresh->params[i].data, nn_tensor_bytes(&m->params[i]));
    nn_model_free(fresh);
    return NN_OK;
}

nn_status nn_add_projector(nn_model **out, const nn_model *m, int width, uint64_t seed,
                           nn_error *err)
{
    projector p = {.width = width};
    *out = NULL;
    nn_status status = measure(&p, m, err);
    if (status == NN_OK)
        status = nn_model_copy_with(out, m, add_layers, &p, err);
    if (status == NN_OK)
        status = start(*out, nn_graph_param_count(m->graph), seed, err);
    if (status != NN_OK) {
        nn_model_free(*out);
        *out = NULL;
    }
    return status;
}
