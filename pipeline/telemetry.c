// SPDX-License-Identifier: MIT
// Hands the latest telemetry to the frames that pass.
#include "pipeline/telemetry.h"

#include "nn/io/klv.h"
#include "plugins/meta/telemetry.h"

#define LIFE (2 * G_TIME_SPAN_SECOND) // of what was said last

typedef struct telemetry {
    GMutex lock;  // guards what follows
    gint64 heard; // monotonic microseconds; 0: never
    nn_klv last;
} telemetry;

static const char KEY[] = "neroscale-telemetry"; // of the head, which owns it

bool vp_telemetry_is(const GstCaps *caps)
{
    return gst_caps_get_size(caps) > 0 &&
           gst_structure_has_name(gst_caps_get_structure(caps, 0), "meta/x-klv");
}

static GstFlowReturn hear(GstPad *pad, GstObject *parent, GstBuffer *buffer)
{
    telemetry *t = gst_pad_get_element_private(pad);
    nn_klv said;
    GstMapInfo map;
    (void)parent;
    if (gst_buffer_map(buffer, &map, GST_MAP_READ)) {
        if (nn_klv_parse(&said, map.data, map.size, NULL) == NN_OK) {
            g_mutex_lock(&t->lock);
            t->last = said;
            t->heard = g_get_monotonic_time();
            g_mutex_unlock(&t->lock);
        }
        gst_buffer_unmap(buffer, &map);
    }
    gst_buffer_unref(buffer);
    return GST_FLOW_OK;
}

static gboolean drop_event(GstPad *pad, GstObject *parent, GstEvent *event)
{
    (void)pad;
    (void)parent;
    gst_event_unref(event);
    return TRUE;
}

static gboolean answer(GstPad *pad, GstObject *parent, GstQuery *query)
{
    g_autoptr(GstCaps) any = gst_caps_new_any();
    (void)pad;
    (void)parent;
    if (GST_QUERY_TYPE(query) == GST_QUERY_ACCEPT_CAPS)
        gst_query_set_accept_caps_result(query, TRUE);
    else if (GST_QUERY_TYPE(query) == GST_QUERY_CAPS)
        gst_query_set_caps_result(query, any);
    else
        return FALSE;
    return TRUE;
}

static void write_meta(GstStructure *s, const nn_klv *k)
{
    if (k->time)
        gst_structure_set(s, "time", G_TYPE_INT64, k->time, NULL);
    for (int i = 0; i < NN_KLV_NUMBERS; i++)
        if (k->has[i])
            gst_structure_set(s, nn_klv_number_name(i), G_TYPE_DOUBLE, k->numbers[i], NULL);
    for (int i = 0; i < NN_KLV_TEXTS; i++)
        if (k->texts[i][0])
            gst_structure_set(s, nn_klv_text_name(i), G_TYPE_STRING, k->texts[i], NULL);
}

static GstPadProbeReturn attach(GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
    telemetry *t = data;
    (void)pad;
    g_mutex_lock(&t->lock);
    const nn_klv last = t->last;
    const bool fresh = t->heard && g_get_monotonic_time() - t->heard < LIFE;
    g_mutex_unlock(&t->lock);
    if (fresh) {
        info->data = gst_buffer_make_writable(GST_PAD_PROBE_INFO_BUFFER(info));
        write_meta(nero_telemetry(info->data, TRUE), &last);
    }
    return GST_PAD_PROBE_OK;
}

static void telemetry_free(gpointer data)
{
    g_mutex_clear(&((telemetry *)data)->lock);
    g_free(data);
}

// A source that was opened again goes on with the same one.
static telemetry *of_head(GstElement *head)
{
    telemetry *t = g_object_get_data(G_OBJECT(head), KEY);
    if (t)
        return t;
    g_autoptr(GstPad) pad = gst_element_get_static_pad(head, "sink");
    t = g_new0(telemetry, 1);
    g_mutex_init(&t->lock);
    g_object_set_data_full(G_OBJECT(head), KEY, t, telemetry_free);
    gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER, attach, t, NULL);
    return t;
}

// A pad without an element: a sink would take part in the end of the stream, for which the pipeline
// waits.
void vp_telemetry_take(GstPad *pad, GstElement *head)
{
    GstPad *in = gst_object_ref_sink(gst_pad_new("telemetry", GST_PAD_SINK));
    gst_pad_set_element_private(in, of_head(head));
    gst_pad_set_chain_function(in, hear);
    gst_pad_set_event_function(in, drop_event);
    gst_pad_set_query_function(in, answer);
    gst_pad_set_active(in, TRUE);
    g_object_set_data_full(G_OBJECT(pad), KEY, in, gst_object_unref);
    gst_pad_link_full(pad, in, GST_PAD_LINK_CHECK_NOTHING);
}
