// SPDX-License-Identifier: MIT
// Runs a network on changed pictures, and puts the picture that was seen back.
#include "nn/explain/inputs.h"

#include <math.h>
#include <string.h>

int64_t nn_explain_plane(const nn_explainer *e)
{
    return (int64_t)e->plan_h * e->plan_w;
}

float nn_explain_grey(const nn_explainer *e, int c, float grey)
{
    const nn_card *card = &e->model->card;
    const int of = card->bgr ? 2 - c : c;
    return (grey - card->mean[of]) / card->std[of];
}

void nn_explain_restore(nn_explainer *e)
{
    const nn_tensor *input = nn_plan_input(e->plan, 0);
    memcpy(input->data, e->picture.data, nn_tensor_bytes(input));
    nn_plan_run(e->plan);
}

static void add_gradients(nn_explainer *e, const nn_explain_seeds *s, nn_walk *walk, int count,
                          nn_explain_input *input, void *ctx)
{
    const int64_t n = 3 * nn_explain_plane(e);
    float *sum = e->work.data;
    memset(sum, 0, (size_t)n * sizeof *sum);
    for (int i = 0; i < count; i++) {
        input(e, ctx, i, e->picture.data, nn_tensor_f32(nn_plan_input(e->plan, 0)));
        nn_plan_run(e->plan);
        nn_explain_start(e, s, walk, false);
        nn_walk_run(walk);
        const float *g = nn_tensor_f32(nn_walk_result(walk));
        for (int64_t k = 0; k < n; k++)
            sum[k] += g[k];
    }
    for (int64_t k = 0; k < n; k++)
        sum[k] /= (float)count;
    nn_explain_restore(e);
}

nn_status nn_explain_mean_gradient(nn_explainer *e, const nn_explain_target *t, int count,
                                   nn_explain_input *input, void *ctx, nn_explain_map *map,
                                   nn_error *err)
{
    nn_explain_seeds seeds;
    nn_walk *walk = NULL;
    nn_status status = nn_explain_find_seeds(e, t, &seeds, err);
    if (status == NN_OK)
        status = nn_explain_map_picture(e, map, err);
    if (status == NN_OK)
        status = nn_floats_need(&e->work, 3 * (size_t)nn_explain_plane(e), err);
    if (status == NN_OK)
        status =
            nn_explain_walk(e, &seeds, nn_graph_input_at(e->model->graph, 0), NULL, &walk, err);
    if (status != NN_OK)
        return status;
    map->score = (float)nn_explain_score(e, &seeds);
    map->channel = seeds.channel;
    map->forward_passes =
        2 + count * (1 + nn_walk_macs(walk) / fmax(nn_plan_macs(e->plan), 1)); // seen, and put back
    add_gradients(e, &seeds, walk, count, input, ctx);
    nn_explain_put_picture(e, e->work.data, map);
    nn_walk_free(walk);
    return NN_OK;
}
