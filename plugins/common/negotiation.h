// SPDX-License-Identifier: MIT
// Says why a stream cannot be negotiated, where the base class of transforms is silent and the
// source would only report an "Internal data stream error".
#ifndef PLUGINS_COMMON_NEGOTIATION_H
#define PLUGINS_COMMON_NEGOTIATION_H

#include "plugins/common/video.h"

#include <gst/base/gstbasetransform.h>

// Calls `parent`'s sink_event(); when caps are refused, an error tells whether that is because of
// this element (`verb`: what it cannot do to such video, "read") or of one behind it.
gboolean nero_sink_event(GstBaseTransformClass *parent, GstBaseTransform *base, GstEvent *event,
                         nero_takes_format *takes, const char *verb);
// Calls `parent`'s submit_input_buffer(); the same for frames that come without caps.
GstFlowReturn nero_submit_input(GstBaseTransformClass *parent, GstBaseTransform *base,
                                gboolean discont, GstBuffer *buffer);

#endif
