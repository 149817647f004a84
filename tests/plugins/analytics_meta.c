// SPDX-License-Identifier: MIT
// NeroAnalyticsMeta: copies, and zones that follow the picture through the real videoscale.
#include "plugins/meta/analytics.h"
#include "tests/support/test.h"

#include <gst/check/gstharness.h>
#include <gst/video/video.h>

// A zone of four corners, a line, an object and an event.
static const nn_report *report(void)
{
    static nn_point points[] = {{0.25f, 0.5f}, {0.75f, 0.5f}, {0.75f, 1},
                                {0.25f, 1},    {0, 0.25f},    {1, 0.25f}};
    static nn_area areas[] = {
        {.name = "yard", .count = 4, .in = 3, .out = 1, .occupancy = 2, .event_count = 1},
        {.name = "gate", .line = true, .first = 4, .count = 2, .in = 7, .since_ms = -1}};
    static nn_moving objects[] = {{.track_id = 5, .speed = 1.5f, .zones = 1}};
    static nn_event events[] = {
        {.type = "enter", .track_id = 5, .label = "person", .at = {0.5f, 0.75f}, .in = 3}};
    static const nn_report r = {.areas = areas,
                                .points = points,
                                .objects = objects,
                                .events = events,
                                .area_count = 2,
                                .point_count = 6,
                                .object_count = 1,
                                .event_count = 1};
    return &r;
}

static GstBuffer *make_buffer(void)
{
    GstBuffer *b = gst_buffer_new_allocate(NULL, 64 * 48 * 3, NULL);
    gst_buffer_memset(b, 0, 0, -1);
    assert_non_null(nero_analytics_meta_set(b, report()));
    return b;
}

// Checks all, with places at x * sx + dx, y * sy + dy.
static void check(GstBuffer *b, float sx, float dx, float sy, float dy)
{
    const nn_report *r = nero_analytics_report(b), *was = report();
    assert_non_null(r);
    assert_ptr_not_equal(r->areas, was->areas);
    assert_int_equal(r->area_count, 2);
    assert_int_equal(r->point_count, 6);
    for (int i = 0; i < 2; i++) {
        const nn_point *p = nn_report_points(r, &r->areas[i]),
                       *q = nn_report_points(was, &was->areas[i]);
        assert_memory_equal(&r->areas[i], &was->areas[i], sizeof r->areas[i]);
        for (int k = 0; k < r->areas[i].count; k++) {
            assert_float_equal(p[k].x, q[k].x * sx + dx, 1e-5);
            assert_float_equal(p[k].y, q[k].y * sy + dy, 1e-5);
        }
    }
    assert_int_equal(r->event_count, 1);
    assert_string_equal(r->events[0].type, "enter");
    assert_string_equal(r->events[0].label, "person");
    assert_float_equal(r->events[0].at.x, 0.5f * sx + dx, 1e-5);
    assert_float_equal(r->events[0].at.y, 0.75f * sy + dy, 1e-5);
    assert_non_null(nero_analytics_object(r, 5));
    assert_true(nero_analytics_object(r, 5)->speed == 1.5f);
    assert_null(nero_analytics_object(r, 6));
}

static void test_copies(void **state)
{
    (void)state;
    GstBuffer *b = make_buffer();
    GstBuffer *shallow = gst_buffer_copy(b), *deep = gst_buffer_copy_deep(b);
    nn_report empty = {0};
    assert_non_null(nero_analytics_meta_set(b, &empty)); // in place of the one before
    assert_int_equal(nero_analytics_report(b)->area_count, 0);
    gpointer it = NULL;
    assert_non_null(gst_buffer_iterate_meta_filtered(b, &it, NERO_ANALYTICS_META_API_TYPE));
    assert_null(gst_buffer_iterate_meta_filtered(b, &it, NERO_ANALYTICS_META_API_TYPE));
    gst_buffer_unref(b);
    check(shallow, 1, 0, 1, 0);
    check(deep, 1, 0, 1, 0);
    gst_buffer_unref(shallow);
    gst_buffer_unref(deep);
    b = gst_buffer_new();
    assert_null(nero_analytics_report(b));
    assert_null(nero_analytics_object(NULL, 1));
    gst_buffer_unref(b);
}

static GstBuffer *send(const char *chain)
{
    GstHarness *h = gst_harness_new_parse(chain);
    gst_harness_set_src_caps_str(h, "video/x-raw,format=RGB,width=64,height=48,framerate=25/1");
    GstBuffer *out = gst_harness_push_and_pull(h, make_buffer());
    assert_non_null(out);
    gst_harness_teardown(h);
    return out;
}

static void test_scaling(void **state)
{
    (void)state;
    GstBuffer *b = send("videoconvert ! capsfilter caps=video/x-raw,format=BGRx ! queue");
    check(b, 1, 0, 1, 0);
    gst_buffer_unref(b);
    b = send("videoscale ! capsfilter caps=video/x-raw,width=128,height=96,pixel-aspect-ratio=1/1");
    check(b, 1, 0, 1, 0);
    gst_buffer_unref(b);
    // 64x48 between borders of 32 pixels in 128x48; then twice as large
    b = send("videoscale ! capsfilter caps=video/x-raw,width=128,height=48,pixel-aspect-ratio=1/1 "
             "! videoscale ! "
             "capsfilter caps=video/x-raw,width=256,height=96,pixel-aspect-ratio=1/1");
    check(b, 0.5f, 0.25f, 1, 0);
    b = gst_buffer_make_writable(b);
    nero_analytics_meta_stretch(b); // had it been add-borders=false
    check(b, 1, 0, 1, 0);
    nero_analytics_meta_stretch(b); // nothing is left to do
    check(b, 1, 0, 1, 0);
    gst_buffer_unref(b);
    b = send("videocrop left=8");
    assert_null(nero_analytics_report(b));
    gst_buffer_unref(b);
}

int main(int argc, char **argv)
{
    gst_init(&argc, &argv);
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_copies),
                                       cmocka_unit_test(test_scaling)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
