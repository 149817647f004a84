// SPDX-License-Identifier: MIT
// nerooverlay anonymize=...: nothing of an object is left in any format, and in doubt nothing of
// the frame.
#include "nn/base/rng.h"
#include "plugins/overlay/blend.h"
#include "tests/plugins/frames.h"
#include "tests/support/test.h"

enum { W = 320, H = 240, FRAME = 40000000 };

static GstHarness *open_overlay(const char *settings, const char *format)
{
    g_autofree char *text = g_strdup_printf("nerooverlay show-boxes=false %s", settings);
    GstHarness *h = gst_harness_new_parse(text);
    frame_caps(h, format, W, H, "");
    return h;
}

// Unpacked rows of a frame: A and three others, as 16 bits.
static guint16 *unpack(GstBuffer *b, const char *format)
{
    GstVideoInfo info = frame_info(format, W, H);
    GstVideoFrame f;
    guint16 *all = g_new0(guint16, W * H * 4);
    g_autofree guint16 *row = g_new0(guint16, W * 4 + 64);
    assert_true(gst_video_frame_map(&f, &info, b, GST_MAP_READ));
    const GstVideoFormatInfo *u = gst_video_format_get_info(info.finfo->unpack_format);
    for (int y = 0; y < H; y++) {
        info.finfo->unpack_func(info.finfo, GST_VIDEO_PACK_FLAG_TRUNCATE_RANGE, row, f.data,
                                f.info.stride, 0, y, W);
        for (int i = 0; i < 4 * W; i++)
            all[y * 4 * W + i] = u->depth[0] > 8 ? row[i] : ((guint8 *)row)[i];
    }
    gst_video_frame_unmap(&f);
    return all;
}

// A frame of noise, of values that the format has.
static GstBuffer *make_noise(const char *format)
{
    GstVideoInfo info = frame_info(format, W, H);
    GstVideoFrame f;
    GstBuffer *b = gst_buffer_new_allocate(NULL, info.size, NULL);
    guint16 row[W * 4 + 64];
    nn_rng rng = nn_rng_seed(7);
    gst_buffer_memset(b, 0, 0, info.size);
    assert_true(gst_video_frame_map(&f, &info, b, GST_MAP_READWRITE));
    for (int y = 0; y < H; y++) {
        for (int i = 0; i < W * 4; i++)
            row[i] = (guint16)nn_rng_below(&rng, 65536);
        info.finfo->pack_func(info.finfo, 0, row, 0, f.data, f.info.stride, info.chroma_site, y, W);
    }
    gst_video_frame_unmap(&f);
    GST_BUFFER_PTS(b) = 0;
    return b;
}

// The largest difference of pixels beside each other.
static int largest_step(const guint16 *pixels, int x0, int y0, int x1, int y1)
{
    int most = 0;
    for (int y = y0; y < y1; y++)
        for (int x = x0 + 1; x < x1; x++)
            for (int c = 1; c < 4; c++)
                most =
                    MAX(most, ABS(pixels[(y * W + x) * 4 + c] - pixels[(y * W + x - 1) * 4 + c]));
    return most;
}

static gboolean same(const guint16 *a, const guint16 *b, int x, int y)
{
    return memcmp(a + (y * W + x) * 4, b + (y * W + x) * 4, 8) == 0;
}

static gboolean row_is_kept(const guint16 *a, const guint16 *b, int y)
{
    for (int x = 0; x < W; x++)
        if (!same(a, b, x, y))
            return FALSE;
    return TRUE;
}

// Noise in, of which only means are left inside the box, and all outside.
static void check_format(const char *format, const char *how)
{
    const nn_box box = {100, 60, 160, 180, 0.9f, 0, 0, false, 0};
    g_autofree char *settings =
        g_strdup_printf("anonymize=%s anonymize-labels=person labels=none", how);
    GstHarness *h = open_overlay(settings, format);
    GstBuffer *in = make_noise(format);
    g_autofree guint16 *before = unpack(in, format);
    frame_add_boxes(in, &box, 1, W, H, 0);
    g_autoptr(GstBuffer) out = gst_harness_push_and_pull(h, in);
    g_autofree guint16 *after = unpack(out, format);
    const int noise = largest_step(before, 100, 60, 160, 180);
    int kept = 0;
    for (int y = 60; y < 180; y++)
        for (int x = 100; x < 160; x++)
            kept += same(before, after, x, y);
    if (kept > 60 * 120 / 50)
        fail_msg("%s, %s: %d pixels are what they were", format, how, kept);
    // A mean of at least 64 samples of noise lies in the middle of the range.
    if (largest_step(after, 100, 60, 160, 180) * 2 > noise)
        fail_msg("%s, %s: noise comes through", format, how);
    if (!row_is_kept(before, after, 30) || !row_is_kept(before, after, 210) ||
        !same(before, after, 80, 120) || !same(before, after, 180, 120))
        fail_msg("%s, %s: pixels beside the box have changed", format, how);
    assert_false(nero_meta_get(out)->painted); // nothing was drawn
    gst_harness_teardown(h);
}

static void test_every_format(void **state)
{
    (void)state;
    guint n;
    const GstVideoFormat *formats = gst_video_formats_raw(&n);
    static const char *const ways[] = {"pixelate", "blur", "fill"};
    int done = 0;
    for (guint i = 0; i < n; i++) {
        if (!nero_blend_supports(gst_video_format_get_info(formats[i])))
            continue;
        for (gsize k = 0; k < G_N_ELEMENTS(ways); k++)
            check_format(gst_video_format_to_string(formats[i]), ways[k]);
        done++;
    }
    print_message("anonymized in %d formats\n", done);
    assert_true(done > 100);
}

// --- what is covered ---

// Pushes a grey-noise frame; how many pixels of these columns and rows are as they were.
static int pixels_kept(GstHarness *h, int frame, const nn_box *boxes, int count, float age_ms,
                       const int r[4])
{
    GstBuffer *in = frame_new("GRAY8", W, H, (GstClockTime)frame * FRAME);
    g_autoptr(GBytes) before = frame_bytes(in);
    if (count >= 0)
        frame_add_boxes(in, boxes, count, W, H, age_ms);
    g_autoptr(GstBuffer) out = gst_harness_push_and_pull(h, in);
    g_autoptr(GBytes) after = frame_bytes(out);
    const guint8 *a = g_bytes_get_data(before, NULL), *b = g_bytes_get_data(after, NULL);
    int kept = 0;
    for (int y = r[1]; y < r[3]; y++)
        for (int x = r[0]; x < r[2]; x++)
            kept += a[y * W + x] == b[y * W + x];
    return kept;
}

static const int whole[] = {0, 0, W, H}, inside[] = {100, 60, 160, 180};
static const nn_box person = {100, 60, 160, 180, 0.9f, 0, 0, false, 0};
#define FEW(r) (((r)[2] - (r)[0]) * ((r)[3] - (r)[1]) / 50)

static void test_unknown_frames(void **state)
{
    (void)state;
    GstHarness *h = open_overlay("anonymize=pixelate anonymize-labels=person", "GRAY8");
    assert_true(pixels_kept(h, 0, NULL, -1, 0, whole) < FEW(whole));   // no result yet
    assert_int_equal(pixels_kept(h, 1, NULL, 0, 0, whole), W * H);     // nothing was found
    assert_true(pixels_kept(h, 2, NULL, 0, 1500, whole) < FEW(whole)); // too long ago
    assert_int_equal(pixels_kept(h, 3, NULL, 0, 900, whole), W * H);
    gst_harness_teardown(h);
    // A class that the model does not have: a word with a mistake must not show everybody.
    h = open_overlay("anonymize=pixelate anonymize-labels=persn", "GRAY8");
    g_autoptr(GstBus) bus = gst_bus_new();
    g_autoptr(GstElement) e = gst_harness_find_element(h, "nerooverlay");
    gst_element_set_bus(e, bus);
    for (int i = 0; i < 60; i++)
        assert_true(pixels_kept(h, i, &person, 1, 0, whole) < FEW(whole));
    g_autoptr(GstMessage) m = gst_bus_pop_filtered(bus, GST_MESSAGE_WARNING);
    g_autoptr(GError) warning = NULL;
    assert_non_null(m);
    gst_message_parse_warning(m, &warning, NULL);
    assert_non_null(strstr(warning->message, "'persn'"));
    assert_null(gst_bus_pop_filtered(bus, GST_MESSAGE_WARNING));
    gst_element_set_bus(e, NULL);
    gst_harness_teardown(h);
}

// A class that no model has is told with the first result; it is all that a short run has.
static void test_told_at_once(void **state)
{
    (void)state;
    GstHarness *h = open_overlay("anonymize=pixelate anonymize-labels=persn", "RGB");
    g_autoptr(GstBus) bus = gst_bus_new();
    gst_element_set_bus(h->element, bus);
    gst_buffer_unref(gst_harness_push_and_pull(h, make_noise("RGB"))); // no result yet
    assert_null(gst_bus_pop_filtered(bus, GST_MESSAGE_WARNING));
    for (int i = 0; i < 2; i++) {
        GstBuffer *b = make_noise("RGB");
        frame_add_boxes(b, NULL, 0, W, H, 0);
        gst_buffer_unref(gst_harness_push_and_pull(h, b));
        g_autoptr(GstMessage) m = gst_bus_pop_filtered(bus, GST_MESSAGE_WARNING);
        assert_true((m != NULL) == (i == 0));
    }
    gst_element_set_bus(h->element, NULL);
    gst_harness_teardown(h);
}

static void test_classes(void **state)
{
    (void)state;
    nn_box car = person;
    car.label = 1;
    GstHarness *h = open_overlay("anonymize=pixelate anonymize-labels=person", "GRAY8");
    assert_int_equal(pixels_kept(h, 0, &car, 1, 0, whole), W * H);
    assert_true(pixels_kept(h, 1, &person, 1, 0, inside) < FEW(inside));
    gst_harness_teardown(h);
    h = open_overlay("anonymize=pixelate", "GRAY8"); // all classes
    assert_true(pixels_kept(h, 0, &car, 1, 0, inside) < FEW(inside));
    gst_harness_teardown(h);
}

// Boxes that are not measured here are covered too, whatever is drawn, and the older the larger.
static void test_predicted(void **state)
{
    (void)state;
    nn_box guess = person;
    guess.predicted = true;
    int last = W * H;
    for (int age = 0; age <= 400; age += 200) {
        GstHarness *h = open_overlay(
            "anonymize=pixelate anonymize-labels=person predicted-style=hidden", "GRAY8");
        assert_true(pixels_kept(h, 0, &guess, 1, (float)age, inside) < FEW(inside));
        const int kept = pixels_kept(h, 1, &guess, 1, (float)age, whole);
        assert_true(kept < last);
        last = kept;
        gst_harness_teardown(h);
    }
}

// A box that a detector loses for a moment stays covered, but not for ever.
static void test_hold(void **state)
{
    (void)state;
    GstHarness *h = open_overlay("anonymize=pixelate anonymize-labels=person", "GRAY8");
    assert_true(pixels_kept(h, 0, &person, 1, 0, inside) < FEW(inside));
    for (int i = 1; i <= 40; i++)
        assert_true(pixels_kept(h, i, NULL, 0, 0, inside) < FEW(inside));
    assert_int_equal(pixels_kept(h, 60, NULL, 0, 0, whole), W * H);
    // Found again a little further, the old place is free.
    static const nn_box moved = {115, 60, 175, 180, 0.9f, 0, 0, false, 0};
    static const int left[] = {0, 0, 88, H};
    assert_true(pixels_kept(h, 61, &person, 1, 0, inside) < FEW(inside));
    assert_int_equal(pixels_kept(h, 62, &moved, 1, 0, left), 88 * H);
    // One of two is found: the other stays covered.
    static const nn_box two[] = {{100, 60, 160, 180, 0.9f, 0, 0, false, 0},
                                 {170, 60, 230, 180, 0.8f, 0, 0, false, 0}};
    static const int other[] = {170, 60, 230, 180};
    assert_true(pixels_kept(h, 63, two, 2, 0, other) < FEW(other));
    assert_true(pixels_kept(h, 64, two, 1, 0, inside) < FEW(inside));
    assert_true(pixels_kept(h, 65, two, 1, 0, other) < FEW(other));
    gst_harness_teardown(h);
}

// Boxes below the threshold that only a tracker uses, and regions of other elements.
static void test_other_sources(void **state)
{
    (void)state;
    GstHarness *h = open_overlay("anonymize=pixelate anonymize-labels=person", "GRAY8");
    for (int i = 0; i < 2; i++) {
        GstBuffer *in = frame_new("GRAY8", W, H, 0);
        g_autoptr(GBytes) before = frame_bytes(in);
        if (i == 0) {
            frame_add_boxes(in, NULL, 0, W, H, 0);
            const nn_result faint = {.boxes = (nn_box *)&person, .count = 1, .capacity = 1};
            assert_int_equal(nn_result_copy(&nero_meta_get(in)->faint, &faint), NN_OK);
        } else {
            gst_buffer_add_video_region_of_interest_meta(in, "person", 100, 60, 60, 120);
        }
        g_autoptr(GstBuffer) out = gst_harness_push_and_pull(h, in);
        g_autoptr(GBytes) after = frame_bytes(out);
        const guint8 *a = g_bytes_get_data(before, NULL), *b = g_bytes_get_data(after, NULL);
        int kept = 0;
        for (int y = 60; y < 180; y++)
            for (int x = 100; x < 160; x++)
                kept += a[y * W + x] == b[y * W + x];
        assert_true(kept < FEW(inside));
        assert_int_equal(a[10 * W + 10], b[10 * W + 10]);
    }
    gst_harness_teardown(h);
}

// A map of classes: all of the class and a margin, nothing far away.
static void test_map(void **state)
{
    (void)state;
    enum { MAP_W = 40, MAP_H = 30 };
    static const char *const names[] = {"background", "person", "car"};
    static uint8_t label[MAP_W * MAP_H];
    for (int y = 10; y < 20; y++)
        for (int x = 15; x < 20; x++)
            label[y * MAP_W + x] = 1;
    label[2 * MAP_W + 2] = 2;
    const nn_result r = {.map = {label, MAP_W, MAP_H, sizeof label},
                         .frame_width = W,
                         .frame_height = H,
                         .source_pts = UINT64_MAX};
    GstHarness *h = open_overlay("anonymize=pixelate anonymize-labels=person", "GRAY8");
    GstBuffer *in = frame_new("GRAY8", W, H, 0);
    g_autoptr(GBytes) before = frame_bytes(in);
    NeroLabels *labels = nero_labels_new("rooms", names, 3);
    nero_meta_add(in, &r, labels);
    nero_labels_unref(labels);
    g_autoptr(GstBuffer) out = gst_harness_push_and_pull(h, in);
    g_autoptr(GBytes) after = frame_bytes(out);
    const guint8 *a = g_bytes_get_data(before, NULL), *b = g_bytes_get_data(after, NULL);
    int kept = 0;
    for (int y = 0; y < H; y++)
        for (int x = 0; x < W; x++) {
            const gboolean is_person = x >= 116 && x < 164 && y >= 76 && y < 164;
            kept += is_person && a[y * W + x] == b[y * W + x];
            if (x < 96 || x >= 184 || y < 56 || y >= 184)
                assert_int_equal(a[y * W + x], b[y * W + x]);
        }
    assert_true(kept < 48 * 88 / 50);
    gst_harness_teardown(h);
}

// A branch of a tee that shares the pixels keeps the original.
static void test_shared_pixels(void **state)
{
    (void)state;
    GstHarness *h = open_overlay("anonymize=fill", "GRAY8");
    g_autoptr(GstBuffer) in = frame_new("GRAY8", W, H, 0);
    g_autoptr(GBytes) before = frame_bytes(in);
    frame_add_boxes(in, &person, 1, W, H, 0);
    gst_harness_push(h, gst_buffer_ref(in));
    g_autoptr(GstBuffer) out = gst_harness_pull(h);
    g_autoptr(GBytes) kept = frame_bytes(in), after = frame_bytes(out);
    assert_true(g_bytes_equal(before, kept));
    assert_false(g_bytes_equal(before, after));
    gst_harness_teardown(h);
}

int main(int argc, char **argv)
{
    gst_init(&argc, &argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_format),  cmocka_unit_test(test_unknown_frames),
        cmocka_unit_test(test_told_at_once),  cmocka_unit_test(test_classes),
        cmocka_unit_test(test_predicted),     cmocka_unit_test(test_hold),
        cmocka_unit_test(test_other_sources), cmocka_unit_test(test_map),
        cmocka_unit_test(test_shared_pixels),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
