// SPDX-License-Identifier: MIT
// Integrated gradients (Sundararajan 2017, equation 3): gradients along the straight path from a
// grey picture, times the way of each pixel. The middles of the steps are taken, so their sum over
// all pixels comes close to the difference of the target's values at both ends.
#include "nn/explain/inputs.h"

enum { MOST = 10000 };

static void step(const nn_explainer *e, void *ctx, int i, const float *picture, float *input)
{
    const nn_explain_settings *s = ctx;
    const int64_t plane = nn_explain_plane(e);
    const float part = ((float)i + 0.5f) / (float)s->steps;
    for (int c = 0; c < 3; c++) {
        const float from = nn_explain_grey(e, c, s->baseline);
        for (int64_t k = c * plane; k < (c + 1) * plane; k++)
            input[k] = from + part * (picture[k] - from);
    }
}

static nn_status run(nn_explainer *e, const nn_explain_target *t, const nn_explain_settings *s,
                     nn_explain_map *map, nn_error *err)
{
    nn_explain_settings copy = *s;
    if (s->steps < 1 || s->steps > MOST || !(s->baseline >= 0 && s->baseline <= 1))
        return nn_fail(err, NN_EINVAL, "integrated takes 1 to %d steps and a grey of 0 to 1", MOST);
    const nn_status status = nn_explain_mean_gradient(e, t, s->steps, step, &copy, map, err);
    const int64_t plane = nn_explain_plane(e);
    for (int c = 0; c < 3 && status == NN_OK; c++) {
        const int of = e->model->card.bgr ? 2 - c : c; // the map's planes are R, G, B
        for (int64_t k = 0; k < plane; k++)
            map->data[c * plane + k] *=
                e->picture.data[of * plane + k] - nn_explain_grey(e, of, s->baseline);
    }
    return status;
}

const nn_explain_method nn_explain_integrated = {
    .word = "integrated",
    .help = "gradients along the way from grey; they sum up to the score (Sundararajan 2017)",
    .kind = NN_EXPLAIN_PICTURE,
    .run = run,
};
