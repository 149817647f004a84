// SPDX-License-Identifier: MIT
// Shows frames, each with what was found in it.
#include "plugins/sink/sink_frames.h"

#include "plugins/common/objects.h"
#include "plugins/common/segment_time.h"
#include "plugins/common/video.h"
#include "plugins/meta/analytics.h"
#include "plugins/sink/sink_close.h"
#include "plugins/sink/sink_open.h"
#include "plugins/sink/sink_save.h"
#include "po/translate.h"

// Keeps the frame as long as it is shown, without a copy of its pixels.
static void keep_shown(NeroSink *self, GstBuffer *buffer)
{
    g_clear_pointer(&self->shown, gst_sample_unref);
    self->shown = gst_sample_new(buffer, self->caps, NULL, NULL);
}

// What is to be drawn: all that was found and that the picture does not contain yet. `first` is
// NULL when boxes are not wanted.
static GPtrArray *list_unpainted(GstBuffer *buffer, const NeroMeta *first)
{
    GPtrArray *list = g_ptr_array_new();
    gpointer state = NULL;
    for (NeroMeta *m; first && (m = nero_meta_next(buffer, &state));)
        if (!m->painted)
            g_ptr_array_add(list, m);
    return list;
}

static void show(gpointer data)
{
    NeroSinkCall *call = data;
    NeroSink *self = call->self;
    const NeroMeta *meta = call->meta;
    g_autoptr(GPtrArray) draw = list_unpainted(call->buffer, meta);
    call->gone = !self->window;
    const NeroShown shown = {.buffer = call->buffer,
                             .meta = meta,
                             .draw = draw,
                             .report = nero_analytics_report(call->buffer),
                             .time = call->time,
                             .again =
                                 self->shown && gst_sample_get_buffer(self->shown) == call->buffer,
                             .live = self->live,
                             .delay = call->delay};
    call->ok = !call->gone && nero_window_show(self->window, call->frame, &shown);
    if (call->ok && nero_window_is_held(self->window))
        return; // the user is drawing on the shown frame
    if (call->ok) {
        keep_shown(self, call->buffer);
        nero_window_set_inference(self->window, meta ? meta->interval : 0,
                                  meta ? meta->skipped : 0);
        self->saved = FALSE;
        if (nero_window_wants_look(self->window))
            nero_sink_look_into(self, call->frame, &self->info);
    }
    if (call->ok)
        nero_sink_keep_best(self, meta);
    else
        g_strlcpy(call->error.text, SDL_GetError(), sizeof call->error.text);
}

// The first detector whose boxes are not drawn into the picture yet: that of figures and feedback.
static NeroMeta *choose_meta(NeroSink *self, GstBuffer *buffer)
{
    gpointer state = NULL;
    GST_OBJECT_LOCK(self);
    gboolean boxes = self->settings.boxes;
    GST_OBJECT_UNLOCK(self);
    if (!boxes)
        return NULL;
    for (NeroMeta *m; (m = nero_meta_next(buffer, &state));)
        if (!m->painted)
            return m;
    return nero_meta_get(buffer);
}

// Seconds since a live source gave the frame; negative: unknown.
static double find_delay(NeroSink *self, GstBuffer *buffer)
{
    enum { EVERY = 64 }; // frames between two questions whether the source is live
    GstBaseSink *base = GST_BASE_SINK(self);
    gboolean live = FALSE, upstream = FALSE;
    const gboolean anew = g_atomic_int_compare_and_exchange(&self->ask_live, TRUE, FALSE);
    if (anew || self->frames % EVERY == 0) {
        if (gst_base_sink_query_latency(base, &live, &upstream, NULL, NULL))
            self->live = upstream;
        else
            g_atomic_int_set(&self->ask_live, TRUE);
    }
    if (base->segment.format != GST_FORMAT_TIME)
        return -1;
    const GstClockTime at =
        gst_segment_to_running_time(&base->segment, GST_FORMAT_TIME, GST_BUFFER_PTS(buffer));
    g_autoptr(GstClock) clock = gst_element_get_clock(GST_ELEMENT(self));
    if (!self->live || !clock || !GST_CLOCK_TIME_IS_VALID(at))
        return -1;
    const GstClockTime since = gst_clock_get_time(clock),
                       from = gst_element_get_base_time(GST_ELEMENT(self)) + at;
    return since > from ? (double)(since - from) / (double)GST_SECOND : 0;
}

void nero_sink_show_again(NeroSink *self)
{
    GstVideoFrame frame;
    g_autoptr(GstSample) sample = self->shown ? gst_sample_ref(self->shown) : NULL;
    GstBuffer *buffer = sample ? gst_sample_get_buffer(sample) : NULL;
    if (!buffer ||
        !gst_video_frame_map(&frame, nero_window_info(self->window), buffer, GST_MAP_READ))
        return;
    NeroSinkCall call = {.self = self,
                         .buffer = buffer,
                         .frame = &frame,
                         .meta = choose_meta(self, buffer),
                         .time = (gint64)GST_BUFFER_PTS(buffer),
                         .delay = -1};
    show(&call);
    gst_video_frame_unmap(&frame);
}

static GstFlowReturn show_buffer(NeroSink *self, GstBuffer *buffer)
{
    GstVideoFrame frame;
    if (!self->caps) {
        GST_ELEMENT_ERROR(self, CORE, NEGOTIATION, (_("A frame came before its caps")), (NULL));
        return GST_FLOW_NOT_NEGOTIATED;
    }
    if (!gst_video_frame_map(&frame, &self->info, buffer, GST_MAP_READ)) {
        GST_ELEMENT_ERROR(self, RESOURCE, READ, (_("A video frame cannot be read")), (NULL));
        return GST_FLOW_ERROR;
    }
    NeroSinkCall call = {.self = self,
                         .buffer = buffer,
                         .frame = &frame,
                         .meta = choose_meta(self, buffer),
                         .delay = find_delay(self, buffer),
                         .time = nero_frame_time(&GST_BASE_SINK(self)->segment, buffer, &self->info,
                                                 self->frames++)};
    nero_ui_call(show, &call);
    gst_video_frame_unmap(&frame);
    if (call.gone) // on the way down
        return GST_FLOW_FLUSHING;
    if (!call.ok) {
        GST_ELEMENT_ERROR(self, RESOURCE, WRITE, (_("Cannot draw: %s"), call.error.text), (NULL));
        return GST_FLOW_ERROR;
    }
    return GST_FLOW_OK;
}

GstFlowReturn nero_sink_show_frame(GstVideoSink *sink, GstBuffer *buffer)
{
    NeroSink *self = (NeroSink *)sink;
    if (g_atomic_int_get(&self->closed))
        return nero_sink_flow_when_closed(self);
    g_autoptr(GstBuffer) seen = nero_upstream_look(
        &self->upstream, GST_ELEMENT(self), GST_VIDEO_SINK_PAD(self), gst_buffer_ref(buffer));
    return show_buffer(self, seen);
}
