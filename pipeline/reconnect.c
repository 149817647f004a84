// SPDX-License-Identifier: MIT
// Watches the source of a run and opens it again without a change for the rest of the pipeline.
#include "pipeline/reconnect.h"

#include "pipeline/build.h"
#include "pipeline/pipewire.h"
#include "pipeline/source.h"

#include <gst/video/video.h>

// A network stream without a duration is a camera; one with a duration may end.
static bool find_endless(vp_reconnect *link)
{
    gint64 duration;
    if (link->input->live)
        return true;
    return link->input->kind == VP_INPUT_NETWORK && !vp_source_is_still(link->source) &&
           (!gst_element_query_duration(link->source, GST_FORMAT_TIME, &duration) || duration <= 0);
}

bool vp_reconnect_is_endless(vp_reconnect *link)
{
    return link->source && vp_reconnect_buffers(link) > 0 && find_endless(link);
}

static GstClockTime running_time(GstElement *pipeline)
{
    g_autoptr(GstClock) clock = gst_element_get_clock(pipeline);
    GstClockTime base = gst_element_get_base_time(pipeline);
    return clock && base != GST_CLOCK_TIME_NONE ? gst_clock_get_time(clock) - base : 0;
}

// The pictures of a camera that gives them no time, or only the first one, are taken when they come.
static GstBuffer *say_time(vp_reconnect *link, GstBuffer *buffer)
{
    const GstClockTime now = running_time(link->pipeline);
    if (now == 0 || link->segment.format != GST_FORMAT_TIME ||
        !(link->pictures_live || link->input->live))
        return buffer;
    link->last = MAX(now, link->last + 1);
    buffer = gst_buffer_make_writable(buffer);
    GST_BUFFER_PTS(buffer) =
        gst_segment_position_from_running_time(&link->segment, GST_FORMAT_TIME, link->last);
    return buffer;
}

// A source that was opened again may count from 0, and have come past the last time before its
// first frame: timestamps that are nearer to that than to the time of the pipeline are shifted to
// this.
static GstBuffer *place_in_time(vp_reconnect *link, GstBuffer *buffer)
{
    GstClockTime at =
        gst_segment_to_running_time(&link->segment, GST_FORMAT_TIME, GST_BUFFER_PTS(buffer));
    if (at == GST_CLOCK_TIME_NONE)
        return say_time(link, buffer);
    if (link->fresh) {
        const GstClockTime last = link->last != GST_CLOCK_TIME_NONE ? link->last : 0;
        const GstClockTime now = MAX(running_time(link->pipeline), link->last + 1);
        const bool counts = link->again && GST_CLOCK_DIFF(last, at) < GST_CLOCK_DIFF(at, now);
        link->shift = counts ? now - at : 0;
        link->fresh = false;
    }
    link->last = at + link->shift;
    if (link->shift) {
        buffer = gst_buffer_make_writable(buffer);
        GST_BUFFER_PTS(buffer) += link->shift;
        GST_BUFFER_DTS(buffer) = GST_CLOCK_TIME_NONE;
    }
    return buffer;
}

// From now on the source waits to be opened again, for the first reason.
static void lose(vp_reconnect *link, const char *why)
{
    g_mutex_lock(&link->lock);
    if (!link->stopping && !link->lost)
        link->lost = why;
    g_mutex_unlock(&link->lock);
}

static GstPadProbeReturn see_event(vp_reconnect *link, GstEvent *event)
{
    GstPadProbeReturn verdict = GST_PAD_PROBE_OK;
    if (GST_EVENT_TYPE(event) == GST_EVENT_SEGMENT) {
        g_mutex_lock(&link->lock);
        gst_event_copy_segment(event, &link->segment);
        link->ended = false; // of a file that is looked at once more
        g_mutex_unlock(&link->lock);
    } else if (GST_EVENT_TYPE(event) == GST_EVENT_EOS) {
        const bool endless = vp_reconnect_is_endless(link);
        g_mutex_lock(&link->lock);
        link->ended = true;
        if (endless && !link->stopping)
            verdict = GST_PAD_PROBE_DROP;
        g_mutex_unlock(&link->lock);
        if (verdict == GST_PAD_PROBE_DROP)
            lose(link, "the stream ended");
    }
    return verdict;
}

// "head" answers itself what buffers suit: those that say how they lie. A queue passes this query
// on in its turn, and a live source that waits for it behind a sink in PAUSED could not be closed.
static GstPadProbeReturn answer(GstQuery *query)
{
    if (GST_QUERY_TYPE(query) != GST_QUERY_ALLOCATION)
        return GST_PAD_PROBE_OK;
    gst_query_add_allocation_meta(query, GST_VIDEO_META_API_TYPE, NULL);
    return GST_PAD_PROBE_HANDLED;
}

static GstPadProbeReturn see(GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
    vp_reconnect *link = data;
    (void)pad;
    if (info->type & GST_PAD_PROBE_TYPE_QUERY_DOWNSTREAM)
        return link->input->live ? answer(GST_PAD_PROBE_INFO_QUERY(info)) : GST_PAD_PROBE_OK;
    if (!(info->type & GST_PAD_PROBE_TYPE_BUFFER))
        return see_event(link, GST_PAD_PROBE_INFO_EVENT(info));
    g_mutex_lock(&link->lock);
    link->buffers++;
    link->heard = link->seen = g_get_monotonic_time();
    info->data = place_in_time(link, GST_PAD_PROBE_INFO_BUFFER(info));
    g_mutex_unlock(&link->lock);
    return GST_PAD_PROBE_OK;
}

// A decoder of a live source, which ends with it.
typedef struct decoding {
    vp_reconnect *link;
    vp_late late;   // by the times of the frames
    vp_late camera; // by the camera's own clock: after a gap RTP gives old frames new times
} decoding;

// Microseconds from the time of an encoded frame to now; false when it has no time.
static bool find_delay(const decoding *d, GstPad *pad, GstBuffer *buffer, gint64 *delay)
{
    g_autoptr(GstEvent) event = gst_pad_get_sticky_event(pad, GST_EVENT_SEGMENT, 0);
    const GstSegment *segment = NULL;
    if (event)
        gst_event_parse_segment(event, &segment);
    if (!segment || segment->format != GST_FORMAT_TIME)
        return false;
    const GstClockTime at =
        gst_segment_to_running_time(segment, GST_FORMAT_TIME, GST_BUFFER_PTS(buffer));
    const GstClockTime now = running_time(d->link->pipeline);
    *delay = GST_CLOCK_DIFF(at, now) / GST_USECOND;
    return at != GST_CLOCK_TIME_NONE && now > 0;
}

// The same by the clock of the camera, which RTCP tells after some seconds.
static bool find_camera_delay(GstBuffer *buffer, gint64 *delay)
{
    const GstReferenceTimestampMeta *meta = gst_buffer_get_reference_timestamp_meta(buffer, NULL);
    if (!meta || !GST_CLOCK_TIME_IS_VALID(meta->timestamp))
        return false;
    *delay = g_get_real_time() - (gint64)(meta->timestamp / GST_USECOND);
    return true;
}

static GstPadProbeReturn see_encoded(GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
    decoding *d = data;
    GstBuffer *buffer = GST_PAD_PROBE_INFO_BUFFER(info);
    const gint64 now = g_get_monotonic_time();
    const bool key = !GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_DELTA_UNIT);
    gint64 delay;
    g_mutex_lock(&d->link->lock);
    d->link->heard = now;
    g_mutex_unlock(&d->link->lock);
    vp_late_verdict late = VP_LATE_SHOW, old = VP_LATE_SHOW;
    if (find_delay(d, pad, buffer, &delay))
        late = vp_late_judge(&d->late, delay, key, now);
    if (find_camera_delay(buffer, &delay))
        old = vp_late_judge(&d->camera, delay, key, now);
    if (late == VP_LATE_REOPEN || old == VP_LATE_REOPEN)
        lose(d->link, "its pictures come too late");
    return late || old ? GST_PAD_PROBE_DROP : GST_PAD_PROBE_OK;
}

// The pictures of a camera that speaks HTTP come when they are taken, and no element says so.
static GstPadProbeReturn say_live(GstPad *pad, GstPadProbeInfo *info, gpointer unused)
{
    GstQuery *query = GST_PAD_PROBE_INFO_QUERY(info);
    (void)pad;
    (void)unused;
    if (GST_QUERY_TYPE(query) != GST_QUERY_LATENCY)
        return GST_PAD_PROBE_OK;
    gst_query_set_latency(query, TRUE, 0, GST_CLOCK_TIME_NONE);
    return GST_PAD_PROBE_HANDLED;
}

// From now on the newest pictures count: others would wait in the buffers of the connection, for
// longer and longer.
static void treat_as_live(vp_reconnect *link)
{
    if (link->pictures_live)
        return;
    link->pictures_live = true;
    g_autoptr(GstPad) pad = gst_element_get_static_pad(link->head, "sink");
    gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_QUERY_UPSTREAM, say_live, NULL, NULL);
    vp_build_keep_newest(link->pipeline);
}

static void watch_parts(GstBin *bin, GstBin *sub_bin, GstElement *e, gpointer link)
{
    GstElementFactory *f = gst_element_get_factory(e);
    (void)bin;
    (void)sub_bin;
    if (!f || !g_str_equal(GST_OBJECT_NAME(f), "multipartdemux"))
        return;
    g_object_set(e, "single-stream", TRUE, NULL); // or the first picture waits for a second stream
    treat_as_live(link);
}

static void watch_decoder(GstBin *bin, GstBin *sub_bin, GstElement *e, gpointer data)
{
    GstElementFactory *f = gst_element_get_factory(e);
    g_autoptr(GstPad) pad = gst_element_get_static_pad(e, "sink");
    (void)bin;
    (void)sub_bin;
    if (!pad || !f ||
        !gst_element_factory_list_is_type(f, GST_ELEMENT_FACTORY_TYPE_DECODER |
                                                 GST_ELEMENT_FACTORY_TYPE_MEDIA_VIDEO |
                                                 GST_ELEMENT_FACTORY_TYPE_MEDIA_IMAGE))
        return;
    decoding *d = g_new0(decoding, 1);
    d->link = data;
    gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER, see_encoded, d, g_free);
}

static nn_status attach(vp_reconnect *link, nn_error *err)
{
    GstElement *source = vp_source_new(link->input, link->decoders, err);
    if (!source)
        return NN_EUNSUPPORTED;
    link->source = gst_object_ref_sink(source);
    if (link->input->kind == VP_INPUT_NETWORK)
        g_signal_connect(source, "deep-element-added", G_CALLBACK(watch_parts), link);
    if (link->input->live && GST_IS_BIN(source))
        g_signal_connect(source, "deep-element-added", G_CALLBACK(watch_decoder), link);
    g_mutex_lock(&link->lock);
    link->lost = NULL;
    link->ended = false;
    link->fresh = true;
    link->buffers = 0;
    link->heard = link->seen = g_get_monotonic_time();
    gst_segment_init(&link->segment, GST_FORMAT_TIME);
    g_mutex_unlock(&link->lock);
    return vp_source_attach(source, GST_BIN(link->pipeline), link->head, err);
}

nn_status vp_reconnect_open(vp_reconnect *link, GstElement *pipeline, const vp_input *input,
                            int decoders, nn_error *err)
{
    *link = (vp_reconnect){
        .input = input, .decoders = decoders, .pipeline = pipeline, .last = GST_CLOCK_TIME_NONE};
    g_mutex_init(&link->lock);
    link->head = gst_bin_get_by_name(GST_BIN(pipeline), "head");
    g_autoptr(GstPad) pad = gst_element_get_static_pad(link->head, "sink");
    link->probe =
        gst_pad_add_probe(pad,
                          GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM |
                              GST_PAD_PROBE_TYPE_QUERY_DOWNSTREAM,
                          see, link, NULL);
    return attach(link, err);
}

void vp_reconnect_close(vp_reconnect *link)
{
    if (!link->head)
        return;
    g_autoptr(GstPad) pad = gst_element_get_static_pad(link->head, "sink");
    gst_pad_remove_probe(pad, link->probe);
    gst_clear_object(&link->source);
    gst_clear_object(&link->head);
    g_mutex_clear(&link->lock);
}

GstClockTime vp_reconnect_shift(vp_reconnect *link)
{
    g_mutex_lock(&link->lock);
    const GstClockTime shift = link->shift;
    g_mutex_unlock(&link->lock);
    return shift;
}

const char *vp_reconnect_lost(vp_reconnect *link)
{
    g_mutex_lock(&link->lock);
    const char *lost = link->lost;
    g_mutex_unlock(&link->lock);
    return lost;
}

bool vp_reconnect_has(const vp_reconnect *link, GstObject *object)
{
    return link->source && (object == GST_OBJECT(link->source) ||
                            gst_object_has_as_ancestor(object, GST_OBJECT(link->source)));
}

bool vp_reconnect_may_start(vp_reconnect *link)
{
    nn_error why = {0};
    if (link->input->kind != VP_INPUT_PIPEWIRE ||
        vp_pipewire_find(link->input->text, &why) == NN_OK)
        return true;
    GST_ELEMENT_ERROR(link->source, RESOURCE, NOT_FOUND, ("%s", why.text), (NULL));
    return false;
}

nn_status vp_reconnect_reopen(vp_reconnect *link, nn_error *err)
{
    g_mutex_lock(&link->lock);
    link->again = true;
    g_mutex_unlock(&link->lock);
    if (link->source) {
        gst_element_set_state(link->source, GST_STATE_NULL);
        gst_bin_remove(GST_BIN(link->pipeline), link->source);
        gst_clear_object(&link->source);
    }
    nn_status status = attach(link, err);
    if (status != NN_OK || !vp_reconnect_may_start(link))
        return status;
    // The source needs two steps, because a live uridecodebin that goes from NULL to PLAYING stays
    // in PAUSED. The pipeline needs one, too, because a source that fails to connect pulls it out
    // of PLAYING.
    gst_element_set_state(link->source, GST_STATE_PAUSED);
    gst_element_set_state(link->pipeline, GST_STATE_PLAYING);
    return status;
}

int64_t vp_reconnect_buffers(vp_reconnect *link)
{
    g_mutex_lock(&link->lock);
    int64_t n = link->buffers;
    g_mutex_unlock(&link->lock);
    return n;
}

gint64 vp_reconnect_silence(vp_reconnect *link)
{
    g_mutex_lock(&link->lock);
    gint64 heard = link->heard;
    g_mutex_unlock(&link->lock);
    return g_get_monotonic_time() - heard;
}

gint64 vp_reconnect_blindness(vp_reconnect *link)
{
    g_mutex_lock(&link->lock);
    gint64 seen = link->seen;
    g_mutex_unlock(&link->lock);
    return g_get_monotonic_time() - seen;
}

bool vp_reconnect_has_ended(vp_reconnect *link)
{
    g_mutex_lock(&link->lock);
    const bool ended = link->ended;
    g_mutex_unlock(&link->lock);
    return ended;
}

void vp_reconnect_stop(vp_reconnect *link)
{
    g_mutex_lock(&link->lock);
    link->stopping = true;
    g_mutex_unlock(&link->lock);
}
