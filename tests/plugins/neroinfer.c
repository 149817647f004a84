// SPDX-License-Identifier: MIT
// neroinfer with a stand-in detector: what it shows the engine, what it attaches, interval, caps,
// properties, latency, late frames, statistics and errors.
#include "plugins/elements.h"
#include "plugins/inferprops.h"
#include "tests/plugins/fake_detector.h"
#include "tests/plugins/frames.h"
#include "tests/support/test.h"

enum { W = 64, H = 48 };

static GstHarness *open_infer(const char *settings)
{
    fake_reset();
    g_autofree char *text = g_strdup_printf("neroinfer model=street name=i %s", settings);
    GstHarness *h = gst_harness_new_parse(text);
    assert_non_null(h);
    gst_harness_set_live(h, FALSE);
    frame_caps(h, "GRAY8", W, H, "");
    return h;
}

static GstBuffer *push(GstHarness *h, GstClockTime pts)
{
    GstBuffer *out = gst_harness_push_and_pull(h, frame_new("GRAY8", W, H, pts));
    assert_non_null(out);
    assert_int_equal(GST_BUFFER_PTS(out), pts);
    return out;
}

static guint64 stat_of(GstHarness *h, const char *field)
{
    g_autoptr(GstElement) e = gst_harness_find_element(h, "neroinfer");
    g_autoptr(GstStructure) stats = NULL;
    guint64 value = 0;
    g_object_get(e, "stats", &stats, NULL);
    if (!gst_structure_get_uint64(stats, field, &value))
        fail_msg("no %s in the statistics", field);
    return value;
}

static void set_on(GstHarness *h, const char *name, const char *value)
{
    g_autoptr(GstElement) e = gst_harness_find_element(h, "neroinfer");
    gst_util_set_object_arg(G_OBJECT(e), name, value);
}

static double detection(const GstStructure *s, const char *field)
{
    gdouble value = -1;
    assert_true(gst_structure_get_double(s, field, &value));
    return value;
}

static void test_attached(void **state)
{
    (void)state;
    GstHarness *h = open_infer("");
    GstBuffer *out = push(h, 40);
    NeroMeta *m = nero_meta_get(out);
    assert_non_null(m);
    assert_int_equal(m->result.count, 2);
    assert_int_equal(m->result.source_pts, 40);
    assert_float_equal(m->result.age_ms, 0, 0);
    assert_false(m->result.boxes[0].predicted);
    assert_string_equal(nero_labels_model(m->labels), "street");

    gpointer it = NULL;
    GType api = GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE;
    GstVideoRegionOfInterestMeta *roi =
        (GstVideoRegionOfInterestMeta *)gst_buffer_iterate_meta_filtered(out, &it, api);
    assert_non_null(roi);
    assert_string_equal(g_quark_to_string(roi->roi_type), "person");
    assert_int_equal(roi->id, 1);
    assert_int_equal(roi->parent_id, 0);
    assert_int_equal(roi->x, 10);
    assert_int_equal(roi->y, 5);
    assert_int_equal(roi->w, 10);
    assert_int_equal(roi->h, 20);
    GstStructure *s = gst_video_region_of_interest_meta_get_param(roi, "detection");
    assert_non_null(s);
    int label = -1;
    assert_true(gst_structure_get_int(s, "label_id", &label));
    assert_int_equal(label, 0);
    assert_float_equal(detection(s, "confidence"), 0.9, 1e-6);
    assert_float_equal(detection(s, "x_min"), 10 / 64.0, 1e-6);
    assert_float_equal(detection(s, "x_max"), 20 / 64.0, 1e-6);
    assert_float_equal(detection(s, "y_min"), 5 / 48.0, 1e-6);
    assert_float_equal(detection(s, "y_max"), 25 / 48.0, 1e-6);
    assert_string_equal(gst_structure_get_string(s, "model_name"), "street");
    assert_int_equal(gst_structure_n_fields(s), 7);
    assert_null(gst_video_region_of_interest_meta_get_param(roi, "object_id"));
    roi = (GstVideoRegionOfInterestMeta *)gst_buffer_iterate_meta_filtered(out, &it, api);
    assert_int_equal(roi->id, 2);
    assert_string_equal(g_quark_to_string(roi->roi_type), "car");
    assert_null(gst_buffer_iterate_meta_filtered(out, &it, api));
    gst_buffer_unref(out);
    gst_harness_teardown(h);
}

// The pixels are neither changed nor copied, and a second detector goes on counting regions.
static void test_pixels_and_second_detector(void **state)
{
    (void)state;
    GstHarness *h = open_infer("! neroinfer model=other");
    GstBuffer *in = frame_new("GRAY8", W, H, 0);
    GstMemory *memory = gst_buffer_peek_memory(in, 0);
    g_autoptr(GBytes) before = frame_bytes(in);
    gst_harness_push(h, gst_buffer_ref(in)); // shared: not writable
    GstBuffer *out = gst_harness_pull(h);
    g_autoptr(GBytes) after = frame_bytes(out);
    assert_true(g_bytes_equal(before, after));
    assert_ptr_equal(gst_buffer_peek_memory(out, 0), memory);
    assert_null(nero_meta_get(in));
    gpointer it = NULL;
    GstMeta *meta;
    int ids = 0;
    while ((meta = gst_buffer_iterate_meta_filtered(out, &it,
                                                    GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE)))
        assert_int_equal(((GstVideoRegionOfInterestMeta *)meta)->id, ++ids);
    assert_int_equal(ids, 4);
    gst_buffer_unref(in);
    gst_buffer_unref(out);
    gst_harness_teardown(h);
}

static void test_formats(void **state)
{
    (void)state;
    static const int sizes[][2] = {{64, 48}, {63, 47}, {33, 1}, {1, 1}};
    GstHarness *h = open_infer("");
    for (const char *const *f = frame_formats; *f; f++) {
        for (gsize i = 0; i < G_N_ELEMENTS(sizes); i++) {
            int w = sizes[i][0], hgt = sizes[i][1];
            frame_caps(h, *f, w, hgt, "");
            GstBuffer *in = frame_new(*f, w, hgt, 0);
            guint8 first;
            gst_buffer_extract(in, 0, &first, 1);
            GstBuffer *out = gst_harness_push_and_pull(h, in);
            fake_seen seen = fake_get();
            assert_int_equal(seen.frame.width, w);
            assert_int_equal(seen.frame.height, hgt);
            assert_int_equal(seen.first, first);
            NeroMeta *m = nero_meta_get(out);
            assert_int_equal(m->result.frame_width, w);
            gst_buffer_unref(out);
        }
    }
    gst_harness_teardown(h);
}

static void test_format_names(void **state)
{
    (void)state;
    GstHarness *h = open_infer("");
    for (const char *const *f = frame_formats; *f; f++) {
        frame_caps(h, *f, 16, 16, "");
        gst_buffer_unref(gst_harness_push_and_pull(h, frame_new(*f, 16, 16, 0)));
        g_autofree char *want = g_ascii_strup(*f, -1);
        if (strlen(want) == 4 && strchr(want, 'A') && !strchr(want, 'Y'))
            *strchr(want, 'A') = 'X'; // alpha is as good as padding
        g_autofree char *got = g_ascii_strup(nn_pixel_format_name(fake_get().frame.format), -1);
        assert_string_equal(got, want);
    }
    gst_harness_teardown(h);
}

static void test_colorimetry_and_strides(void **state)
{
    (void)state;
    GstHarness *h = open_infer("");
    frame_caps(h, "I420", 16, 16, ",colorimetry=bt709");
    gst_buffer_unref(gst_harness_push_and_pull(h, frame_new("I420", 16, 16, 0)));
    assert_true(fake_get().frame.bt709);
    assert_false(fake_get().frame.full_range);
    frame_caps(h, "I420", 16, 16, ",colorimetry=(string)1:4:0:0");
    gst_buffer_unref(gst_harness_push_and_pull(h, frame_new("I420", 16, 16, 0)));
    assert_false(fake_get().frame.bt709);
    assert_true(fake_get().frame.full_range);

    frame_caps(h, "GRAY8", 20, 10, "");
    GstBuffer *in = gst_buffer_new_allocate(NULL, 8 + 32 * 10, NULL);
    gst_buffer_memset(in, 0, 0, -1);
    gst_buffer_memset(in, 8, 7, 20);
    gst_buffer_memset(in, 8 + 32, 9, 20);
    gsize offset[4] = {8};
    gint stride[4] = {32};
    gst_buffer_add_video_meta_full(in, GST_VIDEO_FRAME_FLAG_NONE, GST_VIDEO_FORMAT_GRAY8, 20, 10, 1,
                                   offset, stride);
    gst_buffer_unref(gst_harness_push_and_pull(h, in));
    assert_int_equal(fake_get().frame.stride[0], 32);
    assert_int_equal(fake_get().first, 7);
    assert_int_equal(fake_get().below, 9);
    gst_harness_teardown(h);
}

static void check_age(GstBuffer *out, double age, gboolean predicted)
{
    NeroMeta *m = nero_meta_get(out);
    assert_non_null(m);
    assert_float_equal(m->result.age_ms, age, 1e-3);
    for (int i = 0; i < m->result.count; i++)
        assert_int_equal(m->result.boxes[i].predicted, predicted);
    gst_buffer_unref(out);
}

static void test_interval(void **state)
{
    (void)state;
    GstHarness *h = open_infer("inference-interval=3");
    for (int i = 0; i < 8; i++)
        check_age(push(h, i * 40 * GST_MSECOND), i % 3 * 40, i % 3 != 0);
    assert_int_equal(fake_get().runs, 3);
    assert_int_equal(stat_of(h, "frames"), 8);
    assert_int_equal(stat_of(h, "inferred"), 3);
    assert_int_equal(stat_of(h, "skipped"), 5);
    assert_int_equal(stat_of(h, "detections"), 6);
    gst_harness_teardown(h);
}

// Without timestamps the age is what has passed on the clock.
static void test_age_without_pts(void **state)
{
    (void)state;
    GstHarness *h = open_infer("inference-interval=2");
    gst_buffer_unref(push(h, GST_CLOCK_TIME_NONE));
    g_usleep(30000);
    GstBuffer *out = push(h, GST_CLOCK_TIME_NONE);
    NeroMeta *m = nero_meta_get(out);
    assert_true(m->result.age_ms >= 30 && m->result.age_ms < 5000);
    assert_true(m->result.source_pts == UINT64_MAX);
    gst_buffer_unref(out);
    gst_harness_teardown(h);
}

// Boxes are not carried into another size, past a flush or into a new segment.
static void test_nothing_stale(void **state)
{
    (void)state;
    GstHarness *h = open_infer("inference-interval=2");
    for (int way = 0; way < 3; way++) {
        check_age(push(h, 0), 0, FALSE); // frames 0, 2, 4 are inferred
        GstSegment segment;
        gst_segment_init(&segment, GST_FORMAT_TIME);
        if (way == 0) {
            frame_caps(h, "GRAY8", W, H, ",pixel-aspect-ratio=2/1");
        } else if (way == 1) {
            gst_harness_push_event(h, gst_event_new_flush_start());
            gst_harness_push_event(h, gst_event_new_flush_stop(TRUE));
            gst_harness_push_event(h, gst_event_new_segment(&segment));
        } else {
            segment.base = GST_SECOND;
            gst_harness_push_event(h, gst_event_new_segment(&segment));
        }
        GstBuffer *out = push(h, 40);
        assert_null(nero_meta_get(out));
        gst_buffer_unref(out);
    }
    gst_harness_teardown(h);
}

static int count_boxes(GstHarness *h)
{
    GstBuffer *out = push(h, 0);
    int n = nero_meta_get(out)->result.count;
    gst_buffer_unref(out);
    return n;
}

static void test_properties(void **state)
{
    (void)state;
    GstHarness *h = open_infer("threads=3 max-detections=7");
    assert_int_equal(fake_get().threads, 3);
    assert_int_equal(count_boxes(h), 2);
    assert_int_equal(fake_get().max_detections, 7);
    set_on(h, "threshold", "0.5");
    assert_int_equal(count_boxes(h), 1);
    set_on(h, "threshold", "-1");
    assert_int_equal(count_boxes(h), 2);
    set_on(h, "labels", " car ,");
    assert_int_equal(count_boxes(h), 1);
    set_on(h, "labels", "");
    assert_int_equal(count_boxes(h), 2);
    set_on(h, "labels", " , ");
    assert_int_equal(count_boxes(h), 2);
    set_on(h, "max-detections", "1");
    assert_int_equal(count_boxes(h), 1);
    gst_harness_teardown(h);
}

// A label the model does not know: refused at start, named once and ignored while playing.
static void test_unknown_label(void **state)
{
    (void)state;
    GstHarness *h = open_infer("");
    g_autoptr(GstBus) bus = gst_bus_new();
    gst_element_set_bus(h->element, bus);
    set_on(h, "labels", "dog,person");
    assert_int_equal(count_boxes(h), 1);
    assert_int_equal(count_boxes(h), 1);
    g_autoptr(GstMessage) m = gst_bus_pop_filtered(bus, GST_MESSAGE_WARNING);
    assert_non_null(m);
    g_autoptr(GError) error = NULL;
    gst_message_parse_warning(m, &error, NULL);
    assert_non_null(strstr(error->message, "dog"));
    assert_non_null(strstr(error->message, "person, car"));
    assert_null(gst_bus_pop_filtered(bus, GST_MESSAGE_WARNING));
    gst_element_set_bus(h->element, NULL);
    gst_harness_teardown(h);
}

static void test_stats(void **state)
{
    (void)state;
    GstHarness *h = open_infer("");
    fake_slow(5);
    for (int i = 0; i < 4; i++)
        gst_buffer_unref(push(h, i));
    g_autoptr(GstElement) e = gst_harness_find_element(h, "neroinfer");
    g_autoptr(GstStructure) s = NULL;
    g_object_get(e, "stats", &s, NULL);
    double min, average, max, last, fps;
    int w, hgt;
    gboolean async;
    assert_true(gst_structure_get(s, "infer-ms-min", G_TYPE_DOUBLE, &min, "infer-ms-average",
                                  G_TYPE_DOUBLE, &average, "infer-ms-max", G_TYPE_DOUBLE, &max,
                                  "infer-ms-last", G_TYPE_DOUBLE, &last, "fps", G_TYPE_DOUBLE, &fps,
                                  "input-width", G_TYPE_INT, &w, "input-height", G_TYPE_INT, &hgt,
                                  "async", G_TYPE_BOOLEAN, &async, NULL));
    assert_true(5 <= min && min <= average && average <= max && min <= last && last <= max);
    assert_true(fps > 0 && fps <= 200);
    assert_int_equal(w, 128);
    assert_int_equal(hgt, 96);
    assert_false(async);
    assert_string_equal(gst_structure_get_string(s, "model"), "street");
    // Back to READY: everything begins again.
    gst_element_set_state(h->element, GST_STATE_READY);
    assert_int_equal(stat_of(h, "frames"), 0);
    assert_int_equal(stat_of(h, "inferred"), 0);
    gst_harness_teardown(h);
}

static GstClockTime latency_of(GstHarness *h, gboolean live, GstClockTime *max)
{
    g_autoptr(GstQuery) q = gst_query_new_latency();
    GstClockTime min;
    gboolean is_live;
    gst_harness_set_live(h, live);
    g_autoptr(GstPad) pad = gst_element_get_static_pad(h->element, "src");
    assert_true(gst_pad_query(pad, q));
    gst_query_parse_latency(q, &is_live, &min, max);
    assert_int_equal(is_live, live);
    return min;
}

// Synchronous: the measured time and some headroom, announced when it changes and not otherwise.
static void test_latency(void **state)
{
    (void)state;
    GstHarness *h = open_infer("async=false");
    g_autoptr(GstBus) bus = gst_bus_new();
    gst_element_set_bus(h->element, bus);
    gst_harness_set_upstream_latency(h, 7 * GST_MSECOND);
    GstClockTime max;
    assert_int_equal(latency_of(h, TRUE, &max), 7 * GST_MSECOND);
    fake_slow(20);
    gst_buffer_unref(push(h, 0));
    g_autoptr(GstMessage) m = gst_bus_pop_filtered(bus, GST_MESSAGE_LATENCY);
    assert_non_null(m);
    GstClockTime first = latency_of(h, TRUE, &max) - 7 * GST_MSECOND;
    assert_true(first >= 20 * GST_MSECOND && first < 200 * GST_MSECOND);
    assert_true(max == GST_CLOCK_TIME_NONE || max >= first);
    fake_slow(first / GST_MSECOND * 2);
    gst_buffer_unref(push(h, 1));
    g_autoptr(GstMessage) again = gst_bus_pop_filtered(bus, GST_MESSAGE_LATENCY);
    assert_non_null(again);
    assert_true(latency_of(h, TRUE, &max) > first * 2);
    for (int i = 0; i < 5; i++)
        gst_buffer_unref(push(h, 2));
    fake_slow(1);
    for (int i = 0; i < 20; i++)
        gst_buffer_unref(push(h, 2));
    g_autoptr(GstMessage) down = gst_bus_pop_filtered(bus, GST_MESSAGE_LATENCY);
    assert_non_null(down);
    assert_true(latency_of(h, TRUE, &max) < 7 * GST_MSECOND + first);
    gst_element_set_bus(h->element, NULL);
    gst_harness_teardown(h);
}

// auto: a live source makes it asynchronous, which adds no latency.
static void test_mode(void **state)
{
    (void)state;
    static const struct {
        const char *setting;
        gboolean live, async;
    } cases[] = {
        {"async=auto", TRUE, TRUE},  {"async=auto", FALSE, FALSE},  {"async=false", TRUE, FALSE},
        {"async=true", FALSE, TRUE}, {"async=false", FALSE, FALSE}, {"async=true", TRUE, TRUE},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        GstHarness *h = open_infer(cases[i].setting);
        gst_harness_set_live(h, cases[i].live);
        fake_slow(5);
        gst_buffer_unref(push(h, 0));
        gst_harness_push_event(h, gst_event_new_eos()); // waits for the worker
        g_autoptr(GstElement) e = gst_harness_find_element(h, "neroinfer");
        g_autoptr(GstStructure) s = NULL;
        gboolean async = 2;
        g_object_get(e, "stats", &s, NULL);
        gst_structure_get_boolean(s, "async", &async);
        assert_int_equal(async, cases[i].async);
        GstClockTime max;
        gboolean waits = cases[i].live && !cases[i].async; // GStreamer counts live latency only
        assert_int_equal(latency_of(h, cases[i].live, &max) > 0, waits);
        gst_harness_teardown(h);
    }
}

// The property takes a boolean from C, as its name promises.
static void test_async_is_boolean_too(void **state)
{
    (void)state;
    g_autoptr(GstElement) e = gst_object_ref_sink(gst_element_factory_make("neroinfer", NULL));
    int value;
    g_object_get(e, "async", &value, NULL);
    assert_int_equal(value, NERO_ASYNC_AUTO);
    g_object_set(e, "async", TRUE, NULL);
    g_object_get(e, "async", &value, NULL);
    assert_int_equal(value, NERO_ASYNC_TRUE);
}

// A late live stream: inference is skipped, the frame goes on, and a QoS message says so.
static void test_late_frames(void **state)
{
    (void)state;
    GstHarness *h = open_infer("async=false");
    gst_harness_set_live(h, TRUE);
    g_autoptr(GstBus) bus = gst_bus_new();
    gst_element_set_bus(h->element, bus);
    check_age(push(h, 0), 0, FALSE);
    gst_harness_push_upstream_event(
        h, gst_event_new_qos(GST_QOS_TYPE_UNDERFLOW, 1.5, 100 * GST_MSECOND, 0));
    check_age(push(h, 40 * GST_MSECOND), 40, TRUE);
    check_age(push(h, 80 * GST_MSECOND), 80, TRUE);
    check_age(push(h, 120 * GST_MSECOND), 0, FALSE); // in time again
    assert_int_equal(fake_get().runs, 2);
    assert_int_equal(stat_of(h, "skipped"), 2);
    for (int i = 0; i < 2; i++) {
        g_autoptr(GstMessage) m = gst_bus_pop_filtered(bus, GST_MESSAGE_QOS);
        assert_non_null(m);
        guint64 processed, dropped;
        gst_message_parse_qos_stats(m, NULL, &processed, &dropped);
        assert_int_equal(processed, 1);
        assert_int_equal(dropped, i + 1);
    }
    // However late: once a second it looks.
    gst_harness_push_upstream_event(
        h, gst_event_new_qos(GST_QOS_TYPE_UNDERFLOW, 1.5, 100 * GST_SECOND, 0));
    check_age(push(h, 160 * GST_MSECOND), 40, TRUE);
    check_age(push(h, 1200 * GST_MSECOND), 0, FALSE);
    gst_element_set_bus(h->element, NULL);
    gst_harness_teardown(h);
}

// A file is inferred frame by frame, however late the sink finds it.
static void test_late_files(void **state)
{
    (void)state;
    GstHarness *h = open_infer("");
    gst_harness_push_upstream_event(
        h, gst_event_new_qos(GST_QOS_TYPE_UNDERFLOW, 1.5, 100 * GST_SECOND, 0));
    for (int i = 0; i < 5; i++)
        check_age(push(h, i * 40 * GST_MSECOND), 0, FALSE);
    assert_int_equal(fake_get().runs, 5);
    gst_harness_teardown(h);
}

// A live pipeline that waits for its boxes: the reported latency lets the sink show the frames.
static void test_live_pipeline(void **state)
{
    (void)state;
    fake_reset();
    fake_slow(25);
    GstElement *pipeline = gst_parse_launch(
        "videotestsrc is-live=true num-buffers=40 ! video/x-raw,format=I420,width=64,height=48,"
        "framerate=20/1 ! neroinfer model=street async=false name=i ! queue ! "
        "fakesink name=s sync=true qos=true max-lateness=5000000",
        NULL);
    g_autoptr(GstBus) bus = gst_element_get_bus(pipeline);
    gst_element_set_state(pipeline, GST_STATE_PLAYING);
    for (gboolean done = FALSE; !done;) {
        g_autoptr(GstMessage) m = gst_bus_timed_pop(bus, 10 * GST_SECOND);
        assert_non_null(m);
        assert_int_not_equal(GST_MESSAGE_TYPE(m), GST_MESSAGE_ERROR);
        if (GST_MESSAGE_TYPE(m) == GST_MESSAGE_LATENCY)
            gst_bin_recalculate_latency(GST_BIN(pipeline));
        done = GST_MESSAGE_TYPE(m) == GST_MESSAGE_EOS;
    }
    g_autoptr(GstElement) infer = gst_bin_get_by_name(GST_BIN(pipeline), "i");
    g_autoptr(GstElement) sink = gst_bin_get_by_name(GST_BIN(pipeline), "s");
    g_autoptr(GstStructure) stats = NULL, rendered = NULL;
    guint64 frames, shown;
    g_object_get(infer, "stats", &stats, NULL);
    g_object_get(sink, "stats", &rendered, NULL);
    assert_true(gst_structure_get_uint64(stats, "frames", &frames));
    assert_true(gst_structure_get_uint64(rendered, "rendered", &shown));
    assert_int_equal(frames, 40);
    print_message("live, 50 ms a frame, waiting 25 ms each: %d of 40 frames shown\n", (int)shown);
    assert_true(shown >= 25); // all but the first few on a machine that is not overloaded
    gst_element_set_state(pipeline, GST_STATE_NULL);
    gst_object_unref(pipeline);
}

static void test_allocation(void **state)
{
    (void)state;
    GstHarness *h = open_infer("");
    g_autoptr(GstCaps) caps = gst_caps_from_string("video/x-raw,format=GRAY8,width=64,height=48");
    g_autoptr(GstQuery) q = gst_query_new_allocation(caps, FALSE);
    g_autoptr(GstPad) pad = gst_element_get_static_pad(h->element, "sink");
    assert_true(gst_pad_query(pad, q));
    assert_true(gst_query_find_allocation_meta(q, GST_VIDEO_META_API_TYPE, NULL));
    gst_harness_teardown(h);
}

// A model that cannot be had: no PAUSED, and one error that says which and why.
static void expect_start_error(const char *settings, int code, const char *one, const char *two)
{
    g_autofree char *text = g_strdup_printf("neroinfer %s", settings);
    GstElement *e = gst_parse_launch(text, NULL);
    g_autoptr(GstBus) bus = gst_bus_new();
    gst_element_set_bus(e, bus);
    for (int i = 0; i < 2; i++) { // the second try fails in the same way
        assert_int_equal(gst_element_set_state(e, GST_STATE_PAUSED), GST_STATE_CHANGE_FAILURE);
        g_autoptr(GstMessage) m = gst_bus_pop_filtered(bus, GST_MESSAGE_ERROR);
        assert_non_null(m);
        g_autoptr(GError) error = NULL;
        gst_message_parse_error(m, &error, NULL);
        assert_true(g_error_matches(error, GST_RESOURCE_ERROR, code));
        assert_non_null(strstr(error->message, one));
        assert_non_null(strstr(error->message, two));
        assert_null(gst_bus_pop_filtered(bus, GST_MESSAGE_ERROR));
        gst_element_set_state(e, GST_STATE_NULL);
    }
    gst_element_set_bus(e, NULL);
    gst_object_unref(e);
}

static void test_start_errors(void **state)
{
    (void)state;
    expect_start_error("model=missing", GST_RESOURCE_ERROR_NOT_FOUND, "\"missing\"",
                       "no model in /models/missing.safetensors");
    expect_start_error("model=damaged", GST_RESOURCE_ERROR_SETTINGS, "\"damaged\"",
                       "/models/damaged.safetensors: header ends early");
    expect_start_error("model=street labels=dog", GST_RESOURCE_ERROR_SETTINGS, "\"dog\"",
                       "person, car");
}

// Head and names reach the detector; a head that was guessed is told once.
static void test_head(void **state)
{
    (void)state;
    for (int guessed = 0; guessed < 2; guessed++) {
        fake_reset();
        g_autoptr(GstElement) e = gst_element_factory_make("neroinfer", NULL);
        g_autoptr(GstBus) bus = gst_bus_new();
        gst_object_ref_sink(e);
        gst_element_set_bus(e, bus);
        g_object_set(e, "model", guessed ? "guessed" : "street", NULL);
        if (!guessed)
            g_object_set(e, "head", "yolox", "labels-file", "/tmp/names", NULL);
        assert_int_equal(gst_element_set_state(e, GST_STATE_PAUSED), GST_STATE_CHANGE_SUCCESS);
        assert_string_equal(fake_get().head, guessed ? "" : "yolox");
        assert_string_equal(fake_get().labels, guessed ? "" : "/tmp/names");
        g_autoptr(GstMessage) m = gst_bus_pop_filtered(bus, GST_MESSAGE_INFO);
        assert_int_equal(m != NULL, guessed);
        if (m) {
            g_autoptr(GError) error = NULL;
            gst_message_parse_info(m, &error, NULL);
            assert_non_null(strstr(error->message, "guessed.safetensors"));
            assert_non_null(strstr(error->message, "'yolov8' with 2 classes"));
        }
        gst_element_set_state(e, GST_STATE_NULL);
        gst_element_set_bus(e, NULL);
    }
}

static void test_run_error(void **state)
{
    (void)state;
    for (int async = 0; async < 2; async++) {
        fake_reset();
        g_autofree char *text =
            g_strdup_printf("neroinfer model=broken async=%s", async ? "true" : "false");
        GstHarness *h = gst_harness_new_parse(text);
        g_autoptr(GstBus) bus = gst_bus_new();
        gst_element_set_bus(h->element, bus);
        frame_caps(h, "GRAY8", W, H, "");
        GstFlowReturn flow = GST_FLOW_OK;
        for (int i = 0; i < 200 && flow == GST_FLOW_OK; i++) {
            flow = gst_harness_push(h, frame_new("GRAY8", W, H, i));
            g_usleep(async ? 5000 : 0);
        }
        assert_int_equal(flow, GST_FLOW_ERROR);
        g_autoptr(GstMessage) m = gst_bus_pop_filtered(bus, GST_MESSAGE_ERROR);
        assert_non_null(m);
        g_autoptr(GError) error = NULL;
        gst_message_parse_error(m, &error, NULL);
        assert_non_null(strstr(error->message, "the fake is broken"));
        assert_null(gst_bus_pop_filtered(bus, GST_MESSAGE_ERROR));
        gst_element_set_bus(h->element, NULL);
        gst_harness_teardown(h);
    }
}

// A buffer that is too short for its caps passes with one warning.
static void test_short_buffer(void **state)
{
    (void)state;
    GstHarness *h = open_infer("");
    g_autoptr(GstBus) bus = gst_bus_new();
    gst_element_set_bus(h->element, bus);
    for (int i = 0; i < 2; i++) {
        GstBuffer *in = gst_buffer_new_allocate(NULL, 10, NULL);
        gst_buffer_memset(in, 0, 0, -1);
        GstBuffer *out = gst_harness_push_and_pull(h, in);
        assert_non_null(out);
        assert_null(nero_meta_get(out));
        gst_buffer_unref(out);
    }
    g_autoptr(GstMessage) m = gst_bus_pop_filtered(bus, GST_MESSAGE_WARNING);
    assert_non_null(m);
    assert_null(gst_bus_pop_filtered(bus, GST_MESSAGE_WARNING));
    gst_element_set_bus(h->element, NULL);
    gst_harness_teardown(h);
}

int main(int argc, char **argv)
{
    gst_init(&argc, &argv);
    GST_ELEMENT_REGISTER(neroinfer, NULL);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_attached),
        cmocka_unit_test(test_pixels_and_second_detector),
        cmocka_unit_test(test_formats),
        cmocka_unit_test(test_format_names),
        cmocka_unit_test(test_colorimetry_and_strides),
        cmocka_unit_test(test_interval),
        cmocka_unit_test(test_age_without_pts),
        cmocka_unit_test(test_nothing_stale),
        cmocka_unit_test(test_properties),
        cmocka_unit_test(test_unknown_label),
        cmocka_unit_test(test_stats),
        cmocka_unit_test(test_latency),
        cmocka_unit_test(test_mode),
        cmocka_unit_test(test_async_is_boolean_too),
        cmocka_unit_test(test_late_frames),
        cmocka_unit_test(test_late_files),
        cmocka_unit_test(test_live_pipeline),
        cmocka_unit_test(test_allocation),
        cmocka_unit_test(test_start_errors),
        cmocka_unit_test(test_head),
        cmocka_unit_test(test_run_error),
        cmocka_unit_test(test_short_buffer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
