// SPDX-License-Identifier: MIT
// neroanalytics: events on the bus and in the meta, other trackers, changes, flushes, wrong
// settings.
#include "plugins/meta/analytics.h"
#include "tests/plugins/frames.h"
#include "tests/support/files.h"
#include "tests/support/test.h"

#include <math.h>

enum { WIDTH = 320, HEIGHT = 200 };

typedef struct Rig {
    GstHarness *h;
    GstBus *bus;
    guint frame;
} Rig;

static Rig rig_new(const char *zones, const char *lines)
{
    Rig r = {.h = gst_harness_new("neroanalytics"), .bus = gst_bus_new()};
    gst_element_set_bus(r.h->element, r.bus);
    g_object_set(r.h->element, "zones", zones, "lines", lines, NULL);
    frame_caps(r.h, "I420", WIDTH, HEIGHT, "");
    return r;
}

static void rig_free(Rig *r)
{
    gst_element_set_bus(r->h->element, NULL);
    gst_object_unref(r->bus);
    gst_harness_teardown(r->h);
}

static nn_box person(int id, float x, float y)
{
    return (nn_box){
        .x0 = x - 10, .y0 = y - 40, .x1 = x + 10, .y1 = y, .score = 0.9f, .track_id = id};
}

// Pushes a buffer and gives its report, which lives until the next one; events count the messages.
static const nn_report *push(Rig *r, GstBuffer *b)
{
    static GstBuffer *last;
    gst_clear_buffer(&last);
    if (!b)
        return NULL;
    last = gst_harness_push_and_pull(r->h, b);
    assert_non_null(last);
    return nero_analytics_report(last);
}

static GstBuffer *frame(Rig *r)
{
    return frame_new("I420", WIDTH, HEIGHT, r->frame++ * 40 * GST_MSECOND);
}

static const nn_report *show(Rig *r, nn_box box)
{
    GstBuffer *b = frame(r);
    frame_add_boxes(b, &box, 1, WIDTH, HEIGHT, 0);
    return push(r, b);
}

static int stay(Rig *r, nn_box box, int frames)
{
    int events = 0;
    for (int i = 0; i < frames; i++)
        events += show(r, box)->event_count;
    return events;
}

// The next event on the bus; NULL: none.
static GstStructure *event(Rig *r)
{
    GstStructure *s = NULL;
    GstMessage *m;
    while (!s && (m = gst_bus_pop_filtered(r->bus, GST_MESSAGE_ELEMENT))) {
        if (gst_message_has_name(m, "analytics-event"))
            s = gst_structure_copy(gst_message_get_structure(m));
        gst_message_unref(m);
    }
    return s;
}

static void check_event(Rig *r, const char *type, const char *kind, const char *name, gint64 in,
                        gint64 out)
{
    GstStructure *s = event(r);
    gint64 a = -1, b = -1;
    guint64 time = 0;
    assert_non_null(s);
    assert_string_equal(gst_structure_get_string(s, "type"), type);
    assert_string_equal(gst_structure_get_string(s, kind), name);
    assert_true(gst_structure_get_int64(s, "in", &a) && gst_structure_get_int64(s, "out", &b));
    assert_int_equal(a, in);
    assert_int_equal(b, out);
    assert_true(gst_structure_get_uint64(s, "timestamp", &time));
    assert_true(gst_structure_has_field(s, "stream-time"));
    assert_true(gst_structure_has_field(s, "running-time"));
    gst_structure_free(s);
}

static void test_events(void **state)
{
    (void)state;
    Rig r = rig_new("yard:0.5,0,1,1:max-objects=5", "gate:160,0,160,200");
    assert_int_equal(stay(&r, person(3, 100, 100), 5), 0);
    assert_int_equal(stay(&r, person(3, 220, 100), 3), 2);
    check_event(&r, "enter", "zone", "yard", 1, 0);
    check_event(&r, "cross", "line", "gate", 0, 1); // downwards: to the right is the left hand
    assert_int_equal(stay(&r, person(3, 100, 100), 3), 2);
    GstStructure *s = event(&r);
    gdouble dwell = 0, x = 0;
    gint id = 0, occupancy = -1;
    guint64 number = 0, time = 0;
    gboolean lost = TRUE;
    assert_string_equal(gst_structure_get_string(s, "type"), "leave");
    assert_string_equal(gst_structure_get_string(s, "label"), "person");
    assert_true(gst_structure_get_double(s, "dwell-ms", &dwell));
    assert_true(gst_structure_get_double(s, "x", &x));
    assert_true(gst_structure_get_int(s, "id", &id));
    assert_true(gst_structure_get_int(s, "occupancy", &occupancy));
    assert_true(gst_structure_get_boolean(s, "lost", &lost));
    assert_true(gst_structure_get_uint64(s, "frame", &number));
    assert_true(gst_structure_get_uint64(s, "timestamp", &time));
    assert_float_equal(dwell, 120, 0.1);
    assert_float_equal(x, 100.0 / WIDTH, 1e-6);
    assert_int_equal(id, 3);
    assert_int_equal(occupancy, 0);
    assert_false(lost);
    assert_int_equal(number, 11);
    assert_int_equal(time, 400 * GST_MSECOND);
    gst_structure_free(s);
    s = event(&r);
    assert_string_equal(gst_structure_get_string(s, "direction"), "in");
    gst_structure_free(s);
    assert_null(event(&r));
    // the meta has the same
    const nn_report *report = show(&r, person(3, 100, 100));
    assert_int_equal(report->area_count, 2);
    assert_string_equal(report->areas[1].name, "gate");
    assert_true(report->areas[1].in == 1 && report->areas[1].out == 1);
    assert_float_equal(nn_report_points(report, &report->areas[1])[0].x, 0.5, 1e-6);
    assert_non_null(nero_analytics_object(report, 3));
    // and the figures
    GstStructure *stats = NULL;
    guint64 frames = 0, events = 0;
    g_object_get(r.h->element, "stats", &stats, NULL);
    gst_structure_get_uint64(stats, "frames", &frames);
    gst_structure_get_uint64(stats, "events", &events);
    assert_int_equal(frames, 12);
    assert_int_equal(events, 4);
    const GValue *areas = gst_structure_get_value(stats, "areas");
    assert_int_equal(gst_value_array_get_size(areas), 2);
    const GstStructure *yard = gst_value_get_structure(gst_value_array_get_value(areas, 0));
    assert_string_equal(gst_structure_get_string(yard, "name"), "yard");
    gst_structure_free(stats);
    g_object_set(r.h->element, "post-messages", FALSE, NULL);
    assert_int_equal(stay(&r, person(3, 220, 100), 3), 2);
    assert_null(event(&r));
    push(&r, NULL);
    rig_free(&r);
}

// Regions with DL Streamer's object_id; one that nerotrack predicted does not count yet.
static void test_regions(void **state)
{
    (void)state;
    Rig r = rig_new("yard:0.5,0,1,1", NULL);
    int entered = -1;
    for (int f = 0; f < 12; f++) {
        GstBuffer *b = frame(&r);
        GstVideoRegionOfInterestMeta *m =
            gst_buffer_add_video_region_of_interest_meta(b, "car", f < 3 ? 20 : 220, 50, 40, 40);
        gst_video_region_of_interest_meta_add_param(
            m, gst_structure_new("detection", "confidence", G_TYPE_DOUBLE, 0.9, "predicted",
                                 G_TYPE_BOOLEAN, f > 2 && f < 8, NULL));
        gst_video_region_of_interest_meta_add_param(
            m, gst_structure_new("object_id", "id", G_TYPE_INT, 17, NULL));
        const nn_report *report = push(&r, b);
        if (report->event_count)
            entered = f;
        if (report->event_count) {
            assert_int_equal(report->events[0].track_id, 17);
            assert_string_equal(report->events[0].label, "car");
        }
    }
    assert_int_equal(entered, 8);
    push(&r, NULL);
    rig_free(&r);
}

static int count_warnings(Rig *r, const char *says)
{
    GstMessage *m;
    int n = 0;
    while ((m = gst_bus_pop_filtered(r->bus, GST_MESSAGE_WARNING))) {
        GError *error = NULL;
        gst_message_parse_warning(m, &error, NULL);
        if (!strstr(error->message, says))
            fail_msg("%s", error->message);
        g_clear_error(&error);
        gst_message_unref(m);
        n++;
    }
    return n;
}

// A zone in pixels that the frame does not have is said once; one that reaches into it is not.
static void test_outside(void **state)
{
    (void)state;
    const char *const zones[] = {"yard:5000,0,6000,100", "yard:300,0,6000,100", "yard:0.5,0,1,1"};
    for (int i = 0; i < 3; i++) {
        Rig r = rig_new(zones[i], NULL);
        stay(&r, person(1, 220, 100), 3);
        assert_int_equal(count_warnings(&r, "zone 'yard' lies outside of the frame"), i == 0);
        g_object_set(r.h->element, "lines", "door:0,9000,100,9000", NULL);
        stay(&r, person(1, 220, 100), 3);
        const char *said = i ? "line 'door' lies outside" : "zone 'yard' lies outside";
        assert_int_equal(count_warnings(&r, said), 1);
        push(&r, NULL);
        rig_free(&r);
    }
}

static void test_without_identities(void **state)
{
    (void)state;
    Rig r = rig_new("yard:0.5,0,1,1", NULL);
    for (int f = 0; f < 30; f++)
        assert_int_equal(show(&r, person(0, 220, 100))->areas[0].occupancy, 1);
    assert_int_equal(show(&r, person(0, 100, 100))->areas[0].occupancy, 0);
    assert_int_equal(count_warnings(&r, "put nerotrack before neroanalytics"), 1);
    push(&r, NULL);
    rig_free(&r);
    r = rig_new("yard:0.5,0,1,1", NULL); // the first boxes of a tracker
    stay(&r, person(0, 220, 100), 3);
    stay(&r, person(1, 220, 100), 30);
    assert_int_equal(count_warnings(&r, "none"), 0);
    push(&r, NULL);
    rig_free(&r);
}

// Behind neroinfer async=true every box is older than its frame. What a tracker has made of a new
// result counts.
static void test_older_results(void **state)
{
    (void)state;
    Rig r = rig_new("yard:0.5,0,1,1", NULL);
    int entered = -1;
    for (int f = 0; f < 40; f++) {
        GstBuffer *b = frame(&r);
        nn_box box = person(1, f < 10 ? 100 : 220, 100);
        box.predicted = TRUE;
        frame_add_boxes(b, &box, 1, WIDTH, HEIGHT, 40 * (float)(f % 8 + 1));
        nero_meta_get(b)->result.source_pts = (guint64)(f / 8 * 8) * 40 * GST_MSECOND;
        if (push(&r, b)->event_count)
            entered = f;
    }
    assert_int_equal(entered, 16); // with the first result after it went there
    push(&r, NULL);
    rig_free(&r);
}

static void test_changes(void **state)
{
    (void)state;
    Rig r = rig_new("yard:160,0,320,200", NULL);
    stay(&r, person(1, 220, 100), 5);
    // twice the size, and the tracker has begun anew
    frame_caps(r.h, "I420", 2 * WIDTH, 2 * HEIGHT, "");
    int events = 0;
    const nn_report *report = NULL;
    for (int f = 0; f < 5; f++) {
        GstBuffer *b = frame_new("I420", 2 * WIDTH, 2 * HEIGHT, r.frame++ * 40 * GST_MSECOND);
        const nn_box box = person(2, 440, 200);
        frame_add_boxes(b, &box, 1, 2 * WIDTH, 2 * HEIGHT, 0);
        report = push(&r, b);
        events += report->event_count;
    }
    assert_int_equal(events, 2); // the old number leaves, the new one enters
    assert_true(report->areas[0].in == 2 && report->areas[0].out == 1);
    assert_float_equal(nn_report_points(report, &report->areas[0])[0].x, 0.5, 1e-6);
    frame_caps(r.h, "I420", WIDTH, HEIGHT, "");
    // a flush ends the visits, and does not touch the counts
    assert_true(gst_harness_push_event(r.h, gst_event_new_flush_start()));
    assert_true(gst_harness_push_event(r.h, gst_event_new_flush_stop(TRUE)));
    GstSegment segment;
    gst_segment_init(&segment, GST_FORMAT_TIME);
    gst_harness_push_event(r.h, gst_event_new_segment(&segment));
    r.frame = 0;
    report = show(&r, person(2, 220, 100));
    assert_int_equal(report->event_count, 1);
    assert_string_equal(report->events[0].type, "leave");
    assert_true(report->areas[0].in == 2 && report->areas[0].out == 2);
    assert_int_equal(stay(&r, person(2, 220, 100), 3), 1);
    // time goes back without a seek
    r.frame = 0;
    assert_int_equal(stay(&r, person(2, 220, 100), 5), 2);
    // frames without times follow each other
    for (int f = 0; f < 200; f++) {
        GstBuffer *b = frame_new("I420", WIDTH, HEIGHT, GST_CLOCK_TIME_NONE);
        report = push(&r, b);
    }
    assert_int_equal(report->areas[0].occupancy, 0);
    // zones that are set meanwhile
    while (event(&r))
        ;
    g_object_set(r.h->element, "zones", "yard:160,0,320,200;all:0,0,1,1:inertia=1", NULL);
    assert_int_equal(stay(&r, person(9, 220, 100), 1), 1);
    check_event(&r, "enter", "zone", "all", 1, 0);
    report = show(&r, person(9, 220, 100));
    assert_true(report->areas[0].in == 4 && report->areas[0].out == 4);
    g_object_set(r.h->element, "zones", "yard:1", NULL);
    assert_int_equal(show(&r, person(9, 220, 100))->area_count, 2);
    assert_int_equal(count_warnings(&r, "Zones and lines stay as they were: zone \"yard\""), 1);
    g_object_set(r.h->element, "zones", NULL, NULL);
    assert_null(show(&r, person(9, 220, 100)));
    push(&r, NULL);
    rig_free(&r);
}

static void turn(Rig *r, double rate)
{
    GstSegment segment;
    gst_segment_init(&segment, GST_FORMAT_TIME);
    segment.rate = rate;
    segment.stop = 100 * GST_SECOND;
    gst_harness_push_event(r->h, gst_event_new_flush_start());
    gst_harness_push_event(r->h, gst_event_new_flush_stop(TRUE));
    gst_harness_push_event(r->h, gst_event_new_segment(&segment));
}

// Plays `frames` frames backwards with one person; the last report.
static const nn_report *play_back(Rig *r, nn_box box, int frames, int *events)
{
    const nn_report *report = NULL;
    for (int i = 0; i < frames; i++) {
        r->frame -= 2;
        report = show(r, box);
        *events += report->event_count;
    }
    return report;
}

// Backwards nothing happens: whoever was there leaves when the stream turns, once, and comes again
// when it turns back. Who is in a zone is told all the time.
static void test_backwards(void **state)
{
    (void)state;
    Rig r = rig_new("yard:0.5,0,1,1:max-objects=0", "gate:160,0,160,200");
    int events = 0;
    r.frame = 200;
    assert_int_equal(stay(&r, person(3, 100, 100), 4), 0);
    assert_int_equal(stay(&r, person(3, 220, 100), 4), 2); // enter, cross
    turn(&r, -1);
    const nn_report *report = play_back(&r, person(3, 220, 100), 1, &events);
    assert_int_equal(events, 1);
    assert_string_equal(report->events[0].type, "leave");
    assert_int_equal(report->areas[0].occupancy, 1);
    events = 0;
    report = play_back(&r, person(3, 220, 100), 20, &events); // with the tracker's number, or one
    assert_int_equal(report->areas[0].occupancy, 1);
    assert_true(report->areas[0].since_ms > 0); // that is new
    report = play_back(&r, person(4, 100, 100), 20, &events);
    assert_int_equal(report->areas[0].occupancy, 0);
    report = play_back(&r, person(4, 220, 100), 20, &events);
    assert_int_equal(report->areas[0].occupancy, 1);
    assert_true(report->areas[0].in == 1 && report->areas[0].out == 1);
    assert_true(report->areas[1].in + report->areas[1].out == 1);
    assert_int_equal(events, 0);
    turn(&r, 1);
    assert_int_equal(stay(&r, person(5, 220, 100), 10), 1);
    report = show(&r, person(5, 220, 100));
    assert_true(report->areas[0].in == 2 && report->areas[0].out == 1);
    assert_int_equal(report->areas[0].occupancy, 1);
    push(&r, NULL);
    rig_free(&r);
}

// Too many are told when a stream plays forwards only.
static void test_backwards_crowd(void **state)
{
    (void)state;
    Rig r = rig_new("yard:0.5,0,1,1:max-objects=1", NULL);
    const nn_box two[] = {person(1, 200, 100), person(2, 260, 100)};
    const nn_report *report = NULL;
    int events[3] = {0};
    r.frame = 200;
    for (int run = 0; run < 3; run++) {
        for (int i = 0; i < 12; i++) {
            if (run == 1)
                r.frame -= 2;
            GstBuffer *b = frame(&r);
            frame_add_boxes(b, two, 2, WIDTH, HEIGHT, 0);
            report = push(&r, b);
            for (int k = 0; k < report->event_count; k++)
                events[run] += !strcmp(report->events[k].type, "overcrowd");
        }
        assert_true(report->areas[0].crowded);
        turn(&r, run ? 1 : -1);
    }
    assert_int_equal(events[0], 1);
    assert_int_equal(events[1], 0);
    assert_int_equal(events[2], 1);
    push(&r, NULL);
    rig_free(&r);
}

// Anything with a NeroMeta will do, encoded video too.
static void test_encoded(void **state)
{
    (void)state;
    Rig r = {.h = gst_harness_new("neroanalytics"), .bus = gst_bus_new()};
    gst_element_set_bus(r.h->element, r.bus);
    g_object_set(r.h->element, "zones", "yard:0.5,0,1,1:inertia=1", NULL);
    gst_harness_set_src_caps_str(r.h, "image/jpeg");
    GstBuffer *b = gst_buffer_new_allocate(NULL, 100, NULL);
    const nn_box box = person(2, 220, 100);
    assert_null(push(&r, gst_buffer_copy_deep(b))); // its size is not known
    frame_add_boxes(b, &box, 1, WIDTH, HEIGHT, 0);
    assert_int_equal(push(&r, b)->event_count, 1);
    push(&r, NULL);
    rig_free(&r);
}

static void refuse(const char *property, const char *value, int code, const char *says)
{
    GstElement *e = gst_element_factory_make("neroanalytics", NULL);
    GstBus *bus = gst_bus_new();
    GError *error = NULL;
    gst_object_ref_sink(e);
    gst_element_set_bus(e, bus);
    g_object_set(e, property, value, NULL);
    assert_int_equal(gst_element_set_state(e, GST_STATE_PAUSED), GST_STATE_CHANGE_FAILURE);
    GstMessage *m = frame_message(bus, GST_MESSAGE_ERROR);
    assert_non_null(m);
    gst_message_parse_error(m, &error, NULL);
    if (!g_error_matches(error, GST_RESOURCE_ERROR, code) || !strstr(error->message, says))
        fail_msg("%s", error->message);
    g_clear_error(&error);
    gst_message_unref(m);
    gst_element_set_state(e, GST_STATE_NULL);
    g_object_set(e, property, NULL, NULL); // and again without
    assert_int_not_equal(gst_element_set_state(e, GST_STATE_PAUSED), GST_STATE_CHANGE_FAILURE);
    gst_element_set_state(e, GST_STATE_NULL);
    gst_element_set_bus(e, NULL);
    gst_object_unref(bus);
    gst_object_unref(e);
}

static void test_refused(void **state)
{
    (void)state;
    const test_path path = test_temp("zones.json");
    refuse("zones", "yard:0,0,1", GST_RESOURCE_ERROR_SETTINGS, "zone \"yard\"");
    refuse("lines", "gate:0,0,0,0", GST_RESOURCE_ERROR_SETTINGS, "line \"gate\"");
    refuse("ground", "1,2,3", GST_RESOURCE_ERROR_SETTINGS, "a ground plane is");
    refuse("config", path.text, GST_RESOURCE_ERROR_NOT_FOUND, path.text);
    test_write_text("zones.json", "{\"zones\": 5}");
    refuse("config", path.text, GST_RESOURCE_ERROR_SETTINGS, path.text);
}

static void test_file(void **state)
{
    (void)state;
    const test_path path = test_temp("zones.json");
    test_write_text("zones.json",
                    "{\"lines\": [{\"name\": \"gate\", \"points\": [[0.5, 0], [0.5, 1]]}],"
                    " \"ground\": {\"image\": [[0,0],[1,0],[1,1],[0,1]],"
                    "  \"metres\": [[0,0],[32,0],[32,20],[0,20]]}, \"inertia\": 1}");
    Rig r = rig_new("yard:0.5,0,1,1", NULL);
    g_object_set(r.h->element, "config", path.text, NULL);
    int events = 0;
    for (int f = 0; f < 40; f++) // 4 pixels are 0.4 m, in 40 ms
        events += show(&r, person(1, 60 + (float)f * 4, 100))->event_count;
    assert_int_equal(events, 2);
    for (int i = 0; i < 2; i++) {
        GstStructure *s = event(&r);
        gdouble speed = 0;
        assert_true(gst_structure_get_double(s, "speed", &speed));
        assert_float_equal(speed, 10, 0.1);
        gst_structure_free(s);
    }
    push(&r, NULL);
    rig_free(&r);
}

// Settings, zones and reads from another thread while frames pass.
static gpointer disturb(gpointer data)
{
    GstElement *e = ((Rig *)data)->h->element;
    for (int i = 0; i < 200; i++) {
        GstStructure *stats = NULL;
        g_object_set(e, "zones", i % 2 ? "yard:0.5,0,1,1" : "yard:0.4,0,1,1;b:0,0,1,1", "inertia",
                     (guint)(i % 3 + 1), "lines", i % 5 ? NULL : "gate:0.5,0,0.5,1", NULL);
        g_object_get(e, "stats", &stats, NULL);
        gst_structure_free(stats);
        g_usleep(200);
    }
    return NULL;
}

static void test_threads(void **state)
{
    (void)state;
    Rig r = rig_new("yard:0.5,0,1,1", NULL);
    GThread *thread = g_thread_new("disturb", disturb, &r);
    for (int f = 0; f < 400; f++) {
        const nn_report *report = show(&r, person(1, f / 8 % 2 ? 100 : 220, 100));
        for (int i = 0; i < report->area_count; i++)
            if (!report->areas[i].line)
                assert_int_equal(report->areas[i].occupancy,
                                 report->areas[i].in - report->areas[i].out);
    }
    g_thread_join(thread);
    push(&r, NULL);
    rig_free(&r);
}

int main(int argc, char **argv)
{
    gst_init(&argc, &argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_events),
        cmocka_unit_test(test_regions),
        cmocka_unit_test(test_without_identities),
        cmocka_unit_test(test_outside),
        cmocka_unit_test(test_older_results),
        cmocka_unit_test(test_changes),
        cmocka_unit_test(test_backwards),
        cmocka_unit_test(test_backwards_crowd),
        cmocka_unit_test(test_encoded),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_file),
        cmocka_unit_test(test_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
