// SPDX-License-Identifier: MIT
// neroview: the video passes untouched and complete whatever the view does; views have the times of
// their frames, their own caps, and the manners of a sparse stream.
#include "tests/plugins/frames.h"
#include "tests/plugins/models.h"
#include "tests/support/files.h"
#include "tests/support/test.h"

static test_path model_path;

static int make_model(void **state)
{
    (void)state;
    model_path = test_temp("small.safetensors");
    model_write(model_path.text);
    return 0;
}

// A neroview in a harness with a sink pad of ours on its view.
typedef struct Rig {
    GstHarness *h;
    GstElement *element;
    GstPad *view, *out; // the pad of the element, and ours
    GstBus *bus;
    GMutex lock; // guards what follows
    GCond changed;
    GString *came;     // events, without gaps but the one at the beginning
    GArray *pts;       // guint64, of the views
    GstBuffer *newest; // owned
    GstCaps *caps, *newest_caps; // owned; that came last, and of the newest
    guint64 gap;       // end of the last gap
    gboolean hold;     // views wait
} Rig;

static GstStaticPadTemplate raw_sink =
    GST_STATIC_PAD_TEMPLATE("out", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS("video/x-raw"));
static GstStaticPadTemplate small_sink =
    GST_STATIC_PAD_TEMPLATE("out", GST_PAD_SINK, GST_PAD_ALWAYS,
                            GST_STATIC_CAPS("video/x-raw,format=BGR,width=50,height=30"));

static GstFlowReturn take_view(GstPad *pad, GstObject *parent, GstBuffer *buffer)
{
    Rig *r = gst_pad_get_element_private(pad);
    (void)parent;
    g_mutex_lock(&r->lock);
    while (r->hold)
        g_cond_wait(&r->changed, &r->lock);
    gst_buffer_replace(&r->newest, buffer);
    gst_caps_replace(&r->newest_caps, r->caps);
    g_array_append_val(r->pts, GST_BUFFER_PTS(buffer));
    g_cond_broadcast(&r->changed);
    g_mutex_unlock(&r->lock);
    gst_buffer_unref(buffer);
    return GST_FLOW_OK;
}

static gboolean take_event(GstPad *pad, GstObject *parent, GstEvent *event)
{
    Rig *r = gst_pad_get_element_private(pad);
    GstClockTime start, duration;
    GstCaps *caps;
    (void)parent;
    g_mutex_lock(&r->lock);
    if (GST_EVENT_TYPE(event) == GST_EVENT_GAP) {
        gst_event_parse_gap(event, &start, &duration);
        r->gap = GST_CLOCK_TIME_IS_VALID(duration) ? start + duration : start;
        if (r->gap == 0)
            g_string_append(r->came, "gap ");
    } else {
        g_string_append_printf(r->came, "%s ", GST_EVENT_TYPE_NAME(event));
    }
    if (GST_EVENT_TYPE(event) == GST_EVENT_CAPS) {
        gst_event_parse_caps(event, &caps);
        gst_caps_replace(&r->caps, caps);
    }
    g_cond_broadcast(&r->changed);
    g_mutex_unlock(&r->lock);
    gst_event_unref(event);
    return TRUE;
}

static void link_view(Rig *r, GstStaticPadTemplate *template)
{
    r->view = gst_element_request_pad_simple(r->element, "view");
    assert_non_null(r->view);
    r->out = gst_object_ref_sink(gst_pad_new_from_static_template(template, "out"));
    gst_pad_set_element_private(r->out, r);
    gst_pad_set_chain_function(r->out, take_view);
    gst_pad_set_event_function(r->out, take_event);
    gst_pad_set_active(r->out, TRUE);
    assert_int_equal(gst_pad_link(r->view, r->out), GST_PAD_LINK_OK);
}

static void unlink_view(Rig *r)
{
    gst_pad_set_active(r->out, FALSE);
    gst_pad_unlink(r->view, r->out);
    gst_element_release_request_pad(r->element, r->view);
    gst_clear_object(&r->view);
    gst_clear_object(&r->out);
}

static Rig *rig_new(const char *settings, GstStaticPadTemplate *template)
{
    Rig *r = g_new0(Rig, 1);
    g_autofree char *text =
        g_strdup_printf("neroview name=v model=%s max-rate=0 %s", model_path.text, settings);
    g_mutex_init(&r->lock);
    g_cond_init(&r->changed);
    r->came = g_string_new(NULL);
    r->pts = g_array_new(FALSE, FALSE, sizeof(guint64));
    GstElement *e = gst_parse_launch(text, NULL);
    assert_non_null(e);
    r->element = gst_object_ref_sink(e);
    r->bus = gst_bus_new();
    gst_element_set_bus(e, r->bus);
    if (template)
        link_view(r, template);
    r->h = gst_harness_new_with_element(e, "sink", "src");
    gst_harness_play(r->h);
    return r;
}

static void rig_free(Rig *r)
{
    gst_element_set_bus(r->element, NULL);
    gst_element_set_state(r->element, GST_STATE_NULL);
    if (r->view)
        unlink_view(r);
    gst_harness_teardown(r->h);
    gst_clear_object(&r->element);
    gst_clear_object(&r->bus);
    gst_clear_buffer(&r->newest);
    gst_clear_caps(&r->caps);
    gst_clear_caps(&r->newest_caps);
    g_array_unref(r->pts);
    g_string_free(r->came, TRUE);
    g_mutex_clear(&r->lock);
    g_cond_clear(&r->changed);
    g_free(r);
}

static void set_hold(Rig *r, gboolean hold)
{
    g_mutex_lock(&r->lock);
    r->hold = hold;
    g_cond_broadcast(&r->changed);
    g_mutex_unlock(&r->lock);
}

// Waits for so many views in all; their number.
static guint await_views(Rig *r, guint count)
{
    const gint64 end = g_get_monotonic_time() + 60 * G_TIME_SPAN_SECOND;
    g_mutex_lock(&r->lock);
    while (r->pts->len < count && g_cond_wait_until(&r->changed, &r->lock, end))
        continue;
    const guint n = r->pts->len;
    g_mutex_unlock(&r->lock);
    if (n < count)
        fail_msg("%u views instead of %u", n, count);
    return n;
}

static guint views(Rig *r)
{
    g_mutex_lock(&r->lock);
    const guint n = r->pts->len;
    g_mutex_unlock(&r->lock);
    return n;
}

static guint64 view_time(Rig *r, guint at)
{
    g_mutex_lock(&r->lock);
    const guint64 pts = g_array_index(r->pts, guint64, at);
    g_mutex_unlock(&r->lock);
    return pts;
}

// The events so far; freed by the caller.
static char *events(Rig *r)
{
    g_mutex_lock(&r->lock);
    char *words = g_strdup(r->came->str);
    g_mutex_unlock(&r->lock);
    return words;
}

// Whether the newest view has this size.
static gboolean is_of_size(Rig *r, int width, int height)
{
    GstVideoInfo info;
    g_mutex_lock(&r->lock);
    const gboolean is = r->newest && gst_video_info_from_caps(&info, r->newest_caps) &&
                        info.width == width && info.height == height &&
                        gst_buffer_get_size(r->newest) == info.size;
    g_mutex_unlock(&r->lock);
    return is;
}

static gboolean has_come(Rig *r, const char *word)
{
    const gint64 end = g_get_monotonic_time() + 60 * G_TIME_SPAN_SECOND;
    g_mutex_lock(&r->lock);
    while (!strstr(r->came->str, word) && g_cond_wait_until(&r->changed, &r->lock, end))
        continue;
    const gboolean has = strstr(r->came->str, word) != NULL;
    g_mutex_unlock(&r->lock);
    return has;
}

// Pushes frame `i`; what comes out must be the same buffer.
static void push(Rig *r, const char *format, int width, int height, guint i)
{
    GstBuffer *b = frame_new(format, width, height, i * 40 * GST_MSECOND);
    assert_int_equal(gst_harness_push(r->h, b), GST_FLOW_OK);
    GstBuffer *out = gst_harness_pull(r->h);
    assert_ptr_equal(out, b);
    assert_int_equal(gst_buffer_n_memory(out), 1);
    gst_buffer_unref(out);
}

// Pushes frames until there is one view more.
static void push_for_view(Rig *r, int width, int height, guint *at)
{
    const guint before = views(r);
    const gint64 end = g_get_monotonic_time() + 60 * G_TIME_SPAN_SECOND;
    while (views(r) == before && g_get_monotonic_time() < end) {
        push(r, "I420", width, height, (*at)++);
        g_usleep(1000);
    }
    assert_true(views(r) > before);
}

static guint64 count(Rig *r, const char *name)
{
    guint64 n = 0;
    GstStructure *s;
    g_object_get(r->element, "stats", &s, NULL);
    assert_true(gst_structure_get_uint64(s, name, &n));
    gst_structure_free(s);
    return n;
}

// --- the tests ---

// Without a linked view pad nothing is computed and no thread is there.
static void costs_nothing_without_a_view(void **state)
{
    (void)state;
    Rig *r = rig_new("", NULL);
    frame_caps(r->h, "I420", 64, 48, "");
    for (guint i = 0; i < 20; i++)
        push(r, "I420", 64, 48, i);
    assert_int_equal(count(r, "frames"), 20);
    assert_int_equal(count(r, "views"), 0);
    rig_free(r);
}

// Views come in order with times of frames that were pushed, behind caps and segment.
static void gives_views_of_frames(void **state)
{
    (void)state;
    Rig *r = rig_new("", &raw_sink);
    frame_caps(r->h, "I420", 128, 96, "");
    guint at = 0;
    for (int i = 0; i < 3; i++)
        push_for_view(r, 128, 96, &at);
    g_autofree char *came = events(r);
    assert_true(g_str_has_prefix(came, "stream-start caps segment gap "));
    guint64 last = 0;
    for (guint i = 0; i < views(r); i++) {
        const guint64 pts = view_time(r, i);
        assert_int_equal(pts % (40 * GST_MSECOND), 0);
        assert_true(i == 0 || pts > last);
        last = pts;
    }
    assert_true(is_of_size(r, 128, 96));
    rig_free(r);
}

// What is behind the pad decides about format and size.
static void follows_what_is_behind(void **state)
{
    (void)state;
    Rig *r = rig_new("", &small_sink);
    frame_caps(r->h, "I420", 128, 96, "");
    push(r, "I420", 128, 96, 0);
    await_views(r, 1);
    assert_true(is_of_size(r, 50, 30));
    rig_free(r);
}

// The end comes behind the last view; also when there was no frame.
static void ends(void **state)
{
    (void)state;
    for (guint frames = 0; frames < 2; frames++) {
        Rig *r = rig_new("", &raw_sink);
        frame_caps(r->h, "I420", 64, 48, "");
        for (guint i = 0; i < frames; i++)
            push(r, "I420", 64, 48, i);
        gst_harness_push_event(r->h, gst_event_new_eos());
        assert_true(has_come(r, "eos"));
        assert_int_equal(views(r), frames);
        rig_free(r);
    }
}

// A view that nobody takes holds nothing up: all frames pass, one view waits, none is queued.
static void a_stuck_view_stops_nothing(void **state)
{
    (void)state;
    Rig *r = rig_new("", &raw_sink);
    set_hold(r, TRUE);
    frame_caps(r->h, "I420", 64, 48, "");
    for (guint i = 0; i < 200; i++)
        push(r, "I420", 64, 48, i);
    assert_int_equal(count(r, "frames"), 200);
    assert_true(count(r, "views") <= 1);
    set_hold(r, FALSE);
    gst_harness_push_event(r->h, gst_event_new_eos());
    assert_true(has_come(r, "eos"));
    assert_true(views(r) <= 2);
    rig_free(r);
}

// While there is no view the pad says how far the stream is.
static void tells_gaps(void **state)
{
    (void)state;
    Rig *r = rig_new("", &raw_sink);
    frame_caps(r->h, "I420", 64, 48, "");
    g_object_set(r->element, "max-rate", 0.01, NULL);
    set_hold(r, TRUE);
    push(r, "I420", 64, 48, 0);
    assert_true(has_come(r, "gap")); // before the first view
    set_hold(r, FALSE);
    await_views(r, 1);
    guint i = 1;
    const gint64 end = g_get_monotonic_time() + 60 * G_TIME_SPAN_SECOND;
    for (guint64 gap = 0; gap < 200 * GST_MSECOND && g_get_monotonic_time() < end; i++) {
        push(r, "I420", 64, 48, i);
        g_usleep(2000);
        g_mutex_lock(&r->lock);
        gap = r->gap;
        g_mutex_unlock(&r->lock);
    }
    assert_int_equal(views(r), 1);
    assert_true(r->gap >= 200 * GST_MSECOND && r->gap <= i * 40 * GST_MSECOND);
    rig_free(r);
}

// A flush sends back a view that waits, and what comes then is of the new segment.
static void flushes(void **state)
{
    (void)state;
    Rig *r = rig_new("", &raw_sink);
    GstSegment segment;
    gst_segment_init(&segment, GST_FORMAT_TIME);
    frame_caps(r->h, "I420", 64, 48, "");
    push(r, "I420", 64, 48, 0);
    await_views(r, 1);
    gst_harness_push_event(r->h, gst_event_new_flush_start());
    gst_harness_push_event(r->h, gst_event_new_flush_stop(TRUE));
    gst_harness_push_event(r->h, gst_event_new_segment(&segment));
    guint at = 25;
    push_for_view(r, 64, 48, &at);
    assert_true(view_time(r, 1) >= GST_SECOND);
    g_autofree char *came = events(r);
    assert_non_null(strstr(came, "segment gap flush-start flush-stop segment "));
    rig_free(r);
}

// Caps may change between any two frames; the view's follow.
static void caps_change(void **state)
{
    (void)state;
    static const struct {
        const char *format, *more;
        int width, height, view_w, view_h;
    } kinds[] = {
        {"I420", "", 64, 48, 64, 48},      {"NV12", ",pixel-aspect-ratio=2/1", 64, 48, 128, 48},
        {"RGB", "", 1280, 33, 640, 16},    {"GRAY8", "", 1, 1, 2, 2},
        {"I420_10LE", "", 63, 47, 62, 46},
    };
    Rig *r = rig_new("", &raw_sink);
    for (guint i = 0; i < G_N_ELEMENTS(kinds); i++) {
        const gint64 end = g_get_monotonic_time() + 60 * G_TIME_SPAN_SECOND;
        frame_caps(r->h, kinds[i].format, kinds[i].width, kinds[i].height, kinds[i].more);
        // a view of a frame before may still come
        for (guint n = 0; !is_of_size(r, kinds[i].view_w, kinds[i].view_h); n++) {
            if (g_get_monotonic_time() > end)
                fail_msg("there is no view of %s", kinds[i].format);
            push(r, kinds[i].format, kinds[i].width, kinds[i].height, 1000 * i + n % 999);
            g_usleep(1000);
        }
    }
    rig_free(r);
}

static char *next_warning(Rig *r)
{
    g_autoptr(GstMessage) m =
        gst_bus_timed_pop_filtered(r->bus, 60 * GST_SECOND, GST_MESSAGE_WARNING);
    g_autoptr(GError) error = NULL;
    if (!m)
        fail_msg("there is no warning");
    gst_message_parse_warning(m, &error, NULL);
    return g_strdup(error->message);
}

// Wrong names give one warning each, with what may be meant, and the views go on.
static void wrong_names_are_told(void **state)
{
    (void)state;
    static const struct {
        const char *property, *value, *says;
    } wrong[] = {
        {"model", "nosuchmodel", "nosuchmodel"},
        {"target-class", "persn", "did you mean \"person\""},
        {"layer", "nosuchlayer", "nosuchlayer"},
    };
    Rig *r = rig_new("", &raw_sink);
    guint at = 0;
    frame_caps(r->h, "I420", 64, 48, "");
    push_for_view(r, 64, 48, &at);
    for (gsize i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_object_set(r->element, wrong[i].property, wrong[i].value, NULL);
        push_for_view(r, 64, 48, &at);
        push_for_view(r, 64, 48, &at);
        push_for_view(r, 64, 48, &at);
        g_autofree char *told = next_warning(r);
        if (!strstr(told, wrong[i].says))
            fail_msg("%s: '%s' does not say '%s'", wrong[i].property, told, wrong[i].says);
        assert_null(gst_bus_pop_filtered(r->bus, GST_MESSAGE_WARNING | GST_MESSAGE_ERROR));
    }
    rig_free(r);
}

// Without a network the video goes on, and what is behind the pad does not wait for views.
static void no_network_stops_nothing(void **state)
{
    (void)state;
    GstElement *pipeline = gst_parse_launch(
        "videotestsrc num-buffers=9 ! video/x-raw,format=I420,width=64,height=48 ! "
        "neroview name=v model=nosuchmodel ! fakesink v.view ! fakesink",
        NULL);
    g_autoptr(GstBus) bus = gst_element_get_bus(pipeline);
    gst_element_set_state(pipeline, GST_STATE_PAUSED);
    assert_int_equal(gst_element_get_state(pipeline, NULL, NULL, 60 * GST_SECOND),
                     GST_STATE_CHANGE_SUCCESS);
    gst_element_set_state(pipeline, GST_STATE_PLAYING);
    g_autoptr(GstMessage) m =
        gst_bus_timed_pop_filtered(bus, 60 * GST_SECOND, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
    assert_non_null(m);
    assert_int_equal(GST_MESSAGE_TYPE(m), GST_MESSAGE_EOS);
    gst_element_set_state(pipeline, GST_STATE_NULL);
    gst_object_unref(pipeline);
}

static char *read_word(Rig *r, const char *name)
{
    GstStructure *s;
    g_object_get(r->element, "stats", &s, NULL);
    char *word = g_strdup(gst_structure_get_string(s, name));
    gst_structure_free(s);
    return word;
}

// Each method with each kind of target.
static void methods_and_targets(void **state)
{
    (void)state;
    static const char *const settings[] = {"method=gradcam target-class=car",
                                           "method=deconv target-point=0.5,0.5",
                                           "method=gradient target-object=7",
                                           "method=gradcam target-point=0.2,0.9 alpha=1",
                                           "method=gradcam++",
                                           "method=layercam target-class=person",
                                           "method=guided"};
    const nn_box box = {.x0 = 5, .y0 = 5, .x1 = 40, .y1 = 40, .score = 0.9f, .track_id = 7};
    for (gsize i = 0; i < G_N_ELEMENTS(settings); i++) {
        Rig *r = rig_new(settings[i], &raw_sink);
        frame_caps(r->h, "I420", 64, 48, "");
        GstBuffer *b = frame_new("I420", 64, 48, 0);
        frame_add_boxes(b, &box, 1, 64, 48, 0);
        assert_int_equal(gst_harness_push(r->h, b), GST_FLOW_OK);
        await_views(r, 1);
        g_autofree char *target = read_word(r, "target"), *method = read_word(r, "method");
        assert_true(target[0] != '\0');
        assert_non_null(strstr(settings[i], method));
        if (i == 0)
            assert_string_equal(target, "car");
        rig_free(r);
    }
}

// The pad comes and goes while the stream plays; there is one at a time.
static void the_pad_comes_and_goes(void **state)
{
    (void)state;
    Rig *r = rig_new("", NULL);
    guint at = 0;
    frame_caps(r->h, "I420", 64, 48, "");
    for (int round = 0; round < 5; round++) {
        link_view(r, &raw_sink);
        assert_null(gst_element_request_pad(
            r->element, gst_element_get_pad_template(r->element, "view"), NULL, NULL));
        if (round % 2 == 0)
            push_for_view(r, 64, 48, &at);
        else
            push(r, "I420", 64, 48, at++);
        unlink_view(r);
        push(r, "I420", 64, 48, at++);
    }
    rig_free(r);
}

// A hundred times up and down with a view in the making.
static void hundred_times(void **state)
{
    (void)state;
    Rig *r = rig_new("", &raw_sink);
    frame_caps(r->h, "I420", 64, 48, "");
    for (int i = 0; i < 100; i++) {
        gst_element_set_state(r->element, GST_STATE_READY);
        assert_int_equal(gst_element_set_state(r->element, GST_STATE_PLAYING),
                         GST_STATE_CHANGE_SUCCESS);
        gst_harness_set_src_caps_str(r->h,
                                     "video/x-raw,format=I420,width=64,height=48,framerate=25/1");
        push(r, "I420", 64, 48, 0);
    }
    assert_null(gst_bus_pop_filtered(r->bus, GST_MESSAGE_ERROR | GST_MESSAGE_WARNING));
    rig_free(r);
}

// Live video of 30 frames a second beside a view: every frame arrives.
static void live_video_is_complete(void **state)
{
    (void)state;
    enum { FRAMES = 60 };
    g_autofree char *text = g_strdup_printf(
        "videotestsrc is-live=true num-buffers=%d ! "
        "video/x-raw,format=I420,width=320,height=240,framerate=30/1 ! neroview name=v model=%s ! "
        "fakesink name=all sync=false v.view ! queue ! fakesink name=views sync=false",
        FRAMES, model_path.text);
    GstElement *pipeline = gst_parse_launch(text, NULL);
    g_autoptr(GstBus) bus = gst_element_get_bus(pipeline);
    gst_element_set_state(pipeline, GST_STATE_PLAYING);
    g_autoptr(GstMessage) m =
        gst_bus_timed_pop_filtered(bus, 60 * GST_SECOND, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
    assert_non_null(m);
    assert_int_equal(GST_MESSAGE_TYPE(m), GST_MESSAGE_EOS);
    const char *const sinks[] = {"all", "views"};
    guint64 rendered[2];
    for (int i = 0; i < 2; i++) {
        GstStructure *s;
        g_autoptr(GstElement) sink = gst_bin_get_by_name(GST_BIN(pipeline), sinks[i]);
        g_object_get(sink, "stats", &s, NULL);
        assert_true(gst_structure_get_uint64(s, "rendered", &rendered[i]));
        gst_structure_free(s);
    }
    gst_element_set_state(pipeline, GST_STATE_NULL);
    gst_object_unref(pipeline);
    assert_int_equal(rendered[0], FRAMES);
    assert_in_range(rendered[1], 1, FRAMES);
    print_message("%d frames, %d views\n", (int)rendered[0], (int)rendered[1]);
}

int main(int argc, char **argv)
{
    gst_init(&argc, &argv);
    g_log_set_always_fatal(G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(costs_nothing_without_a_view),
        cmocka_unit_test(gives_views_of_frames),
        cmocka_unit_test(follows_what_is_behind),
        cmocka_unit_test(ends),
        cmocka_unit_test(a_stuck_view_stops_nothing),
        cmocka_unit_test(tells_gaps),
        cmocka_unit_test(flushes),
        cmocka_unit_test(caps_change),
        cmocka_unit_test(wrong_names_are_told),
        cmocka_unit_test(no_network_stops_nothing),
        cmocka_unit_test(methods_and_targets),
        cmocka_unit_test(the_pad_comes_and_goes),
        cmocka_unit_test(hundred_times),
        cmocka_unit_test(live_video_is_complete),
    };
    return cmocka_run_group_tests(tests, make_model, NULL);
}
