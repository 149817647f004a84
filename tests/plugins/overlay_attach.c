// SPDX-License-Identifier: MIT
// nerooverlay beside the frame: what a sink lays over the picture looks like what is drawn into it,
// and goes only to sinks that asked for it.
#include "plugins/overlay/blend.h"
#include "tests/plugins/frames.h"
#include "tests/support/test.h"

enum { W = 320, H = 240 };

#define SETTINGS "nerooverlay thickness=3 font-size=16 predicted-style=dim"
#define FEATURED "video/x-raw(memory:SystemMemory,meta:GstVideoOverlayComposition)"

static const nn_box boxes[] = {{40, 60, 160, 200, 0.9f, 0, 5, false, 0},
                               {180, 30, 300, 120, 0.8f, 1, 0, true, 0},
                               {-10, 220, 30, 250, 0.7f, 1, 9, false, 0}};

static GstHarness *open_overlay(const char *settings, const char *taken, gboolean lists)
{
    GstHarness *h = gst_harness_new_parse(settings);
    if (lists)
        gst_harness_add_propose_allocation_meta(h, GST_VIDEO_OVERLAY_COMPOSITION_META_API_TYPE,
                                                NULL);
    if (taken)
        gst_harness_set_sink_caps_str(h, taken);
    frame_caps(h, "RGB", W, H, "");
    return h;
}

static GstBuffer *push(GstHarness *h, GstBuffer *in, int count)
{
    frame_add_boxes(in, boxes, count, W, H, 0);
    GstBuffer *out = gst_harness_push_and_pull(h, in);
    assert_non_null(out);
    return out;
}

static gboolean caps_have_feature(GstHarness *h)
{
    g_autoptr(GstCaps) caps = gst_pad_get_current_caps(h->sinkpad);
    return gst_caps_features_contains(gst_caps_get_features(caps, 0),
                                      GST_CAPS_FEATURE_META_GST_VIDEO_OVERLAY_COMPOSITION);
}

static gsize difference(GBytes *a, GBytes *b, int *most)
{
    gsize n, count = 0;
    const guint8 *x = g_bytes_get_data(a, &n), *y = g_bytes_get_data(b, NULL);
    for (gsize i = 0; i < n; i++) {
        const int d = ABS(x[i] - y[i]);
        *most = MAX(*most, d);
        count += d > 0;
    }
    return count;
}

// Blended by GStreamer's own function, as a sink does it.
static void test_same_picture(void **state)
{
    (void)state;
    GstHarness *into = open_overlay(SETTINGS, "video/x-raw", FALSE);
    GstHarness *beside = open_overlay(SETTINGS, FEATURED "; video/x-raw", TRUE);
    for (int i = 0; i < 3; i++) { // the layer is used again
        g_autoptr(GstBuffer) frame = frame_new("RGB", W, H, 0);
        g_autoptr(GBytes) before = frame_bytes(frame);
        g_autoptr(GstBuffer) drawn = push(into, gst_buffer_copy_deep(frame), 3 - i);
        g_autoptr(GstBuffer) with = push(beside, gst_buffer_copy_deep(frame), 3 - i);
        g_autoptr(GBytes) want = frame_bytes(drawn), kept = frame_bytes(with);
        assert_true(g_bytes_equal(before, kept)); // the frame is as it was
        assert_true(caps_have_feature(beside) && !caps_have_feature(into));
        GstVideoOverlayCompositionMeta *meta = gst_buffer_get_video_overlay_composition_meta(with);
        assert_non_null(meta);
        assert_null(gst_buffer_get_video_overlay_composition_meta(drawn));
        GstVideoInfo info = frame_info("RGB", W, H);
        GstVideoFrame f;
        g_autoptr(GstBuffer) blended = gst_buffer_copy_deep(frame);
        assert_true(gst_video_frame_map(&f, &info, blended, GST_MAP_READWRITE));
        assert_true(gst_video_overlay_composition_blend(meta->overlay, &f));
        gst_video_frame_unmap(&f);
        g_autoptr(GBytes) got = frame_bytes(blended);
        int most = 0;
        assert_true(difference(before, want, &most) > 3000);
        most = 0;
        difference(got, want, &most);
        if (most > 3)
            fail_msg("frame %d: a level differs by %d", i, most);
        assert_true(nero_meta_get(with)->painted);
    }
    gst_harness_teardown(into);
    gst_harness_teardown(beside);
}

// Only small parts of the frame are sent along.
static void test_small(void **state)
{
    (void)state;
    GstHarness *h = open_overlay(SETTINGS " show-labels=false show-scores=false", FEATURED, TRUE);
    g_autoptr(GstBuffer) out = push(h, frame_new("RGB", W, H, 0), 1);
    GstVideoOverlayCompositionMeta *meta = gst_buffer_get_video_overlay_composition_meta(out);
    guint area = 0, n = gst_video_overlay_composition_n_rectangles(meta->overlay);
    for (guint i = 0; i < n; i++) {
        gint x, y;
        guint w, hgt;
        GstVideoOverlayRectangle *r = gst_video_overlay_composition_get_rectangle(meta->overlay, i);
        assert_true(gst_video_overlay_rectangle_get_render_rectangle(r, &x, &y, &w, &hgt));
        area += w * hgt;
    }
    assert_true(n >= 2 && area < W * H / 2);
    gst_harness_teardown(h);
}

// Downstream has the feature in its caps but does not ask for the meta: drawn into the frame, and
// the caps say so.
static void test_not_listed(void **state)
{
    (void)state;
    GstHarness *h = open_overlay(SETTINGS, NULL, FALSE);
    g_autoptr(GstBuffer) frame = frame_new("RGB", W, H, 0);
    g_autoptr(GBytes) before = frame_bytes(frame);
    for (int i = 0; i < 2; i++) {
        g_autoptr(GstBuffer) out = push(h, gst_buffer_copy_deep(frame), 1);
        g_autoptr(GBytes) after = frame_bytes(out);
        assert_false(g_bytes_equal(before, after));
        assert_null(gst_buffer_get_video_overlay_composition_meta(out));
        assert_false(caps_have_feature(h));
    }
    gst_harness_teardown(h);
}

// What must not be seen is gone from the frame itself.
static void test_anonymized(void **state)
{
    (void)state;
    GstHarness *h =
        open_overlay(SETTINGS " anonymize=fill anonymize-labels=person", FEATURED, TRUE);
    g_autoptr(GstBuffer) out = push(h, frame_new("RGB", W, H, 0), 1);
    g_autoptr(GBytes) after = frame_bytes(out);
    const guint8 *p = g_bytes_get_data(after, NULL);
    assert_non_null(gst_buffer_get_video_overlay_composition_meta(out));
    for (int y = 60; y < 200; y++)
        for (int x = 40; x < 160; x++)
            assert_int_equal(p[3 * (y * W + x) + 1], 0);
    gst_harness_teardown(h);
}

// A new size: the layer too.
static void test_caps_change(void **state)
{
    (void)state;
    GstHarness *h = open_overlay(SETTINGS, FEATURED, TRUE);
    for (int i = 0; i < 3; i++) {
        const int w = i % 2 ? 640 : 98, hgt = i % 2 ? 480 : 50;
        const nn_box box = {10, 10, (float)w - 10, (float)hgt - 10, 0.9f, 0, 0, false, 0};
        frame_caps(h, "I420", w, hgt, "");
        GstBuffer *in = frame_new("I420", w, hgt, 0);
        frame_add_boxes(in, &box, 1, w, hgt, 0);
        g_autoptr(GstBuffer) out = gst_harness_push_and_pull(h, in);
        assert_non_null(gst_buffer_get_video_overlay_composition_meta(out));
    }
    gst_harness_teardown(h);
}

int main(int argc, char **argv)
{
    gst_init(&argc, &argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_picture), cmocka_unit_test(test_small),
        cmocka_unit_test(test_not_listed),   cmocka_unit_test(test_anonymized),
        cmocka_unit_test(test_caps_change),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
