// SPDX-License-Identifier: MIT
// One element alone in a pipeline, between pads of the test.
#include "tests/plugins/rig.h"
#include "tests/plugins/frames.h"
#include "tests/plugins/models.h"
#include "tests/support/test.h"

static GstStaticPadTemplate any_source =
    GST_STATIC_PAD_TEMPLATE("in", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS_ANY);
static GstStaticPadTemplate raw_sink =
    GST_STATIC_PAD_TEMPLATE("out", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS("video/x-raw"));

static Rig *rig_of(GstPad *pad)
{
    return gst_pad_get_element_private(pad);
}

static GstFlowReturn take_buffer(GstPad *pad, GstObject *parent, GstBuffer *buffer)
{
    Rig *r = rig_of(pad);
    (void)parent;
    g_mutex_lock(&r->lock);
    g_string_append(r->came, "frame ");
    g_array_append_val(r->pts, GST_BUFFER_PTS(buffer));
    g_mutex_unlock(&r->lock);
    gst_buffer_unref(buffer);
    return GST_FLOW_OK;
}

static gboolean take_event(GstPad *pad, GstObject *parent, GstEvent *event)
{
    Rig *r = rig_of(pad);
    (void)parent;
    g_mutex_lock(&r->lock);
    g_string_append_printf(r->came, "%s ", GST_EVENT_TYPE_NAME(event));
    g_mutex_unlock(&r->lock);
    gst_event_unref(event);
    return TRUE;
}

static gboolean take_upstream(GstPad *pad, GstObject *parent, GstEvent *event)
{
    Rig *r = rig_of(pad);
    (void)parent;
    g_mutex_lock(&r->lock);
    g_string_append_printf(r->upstream, "%s ", GST_EVENT_TYPE_NAME(event));
    g_mutex_unlock(&r->lock);
    gst_event_unref(event);
    return TRUE;
}

static gboolean answer(GstPad *pad, GstObject *parent, GstQuery *query)
{
    Rig *r = rig_of(pad);
    if (GST_QUERY_TYPE(query) != GST_QUERY_LATENCY)
        return gst_pad_query_default(pad, parent, query);
    gst_query_set_latency(query, r->live, r->latency, GST_CLOCK_TIME_NONE);
    return TRUE;
}

static GstPad *make_pad(Rig *r, GstStaticPadTemplate *template)
{
    GstPad *pad =
        gst_object_ref_sink(gst_pad_new_from_static_template(template, template->name_template));
    gst_pad_set_element_private(pad, r);
    return pad;
}

void rig_set(Rig *r, const char *name, const char *value)
{
    if (g_object_class_find_property(G_OBJECT_GET_CLASS(r->element), name))
        gst_util_set_object_arg(G_OBJECT(r->element), name, value);
}

static void link_pads(Rig *r)
{
    g_autoptr(GstPad) sink = gst_element_get_static_pad(r->element, "sink");
    g_autoptr(GstPad) src = gst_element_get_static_pad(r->element, "src");
    r->in = make_pad(r, &any_source);
    gst_pad_set_event_function(r->in, take_upstream);
    gst_pad_set_query_function(r->in, answer);
    gst_pad_set_active(r->in, TRUE);
    assert_int_equal(gst_pad_link(r->in, sink), GST_PAD_LINK_OK);
    if (!src)
        return;
    r->out = make_pad(r, &raw_sink);
    gst_pad_set_chain_function(r->out, take_buffer);
    gst_pad_set_event_function(r->out, take_event);
    gst_pad_set_active(r->out, TRUE);
    assert_int_equal(gst_pad_link(src, r->out), GST_PAD_LINK_OK);
}

Rig *rig_new(const char *factory, const char *model)
{
    Rig *r = g_new0(Rig, 1);
    r->name = factory;
    r->came = g_string_new(NULL);
    r->upstream = g_string_new(NULL);
    r->pts = g_array_new(FALSE, FALSE, sizeof(guint64));
    g_mutex_init(&r->lock);
    GstElement *e = r->element = gst_object_ref_sink(gst_element_factory_make(factory, NULL));
    r->pipeline = gst_object_ref_sink(gst_pipeline_new(NULL));
    gst_bin_add(GST_BIN(r->pipeline), e);
    model_give(e, model);
    rig_set(r, "threads", "1");
    rig_set(r, "location", "/dev/null");
    rig_set(r, "offscreen", "yes");
    rig_set(r, "sync", "false");
    rig_set(r, "show-zones", "true");
    r->bus = gst_element_get_bus(r->pipeline);
    link_pads(r);
    return r;
}

void rig_free(Rig *r)
{
    gst_element_set_state(r->pipeline, GST_STATE_NULL);
    gst_pad_set_active(r->in, FALSE);
    if (r->out)
        gst_pad_set_active(r->out, FALSE);
    gst_clear_object(&r->in);
    gst_clear_object(&r->out);
    gst_clear_object(&r->element);
    gst_clear_object(&r->pipeline);
    gst_clear_object(&r->bus);
    g_string_free(r->came, TRUE);
    g_string_free(r->upstream, TRUE);
    g_array_unref(r->pts);
    g_mutex_clear(&r->lock);
    g_free(r);
}

void rig_check(Rig *r)
{
    g_autoptr(GstMessage) m = gst_bus_pop_filtered(r->bus, GST_MESSAGE_ERROR);
    if (m) {
        g_autoptr(GError) error = NULL;
        gst_message_parse_error(m, &error, NULL);
        fail_msg("%s: %s", r->name, error->message);
    }
}

void rig_play(Rig *r)
{
    if (gst_element_set_state(r->pipeline, GST_STATE_PLAYING) == GST_STATE_CHANGE_FAILURE)
        fail_msg("%s does not play", r->name);
}

void rig_send(Rig *r, GstEvent *event)
{
    const char *type = GST_EVENT_TYPE_NAME(event);
    if (!gst_pad_push_event(r->in, event))
        fail_msg("%s does not take %s", r->name, type);
}

void rig_send_caps(Rig *r, const char *text)
{
    g_autoptr(GstCaps) caps = gst_caps_from_string(text);
    assert_non_null(caps);
    rig_send(r, gst_event_new_caps(caps));
}

void rig_send_segment(Rig *r, double rate)
{
    GstSegment segment;
    gst_segment_init(&segment, GST_FORMAT_TIME);
    segment.rate = rate;
    if (rate < 0)
        segment.stop = GST_SECOND;
    rig_send(r, gst_event_new_segment(&segment));
}

void rig_send_frame(Rig *r, const char *format, int width, int height, guint64 pts)
{
    const nn_box box = {.x0 = 0.1f * (float)width,
                        .y0 = 0.1f * (float)height,
                        .x1 = 0.6f * (float)width,
                        .y1 = 0.7f * (float)height,
                        .score = 0.9f,
                        .track_id = 1};
    GstBuffer *b = frame_new(format, width, height, pts);
    frame_add_boxes(b, &box, 1, width, height, 0);
    const GstFlowReturn flow = gst_pad_push(r->in, b);
    if (flow != GST_FLOW_OK)
        fail_msg("%s: %s for %s %dx%d", r->name, gst_flow_get_name(flow), format, width, height);
}

void rig_begin(Rig *r, double rate)
{
    rig_play(r);
    rig_send(r, gst_event_new_stream_start("stream"));
    rig_send_caps(r, "video/x-raw,format=I420,width=64,height=48,framerate=25/1");
    rig_send_segment(r, rate);
}

char *rig_taken(Rig *r)
{
    g_mutex_lock(&r->lock);
    char *words = g_strdup(r->came->str);
    g_string_truncate(r->came, 0);
    g_mutex_unlock(&r->lock);
    return words;
}

void rig_expect(Rig *r, const char *what, const char *words)
{
    g_autofree char *came = rig_taken(r);
    rig_check(r);
    if (r->out && strcmp(came, words))
        fail_msg("%s, %s: '%s' instead of '%s'", r->name, what, came, words);
}
