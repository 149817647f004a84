// SPDX-License-Identifier: MIT
// Class activation maps: walks back to a layer and weighs its maps.
#include "nn/explain/cam.h"

#include <math.h>
#include <string.h>

static nn_status choose_layer(const nn_explainer *e, const nn_explain_settings *s,
                              const nn_explain_seeds *seeds, int *layer, nn_error *err)
{
    *layer = s->cam_layer;
    const nn_status status = *layer < 0 ? nn_explainer_layer_of(e, seeds, layer, err) : NN_OK;
    if (status != NN_OK)
        return status;
    if (*layer < 0)
        return nn_fail(err, NN_EUNSUPPORTED, "no layer has maps that could be weighed");
    if (*layer >= e->layer_count)
        return nn_fail(err, NN_EINVAL, "no layer %d: there are %d, counted from 0", *layer,
                       e->layer_count);
    if (nn_plan_shape(e->plan, e->layers[*layer])->rank == 4)
        return NN_OK;
    return nn_fail(err, NN_EINVAL, "layer '%s' is a vector and has no maps",
                   nn_graph_value(e->model->graph, e->layers[*layer]).name);
}

static void add_channels(const nn_tensor *values, const nn_tensor *gradients, nn_cam_add *add,
                         float *cells)
{
    const int64_t *dim = values->shape.dim, n = dim[2] * dim[3];
    memset(cells, 0, (size_t)n * sizeof *cells);
    for (int64_t c = 0; c < dim[1]; c++)
        add(cells, nn_tensor_f32(values) + c * n, nn_tensor_f32(gradients) + c * n, n);
    for (int64_t i = 0; i < n; i++)
        cells[i] = cells[i] < 0 ? 0 : cells[i];
}

nn_status nn_explain_cam(nn_explainer *e, const nn_explain_target *t, const nn_explain_settings *s,
                         nn_cam_add *add, nn_explain_map *map, nn_error *err)
{
    nn_explain_seeds seeds;
    nn_walk *walk = NULL;
    int layer;
    nn_status status = nn_explain_find_seeds(e, t, &seeds, err);
    if (status == NN_OK)
        status = choose_layer(e, s, &seeds, &layer, err);
    if (status != NN_OK)
        return status;
    const nn_tensor *values = nn_plan_value(e->plan, e->layers[layer]);
    status =
        nn_explain_map_cells(e, map, (int)values->shape.dim[2], (int)values->shape.dim[3], err);
    if (status == NN_OK)
        status = nn_explain_walk(e, &seeds, e->layers[layer], NULL, &walk, err);
    if (status != NN_OK)
        return status;
    nn_explain_start(e, &seeds, walk, false);
    nn_walk_run(walk);
    add_channels(values, nn_walk_result(walk), add, map->cells);
    map->score = (float)nn_explain_score(e, &seeds);
    map->channel = seeds.channel;
    map->layer = layer;
    map->forward_passes = 1 + nn_walk_macs(walk) / fmax(nn_plan_macs(e->plan), 1);
    nn_walk_free(walk);
    return nn_explain_enlarge(e, map, err);
}
