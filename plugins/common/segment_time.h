// SPDX-License-Identifier: MIT
// Times of buffers. There are none when upstream counts bytes.
#ifndef PLUGINS_COMMON_SEGMENT_TIME_H
#define PLUGINS_COMMON_SEGMENT_TIME_H

#include <gst/gst.h>

// GST_CLOCK_TIME_NONE when the segment is not in time (appsrc without format=time); GStreamer's own
// functions must not be called then.
static inline GstClockTime nero_stream_time(const GstSegment *s, GstClockTime pts)
{
    return s->format == GST_FORMAT_TIME ? gst_segment_to_stream_time(s, GST_FORMAT_TIME, pts)
                                        : GST_CLOCK_TIME_NONE;
}

static inline GstClockTime nero_running_time(const GstSegment *s, GstClockTime pts)
{
    return s->format == GST_FORMAT_TIME ? gst_segment_to_running_time(s, GST_FORMAT_TIME, pts)
                                        : GST_CLOCK_TIME_NONE;
}

#endif
