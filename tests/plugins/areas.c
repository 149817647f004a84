// SPDX-License-Identifier: MIT
// Zones and lines: their shape, colour and text, drawn by nerooverlay and nerosink alike.
#include "plugins/common/areas.h"

#include "nn/base/memory.h"
#include "nn/io/image/image.h"
#include "plugins/meta/analytics.h"
#include "tests/plugins/frames.h"
#include "tests/support/files.h"
#include "tests/support/test.h"

#include <math.h>

enum { W = 400, H = 300 };

// A line from left to right and a zone, in fractions.
static nn_point points[] = {{0.1f, 0.5f}, {0.9f, 0.5f}, {0.6f, 0.6f},
                            {0.9f, 0.6f}, {0.9f, 0.9f}, {0.6f, 0.9f}};
static nn_area areas[] = {
    {.name = "gate", .line = true, .first = 0, .count = 2, .in = 3, .out = 5, .since_ms = -1},
    {.name = "yard", .first = 2, .count = 4, .occupancy = 2, .since_ms = -1},
};
static const nn_report report = {
    .areas = areas, .points = points, .area_count = 2, .point_count = 6};

static void test_shape(void **state)
{
    (void)state;
    NeroAreaShape s;
    nero_area_describe(&report, 0, W, H, 20, &s);
    assert_true(s.line);
    assert_int_equal(s.count, 2);
    assert_string_equal(s.text, "gate 3 in, 5 out");
    // From left to right: what moves down comes in.
    assert_true(s.arrow[0].x == 200 && s.arrow[0].y == 150);
    assert_true(fabsf(s.arrow[1].x - 200) < 1e-3f && fabsf(s.arrow[1].y - 170) < 1e-3f);
    nero_area_describe(&report, 1, W, H, 20, &s);
    assert_false(s.line);
    assert_int_equal(s.count, 4);
    assert_string_equal(s.text, "yard 2");
    assert_true(fabsf(s.top.x - 240) < 1e-3f && fabsf(s.top.y - 180) < 1e-3f);
}

static void test_colour(void **state)
{
    (void)state;
    nn_area a = areas[1];
    const nn_report r = {.areas = &a, .points = points, .area_count = 1, .point_count = 6};
    NeroAreaShape quiet, other;
    nero_area_describe(&r, 0, W, H, 20, &quiet);
    a.since_ms = 100; // an event has just happened
    nero_area_describe(&r, 0, W, H, 20, &other);
    assert_int_not_equal(other.rgb, quiet.rgb);
    a.since_ms = 5000;
    nero_area_describe(&r, 0, W, H, 20, &other);
    assert_int_equal(other.rgb, quiet.rgb);
    a.crowded = true;
    nero_area_describe(&r, 0, W, H, 20, &other);
    assert_int_not_equal(other.rgb, quiet.rgb);
    a.crowded = false;
    a.loitering = 1;
    nero_area_describe(&r, 0, W, H, 20, &other);
    assert_int_not_equal(other.rgb, quiet.rgb);
    assert_string_equal(other.text, "yard 2, 1 loitering");
}

// --- drawn ---

// A black frame with the report; `painted`: and a meta whose boxes are in the picture already.
static GstBuffer *make_frame(gboolean painted)
{
    GstBuffer *b = frame_new("RGB", W, H, 0);
    gst_buffer_memset(b, 0, 0, gst_buffer_get_size(b));
    assert_non_null(nero_analytics_meta_set(b, &report));
    frame_add_boxes(b, NULL, 0, W, H, 0);
    nero_meta_get(b)->painted = painted;
    return b;
}

// The picture that nerosink shows, or the frame that comes out of nerooverlay.
static nn_image draw(const char *element, gboolean painted)
{
    GstHarness *h = gst_harness_new_parse(element);
    nn_image image = {0};
    nn_error err;
    frame_caps(h, "RGB", W, H, "");
    if (strstr(element, "nerosink")) {
        gboolean ok = FALSE;
        test_path path = test_temp("areas.png");
        assert_int_equal(gst_harness_push(h, make_frame(painted)), GST_FLOW_OK);
        g_autoptr(GstElement) sink = gst_harness_find_element(h, "nerosink");
        g_signal_emit_by_name(sink, "save-snapshot", path.text, &ok);
        assert_true(ok);
        assert_int_equal(nn_image_load(&image, path.text, &err), NN_OK);
    } else {
        g_autoptr(GstBuffer) out = gst_harness_push_and_pull(h, make_frame(painted));
        image = (nn_image){W, H, nn_alloc((size_t)3 * W * H)};
        gst_buffer_extract(out, 0, image.rgb, (gsize)3 * W * H);
    }
    gst_harness_teardown(h);
    return image;
}

static int level(const nn_image *i, int x, int y)
{
    return i->rgb[3 * ((size_t)y * (size_t)i->width + (size_t)x) + 1];
}

static void check_drawing(const char *element)
{
    nn_image i = draw(element, FALSE);
    static const int on[][2] = {{100, 150}, {330, 150}, {200, 160}, {300, 180},
                                {360, 220}, {300, 270}, {240, 220}};
    static const int off[][2] = {{100, 160}, {20, 150}, {380, 150}, {300, 220}, {200, 130}};
    for (size_t k = 0; k < sizeof on / sizeof *on; k++)
        if (level(&i, on[k][0], on[k][1]) < 120)
            fail_msg("%s: nothing at %d,%d", element, on[k][0], on[k][1]);
    for (size_t k = 0; k < sizeof off / sizeof *off; k++)
        if (level(&i, off[k][0], off[k][1]) > 0)
            fail_msg("%s: something at %d,%d", element, off[k][0], off[k][1]);
    int bright = 0, dark = 0; // letters on the ground of the line's text
    for (int y = 132; y < 146; y++)
        for (int x = 42; x < 80; x++) {
            bright += level(&i, x, y) > 250;
            dark += level(&i, x, y) < 60;
        }
    assert_true(bright > 200 && dark > 20);
    nn_image_release(&i);
}

static void test_drawing(void **state)
{
    (void)state;
    check_drawing("nerooverlay thickness=2 font-size=14");
    check_drawing("nerosink offscreen=yes sync=false hud=false");
}

static void test_not_drawn(void **state)
{
    (void)state;
    static const struct {
        const char *element;
        gboolean painted;
    } cases[] = {{"nerooverlay show-zones=false", FALSE},
                 {"nerosink offscreen=yes sync=false hud=false zones=false", FALSE},
                 {"nerosink offscreen=yes sync=false hud=false", TRUE}};
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        nn_image i = draw(cases[k].element, cases[k].painted);
        for (int y = 0; y < H; y++)
            for (int x = 0; x < W; x++)
                assert_int_equal(level(&i, x, y), 0);
        nn_image_release(&i);
    }
}

int main(int argc, char **argv)
{
    gst_init(&argc, &argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shape),
        cmocka_unit_test(test_colour),
        cmocka_unit_test(test_drawing),
        cmocka_unit_test(test_not_drawn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
