// SPDX-License-Identifier: MIT
// Streams that share a model: one is loaded, frames are inferred side by side, or in batches where
// the model takes them, and each stream gets what it would get alone, however the others start,
// change and end.
#include "plugins/elements.h"
#include "tests/plugins/fake_detector.h"
#include "tests/plugins/frames.h"
#include "tests/plugins/infer.h"
#include "tests/support/test.h"

enum { STREAMS = 4, PATIENCE = 60000 };

// Does not forget what the detector saw.
static GstHarness *open_stream(const char *settings)
{
    g_autofree char *text =
        g_strdup_printf("neroinfer model=street model-instance-id=a name=i %s", settings);
    GstHarness *h = gst_harness_new_parse(text);
    assert_non_null(h);
    gst_harness_set_live(h, FALSE);
    frame_caps(h, "GRAY8", W, H, "");
    return h;
}

// The number of boxes on a frame, which it unrefs.
static int boxes_on(GstBuffer *b)
{
    NeroMeta *m = nero_meta_get(b);
    const int count = m ? m->result.count : -1;
    gst_buffer_unref(b);
    return count;
}

// Streams come and go in any order; each has its own thresholds, classes and number of boxes.
static void test_own_settings(void **state)
{
    (void)state;
    fake_reset();
    GstHarness *all = open_stream("async=false threshold=0"), *few, *cars;
    gst_buffer_unref(infer_push(all, 0));
    few = open_stream("async=false max-detections=1");
    cars = open_stream("async=false labels=car");
    g_autoptr(GstElement) other = gst_element_factory_make("neroinfer", NULL);
    gst_object_ref_sink(other);
    g_object_set(other, "model-instance-id", "b", NULL);
    assert_int_equal(gst_element_set_state(other, GST_STATE_PAUSED), GST_STATE_CHANGE_SUCCESS);
    assert_int_equal(fake_get().opened, 2);
    gst_element_set_state(other, GST_STATE_NULL);
    for (int i = 1; i < 4; i++) {
        assert_int_equal(boxes_on(infer_push(all, i)), 2);
        assert_int_equal(boxes_on(infer_push(few, i)), 1);
        assert_int_equal(boxes_on(infer_push(cars, i)), 1);
    }
    gst_harness_teardown(all); // the one that loaded the model
    infer_set(few, "max-detections", "2");
    assert_int_equal(boxes_on(infer_push(few, 4)), 2);
    assert_int_equal(boxes_on(infer_push(cars, 4)), 1);
    assert_int_equal(fake_get().alive, 1);
    gst_harness_teardown(cars);
    gst_harness_teardown(few);
    assert_int_equal(fake_get().alive, 0);
    few = open_stream(""); // the id is free again
    gst_harness_teardown(few);
    assert_int_equal(fake_get().alive, 0);
}

static void expect_conflict(const char *property, const char *value, const char *text)
{
    GstBus *bus = gst_bus_new();
    GstElement *e = gst_object_ref_sink(gst_element_factory_make("neroinfer", NULL));
    gst_element_set_bus(e, bus);
    g_object_set(e, "model", "street", "model-instance-id", "a", NULL);
    gst_util_set_object_arg(G_OBJECT(e), property, value);
    assert_int_equal(gst_element_set_state(e, GST_STATE_PAUSED), GST_STATE_CHANGE_FAILURE);
    GstMessage *m = frame_message(bus, GST_MESSAGE_ERROR);
    g_autoptr(GError) error = NULL;
    assert_non_null(m);
    gst_message_parse_error(m, &error, NULL);
    if (!strstr(error->message, text))
        fail_msg("no '%s' in '%s'", text, error->message);
    gst_message_unref(m);
    gst_element_set_bus(e, NULL);
    gst_element_set_state(e, GST_STATE_NULL);
    gst_object_unref(e);
    gst_object_unref(bus);
}

static void test_conflicts(void **state)
{
    (void)state;
    fake_reset();
    GstHarness *h = open_stream("labels-file=a,b");
    expect_conflict("model", "farm", "model \"street\", not \"farm\"");
    expect_conflict("labels-file", "c", "labels-file \"a,b\", not \"c\"");
    expect_conflict("head", "yolov8", "head \"\", not \"yolov8\"");
    assert_int_equal(boxes_on(infer_push(h, 0)), 2); // it does not mind
    gst_harness_teardown(h);
    h = open_stream("");
    expect_conflict("model", "missing", "not \"missing\"");
    expect_conflict("precision", "auto", "precision \"float32\", not \"auto\"");
    gst_harness_teardown(h);
    assert_int_equal(fake_get().alive, 0);
}

static void wait_for_inferred(GstHarness *h)
{
    for (int k = 0; k < PATIENCE && infer_stat(h, "inferred") < 1; k++)
        g_usleep(1000);
    assert_int_equal(infer_stat(h, "inferred"), 1);
}

// No stream waits for another: the model decides what runs at the same time.
static void test_side_by_side(void **state)
{
    (void)state;
    GstHarness *h[STREAMS];
    fake_reset();
    fake_hold();
    for (int i = 0; i < STREAMS; i++) {
        h[i] = open_stream("async=true");
        gst_buffer_unref(infer_push(h[i], 0));
        for (int k = 0; k < PATIENCE && fake_get().runs <= i; k++)
            g_usleep(1000);
        assert_int_equal(fake_get().runs, i + 1);
    }
    fake_release();
    for (int i = 0; i < STREAMS; i++) {
        wait_for_inferred(h[i]);
        gst_harness_teardown(h[i]);
    }
    assert_int_equal(fake_get().frames, STREAMS);
    assert_int_equal(fake_get().alive, 0);
}

// Runs that one frame of each stream takes when those of the others come while the first runs, and
// have `pause_ms` to do so.
static int runs_of_batch(int pause_ms)
{
    GstHarness *h[STREAMS];
    fake_reset();
    fake_hold();
    for (int i = 0; i < STREAMS; i++) {
        h[i] = open_stream("model=batch async=true");
        gst_buffer_unref(infer_push(h[i], 0));
        while (i == 0 && fake_get().runs < 1)
            g_usleep(1000);
    }
    g_usleep((gulong)pause_ms * 1000); // the others wait by now
    fake_release();
    for (int i = 0; i < STREAMS; i++)
        wait_for_inferred(h[i]);
    assert_int_equal(fake_get().frames, STREAMS);
    const int runs = fake_get().runs;
    for (int i = 0; i < STREAMS; i++)
        gst_harness_teardown(h[i]);
    return runs;
}

// Frames that come while a batch runs are the next batch. A busy machine needs longer for them.
static void test_batch(void **state)
{
    (void)state;
    int runs = 0;
    for (int pause_ms = 100; runs != 2 && pause_ms < 10000; pause_ms *= 3)
        runs = runs_of_batch(pause_ms);
    assert_int_equal(runs, 2);
}

typedef struct stream {
    GstHarness *h;
    int frames, good;
} stream;

static gpointer play(gpointer data)
{
    stream *s = data;
    for (int i = 0; i < s->frames; i++)
        s->good += boxes_on(gst_harness_push_and_pull(s->h, frame_new("GRAY8", W, H, 0))) == 2;
    gst_harness_push_event(s->h, gst_event_new_eos());
    return NULL;
}

// Streams that wait for the boxes of a model for batches fall into step; one that ends is not
// waited for.
static void test_in_step(void **state)
{
    (void)state;
    stream s[STREAMS];
    GThread *thread[STREAMS];
    fake_reset();
    fake_slow(20);
    for (int i = 0; i < STREAMS; i++)
        s[i] = (stream){.h = open_stream("model=batch async=false"), .frames = i == 0 ? 5 : 20};
    const int before = fake_get().runs; // to measure the latency
    for (int i = 0; i < STREAMS; i++)
        thread[i] = g_thread_new("stream", play, &s[i]);
    for (int i = 0; i < STREAMS; i++)
        g_thread_join(thread[i]);
    for (int i = 0; i < STREAMS; i++)
        assert_int_equal(s[i].good, s[i].frames);
    const fake_seen seen = fake_get();
    assert_int_equal(seen.frames - before, 65);
    if (seen.runs - before > 40)
        fail_msg("%d batches for 65 frames of 4 streams", seen.runs - before);
    for (int i = 1; i < STREAMS; i++)
        gst_harness_teardown(s[i].h);
    // alone among members that do not play: no wait, except for other programs
    const gint64 most = 20 * 20 * 1000;
    gint64 took = most;
    for (int i = 0; i < 5 && took >= most; i++) {
        const gint64 begin = g_get_monotonic_time();
        s[0].frames = 10;
        gst_harness_push_event(s[0].h, gst_event_new_flush_start());
        gst_harness_push_event(s[0].h, gst_event_new_flush_stop(TRUE));
        gst_harness_push_event(s[0].h, gst_event_new_stream_start("again"));
        frame_caps(s[0].h, "GRAY8", W, H, "");
        play(&s[0]);
        took = g_get_monotonic_time() - begin;
    }
    assert_true(took < most);
    gst_harness_teardown(s[0].h);
    assert_int_equal(fake_get().alive, 0);
}

static const char *model_of(GstBuffer *b)
{
    NeroMeta *m = nero_meta_get(b);
    const char *name = m ? g_intern_string(nero_labels_model(m->labels)) : "";
    gst_buffer_unref(b);
    return name;
}

static gboolean is_named(GstHarness *h, const char *want)
{
    g_autoptr(GstElement) e = gst_harness_find_element(h, "neroinfer");
    g_autofree char *model = NULL;
    g_object_get(e, "model", &model, NULL);
    return !strcmp(model, want);
}

// A new model is one for all, whoever sets it; one that cannot be used changes nothing for anybody.
static void test_swap(void **state)
{
    (void)state;
    GstHarness *h[STREAMS];
    int frames = 0, changed = 0;
    fake_reset();
    GstBus *bus = gst_bus_new();
    for (int i = 0; i < STREAMS; i++) {
        h[i] = open_stream(i % 2 ? "async=false max-detections=1" : "async=true");
        g_autoptr(GstElement) e = gst_harness_find_element(h[i], "neroinfer");
        gst_element_set_bus(e, bus);
        assert_string_not_equal(model_of(infer_push(h[i], 0)), "farm");
    }
    fake_slow_open(20);
    infer_set(h[1], "model", "farm");
    infer_set(h[2], "model", "farm"); // at the same time: it is loaded once
    while (changed < STREAMS && frames++ < PATIENCE) {
        for (int i = 0; i < STREAMS; i++)
            model_of(infer_push(h[i], frames));
        for (GstMessage *m; (m = gst_bus_pop_filtered(bus, GST_MESSAGE_ELEMENT));) {
            changed += gst_structure_has_name(gst_message_get_structure(m), "model-changed");
            gst_message_unref(m);
        }
        g_usleep(1000);
    }
    assert_int_equal(changed, STREAMS);
    for (int i = 0; i < STREAMS; i++) {
        assert_true(is_named(h[i], "farm"));
        if (i % 2)
            assert_string_equal(model_of(infer_push(h[i], frames + 1)), "farm");
    }
    assert_int_equal(boxes_on(infer_push(h[1], frames + 2)), 1);
    assert_int_equal(fake_get().opened, 2);
    infer_set(h[0], "model", "missing");
    GstMessage *warning = NULL;
    for (int i = 0; i < PATIENCE && !warning; i++) {
        gst_buffer_unref(infer_push(h[0], frames + 3 + i));
        warning = gst_bus_pop_filtered(bus, GST_MESSAGE_WARNING);
        g_usleep(1000);
    }
    assert_non_null(warning);
    gst_message_unref(warning);
    for (int i = 0; i < STREAMS; i++)
        assert_true(is_named(h[i], "farm"));
    for (int i = 0; i < STREAMS; i++) {
        gst_element_set_bus(h[i]->element, NULL);
        gst_harness_teardown(h[i]);
    }
    gst_object_unref(bus);
    assert_int_equal(fake_get().alive, 0);
}

static gpointer come_and_go(gpointer data)
{
    static const char *const settings[] = {"async=false", "async=true", "async=false threshold=0",
                                           "async=true labels=car"};
    const int n = GPOINTER_TO_INT(data);
    for (int round = 0; round < 10; round++) {
        GstHarness *h = open_stream(settings[(n + round) % 4]);
        for (int i = 0; i < n + round; i++)
            gst_buffer_unref(gst_harness_push_and_pull(h, frame_new("GRAY8", W, H, 0)));
        gst_harness_teardown(h);
    }
    return NULL;
}

static void test_storm(void **state)
{
    (void)state;
    GThread *thread[STREAMS];
    fake_reset();
    for (int i = 0; i < STREAMS; i++)
        thread[i] = g_thread_new("storm", come_and_go, GINT_TO_POINTER(i));
    for (int i = 0; i < STREAMS; i++)
        g_thread_join(thread[i]);
    assert_int_equal(fake_get().alive, 0);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_own_settings), cmocka_unit_test(test_conflicts),
        cmocka_unit_test(test_side_by_side), cmocka_unit_test(test_batch),
        cmocka_unit_test(test_in_step),      cmocka_unit_test(test_swap),
        cmocka_unit_test(test_storm),
    };
    gst_init(&argc, &argv);
    GST_ELEMENT_REGISTER(neroinfer, NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
