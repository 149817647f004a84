// SPDX-License-Identifier: MIT
// What weather, light, lenses, sensors and compression do to pictures, drawn at random.
#ifndef NN_DATA_AUGMENT_CAMERA_H
#define NN_DATA_AUGMENT_CAMERA_H

#include "nn/base/api.h"
#include "nn/base/rng.h"
#include "nn/base/status.h"

enum { NN_CAMERA_EFFECTS = 13 };

// Name of an effect, in the order in which light goes through them; NULL beyond the last.
const char *nn_camera_name(int effect);
NN_API int nn_camera_find(const char *name); // -1: none has it

// For each effect its probability, and how strong it gets at most (0 .. 1).
typedef float nn_camera_options[NN_CAMERA_EFFECTS][2];

// Changes planes (3 x h x w, levels 0..255). An effect without probability draws no number.
nn_status nn_camera_apply(float *planes, int h, int w, const nn_camera_options options, nn_rng *rng,
                          nn_error *err);

#endif
