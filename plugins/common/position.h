// SPDX-License-Identifier: MIT
// Says where a stream is.
#ifndef PLUGINS_COMMON_POSITION_H
#define PLUGINS_COMMON_POSITION_H

#include <gst/base/gstbasetransform.h>

// The query() of an element: answers those for the position, others as GstBaseTransform does. That
// looks at its segment several times while the stream may replace it, and calls for a time of one
// that has just become one of bytes, which is a critical warning. Any thread.
gboolean nero_base_query(GstBaseTransform *base, GstPadDirection direction, GstQuery *query);

#endif
