// SPDX-License-Identifier: MIT
// What nerooverlay draws of objects beyond their boxes: masks, skeletons, rotated boxes.
#ifndef PLUGINS_OVERLAY_OVERLAY_DETAILS_H
#define PLUGINS_OVERLAY_OVERLAY_DETAILS_H

#include "plugins/common/objects.h"
#include "plugins/overlay/canvas.h"
#include "plugins/overlay/overlay_style.h"

guint32 nero_overlay_colour(const nn_box *b, const NeroStyle *s); // of a class or a track

// Blends the masks of `objects` (NeroObject, best first), half transparent.
void nero_overlay_draw_masks(NeroCanvas *f, const GArray *objects, const NeroStyle *s);
// Draws their keypoints, and lines between those that belong together. Points that the model is not
// sure of (NN_KEYPOINT_SEEN) are left out.
void nero_overlay_draw_skeletons(NeroCanvas *f, const GArray *objects, const NeroStyle *s);
// Draws the rotated box of an object; FALSE when it has none.
gboolean nero_overlay_draw_rotated(NeroCanvas *f, const NeroObject *o, const NeroStyle *s);

#endif
