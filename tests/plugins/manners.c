// SPDX-License-Identifier: MIT
// What every element owes its neighbours: caps that change, odd frames, events in their order,
// flushes, seeks, playing backwards, latency, and a hundred times up and down. Walks all elements;
// a CRITICAL ends the test.
#include "tests/plugins/frames.h"
#include "tests/plugins/models.h"
#include "tests/support/files.h"
#include "tests/support/test.h"

#define BYE "nero-bye" // name of a custom event

typedef struct Rig {
    const char *name;
    GstElement *pipeline, *element; // the only one in it
    GstPad *in, *out;               // linked with sink and source; `out` is NULL for a sink
    GstBus *bus;
    GMutex lock; // guards what came
    GString *came;
    GArray *pts; // guint64
    GString *upstream;
    guint64 latency; // what `in` answers
    gboolean live;
} Rig;

static GstStaticPadTemplate any_source =
    GST_STATIC_PAD_TEMPLATE("in", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS_ANY);
static GstStaticPadTemplate raw_sink =
    GST_STATIC_PAD_TEMPLATE("out", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS("video/x-raw"));

static test_path model_path;

static int make_model(void **state)
{
    (void)state;
    model_path = test_temp("small.safetensors");
    model_write(model_path.text);
    return 0;
}

// --- our pads ---

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

static void set_if_there(GstElement *e, const char *name, const char *value)
{
    if (g_object_class_find_property(G_OBJECT_GET_CLASS(e), name))
        gst_util_set_object_arg(G_OBJECT(e), name, value);
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

static Rig *rig_new(const char *factory)
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
    model_give(e, model_path.text);
    set_if_there(e, "threads", "1");
    set_if_there(e, "location", "/dev/null");
    set_if_there(e, "offscreen", "yes");
    set_if_there(e, "sync", "false");
    set_if_there(e, "show-zones", "true");
    r->bus = gst_element_get_bus(r->pipeline);
    link_pads(r);
    return r;
}

static void rig_free(Rig *r)
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

// --- a stream ---

static void check_errors(Rig *r)
{
    g_autoptr(GstMessage) m = gst_bus_pop_filtered(r->bus, GST_MESSAGE_ERROR);
    if (m) {
        g_autoptr(GError) error = NULL;
        gst_message_parse_error(m, &error, NULL);
        fail_msg("%s: %s", r->name, error->message);
    }
}

static void play(Rig *r)
{
    if (gst_element_set_state(r->pipeline, GST_STATE_PLAYING) == GST_STATE_CHANGE_FAILURE)
        fail_msg("%s does not play", r->name);
}

static void send(Rig *r, GstEvent *event)
{
    const char *type = GST_EVENT_TYPE_NAME(event);
    if (!gst_pad_push_event(r->in, event))
        fail_msg("%s does not take %s", r->name, type);
}

static void send_caps(Rig *r, const char *text)
{
    g_autoptr(GstCaps) caps = gst_caps_from_string(text);
    assert_non_null(caps);
    send(r, gst_event_new_caps(caps));
}

static void send_segment(Rig *r, double rate)
{
    GstSegment segment;
    gst_segment_init(&segment, GST_FORMAT_TIME);
    segment.rate = rate;
    if (rate < 0)
        segment.stop = GST_SECOND;
    send(r, gst_event_new_segment(&segment));
}

static void send_frame(Rig *r, const char *format, int width, int height, guint64 pts)
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

static void begin(Rig *r, double rate)
{
    play(r);
    send(r, gst_event_new_stream_start("stream"));
    send_caps(r, "video/x-raw,format=I420,width=64,height=48,framerate=25/1");
    send_segment(r, rate);
}

// What came out of the element, a word each; g_free.
static char *taken(Rig *r)
{
    g_mutex_lock(&r->lock);
    char *words = g_strdup(r->came->str);
    g_string_truncate(r->came, 0);
    g_mutex_unlock(&r->lock);
    return words;
}

static void expect(Rig *r, const char *what, const char *words)
{
    g_autofree char *came = taken(r);
    check_errors(r);
    if (r->out && strcmp(came, words))
        fail_msg("%s, %s: '%s' instead of '%s'", r->name, what, came, words);
}

static void each(void (*check)(Rig *r))
{
    GList *features = frame_elements();
    assert_true(g_list_length(features) >= 6);
    for (GList *f = features; f; f = f->next) {
        Rig *r = rig_new(gst_plugin_feature_get_name(GST_PLUGIN_FEATURE(f->data)));
        check(r);
        rig_free(r);
    }
    gst_plugin_feature_list_free(features);
}

// --- the manners ---

// Whether the sink's template has such caps.
static gboolean takes(Rig *r, const char *text)
{
    g_autoptr(GstPad) pad = gst_element_get_static_pad(r->element, "sink");
    g_autoptr(GstCaps) all = gst_pad_get_pad_template_caps(pad);
    g_autoptr(GstCaps) caps = gst_caps_from_string(text);
    return gst_caps_can_intersect(all, caps);
}

// Caps change between any two frames; each change goes on once, before its frame.
static void change_caps(Rig *r)
{
    static const struct {
        const char *format, *more;
        int width, height;
    } kinds[] = {
        {"I420", "", 64, 48},
        {"I420", "", 65, 49},
        {"NV12", ",pixel-aspect-ratio=16/11", 33, 7},
        {"RGB", ",interlace-mode=interleaved,field-order=top-field-first", 61, 46},
        {"BGRx", ",interlace-mode=mixed", 62, 46},
        {"GRAY8", "", 1, 1},
        {"YUY2", ",framerate=0/1", 31, 63},
        {"I420", ",colorimetry=bt709,chroma-site=mpeg2", 1, 40},
        {"BGRA", ",multiview-mode=mono", 640, 2},
        {"UYVY", "", 64, 48},
        {"I420_10LE", "", 63, 47},
    };
    begin(r, 1);
    expect(r, "begin", "stream-start caps segment ");
    for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++) {
        g_autofree char *caps = g_strdup_printf(
            "video/x-raw,format=%s,width=%d,height=%d%s%s", kinds[i].format, kinds[i].width,
            kinds[i].height, strstr(kinds[i].more, "rate") ? "" : ",framerate=25/1", kinds[i].more);
        if (!takes(r, caps))
            continue;
        send_caps(r, caps);
        for (guint n = 0; n < 2; n++)
            send_frame(r, kinds[i].format, kinds[i].width, kinds[i].height,
                       (2 * i + n) * 40 * GST_MSECOND);
        expect(r, caps, i ? "caps frame frame " : "frame frame ");
    }
}

static void test_caps(void **state)
{
    (void)state;
    each(change_caps);
}

// Lines with room behind them and a frame that does not begin with its memory.
static void send_padded(Rig *r)
{
    enum { W = 64, H = 48, BEFORE = 19, STRIDE = 83 };
    begin(r, 1);
    send_caps(r, "video/x-raw,format=GRAY8,width=64,height=48,framerate=25/1");
    GstBuffer *b = gst_buffer_new_allocate(NULL, BEFORE + STRIDE * H, NULL);
    gst_buffer_memset(b, 0, 128, BEFORE + STRIDE * H);
    GST_BUFFER_PTS(b) = 0;
    gst_buffer_add_video_meta_full(b, GST_VIDEO_FRAME_FLAG_NONE, GST_VIDEO_FORMAT_GRAY8, W, H, 1,
                                   (gsize[4]){BEFORE}, (gint[4]){STRIDE});
    const nn_box box = {.x0 = 5, .y0 = 5, .x1 = 60, .y1 = 40, .score = 0.9f};
    frame_add_boxes(b, &box, 1, W, H, 0);
    assert_int_equal(gst_pad_push(r->in, b), GST_FLOW_OK);
    expect(r, "padded", "stream-start caps segment caps frame ");
}

static void test_padded(void **state)
{
    (void)state;
    each(send_padded);
}

// A part of a larger picture: the caps have the size of the part.
static void send_cropped(Rig *r)
{
    static const char *const formats[] = {"I420", "NV12", "BGRx", "YUY2"};
    begin(r, 1);
    g_free(taken(r));
    for (gsize i = 0; i < G_N_ELEMENTS(formats); i++) {
        const nn_box box = {.x0 = 5, .y0 = 5, .x1 = 30, .y1 = 20, .score = 0.9f};
        GstVideoInfo whole = frame_info(formats[i], 64, 48);
        g_autofree char *caps =
            g_strdup_printf("video/x-raw,format=%s,width=33,height=21,framerate=25/1", formats[i]);
        send_caps(r, caps);
        GstBuffer *b = frame_new(formats[i], 64, 48, i * 40 * GST_MSECOND);
        gst_buffer_add_video_meta_full(b, GST_VIDEO_FRAME_FLAG_NONE, GST_VIDEO_INFO_FORMAT(&whole),
                                       64, 48, whole.finfo->n_planes, whole.offset, whole.stride);
        GstVideoCropMeta *crop = gst_buffer_add_video_crop_meta(b);
        crop->x = 30;
        crop->y = 26;
        crop->width = 33;
        crop->height = 21;
        frame_add_boxes(b, &box, 1, 33, 21, 0);
        const GstFlowReturn flow = gst_pad_push(r->in, b);
        if (flow != GST_FLOW_OK)
            fail_msg("%s: %s for a part of %s", r->name, gst_flow_get_name(flow), formats[i]);
        expect(r, caps, "caps frame ");
    }
}

static void test_cropped(void **state)
{
    (void)state;
    each(send_cropped);
}

// Events keep their place between the frames, and the end comes behind the last.
static void keep_order(Rig *r)
{
    begin(r, 1);
    send(r, gst_event_new_tag(gst_tag_list_new(GST_TAG_TITLE, "street", NULL)));
    send_frame(r, "I420", 64, 48, 0);
    send(r, gst_event_new_gap(40 * GST_MSECOND, 40 * GST_MSECOND));
    send(r, gst_event_new_custom(GST_EVENT_CUSTOM_DOWNSTREAM, gst_structure_new_empty(BYE)));
    send_frame(r, "I420", 64, 48, 80 * GST_MSECOND);
    send_segment(r, 2);
    send_frame(r, "I420", 64, 48, 0);
    send(r, gst_event_new_stream_group_done(1));
    for (guint i = 1; i < 9; i++)
        send_frame(r, "I420", 64, 48, i * 40 * GST_MSECOND);
    send(r, gst_event_new_eos());
    if (!r->out) {
        g_autoptr(GstMessage) m =
            gst_bus_timed_pop_filtered(r->bus, 5 * GST_SECOND, GST_MESSAGE_EOS);
        assert_non_null(m);
    }
    expect(r, "order",
           "stream-start caps segment tag frame gap custom-downstream frame segment frame "
           "stream-group-done frame frame frame frame frame frame frame frame eos ");
}

static void test_order(void **state)
{
    (void)state;
    each(keep_order);
}

// A seek and a flush go both ways, and the stream goes on behind them; so it does after the end.
static void flush(Rig *r)
{
    begin(r, 1);
    g_free(taken(r));
    for (guint i = 0; i < 3; i++) {
        send_frame(r, "I420", 64, 48, 0);
        if (i == 1)
            send(r, gst_event_new_eos());
        send(r, gst_event_new_flush_start());
        assert_int_equal(gst_pad_push(r->in, frame_new("I420", 64, 48, 0)), GST_FLOW_FLUSHING);
        send(r, gst_event_new_flush_stop(TRUE));
        send_segment(r, 1);
        send_frame(r, "I420", 64, 48, 40 * GST_MSECOND);
        expect(r, "flush",
               i == 1 ? "frame eos flush-start flush-stop segment frame "
                      : "frame flush-start flush-stop segment frame ");
    }
}

static void test_flush(void **state)
{
    (void)state;
    each(flush);
}

static void send_upstream(Rig *r, GstEvent *event)
{
    if (r->out)
        gst_pad_push_event(r->out, event);
    else
        gst_element_send_event(r->element, event);
}

static void pass_upstream(Rig *r)
{
    begin(r, 1);
    send_frame(r, "I420", 64, 48, 0);
    g_string_truncate(r->upstream, 0);
    send_upstream(r, gst_event_new_seek(1, GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH, GST_SEEK_TYPE_SET,
                                        0, GST_SEEK_TYPE_NONE, 0));
    send_upstream(r, gst_event_new_qos(GST_QOS_TYPE_UNDERFLOW, 1.5, 20 * GST_MSECOND, 0));
    send_upstream(r, gst_event_new_latency(20 * GST_MSECOND));
    if (strcmp(r->upstream->str, "seek qos latency "))
        fail_msg("%s passes '%s' upstream", r->name, r->upstream->str);
}

static void test_upstream(void **state)
{
    (void)state;
    each(pass_upstream);
}

// Backwards: times fall, nothing is dropped or turned round.
static void play_backwards(Rig *r)
{
    begin(r, -1);
    for (guint i = 0; i < 10; i++)
        send_frame(r, "I420", 64, 48, (10 - i) * 40 * GST_MSECOND);
    expect(r, "backwards",
           "stream-start caps segment frame frame frame frame frame frame frame frame frame "
           "frame ");
    for (guint i = 0; r->out && i < 10; i++)
        assert_int_equal(g_array_index(r->pts, guint64, i), (10 - i) * 40 * GST_MSECOND);
}

static void test_backwards(void **state)
{
    (void)state;
    each(play_backwards);
}

// The latency of what is before the element is in its answer, live or not.
static void ask_latency(Rig *r)
{
    set_if_there(r->element, "sync", "true"); // else a sink has no latency
    for (int live = 0; live < 2; live++) {
        gboolean said;
        GstClockTime least, most;
        r->live = live;
        r->latency = 30 * GST_MSECOND;
        begin(r, 1);
        send_frame(r, "I420", 64, 48, 0);
        g_autoptr(GstQuery) query = gst_query_new_latency();
        const gboolean answered =
            r->out ? gst_pad_peer_query(r->out, query) : gst_element_query(r->element, query);
        if (!answered)
            fail_msg("%s does not answer for its latency", r->name);
        gst_query_parse_latency(query, &said, &least, &most);
        if (r->out && said != live) // GstBaseSink answers for sinks
            fail_msg("%s says live %d behind live %d", r->name, said, live);
        if (live && least < r->latency)
            fail_msg("%s hides the latency before it", r->name);
        assert_true(most == GST_CLOCK_TIME_NONE || most >= least);
        gst_element_set_state(r->pipeline, GST_STATE_NULL);
    }
}

static void test_latency(void **state)
{
    (void)state;
    each(ask_latency);
}

// READY to PLAYING a hundred times, with a stream now and then.
static void go_up_and_down(Rig *r)
{
    for (int i = 0; i < 100; i++) {
        play(r);
        if (i % 10 == 0) {
            begin(r, 1);
            send_frame(r, "I420", 64, 48, 0);
        }
        if (gst_element_set_state(r->pipeline, GST_STATE_READY) != GST_STATE_CHANGE_SUCCESS)
            fail_msg("%s does not reach READY, round %d", r->name, i);
    }
    check_errors(r);
    g_free(taken(r));
    begin(r, 1);
    send_frame(r, "I420", 64, 48, 0);
    expect(r, "after a hundred rounds", "stream-start caps segment frame ");
}

static void test_hundred(void **state)
{
    (void)state;
    each(go_up_and_down);
}

// --- all elements in one pipeline ---

static void await(GstElement *pipeline, GstMessageType type, const char *what)
{
    g_autoptr(GstBus) bus = gst_element_get_bus(pipeline);
    g_autoptr(GstMessage) m =
        gst_bus_timed_pop_filtered(bus, 30 * GST_SECOND, type | GST_MESSAGE_ERROR);
    if (!m)
        fail_msg("%s: nothing for half a minute", what);
    if (GST_MESSAGE_TYPE(m) == GST_MESSAGE_ERROR) {
        g_autoptr(GError) error = NULL;
        gst_message_parse_error(m, &error, NULL);
        fail_msg("%s: %s", what, error->message);
    }
}

// Plays, seeks, turns round, plays fast and ends.
static void test_chain(void **state)
{
    (void)state;
    static const struct {
        double rate;
        guint flags;
    } moves[] = {{1, GST_SEEK_FLAG_FLUSH},
                 {-1, GST_SEEK_FLAG_FLUSH},
                 {2, GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_ACCURATE},
                 {-2, GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_TRICKMODE}};
    g_autoptr(GError) error = NULL;
    g_autofree char *text = g_strdup_printf(
        "videotestsrc pattern=ball ! video/x-raw,format=NV12,width=161,height=121,framerate=25/1 ! "
        "neroinfer model=%s threads=1 async=false threshold=0.01 ! nerotrack camera-motion=true ! "
        "neroanalytics lines=gate:0,0.5,1,0.5 zones=yard:0.1,0.1,0.9,0.9 ! "
        "nerooverlay trail-length=1 anonymize=pixelate ! neropublish location=/dev/null ! "
        "neroview name=v ! queue ! nerosink offscreen=yes sync=false inner-view=true "
        "v.view ! queue ! fakesink sync=false",
        model_path.text);
    GstElement *pipeline = gst_parse_launch(text, &error);
    if (error)
        fail_msg("%s", error->message);
    gst_element_set_state(pipeline, GST_STATE_PAUSED);
    await(pipeline, GST_MESSAGE_ASYNC_DONE, "preroll");
    for (gsize i = 0; i < G_N_ELEMENTS(moves); i++) {
        assert_true(gst_element_seek(pipeline, moves[i].rate, GST_FORMAT_TIME,
                                     (GstSeekFlags)moves[i].flags, GST_SEEK_TYPE_SET, 0,
                                     GST_SEEK_TYPE_SET, GST_SECOND));
        gst_element_set_state(pipeline, GST_STATE_PLAYING);
        await(pipeline, GST_MESSAGE_EOS, "a second of the chain");
    }
    gst_element_set_state(pipeline, GST_STATE_NULL);
    gst_object_unref(pipeline);
}

int main(int argc, char **argv)
{
    gst_init(&argc, &argv);
    g_log_set_always_fatal(G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_caps),      cmocka_unit_test(test_padded),
        cmocka_unit_test(test_cropped),   cmocka_unit_test(test_order),
        cmocka_unit_test(test_flush),     cmocka_unit_test(test_upstream),
        cmocka_unit_test(test_backwards), cmocka_unit_test(test_latency),
        cmocka_unit_test(test_hundred),   cmocka_unit_test(test_chain),
    };
    return cmocka_run_group_tests(tests, make_model, NULL);
}
