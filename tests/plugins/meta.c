// SPDX-License-Identifier: MIT
// NeroMeta: label tables, copies, and survival through the real videoconvert and videoscale.
#include "plugins/meta/nerometa_internal.h"
#include "tests/support/test.h"

#include <gst/check/gstharness.h>
#include <gst/video/video.h>

static const char *const names[] = {"person", "car"};

// A 64x48 RGB buffer with one result of two boxes.
static GstBuffer *make_buffer(void)
{
    GstBuffer *buffer = gst_buffer_new_allocate(NULL, 64 * 48 * 3, NULL);
    gst_buffer_memset(buffer, 0, 0, -1);
    NeroLabels *labels = nero_labels_new("street", names, 2);
    nn_box boxes[] = {{8, 4, 16, 24, 0.75f, 1, 5, true, 0}, {0, 0, 64, 48, 0.5f, 0, 0, false, 0}};
    nn_result r = {.boxes = boxes,
                   .count = 2,
                   .capacity = 2,
                   .frame_width = 64,
                   .frame_height = 48,
                   .input_width = 32,
                   .input_height = 32,
                   .infer_ms = 3,
                   .age_ms = 40,
                   .source_pts = 123};
    assert_non_null(nero_meta_add(buffer, &r, labels));
    nero_labels_unref(labels); // the meta holds its own reference
    return buffer;
}

// The result of make_buffer() in a frame that is sx, sy times as large.
static void check_meta(GstBuffer *buffer, float sx, float sy)
{
    NeroMeta *m = nero_meta_get(buffer);
    assert_non_null(m);
    assert_int_equal(m->result.count, 2);
    assert_int_equal(m->result.frame_width, (int)(64 * sx));
    assert_int_equal(m->result.frame_height, (int)(48 * sy));
    const nn_box *b = &m->result.boxes[0];
    assert_float_equal(b->x0, 8 * sx, 1e-3);
    assert_float_equal(b->y0, 4 * sy, 1e-3);
    assert_float_equal(b->x1, 16 * sx, 1e-3);
    assert_float_equal(b->y1, 24 * sy, 1e-3);
    assert_float_equal(b->score, 0.75f, 0);
    assert_int_equal(b->label, 1);
    assert_int_equal(b->track_id, 5);
    assert_true(b->predicted);
    assert_false(m->result.boxes[1].predicted);
    assert_float_equal(m->result.infer_ms, 3, 0);
    assert_float_equal(m->result.age_ms, 40, 0);
    assert_int_equal(m->result.source_pts, 123);
    assert_string_equal(nero_labels_model(m->labels), "street");
    assert_string_equal(nero_labels_name(m->labels, b->label), "car");
    gpointer state = NULL;
    assert_ptr_equal(nero_meta_next(buffer, &state), m);
    assert_null(nero_meta_next(buffer, &state));
}

static void test_labels(void **state)
{
    (void)state;
    NeroLabels *labels = nero_labels_new("street", names, 2);
    assert_int_equal(nero_labels_count(labels), 2);
    assert_string_equal(nero_labels_name(labels, 0), "person");
    assert_string_equal(nero_labels_name(labels, 2), "object");
    assert_string_equal(nero_labels_name(labels, -1), "object");
    assert_int_equal(nero_labels_find(labels, "car"), 1);
    assert_int_equal(nero_labels_find(labels, "ca"), -1);
    assert_ptr_equal(nero_labels_ref(labels), labels);
    nero_labels_unref(labels);
    assert_string_equal(nero_labels_model(labels), "street");
    nero_labels_unref(labels);
    nero_labels_unref(NULL);
}

static void test_copies(void **state)
{
    (void)state;
    GstBuffer *buffer = make_buffer();
    GstBuffer *shallow = gst_buffer_copy(buffer), *deep = gst_buffer_copy_deep(buffer);
    GstBuffer *part = gst_buffer_copy_region(buffer, GST_BUFFER_COPY_ALL, 64, 640);
    gst_buffer_unref(buffer); // copies own what they carry
    check_meta(shallow, 1, 1);
    check_meta(deep, 1, 1);
    check_meta(part, 1, 1);
    gst_buffer_unref(shallow);
    gst_buffer_unref(deep);
    gst_buffer_unref(part);
}

static void test_several_on_a_buffer(void **state)
{
    (void)state;
    GstBuffer *buffer = make_buffer();
    NeroLabels *labels = nero_labels_new("other", names, 1);
    nn_result empty;
    nn_result_init(&empty);
    NeroMeta *second = nero_meta_add(buffer, &empty, labels);
    nero_labels_unref(labels);
    gpointer it = NULL;
    assert_ptr_equal(nero_meta_next(buffer, &it), nero_meta_get(buffer));
    assert_ptr_equal(nero_meta_next(buffer, &it), second);
    assert_null(nero_meta_next(buffer, &it));
    gst_buffer_unref(buffer);
}

// Sends a frame through a chain of real elements.
static void send_through(const char *chain, float sx, float sy)
{
    GstHarness *h = gst_harness_new_parse(chain);
    gst_harness_set_src_caps_str(h, "video/x-raw,format=RGB,width=64,height=48,framerate=25/1");
    GstBuffer *out = gst_harness_push_and_pull(h, make_buffer());
    assert_non_null(out);
    check_meta(out, sx, sy);
    gst_buffer_unref(out);
    gst_harness_teardown(h);
}

static void test_conversion(void **state)
{
    (void)state;
    send_through("videoconvert ! capsfilter caps=video/x-raw,format=I420", 1, 1);
    send_through("videoconvert ! video/x-raw,format=NV12 ! videoconvert ! "
                 "capsfilter caps=video/x-raw,format=BGRx",
                 1, 1);
    send_through("videoscale ! capsfilter caps=video/x-raw,width=128,height=96", 2, 2);
    send_through("videoscale add-borders=false ! capsfilter caps=video/x-raw,width=32,height=96",
                 0.5, 2);
    send_through("videoconvertscale ! "
                 "capsfilter caps=video/x-raw,format=NV12,width=32,height=24",
                 0.5, 0.5);
    send_through("videoscale ! video/x-raw,width=256,height=192 ! queue ! videoconvert ! "
                 "video/x-raw,format=I420 ! identity ! videoscale ! "
                 "capsfilter caps=video/x-raw,width=64,height=48",
                 1, 1);
}

static void test_queue(void **state)
{
    (void)state;
    send_through("queue ! videobalance saturation=0.5 ! queue", 1, 1);
}

int main(int argc, char **argv)
{
    gst_init(&argc, &argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_labels),
        cmocka_unit_test(test_copies),
        cmocka_unit_test(test_several_on_a_buffer),
        cmocka_unit_test(test_conversion),
        cmocka_unit_test(test_queue),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
