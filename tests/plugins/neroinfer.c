// SPDX-License-Identifier: MIT
// neroinfer with a fake detector: which pixels it gives to the detector, and what it attaches.
#include "plugins/elements.h"
#include "tests/plugins/fake_detector.h"
#include "tests/plugins/frames.h"
#include "tests/plugins/infer.h"
#include "tests/support/test.h"

static double detection(const GstStructure *s, const char *field)
{
    gdouble value = -1;
    assert_true(gst_structure_get_double(s, field, &value));
    return value;
}

static void test_attached(void **state)
{
    (void)state;
    GstHarness *h = infer_open("");
    GstBuffer *out = infer_push(h, 40);
    NeroMeta *m = nero_meta_get(out);
    assert_non_null(m);
    assert_int_equal(m->result.count, 2);
    assert_int_equal(m->result.source_pts, 40);
    assert_float_equal(m->result.age_ms, 0, 0);
    assert_false(m->result.boxes[0].predicted);
    assert_string_equal(nero_labels_model(m->labels), "street");

    gpointer it = NULL;
    GType api = GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE;
    GstVideoRegionOfInterestMeta *roi =
        (GstVideoRegionOfInterestMeta *)gst_buffer_iterate_meta_filtered(out, &it, api);
    assert_non_null(roi);
    assert_string_equal(g_quark_to_string(roi->roi_type), "person");
    assert_int_equal(roi->id, 1);
    assert_int_equal(roi->parent_id, 0);
    assert_int_equal(roi->x, 10);
    assert_int_equal(roi->y, 5);
    assert_int_equal(roi->w, 10);
    assert_int_equal(roi->h, 20);
    GstStructure *s = gst_video_region_of_interest_meta_get_param(roi, "detection");
    assert_non_null(s);
    int label = -1;
    assert_true(gst_structure_get_int(s, "label_id", &label));
    assert_int_equal(label, 0);
    assert_float_equal(detection(s, "confidence"), 0.9, 1e-6);
    assert_float_equal(detection(s, "x_min"), 10 / 64.0, 1e-6);
    assert_float_equal(detection(s, "x_max"), 20 / 64.0, 1e-6);
    assert_float_equal(detection(s, "y_min"), 5 / 48.0, 1e-6);
    assert_float_equal(detection(s, "y_max"), 25 / 48.0, 1e-6);
    assert_string_equal(gst_structure_get_string(s, "model_name"), "street");
    assert_int_equal(gst_structure_n_fields(s), 7);
    assert_null(gst_video_region_of_interest_meta_get_param(roi, "object_id"));
    roi = (GstVideoRegionOfInterestMeta *)gst_buffer_iterate_meta_filtered(out, &it, api);
    assert_int_equal(roi->id, 2);
    assert_string_equal(g_quark_to_string(roi->roi_type), "car");
    assert_null(gst_buffer_iterate_meta_filtered(out, &it, api));
    gst_buffer_unref(out);
    gst_harness_teardown(h);
}

// The pixels are neither changed nor copied, and a second detector goes on counting regions.
static void test_pixels_and_second_detector(void **state)
{
    (void)state;
    GstHarness *h = infer_open("! neroinfer model=other");
    GstBuffer *in = frame_new("GRAY8", W, H, 0);
    GstMemory *memory = gst_buffer_peek_memory(in, 0);
    g_autoptr(GBytes) before = frame_bytes(in);
    gst_harness_push(h, gst_buffer_ref(in)); // shared: not writable
    GstBuffer *out = gst_harness_pull(h);
    g_autoptr(GBytes) after = frame_bytes(out);
    assert_true(g_bytes_equal(before, after));
    assert_ptr_equal(gst_buffer_peek_memory(out, 0), memory);
    assert_null(nero_meta_get(in));
    gpointer it = NULL;
    GstMeta *meta;
    int ids = 0;
    while ((meta = gst_buffer_iterate_meta_filtered(out, &it,
                                                    GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE)))
        assert_int_equal(((GstVideoRegionOfInterestMeta *)meta)->id, ++ids);
    assert_int_equal(ids, 4);
    gst_buffer_unref(in);
    gst_buffer_unref(out);
    gst_harness_teardown(h);
}

static void test_formats(void **state)
{
    (void)state;
    static const int sizes[][2] = {{64, 48}, {63, 47}, {33, 1}, {1, 1}};
    GstHarness *h = infer_open("");
    for (const char *const *f = frame_formats; *f; f++) {
        for (gsize i = 0; i < G_N_ELEMENTS(sizes); i++) {
            int w = sizes[i][0], hgt = sizes[i][1];
            frame_caps(h, *f, w, hgt, "");
            GstBuffer *in = frame_new(*f, w, hgt, 0);
            guint8 first;
            gst_buffer_extract(in, 0, &first, 1);
            GstBuffer *out = gst_harness_push_and_pull(h, in);
            fake_seen seen = fake_get();
            assert_int_equal(seen.frame.width, w);
            assert_int_equal(seen.frame.height, hgt);
            assert_int_equal(seen.first, first);
            NeroMeta *m = nero_meta_get(out);
            assert_int_equal(m->result.frame_width, w);
            gst_buffer_unref(out);
        }
    }
    gst_harness_teardown(h);
}

static void test_format_names(void **state)
{
    (void)state;
    GstHarness *h = infer_open("");
    for (const char *const *f = frame_formats; *f; f++) {
        frame_caps(h, *f, 16, 16, "");
        gst_buffer_unref(gst_harness_push_and_pull(h, frame_new(*f, 16, 16, 0)));
        g_autofree char *want = g_ascii_strup(*f, -1);
        if (strlen(want) == 4 && strchr(want, 'A') && !strchr(want, 'Y'))
            *strchr(want, 'A') = 'X'; // alpha is as good as padding
        g_autofree char *got = g_ascii_strup(nn_pixel_format_name(fake_get().frame.format), -1);
        assert_string_equal(got, want);
    }
    gst_harness_teardown(h);
}

static void test_colorimetry_and_strides(void **state)
{
    (void)state;
    GstHarness *h = infer_open("");
    frame_caps(h, "I420", 16, 16, ",colorimetry=bt709");
    gst_buffer_unref(gst_harness_push_and_pull(h, frame_new("I420", 16, 16, 0)));
    assert_int_equal(fake_get().frame.matrix, NN_YUV_BT709);
    assert_false(fake_get().frame.full_range);
    frame_caps(h, "I420", 16, 16, ",colorimetry=(string)1:4:0:0");
    gst_buffer_unref(gst_harness_push_and_pull(h, frame_new("I420", 16, 16, 0)));
    assert_int_equal(fake_get().frame.matrix, NN_YUV_BT601);
    assert_true(fake_get().frame.full_range);

    frame_caps(h, "GRAY8", 20, 10, "");
    GstBuffer *in = gst_buffer_new_allocate(NULL, 8 + 32 * 10, NULL);
    gst_buffer_memset(in, 0, 0, -1);
    gst_buffer_memset(in, 8, 7, 20);
    gst_buffer_memset(in, 8 + 32, 9, 20);
    gsize offset[4] = {8};
    gint stride[4] = {32};
    gst_buffer_add_video_meta_full(in, GST_VIDEO_FRAME_FLAG_NONE, GST_VIDEO_FORMAT_GRAY8, 20, 10, 1,
                                   offset, stride);
    gst_buffer_unref(gst_harness_push_and_pull(h, in));
    assert_int_equal(fake_get().frame.stride[0], 32);
    assert_int_equal(fake_get().first, 7);
    assert_int_equal(fake_get().below, 9);
    gst_harness_teardown(h);
}

static void test_allocation(void **state)
{
    (void)state;
    GstHarness *h = infer_open("");
    g_autoptr(GstCaps) caps = gst_caps_from_string("video/x-raw,format=GRAY8,width=64,height=48");
    g_autoptr(GstQuery) q = gst_query_new_allocation(caps, FALSE);
    g_autoptr(GstPad) pad = gst_element_get_static_pad(h->element, "sink");
    assert_true(gst_pad_query(pad, q));
    assert_true(gst_query_find_allocation_meta(q, GST_VIDEO_META_API_TYPE, NULL));
    gst_harness_teardown(h);
}

// A buffer that is too short for its caps passes with one warning.
static void test_short_buffer(void **state)
{
    (void)state;
    GstHarness *h = infer_open("");
    g_autoptr(GstBus) bus = gst_bus_new();
    gst_element_set_bus(h->element, bus);
    for (int i = 0; i < 2; i++) {
        GstBuffer *in = gst_buffer_new_allocate(NULL, 10, NULL);
        gst_buffer_memset(in, 0, 0, -1);
        GstBuffer *out = gst_harness_push_and_pull(h, in);
        assert_non_null(out);
        assert_null(nero_meta_get(out));
        gst_buffer_unref(out);
    }
    g_autoptr(GstMessage) m = gst_bus_pop_filtered(bus, GST_MESSAGE_WARNING);
    assert_non_null(m);
    assert_null(gst_bus_pop_filtered(bus, GST_MESSAGE_WARNING));
    gst_element_set_bus(h->element, NULL);
    gst_harness_teardown(h);
}

int main(int argc, char **argv)
{
    gst_init(&argc, &argv);
    GST_ELEMENT_REGISTER(neroinfer, NULL);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_attached),
        cmocka_unit_test(test_pixels_and_second_detector),
        cmocka_unit_test(test_formats),
        cmocka_unit_test(test_format_names),
        cmocka_unit_test(test_colorimetry_and_strides),
        cmocka_unit_test(test_allocation),
        cmocka_unit_test(test_short_buffer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
