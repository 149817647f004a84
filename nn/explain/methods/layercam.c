// SPDX-License-Identifier: MIT
// Layer-CAM (Jiang 2021, equation 4): each value of a map weighed by its own positive gradient.
// Works at layers in front, too, where maps are fine.
#include "nn/explain/cam.h"

static void add(float *cells, const float *map, const float *gradient, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        cells[i] += gradient[i] > 0 ? gradient[i] * map[i] : 0;
}

static nn_status run(nn_explainer *e, const nn_explain_target *t, const nn_explain_settings *s,
                     nn_explain_map *map, nn_error *err)
{
    return nn_explain_cam(e, t, s, add, map, err);
}

const nn_explain_method nn_explain_layercam = {
    .word = "layercam",
    .help = "each value of a layer by its own gradient: fine maps of early layers (Jiang 2021)",
    .kind = NN_EXPLAIN_HEAT,
    .cam = true,
    .run = run,
};
