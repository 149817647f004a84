// SPDX-License-Identifier: MIT
// "rtp" of a line of JSON: when the sender took the frame by its own clock, and who it is. rtspsrc
// knows the time from RTCP sender reports (add-reference-timestamp-meta=true), depayloaders the
// sender (source-info=true).
#include "plugins/publish/json.h"

#include <gst/rtp/gstrtpmeta.h>

// Seconds from 1900, where NTP begins, to 1970 (RFC 5905, section 6).
#define NTP_TO_UNIX (G_GUINT64_CONSTANT(2208988800) * GST_SECOND)

// Nanoseconds since 1970; NONE when the sender's time is not known.
static GstClockTime sender_time(GstBuffer *buffer)
{
    static GstStaticCaps ntp = GST_STATIC_CAPS("timestamp/x-ntp");
    static GstStaticCaps unix_time = GST_STATIC_CAPS("timestamp/x-unix");
    g_autoptr(GstCaps) of_ntp = gst_static_caps_get(&ntp);
    g_autoptr(GstCaps) of_unix = gst_static_caps_get(&unix_time);
    const GstReferenceTimestampMeta *m = gst_buffer_get_reference_timestamp_meta(buffer, of_ntp);
    if (m && GST_CLOCK_TIME_IS_VALID(m->timestamp) && m->timestamp >= NTP_TO_UNIX)
        return m->timestamp - NTP_TO_UNIX;
    m = gst_buffer_get_reference_timestamp_meta(buffer, of_unix);
    return m ? m->timestamp : GST_CLOCK_TIME_NONE;
}

static void add(cJSON *line, const NeroJsonFrame *f)
{
    const GstClockTime time = sender_time(f->buffer);
    const GstRTPSourceMeta *source = gst_buffer_get_rtp_source_meta(f->buffer);
    const gboolean known = source && source->ssrc_valid;
    if (!GST_CLOCK_TIME_IS_VALID(time) && !known)
        return;
    cJSON *rtp = cJSON_AddObjectToObject(line, "rtp");
    if (GST_CLOCK_TIME_IS_VALID(time)) {
        nero_json_ns(rtp, "sender_ntp_unix_timestamp_ns", time);
        nero_json_utc(rtp, "time", (gint64)(time / GST_USECOND));
    }
    if (known)
        cJSON_AddNumberToObject(rtp, "ssrc", source->ssrc);
}

const NeroJsonPart nero_json_rtp = {.add = add};
