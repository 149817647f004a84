// SPDX-License-Identifier: MIT
// Drawings that travel beside the frames, for sinks that lay them over the picture themselves.
#ifndef PLUGINS_OVERLAY_ATTACH_H
#define PLUGINS_OVERLAY_ATTACH_H

#include "plugins/common/video.h"

#include <gst/base/gstbasetransform.h>

// Adds the pad templates: the source pad may have the feature meta:GstVideoOverlayComposition.
void nero_attach_add_pads(GstElementClass *element, nero_takes_format *takes);
// What caps of one pad become at the other: with the feature at the source pad, which comes first,
// and without it.
GstCaps *nero_attach_transform_caps(GstPadDirection from, GstCaps *caps);
// Asks downstream, which knows the caps of the source pad by now, whether it takes drawings beside
// the frames. Where it does not, the source pad gets caps without the feature again.
gboolean nero_attach_decide(GstBaseTransform *base);
// Attaches a drawing to a writable buffer, and takes it; behind those that it has.
void nero_attach_add(GstBuffer *buffer, GstVideoOverlayComposition *drawing);

#endif
