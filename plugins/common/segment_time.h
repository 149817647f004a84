// SPDX-License-Identifier: MIT
// Times of buffers. There are none when upstream counts bytes.
#ifndef PLUGINS_COMMON_SEGMENT_TIME_H
#define PLUGINS_COMMON_SEGMENT_TIME_H

#include <gst/video/video.h>

// GST_CLOCK_TIME_NONE when the segment is not in time (appsrc without format=time); GStreamer's own
// functions must not be called then.
static inline GstClockTime nero_stream_time(const GstSegment *segment, GstClockTime pts)
{
    const GstSegment s = *segment; // a flush of another thread may reset it between two looks
    return s.format == GST_FORMAT_TIME ? gst_segment_to_stream_time(&s, GST_FORMAT_TIME, pts)
                                       : GST_CLOCK_TIME_NONE;
}

static inline GstClockTime nero_running_time(const GstSegment *segment, GstClockTime pts)
{
    const GstSegment s = *segment;
    return s.format == GST_FORMAT_TIME ? gst_segment_to_running_time(&s, GST_FORMAT_TIME, pts)
                                       : GST_CLOCK_TIME_NONE;
}

// A time that increases from frame to frame, also when a stream plays backwards: for differences.
static inline GstClockTime nero_ordered_time(gboolean backwards, GstClockTime pts)
{
    return backwards && GST_CLOCK_TIME_IS_VALID(pts) ? G_MAXINT64 - MIN(pts, G_MAXINT64) : pts;
}

// The time of a frame in nanoseconds, for what happens over time: running time, which increases
// even when a stream plays backwards. Frames without a time are counted, from 0 as `number`.
static inline gint64 nero_frame_time(const GstSegment *s, GstBuffer *b, const GstVideoInfo *info,
                                     guint64 number)
{
    const GstClockTime t = nero_running_time(s, GST_BUFFER_PTS(b));
    const gboolean rate = info->fps_n > 0 && info->fps_d > 0;
    if (GST_CLOCK_TIME_IS_VALID(t))
        return (gint64)t;
    return (gint64)gst_util_uint64_scale(number, GST_SECOND * (guint64)(rate ? info->fps_d : 1),
                                         (guint64)(rate ? info->fps_n : 25));
}

#endif
