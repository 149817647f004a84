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
 * "model", "source") and "number". A live source that is silent for two seconds leaves a grey
 * picture.
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
#include "plugins/common/model_query.h"
#include "plugins/common/objects.h"
#include "plugins/common/segment_time.h"
#include "plugins/common/video.h"
#include "plugins/meta/analytics.h"
#include "plugins/sink/sink_feedback.h"
#include "plugins/sink/sink_save.h"
#include "plugins/sink/sink_stream.h"
#include "plugins/sink/sink_thread.h"

GST_DEBUG_CATEGORY_STATIC(nero_sink_debug);
#define GST_CAT_DEFAULT nero_sink_debug

typedef struct NeroSinkClass {
    GstVideoSinkClass parent_class;
} NeroSinkClass;

static void implement_navigation(GstNavigationInterface *iface);

GType nero_sink_get_type(void);
G_DEFINE_TYPE_WITH_CODE(NeroSink, nero_sink, GST_TYPE_VIDEO_SINK,
                        G_IMPLEMENT_INTERFACE(GST_TYPE_NAVIGATION, implement_navigation))
#define NERO_SINK(o) ((NeroSink *)(o))
GST_ELEMENT_REGISTER_DECLARE(nerosink);
// Below the X11, OpenGL and KMS sinks, so that no desktop player changes its window, and just above
// the DirectFB one, which autovideosink would otherwise try on a machine without those and crash
// in.
#define RANK (GST_RANK_MARGINAL + 1)
GST_ELEMENT_REGISTER_DEFINE(nerosink, "nerosink", RANK, nero_sink_get_type())

enum { SIGNAL_SAVE_SNAPSHOT, SIGNAL_FEEDBACK, SIGNAL_COUNT };
static guint signals[SIGNAL_COUNT];

// --- window ---

static gboolean wants_offscreen(const NeroSink *self)
{
    if (self->settings.offscreen != NERO_OFFSCREEN_AUTO)
        return self->settings.offscreen == NERO_OFFSCREEN_YES;
    return self->blind ||
           (!g_getenv("DISPLAY") && !g_getenv("WAYLAND_DISPLAY") && !g_getenv("SDL_VIDEODRIVER"));
}

static void window_closed(NeroClosing how, gpointer data)
{
    NeroSink *self = data;
    if (!g_atomic_int_compare_and_exchange(&self->closed, 0, 1))
        return;
    if (how == NERO_CLOSED_BY_USER)
        GST_ELEMENT_ERROR(self, RESOURCE, NOT_FOUND, ("Output window was closed"), (NULL));
    else if (how == NERO_CLOSED_BY_OTHERS)
        GST_ELEMENT_ERROR(self, RESOURCE, NOT_FOUND,
                          ("Output window was closed by another program"), (NULL));
    else
        GST_ELEMENT_ERROR(self, RESOURCE, FAILED,
                          ("The display of the output window is gone: the connection to it broke"),
                          (NULL));
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
    g_signal_emit(self, signals[SIGNAL_FEEDBACK], 0, self->shown, s);
    gst_element_post_message(GST_ELEMENT(self), gst_message_new_element(GST_OBJECT(self), s));
}

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

static void act(const NeroActing *acting, gpointer data)
{
    nero_sink_act(data, acting);
}

// Gives a frame to the view beside the video.
static void look_into(NeroSink *self, const GstVideoFrame *frame, const GstVideoInfo *info)
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
    look_into(self, &frame, &info);
    gst_video_frame_unmap(&frame);
}

// Copies the properties that a window needs. The caller frees `font` and `source`.
static NeroWindowOptions window_options(NeroSink *self, char **font, char **source)
{
    GST_OBJECT_LOCK(self);
    *font = g_strdup(self->settings.font);
    *source = g_strdup(self->settings.source);
    NeroWindowOptions o = {
        .offscreen = wants_offscreen(self),
        .fullscreen = self->settings.fullscreen,
        .keep_aspect = self->settings.keep_aspect,
        .figures = self->settings.figures,
        .keys = self->settings.keys,
        .feedback = self->settings.feedback,
        .colour_by = self->settings.colour_by,
        .trail_length = (gint64)(self->settings.trail_length * GST_SECOND),
        .zones = self->settings.zones,
        .inner_view = self->settings.inner_view,
        .width = (int)self->settings.width,
        .height = (int)self->settings.height,
        .font = *font,
        .source = *source,
        .controls = self->settings.controls,
        .sources = (int)self->settings.sources,
        .on_close = window_closed,
        .on_input = forward_input,
        .on_feedback = pass_feedback,
        .on_look = look_again,
        .on_act = act,
        .data = self,
    };
    GST_OBJECT_UNLOCK(self);
    return o;
}

static void show_message(gpointer data);
static void show_recording(gpointer data);

static NeroWindow *open_new(NeroSink *self, const GstVideoInfo *info)
{
    g_autofree char *font = NULL, *source = NULL;
    NeroWindowOptions options = window_options(self, &font, &source);
    return nero_window_open(&options, info);
}

static void open_or_change(gpointer data)
{
    NeroSinkCall *call = data;
    NeroSink *self = call->self;
    if (self->window && !nero_window_suits(self->window, &self->info))
        g_clear_pointer(&self->window, nero_window_free);
    if (self->window) {
        call->ok = nero_window_set_info(self->window, &self->info);
    } else {
        self->window = open_new(self, &self->info);
        call->ok = self->window != NULL;
        if (call->ok && !nero_window_has_font(self->window))
            GST_ELEMENT_WARNING(self, RESOURCE, NOT_FOUND,
                                ("Boxes are drawn without text: %s", SDL_GetError()), (NULL));
    }
    if (call->ok)
        show_recording(self);
    else
        g_strlcpy(call->error.text, SDL_GetError(), sizeof call->error.text);
}

static gboolean nero_sink_set_info(GstVideoSink *sink, GstCaps *caps, const GstVideoInfo *info)
{
    NeroSink *self = NERO_SINK(sink);
    NeroSinkCall call = {.self = self};
    self->info = *info;
    nero_upstream_reset(&self->upstream);
    gst_caps_replace(&self->caps, caps);
    nero_ui_call(open_or_change, &call);
    if (!call.ok)
        GST_ELEMENT_ERROR(self, RESOURCE, OPEN_WRITE,
                          ("Cannot open an output window: %s", call.error.text),
                          ("set offscreen=yes to draw without one"));
    return call.ok;
}

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
            look_into(self, call->frame, &self->info);
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
    if (self->frames % EVERY == 0 &&
        gst_base_sink_query_latency(base, &live, &upstream, NULL, NULL))
        self->live = upstream;
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

static GstFlowReturn show_buffer(NeroSink *self, GstBuffer *buffer)
{
    GstVideoFrame frame;
    if (!self->caps) {
        GST_ELEMENT_ERROR(self, CORE, NEGOTIATION, ("A frame came before its caps"), (NULL));
        return GST_FLOW_NOT_NEGOTIATED;
    }
    if (!gst_video_frame_map(&frame, &self->info, buffer, GST_MAP_READ)) {
        GST_ELEMENT_ERROR(self, RESOURCE, READ, ("A video frame cannot be read"), (NULL));
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
        GST_ELEMENT_ERROR(self, RESOURCE, WRITE, ("Cannot draw: %s", call.error.text), (NULL));
        return GST_FLOW_ERROR;
    }
    return GST_FLOW_OK;
}

static GstFlowReturn nero_sink_show_frame(GstVideoSink *sink, GstBuffer *buffer)
{
    NeroSink *self = NERO_SINK(sink);
    // The error on the bus tells the application. Until it reacts, other branches, such as a
    // recording, go on.
    if (g_atomic_int_get(&self->closed))
        return GST_FLOW_OK;
    g_autoptr(GstBuffer) seen = nero_upstream_look(
        &self->upstream, GST_ELEMENT(self), GST_VIDEO_SINK_PAD(self), gst_buffer_ref(buffer));
    return show_buffer(self, seen);
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
    gboolean offscreen = wants_offscreen(call->self);
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
                          ("Cannot open an output window: %s", call.error.text),
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
        nero_ui_call(show_message, self);
        return TRUE;
    }
    nero_ui_unref();
    return FALSE;
}

static gboolean nero_sink_stop(GstBaseSink *sink)
{
    g_atomic_int_set(&NERO_SINK(sink)->started, 0);
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
    if (transition == GST_STATE_CHANGE_PAUSED_TO_PLAYING && ret != GST_STATE_CHANGE_FAILURE)
        nero_sink_call_on_ui(show_play, element);
    return ret;
}

static gboolean nero_sink_propose_allocation(GstBaseSink *sink, GstQuery *query)
{
    (void)sink;
    gst_query_add_allocation_meta(query, GST_VIDEO_META_API_TYPE, NULL);
    return TRUE;
}

// --- properties ---

static void apply_options(gpointer data)
{
    NeroSink *self = data;
    g_autofree char *font = NULL, *source = NULL;
    if (!self->window)
        return;
    NeroWindowOptions options = window_options(self, &font, &source);
    nero_window_set_options(self->window, &options);
}

static void show_note(gpointer data)
{
    NeroSink *self = data;
    GST_OBJECT_LOCK(self);
    g_autofree char *line = g_strdup(self->settings.note ? self->settings.note : "");
    GST_OBJECT_UNLOCK(self);
    if (self->window)
        nero_window_tell(self->window, line);
}

// Words about the stream open the window when there is no frame yet.
static void show_message(gpointer data)
{
    NeroSink *self = data;
    GST_OBJECT_LOCK(self);
    g_autofree char *message = g_strdup(self->settings.message);
    const gboolean offscreen = wants_offscreen(self);
    GST_OBJECT_UNLOCK(self);
    if (!self->window && message && *message && g_atomic_int_get(&self->started) && !offscreen) {
        GstVideoInfo usual;
        gst_video_info_set_format(&usual, GST_VIDEO_FORMAT_I420, 640, 360);
        self->window = open_new(self, &usual);
    }
    if (self->window)
        nero_window_say(self->window, message);
}

static void show_retry(gpointer data)
{
    NeroSink *self = data;
    GST_OBJECT_LOCK(self);
    const double retry_in = self->settings.retry_in;
    GST_OBJECT_UNLOCK(self);
    if (self->window)
        nero_window_set_retry(self->window, retry_in);
}

static void show_recording(gpointer data)
{
    NeroSink *self = data;
    GST_OBJECT_LOCK(self);
    const gboolean on = self->settings.recording;
    GST_OBJECT_UNLOCK(self);
    if (self->window)
        nero_window_set_recording(self->window, on);
}

// What the window does when a property is set.
static nero_ui_task *task_of(guint id)
{
    switch (id) {
    case NERO_SINK_PROP_NOTE:
        return show_note;
    case NERO_SINK_PROP_MESSAGE:
        return show_message;
    case NERO_SINK_PROP_RETRY_IN:
        return show_retry;
    case NERO_SINK_PROP_RECORDING:
        return show_recording;
    default:
        return apply_options;
    }
}

static void nero_sink_set_property(GObject *object, guint id, const GValue *value, GParamSpec *spec)
{
    NeroSink *self = NERO_SINK(object);
    GST_OBJECT_LOCK(self);
    if (!nero_sink_settings_set(&self->settings, id, value))
        G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
    gboolean running = GST_STATE(self) >= GST_STATE_READY;
    GST_OBJECT_UNLOCK(self);
    if (running)
        nero_sink_call_on_ui(task_of(id), self);
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
    signals[SIGNAL_SAVE_SNAPSHOT] = g_signal_new_class_handler(
        "save-snapshot", G_TYPE_FROM_CLASS(klass), G_SIGNAL_RUN_LAST | G_SIGNAL_ACTION,
        G_CALLBACK(nero_sink_save_snapshot), NULL, NULL, NULL, G_TYPE_BOOLEAN, 1, G_TYPE_STRING);
    // Emitted on the thread of the window: handlers must return quickly.
    signals[SIGNAL_FEEDBACK] = g_signal_new("feedback", G_TYPE_FROM_CLASS(klass), G_SIGNAL_RUN_LAST,
                                            0, NULL, NULL, NULL, G_TYPE_NONE, 2, GST_TYPE_SAMPLE,
                                            GST_TYPE_STRUCTURE | G_SIGNAL_TYPE_STATIC_SCOPE);
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
        "network sees (V another method, [ and ] other layers), q or Escape close; "
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
}
