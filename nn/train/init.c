// SPDX-License-Identifier: MIT
// How a detector that has learnt nothing starts.
#include "nn/base/rng.h"
#include "nn/train/trainer.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { BOX_SIDES = 4 };

// Geometric mean of half the widths and heights of all boxes, in pixels of the network input.
static void typical_size(const nn_dataset *d, const nn_card *card, double half[2])
{
    double sum[2] = {0, 0};
    int64_t n = 0;
    for (int i = 0; i < d->count; i++) {
        const nn_sample *s = &d->samples[i];
        double fit = fmin((double)card->input_w / s->width, (double)card->input_h / s->height);
        for (int k = 0; k < s->truth_count; k++) {
            const nn_truth *t = &s->truths[k];
            sum[0] += log(0.5 * fit * (t->x1 - t->x0));
            sum[1] += log(0.5 * fit * (t->y1 - t->y0));
            n++;
        }
    }
    for (int i = 0; i < 2; i++)
        half[i] = n ? exp(sum[i] / (double)n) : 16;
}

// Weight and bias of the convolution that makes an output; false when it is something else.
static bool find_layer(nn_model *m, int output, nn_tensor **weight, nn_tensor **bias)
{
    nn_value_info out = nn_graph_value(m->graph, nn_graph_output_at(m->graph, output));
    if (out.kind != NN_VALUE_NODE)
        return false;
    nn_node_info node = nn_graph_node_at(m->graph, out.index);
    if (strcmp(node.op->name, "conv2d") != 0 || node.n_in < 3 || node.in[2] < 0)
        return false;
    nn_value_info w = nn_graph_value(m->graph, node.in[1]);
    nn_value_info b = nn_graph_value(m->graph, node.in[2]);
    if (w.kind != NN_VALUE_PARAM || b.kind != NN_VALUE_PARAM)
        return false;
    *weight = &m->params[w.index];
    *bias = &m->params[b.index];
    return true;
}

nn_status nn_trainer_init_model(nn_model *model, const nn_dataset *data, uint64_t seed,
                                nn_error *err)
{
    double half[2];
    typical_size(data, &model->card, half);
    nn_model_init_random(model, seed);
    for (int i = 0; i < nn_graph_output_count(model->graph); i++) {
        const char *name = nn_graph_output_name(model->graph, i);
        int stride;
        bool cls = sscanf(name, "cls%d", &stride) == 1;
        if (!cls && sscanf(name, "box%d", &stride) != 1)
            continue;
        nn_tensor *weight, *bias;
        if (!find_layer(model, i, &weight, &bias))
            return nn_fail(err, NN_EUNSUPPORTED,
                           "training: output '%s' is not made by a convolution with bias", name);
        nn_rng rng = nn_rng_stream(seed, nn_hash_name(name));
        for (int64_t k = 0; k < nn_shape_count(&weight->shape); k++)
            nn_tensor_f32(weight)[k] = 0.01f * nn_rng_normal(&rng);
        for (int64_t k = 0; k < nn_shape_count(&bias->shape); k++)
            nn_tensor_f32(bias)[k] = cls ? -logf(99) : (float)log(half[k % BOX_SIDES & 1] / stride);
    }
    return NN_OK;
}
