// SPDX-License-Identifier: MIT
// The table of camera effects, and which of them a view gets.
#include "nn/data/augment/camera.h"

#include "nn/base/memory.h"
#include "nn/data/augment/camera_effects.h"

#include <string.h>

static const struct {
    const char *name;
    nn_camera_effect *apply;
} effects[] = {
    {"fog", nn_camera_fog},           {"rain", nn_camera_rain},
    {"snow", nn_camera_snow},         {"night", nn_camera_night},
    {"defocus", nn_camera_defocus},   {"motion", nn_camera_motion},
    {"gamma", nn_camera_gamma},       {"grey", nn_camera_grey},
    {"infrared", nn_camera_infrared}, {"lowres", nn_camera_lowres},
    {"noise", nn_camera_noise},       {"interlace", nn_camera_interlace},
    {"jpeg", nn_camera_jpeg},
};
_Static_assert(sizeof effects / sizeof *effects == NN_CAMERA_EFFECTS, "a row for each effect");

const char *nn_camera_name(int effect)
{
    return effect >= 0 && effect < NN_CAMERA_EFFECTS ? effects[effect].name : NULL;
}

int nn_camera_find(const char *name)
{
    for (int i = 0; i < NN_CAMERA_EFFECTS; i++)
        if (strcmp(effects[i].name, name) == 0)
            return i;
    return -1;
}

nn_status nn_camera_apply(float *planes, int h, int w, const nn_camera_options options, nn_rng *rng,
                          nn_error *err)
{
    nn_camera_view v = {.planes = planes, .h = h, .w = w};
    nn_status status = NN_OK;
    for (int i = 0; i < NN_CAMERA_EFFECTS && status == NN_OK; i++) {
        if (!(options[i][0] > 0) || !(nn_rng_uniform(rng) < options[i][0]))
            continue;
        const float amount = options[i][1] * nn_rng_range(rng, 0.15f, 1);
        if (!v.scratch)
            v.scratch = nn_alloc(sizeof(float) * (size_t)h * (size_t)w);
        status = v.scratch ? effects[i].apply(&v, amount, rng, err)
                           : nn_fail(err, NN_ENOMEM, "no memory for a view of %dx%d", w, h);
    }
    nn_free(v.scratch);
    return status;
}
