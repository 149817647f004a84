// SPDX-License-Identifier: MIT
// neropublish: the keys and values of its lines, empty frames, unwritable files.
#include "plugins/meta/nerometa_internal.h"
#include "tests/plugins/lines.h"
#include "tests/support/files.h"
#include "tests/support/test.h"

#include <gst/rtp/gstrtpmeta.h>

static void check_tracked(const cJSON *o)
{
    const cJSON *detection = cJSON_GetObjectItemCaseSensitive(o, "detection");
    assert_float_equal(lines_number(o, "detection.bounding_box.x_min"), 8 / 64.0, 1e-6);
    assert_float_equal(lines_number(o, "detection.bounding_box.x_max"), 16 / 64.0, 1e-6);
    assert_float_equal(lines_number(o, "detection.bounding_box.y_min"), 4.4 / 48, 1e-6);
    assert_float_equal(lines_number(o, "detection.bounding_box.y_max"), 24 / 48.0, 1e-6);
    assert_float_equal(lines_number(o, "detection.confidence"), 0.75, 1e-6);
    assert_int_equal(lines_number(o, "detection.label_id"), 1);
    assert_string_equal(lines_text(detection, "label"), "car");
    assert_string_equal(lines_text(o, "roi_type"), "car");
    assert_int_equal(lines_number(o, "x"), 8);
    assert_int_equal(lines_number(o, "y"), 4);
    assert_int_equal(lines_number(o, "w"), 8);
    assert_int_equal(lines_number(o, "h"), 20);
    assert_int_equal(lines_number(o, "id"), 5);
    assert_int_equal(lines_number(o, "region_id"), 1);
    assert_int_equal(lines_number(o, "parent_id"), 0);
    assert_float_equal(lines_number(o, "age_ms"), 40.5, 1e-6);
    assert_true(cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(o, "predicted")));
}

static void test_keys(void **state)
{
    (void)state;
    test_path path = test_temp("keys.jsonl");
    GstHarness *h = lines_open(path.text, "source=gate tags=\"{\\\"camera\\\":7}\"");
    lines_push(h, 0, NULL, -1, 0);
    lines_push(h, 40 * GST_MSECOND, lines_two, 2, 40.5f);
    lines_push(h, 80 * GST_MSECOND, lines_two, 0, 0);
    gst_harness_teardown(h);
    GPtrArray *lines = lines_read(path.text);
    assert_int_equal(lines->len, 3);
    const cJSON *second = g_ptr_array_index(lines, 1);
    assert_int_equal(lines_number(second, "frame"), 2);
    assert_int_equal(lines_number(second, "timestamp"), 40000000);
    assert_int_equal(lines_number(second, "pts"), 40000000);
    assert_int_equal(lines_number(second, "tags.camera"), 7);
    assert_false(cJSON_HasObjectItem(second, "rtp"));
    assert_int_equal(lines_number(second, "resolution.width"), LINES_W);
    assert_int_equal(lines_number(second, "resolution.height"), LINES_H);
    assert_string_equal(lines_text(second, "source"), "gate");
    const cJSON *objects = cJSON_GetObjectItemCaseSensitive(second, "objects");
    assert_int_equal(cJSON_GetArraySize(objects), 2);
    check_tracked(cJSON_GetArrayItem(objects, 0));
    const cJSON *plain = cJSON_GetArrayItem(objects, 1);
    assert_null(cJSON_GetObjectItemCaseSensitive(plain, "id")); // not tracked
    assert_true(cJSON_IsFalse(cJSON_GetObjectItemCaseSensitive(plain, "predicted")));
    assert_int_equal(lines_number(plain, "region_id"), 2);
    for (int i = 0; i < 3; i += 2) {
        const cJSON *line = g_ptr_array_index(lines, i);
        assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(line, "objects")), 0);
        assert_int_equal(lines_number(line, "frame"), i + 1);
    }
    g_ptr_array_unref(lines);
}

static void test_without_empty(void **state)
{
    (void)state;
    test_path path = test_temp("some.jsonl");
    GstHarness *h = lines_open(path.text, "add-empty-results=false");
    lines_push(h, 0, NULL, -1, 0);
    lines_push(h, GST_CLOCK_TIME_NONE, lines_two, 1, 0);
    gst_harness_teardown(h);
    GPtrArray *lines = lines_read(path.text);
    assert_int_equal(lines->len, 1);
    assert_int_equal(lines_number(g_ptr_array_index(lines, 0), "frame"), 2);
    assert_false(cJSON_HasObjectItem(g_ptr_array_index(lines, 0), "timestamp"));
    g_ptr_array_unref(lines);
}

// A camera that comes back counts from 0 again; times of lines go on.
static void test_times_go_on(void **state)
{
    (void)state;
    test_path path = test_temp("back.jsonl");
    GstHarness *h = lines_open(path.text, "");
    GstSegment again;
    lines_push(h, 0, lines_two, 1, 0);
    lines_push(h, 40 * GST_MSECOND, lines_two, 1, 0);
    gst_segment_init(&again, GST_FORMAT_TIME);
    assert_true(gst_harness_push_event(h, gst_event_new_segment(&again)));
    lines_push(h, 0, lines_two, 1, 0);
    lines_push(h, 40 * GST_MSECOND, lines_two, 1, 0);
    gst_harness_teardown(h);
    GPtrArray *lines = lines_read(path.text);
    const double third = lines_number(g_ptr_array_index(lines, 2), "timestamp");
    assert_true(third >= 40e6 && third <= 80e6);
    assert_true(lines_number(g_ptr_array_index(lines, 3), "timestamp") == third + 40e6);
    g_ptr_array_unref(lines);
}

// appsrc without format=time.
static void test_bytes(void **state)
{
    (void)state;
    test_path path = test_temp("bytes.jsonl");
    GstHarness *h = lines_open(path.text, "");
    GstSegment bytes;
    gst_segment_init(&bytes, GST_FORMAT_BYTES);
    assert_true(gst_harness_push_event(h, gst_event_new_segment(&bytes)));
    const GLogLevelFlags fatal = g_log_set_always_fatal(G_LOG_LEVEL_CRITICAL | G_LOG_FATAL_MASK);
    lines_push(h, 0, lines_two, 1, 0);
    g_log_set_always_fatal(fatal);
    gst_harness_teardown(h);
    GPtrArray *lines = lines_read(path.text);
    assert_int_equal(lines->len, 1);
    assert_false(cJSON_HasObjectItem(g_ptr_array_index(lines, 0), "timestamp"));
    g_ptr_array_unref(lines);
}

// Live lines say when, and which run they are of.
static void test_live(void **state)
{
    (void)state;
    test_path path = test_temp("clock.jsonl");
    g_autofree char *text = g_strdup_printf(
        "videotestsrc is-live=true num-buffers=2 ! neropublish location=%s ! fakesink", path.text);
    GstElement *pipeline = gst_parse_launch(text, NULL);
    g_autoptr(GstBus) bus = gst_element_get_bus(pipeline);
    gst_element_set_state(pipeline, GST_STATE_PLAYING);
    GstMessage *m = frame_message(bus, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
    assert_int_equal(GST_MESSAGE_TYPE(m), GST_MESSAGE_EOS);
    gst_message_unref(m);
    gst_element_set_state(pipeline, GST_STATE_NULL);
    gst_object_unref(pipeline);
    GPtrArray *lines = lines_read(path.text);
    assert_int_equal(lines->len, 2);
    const cJSON *first = g_ptr_array_index(lines, 0), *second = g_ptr_array_index(lines, 1);
    g_autoptr(GDateTime) time = g_date_time_new_from_iso8601(lines_text(first, "time"), NULL);
    g_autoptr(GDateTime) now = g_date_time_new_now_utc();
    assert_non_null(time);
    assert_true(ABS(g_date_time_difference(now, time)) < 60 * G_TIME_SPAN_SECOND);
    assert_int_equal(strlen(lines_text(first, "run")), 8);
    assert_string_equal(lines_text(first, "run"), lines_text(second, "run"));
    g_ptr_array_unref(lines);
}

// Runs a pipeline that must fail; returns the text of its one error.
static char *run_to_error(const char *location)
{
    g_autofree char *text = g_strdup_printf(
        "videotestsrc num-buffers=5 ! neropublish location=%s ! fakesink", location);
    GstElement *pipeline = gst_parse_launch(text, NULL);
    g_autoptr(GstBus) bus = gst_element_get_bus(pipeline);
    gst_element_set_state(pipeline, GST_STATE_PLAYING);
    GstMessage *m = frame_message(bus, GST_MESSAGE_ERROR);
    assert_non_null(m);
    assert_true(g_str_has_prefix(GST_MESSAGE_SRC_NAME(m), "neropublish"));
    GError *error = NULL;
    gst_message_parse_error(m, &error, NULL);
    char *said = g_strdup(error->message);
    g_error_free(error);
    gst_message_unref(m);
    gst_element_set_state(pipeline, GST_STATE_NULL);
    while ((m = gst_bus_pop_filtered(bus, GST_MESSAGE_ERROR))) {
        assert_false(g_str_has_prefix(GST_MESSAGE_SRC_NAME(m), "neropublish")); // only once
        gst_message_unref(m);
    }
    gst_object_unref(pipeline);
    return said;
}

// The sender's clock, of cameras that tell it.
static void test_rtp(void **state)
{
    (void)state;
    test_path path = test_temp("rtp.jsonl");
    GstHarness *h = lines_open(path.text, "");
    GstBuffer *in = frame_new("GRAY8", LINES_W, LINES_H, 0);
    const guint32 ssrc = 4000000000u;
    g_autoptr(GstCaps) ntp = gst_caps_new_empty_simple("timestamp/x-ntp");
    const GstClockTime unix_ns = 1769904000123000000u; // 2026-02-01, from seconds by date(1)
    gst_buffer_add_reference_timestamp_meta(in, ntp, unix_ns + 2208988800u * GST_SECOND,
                                            GST_CLOCK_TIME_NONE);
    gst_buffer_add_rtp_source_meta(in, &ssrc, NULL, 0);
    gst_harness_push(h, in);
    gst_harness_teardown(h);
    g_autofree char *text = lines_file(path.text);
    assert_non_null(strstr(text, "\"rtp\":{\"sender_ntp_unix_timestamp_ns\":1769904000123000000,"
                                 "\"time\":\"2026-02-01T00:00:00.123Z\",\"ssrc\":4000000000}"));
}

static void test_bad_tags(void **state)
{
    (void)state;
    test_path path = test_temp("tags.jsonl");
    g_autofree char *more = g_strdup_printf("%s tags=[1]", path.text);
    g_autofree char *said = run_to_error(more);
    assert_non_null(strstr(said, "tags must be a JSON object such as {\"camera\":\"gate\"}"));
}

// What the inference cost, where it is known.
static void test_inference(void **state)
{
    (void)state;
    test_path path = test_temp("inference.jsonl");
    GstHarness *h = lines_open(path.text, "");
    lines_push(h, 0, lines_two, 2, 0);
    GstBuffer *in = frame_new("GRAY8", LINES_W, LINES_H, 40 * GST_MSECOND);
    frame_add_boxes(in, lines_two, 2, LINES_W, LINES_H, 0);
    NeroMeta *m = nero_meta_get(in);
    m->result.input_width = 320;
    m->result.input_height = 256;
    m->interval = 4;
    m->skipped = 12345678901;
    assert_int_equal(gst_harness_push(h, in), GST_FLOW_OK);
    gst_harness_teardown(h);
    GPtrArray *lines = lines_read(path.text);
    assert_false(cJSON_HasObjectItem(g_ptr_array_index(lines, 0), "inference"));
    const cJSON *line = g_ptr_array_index(lines, 1);
    assert_int_equal(lines_number(line, "inference.input_width"), 320);
    assert_int_equal(lines_number(line, "inference.input_height"), 256);
    assert_int_equal(lines_number(line, "inference.interval"), 4);
    assert_true(lines_number(line, "inference.skipped") == 12345678901);
    g_ptr_array_unref(lines);
}

// Passwords stay out of files.
static void test_credentials(void **state)
{
    (void)state;
    test_path path = test_temp("secret.jsonl");
    GstHarness *h = lines_open(path.text, "source=rtsp://bob:secret@cam/1");
    lines_push(h, 0, lines_two, 1, 0);
    gst_harness_teardown(h);
    GPtrArray *lines = lines_read(path.text);
    assert_string_equal(lines_text(g_ptr_array_index(lines, 0), "source"), "rtsp://bob:***@cam/1");
    g_ptr_array_unref(lines);
}

// A line is in the file as soon as its frame has passed.
static void test_flushed_at_once(void **state)
{
    (void)state;
    test_path path = test_temp("live.jsonl");
    GstHarness *h = lines_open(path.text, "");
    for (int i = 1; i <= 2; i++) {
        lines_push(h, 0, lines_two, 2, 0);
        GPtrArray *lines = lines_read(path.text);
        assert_int_equal(lines->len, i);
        g_ptr_array_unref(lines);
    }
    gst_harness_teardown(h);
}

// A restart begins a new file and counts from 1 again.
static void test_restart(void **state)
{
    (void)state;
    test_path path = test_temp("again.jsonl");
    g_autofree char *text = g_strdup_printf(
        "videotestsrc num-buffers=3 ! neropublish location=%s ! fakesink", path.text);
    GstElement *pipeline = gst_parse_launch(text, NULL);
    g_autoptr(GstBus) bus = gst_element_get_bus(pipeline);
    for (int run = 0; run < 2; run++) {
        gst_element_set_state(pipeline, GST_STATE_PLAYING);
        GstMessage *m = frame_message(bus, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
        assert_int_equal(GST_MESSAGE_TYPE(m), GST_MESSAGE_EOS);
        gst_message_unref(m);
        gst_element_set_state(pipeline, GST_STATE_READY);
        GPtrArray *lines = lines_read(path.text);
        assert_int_equal(lines->len, 3);
        assert_int_equal(lines_number(g_ptr_array_index(lines, 0), "frame"), 1);
        g_ptr_array_unref(lines);
    }
    gst_element_set_state(pipeline, GST_STATE_NULL);
    gst_object_unref(pipeline);
}

// Regions that another element attached are published too.
static void test_foreign_regions(void **state)
{
    (void)state;
    test_path path = test_temp("foreign.jsonl");
    GstHarness *h = lines_open(path.text, "");
    GstBuffer *in = frame_new("GRAY8", LINES_W, LINES_H, 0);
    GstVideoRegionOfInterestMeta *roi =
        gst_buffer_add_video_region_of_interest_meta(in, "dog", 16, 12, 32, 24);
    gst_video_region_of_interest_meta_add_param(roi, gst_structure_new("detection", "label_id",
                                                                       G_TYPE_INT, 3, "confidence",
                                                                       G_TYPE_DOUBLE, 0.25, NULL));
    gst_video_region_of_interest_meta_add_param(
        roi, gst_structure_new("breed", "label", G_TYPE_STRING, "pug", "label_id", G_TYPE_INT, 5,
                               "confidence", G_TYPE_DOUBLE, 0.75, "model_name", G_TYPE_STRING,
                               "dogs", "type", G_TYPE_STRING, "classification_result", NULL));
    roi->id = 12;
    roi->parent_id = 11;
    gst_harness_push(h, in);
    gst_harness_teardown(h);
    GPtrArray *lines = lines_read(path.text);
    const cJSON *objects = cJSON_GetObjectItemCaseSensitive(g_ptr_array_index(lines, 0), "objects");
    const cJSON *o = cJSON_GetArrayItem(objects, 0);
    assert_string_equal(lines_text(o, "roi_type"), "dog");
    assert_float_equal(lines_number(o, "detection.bounding_box.x_max"), 0.75, 1e-6);
    assert_float_equal(lines_number(o, "detection.confidence"), 0.25, 1e-6);
    assert_int_equal(lines_number(o, "detection.label_id"), 3);
    assert_int_equal(lines_number(o, "region_id"), 12);
    assert_int_equal(lines_number(o, "parent_id"), 11);
    assert_string_equal(lines_text(cJSON_GetObjectItemCaseSensitive(o, "breed"), "label"), "pug");
    assert_int_equal(lines_number(o, "breed.label_id"), 5);
    assert_float_equal(lines_number(o, "breed.confidence"), 0.75, 1e-6);
    g_ptr_array_unref(lines);
}

static void test_errors(void **state)
{
    (void)state;
    g_autofree char *missing = run_to_error("/nowhere/at/all.jsonl");
    assert_non_null(strstr(missing, "/nowhere/at/all.jsonl"));
    assert_non_null(strstr(missing, "No such file or directory"));
}

// Two that write into one file by different rules would break it.
static void test_one_writer(void **state)
{
    (void)state;
    test_path path = test_temp("mine.jsonl");
    GstHarness *h = lines_open(path.text, "");
    lines_push(h, 0, lines_two, 2, 0);
    g_autofree char *other = g_strdup_printf("%s max-size=1000000", path.text);
    g_autofree char *said = run_to_error(other);
    assert_non_null(strstr(said, "mine.jsonl: another run (process "));
    lines_push(h, 0, lines_two, 2, 0);
    gst_harness_teardown(h);
    GPtrArray *lines = lines_read(path.text);
    assert_int_equal(lines->len, 2);
    g_ptr_array_unref(lines);
    h = lines_open(path.text, ""); // it is free again
    gst_harness_teardown(h);
}

// Several streams write whole lines into one file; it is open until the last ends.
static void test_shared_file(void **state)
{
    (void)state;
    test_path path = test_temp("ours.jsonl");
    GstHarness *a = lines_open(path.text, "source=a"), *b = lines_open(path.text, "source=b");
    lines_push(a, 0, lines_two, 2, 0);
    lines_push(b, 0, lines_two, 2, 0);
    assert_int_equal(lines_stat(a, "sent"), 2);
    gst_harness_teardown(a);
    lines_push(b, GST_SECOND, lines_two, 2, 0);
    gst_harness_teardown(b);
    GPtrArray *lines = lines_read(path.text);
    assert_int_equal(lines->len, 3);
    const char *const sources[] = {"a", "b", "b"};
    for (guint i = 0; i < 3; i++)
        assert_string_equal(lines_text(g_ptr_array_index(lines, i), "source"), sources[i]);
    g_ptr_array_unref(lines);
}

// The URI of a file source is the default of "source".
static void test_source_uri(void **state)
{
    (void)state;
    test_path data = test_temp("raw.gray"), path = test_temp("uri.jsonl");
    guint8 pixels[32 * 16] = {0};
    test_write(data.text, pixels, sizeof pixels);
    g_autofree char *text = g_strdup_printf(
        "filesrc location=%s ! rawvideoparse format=gray8 width=32 height=16 ! queue ! "
        "neropublish location=%s ! fakesink",
        data.text, path.text);
    GstElement *pipeline = gst_parse_launch(text, NULL);
    g_autoptr(GstBus) bus = gst_element_get_bus(pipeline);
    gst_element_set_state(pipeline, GST_STATE_PLAYING);
    GstMessage *m = frame_message(bus, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
    assert_int_equal(GST_MESSAGE_TYPE(m), GST_MESSAGE_EOS);
    gst_message_unref(m);
    gst_element_set_state(pipeline, GST_STATE_NULL);
    gst_object_unref(pipeline);
    g_autofree char *uri = g_filename_to_uri(data.text, NULL, NULL);
    GPtrArray *lines = lines_read(path.text);
    assert_int_equal(lines->len, 1);
    assert_string_equal(lines_text(g_ptr_array_index(lines, 0), "source"), uri);
    assert_false(cJSON_HasObjectItem(g_ptr_array_index(lines, 0), "time")); // a file is not live
    g_ptr_array_unref(lines);
}

int main(int argc, char **argv)
{
    gst_init(&argc, &argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_without_empty),
        cmocka_unit_test(test_flushed_at_once),
        cmocka_unit_test(test_restart),
        cmocka_unit_test(test_foreign_regions),
        cmocka_unit_test(test_errors),
        cmocka_unit_test(test_one_writer),
        cmocka_unit_test(test_shared_file),
        cmocka_unit_test(test_times_go_on),
        cmocka_unit_test(test_bytes),
        cmocka_unit_test(test_live),
        cmocka_unit_test(test_rtp),
        cmocka_unit_test(test_bad_tags),
        cmocka_unit_test(test_inference),
        cmocka_unit_test(test_credentials),
        cmocka_unit_test(test_source_uri),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
