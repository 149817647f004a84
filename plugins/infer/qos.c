// SPDX-License-Identifier: MIT
// Quality of service of synchronous inference: lateness and latency.
#include "plugins/infer/qos.h"
#include "plugins/common/segment_time.h"

#define STARVED (1 * GST_SECOND)
#define HEADROOM 0.25

void nero_qos_init(NeroQos *p)
{
    p->latency = p->upstream = p->takes = 0;
    nero_qos_restart(p);
}

void nero_qos_restart(NeroQos *p)
{
    p->earliest = p->inferred = GST_CLOCK_TIME_NONE;
    p->proportion = 1;
}

void nero_qos_event(NeroQos *p, GstEvent *qos)
{
    GstClockTimeDiff late;
    GstClockTime at;
    gst_event_parse_qos(qos, NULL, &p->proportion, &late, &at);
    p->earliest = GST_CLOCK_TIME_IS_VALID(at) && late > 0 ? at + late : GST_CLOCK_TIME_NONE;
}

NeroQosChoice nero_qos_choose(const NeroQos *p, GstClockTime running, GstClockTime now)
{
    if (!GST_CLOCK_TIME_IS_VALID(running))
        return NERO_QOS_WAIT;
    const gboolean starved = !GST_CLOCK_TIME_IS_VALID(p->inferred) || running < p->inferred ||
                             running - p->inferred > STARVED;
    if (!starved && GST_CLOCK_TIME_IS_VALID(p->earliest) && running <= p->earliest)
        return NERO_QOS_SKIP;
    const GstClockTime deadline = running + p->upstream + p->latency;
    return GST_CLOCK_TIME_IS_VALID(now) && now + p->takes > deadline ? NERO_QOS_BESIDE
                                                                     : NERO_QOS_WAIT;
}

gboolean nero_qos_measure(NeroQos *p, gdouble peak_ms)
{
    gdouble estimate = peak_ms * (1 + HEADROOM) * GST_MSECOND, reported = p->latency;
    p->takes = (GstClockTime)(peak_ms * GST_MSECOND);
    if (ABS(estimate - reported) <= HEADROOM * reported)
        return FALSE;
    p->latency = estimate;
    return TRUE;
}

GstMessage *nero_qos_message(const NeroQos *p, GstObject *src, GstBuffer *buffer,
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
