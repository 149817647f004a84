// SPDX-License-Identifier: MIT
// Lateness and latency of synchronous inference.
#include "plugins/pace.h"
#include "plugins/segment_time.h"

#define STARVED (1 * GST_SECOND)
#define HEADROOM 0.25

void nero_pace_init(NeroPace *p)
{
    p->latency = 0;
    nero_pace_restart(p);
}

void nero_pace_restart(NeroPace *p)
{
    p->earliest = p->inferred = GST_CLOCK_TIME_NONE;
    p->proportion = 1;
}

void nero_pace_hear_qos(NeroPace *p, GstEvent *qos)
{
    GstClockTimeDiff late;
    GstClockTime at;
    gst_event_parse_qos(qos, NULL, &p->proportion, &late, &at);
    p->earliest = GST_CLOCK_TIME_IS_VALID(at) && late > 0 ? at + late : GST_CLOCK_TIME_NONE;
}

gboolean nero_pace_is_late(const NeroPace *p, GstClockTime running)
{
    if (!GST_CLOCK_TIME_IS_VALID(running) || !GST_CLOCK_TIME_IS_VALID(p->inferred) ||
        !GST_CLOCK_TIME_IS_VALID(p->earliest))
        return FALSE;
    gboolean starved = running < p->inferred || running - p->inferred > STARVED;
    return !starved && running <= p->earliest;
}

gboolean nero_pace_measure(NeroPace *p, gdouble peak_ms)
{
    gdouble estimate = peak_ms * (1 + HEADROOM) * GST_MSECOND, reported = p->latency;
    if (ABS(estimate - reported) <= HEADROOM * reported)
        return FALSE;
    p->latency = estimate;
    return TRUE;
}

GstMessage *nero_pace_message(const NeroPace *p, GstObject *src, GstBuffer *buffer,
                              const GstSegment *segment, guint64 inferred, guint64 skipped)
{
    GstClockTime pts = GST_BUFFER_PTS(buffer);
    GstClockTime running = nero_running_time(segment, pts);
    GstClockTime stream = nero_stream_time(segment, pts);
    GstMessage *m =
        gst_message_new_qos(src, TRUE, running, stream, pts, GST_BUFFER_DURATION(buffer));
    gst_message_set_qos_values(m, GST_CLOCK_DIFF(running, p->earliest), p->proportion, 1000000);
    gst_message_set_qos_stats(m, GST_FORMAT_BUFFERS, inferred, skipped);
    return m;
}
