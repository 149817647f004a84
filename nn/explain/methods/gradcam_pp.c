// SPDX-License-Identifier: MIT
// Grad-CAM++ (Chattopadhay 2018, equations 11 and 19): maps weighed by their positive gradients,
// each place by how much of the map it explains. Finds several things of a class.
#include "nn/explain/cam.h"

static void add(float *cells, const float *map, const float *gradient, int64_t n)
{
    double sum = 0, weight = 0;
    for (int64_t i = 0; i < n; i++)
        sum += (double)map[i];
    for (int64_t i = 0; i < n; i++) {
        const double g = (double)gradient[i];
        const double below = 2 * g * g + sum * g * g * g;
        if (g > 0)
            weight += below != 0 ? g * g / below * g : g * g * g;
    }
    for (int64_t i = 0; i < n; i++)
        cells[i] += (float)weight * map[i];
}

static nn_status run(nn_explainer *e, const nn_explain_target *t, const nn_explain_settings *s,
                     nn_explain_map *map, nn_error *err)
{
    return nn_explain_cam(e, t, s, add, map, err);
}

const nn_explain_method nn_explain_gradcam_pp = {
    .word = "gradcam++",
    .help = "as gradcam, with weights that find several things of a class (Chattopadhay 2018)",
    .kind = NN_EXPLAIN_HEAT,
    .cam = true,
    .run = run,
};
