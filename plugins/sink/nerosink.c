// SPDX-License-Identifier: MIT
// nerosink: shows video in an SDL2 window with its detected objects.

/**
 * SECTION:element-nerosink
 * @title: nerosink
 * @short_description: shows video with detections in a window
 *
 * Shows video in an SDL2 window and draws the boxes of its frames at the window's resolution. Late
 * frames are shown, not dropped. The user may mark boxes as wrong and draw missing ones. Behind
 * nerotrack trail-length draws the ways of objects, behind neroanalytics there are zones and lines
 * with their counts. A picture that nerooverlay has drawn into is left as it is.
 *
 * Key v, or inner-view, shows beside the video what the network of the neroinfer before it sees, as
 * neroview does: the selected object, else the class with the best score. V takes another method, [
 * and ] (or Page Up and Page Down) other layers. A thread of the lowest priority makes these views.
 *
 * Key ? shows all keys. With controls they also pause, seek, and change threshold, classes, zones
 * and lines: by events for neroinfer and neroanalytics upstream, by GST_MESSAGE_REQUEST_STATE,
 * which gst-launch-1.0 follows, and by element messages "window-request" with "action" ("record",
 * "model", "source", "close") and "number". A live source that is silent for two seconds leaves a
 * grey picture. A closed window is the end of the stream, or what on-close says.
 *
 * An application shows it in a window of its own by GstVideoOverlay: the handle is an X11 window,
 * which gets a child, for all of it or for the render rectangle. It may be set and changed at any
 * time, for instance when the message "prepare-window-handle" comes. Keys close no such window.
 *
 * A mark or a drawn box is an element message "feedback" on the bus, and the signal "feedback" with
 * the sample that was shown and the same structure; its handlers run on the thread of the window
 * and must return quickly. Keys and mouse go upstream as navigation events. The action
 * "save-snapshot" writes the picture to a PNG file. Elements like it are ximagesink and
 * autovideosink of GStreamer, without the boxes.
 *
 * |[
 * gst-launch-1.0 filesrc location=street.avi ! decodebin ! videoconvert ! neroinfer model=street !
 *     nerosink
 * ]|
 */
#include "plugins/common/video.h"
#include "plugins/sink/sink_apply.h"
#include "plugins/sink/sink_close.h"
#include "plugins/sink/sink_frames.h"
#include "plugins/sink/sink_open.h"
#include "plugins/sink/sink_overlay.h"
#include "plugins/sink/sink_save.h"
#include "po/translate.h"

GST_DEBUG_CATEGORY_STATIC(nero_sink_debug);
#define GST_CAT_DEFAULT nero_sink_debug

typedef struct NeroSinkClass {
    GstVideoSinkClass parent_class;
} NeroSinkClass;

static void implement_navigation(GstNavigationInterface *iface);

GType nero_sink_get_type(void);
G_DEFINE_TYPE_WITH_CODE(NeroSink, nero_sink, GST_TYPE_VIDEO_SINK,
                        G_IMPLEMENT_INTERFACE(GST_TYPE_NAVIGATION, implement_navigation)
                            G_IMPLEMENT_INTERFACE(GST_TYPE_VIDEO_OVERLAY,
                                                  nero_sink_implement_overlay))
#define NERO_SINK(o) ((NeroSink *)(o))
GST_ELEMENT_REGISTER_DECLARE(nerosink);
// Below the X11, OpenGL and KMS sinks, so that no desktop player changes its window, and just above
// the DirectFB one, which autovideosink would otherwise try on a machine without those and crash
// in.
#define RANK (GST_RANK_MARGINAL + 1)
GST_ELEMENT_REGISTER_DEFINE(nerosink, "nerosink", RANK, nero_sink_get_type())

// --- stream ---

static void send_navigation_event(GstNavigation *navigation, GstStructure *structure)
{
    GstEvent *event = gst_event_new_navigation(structure);
    gst_event_ref(event);
    if (!gst_pad_push_event(GST_VIDEO_SINK_PAD(navigation), event))
        gst_element_post_message(GST_ELEMENT(navigation),
                                 gst_navigation_message_new_event(GST_OBJECT(navigation), event));
    gst_event_unref(event);
}

static void implement_navigation(GstNavigationInterface *iface)
{
    iface->send_event = send_navigation_event;
}

static void open_or_change(gpointer data)
{
    NeroSinkCall *call = data;
    NeroSink *self = call->self;
    self->info = *call->info;
    gst_caps_replace(&self->caps, call->caps);
    if (self->window && !nero_window_suits(self->window, &self->info))
        g_clear_pointer(&self->window, nero_window_free);
    if (self->window) {
        call->ok = nero_window_set_info(self->window, &self->info);
    } else {
        self->window = nero_sink_open_new(self, &self->info);
        call->ok = self->window != NULL;
        nero_sink_show_tiles(self);
        if (call->ok && !nero_window_has_font(self->window))
            GST_ELEMENT_WARNING(self, RESOURCE, NOT_FOUND,
                                (_("Boxes are drawn without text: %s"), SDL_GetError()), (NULL));
    }
    if (call->ok)
        nero_sink_show_recording(self);
    else
        g_strlcpy(call->error.text, SDL_GetError(), sizeof call->error.text);
}

// `shared` belongs to the base class, which clears it when another thread stops the element.
static gboolean nero_sink_set_info(GstVideoSink *sink, GstCaps *caps, const GstVideoInfo *shared)
{
    NeroSink *self = NERO_SINK(sink);
    GstVideoInfo info;
    NeroSinkCall call = {.self = self, .info = &info, .caps = caps};
    (void)shared;
    if (!gst_video_info_from_caps(&info, caps))
        return FALSE;
    nero_upstream_reset(&self->upstream);
    nero_ui_call(open_or_change, &call);
    if (!call.ok)
        GST_ELEMENT_ERROR(self, RESOURCE, OPEN_WRITE,
                          (_("Cannot open an output window: %s"), call.error.text),
                          ("set offscreen=yes to draw without one"));
    return call.ok;
}

static void show_end(gpointer data)
{
    NeroSink *self = data;
    if (self->window)
        nero_window_set_ended(self->window);
}

static void forget_ways(gpointer data)
{
    NeroSink *self = data;
    if (self->window)
        nero_window_forget(self->window);
}

// At the end of the stream the application still receives errors.
static gboolean nero_sink_event(GstBaseSink *sink, GstEvent *event)
{
    if (GST_EVENT_TYPE(event) == GST_EVENT_EOS)
        nero_sink_run_snapshot(NERO_SINK(sink), nero_sink_save_chosen);
    if (GST_EVENT_TYPE(event) == GST_EVENT_SEGMENT)
        g_atomic_int_set(&NERO_SINK(sink)->ask_live, TRUE);
    if (GST_EVENT_TYPE(event) == GST_EVENT_FLUSH_STOP)
        nero_sink_call_on_ui(forget_ways, sink);
    const gboolean end = GST_EVENT_TYPE(event) == GST_EVENT_EOS;
    const gboolean ok = GST_BASE_SINK_CLASS(nero_sink_parent_class)->event(sink, event);
    if (end && ok)
        nero_sink_call_on_ui(show_end, sink);
    return ok;
}

// --- states ---

static void open_display(gpointer data)
{
    NeroSinkCall *call = data;
    GST_OBJECT_LOCK(call->self);
    gboolean offscreen = nero_sink_wants_offscreen(call->self);
    GST_OBJECT_UNLOCK(call->self);
    call->ok = offscreen || nero_ui_start_video();
    if (!call->ok)
        g_strlcpy(call->error.text, SDL_GetError(), sizeof call->error.text);
}

// Checks the display before anything runs. Without one it posts an error, or a warning when the
// element may draw in memory instead.
static gboolean check_display(NeroSink *self)
{
    NeroSinkCall call = {.self = self};
    self->blind = FALSE;
    nero_ui_call(open_display, &call);
    if (call.ok)
        return TRUE;
    GST_OBJECT_LOCK(self);
    self->blind = self->settings.offscreen == NERO_OFFSCREEN_AUTO;
    GST_OBJECT_UNLOCK(self);
    if (self->blind)
        GST_ELEMENT_INFO(self, RESOURCE, NOT_FOUND,
                         ("No window, the picture is drawn in memory: %s", call.error.text),
                         (NULL));
    else
        GST_ELEMENT_ERROR(self, RESOURCE, OPEN_WRITE,
                          (_("Cannot open an output window: %s"), call.error.text),
                          ("set offscreen=yes to draw without one"));
    return self->blind;
}

static gboolean nero_sink_start(GstBaseSink *sink)
{
    NeroSink *self = NERO_SINK(sink);
    nero_ui_ref();
    if (nero_sink_check_snapshot(self) && check_display(self)) {
        g_atomic_int_set(&self->started, 1);
        self->live = FALSE;
        nero_ui_call(nero_sink_show_message, self);
        return TRUE;
    }
    nero_ui_unref();
    return FALSE;
}

// A message opens one before the first frame, and without one.
static void drop_window(gpointer data)
{
    NeroSink *self = data;
    g_clear_pointer(&self->window, nero_window_free);
}

static gboolean nero_sink_stop(GstBaseSink *sink)
{
    NeroSink *self = NERO_SINK(sink);
    g_atomic_int_set(&self->started, 0);
    nero_ui_call(drop_window, self);
    g_atomic_int_set(&self->closed, 0);
    nero_ui_unref();
    return TRUE;
}

static void leave_paused(NeroSink *self)
{
    nero_sink_run_snapshot(self, nero_sink_close_window);
    g_atomic_int_set(&self->closed, 0);
}

static void show_pause(gpointer data)
{
    NeroSink *self = data;
    if (self->window)
        nero_window_set_paused(self->window, TRUE);
}

static void show_play(gpointer data)
{
    NeroSink *self = data;
    if (self->window)
        nero_window_set_paused(self->window, FALSE);
}

static GstStateChangeReturn nero_sink_change_state(GstElement *element, GstStateChange transition)
{
    GstStateChangeReturn ret =
        GST_ELEMENT_CLASS(nero_sink_parent_class)->change_state(element, transition);
    if (transition == GST_STATE_CHANGE_PAUSED_TO_READY)
        leave_paused(NERO_SINK(element));
    if (transition == GST_STATE_CHANGE_PLAYING_TO_PAUSED && ret != GST_STATE_CHANGE_FAILURE)
        nero_sink_call_on_ui(show_pause, element);
    if (transition == GST_STATE_CHANGE_PAUSED_TO_PLAYING && ret != GST_STATE_CHANGE_FAILURE) {
        nero_sink_call_on_ui(show_play, element);
        nero_sink_end_if_closed(NERO_SINK(element));
    }
    return ret;
}

static gboolean nero_sink_propose_allocation(GstBaseSink *sink, GstQuery *query)
{
    (void)sink;
    gst_query_add_allocation_meta(query, GST_VIDEO_META_API_TYPE, NULL);
    return TRUE;
}

// --- properties ---

static void nero_sink_set_property(GObject *object, guint id, const GValue *value, GParamSpec *spec)
{
    NeroSink *self = NERO_SINK(object);
    GST_OBJECT_LOCK(self);
    if (!nero_sink_settings_set(&self->settings, id, value))
        G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
    gboolean running = GST_STATE(self) >= GST_STATE_READY;
    GST_OBJECT_UNLOCK(self);
    if (running)
        nero_sink_call_on_ui(nero_sink_task_of(id), self);
}

static void nero_sink_get_property(GObject *object, guint id, GValue *value, GParamSpec *spec)
{
    NeroSink *self = NERO_SINK(object);
    GST_OBJECT_LOCK(self);
    if (!nero_sink_settings_get(&self->settings, id, value))
        G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
    GST_OBJECT_UNLOCK(self);
}

static void nero_sink_finalize(GObject *object)
{
    NeroSink *self = NERO_SINK(object);
    nero_sink_settings_clear(&self->settings);
    gst_clear_caps(&self->caps);
    G_OBJECT_CLASS(nero_sink_parent_class)->finalize(object);
}

static void nero_sink_class_init(NeroSinkClass *klass)
{
    GObjectClass *object = G_OBJECT_CLASS(klass);
    GstElementClass *element = GST_ELEMENT_CLASS(klass);
    GstBaseSinkClass *base = GST_BASE_SINK_CLASS(klass);
    object->set_property = nero_sink_set_property;
    object->get_property = nero_sink_get_property;
    object->finalize = nero_sink_finalize;
    nero_sink_settings_install(object);
    g_signal_new_class_handler(
        "save-snapshot", G_TYPE_FROM_CLASS(klass), G_SIGNAL_RUN_LAST | G_SIGNAL_ACTION,
        G_CALLBACK(nero_sink_save_snapshot), NULL, NULL, NULL, G_TYPE_BOOLEAN, 1, G_TYPE_STRING);
    // Emitted on the thread of the window: handlers must return quickly.
    g_signal_new("feedback", G_TYPE_FROM_CLASS(klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                 G_TYPE_NONE, 2, GST_TYPE_SAMPLE, GST_TYPE_STRUCTURE | G_SIGNAL_TYPE_STATIC_SCOPE);
    element->change_state = nero_sink_change_state;
    base->start = nero_sink_start;
    base->stop = nero_sink_stop;
    base->event = nero_sink_event;
    base->propose_allocation = nero_sink_propose_allocation;
    GST_VIDEO_SINK_CLASS(klass)->set_info = nero_sink_set_info;
    GST_VIDEO_SINK_CLASS(klass)->show_frame = nero_sink_show_frame;
    g_autoptr(GstCaps) caps = nero_video_caps(nero_video_can_view);
    gst_element_class_add_pad_template(
        element, gst_pad_template_new("sink", GST_PAD_SINK, GST_PAD_ALWAYS, caps));
    gst_element_class_set_static_metadata(
        element, "NeroScale window", "Sink/Video",
        "Shows video in an SDL2 window and draws detected objects at the window's resolution. Late "
        "frames are shown, not dropped. Keys: ? all keys, f or F11 full screen, h figures, v what "
        "the "
        "network sees (V another method, [ and ] other layers), u enlarges the selected object by "
        "the model zoom2, q or Escape close; "
        "a click selects a box, x marks it as wrong, a draws a box that was missed (signal and "
        "message \"feedback\")",
        "NeroScale");
    GST_DEBUG_CATEGORY_INIT(nero_sink_debug, "nerosink", 0, "NeroScale window");
}

static void nero_sink_init(NeroSink *self)
{
    nero_sink_settings_init(&self->settings);
    // GstVideoSink would drop every frame that is 5 ms late and ask upstream to drop more, which
    // behind a detector are nearly all. A late frame is better than none.
    gst_base_sink_set_max_lateness(GST_BASE_SINK(self), -1);
    gst_base_sink_set_qos_enabled(GST_BASE_SINK(self), FALSE);
    // Every frame of a live source waits as long before it is shown. A frame that has taken longer
    // is shown at once, so what is on the way need not be allowed for, as the usual 15 ms do.
    gst_base_sink_set_processing_deadline(GST_BASE_SINK(self), 5 * GST_MSECOND);
}
