// SPDX-License-Identifier: MIT
// What a detector found inside of regions: boxes that name the region as their parent and, in
// frames that are not inferred, move with it.
#ifndef PLUGINS_INFER_CHILDREN_H
#define PLUGINS_INFER_CHILDREN_H

#include "plugins/infer/engine.h"

typedef struct NeroChildren NeroChildren;

NeroChildren *nero_children_new(void);
void nero_children_free(NeroChildren *c); // NULL is a no-op
void nero_children_forget(NeroChildren *c);

// A frame of width x height that is inferred: begin, then add what was found in each region, in
// pixels from (x, y) of the frame. `object` is the track of the region, 0: none.
void nero_children_begin(NeroChildren *c, GstClockTime pts, NeroLabels *labels, int width,
                         int height);
void nero_children_add(NeroChildren *c, const GstVideoRegionOfInterestMeta *region, int object,
                       const nn_result *found, int x, int y);
// A frame that is not: tell where the regions are now. Those that are tracked are known again by
// their track, others by their place. What was in a region that is gone is left out.
void nero_children_leave(NeroChildren *c);
void nero_children_follow(NeroChildren *c, const GstVideoRegionOfInterestMeta *region, int object);
// Attaches the boxes to the frame, with `age` and marked as predicted when it was not inferred, and
// their regions. *meta stays as it is when there are none. FALSE when memory is short.
gboolean nero_children_attach(NeroChildren *c, NeroEngine *e, GstBuffer *buffer, NeroMeta **meta);
// Instead of that: gives the keypoints of the best box in each region to the region itself
// (nero_meta_give_detail).
gboolean nero_children_give(NeroChildren *c, NeroEngine *e, GstBuffer *buffer);

#endif
