// SPDX-License-Identifier: MIT
// SmoothGrad (Smilkov 2017): the mean gradient of noisy copies of the picture.
#include "nn/base/rng.h"
#include "nn/explain/inputs.h"

#include <math.h>

enum { MOST = 10000 };

typedef struct noise {
    uint64_t seed;
    float deviation;
} noise;

static void add_noise(const nn_explainer *e, void *ctx, int i, const float *picture, float *input)
{
    const noise *n = ctx;
    const int64_t count = 3 * nn_explain_plane(e);
    nn_rng rng = nn_rng_stream(n->seed, (uint64_t)i);
    for (int64_t k = 0; k < count; k++)
        input[k] = picture[k] + n->deviation * nn_rng_normal(&rng);
}

static nn_status run(nn_explainer *e, const nn_explain_target *t, const nn_explain_settings *s,
                     nn_explain_map *map, nn_error *err)
{
    const int64_t count = 3 * nn_explain_plane(e);
    float low = e->picture.data[0], high = low;
    if (s->samples < 1 || s->samples > MOST || !(s->noise >= 0 && s->noise <= 10))
        return nn_fail(err, NN_EINVAL, "smoothgrad takes 1 to %d samples and noise of 0 to 10",
                       MOST);
    for (int64_t k = 1; k < count; k++) {
        low = fminf(low, e->picture.data[k]);
        high = fmaxf(high, e->picture.data[k]);
    }
    noise n = {s->seed, s->noise * (high - low)};
    return nn_explain_mean_gradient(e, t, s->samples, add_noise, &n, map, err);
}

const nn_explain_method nn_explain_smoothgrad = {
    .word = "smoothgrad",
    .help = "the mean gradient of noisy copies of the picture (Smilkov 2017)",
    .kind = NN_EXPLAIN_PICTURE,
    .run = run,
};
