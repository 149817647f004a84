// SPDX-License-Identifier: MIT
// Times of buffers, also when upstream counts bytes: then there are none.
#ifndef PLUGINS_COMMON_SEGMENT_TIME_H
#define PLUGINS_COMMON_SEGMENT_TIME_H

#include <gst/gst.h>

// GST_CLOCK_TIME_NONE in segments that are not in time (appsrc without format=time), where
// GStreamer's functions are not to be called.
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
