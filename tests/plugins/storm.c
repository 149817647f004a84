// SPDX-License-Identifier: MIT
// Random changes of state, caps, events, buffers, queries and properties of every registered
// element, from several threads at once. Elements neither crash nor hang, and work afterwards.
// NERO_STORM_SEED and NERO_STORM_MS repeat and prolong a run.
#include "nn/base/rng.h"
#include "tests/plugins/frames.h"
#include "tests/plugins/models.h"
#include "tests/support/files.h"
#include "tests/support/test.h"

enum { DEFAULT_MS = 1500, PATIENCE_MS = 60000, MOST_SIDE = 120 };

typedef struct Storm {
    GstElement *element;
    GstPad *in, *out; // ours: linked with the element's sink and source; out NULL for a sink
    gint quit;        // atomic
    gint busy;        // atomic: threads that have not ended
    gint passed;      // atomic: buffers that came out
    guint64 seed;
} Storm;

static GstStaticPadTemplate any_source =
    GST_STATIC_PAD_TEMPLATE("in", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS_ANY);
static GstStaticPadTemplate any_sink =
    GST_STATIC_PAD_TEMPLATE("out", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS_ANY);

static test_path model_path;

static int make_model(void **state)
{
    (void)state;
    model_path = test_temp("small.safetensors");
    model_write(model_path.text);
    return 0;
}

static gboolean goes_on(const Storm *s)
{
    return !g_atomic_int_get(&s->quit);
}

// --- events, queries and buffers ---

static GstCaps *draw_caps(nn_rng *r)
{
    static const char *const odd[] = {
        "video/x-raw",
        "video/x-raw,format=I420",
        "video/x-raw,format=NOPE,width=16,height=16,framerate=25/1",
        "video/x-raw,format=RGB,width=0,height=16,framerate=25/1",
        "video/x-raw,format=RGB,width=-1,height=16,framerate=0/1",
        "video/x-raw(memory:GLMemory),format=RGBA,width=16,height=16,framerate=25/1",
        "image/jpeg,width=16,height=16,framerate=25/1",
        "audio/x-raw,format=S16LE,rate=8000,channels=1,layout=interleaved",
    };
    if (nn_rng_below(r, 6) == 0)
        return gst_caps_from_string(odd[nn_rng_below(r, G_N_ELEMENTS(odd))]);
    guint n;
    const GstVideoFormat *formats = gst_video_formats_raw(&n);
    const char *format = nn_rng_below(r, 2)
                             ? gst_video_format_to_string(formats[nn_rng_below(r, n)])
                             : frame_formats[nn_rng_below(r, 14)];
    return gst_caps_new_simple("video/x-raw", "format", G_TYPE_STRING, format, "width", G_TYPE_INT,
                               (int)(1 + nn_rng_below(r, MOST_SIDE)), "height", G_TYPE_INT,
                               (int)(1 + nn_rng_below(r, MOST_SIDE)), "framerate",
                               GST_TYPE_FRACTION, 25, 1, NULL);
}

static GstEvent *draw_segment(nn_rng *r)
{
    GstSegment segment;
    gst_segment_init(&segment, nn_rng_below(r, 4) ? GST_FORMAT_TIME : GST_FORMAT_BYTES);
    segment.start = (guint64)nn_rng_below(r, 3) * GST_SECOND;
    return gst_event_new_segment(&segment);
}

static void add_boxes(GstBuffer *b, nn_rng *r)
{
    nn_box boxes[3];
    for (int i = 0; i < 3; i++)
        boxes[i] = (nn_box){.x0 = nn_rng_range(r, -50, 200),
                            .y0 = nn_rng_range(r, -50, 200),
                            .x1 = nn_rng_range(r, -50, 200),
                            .y1 = nn_rng_range(r, -50, 200),
                            .score = nn_rng_uniform(r),
                            .label = (int)nn_rng_below(r, 2),
                            .predicted = nn_rng_below(r, 2) == 0};
    frame_add_boxes(b, boxes, 3, 1 + (int)nn_rng_below(r, 100), 1 + (int)nn_rng_below(r, 100),
                    nn_rng_range(r, 0, 100));
}

// Of the caps that were pushed last, or not quite.
static GstBuffer *draw_buffer(Storm *s, nn_rng *r)
{
    g_autoptr(GstCaps) caps = gst_pad_get_current_caps(s->in);
    GstVideoInfo info;
    gsize size = (gsize)nn_rng_below(r, 5000);
    if (caps && gst_video_info_from_caps(&info, caps) && nn_rng_below(r, 8))
        size = info.size;
    GstBuffer *b = gst_buffer_new_allocate(NULL, size, NULL);
    gst_buffer_memset(b, 0, (guint8)nn_rng_below(r, 256), size);
    if (nn_rng_below(r, 8))
        GST_BUFFER_PTS(b) = (guint64)nn_rng_below(r, 5000) * GST_MSECOND;
    if (nn_rng_below(r, 3) == 0)
        add_boxes(b, r);
    if (nn_rng_below(r, 4) == 0)
        gst_buffer_add_video_region_of_interest_meta(
            b, "thing", (guint)nn_rng_below(r, 200), (guint)nn_rng_below(r, 200),
            (guint)nn_rng_below(r, 200), (guint)nn_rng_below(r, 200));
    return b;
}

static GstEvent *draw_event(nn_rng *r)
{
    switch (nn_rng_below(r, 8)) {
    case 0:
        return gst_event_new_stream_start("storm");
    case 1:
        return draw_segment(r);
    case 2:
        return gst_event_new_gap((guint64)nn_rng_below(r, 100) * GST_MSECOND, GST_MSECOND);
    case 3:
        return gst_event_new_tag(gst_tag_list_new(GST_TAG_TITLE, "storm", NULL));
    case 4:
        return nn_rng_below(r, 4) ? gst_event_new_stream_group_done(1) : gst_event_new_eos();
    case 5:
        return gst_event_new_custom(GST_EVENT_CUSTOM_DOWNSTREAM, gst_structure_new_empty("wind"));
    default: {
        g_autoptr(GstCaps) caps = draw_caps(r);
        return gst_event_new_caps(caps);
    }
    }
}

static GstEvent *draw_upstream(nn_rng *r)
{
    switch (nn_rng_below(r, 5)) {
    case 0:
        return gst_event_new_qos(GST_QOS_TYPE_UNDERFLOW, 2,
                                 nn_rng_below(r, 100) * (gint64)GST_MSECOND - 50 * GST_MSECOND,
                                 (guint64)(50 + nn_rng_below(r, 100)) * GST_MSECOND);
    case 1:
        return gst_event_new_seek(1, GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH, GST_SEEK_TYPE_SET, 0,
                                  GST_SEEK_TYPE_NONE, 0);
    case 2:
        return gst_event_new_latency((guint64)nn_rng_below(r, 100) * GST_MSECOND);
    case 3:
        return gst_event_new_reconfigure();
    default:
        return gst_event_new_navigation(gst_structure_new(
            "application/x-gst-navigation", "event", G_TYPE_STRING, "mouse-move", "pointer_x",
            G_TYPE_DOUBLE, 3.0, "pointer_y", G_TYPE_DOUBLE, 4.0, NULL));
    }
}

static GstQuery *draw_query(nn_rng *r)
{
    g_autoptr(GstCaps) caps = draw_caps(r);
    switch (nn_rng_below(r, 8)) {
    case 0:
        return gst_query_new_caps(nn_rng_below(r, 2) ? caps : NULL);
    case 1:
        return gst_query_new_accept_caps(caps);
    case 2:
        return gst_query_new_latency();
    case 3:
        return gst_query_new_position(GST_FORMAT_TIME);
    case 4:
        return gst_query_new_duration(GST_FORMAT_BYTES);
    case 5:
        return gst_query_new_uri();
    case 6:
        return gst_query_new_allocation(caps, TRUE);
    default:
        return gst_query_new_custom(GST_QUERY_CUSTOM, gst_structure_new_empty("wind"));
    }
}

// --- the threads ---

static void drive_states(Storm *s, nn_rng *r)
{
    while (goes_on(s)) {
        gst_element_set_state(s->element, (GstState)(GST_STATE_NULL + nn_rng_below(r, 4)));
        g_usleep((gulong)nn_rng_below(r, 8000));
    }
}

static void drive_stream(Storm *s, nn_rng *r)
{
    while (goes_on(s)) {
        if (nn_rng_below(r, 3) == 0)
            gst_pad_push_event(s->in, draw_event(r));
        else
            gst_pad_push(s->in, draw_buffer(s, r));
        if (nn_rng_below(r, 16) == 0)
            g_usleep((gulong)nn_rng_below(r, 1000));
    }
}

static void drive_flushes(Storm *s, nn_rng *r)
{
    while (goes_on(s)) {
        GstEvent *event =
            nn_rng_below(r, 3) ? gst_event_new_flush_stop(TRUE) : gst_event_new_flush_start();
        g_autoptr(GstPad) sink = gst_pad_get_peer(s->in);
        if (nn_rng_below(r, 2))
            gst_pad_push_event(s->in, event);
        else
            gst_pad_send_event(sink, event);
        if (s->out)
            gst_pad_push_event(s->out, draw_upstream(r));
        else
            gst_element_send_event(s->element, draw_upstream(r));
        g_usleep((gulong)nn_rng_below(r, 1500));
    }
}

static void drive_queries(Storm *s, nn_rng *r)
{
    while (goes_on(s)) {
        g_autoptr(GstQuery) query = draw_query(r);
        if (s->out && nn_rng_below(r, 2))
            gst_pad_peer_query(s->out, query);
        else if (!GST_QUERY_IS_SERIALIZED(query) || nn_rng_below(r, 2))
            gst_pad_peer_query(s->in, query);
        g_usleep((gulong)nn_rng_below(r, 500));
    }
}

// Texts name files, which are set once.
static gboolean is_harmless(const GParamSpec *spec)
{
    static const char *const kept[] = {"name",     "parent",    "location",
                                       "snapshot", "offscreen", "sync"};
    for (gsize i = 0; i < G_N_ELEMENTS(kept); i++)
        if (!strcmp(spec->name, kept[i]))
            return FALSE;
    return TRUE;
}

static void drive_properties(Storm *s, nn_rng *r)
{
    guint n;
    g_autofree GParamSpec **specs =
        g_object_class_list_properties(G_OBJECT_GET_CLASS(s->element), &n);
    while (goes_on(s)) {
        const GParamSpec *spec = specs[nn_rng_below(r, n)];
        GValue value = G_VALUE_INIT;
        g_value_init(&value, spec->value_type);
        if (spec->flags & G_PARAM_READABLE)
            g_object_get_property(G_OBJECT(s->element), spec->name, &value);
        if (spec->flags & G_PARAM_WRITABLE && spec->flags & G_PARAM_READABLE && is_harmless(spec))
            g_object_set_property(G_OBJECT(s->element), spec->name, &value);
        g_value_unset(&value);
        g_usleep((gulong)nn_rng_below(r, 2000));
    }
}

typedef void driver(Storm *s, nn_rng *r);
static driver *const drivers[] = {drive_states,  drive_stream,  drive_stream,
                                  drive_flushes, drive_queries, drive_properties};

typedef struct Work {
    Storm *storm;
    gsize which;
} Work;

static gpointer drive(gpointer data)
{
    Work *w = data;
    nn_rng rng = nn_rng_stream(w->storm->seed, w->which);
    drivers[w->which](w->storm, &rng);
    g_atomic_int_add(&w->storm->busy, -1);
    return NULL;
}

// --- the element between our pads ---

static GstFlowReturn swallow(GstPad *pad, GstObject *parent, GstBuffer *buffer)
{
    (void)parent;
    Storm *s = gst_pad_get_element_private(pad);
    g_atomic_int_inc(&s->passed);
    gst_buffer_unref(buffer);
    return GST_FLOW_OK;
}

static void set_if_there(GstElement *e, const char *name, const char *value)
{
    if (g_object_class_find_property(G_OBJECT_GET_CLASS(e), name))
        gst_util_set_object_arg(G_OBJECT(e), name, value);
}

static void open_storm(Storm *s, const char *factory)
{
    GstElement *e = s->element = gst_object_ref_sink(gst_element_factory_make(factory, NULL));
    model_give(e, model_path.text);
    set_if_there(e, "threads", "1");
    set_if_there(e, "location", "/dev/null");
    set_if_there(e, "offscreen", "yes");
    set_if_there(e, "sync", "false");
    g_autoptr(GstPad) sink = gst_element_get_static_pad(e, "sink");
    g_autoptr(GstPad) src = gst_element_get_static_pad(e, "src");
    s->in = gst_object_ref_sink(gst_pad_new_from_static_template(&any_source, "in"));
    gst_pad_set_active(s->in, TRUE);
    assert_int_equal(gst_pad_link(s->in, sink), GST_PAD_LINK_OK);
    if (!src)
        return;
    s->out = gst_object_ref_sink(gst_pad_new_from_static_template(&any_sink, "out"));
    gst_pad_set_element_private(s->out, s);
    gst_pad_set_chain_function(s->out, swallow);
    gst_pad_set_active(s->out, TRUE);
    assert_int_equal(gst_pad_link(src, s->out), GST_PAD_LINK_OK);
}

static void close_storm(Storm *s)
{
    gst_element_set_state(s->element, GST_STATE_NULL);
    gst_pad_set_active(s->in, FALSE);
    if (s->out)
        gst_pad_set_active(s->out, FALSE);
    gst_clear_object(&s->in);
    gst_clear_object(&s->out);
    gst_clear_object(&s->element);
}

static void rage(Storm *s, int ms)
{
    enum { THREADS = G_N_ELEMENTS(drivers) };
    GThread *threads[THREADS];
    Work work[THREADS];
    s->busy = THREADS;
    for (gsize i = 0; i < THREADS; i++) {
        work[i] = (Work){s, i};
        threads[i] = g_thread_new("storm", drive, &work[i]);
    }
    g_usleep((gulong)ms * 1000);
    g_atomic_int_set(&s->quit, 1);
    // Wakes what waits, for example for preroll, as an application does.
    for (int waited = 0; g_atomic_int_get(&s->busy) > 0; waited += 5) {
        if (waited > PATIENCE_MS)
            fail_msg("%s hangs, seed %" G_GUINT64_FORMAT, GST_OBJECT_NAME(s->element), s->seed);
        gst_element_set_state(s->element, GST_STATE_NULL);
        g_usleep(5000);
    }
    for (gsize i = 0; i < THREADS; i++)
        g_thread_join(threads[i]);
}

// After all that a stream passes as ever.
static void check_works(Storm *s)
{
    GstSegment segment;
    GstPad *const ours[] = {s->in, s->out};
    gst_element_set_state(s->element, GST_STATE_NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(ours) && ours[i]; i++) { // no flush is left over
        gst_pad_set_active(ours[i], FALSE);
        gst_pad_set_active(ours[i], TRUE);
    }
    assert_int_not_equal(gst_element_set_state(s->element, GST_STATE_PLAYING),
                         GST_STATE_CHANGE_FAILURE);
    gst_segment_init(&segment, GST_FORMAT_TIME);
    g_autoptr(GstCaps) caps =
        gst_caps_from_string("video/x-raw,format=RGB,width=64,height=48,framerate=25/1");
    assert_true(gst_pad_push_event(s->in, gst_event_new_stream_start("calm")));
    assert_true(gst_pad_push_event(s->in, gst_event_new_caps(caps)));
    assert_true(gst_pad_push_event(s->in, gst_event_new_segment(&segment)));
    const int before = g_atomic_int_get(&s->passed);
    for (int i = 0; i < 3; i++)
        assert_int_equal(gst_pad_push(s->in, frame_new("RGB", 64, 48, (guint64)i)), GST_FLOW_OK);
    if (s->out)
        assert_int_equal(g_atomic_int_get(&s->passed), before + 3);
}

static guint64 number(const char *name, guint64 otherwise)
{
    const char *text = g_getenv(name);
    return text ? g_ascii_strtoull(text, NULL, 10) : otherwise;
}

static void test_storm(void **state)
{
    (void)state;
    GList *features = frame_elements();
    assert_true(g_list_length(features) >= 4);
    for (GList *f = features; f; f = f->next) {
        Storm s = {.seed = number("NERO_STORM_SEED", g_random_int())};
        const char *name = gst_plugin_feature_get_name(GST_PLUGIN_FEATURE(f->data));
        print_message("%s: seed %" G_GUINT64_FORMAT "\n", name, s.seed);
        open_storm(&s, name);
        rage(&s, (int)number("NERO_STORM_MS", DEFAULT_MS));
        print_message("%s: %d buffers passed\n", name, g_atomic_int_get(&s.passed));
        check_works(&s);
        close_storm(&s);
    }
    gst_plugin_feature_list_free(features);
}

// GstBaseTransform asks its segment for the format and then for a time, without a lock, while
// another thread activates the pad or flushes. Elements of ours copy the segment first
// (plugins/common/segment_time.h).
static gboolean is_of_base_class(const char *text)
{
    return g_str_has_prefix(text, "gst_segment_to_") &&
           strstr(text, "assertion 'segment->format == format' failed");
}

// GStreamer warns about streams without a beginning, which is what this is about; a CRITICAL is a
// call that no element may make.
static void judge(const char *domain, GLogLevelFlags level, const char *text, gpointer data)
{
    if (level & (G_LOG_LEVEL_CRITICAL | G_LOG_LEVEL_ERROR) && !is_of_base_class(text)) {
        g_log_default_handler(domain, level, text, data);
        abort();
    }
}

int main(int argc, char **argv)
{
    gst_init(&argc, &argv);
    g_log_set_default_handler(judge, NULL);
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_storm)};
    return cmocka_run_group_tests(tests, make_model, NULL);
}
