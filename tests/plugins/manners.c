// SPDX-License-Identifier: MIT
// What every element owes its neighbours: caps that change, odd frames, events in their order,
// flushes, seeks, playing backwards, latency, and a hundred times up and down. Walks all elements;
// a CRITICAL ends the test.
#include "tests/plugins/frames.h"
#include "tests/plugins/live_objects.h"
#include "tests/plugins/models.h"
#include "tests/plugins/rig.h"
#include "tests/support/files.h"
#include "tests/support/test.h"

#define BYE "nero-bye" // name of a custom event

static test_path model_path;

static int make_model(void **state)
{
    (void)state;
    model_path = test_temp("small.safetensors");
    model_write(model_path.text);
    return 0;
}

static void each(void (*check)(Rig *r))
{
    GList *features = frame_elements();
    assert_true(g_list_length(features) >= 6);
    for (GList *f = features; f; f = f->next) {
        Rig *r = rig_new(gst_plugin_feature_get_name(GST_PLUGIN_FEATURE(f->data)), model_path.text);
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
        {"NV12", ",interlace-mode=interleaved,field-order=bottom-field-first", 65, 47},
        {"I420", ",interlace-mode=interleaved,pixel-aspect-ratio=59/54", 64, 47},
        {"I420_10LE", "", 63, 47},
    };
    rig_begin(r, 1);
    rig_expect(r, "begin", "stream-start caps segment ");
    for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++) {
        g_autofree char *caps = g_strdup_printf(
            "video/x-raw,format=%s,width=%d,height=%d%s%s", kinds[i].format, kinds[i].width,
            kinds[i].height, strstr(kinds[i].more, "rate") ? "" : ",framerate=25/1", kinds[i].more);
        if (!takes(r, caps))
            continue;
        rig_send_caps(r, caps);
        for (guint n = 0; n < 2; n++)
            rig_send_frame(r, kinds[i].format, kinds[i].width, kinds[i].height,
                           (2 * i + n) * 40 * GST_MSECOND);
        rig_expect(r, caps, i ? "caps frame frame " : "frame frame ");
    }
}

static void test_caps(void **state)
{
    (void)state;
    each(change_caps);
}

// Lines with room behind them, and a frame that does not begin with its memory.
static GstBuffer *padded(const char *format, int width, int height, guint64 pts)
{
    enum { BEFORE = 19, BEHIND = 13 };
    const GstVideoInfo info = frame_info(format, width, height);
    gsize offset[GST_VIDEO_MAX_PLANES] = {0}, size = BEFORE;
    gint stride[GST_VIDEO_MAX_PLANES] = {0};
    for (guint i = 0; i < GST_VIDEO_INFO_N_PLANES(&info); i++) {
        offset[i] = size;
        stride[i] = GST_VIDEO_INFO_PLANE_STRIDE(&info, i) + BEHIND;
        size += (gsize)stride[i] * (gsize)height;
    }
    GstBuffer *b = gst_buffer_new_allocate(NULL, size, NULL);
    gst_buffer_memset(b, 0, 128, size);
    GST_BUFFER_PTS(b) = pts;
    gst_buffer_add_video_meta_full(b, GST_VIDEO_FRAME_FLAG_NONE, GST_VIDEO_INFO_FORMAT(&info),
                                   (guint)width, (guint)height, GST_VIDEO_INFO_N_PLANES(&info),
                                   offset, stride);
    return b;
}

static void send_padded(Rig *r)
{
    static const char *const formats[] = {"GRAY8", "I420", "NV12", "YUY2",
                                          "RGB",   "BGRA", "Y444", "P010_10LE"};
    const nn_box box = {.x0 = 5, .y0 = 5, .x1 = 60, .y1 = 40, .score = 0.9f};
    rig_begin(r, 1);
    g_free(rig_taken(r));
    for (gsize i = 0; i < G_N_ELEMENTS(formats); i++) {
        g_autofree char *caps =
            g_strdup_printf("video/x-raw,format=%s,width=63,height=47,framerate=25/1", formats[i]);
        if (!takes(r, caps))
            continue;
        rig_send_caps(r, caps);
        GstBuffer *b = padded(formats[i], 63, 47, i * 40 * GST_MSECOND);
        frame_add_boxes(b, &box, 1, 63, 47, 0);
        const GstFlowReturn flow = gst_pad_push(r->in, b);
        if (flow != GST_FLOW_OK)
            fail_msg("%s: %s for padded %s", r->name, gst_flow_get_name(flow), formats[i]);
        rig_expect(r, caps, "caps frame ");
    }
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
    rig_begin(r, 1);
    g_free(rig_taken(r));
    for (gsize i = 0; i < G_N_ELEMENTS(formats); i++) {
        const nn_box box = {.x0 = 5, .y0 = 5, .x1 = 30, .y1 = 20, .score = 0.9f};
        GstVideoInfo whole = frame_info(formats[i], 64, 48);
        g_autofree char *caps =
            g_strdup_printf("video/x-raw,format=%s,width=33,height=21,framerate=25/1", formats[i]);
        rig_send_caps(r, caps);
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
        rig_expect(r, caps, "caps frame ");
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
    rig_begin(r, 1);
    rig_send(r, gst_event_new_tag(gst_tag_list_new(GST_TAG_TITLE, "street", NULL)));
    rig_send_frame(r, "I420", 64, 48, 0);
    rig_send(r, gst_event_new_gap(40 * GST_MSECOND, 40 * GST_MSECOND));
    rig_send(r, gst_event_new_custom(GST_EVENT_CUSTOM_DOWNSTREAM, gst_structure_new_empty(BYE)));
    rig_send_frame(r, "I420", 64, 48, 80 * GST_MSECOND);
    rig_send_segment(r, 2);
    rig_send_frame(r, "I420", 64, 48, 0);
    rig_send(r, gst_event_new_stream_group_done(1));
    for (guint i = 1; i < 9; i++)
        rig_send_frame(r, "I420", 64, 48, i * 40 * GST_MSECOND);
    rig_send(r, gst_event_new_eos());
    if (!r->out) {
        g_autoptr(GstMessage) m =
            gst_bus_timed_pop_filtered(r->bus, 60 * GST_SECOND, GST_MESSAGE_EOS);
        assert_non_null(m);
    }
    rig_expect(r, "order",
               "stream-start caps segment tag frame gap custom-downstream frame segment frame "
               "stream-group-done frame frame frame frame frame frame frame frame eos ");
}

static void test_order(void **state)
{
    (void)state;
    each(keep_order);
}

// Frames of every kind: of one field first, damaged, without pictures, without a time.
static void keep_flags(Rig *r)
{
    static const guint flags[] = {
        GST_VIDEO_BUFFER_FLAG_INTERLACED,
        GST_VIDEO_BUFFER_FLAG_INTERLACED | GST_VIDEO_BUFFER_FLAG_TFF,
        GST_VIDEO_BUFFER_FLAG_INTERLACED | GST_VIDEO_BUFFER_FLAG_RFF,
        GST_VIDEO_BUFFER_FLAG_INTERLACED | GST_VIDEO_BUFFER_FLAG_ONEFIELD,
        GST_BUFFER_FLAG_DISCONT,
        GST_BUFFER_FLAG_CORRUPTED,
        GST_BUFFER_FLAG_GAP,
        GST_BUFFER_FLAG_DROPPABLE,
        GST_BUFFER_FLAG_LIVE | GST_BUFFER_FLAG_RESYNC,
    };
    rig_begin(r, 1);
    rig_send_caps(r, "video/x-raw,format=I420,width=64,height=48,framerate=25/1,"
                     "interlace-mode=mixed");
    g_free(rig_taken(r));
    for (gsize i = 0; i <= G_N_ELEMENTS(flags); i++) {
        const gboolean timeless = i == G_N_ELEMENTS(flags);
        GstBuffer *b = frame_new("I420", 64, 48, timeless ? GST_CLOCK_TIME_NONE : i * GST_SECOND);
        GST_BUFFER_FLAG_SET(b, timeless ? 0 : flags[i]);
        const GstFlowReturn flow = gst_pad_push(r->in, b);
        if (flow != GST_FLOW_OK)
            fail_msg("%s: %s for flags %x", r->name, gst_flow_get_name(flow), flags[i]);
        rig_expect(r, "flags", "frame ");
    }
}

static void test_flags(void **state)
{
    (void)state;
    each(keep_flags);
}

// The position is the end of the last frame, in the segment's time; a stream of bytes has none.
static void keep_position(Rig *r)
{
    gint64 at = -1;
    GstSegment bytes;
    rig_begin(r, 1);
    rig_send_frame(r, "I420", 64, 48, 3 * GST_SECOND);
    if (r->out) {
        assert_true(gst_pad_peer_query_position(r->out, GST_FORMAT_TIME, &at));
        assert_int_equal(at, 3 * GST_SECOND + 40 * GST_MSECOND);
    }
    gst_segment_init(&bytes, GST_FORMAT_BYTES);
    rig_send(r, gst_event_new_segment(&bytes));
    assert_false(r->out && gst_pad_peer_query_position(r->out, GST_FORMAT_TIME, &at));
    g_free(rig_taken(r));
}

static void test_position(void **state)
{
    (void)state;
    each(keep_position);
}

// A sink that is late says so. Only the element that takes long for each frame drops some, until
// those come that are in time.
static void keep_pace(Rig *r)
{
    const gboolean drops = strcmp(r->name, "neroupscale") == 0;
    rig_begin(r, 1);
    rig_send_frame(r, "I420", 64, 48, 0);
    g_free(rig_taken(r));
    if (r->out)
        gst_pad_push_event(r->out,
                           gst_event_new_qos(GST_QOS_TYPE_UNDERFLOW, 2, 200 * GST_MSECOND, 0));
    for (guint i = 1; i < 4; i++)
        rig_send_frame(r, "I420", 64, 48, i * 40 * GST_MSECOND);
    rig_expect(r, "late", drops ? "" : "frame frame frame ");
    for (guint i = 0; i < 3; i++)
        rig_send_frame(r, "I420", 64, 48, GST_SECOND + i * 40 * GST_MSECOND);
    rig_expect(r, "in time", "frame frame frame ");
}

static void test_pace(void **state)
{
    (void)state;
    each(keep_pace);
}

// A seek and a flush go both ways, and the stream goes on behind them; so it does after the end.
static void flush(Rig *r)
{
    rig_begin(r, 1);
    g_free(rig_taken(r));
    for (guint i = 0; i < 3; i++) {
        rig_send_frame(r, "I420", 64, 48, 0);
        if (i == 1)
            rig_send(r, gst_event_new_eos());
        rig_send(r, gst_event_new_flush_start());
        assert_int_equal(gst_pad_push(r->in, frame_new("I420", 64, 48, 0)), GST_FLOW_FLUSHING);
        rig_send(r, gst_event_new_flush_stop(TRUE));
        rig_send_segment(r, 1);
        rig_send_frame(r, "I420", 64, 48, 40 * GST_MSECOND);
        rig_expect(r, "flush",
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
    rig_begin(r, 1);
    rig_send_frame(r, "I420", 64, 48, 0);
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
    rig_begin(r, -1);
    for (guint i = 0; i < 10; i++)
        rig_send_frame(r, "I420", 64, 48, (10 - i) * 40 * GST_MSECOND);
    rig_expect(r, "backwards",
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
    rig_set(r, "sync", "true"); // else a sink has no latency
    for (int live = 0; live < 2; live++) {
        gboolean said;
        GstClockTime least, most;
        r->live = live;
        r->latency = 30 * GST_MSECOND;
        rig_begin(r, 1);
        rig_send_frame(r, "I420", 64, 48, 0);
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

static void go_up_and_down(Rig *r, int rounds)
{
    for (int i = 0; i < rounds; i++) {
        rig_play(r);
        if (i % 10 == 0) {
            rig_begin(r, 1);
            rig_send_frame(r, "I420", 64, 48, 0);
        }
        if (gst_element_set_state(r->pipeline, GST_STATE_READY) != GST_STATE_CHANGE_SUCCESS)
            fail_msg("%s does not reach READY, round %d", r->name, i);
    }
    rig_check(r);
    g_free(rig_taken(r));
}

// Objects that are alive when an element has gone up and down so often, and is gone.
static int count_after(const char *factory, int rounds, int enough)
{
    Rig *r = rig_new(factory, model_path.text);
    go_up_and_down(r, rounds);
    rig_begin(r, 1);
    rig_send_frame(r, "I420", 64, 48, 0);
    rig_expect(r, "after all rounds", "stream-start caps segment frame ");
    rig_free(r);
    return live_settled(enough);
}

// READY to PLAYING a hundred times, with a stream now and then, leaves no object that is not there
// after the first time.
static void test_hundred(void **state)
{
    (void)state;
    GList *features = frame_elements();
    for (GList *f = features; f; f = f->next) {
        const char *name = gst_plugin_feature_get_name(GST_PLUGIN_FEATURE(f->data));
        const int before = count_after(name, 1, G_MAXINT);
        const int after = count_after(name, 100, before);
        print_message("%s: %d objects after 1 round, %d after 100\n", name, before, after);
        if (after > before)
            live_count(TRUE);
        assert_true(after <= before);
    }
    gst_plugin_feature_list_free(features);
}

// --- all elements in one pipeline ---

static void await(GstElement *pipeline, GstMessageType type, const char *what)
{
    g_autoptr(GstBus) bus = gst_element_get_bus(pipeline);
    g_autoptr(GstMessage) m =
        gst_bus_timed_pop_filtered(bus, 60 * GST_SECOND, type | GST_MESSAGE_ERROR);
    if (!m)
        fail_msg("%s: nothing for a minute", what);
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
    g_setenv("GST_TRACERS", "leaks", TRUE);
    gst_init(&argc, &argv);
    g_log_set_always_fatal(G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_caps),     cmocka_unit_test(test_padded),
        cmocka_unit_test(test_cropped),  cmocka_unit_test(test_order),
        cmocka_unit_test(test_flags),    cmocka_unit_test(test_pace),
        cmocka_unit_test(test_position), cmocka_unit_test(test_flush),
        cmocka_unit_test(test_upstream), cmocka_unit_test(test_backwards),
        cmocka_unit_test(test_latency),  cmocka_unit_test(test_hundred),
        cmocka_unit_test(test_chain),
    };
    return cmocka_run_group_tests(tests, make_model, NULL);
}
