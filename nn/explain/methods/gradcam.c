// SPDX-License-Identifier: MIT
// Grad-CAM (Selvaraju 2017, section 3): maps weighed by the means of their gradients.
#include "nn/explain/cam.h"

static void add(float *cells, const float *map, const float *gradient, int64_t n)
{
    double sum = 0;
    for (int64_t i = 0; i < n; i++)
        sum += (double)gradient[i];
    const float weight = (float)(sum / (double)n);
    for (int64_t i = 0; i < n; i++)
        cells[i] += weight * map[i];
}

static nn_status run(nn_explainer *e, const nn_explain_target *t, const nn_explain_settings *s,
                     nn_explain_map *map, nn_error *err)
{
    return nn_explain_cam(e, t, s, add, map, err);
}

const nn_explain_method nn_explain_gradcam = {
    .word = "gradcam",
    .help = "where the maps of a layer speak for the target (Selvaraju 2017)",
    .kind = NN_EXPLAIN_HEAT,
    .cam = true,
    .run = run,
};
