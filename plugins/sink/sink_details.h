// SPDX-License-Identifier: MIT
// What the window draws of objects beyond their boxes: masks, skeletons, rotated boxes.
#ifndef PLUGINS_SINK_SINK_DETAILS_H
#define PLUGINS_SINK_SINK_DETAILS_H

#include "nn/vision/result.h"
#include "plugins/common/colours.h"

#include <SDL.h>
#include <glib.h>

// Blends the masks of `result`, whose frame fills `area`, half transparent.
void nero_draw_masks(SDL_Renderer *renderer, const SDL_Rect *area, const nn_result *result,
                     NeroColourBy by);
// Draws rotated boxes, keypoints, and lines between those that belong together. Points that the
// model is not sure of (NN_KEYPOINT_SEEN) are left out.
void nero_draw_details(SDL_Renderer *renderer, const SDL_Rect *area, const nn_result *result,
                       NeroColourBy by);

#endif
