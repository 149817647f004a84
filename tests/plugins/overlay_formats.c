// SPDX-License-Identifier: MIT
// nerooverlay in every raw packed format: lines have their colour, other pixels stay.
#include "nn/vision/palette.h"
#include "plugins/overlay/blend.h"
#include "tests/plugins/frames.h"
#include "tests/support/test.h"

enum { W = 64, H = 48 };

// A frame of one colour, 0xRRGGBB.
static GstBuffer *make_plain(GstVideoInfo *info, guint32 rgb, int w, int h)
{
    gst_video_info_set_format(info, GST_VIDEO_FORMAT_ARGB, (guint)w, (guint)h);
    GstBuffer *b = gst_buffer_new_allocate(NULL, info->size, NULL);
    GstMapInfo map;
    gst_buffer_map(b, &map, GST_MAP_WRITE);
    for (gsize i = 0; i + 4 <= map.size; i += 4) {
        map.data[i] = 255;
        for (int c = 0; c < 3; c++)
            map.data[i + 1 + (gsize)c] = (guint8)(rgb >> (16 - 8 * c));
    }
    gst_buffer_unmap(b, &map);
    return b;
}

static GstBuffer *convert(GstBuffer *from, const GstVideoInfo *is, const GstVideoInfo *want)
{
    GstVideoFrame in, out;
    GstBuffer *b = gst_buffer_new_allocate(NULL, want->size, NULL);
    gst_buffer_memset(b, 0, 0, want->size);
    assert_true(gst_video_frame_map(&in, is, from, GST_MAP_READ));
    assert_true(gst_video_frame_map(&out, want, b, GST_MAP_WRITE));
    GstVideoConverter *c = gst_video_converter_new(is, want, NULL);
    gst_video_converter_frame(c, &in, &out);
    gst_video_converter_free(c);
    gst_video_frame_unmap(&in);
    gst_video_frame_unmap(&out);
    return b;
}

// The colour at x, y of a frame in any format.
static void look(GstBuffer *b, const GstVideoInfo *info, int x, int y, guint8 rgb[3])
{
    GstVideoInfo argb;
    gst_video_info_set_format(&argb, GST_VIDEO_FORMAT_ARGB, (guint)info->width,
                              (guint)info->height);
    g_autoptr(GstBuffer) plain = convert(b, info, &argb);
    gst_buffer_extract(plain, (gsize)(y * argb.stride[0] + 4 * x + 1), rgb, 3);
}

static void compare(const char *format, const char *what, const guint8 got[3], const guint8 want[3],
                    int slack)
{
    for (int c = 0; c < 3; c++)
        if (ABS(got[c] - want[c]) > slack)
            fail_msg("%s, %s: colour %d,%d,%d, not %d,%d,%d", format, what, got[0], got[1], got[2],
                     want[0], want[1], want[2]);
}

static void check_format(const char *format, int w, int h)
{
    static const nn_box box = {.x0 = 16, .y0 = 16, .x1 = 48, .y1 = 40, .score = 0.9f, .label = 1};
    static const int beside[][2] = {{2, 2}, {34, 28}, {60, 46}};
    GstVideoInfo plain, info;
    guint8 got[3], want[3];
    gst_video_info_set_format(&info, gst_video_format_from_string(format), (guint)w, (guint)h);
    g_autoptr(GstBuffer) grey = make_plain(&plain, 0x707070, w, h);
    g_autoptr(GstBuffer) ink = make_plain(&plain, nn_palette(box.label), w, h);
    g_autoptr(GstBuffer) before = convert(grey, &plain, &info);
    g_autoptr(GstBuffer) inked = convert(ink, &plain, &info);
    GstBuffer *in = gst_buffer_copy_deep(before);
    frame_add_boxes(in, &box, 1, w, h, 0);
    GstHarness *harness =
        gst_harness_new_parse("nerooverlay show-labels=false show-scores=false thickness=8");
    g_autoptr(GstCaps) caps = gst_video_info_to_caps(&info);
    gst_harness_set_src_caps(harness, gst_caps_ref(caps));
    g_autoptr(GstBuffer) out = gst_harness_push_and_pull(harness, in);
    assert_non_null(out);
    look(out, &info, 20, 28, got);
    look(inked, &info, 20, 28, want);
    compare(format, "on a line", got, want, 10);
    for (gsize i = 0; i < G_N_ELEMENTS(beside); i++) {
        look(out, &info, beside[i][0], beside[i][1], got);
        look(before, &info, beside[i][0], beside[i][1], want);
        compare(format, "beside it", got, want, 0);
    }
    gst_harness_teardown(harness);
}

static void test_every_format(void **state)
{
    (void)state;
    guint n;
    const GstVideoFormat *formats = gst_video_formats_raw(&n);
    int painted = 0;
    for (guint i = 0; i < n; i++) {
        if (!nero_blend_supports(gst_video_format_get_info(formats[i])))
            continue;
        check_format(gst_video_format_to_string(formats[i]), W, H);
        check_format(gst_video_format_to_string(formats[i]), W + 1, H + 1);
        painted++;
    }
    print_message("painted into %d of %u formats\n", painted, n);
    assert_true(painted > 100);
}

// Draws over all of a frame, with known bytes before and behind it.
static void check_bounds(GstHarness *harness, GstVideoFormat format, int w, int h)
{
    enum { MARGIN = 8192, MARK = 0xA5 };
    GstVideoInfo info;
    gst_video_info_set_format(&info, format, (guint)w, (guint)h);
    g_autofree guint8 *memory = g_malloc(info.size + 2 * MARGIN);
    memset(memory, MARK, info.size + 2 * MARGIN);
    GstBuffer *in =
        gst_buffer_new_wrapped_full(0, memory + MARGIN, info.size, 0, info.size, NULL, NULL);
    const nn_box box = {.x1 = (float)w, .y1 = (float)h, .score = 0.9f};
    frame_add_boxes(in, &box, 1, w, h, 0);
    g_autoptr(GstCaps) caps = gst_video_info_to_caps(&info);
    gst_harness_set_src_caps(harness, gst_caps_ref(caps));
    gst_buffer_unref(gst_harness_push_and_pull(harness, in));
    for (gsize i = 0; i < MARGIN; i++)
        if (memory[i] != MARK || memory[MARGIN + info.size + i] != MARK)
            fail_msg("%s %dx%d: drawn outside of the frame", gst_video_format_to_string(format), w,
                     h);
}

static void test_bounds(void **state)
{
    (void)state;
    static const int widths[] = {1, 2, 3, 5, 7, 9, 19, 21, 25}, heights[] = {1, 3};
    guint n;
    const GstVideoFormat *formats = gst_video_formats_raw(&n);
    for (guint i = 0; i < n; i++) {
        if (!nero_blend_supports(gst_video_format_get_info(formats[i])))
            continue;
        GstHarness *harness = gst_harness_new_parse("nerooverlay thickness=8");
        for (gsize x = 0; x < G_N_ELEMENTS(widths); x++)
            for (gsize y = 0; y < G_N_ELEMENTS(heights); y++)
                check_bounds(harness, formats[i], widths[x], heights[y]);
        gst_harness_teardown(harness);
    }
}

int main(int argc, char **argv)
{
    gst_init(&argc, &argv);
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_format),
                                       cmocka_unit_test(test_bounds)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
