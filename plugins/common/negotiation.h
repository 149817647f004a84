// SPDX-License-Identifier: MIT
// Posts clear errors when a stream cannot be negotiated. GstBaseTransform itself posts none, and
// the source reports only an "Internal data stream error".
#ifndef PLUGINS_COMMON_NEGOTIATION_H
#define PLUGINS_COMMON_NEGOTIATION_H

#include "plugins/common/video.h"

#include <gst/base/gstbasetransform.h>

// Calls the sink_event() of `parent`. When caps are refused, posts an error that says whether this
// element or one behind it refuses them. `verb` is what this element cannot do to such video, e.g.
// "read".
gboolean nero_sink_event(GstBaseTransformClass *parent, GstBaseTransform *base, GstEvent *event,
                         nero_takes_format *takes, const char *verb);
// To be called when an element is made: posts such an error also for caps that its template does
// not have, which GStreamer refuses before any function of the element runs. `verb` must be static.
void nero_watch_caps(GstBaseTransform *base, nero_takes_format *takes, const char *verb);
// Calls the submit_input_buffer() of `parent`; posts an error for frames that come without caps.
GstFlowReturn nero_submit_input(GstBaseTransformClass *parent, GstBaseTransform *base,
                                gboolean discont, GstBuffer *buffer);

#endif
