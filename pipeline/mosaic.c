// SPDX-License-Identifier: MIT
// Puts the tiles of several runs together with a live compositor, for one window and one recording.
#include "pipeline/mosaic.h"

#include "pipeline/bus.h"
#include "pipeline/recorder.h"
#include "pipeline/segments.h"
#include "pipeline/start.h"
#include "po/translate.h"

#include <gst/app/gstappsink.h>
#include <gst/app/gstappsrc.h>
#include <string.h>

enum {
    WIDTH = 1280, // of the whole picture, in pixels
    HEIGHT = 720,
    RATE = 30,         // frames a second
    LAST_PICTURES = 3, // after the last frames of the inputs
    END_MS = 5000,     // without a picture at the end
    END_TIMES = 12,    // so often, when pictures come
};

// The way of the frames of an input into the picture. They carry their number as offset.
typedef struct tile {
    vp_mosaic *of;
    GstElement *source; // appsrc, owned reference
    gint handed;        // atomic: number of the last frame that went in; 0: none
    gint shown;         // atomic: number of the last one that the compositor has taken
    char *name;         // owned: for the window
    bool live;
    gint64 lost, retry; // guarded by the lock: monotonic microseconds; 0: it is there
    int place[4];       // x, y, width, height in the picture; width 0: it is not seen
} tile;

struct vp_mosaic {
    GstElement *pipeline, *view;
    tile *tiles; // of each input
    int count;
    vp_segments *recorder; // NULL: none
    bool started;
    gint ending;   // atomic; 0: not yet, then counts pictures
    gint pictures; // atomic; that the compositor gave
    gint waits;    // atomic; the window says that it waits
    GMutex lock;
    bool told; // the window has been told of the tiles as they are
};

static int columns_of(int count)
{
    int columns = 1;
    while (columns * columns < count)
        columns++;
    return columns;
}

void vp_mosaic_tile_size(int count, int *width, int *height)
{
    const int columns = columns_of(count);
    *width = WIDTH / columns & ~1; // even, for formats with subsampled colours
    *height = HEIGHT / columns & ~1;
}

// --- building ---

static char *launch_text(int count, const vp_options *o)
{
    const int columns = columns_of(count);
    int width, height;
    vp_mosaic_tile_size(count, &width, &height);
    GString *s = g_string_new("compositor name=mix background=black");
    for (int i = 0; i < count; i++)
        g_string_append_printf(s,
                               " sink_%d::xpos=%d sink_%d::ypos=%d sink_%d::width=%d "
                               "sink_%d::height=%d sink_%d::sizing-policy=keep-aspect-ratio",
                               i, i % columns * width, i, i / columns * height, i, width, i, height,
                               i);
    g_string_append_printf(s, " ! video/x-raw,format=BGRx,width=%d,height=%d,framerate=%d/1 ! ",
                           width * columns, height * ((count + columns - 1) / columns), RATE);
    if (o->record)
        g_string_append_printf(s, "tee name=t t. ! queue ! %s t. ! ", vp_recorder_branch);
    // A slow machine leaves out pictures. Without QoS the compositor would give all of them, later
    // and later, and black ones before the first frames for as long.
    if (o->view == VP_VIEW_NONE)
        g_string_append(s, "queue ! fakesink");
    else if (o->view == VP_VIEW_WINDOW)
        g_string_append(s, "queue max-size-buffers=2 leaky=downstream ! videoconvert ! nerosink "
                           "name=view snapshot-frame=last offscreen=no on-close=message qos=true");
    else
        g_string_append(s, "queue ! videoconvert ! nerosink name=view snapshot-frame=last "
                           "offscreen=yes sync=false");
    for (int i = 0; i < count; i++)
        g_string_append_printf(s,
                               " appsrc name=tile%d is-live=true do-timestamp=true format=time "
                               "max-buffers=2 max-bytes=0 leaky-type=downstream "
                               "! mix.sink_%d",
                               i, i);
    return g_string_free(s, FALSE);
}

// Whether the compositor has taken the last frame of every tile: threads may lag on a busy machine.
static bool has_all_frames(const vp_mosaic *m)
{
    for (int i = 0; i < m->count; i++)
        if (g_atomic_int_get(&m->tiles[i].shown) != g_atomic_int_get(&m->tiles[i].handed))
            return false;
    return true;
}

// Whether there was a frame of any tile: the compositor gives black pictures before.
static bool has_any_frame(const vp_mosaic *m)
{
    for (int i = 0; i < m->count; i++)
        if (g_atomic_int_get(&m->tiles[i].shown))
            return true;
    return false;
}

static void note_shown(GstPad *pad, GstBuffer *frame, gpointer data)
{
    tile *t = data;
    (void)pad;
    g_atomic_int_set(&t->shown, (gint)GST_BUFFER_OFFSET(frame));
}

// Ends the stream behind the compositor, after pictures that show the last frame of every tile.
static GstPadProbeReturn end_when_asked(GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
    vp_mosaic *m = data;
    g_atomic_int_inc(&m->pictures);
    if (!g_atomic_int_get(&m->ending) || !has_all_frames(m) ||
        g_atomic_int_add(&m->ending, 1) < LAST_PICTURES)
        return GST_PAD_PROBE_OK;
    gst_pad_push_event(pad, gst_event_new_eos());
    gst_buffer_unref(GST_PAD_PROBE_INFO_BUFFER(info));
    GST_PAD_PROBE_INFO_FLOW_RETURN(info) = GST_FLOW_EOS;
    return GST_PAD_PROBE_HANDLED;
}

static void find_parts(vp_mosaic *m, const vp_options *o)
{
    g_autoptr(GstElement) mix = gst_bin_get_by_name(GST_BIN(m->pipeline), "mix");
    g_autoptr(GstPad) pad = gst_element_get_static_pad(mix, "src");
    gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER, end_when_asked, m, NULL);
    m->view = gst_bin_get_by_name(GST_BIN(m->pipeline), "view");
    m->tiles = g_new0(tile, m->count);
    for (int i = 0; i < m->count; i++) {
        g_autofree char *name = g_strdup_printf("tile%d", i), *end = g_strdup_printf("sink_%d", i);
        g_autoptr(GstPad) sink = gst_element_get_static_pad(mix, end);
        m->tiles[i].of = m;
        m->tiles[i].source = gst_bin_get_by_name(GST_BIN(m->pipeline), name);
        g_object_set(sink, "emit-signals", TRUE, NULL);
        g_signal_connect(sink, "buffer-consumed", G_CALLBACK(note_shown), &m->tiles[i]);
    }
    if (m->view)
        g_object_set(m->view, "fullscreen", (gboolean)o->fullscreen, "snapshot", o->snapshot,
                     "sources", (guint)m->count, NULL);
}

nn_status vp_mosaic_new(vp_mosaic **out, int count, const vp_options *options, nn_error *err)
{
    GError *error = NULL;
    vp_mosaic *m = g_new0(vp_mosaic, 1);
    g_autofree char *text = launch_text(count, options);
    *out = NULL;
    g_mutex_init(&m->lock);
    m->count = count;
    vp_start_elements(text);
    m->pipeline = gst_parse_launch(text, &error);
    nn_status status = NN_OK;
    if (error)
        status = nn_fail(err, NN_EUNSUPPORTED,
                         "the window of several inputs: %s; install gstreamer1.0-plugins-base, or "
                         "run without one by --no-window",
                         error->message);
    g_clear_error(&error);
    if (status == NN_OK)
        find_parts(m, options);
    if (status == NN_OK && options->record)
        status = vp_segments_new(&m->recorder, options->record, options->record_segment,
                                 options->record_limit, err);
    if (status == NN_OK)
        *out = m;
    else
        vp_mosaic_free(m);
    return status;
}

void vp_mosaic_free(vp_mosaic *m)
{
    if (!m)
        return;
    if (m->pipeline)
        gst_element_set_state(m->pipeline, GST_STATE_NULL);
    for (int i = 0; m->tiles && i < m->count; i++) {
        gst_clear_object(&m->tiles[i].source);
        g_free(m->tiles[i].name);
    }
    g_mutex_clear(&m->lock);
    g_free(m->tiles);
    gst_clear_object(&m->view);
    gst_clear_object(&m->pipeline);
    vp_segments_free(m->recorder);
    g_free(m);
}

// --- running ---

// Hands a frame from a run to its tile. The tile has a clock of its own: a frame counts from when
// it comes.
static void note_return(tile *t)
{
    g_mutex_lock(&t->of->lock);
    if (t->lost)
        t->of->told = false;
    t->lost = 0;
    g_mutex_unlock(&t->of->lock);
}

static GstFlowReturn hand_over(GstAppSink *sink, gpointer data)
{
    tile *t = data;
    const gint before = g_atomic_int_get(&t->handed);
    g_autoptr(GstSample) sample = gst_app_sink_pull_sample(sink);
    if (!sample)
        return GST_FLOW_OK;
    note_return(t);
    GstBuffer *frame = gst_buffer_copy(gst_sample_get_buffer(sample));
    GST_BUFFER_PTS(frame) = GST_BUFFER_DTS(frame) = GST_BUFFER_DURATION(frame) =
        GST_CLOCK_TIME_NONE;
    GST_BUFFER_OFFSET(frame) = (guint64)before + 1;
    g_atomic_int_set(&t->handed, before + 1);
    g_autoptr(GstSample) own = gst_sample_new(frame, gst_sample_get_caps(sample), NULL, NULL);
    gst_buffer_unref(frame);
    if (gst_app_src_push_sample(GST_APP_SRC(t->source), own) != GST_FLOW_OK)
        g_atomic_int_set(&t->handed, before); // the window is closed
    return GST_FLOW_OK;
}

void vp_mosaic_connect(vp_mosaic *m, int number, GstElement *appsink)
{
    GstAppSinkCallbacks callbacks = {.new_sample = hand_over};
    gst_app_sink_set_callbacks(GST_APP_SINK(appsink), &callbacks, &m->tiles[number], NULL);
}

// A window that another program closes is no error.
static nn_status read_error(vp_mosaic *m, GstMessage *message, bool *closed, nn_error *err)
{
    GError *error = NULL;
    gst_message_parse_error(message, &error, NULL);
    nn_status status = NN_OK;
    if (GST_MESSAGE_SRC(message) == GST_OBJECT(m->view) &&
        g_error_matches(error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_FOUND))
        *closed = true;
    else
        status = nn_fail(err, NN_EIO, "%s", error->message);
    g_clear_error(&error);
    return status;
}

// --- what the window says of each tile ---

static void add_tile(const tile *t, GValue *list)
{
    GValue value = G_VALUE_INIT;
    const gint64 now = g_get_monotonic_time();
    GstStructure *s = gst_structure_new(
        "tile", "x", G_TYPE_INT, t->place[0], "y", G_TYPE_INT, t->place[1], "width", G_TYPE_INT,
        t->place[2], "height", G_TYPE_INT, t->place[3], "name", G_TYPE_STRING, t->name, "live",
        G_TYPE_BOOLEAN, (gboolean)t->live, NULL);
    if (t->lost)
        gst_structure_set(s, "silent", G_TYPE_DOUBLE, (double)(now - t->lost) / 1e6, "retry-in",
                          G_TYPE_DOUBLE, (double)(t->retry - now) / 1e6, NULL);
    g_value_init(&value, GST_TYPE_STRUCTURE);
    g_value_take_boxed(&value, s);
    gst_value_array_append_and_take_value(list, &value);
}

static void tell_tiles(vp_mosaic *m)
{
    GValue list = G_VALUE_INIT;
    if (!m->view || !has_any_frame(m))
        return;
    g_value_init(&list, GST_TYPE_ARRAY);
    g_mutex_lock(&m->lock);
    const bool told = m->told;
    for (int i = 0; !told && i < m->count; i++)
        add_tile(&m->tiles[i], &list);
    m->told = true;
    g_mutex_unlock(&m->lock);
    if (!told)
        g_object_set_property(G_OBJECT(m->view), "tiles", &list);
    g_value_unset(&list);
}

void vp_mosaic_name(vp_mosaic *m, int number, const char *name, bool live)
{
    tile *t = &m->tiles[number];
    g_free(t->name);
    t->name = g_strdup(name);
    t->live = live;
}

void vp_mosaic_lost(vp_mosaic *m, int number, double seconds)
{
    tile *t = &m->tiles[number];
    const gint64 now = g_get_monotonic_time();
    g_mutex_lock(&m->lock);
    t->lost = t->lost ? t->lost : now;
    t->retry = now + (gint64)(seconds * G_USEC_PER_SEC);
    m->told = false;
    g_mutex_unlock(&m->lock);
}

// Shows one tile on the whole picture, or all.
static void show_only(vp_mosaic *m, int number)
{
    const int columns = columns_of(m->count);
    int width, height;
    if (number > m->count)
        return;
    g_autoptr(GstElement) mix = gst_bin_get_by_name(GST_BIN(m->pipeline), "mix");
    vp_mosaic_tile_size(m->count, &width, &height);
    const int rows = (m->count + columns - 1) / columns;
    for (int i = 0; i < m->count; i++) {
        g_autofree char *name = g_strdup_printf("sink_%d", i);
        g_autoptr(GstPad) pad = gst_element_get_static_pad(mix, name);
        const bool alone = number == i + 1, seen = number == 0 || alone;
        const int place[] = {alone ? 0 : i % columns * width, alone ? 0 : i / columns * height,
                             alone ? width * columns : width, alone ? height * rows : height};
        g_object_set(pad, "xpos", place[0], "ypos", place[1], "width", place[2], "height", place[3],
                     "alpha", seen ? 1.0 : 0.0, NULL);
        g_mutex_lock(&m->lock);
        memcpy(m->tiles[i].place, place, sizeof place);
        m->tiles[i].place[2] = seen ? place[2] : 0;
        m->told = false;
        g_mutex_unlock(&m->lock);
    }
}

nn_status vp_mosaic_start(vp_mosaic *m, nn_error *err)
{
    bool closed = false;
    nn_status status = m->recorder ? vp_segments_attach(m->recorder, m->pipeline, err) : NN_OK;
    if (status != NN_OK)
        return status;
    m->started = true;
    show_only(m, 0);
    if (gst_element_set_state(m->pipeline, GST_STATE_PLAYING) != GST_STATE_CHANGE_FAILURE)
        return NN_OK;
    g_autoptr(GstBus) bus = gst_element_get_bus(m->pipeline);
    g_autoptr(GstMessage) message = gst_bus_pop_filtered(bus, GST_MESSAGE_ERROR);
    if (message && read_error(m, message, &closed, err) != NN_OK)
        return err->status;
    return nn_fail(err, NN_EIO, "the window of several inputs does not open");
}

void vp_mosaic_wait(vp_mosaic *m, const char *names, const char *why)
{
    if (!m->view || !m->started || has_any_frame(m))
        return;
    g_autofree char *line = g_strdup_printf(_("waiting for %s \xe2\x80\xa6"), names);
    g_autofree char *text = why ? g_strconcat(line, "\n", why, NULL) : g_strdup(line);
    g_object_set(m->view, "message", text, NULL);
    g_atomic_int_set(&m->waits, 1);
}

static void end_wait(vp_mosaic *m)
{
    if (has_any_frame(m) && g_atomic_int_compare_and_exchange(&m->waits, 1, 0))
        g_object_set(m->view, "message", NULL, NULL);
}

GstElement *vp_mosaic_view(const vp_mosaic *m)
{
    return m->view;
}

static void hear_request(vp_mosaic *m, const GstStructure *s, bool *closed)
{
    int number;
    const char *action = gst_structure_get_string(s, "action");
    if (!gst_structure_has_name(s, "window-request"))
        return;
    if (g_strcmp0(action, "source") == 0 && gst_structure_get_int(s, "number", &number))
        show_only(m, number);
    else if (g_strcmp0(action, "close") == 0)
        *closed = true;
}

nn_status vp_mosaic_watch(vp_mosaic *m, GstClockTime wait, bool *closed, nn_error *warning,
                          nn_error *err)
{
    nn_error why = {0};
    bool any = false;
    nn_status status = NN_OK;
    end_wait(m);
    tell_tiles(m);
    g_autoptr(GstBus) bus = gst_element_get_bus(m->pipeline);
    g_autoptr(GstMessage) message = gst_bus_timed_pop_filtered(
        bus, wait, GST_MESSAGE_ERROR | GST_MESSAGE_LATENCY | GST_MESSAGE_ELEMENT);
    if (message && GST_MESSAGE_TYPE(message) == GST_MESSAGE_LATENCY)
        gst_bin_recalculate_latency(GST_BIN(m->pipeline));
    else if (message && GST_MESSAGE_TYPE(message) == GST_MESSAGE_ELEMENT)
        hear_request(m, gst_message_get_structure(message), closed);
    else if (message)
        status = read_error(m, message, closed, err);
    if (status != NN_OK || !m->recorder || !vp_segments_watch(m->recorder, &any, &why))
        return status;
    if (!any)
        return nn_fail(err, why.status, "%s", why.text);
    nn_fail(warning, why.status, "%s; it ends here, the run goes on", why.text);
    return NN_OK;
}

// Whether the view has failed at the end; errors of others follow from that, or from the end.
static nn_status read_last(vp_mosaic *m, GstMessage *message, nn_error *err)
{
    bool closed;
    const bool failed = GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR;
    return failed && GST_MESSAGE_SRC(message) == GST_OBJECT(m->view)
               ? read_error(m, message, &closed, err)
               : NN_OK;
}

// On a busy machine the last frames may take long: it has time as long as pictures come.
static GstMessage *await_end(vp_mosaic *m, GstBus *bus)
{
    GstMessage *end = NULL;
    gint before = -1;
    for (int i = 0; !end && i < END_TIMES && g_atomic_int_get(&m->pictures) != before; i++) {
        before = g_atomic_int_get(&m->pictures);
        end = gst_bus_timed_pop_filtered(bus, END_MS * GST_MSECOND,
                                         GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
    }
    return end;
}

nn_status vp_mosaic_finish(vp_mosaic *m, nn_error *err)
{
    nn_error why = {0};
    g_autofree char *left = NULL;
    nn_status status = NN_OK;
    if (!m->started)
        return NN_OK;
    g_atomic_int_set(&m->ending, 1);
    g_autoptr(GstBus) bus = gst_element_get_bus(m->pipeline);
    g_autoptr(GstMessage) end = await_end(m, bus);
    // What has not ended by now does so below.
    if (m->recorder)
        status = vp_segments_finish(m->recorder, true, &left, &why);
    gst_element_set_state(m->pipeline, GST_STATE_READY); // writes the snapshot
    if (status != NN_OK)
        return nn_fail(err, why.status, "%s", why.text);
    if (end)
        status = read_last(m, end, err);
    for (GstMessage *last; status == NN_OK && (last = gst_bus_pop_filtered(bus, GST_MESSAGE_ERROR));
         gst_message_unref(last))
        status = read_last(m, last, err);
    return status;
}
