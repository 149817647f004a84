// SPDX-License-Identifier: MIT
// Opens the window of nerosink, and answers it.
#include "plugins/sink/sink_open.h"

#include "plugins/common/model_query.h"
#include "plugins/sink/sink_close.h"
#include "plugins/sink/sink_feedback.h"
#include "plugins/sink/sink_stream.h"

#include <gst/video/videooverlay.h>

gboolean nero_sink_wants_offscreen(const NeroSink *self)
{
    if (self->settings.offscreen != NERO_OFFSCREEN_AUTO)
        return self->settings.offscreen == NERO_OFFSCREEN_YES;
    return self->blind ||
           (!g_getenv("DISPLAY") && !g_getenv("WAYLAND_DISPLAY") && !g_getenv("SDL_VIDEODRIVER"));
}

static void forward_input(const SDL_Event *event, double x, double y, gpointer data)
{
    NeroSink *self = data;
    nero_navigation_handle(&self->navigation, GST_NAVIGATION(self), event, x, y);
}

static void pass_feedback(const NeroFeedback *f, const NeroLabels *labels, gpointer data)
{
    NeroSink *self = data;
    GstBuffer *buffer = self->shown ? gst_sample_get_buffer(self->shown) : NULL;
    if (!buffer)
        return;
    GstStructure *s = nero_feedback_structure(f, labels, GST_BUFFER_PTS(buffer));
    g_signal_emit_by_name(self, "feedback", self->shown, s);
    gst_element_post_message(GST_ELEMENT(self), gst_message_new_element(GST_OBJECT(self), s));
}

static void act(const NeroActing *acting, gpointer data)
{
    nero_sink_act(data, acting);
}

void nero_sink_look_into(NeroSink *self, const GstVideoFrame *frame, const GstVideoInfo *info)
{
    g_autofree char *model = nero_model_query(GST_VIDEO_SINK_PAD(self));
    nero_window_look(self->window, frame, info, model);
}

// While the stream stands still, or until its next frame comes, the shown one is looked into.
static void look_again(gpointer data)
{
    NeroSink *self = data;
    GstVideoFrame frame;
    GstVideoInfo info;
    if (!self->shown || !gst_video_info_from_caps(&info, gst_sample_get_caps(self->shown)) ||
        !gst_video_frame_map(&frame, &info, gst_sample_get_buffer(self->shown), GST_MAP_READ))
        return;
    nero_sink_look_into(self, &frame, &info);
    gst_video_frame_unmap(&frame);
}

NeroWindowOptions nero_sink_window_options(NeroSink *self, char **font, char **source)
{
    GST_OBJECT_LOCK(self);
    *font = g_strdup(self->settings.font);
    *source = g_strdup(self->settings.source);
    NeroWindowOptions o = {
        .offscreen = nero_sink_wants_offscreen(self),
        .fullscreen = self->settings.fullscreen,
        .keep_aspect = self->settings.keep_aspect,
        .figures = self->settings.figures,
        .keys = self->settings.keys,
        .feedback = self->settings.feedback,
        .colour_by = self->settings.colour_by,
        .trail_length = (gint64)(self->settings.trail_length * GST_SECOND),
        .zones = self->settings.zones,
        .inner_view = self->settings.inner_view,
        .handle = self->settings.handle,
        .place = self->settings.place,
        .width = (int)self->settings.width,
        .height = (int)self->settings.height,
        .font = *font,
        .source = *source,
        .controls = self->settings.controls,
        .sources = (int)self->settings.sources,
        .on_close = nero_sink_closed,
        .on_input = forward_input,
        .on_feedback = pass_feedback,
        .on_look = look_again,
        .on_act = act,
        .data = self,
    };
    GST_OBJECT_UNLOCK(self);
    return o;
}

NeroWindow *nero_sink_open_new(NeroSink *self, const GstVideoInfo *info)
{
    g_autofree char *font = NULL, *source = NULL;
    GST_OBJECT_LOCK(self);
    const gboolean own = !self->settings.handle && !nero_sink_wants_offscreen(self);
    GST_OBJECT_UNLOCK(self);
    if (own) // the application may set a handle now
        gst_video_overlay_prepare_window_handle(GST_VIDEO_OVERLAY(self));
    NeroWindowOptions options = nero_sink_window_options(self, &font, &source);
    return nero_window_open(&options, info);
}
