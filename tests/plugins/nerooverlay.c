// SPDX-License-Identifier: MIT
// nerooverlay: paints where the boxes are and nowhere else, in every format; leaves the rest alone.
#include "nn/vision/palette.h"
#include "plugins/overlay/blend.h"
#include "tests/plugins/frames.h"
#include "tests/support/test.h"

#include <time.h>

static GstHarness *open_overlay(const char *settings)
{
    g_autofree char *text = g_strdup_printf("nerooverlay %s", settings);
    return gst_harness_new_parse(text);
}

// Pushes a frame with boxes; both it and the bytes it had are returned.
static GstBuffer *draw(GstHarness *h, const char *format, int w, int hgt, const nn_box *boxes,
                       int count, GBytes **before)
{
    frame_caps(h, format, w, hgt, "");
    GstBuffer *in = frame_new(format, w, hgt, 0);
    *before = frame_bytes(in);
    if (count)
        frame_add_boxes(in, boxes, count, w, hgt, 0);
    GstBuffer *out = gst_harness_push_and_pull(h, in);
    assert_non_null(out);
    return out;
}

// How much of sample i, j of component c the ring of thickness t inside box b covers, 0..1.
static double ring_share(const GstVideoFormatInfo *f, int c, int i, int j, const nn_box *b, int t)
{
    int xs = GST_VIDEO_FORMAT_INFO_W_SUB(f, c), ys = GST_VIDEO_FORMAT_INFO_H_SUB(f, c), n = 0;
    for (int y = j << ys; y < (j + 1) << ys; y++) {
        for (int x = i << xs; x < (i + 1) << xs; x++) {
            gboolean in = x >= b->x0 && x < b->x1 && y >= b->y0 && y < b->y1;
            gboolean hole = x >= b->x0 + t && x < b->x1 - t && y >= b->y0 + t && y < b->y1 - t;
            n += in && !hole;
        }
    }
    return n / (double)(1 << (xs + ys));
}

static void check_ring(const char *format, int w, int hgt, const nn_box *b, int t)
{
    GstHarness *h = open_overlay("show-labels=false show-scores=false thickness=2");
    GBytes *before;
    GstBuffer *out = draw(h, format, w, hgt, b, 1, &before);
    GstVideoInfo info = frame_info(format, w, hgt);
    GstBuffer *old = gst_buffer_new_wrapped_bytes(before);
    GstVideoFrame was, is;
    assert_true(gst_video_frame_map(&was, &info, old, GST_MAP_READ));
    assert_true(gst_video_frame_map(&is, &info, out, GST_MAP_READ));
    NeroBlendColour ink = nero_blend_colour(&info, nn_palette(b->label));
    int touched = 0;
    for (int c = 0; c < (int)GST_VIDEO_FRAME_N_COMPONENTS(&is); c++) {
        int step = GST_VIDEO_FRAME_COMP_PSTRIDE(&is, c);
        for (int j = 0; j < GST_VIDEO_FRAME_COMP_HEIGHT(&is, c); j++) {
            gsize row = (gsize)j * GST_VIDEO_FRAME_COMP_STRIDE(&is, c);
            const guint8 *p = (guint8 *)GST_VIDEO_FRAME_COMP_DATA(&is, c) + row;
            const guint8 *q = (guint8 *)GST_VIDEO_FRAME_COMP_DATA(&was, c) + row;
            for (int i = 0; i < GST_VIDEO_FRAME_COMP_WIDTH(&is, c); i++) {
                double share = ring_share(info.finfo, c, i, j, b, t);
                double want = q[i * step] * (1 - share) + ink.c[c] * share;
                // Edges that meet in one chroma block cover it one after the other: up to 1/4 less.
                gboolean whole = GST_VIDEO_FORMAT_INFO_W_SUB(info.finfo, c) == 0;
                double slack = 1 + (whole ? 0 : ABS(ink.c[c] - q[i * step]) / 4.0);
                if (share == 0)
                    assert_int_equal(p[i * step], q[i * step]);
                else if (ABS(p[i * step] - want) > slack)
                    fail_msg("%s component %d at %d,%d: %d, expected %.1f", format, c, i, j,
                             p[i * step], want);
                touched += share > 0;
            }
        }
    }
    assert_true(touched > 40);
    gst_video_frame_unmap(&was);
    gst_video_frame_unmap(&is);
    gst_buffer_unref(old);
    gst_buffer_unref(out);
    g_bytes_unref(before);
    gst_harness_teardown(h);
}

static void test_boxes_in_every_format(void **state)
{
    (void)state;
    const nn_box inside = {11, 7, 40, 33, 0.9f, 1, 0, false, 0};
    const nn_box rim = {0, 0, 63, 47, 0.9f, 0, 0, false, 0};
    for (const char *const *f = frame_formats; *f; f++) {
        check_ring(*f, 64, 48, &inside, 2);
        check_ring(*f, 63, 47, &inside, 2); // odd sizes: half-covered chroma at the rim
        check_ring(*f, 63, 47, &rim, 2);
    }
}

// Number of bytes that differ.
static gsize difference(GstBuffer *out, GBytes *before)
{
    g_autoptr(GBytes) after = frame_bytes(out);
    gsize n = g_bytes_get_size(after), count = 0;
    assert_int_equal(n, g_bytes_get_size(before));
    const guint8 *a = g_bytes_get_data(after, NULL), *b = g_bytes_get_data(before, NULL);
    for (gsize i = 0; i < n; i++)
        count += a[i] != b[i];
    return count;
}

// Changed bytes when a box is drawn on 320x240 RGB with these settings.
static gsize drawn_bytes(const char *settings, const nn_box *box)
{
    GstHarness *h = open_overlay(settings);
    GBytes *before;
    GstBuffer *out = draw(h, "RGB", 320, 240, box, 1, &before);
    gsize n = difference(out, before);
    gst_buffer_unref(out);
    g_bytes_unref(before);
    gst_harness_teardown(h);
    return n;
}

static void test_properties(void **state)
{
    (void)state;
    const nn_box box = {60, 80, 260, 200, 0.87f, 0, 0, false, 0};
    nn_box predicted = box;
    predicted.predicted = true;
    gsize bare = drawn_bytes("show-labels=false show-scores=false", &box);
    gsize label = drawn_bytes("show-scores=false", &box);
    gsize both = drawn_bytes("", &box);
    assert_true(bare > 0 && label > bare && both > label);
    assert_true(drawn_bytes("font-size=30", &box) > both);
    assert_true(drawn_bytes("show-labels=false show-scores=false thickness=6", &box) > bare);
    assert_int_equal(drawn_bytes("labels=car", &box), 0);
    assert_int_equal(drawn_bytes("labels=\"car, person\"", &box), both);
    assert_int_equal(drawn_bytes("predicted-style=hidden", &predicted), 0);
    assert_int_equal(drawn_bytes("predicted-style=solid", &predicted), both);
    const char *dashed = "show-labels=false show-scores=false predicted-style=dashed";
    gsize dashes = drawn_bytes(dashed, &predicted);
    assert_true(dashes > bare / 3 && dashes < bare * 2 / 3);
    assert_int_equal(drawn_bytes(dashed, &box), bare); // measured boxes stay whole
}

// Labels at the rim are shifted into the frame; boxes and text never write outside it (ASan).
static void test_rim(void **state)
{
    (void)state;
    const nn_box boxes[] = {{0, 0, 3, 2, 1, 0, 1, false, 0},
                            {310, 230, 320, 240, 1, 1, 123456, true, 0},
                            {-5, -7, 400, 300, 1, 7, 0, false, 0},
                            {319, 0, 320, 1, 1, 0, 0, false, 0}};
    for (const char *const *f = frame_formats; *f; f++) {
        GstHarness *h = open_overlay("predicted-style=dashed font-size=24");
        GBytes *before;
        GstBuffer *out = draw(h, *f, 321, 241, boxes, 4, &before);
        assert_true(difference(out, before) > 0);
        gst_buffer_unref(out);
        g_bytes_unref(before);
        out = draw(h, *f, 5, 3, boxes, 1, &before); // smaller than any label
        gst_buffer_unref(out);
        g_bytes_unref(before);
        gst_harness_teardown(h);
    }
}

// Nothing to draw: the very same buffer, even one that others hold too.
static void test_passthrough(void **state)
{
    (void)state;
    GstHarness *h = open_overlay("labels=person");
    frame_caps(h, "I420", 64, 48, "");
    GstBuffer *in = frame_new("I420", 64, 48, 0);
    frame_add_boxes(in, NULL, 0, 64, 48, 0);
    gst_harness_push(h, gst_buffer_ref(in));
    GstBuffer *out = gst_harness_pull(h);
    assert_ptr_equal(out, in);
    gst_buffer_unref(out);
    gst_buffer_unref(in);
    gst_harness_teardown(h);
}

// Boxes that are filtered out change no pixel, and no later window draws them.
static void test_left_out(void **state)
{
    (void)state;
    static const char *const settings[] = {"labels=person", "predicted-style=hidden"};
    const nn_box car = {10, 10, 30, 30, 1, 1, 0, true, 0};
    for (gsize i = 0; i < G_N_ELEMENTS(settings); i++) {
        GstHarness *h = open_overlay(settings[i]);
        frame_caps(h, "I420", 64, 48, "");
        GstBuffer *in = frame_new("I420", 64, 48, 0);
        frame_add_boxes(in, &car, 1, 64, 48, 0);
        gst_harness_push(h, gst_buffer_ref(in));
        GstBuffer *out = gst_harness_pull(h);
        assert_ptr_equal(gst_buffer_peek_memory(out, 0), gst_buffer_peek_memory(in, 0));
        assert_true(nero_meta_get(out)->painted);
        assert_false(nero_meta_get(in)->painted);
        gst_buffer_unref(out);
        gst_buffer_unref(in);
        gst_harness_teardown(h);
    }
}

// A branch of a tee that shares the pixels must not see the drawing.
static void test_shared_pixels(void **state)
{
    (void)state;
    GstHarness *h = open_overlay("");
    frame_caps(h, "I420", 64, 48, "");
    const nn_box box = {10, 10, 30, 30, 1, 0, 0, false, 0};
    GstBuffer *in = frame_new("I420", 64, 48, 0);
    frame_add_boxes(in, &box, 1, 64, 48, 0);
    g_autoptr(GBytes) before = frame_bytes(in);
    gst_harness_push(h, gst_buffer_ref(in));
    GstBuffer *out = gst_harness_pull(h);
    assert_int_equal(difference(in, before), 0);
    assert_true(difference(out, before) > 0);
    assert_true(nero_meta_get(out)->painted);
    assert_false(nero_meta_get(in)->painted);
    gst_buffer_unref(out);
    gst_buffer_unref(in);
    gst_harness_teardown(h);
}

static void test_foreign_regions(void **state)
{
    (void)state;
    GstHarness *h = open_overlay("show-labels=false show-scores=false");
    frame_caps(h, "GRAY8", 64, 48, "");
    GstBuffer *in = frame_new("GRAY8", 64, 48, 0);
    g_autoptr(GBytes) before = frame_bytes(in);
    gst_buffer_add_video_region_of_interest_meta(in, "dog", 8, 8, 20, 20);
    GstBuffer *out = gst_harness_push_and_pull(h, in);
    gsize n = difference(out, before);
    assert_true(n > 60 && n <= 76); // the rim of 20x20, less pixels that had the colour already
    gst_buffer_unref(out);
    gst_harness_teardown(h);
}

// Frames with padded rows (GstVideoMeta) are drawn at the right place.
static void test_strides(void **state)
{
    (void)state;
    GstHarness *h = open_overlay("show-labels=false show-scores=false thickness=1");
    frame_caps(h, "GRAY8", 20, 10, "");
    GstBuffer *in = gst_buffer_new_allocate(NULL, 32 * 10, NULL);
    gst_buffer_memset(in, 0, 0, -1);
    gsize offset[4] = {0};
    gint stride[4] = {32};
    gst_buffer_add_video_meta_full(in, GST_VIDEO_FRAME_FLAG_NONE, GST_VIDEO_FORMAT_GRAY8, 20, 10, 1,
                                   offset, stride);
    const nn_box box = {0, 0, 20, 10, 1, 0, 0, false, 0};
    frame_add_boxes(in, &box, 1, 20, 10, 0);
    GstBuffer *out = gst_harness_push_and_pull(h, in);
    g_autoptr(GBytes) bytes = frame_bytes(out);
    const guint8 *p = g_bytes_get_data(bytes, NULL);
    for (int y = 0; y < 10; y++)
        for (int x = 0; x < 32; x++)
            assert_int_equal(p[y * 32 + x] != 0, x < 20 && (x == 0 || x == 19 || y == 0 || y == 9));
    gst_buffer_unref(out);
    gst_harness_teardown(h);
}

static gint64 cpu_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static gboolean in_ring(const nn_box *boxes, int count, int x, int y, int t)
{
    for (int i = 0; i < count; i++) {
        const nn_box *b = &boxes[i];
        const gboolean in = x >= b->x0 && x < b->x1 && y >= b->y0 && y < b->y1;
        if (in && !(x >= b->x0 + t && x < b->x1 - t && y >= b->y0 + t && y < b->y1 - t))
            return TRUE;
    }
    return FALSE;
}

// v210 packs six columns together: only those between the edges of boxes are written again, and
// no pixel but those of the edges changes, whatever the order in which things are drawn.
static void test_groups(void **state)
{
    (void)state;
    enum { WIDE = 100, HIGH = 40, GROUP = 16 };
    const nn_box boxes[] = {{20, 5, 59, 35, 0.9f, 0, 0, false, 0},
                            {70, 10, 99, 30, 0.8f, 0, 0, false, 0},
                            {2, 20, 10, 38, 0.7f, 0, 0, false, 0}};
    GstHarness *h = open_overlay("show-labels=false show-scores=false thickness=2");
    GBytes *before;
    GstBuffer *out = draw(h, "v210", WIDE, HIGH, boxes, 3, &before);
    const GstVideoInfo info = frame_info("v210", WIDE, HIGH);
    guint8 *old = (guint8 *)g_bytes_get_data(before, NULL);
    guint16 was[4 * WIDE + 64], is[4 * WIDE + 64];
    GstMapInfo now;
    int luma = -1;
    assert_true(gst_buffer_map(out, &now, GST_MAP_READ));
    for (int y = 0; y < HIGH; y++) {
        gpointer from[4] = {old}, to[4] = {now.data};
        info.finfo->unpack_func(info.finfo, 0, was, from, info.stride, 0, y, WIDE);
        info.finfo->unpack_func(info.finfo, 0, is, to, info.stride, 0, y, WIDE);
        for (int x = 0; x < WIDE; x++) {
            if (in_ring(boxes, 3, x, y, 2)) {
                luma = luma < 0 ? is[4 * x + 1] : luma;
                assert_int_equal(is[4 * x + 1], luma);
                continue;
            }
            assert_int_equal(is[4 * x + 1], was[4 * x + 1]);
            if (!in_ring(boxes, 3, x ^ 1, y, 2)) // shares its colour
                assert_memory_equal(&is[4 * x + 2], &was[4 * x + 2], 2 * sizeof *is);
        }
        const gsize row = (gsize)y * (gsize)info.stride[0];
        assert_memory_equal(old + row, now.data + row, y < 20 ? 3 * GROUP : 0); // left of all
        assert_memory_equal(old + row + 96 / 6 * GROUP, now.data + row + 96 / 6 * GROUP,
                            y < 10 ? GROUP : 0);
    }
    assert_true(luma > 0);
    gst_buffer_unmap(out, &now);
    gst_buffer_unref(out);
    g_bytes_unref(before);
    gst_harness_teardown(h);
}

// Prints what ten labelled boxes cost at 768x576; fails only when that is far too slow.
static void test_speed(void **state)
{
    (void)state;
    nn_box boxes[10];
    for (int i = 0; i < 10; i++)
        boxes[i] = (nn_box){
            60.0f * i, 40.0f * i + 30, 60.0f * i + 50, 40.0f * i + 160, 0.5f + 0.04f * i, 0,
            i,         false, 0};
    GstHarness *h = open_overlay("");
    frame_caps(h, "I420", 768, 576, "");
    gint64 spent = 0;
    for (int i = 0; i < 50; i++) {
        GstBuffer *in = frame_new("I420", 768, 576, 0);
        frame_add_boxes(in, boxes, 10, 768, 576, 0);
        gint64 start = cpu_us();
        gst_harness_push(h, in);
        if (i)
            spent += cpu_us() - start;
        gst_buffer_unref(gst_harness_pull(h));
    }
    print_message("overlay, 10 boxes, 768x576: %.3f ms\n", spent / 49e3);
    assert_true(spent / 49e3 < 20); // sanitizers and loaded machines included
    gst_harness_teardown(h);
}

int main(int argc, char **argv)
{
    gst_init(&argc, &argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_boxes_in_every_format),
        cmocka_unit_test(test_properties),
        cmocka_unit_test(test_rim),
        cmocka_unit_test(test_passthrough),
        cmocka_unit_test(test_left_out),
        cmocka_unit_test(test_groups),
        cmocka_unit_test(test_shared_pixels),
        cmocka_unit_test(test_foreign_regions),
        cmocka_unit_test(test_strides),
        cmocka_unit_test(test_speed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
