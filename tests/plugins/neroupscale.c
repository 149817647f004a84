// SPDX-License-Identifier: MIT
// neroupscale: sizes, formats, regions, objects that are followed, models that change.
#include "nn/io/io.h"
#include "nn/zoo/zoo.h"
#include "plugins/upscale/window.h"
#include "tests/plugins/frames.h"
#include "tests/support/files.h"
#include "tests/support/test.h"

#include <math.h>
#include <stdio.h>

enum { WIDTH = 64, HEIGHT = 48 };

// Writes an untrained network that enlarges by `factor`.
static void write_model(const char *name, int factor)
{
    nn_card card = {.task = "upscale", .network = "neroscale_zoom"};
    nn_model *m;
    snprintf(card.options, sizeof card.options, "alpha=0.25,beta=0.34,factor=%d", factor);
    assert_int_equal(nn_zoo_build(&m, &card, NULL), NN_OK);
    nn_zoo_init_random(m, 1, NULL);
    assert_int_equal(nn_model_save(m, test_temp(name).text, false, NULL), NN_OK);
    nn_model_free(m);
}

static GstHarness *open_element(const char *format, const char *more)
{
    char line[1400];
    write_model("twice.safetensors", 2);
    write_model("thrice.safetensors", 3);
    snprintf(line, sizeof line, "neroupscale model=%s threads=1 %s",
             test_temp("twice.safetensors").text, more);
    GstHarness *h = gst_harness_new_parse(line);
    frame_caps(h, format, WIDTH, HEIGHT, "");
    return h;
}

static void expect_size(GstHarness *h, int width, int height)
{
    GstVideoInfo info;
    g_autoptr(GstCaps) caps = gst_pad_get_current_caps(h->sinkpad);
    assert_true(caps && gst_video_info_from_caps(&info, caps));
    assert_int_equal(info.width, width);
    assert_int_equal(info.height, height);
}

static void every_format_grows(void **state)
{
    (void)state;
    static const char *const formats[] = {"I420", "YV12", "NV12", "NV21",  "Y42B",
                                          "Y444", "YUY2", "UYVY", "GRAY8", "RGB",
                                          "BGR",  "RGBx", "xBGR", "RGBA",  "ARGB"};
    for (size_t i = 0; i < G_N_ELEMENTS(formats); i++) {
        GstHarness *h = open_element(formats[i], "");
        GstBuffer *out = gst_harness_push_and_pull(h, frame_new(formats[i], WIDTH, HEIGHT, 0));
        assert_non_null(out);
        expect_size(h, 2 * WIDTH, 2 * HEIGHT);
        gst_buffer_unref(out);
        gst_harness_teardown(h);
    }
}

// Half of the frame's luma is dark, half is bright: the part shows what lies around the object.
static guint8 middle_of_part(GstHarness *h, float x)
{
    GstBuffer *in = frame_new("GRAY8", WIDTH, HEIGHT, 0);
    const nn_box box = {.x0 = x - 4, .y0 = 20, .x1 = x + 4, .y1 = 28, .score = 1, .track_id = 7};
    GstMapInfo map;
    assert_true(gst_buffer_map(in, &map, GST_MAP_WRITE));
    for (gsize i = 0; i < map.size; i++)
        map.data[i] = i % WIDTH < WIDTH / 2 ? 40 : 220;
    gst_buffer_unmap(in, &map);
    frame_add_boxes(in, &box, 1, WIDTH, HEIGHT, 0);
    GstBuffer *out = gst_harness_push_and_pull(h, in);
    assert_non_null(out);
    expect_size(h, 32, 24);
    assert_true(gst_buffer_map(out, &map, GST_MAP_READ));
    const guint8 value = map.data[12 * 32 + 16];
    gst_buffer_unmap(out, &map);
    gst_buffer_unref(out);
    return value;
}

static void a_region_follows_its_object(void **state)
{
    (void)state;
    GstHarness *h = open_element("GRAY8", "region=0,0,0.25,0.25 track-id=7");
    const guint8 dark = middle_of_part(h, 12), bright = middle_of_part(h, 52);
    assert_true(bright > dark + 100);
    g_autoptr(GstElement) e = gst_harness_find_element(h, "neroupscale");
    g_object_set(e, "track-id", (gint64)8, NULL);
    assert_true(middle_of_part(h, 12) > dark + 100); // another object: the region stays
    gst_harness_teardown(h);
}

static void windows_are_read_and_placed(void **state)
{
    (void)state;
    static const char *const wrong[] = {"",         "0,0,1",       "0,0,1,1,1", "0.5,0,0.5,1",
                                        "-1,0,1,1", "0,0,2,1",     "a,0,1,1",   "0,0,1,nan",
                                        "0 0 1 1",  "0,0.8,1,0.2", "0,0,1,1 "};
    NeroUpscaleWindow w = {0, 0, 1, 1};
    NeroUpscalePlace p;
    for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++)
        assert_false(nero_window_parse(&w, wrong[i]));
    assert_false(nero_window_parse(&w, NULL));
    assert_true(nero_window_parse(&w, "0.5,0.25,1,0.75"));
    nero_window_place(&p, &w, NULL, 101, 51, 1, 1);
    assert_true(p.width == 52 && p.height == 26 && p.x % 2 == 0 && p.x + p.width <= 101);
    const nn_box corner = {.x0 = 95, .y0 = 45, .x1 = 120, .y1 = 70};
    nero_window_place(&p, &w, &corner, 101, 51, 1, 1);
    assert_true(p.x == 48 && p.y == 24);
    const nn_box lost = {.x0 = NAN, .y0 = 0, .x1 = 1, .y1 = 1};
    nero_window_place(&p, &w, &lost, 1, 1, 1, 1);
    assert_true(p.x == 0 && p.y == 0 && p.width == 1 && p.height == 1);
}

static void a_model_changes_in_play(void **state)
{
    (void)state;
    GstHarness *h = open_element("I420", "");
    g_autoptr(GstElement) e = gst_harness_find_element(h, "neroupscale");
    gst_buffer_unref(gst_harness_push_and_pull(h, frame_new("I420", WIDTH, HEIGHT, 0)));
    g_object_set(e, "model", "nosuch", NULL);
    gst_buffer_unref(gst_harness_push_and_pull(h, frame_new("I420", WIDTH, HEIGHT, 1)));
    expect_size(h, 2 * WIDTH, 2 * HEIGHT); // the model before stays
    g_object_set(e, "model", test_temp("thrice.safetensors").text, NULL);
    for (int i = 2; i < 4; i++)
        gst_buffer_unref(
            gst_harness_push_and_pull(h, frame_new("I420", WIDTH, HEIGHT, (GstClockTime)i)));
    expect_size(h, 3 * WIDTH, 3 * HEIGHT);
    gst_harness_teardown(h);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_format_grows),
        cmocka_unit_test(a_region_follows_its_object),
        cmocka_unit_test(windows_are_read_and_placed),
        cmocka_unit_test(a_model_changes_in_play),
    };
    gst_init(&argc, &argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
