// SPDX-License-Identifier: MIT
// What a classifier says about an object stands in its label: in the window and in the frame.
#include "nn/io/image/image.h"
#include "nn/vision/palette.h"
#include "plugins/meta/classes.h"
#include "tests/plugins/frames.h"
#include "tests/support/files.h"
#include "tests/support/test.h"

enum { WIDTH = 640, HEIGHT = 480 };

static const nn_box person = {.x0 = 50, .y0 = 200, .x1 = 150, .y1 = 400, .score = 0.9f};

// A grey frame with a person; `class` NULL: about which no classifier has said anything.
static GstBuffer *frame(const char *class, double score)
{
    const char *names[] = {class};
    GstBuffer *b = frame_new("RGB", WIDTH, HEIGHT, 0);
    gst_buffer_memset(b, 0, 96, gst_buffer_get_size(b));
    frame_add_boxes(b, &person, 1, WIDTH, HEIGHT, 0);
    GstVideoRegionOfInterestMeta *r = gst_buffer_add_video_region_of_interest_meta(
        b, "person", (guint)person.x0, (guint)person.y0, 100, 200);
    r->id = 7;
    nero_meta_get(b)->first_region = 7;
    if (class) {
        NeroLabels *labels = nero_labels_new("tone", names, 1);
        nero_class_add(r, &(NeroClass){.label = 0, .score = score}, labels);
        nero_labels_unref(labels);
    }
    return b;
}

// Columns of the label above the box: it has the colour of the box, apart from its letters.
static int label_width(const guint8 *rgb)
{
    const guint32 colour = nn_palette(0);
    int first = WIDTH, last = -1;
    for (int y = 0; y < (int)person.y0 - 1; y++)
        for (int x = 0; x < WIDTH; x++) {
            const guint8 *p = rgb + 3 * (y * WIDTH + x);
            if (((guint32)p[0] << 16 | (guint32)p[1] << 8 | p[2]) != colour)
                continue;
            first = MIN(first, x);
            last = MAX(last, x);
        }
    return MAX(last - first + 1, 0);
}

static int width_in_window(GstBuffer *b)
{
    GstHarness *h = gst_harness_new_parse("nerosink offscreen=yes sync=false hud=false");
    GstElement *sink = gst_harness_find_element(h, "nerosink");
    const test_path path = test_temp("shown.png");
    nn_image image = {0};
    gboolean ok = FALSE;
    frame_caps(h, "RGB", WIDTH, HEIGHT, ",framerate=25/1");
    assert_int_equal(gst_harness_push(h, b), GST_FLOW_OK);
    g_signal_emit_by_name(sink, "save-snapshot", path.text, &ok);
    assert_true(ok);
    assert_int_equal(nn_image_load(&image, path.text, NULL), NN_OK);
    assert_int_equal(image.width, WIDTH);
    const int width = label_width(image.rgb);
    nn_image_release(&image);
    gst_object_unref(sink);
    gst_harness_teardown(h);
    return width;
}

static int width_in_frame(GstBuffer *b, const char *settings)
{
    g_autofree char *text = g_strdup_printf("nerooverlay %s", settings);
    GstHarness *h = gst_harness_new_parse(text);
    GstMapInfo map;
    frame_caps(h, "RGB", WIDTH, HEIGHT, "");
    GstBuffer *out = gst_harness_push_and_pull(h, b);
    assert_non_null(out);
    assert_true(gst_buffer_map(out, &map, GST_MAP_READ));
    const int width = label_width(map.data);
    gst_buffer_unmap(out, &map);
    gst_buffer_unref(out);
    gst_harness_teardown(h);
    return width;
}

static void test_window(void **state)
{
    (void)state;
    const int bare = width_in_window(frame(NULL, 0));
    const int one = width_in_window(frame("red", 0.5)), sure = width_in_window(frame("red", 1));
    print_message("label: %d pixels, with a class %d, %d\n", bare, one, sure);
    assert_true(bare > 20 && one > bare + 20);
    assert_true(sure > one); // "100%" is longer than "50%"
    assert_true(width_in_window(frame("dark red", 0.5)) > one + 20);
}

static void test_frame(void **state)
{
    (void)state;
    const int bare = width_in_frame(frame(NULL, 0), "");
    const int one = width_in_frame(frame("red", 0.5), "");
    print_message("label: %d pixels, with a class %d\n", bare, one);
    assert_true(bare > 20 && one > bare + 20);
    assert_true(width_in_frame(frame("red", 1), "") > one);
    const int plain = width_in_frame(frame("red", 0.5), "show-scores=false");
    assert_true(plain < one && plain > width_in_frame(frame(NULL, 0), "show-scores=false") + 10);
    assert_int_equal(width_in_frame(frame("red", 0.5), "show-labels=false"),
                     width_in_frame(frame(NULL, 0), "show-labels=false"));
}

int main(int argc, char **argv)
{
    gst_init(&argc, &argv);
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_window), cmocka_unit_test(test_frame)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
