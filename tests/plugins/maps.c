// SPDX-License-Identifier: MIT
// Maps of classes on buffers: drawn by nerooverlay in every format, listed by neropublish, kept by
// the meta when the frame is copied and scaled.
#include "nn/vision/palette.h"
#include "plugins/overlay/blend.h"
#include "tests/plugins/frames.h"
#include "tests/support/files.h"
#include "tests/support/test.h"

#include <cjson/cJSON.h>

enum { W = 64, H = 48, MAP_W = 4, MAP_H = 2 };

// An eighth "car" (class 2), two eighths "person" (class 1).
static const guint8 labels[MAP_W * MAP_H] = {0, 0, 1, 1, 0, 2, 0, 0};

static void add_map(GstBuffer *b, int width, int height, float age_ms)
{
    static const char *const names[] = {"background", "person", "car"};
    NeroLabels *table = nero_labels_new("yard", names, 3);
    nn_result r;
    nn_result_init(&r);
    r.frame_width = width;
    r.frame_height = height;
    r.age_ms = age_ms;
    assert_int_equal(nn_label_map_resize(&r.map, MAP_W, MAP_H), NN_OK);
    memcpy(r.map.label, labels, sizeof labels);
    assert_non_null(nero_meta_add(b, &r, table));
    nn_result_release(&r);
    nero_labels_unref(table);
}

static GstBuffer *draw(const char *settings, const char *format, int w, int h, float age_ms,
                       GBytes **before)
{
    g_autofree char *text = g_strdup_printf("nerooverlay %s", settings);
    GstHarness *harness = gst_harness_new_parse(text);
    frame_caps(harness, format, w, h, "");
    GstBuffer *in = frame_new(format, w, h, 0);
    *before = frame_bytes(in);
    add_map(in, w, h, age_ms);
    GstBuffer *out = gst_harness_push_and_pull(harness, in);
    assert_non_null(out);
    gst_harness_teardown(harness);
    return out;
}

// Samples whose pixels are all of one class: what they must be. Those on an edge belong to either.
static void check_sample(const GstVideoFrame *was, const GstVideoFrame *is, int c, int i, int j)
{
    const GstVideoFormatInfo *f = is->info.finfo;
    const int w = GST_VIDEO_FRAME_WIDTH(is), h = GST_VIDEO_FRAME_HEIGHT(is);
    const int xs = GST_VIDEO_FORMAT_INFO_W_SUB(f, c), ys = GST_VIDEO_FORMAT_INFO_H_SUB(f, c);
    const int step = GST_VIDEO_FRAME_COMP_PSTRIDE(is, c);
    const gsize at = (gsize)j * GST_VIDEO_FRAME_COMP_STRIDE(is, c) + (gsize)i * step;
    const int old = ((guint8 *)GST_VIDEO_FRAME_COMP_DATA(was, c))[at];
    const int new = ((guint8 *)GST_VIDEO_FRAME_COMP_DATA(is, c))[at];
    int label = -1;
    for (int y = j << ys; y < MIN((j + 1) << ys, h); y++)
        for (int x = i << xs; x < MIN((i + 1) << xs, w); x++) {
            const int one =
                labels[(2 * y + 1) * MAP_H / (2 * h) * MAP_W + (2 * x + 1) * MAP_W / (2 * w)];
            label = label < 0 || label == one ? one : 99;
        }
    if (label == 99)
        return;
    const NeroBlendColour colour = nero_blend_colour(&is->info, nn_palette(label));
    const double want = label ? old + (colour.c[c] - old) * 120 / 255.0 : old;
    if (ABS(new - want) > (label ? 1 : 0))
        fail_msg("component %d at %d,%d of class %d: %d, not %.1f", c, i, j, label, new, want);
}

static void check_format(const char *format, int w, int h)
{
    GBytes *before;
    GstBuffer *out = draw("show-labels=false", format, w, h, 0, &before);
    GstVideoInfo info = frame_info(format, w, h);
    GstBuffer *old = gst_buffer_new_wrapped_bytes(before);
    GstVideoFrame was, is;
    assert_true(gst_video_frame_map(&was, &info, old, GST_MAP_READ));
    assert_true(gst_video_frame_map(&is, &info, out, GST_MAP_READ));
    for (int c = 0; c < (int)GST_VIDEO_FRAME_N_COMPONENTS(&is); c++)
        for (int j = 0; j < GST_VIDEO_FRAME_COMP_HEIGHT(&is, c); j++)
            for (int i = 0; i < GST_VIDEO_FRAME_COMP_WIDTH(&is, c); i++)
                check_sample(&was, &is, c, i, j);
    assert_true(nero_meta_get(out)->painted);
    gst_video_frame_unmap(&was);
    gst_video_frame_unmap(&is);
    gst_buffer_unref(old);
    gst_buffer_unref(out);
    g_bytes_unref(before);
}

static void test_formats(void **state)
{
    (void)state;
    for (const char *const *f = frame_formats; *f; f++) {
        check_format(*f, W, H);
        check_format(*f, 63, 47);
        check_format(*f, 3, 1); // smaller than the map
    }
}

// Bytes that a map changes in an RGB frame.
static int changed(const char *settings, float age_ms)
{
    GBytes *before;
    GstBuffer *out = draw(settings, "RGB", 320, 240, age_ms, &before);
    g_autoptr(GBytes) after = frame_bytes(out);
    const guint8 *a = g_bytes_get_data(after, NULL), *b = g_bytes_get_data(before, NULL);
    int count = 0;
    for (gsize i = 0; i < g_bytes_get_size(after); i++)
        count += a[i] != b[i];
    g_bytes_unref(before);
    gst_buffer_unref(out);
    return count;
}

static void test_settings(void **state)
{
    (void)state;
    const int eighth = 3 * 320 * 240 / 8, all = changed("show-labels=false", 0);
    assert_in_range(all, 2.8 * eighth, 3 * eighth);
    assert_in_range(changed("show-labels=false labels=car", 0), 0.9 * eighth, eighth);
    assert_int_equal(changed("labels=bus", 0), 0);
    assert_int_equal(changed("predicted-style=hidden", 40), 0);
    assert_in_range(changed("show-labels=false", 40), 2.7 * eighth, 3 * eighth); // dimmer
    assert_true(changed("", 0) > all); // with a legend below
    assert_true(changed("", 0) > changed("show-scores=false", 0));
}

static void test_published(void **state)
{
    (void)state;
    const test_path path = test_temp("maps.jsonl");
    g_autofree char *text =
        g_strdup_printf("neropublish add-empty-results=false location=%s", path.text);
    GstHarness *h = gst_harness_new_parse(text);
    frame_caps(h, "GRAY8", W, H, "");
    GstBuffer *in = frame_new("GRAY8", W, H, 0);
    add_map(in, W, H, 12.5f);
    assert_int_equal(gst_harness_push(h, in), GST_FLOW_OK);
    assert_int_equal(gst_harness_push(h, frame_new("GRAY8", W, H, 1)), GST_FLOW_OK);
    gst_harness_teardown(h);
    gsize size;
    g_autofree char *line = (char *)test_read(path.text, &size);
    const char *end;
    cJSON *json = cJSON_ParseWithLengthOpts(line, size, &end, FALSE);
    assert_int_equal(end - line, (gssize)size - 1); // one line only
    const cJSON *list = cJSON_GetObjectItem(json, "segments");
    assert_int_equal(cJSON_GetArraySize(list), 3);
    static const double shares[] = {5.0 / 8, 2.0 / 8, 1.0 / 8};
    static const char *const names[] = {"background", "person", "car"};
    for (int i = 0; i < 3; i++) {
        const cJSON *one = cJSON_GetArrayItem(list, i);
        assert_string_equal(cJSON_GetObjectItem(one, "label")->valuestring, names[i]);
        assert_true(cJSON_GetObjectItem(one, "label_id")->valuedouble == i);
        assert_true(ABS(cJSON_GetObjectItem(one, "share")->valuedouble - shares[i]) < 1e-6);
        assert_true(cJSON_GetObjectItem(one, "age_ms")->valuedouble == 12.5);
    }
    cJSON_Delete(json);
}

static void test_scaled(void **state)
{
    (void)state;
    GstHarness *h =
        gst_harness_new_parse("videoscale ! capsfilter caps=video/x-raw,width=128,height=72");
    frame_caps(h, "RGB", W, H, "");
    GstBuffer *in = frame_new("RGB", W, H, 0);
    add_map(in, W, H, 0);
    GstBuffer *out = gst_harness_push_and_pull(h, in);
    assert_non_null(out);
    const NeroMeta *m = nero_meta_get(out);
    assert_non_null(m);
    assert_int_equal(m->result.frame_width, 128);
    assert_int_equal(m->result.frame_height, 72);
    assert_int_equal(m->result.map.width, MAP_W);
    assert_memory_equal(m->result.map.label, labels, sizeof labels);
    gst_buffer_unref(out);
    gst_harness_teardown(h);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_formats),
        cmocka_unit_test(test_settings),
        cmocka_unit_test(test_published),
        cmocka_unit_test(test_scaled),
    };
    gst_init(&argc, &argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
