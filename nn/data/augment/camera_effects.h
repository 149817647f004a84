// SPDX-License-Identifier: MIT
// The effects of cameras, shared by the files that implement them.
#ifndef NN_DATA_AUGMENT_CAMERA_EFFECTS_H
#define NN_DATA_AUGMENT_CAMERA_EFFECTS_H

#include "nn/base/rng.h"
#include "nn/base/status.h"

#include <stddef.h>

typedef struct nn_camera_view {
    float *planes; // 3 x h x w, levels 0..255
    int h, w;
    float *scratch; // h x w
} nn_camera_view;

// `amount`: 0 .. 1.
typedef nn_status nn_camera_effect(const nn_camera_view *v, float amount, nn_rng *rng,
                                   nn_error *err);

// camera_weather.c
nn_camera_effect nn_camera_fog, nn_camera_rain, nn_camera_snow;
// camera_lens.c
nn_camera_effect nn_camera_defocus, nn_camera_motion, nn_camera_lowres, nn_camera_interlace;
// camera_sensor.c
nn_camera_effect nn_camera_night, nn_camera_gamma, nn_camera_grey, nn_camera_infrared,
    nn_camera_noise, nn_camera_jpeg;

static inline float nn_camera_clip(float level)
{
    return level < 0 ? 0 : level > 255 ? 255 : level;
}

static inline ptrdiff_t nn_camera_pixels(const nn_camera_view *v)
{
    return (ptrdiff_t)v->h * v->w;
}

#endif
