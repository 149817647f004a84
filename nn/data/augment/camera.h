// SPDX-License-Identifier: MIT
// Simulates what weather, light, lenses, sensors and compression do to pictures.
#ifndef NN_DATA_AUGMENT_CAMERA_H
#define NN_DATA_AUGMENT_CAMERA_H

#include "nn/base/api.h"
#include "nn/base/rng.h"
#include "nn/base/status.h"

enum { NN_CAMERA_EFFECTS = 13 };

// Name of an effect, in the order in which they apply; NULL past the last.
const char *nn_camera_name(int effect);
NN_API int nn_camera_find(const char *name); // -1: none has it

// Probability of each effect, and its greatest strength (0 .. 1).
typedef float nn_camera_options[NN_CAMERA_EFFECTS][2];

// Applies random effects to planes (3 x h x w, values 0..255). An effect with probability 0 draws
// no random number.
nn_status nn_camera_apply(float *planes, int h, int w, const nn_camera_options options, nn_rng *rng,
                          nn_error *err);

#endif
