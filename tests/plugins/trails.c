// SPDX-License-Identifier: MIT
// Trails: what is kept of the ways of objects, for how long, and how nerooverlay draws them.
#include "plugins/common/trails.h"

#include "nn/io/image/image.h"
#include "nn/vision/palette.h"
#include "plugins/common/objects.h"
#include "tests/plugins/frames.h"
#include "tests/support/files.h"
#include "tests/support/test.h"

#include <math.h>
#include <time.h>

enum { SECOND = 1000000000, FRAME = 40000000 };

// Adds objects with tracks 1 .. n, whose feet are at x + 10 * track, y.
static void see(NeroTrails *t, int n, float x, float y, gint64 time, gint64 length)
{
    g_autoptr(GArray) objects = g_array_new(FALSE, FALSE, sizeof(NeroObject));
    for (int i = 1; i <= n; i++) {
        const float at = x + 10 * (float)i;
        const NeroObject o = {
            .box = {.x0 = at - 5, .y0 = y - 20, .x1 = at + 5, .y1 = y, .score = 1, .track_id = i},
            .label = "person"};
        g_array_append_val(objects, o);
    }
    nero_trails_add(t, objects, time, length);
}

static void test_way(void **state)
{
    (void)state;
    NeroTrails *t = nero_trails_new();
    for (int i = 0; i < 25; i++)
        see(t, 1, (float)(4 * i), 100, (gint64)i * FRAME, SECOND);
    assert_int_equal(nero_trails_count(t), 1);
    const NeroTrail *trail = nero_trails_get(t, 0);
    assert_int_equal(trail->track_id, 1);
    assert_int_equal(trail->count, 25);
    for (guint i = 0; i < trail->count; i++) {
        assert_true(trail->points[i].x == 10 + 4 * (float)i && trail->points[i].y == 100);
        const float left = 1 - 0.04f * (float)(24 - i);
        const NeroTrailSpot spot = nero_trails_spot(t, trail, i);
        assert_true(fabsf(spot.strength - left) < 1e-4f && spot.y == 100);
        assert_true(fabsf(spot.x - trail->points[i].x) < 1e-3f); // evenly spaced: no change
    }
    // Unseen, it shrinks from its old end, and is gone after its length.
    see(t, 0, 0, 0, 24 * (gint64)FRAME + SECOND / 2, SECOND);
    assert_int_equal(nero_trails_get(t, 0)->count, 13);
    see(t, 0, 0, 0, 25 * (gint64)FRAME + SECOND, SECOND);
    assert_int_equal(nero_trails_count(t), 0);
    nero_trails_free(t);
}

// An object at rest has a place and no way, even when its box trembles.
static void test_rest(void **state)
{
    (void)state;
    NeroTrails *t = nero_trails_new();
    for (int i = 0; i < 100; i++)
        see(t, 1, (float)(i % 2), 100, (gint64)i * FRAME, SECOND);
    assert_true(nero_trails_get(t, 0)->count <= 2);
    nero_trails_free(t);
}

static void test_bounds(void **state)
{
    (void)state;
    NeroTrails *t = nero_trails_new();
    for (int i = 0; i < 20000; i++) // 1000 frames a second
        see(t, 2, 5 * (float)i, 100, (gint64)i * 1000000, 10 * (gint64)SECOND);
    const NeroTrail *trail = nero_trails_get(t, 0);
    assert_true(trail->count > NERO_TRAIL_POINTS - 6 && trail->count <= NERO_TRAIL_POINTS);
    assert_true(trail->points[trail->count - 1].time - trail->points[0].time > 9 * (gint64)SECOND);
    for (int i = 20000; i < 20004; i++)
        see(t, 5000, 5 * (float)i, 100, (gint64)i * 1000000, 10 * (gint64)SECOND);
    assert_int_equal(nero_trails_count(t), 512);
    nero_trails_free(t);
}

static void test_forgets(void **state)
{
    (void)state;
    NeroTrails *t = nero_trails_new();
    see(t, 3, 0, 100, SECOND, SECOND);
    see(t, 1, 50, 100, SECOND / 2, SECOND); // time goes back
    assert_int_equal(nero_trails_count(t), 1);
    assert_int_equal(nero_trails_get(t, 0)->count, 1);
    see(t, 1, 60, 100, SECOND, 0);
    assert_int_equal(nero_trails_count(t), 0);
    see(t, 1, 60, 100, SECOND, SECOND);
    nero_trails_forget(t);
    assert_int_equal(nero_trails_count(t), 0);
    nero_trails_free(t);
}

// --- drawn by nerooverlay ---

enum { W = 200, H = 100 };

static GstHarness *open_overlay(const char *settings)
{
    g_autofree char *text =
        g_strdup_printf("nerooverlay show-labels=false show-scores=false thickness=2 %s", settings);
    GstHarness *h = gst_harness_new_parse(text);
    frame_caps(h, "RGB", W, H, "");
    return h;
}

// A black frame with an object whose feet are at x, 60.
static GstBuffer *make_frame(int x, int track, int frame)
{
    GstBuffer *b = frame_new("RGB", W, H, (GstClockTime)frame * FRAME);
    gst_buffer_memset(b, 0, 0, gst_buffer_get_size(b));
    const nn_box box = {(float)x - 5, 30, (float)x + 5, 60, 0.9f, 1, track, false, 0};
    frame_add_boxes(b, &box, x >= 0, W, H, 0);
    return b;
}

static GstBuffer *push(GstHarness *h, int x, int track, int frame)
{
    return gst_harness_push_and_pull(h, make_frame(x, track, frame));
}

static int level(GstBuffer *b, int x, int y, int channel)
{
    guint8 value = 0;
    gst_buffer_extract(b, (gsize)(y * W + x) * 3 + (gsize)channel, &value, 1);
    return value;
}

static guint32 colour(GstBuffer *b, int x, int y)
{
    return (guint32)level(b, x, y, 0) << 16 | (guint32)level(b, x, y, 1) << 8 |
           (guint32)level(b, x, y, 2);
}

static void test_drawing(void **state)
{
    (void)state;
    GstHarness *h = open_overlay("trail-length=1");
    GstBuffer *out = NULL;
    const guint32 ink = nn_palette(7);
    for (int i = 0; i <= 20; i++) {
        gst_clear_buffer(&out);
        out = push(h, 20 + 7 * i, 7, i);
    }
    // The way from 20 to 160 along row 60: brighter towards the object, black beside it.
    const int c = (ink >> 8 & 255) > 128 ? 1 : 2;
    int last = 0;
    for (int x = 24; x < 150; x += 6) {
        const int now = level(out, x, 60, c);
        assert_true(now > 0 && now >= last);
        last = now;
        assert_int_equal(colour(out, x, 50), 0);
        assert_int_equal(colour(out, x, 66), 0);
    }
    assert_true(level(out, 40, 60, c) * 2 < level(out, 145, 60, c));
    assert_int_equal(colour(out, 160, 30), ink); // the box
    gst_clear_buffer(&out);
    // The object is gone, its trail fades and is gone after its length.
    out = push(h, -1, 0, 30);
    assert_true(level(out, 100, 60, c) > 0 && level(out, 22, 60, c) == 0);
    gst_clear_buffer(&out);
    out = push(h, -1, 0, 50);
    for (int x = 0; x < W; x++)
        assert_int_equal(colour(out, x, 60), 0);
    gst_clear_buffer(&out);
    gst_harness_teardown(h);
}

// The window draws the same way, at its own resolution.
static void test_window(void **state)
{
    (void)state;
    GstHarness *h = gst_harness_new_parse("nerosink offscreen=yes sync=false hud=false "
                                          "trail-length=1 window-width=400 window-height=200");
    g_autoptr(GstElement) sink = gst_harness_find_element(h, "nerosink");
    frame_caps(h, "RGB", W, H, "");
    for (int i = 0; i <= 20; i++)
        assert_int_equal(gst_harness_push(h, make_frame(20 + 7 * i, 7, i)), GST_FLOW_OK);
    nn_image shown = {0};
    nn_error err;
    gboolean ok = FALSE;
    test_path path = test_temp("trails.png");
    g_signal_emit_by_name(sink, "save-snapshot", path.text, &ok);
    assert_true(ok);
    assert_int_equal(nn_image_load(&shown, path.text, &err), NN_OK);
    int last = 0;
    for (int x = 60; x < 300; x += 12) {
        const uint8_t *p = shown.rgb + 3 * (120 * (size_t)shown.width + (size_t)x);
        const int now = MAX(p[0], MAX(p[1], p[2]));
        assert_true(now > 0 && now >= last);
        last = now;
    }
    assert_true(last > 150);
    nn_image_release(&shown);
    // After a flush there is no way left.
    gst_harness_push_event(h, gst_event_new_flush_start());
    gst_harness_push_event(h, gst_event_new_flush_stop(TRUE));
    GstSegment segment;
    gst_segment_init(&segment, GST_FORMAT_TIME);
    gst_harness_push_event(h, gst_event_new_segment(&segment));
    assert_int_equal(gst_harness_push(h, make_frame(160, 7, 21)), GST_FLOW_OK);
    g_signal_emit_by_name(sink, "save-snapshot", path.text, &ok);
    assert_int_equal(nn_image_load(&shown, path.text, &err), NN_OK);
    for (int x = 0; x < 290; x++)
        assert_int_equal(shown.rgb[3 * (120 * (size_t)shown.width + (size_t)x) + 1], 0);
    nn_image_release(&shown);
    gst_harness_teardown(h);
}

// After a flush and in another size nothing of before is drawn.
static void test_flush_and_caps(void **state)
{
    (void)state;
    GstHarness *h = open_overlay("trail-length=5");
    GstSegment segment;
    for (int i = 0; i <= 10; i++)
        gst_buffer_unref(push(h, 20 + 7 * i, 7, i));
    gst_harness_push_event(h, gst_event_new_flush_start());
    gst_harness_push_event(h, gst_event_new_flush_stop(TRUE));
    gst_segment_init(&segment, GST_FORMAT_TIME);
    gst_harness_push_event(h, gst_event_new_segment(&segment));
    GstBuffer *out = push(h, 150, 7, 11);
    assert_int_equal(colour(out, 60, 60), 0);
    gst_buffer_unref(out);
    gst_buffer_unref(push(h, 130, 7, 12));
    out = push(h, 110, 7, 13);
    assert_true(colour(out, 130, 60) != 0);
    gst_buffer_unref(out);
    frame_caps(h, "RGB", 64, 48, "");
    GstBuffer *small = frame_new("RGB", 64, 48, 14 * (GstClockTime)FRAME);
    frame_add_boxes(small, NULL, 0, 64, 48, 0);
    gst_buffer_unref(gst_harness_push_and_pull(h, small));
    frame_caps(h, "RGB", W, H, "");
    out = push(h, 100, 7, 15);
    assert_int_equal(colour(out, 130, 60), 0);
    gst_buffer_unref(out);
    gst_harness_teardown(h);
}

// The colour belongs to the track, or to the class.
static void test_colours(void **state)
{
    (void)state;
    static const struct {
        const char *settings;
        int track, colour;
    } cases[] = {{"", 7, 7},
                 {"color-by=track", 8, 8},
                 {"color-by=track", 0, 1},
                 {"color-by=class", 7, 1},
                 {"color-by=class", 8, 1}};
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        GstHarness *h = open_overlay(cases[i].settings);
        for (int frame = 0; frame < 3; frame++) {
            g_autoptr(GstBuffer) out = push(h, 50 + 20 * frame, cases[i].track, frame);
            assert_int_equal(colour(out, 50 + 20 * frame, 30), nn_palette(cases[i].colour));
        }
        gst_harness_teardown(h);
    }
}

static gint64 cpu_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

// Prints what 20 objects with labels and trails of 2 s cost; fails only when that is far too slow.
static double time_format(const char *format)
{
    enum { FULL_W = 1920, FULL_H = 1080, OBJECTS = 20, FRAMES = 60, FIRST = 50 };
    GstHarness *h = gst_harness_new_parse("nerooverlay trail-length=2");
    gint64 spent = 0;
    frame_caps(h, format, FULL_W, FULL_H, "");
    GstBuffer *plain = frame_new(format, FULL_W, FULL_H, 0);
    for (int i = 0; i < FRAMES; i++) {
        nn_box boxes[OBJECTS];
        for (int k = 0; k < OBJECTS; k++) {
            const float x = 80 + 80 * (float)k + (float)i * (k % 2 ? 3 : -2);
            const float y = 100 + 40 * (float)(k % 10) + (float)i * (k % 3 ? 4 : 1);
            boxes[k] = (nn_box){x, y, x + 80, y + 200, 0.8f, 0, k + 1, false, 0};
        }
        GstBuffer *in = gst_buffer_copy_deep(plain);
        GST_BUFFER_PTS(in) = (GstClockTime)i * FRAME;
        frame_add_boxes(in, boxes, OBJECTS, FULL_W, FULL_H, 0);
        const gint64 start = cpu_us();
        gst_harness_push(h, in);
        if (i >= FIRST)
            spent += cpu_us() - start;
        gst_buffer_unref(gst_harness_pull(h));
    }
    gst_buffer_unref(plain);
    gst_harness_teardown(h);
    return (double)spent / 1e3 / (FRAMES - FIRST);
}

static void test_speed(void **state)
{
    (void)state;
    static const char *const formats[] = {"I420", "BGRx", "P010_10LE", "v210"};
    for (gsize i = 0; i < G_N_ELEMENTS(formats); i++) {
        const double ms = time_format(formats[i]);
        print_message("overlay, 20 tracks with trails, 1920x1080 %s: %.2f ms\n", formats[i], ms);
        assert_true(ms < 100); // sanitizers and loaded machines included
    }
}

int main(int argc, char **argv)
{
    gst_init(&argc, &argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_way),
        cmocka_unit_test(test_rest),
        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_forgets),
        cmocka_unit_test(test_drawing),
        cmocka_unit_test(test_window),
        cmocka_unit_test(test_flush_and_caps),
        cmocka_unit_test(test_colours),
        cmocka_unit_test(test_speed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
