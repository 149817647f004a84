// SPDX-License-Identifier: MIT
// Answers from a copy of the segment; upstream answers where there is no time.
#include "plugins/common/position.h"

#include "plugins/common/segment_time.h"

gboolean nero_base_query(GstBaseTransform *base, GstPadDirection direction, GstQuery *query)
{
    GstFormat format = GST_FORMAT_UNDEFINED;
    if (GST_QUERY_TYPE(query) != GST_QUERY_POSITION) {
        const GstBaseTransformClass *parent = g_type_class_peek(GST_TYPE_BASE_TRANSFORM);
        return parent->query(base, direction, query);
    }
    gst_query_parse_position(query, &format, NULL);
    const GstSegment s = base->segment;
    if (format == GST_FORMAT_TIME && s.format == GST_FORMAT_TIME) {
        gst_query_set_position(query, format, (gint64)nero_stream_time(&s, s.position));
        return TRUE;
    }
    return gst_pad_peer_query(direction == GST_PAD_SRC ? base->sinkpad : base->srcpad, query);
}
