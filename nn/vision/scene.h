// SPDX-License-Identifier: MIT
// How much there is to see in a frame, and how much of it moves: cheap figures for every frame of a
// stream.
#ifndef NN_VISION_SCENE_H
#define NN_VISION_SCENE_H

#include "nn/base/api.h"
#include "nn/vision/frame.h"

typedef struct nn_scene nn_scene; // a small picture of the last frame

typedef struct nn_scene_figures {
    // 0 for a plain area, 0.5 where neighbouring cells differ by 8 of 255 levels on average; below
    // 1. A cell is about a hundredth of the frame wide, so that the figure does not depend on the
    // resolution.
    float detail;
    // Part of the cells that differ from the last frame, 0 .. 1, when all have become brighter or
    // darker alike, too. 1 for a frame without a predecessor of its size.
    float motion;
} nn_scene_figures;

NN_API nn_scene *nn_scene_new(void); // NULL when memory is short
NN_API void nn_scene_free(nn_scene *s);
NN_API void nn_scene_forget(nn_scene *s); // the next frame has no predecessor

// Measures a frame. It reads a small part of the luma, the green component of RGB: at most 128 x 72
// cells of 8 x 2 samples, 0.1 ms for 1920 x 1080. It allocates only when the number of cells or
// the length of converted rows (nn_frame.read_row) grows. NN_EINVAL for a frame that is none,
// NN_ENOMEM.
NN_API nn_status nn_scene_measure(nn_scene *s, const nn_frame *frame, nn_scene_figures *figures,
                                  nn_error *err);

#endif
