// SPDX-License-Identifier: MIT
// What the window draws of objects beyond their boxes: masks, skeletons, rotated boxes.
#ifndef PLUGINS_SINK_SINK_DETAILS_H
#define PLUGINS_SINK_SINK_DETAILS_H

#include "plugins/sink/sink_draw.h"
#include "plugins/sink/sink_textures.h"

// Blends the masks of `objects` (NeroObject, best first), half transparent.
void nero_draw_masks(const NeroDrawing *d, NeroTextures *textures, const GArray *objects);
// Draws their rotated boxes, keypoints, and lines between those that belong together. Points that
// the model is not sure of (NN_KEYPOINT_SEEN) are left out.
void nero_draw_details(const NeroDrawing *d, const GArray *objects);

#endif
