// SPDX-License-Identifier: MIT
// nerosink off screen: boxes and letterbox at the right pixels, formats, states, snapshots, late
// frames.
#include "nn/io/image/image.h"
#include "plugins/meta/nerometa_internal.h"
#include "plugins/sink/sink_keys.h"
#include "tests/support/files.h"
#include "tests/support/test.h"

#include <SDL.h>
#include <gst/check/gstharness.h>
#include <gst/video/navigation.h>
#include <gst/video/video.h>
#include <gst/video/videooverlay.h>

typedef struct Rgb {
    int r, g, b;
} Rgb;

// A sink that draws in memory, with nothing over the picture but boxes.
static GstHarness *open_sink(const char *settings)
{
    g_autofree char *text =
        g_strdup_printf("nerosink offscreen=yes sync=false hud=false %s", settings);
    GstHarness *h = gst_harness_new_parse(text);
    assert_non_null(h);
    return h;
}

static void set_caps(GstHarness *h, const char *format, int width, int height, const char *more)
{
    g_autofree char *caps = g_strdup_printf(
        "video/x-raw,format=%s,width=%d,height=%d,framerate=25/1%s", format, width, height, more);
    gst_harness_set_src_caps_str(h, caps);
}

// A frame of one colour, made by videoconvert's own library from RGB, so that the test does not
// repeat our matrix.
static GstBuffer *solid(const char *format, int width, int height, Rgb color, guint pad_columns)
{
    GstVideoInfo rgb, info;
    GstVideoAlignment align;
    GstVideoFrame in, out;
    gst_video_info_set_format(&rgb, GST_VIDEO_FORMAT_RGB, (guint)width, (guint)height);
    gst_video_info_set_format(&info, gst_video_format_from_string(format), (guint)width,
                              (guint)height);
    GstVideoConverter *convert = gst_video_converter_new(&rgb, &info, NULL);
    gst_video_alignment_reset(&align);
    align.padding_right = pad_columns;
    if (pad_columns)
        assert_true(gst_video_info_align(&info, &align));
    GstBuffer *source = gst_buffer_new_allocate(NULL, rgb.size, NULL);
    GstBuffer *buffer = gst_buffer_new_allocate(NULL, info.size, NULL);
    gst_buffer_add_video_meta_full(buffer, GST_VIDEO_FRAME_FLAG_NONE, GST_VIDEO_INFO_FORMAT(&info),
                                   (guint)width, (guint)height, GST_VIDEO_INFO_N_PLANES(&info),
                                   info.offset, info.stride);
    assert_true(gst_video_frame_map(&in, &rgb, source, GST_MAP_WRITE));
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++) {
            guint8 *p = (guint8 *)in.data[0] + y * rgb.stride[0] + 3 * x;
            p[0] = (guint8)color.r;
            p[1] = (guint8)color.g;
            p[2] = (guint8)color.b;
        }
    assert_true(gst_video_frame_map(&out, &info, buffer, GST_MAP_WRITE));
    gst_video_converter_frame(convert, &in, &out);
    gst_video_frame_unmap(&in);
    gst_video_frame_unmap(&out);
    gst_video_converter_free(convert);
    gst_buffer_unref(source);
    GST_BUFFER_PTS(buffer) = 0;
    return buffer;
}

static void add_box(GstBuffer *buffer, int width, int height, nn_box box)
{
    static const char *const names[] = {"person", "car"};
    NeroLabels *labels = nero_labels_new("test", names, 2);
    nn_result result = {.boxes = &box, .count = 1, .capacity = 1, .infer_ms = 5};
    result.frame_width = width;
    result.frame_height = height;
    assert_non_null(nero_meta_add(buffer, &result, labels));
    nero_labels_unref(labels);
}

static nn_image snapshot(GstHarness *h)
{
    nn_image image = {0};
    nn_error err;
    gboolean ok = FALSE;
    test_path path = test_temp("shown.png");
    GstElement *sink = gst_harness_find_element(h, "nerosink");
    g_signal_emit_by_name(sink, "save-snapshot", path.text, &ok);
    gst_object_unref(sink);
    assert_true(ok);
    assert_int_equal(nn_image_load(&image, path.text, &err), NN_OK);
    return image;
}

static Rgb pixel(const nn_image *image, int x, int y)
{
    const uint8_t *p = image->rgb + 3 * ((size_t)y * (size_t)image->width + (size_t)x);
    return (Rgb){p[0], p[1], p[2]};
}

static void expect_near(const char *what, Rgb got, Rgb want, int tolerance)
{
    if (abs(got.r - want.r) > tolerance || abs(got.g - want.g) > tolerance ||
        abs(got.b - want.b) > tolerance)
        fail_msg("%s: %d,%d,%d instead of %d,%d,%d", what, got.r, got.g, got.b, want.r, want.g,
                 want.b);
}

static const Rgb grey = {96, 96, 96}, black = {0, 0, 0}, green = {46, 230, 92};

static void draws_the_box_where_it_is(void **state)
{
    (void)state;
    GstHarness *h = open_sink("window-width=400 window-height=200");
    set_caps(h, "I420", 100, 100, "");
    GstBuffer *b = solid("I420", 100, 100, grey, 0);
    add_box(b, 100, 100, (nn_box){.x0 = 20, .y0 = 40, .x1 = 60, .y1 = 90, .score = 0.9f});
    assert_int_equal(gst_harness_push(h, b), GST_FLOW_OK);
    nn_image s = snapshot(h);
    assert_int_equal(s.width, 400);
    assert_int_equal(s.height, 200);
    // The picture is 200 x 200 in the middle; a video pixel is 2 window pixels.
    expect_near("left border", pixel(&s, 50, 100), black, 0);
    expect_near("right border", pixel(&s, 350, 100), black, 0);
    expect_near("picture", pixel(&s, 110, 30), grey, 3);
    expect_near("left edge", pixel(&s, 100 + 40, 130), green, 0);
    expect_near("right edge", pixel(&s, 100 + 119, 130), green, 0);
    expect_near("lower edge", pixel(&s, 180, 179), green, 0);
    expect_near("inside", pixel(&s, 180, 130), grey, 3);
    expect_near("beside", pixel(&s, 100 + 124, 130), grey, 3);
    expect_near("under", pixel(&s, 180, 183), grey, 3);
    nn_image_release(&s);
    gst_harness_teardown(h);
}

// nerooverlay has burnt them in: the window must not draw them a second time.
static void painted_boxes_are_left_alone(void **state)
{
    (void)state;
    GstHarness *h = open_sink("window-width=400 window-height=200");
    set_caps(h, "I420", 100, 100, "");
    GstBuffer *b = solid("I420", 100, 100, grey, 0);
    add_box(b, 100, 100, (nn_box){.x0 = 20, .y0 = 40, .x1 = 60, .y1 = 90, .score = 0.9f});
    nero_meta_get(b)->painted = TRUE;
    assert_int_equal(gst_harness_push(h, b), GST_FLOW_OK);
    nn_image s = snapshot(h);
    expect_near("left edge", pixel(&s, 100 + 40, 130), grey, 3);
    expect_near("lower edge", pixel(&s, 180, 179), grey, 3);
    nn_image_release(&s);
    gst_harness_teardown(h);
}

// How many of 100 pixels of its left edge a predicted box of this age has.
static int edge_of_age(float age_ms)
{
    GstHarness *h = open_sink("");
    set_caps(h, "RGB", 200, 200, "");
    GstBuffer *b = solid("RGB", 200, 200, grey, 0);
    add_box(b, 200, 200,
            (nn_box){.x0 = 20, .y0 = 60, .x1 = 180, .y1 = 190, .score = 0.5f, .predicted = true});
    nero_meta_get(b)->result.age_ms = age_ms;
    gst_harness_push(h, b);
    nn_image s = snapshot(h);
    int on = 0;
    for (int y = 80; y < 180; y++)
        on += pixel(&s, 20, y).g == green.g;
    nn_image_release(&s);
    gst_harness_teardown(h);
    return on;
}

// A camera's boxes are always a little older than its frames; that is no error.
static void old_boxes_are_dashed(void **state)
{
    (void)state;
    assert_int_equal(edge_of_age(150), 100);
    assert_in_range(edge_of_age(250), 40, 80);
}

static void keeps_the_pixel_aspect_ratio(void **state)
{
    (void)state;
    GstHarness *h = open_sink("");
    set_caps(h, "I420", 100, 100, ",pixel-aspect-ratio=2/1");
    gst_harness_push(h, solid("I420", 100, 100, grey, 0));
    nn_image s = snapshot(h);
    assert_int_equal(s.width, 200);
    assert_int_equal(s.height, 100);
    expect_near("corner", pixel(&s, 198, 98), grey, 3);
    nn_image_release(&s);
    gst_harness_teardown(h);

    h = open_sink("window-width=100 window-height=100 force-aspect-ratio=false");
    set_caps(h, "I420", 200, 50, "");
    gst_harness_push(h, solid("I420", 200, 50, grey, 0));
    s = snapshot(h);
    expect_near("stretched", pixel(&s, 50, 2), grey, 3);
    nn_image_release(&s);
    gst_harness_teardown(h);
}

static void shows_every_format_odd_sizes_and_strides(void **state)
{
    (void)state;
    static const char *const formats[] = {"I420",      "YV12", "NV12", "NV21", "YUY2", "UYVY",
                                          "YVYU",      "RGB",  "BGR",  "RGBx", "BGRx", "xRGB",
                                          "xBGR",      "RGBA", "BGRA", "ARGB", "ABGR", "P010_10LE",
                                          "I420_10LE", "Y444", "NV16", "Y42B", "v210", "RGB16",
                                          "AYUV64",    "GBR"}; // the last nine converted
    static const int sizes[][2] = {{64, 48}, {63, 47}, {1, 1}};
    const Rgb orange = {220, 120, 40};
    for (size_t f = 0; f < G_N_ELEMENTS(formats); f++)
        for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++) {
            int w = sizes[i][0], hgt = sizes[i][1];
            GstHarness *h = open_sink("");
            set_caps(h, formats[f], w, hgt, "");
            gst_harness_push(h, solid(formats[f], w, hgt, orange, i == 0 ? 16 : 0));
            nn_image s = snapshot(h);
            assert_int_equal(s.width, w);
            assert_int_equal(s.height, hgt);
            expect_near(formats[f], pixel(&s, 0, 0), orange, 8);
            expect_near(formats[f], pixel(&s, w - 1, hgt - 1), orange, 8);
            nn_image_release(&s);
            gst_harness_teardown(h);
        }
}

static void shows_grey(void **state)
{
    (void)state;
    GstHarness *h = open_sink("");
    set_caps(h, "GRAY8", 33, 17, "");
    gst_harness_push(h, solid("GRAY8", 33, 17, grey, 0));
    nn_image s = snapshot(h);
    Rgb p = pixel(&s, 32, 16);
    assert_int_equal(p.r, p.g);
    assert_int_equal(p.g, p.b);
    nn_image_release(&s);
    gst_harness_teardown(h);
}

static void follows_a_change_of_caps(void **state)
{
    (void)state;
    GstHarness *h = open_sink("");
    set_caps(h, "I420", 64, 48, "");
    gst_harness_push(h, solid("I420", 64, 48, (Rgb){200, 40, 40}, 0));
    set_caps(h, "RGB", 32, 24, ""); // long before its frame is due
    g_autoptr(GstElement) sink = gst_harness_find_element(h, "nerosink");
    gst_video_overlay_expose(GST_VIDEO_OVERLAY(sink));
    nn_image s = snapshot(h);
    expect_near("the picture until then", pixel(&s, 60, 40), (Rgb){200, 40, 40}, 4);
    nn_image_release(&s);
    gst_harness_push(h, solid("RGB", 32, 24, (Rgb){10, 200, 30}, 0));
    s = snapshot(h);
    assert_int_equal(s.width, 64); // the window keeps its size
    expect_near("new picture", pixel(&s, 60, 40), (Rgb){10, 200, 30}, 2);
    nn_image_release(&s);
    gst_harness_teardown(h);
}

static void goes_up_and_down(void **state)
{
    (void)state;
    GstElement *sink = gst_element_factory_make("nerosink", NULL);
    g_object_set(sink, "fullscreen", TRUE, "hud", FALSE, NULL);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(gst_element_set_state(sink, GST_STATE_READY), GST_STATE_CHANGE_SUCCESS);
        g_object_set(sink, "hud", i % 2 == 0, NULL);
        assert_int_equal(gst_element_set_state(sink, GST_STATE_PAUSED), GST_STATE_CHANGE_ASYNC);
        assert_int_equal(gst_element_set_state(sink, GST_STATE_NULL), GST_STATE_CHANGE_SUCCESS);
    }
    gst_object_unref(sink);
}

// The real window path, on SDL's driver without a screen.
static void saves_the_best_frame_at_the_end(void **state)
{
    (void)state;
    test_path path = test_temp("best.png");
    g_autofree char *settings = g_strdup_printf("snapshot=\"%s\"", path.text);
    GstHarness *h = open_sink(settings);
    set_caps(h, "RGB", 80, 60, "");
    const float scores[] = {0.2f, 0.9f, 0.4f};
    for (int i = 0; i < 3; i++) {
        GstBuffer *b = solid("RGB", 80, 60, (Rgb){50 * i, 0, 0}, 0);
        add_box(b, 80, 60, (nn_box){.x0 = 30, .y0 = 30, .x1 = 50, .y1 = 50, .score = scores[i]});
        assert_int_equal(gst_harness_push(h, b), GST_FLOW_OK);
    }
    gst_harness_push_event(h, gst_event_new_eos());
    gst_harness_teardown(h);
    nn_image s = {0};
    nn_error err;
    assert_int_equal(nn_image_load(&s, path.text, &err), NN_OK);
    expect_near("second frame", pixel(&s, 5, 55), (Rgb){50, 0, 0}, 0);
    nn_image_release(&s);
}

static GstMessage *play_sink(const char *settings, GstMessageType until)
{
    g_autofree char *text = g_strdup_printf("videotestsrc num-buffers=3 ! "
                                            "video/x-raw,width=32,height=24 ! nerosink %s",
                                            settings);
    g_autoptr(GstElement) pipeline = gst_parse_launch(text, NULL);
    g_autoptr(GstBus) bus = gst_element_get_bus(pipeline);
    gst_element_set_state(pipeline, GST_STATE_PLAYING);
    GstMessage *m = gst_bus_timed_pop_filtered(bus, 60 * GST_SECOND, until);
    gst_element_set_state(pipeline, GST_STATE_NULL);
    return m;
}

// The error comes before the first frame when the cause is known by then, else before the end of
// the stream.
static void a_snapshot_that_fails_is_an_error_in_time(void **state)
{
    (void)state;
    static const char *const paths[] = {"/nonexistent/x.png", "/", "\"\"", "/dev/full"};
    for (size_t i = 0; i < G_N_ELEMENTS(paths); i++) {
        g_autofree char *settings =
            g_strdup_printf("offscreen=yes sync=false snapshot=%s", paths[i]);
        GstMessage *m = play_sink(settings, GST_MESSAGE_ERROR | GST_MESSAGE_EOS);
        assert_non_null(m);
        if (GST_MESSAGE_TYPE(m) != GST_MESSAGE_ERROR)
            fail_msg("no error for %s", paths[i]);
        g_autoptr(GError) error = NULL;
        gst_message_parse_error(m, &error, NULL);
        if (!g_str_has_prefix(error->message, "Snapshot: "))
            fail_msg("%s", error->message);
        gst_message_unref(m);
    }
    test_path path = test_temp("end.png"); // it is there when the end is told
    g_autofree char *settings = g_strdup_printf("offscreen=yes snapshot=%s", path.text);
    GstMessage *m = play_sink(settings, GST_MESSAGE_ERROR | GST_MESSAGE_EOS);
    assert_int_equal(GST_MESSAGE_TYPE(m), GST_MESSAGE_EOS);
    assert_true(g_file_test(path.text, G_FILE_TEST_EXISTS));
    gst_message_unref(m);
}

// No server listens there; SDL would take a driver without a window.
static void a_window_that_nobody_can_see_is_no_success(void **state)
{
    (void)state;
    g_autofree char *display = g_strdup(g_getenv("DISPLAY"));
    g_autofree char *wayland = g_strdup(g_getenv("WAYLAND_DISPLAY"));
    g_setenv("DISPLAY", ":4711", TRUE);
    g_unsetenv("WAYLAND_DISPLAY");
    g_unsetenv("SDL_VIDEODRIVER");
    g_autoptr(GError) error = NULL, info = NULL;
    GstMessage *m = play_sink("offscreen=no", GST_MESSAGE_ERROR | GST_MESSAGE_EOS);
    assert_int_equal(GST_MESSAGE_TYPE(m), GST_MESSAGE_ERROR);
    gst_message_parse_error(m, &error, NULL);
    assert_non_null(strstr(error->message, "DISPLAY is ':4711'"));
    gst_message_unref(m);
    m = play_sink("sync=false", GST_MESSAGE_ERROR | GST_MESSAGE_INFO | GST_MESSAGE_EOS);
    assert_int_equal(GST_MESSAGE_TYPE(m), GST_MESSAGE_INFO);
    gst_message_parse_info(m, &info, NULL);
    assert_non_null(strstr(info->message, "drawn in memory"));
    gst_message_unref(m);
    m = play_sink("sync=false", GST_MESSAGE_ERROR | GST_MESSAGE_EOS);
    assert_int_equal(GST_MESSAGE_TYPE(m), GST_MESSAGE_EOS);
    gst_message_unref(m);
    g_unsetenv("DISPLAY");
    if (display)
        g_setenv("DISPLAY", display, TRUE);
    if (wayland)
        g_setenv("WAYLAND_DISPLAY", wayland, TRUE);
}

static void keys_have_the_names_that_x_gives_them(void **state)
{
    (void)state;
    static const struct {
        SDL_Keycode key;
        const char *name;
    } keys[] = {
        {SDLK_RETURN, "Return"},
        {SDLK_ESCAPE, "Escape"},
        {SDLK_LEFT, "Left"},
        {SDLK_PAGEUP, "Prior"},
        {SDLK_PLUS, "plus"},
        {SDLK_SPACE, "space"},
        {SDLK_a, "a"},
        {SDLK_7, "7"},
        {SDLK_F12, "F12"},
        {SDLK_F13, "F13"},
        {SDLK_KP_PLUS, "KP_Add"},
        {SDLK_KP_0, "KP_0"},
        {SDLK_KP_9, "KP_9"},
        {SDLK_BACKQUOTE, "grave"},
        {SDLK_BACKSLASH, "backslash"},
        {SDLK_DELETE, "Delete"},
        {SDLK_LSHIFT, "Shift_L"},
        {SDLK_TAB, "Tab"},
        {0xe4, "adiaeresis"},
        {SDLK_KP_PERIOD, "KP_Decimal"},
    };
    static const char *const texts[][2] = {{"+", "plus"},      {"A", "A"},      {"~", "asciitilde"},
                                           {"{", "braceleft"}, {"ß", "ssharp"}, {"ÿ", "ydiaeresis"},
                                           {"×", "multiply"},  {"€", "U20AC"},  {"@", "at"},
                                           {"_", "underscore"}};
    char name[NERO_KEY_NAME];
    for (size_t i = 0; i < G_N_ELEMENTS(keys); i++) {
        assert_true(nero_key_name(keys[i].key, name));
        assert_string_equal(name, keys[i].name);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        assert_true(nero_key_name_of_text(texts[i][0], name));
        assert_string_equal(name, texts[i][1]);
    }
    assert_false(nero_key_name(SDLK_UNKNOWN, name));
    assert_false(nero_key_name_of_text("ab", name));
    assert_false(nero_key_name_of_text("", name));
    assert_false(nero_key_name_of_text("\xff", name));
}

static void push(Uint32 type, SDL_Keycode key, SDL_Scancode code, const char *text)
{
    SDL_Event e = {.type = type};
    if (type == SDL_TEXTINPUT) {
        e.text.windowID = 1;
        g_strlcpy(e.text.text, text, sizeof e.text.text);
    } else if (type == SDL_MOUSEWHEEL) {
        e.wheel = (SDL_MouseWheelEvent){
            .type = type, .windowID = 1, .y = 1, .preciseY = 1, .mouseX = 16, .mouseY = 12};
    } else {
        e.key.windowID = 1;
        e.key.keysym.sym = key;
        e.key.keysym.scancode = code;
    }
    assert_int_equal(SDL_PushEvent(&e), 1);
}

static GMutex heard_lock;

static GstPadProbeReturn hear(GstPad *pad, GstPadProbeInfo *info, gpointer heard)
{
    GstEvent *event = GST_PAD_PROBE_INFO_EVENT(info);
    const char *key = NULL;
    double x = 0, y = 0, dx = 0, dy = 0;
    (void)pad;
    if (GST_EVENT_TYPE(event) != GST_EVENT_NAVIGATION)
        return GST_PAD_PROBE_OK;
    g_mutex_lock(&heard_lock);
    if (gst_navigation_event_get_type(event) == GST_NAVIGATION_EVENT_MOUSE_SCROLL &&
        gst_navigation_event_parse_mouse_scroll_event(event, &x, &y, &dx, &dy))
        g_string_append_printf(heard, "scroll %g,%g by %g,%g;", x, y, dx, dy);
    else if (gst_navigation_event_parse_key_event(event, &key))
        g_string_append_printf(
            heard, "%s %s;",
            gst_navigation_event_get_type(event) == GST_NAVIGATION_EVENT_KEY_PRESS ? "press"
                                                                                   : "release",
            key);
    g_mutex_unlock(&heard_lock);
    return GST_PAD_PROBE_OK;
}

static void passes_keys_and_the_wheel_on(void **state)
{
    (void)state;
    const char *want = "press Left;release Left;press plus;release plus;press b;release b;"
                       "scroll 16,12 by 0,1;press Return;release Return;";
    g_autoptr(GString) heard = g_string_new(NULL);
    g_setenv("SDL_VIDEODRIVER", "dummy", TRUE);
    GstHarness *h =
        gst_harness_new_parse("nerosink offscreen=no sync=false feedback=false window-width=32");
    gst_pad_add_probe(h->srcpad, GST_PAD_PROBE_TYPE_EVENT_UPSTREAM, hear, heard, NULL);
    set_caps(h, "I420", 32, 24, "");
    assert_int_equal(gst_harness_push(h, solid("I420", 32, 24, grey, 0)), GST_FLOW_OK);
    push(SDL_KEYDOWN, SDLK_LEFT, SDL_SCANCODE_LEFT, NULL);
    push(SDL_KEYUP, SDLK_LEFT, SDL_SCANCODE_LEFT, NULL);
    push(SDL_KEYDOWN, SDLK_EQUALS, SDL_SCANCODE_EQUALS, NULL); // with shift, on some keyboards
    push(SDL_TEXTINPUT, 0, 0, "+");
    push(SDL_KEYUP, SDLK_EQUALS, SDL_SCANCODE_EQUALS, NULL);
    push(SDL_KEYDOWN, SDLK_b, SDL_SCANCODE_B, NULL); // no text comes
    push(SDL_KEYUP, SDLK_b, SDL_SCANCODE_B, NULL);
    push(SDL_KEYDOWN, SDLK_h, SDL_SCANCODE_H, NULL); // a key of the window itself
    push(SDL_TEXTINPUT, 0, 0, "h");
    push(SDL_KEYUP, SDLK_h, SDL_SCANCODE_H, NULL);
    push(SDL_MOUSEWHEEL, 0, 0, NULL);
    push(SDL_KEYDOWN, SDLK_RETURN, SDL_SCANCODE_RETURN, NULL);
    push(SDL_KEYUP, SDLK_RETURN, SDL_SCANCODE_RETURN, NULL);
    for (int i = 0; i < 6000; i++) {
        g_usleep(10000);
        g_mutex_lock(&heard_lock);
        const bool all = heard->len >= strlen(want);
        g_mutex_unlock(&heard_lock);
        if (all)
            break;
    }
    gst_harness_teardown(h);
    assert_string_equal(heard->str, want);
    g_unsetenv("SDL_VIDEODRIVER");
}

static void reports_a_snapshot_that_cannot_be_written(void **state)
{
    (void)state;
    gboolean ok = TRUE;
    GstHarness *h = open_sink("");
    GstElement *sink = gst_harness_find_element(h, "nerosink");
    set_caps(h, "RGB", 8, 8, "");
    gst_harness_push(h, solid("RGB", 8, 8, grey, 0));
    g_signal_emit_by_name(sink, "save-snapshot", "/nonexistent/x.png", &ok);
    assert_false(ok);
    gst_object_unref(sink);
    gst_harness_teardown(h);
}

static void draws_without_a_font(void **state)
{
    (void)state;
    GstHarness *h = open_sink("font=/nonexistent.ttf");
    set_caps(h, "RGB", 80, 60, "");
    GstBuffer *b = solid("RGB", 80, 60, grey, 0);
    add_box(b, 80, 60, (nn_box){.x0 = 10, .y0 = 20, .x1 = 50, .y1 = 50, .score = 1});
    assert_int_equal(gst_harness_push(h, b), GST_FLOW_OK);
    nn_image s = snapshot(h);
    expect_near("edge", pixel(&s, 10, 40), green, 0);
    nn_image_release(&s);
    gst_harness_teardown(h);
}

static void shows_late_frames_and_asks_for_no_drops(void **state)
{
    (void)state;
    gint64 lateness = 0;
    gboolean qos = TRUE;
    GstElement *sink = gst_element_factory_make("nerosink", NULL);
    g_object_get(sink, "max-lateness", &lateness, "qos", &qos, NULL);
    assert_int_equal(lateness, -1);
    assert_false(qos);
    gst_object_unref(sink);
}

// A frame of a live source with 30 frames/s is complete after 33.3 ms, and drawn within 50 ms.
static void a_live_source_waits_little(void **state)
{
    (void)state;
    gboolean live;
    GstClockTime least, most;
    GstElement *pipeline = gst_parse_launch(
        "videotestsrc is-live=true ! video/x-raw,width=64,height=48,framerate=30/1 ! nerosink "
        "offscreen=yes",
        NULL);
    g_autoptr(GstQuery) query = gst_query_new_latency();
    gst_element_set_state(pipeline, GST_STATE_PLAYING);
    assert_int_equal(gst_element_get_state(pipeline, NULL, NULL, 60 * GST_SECOND),
                     GST_STATE_CHANGE_SUCCESS);
    assert_true(gst_element_query(pipeline, query));
    gst_query_parse_latency(query, &live, &least, &most);
    assert_true(live);
    assert_in_range(least, 33 * GST_MSECOND, 40 * GST_MSECOND);
    gst_element_set_state(pipeline, GST_STATE_NULL);
    gst_object_unref(pipeline);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(draws_the_box_where_it_is),
        cmocka_unit_test(painted_boxes_are_left_alone),
        cmocka_unit_test(old_boxes_are_dashed),
        cmocka_unit_test(keeps_the_pixel_aspect_ratio),
        cmocka_unit_test(shows_every_format_odd_sizes_and_strides),
        cmocka_unit_test(shows_grey),
        cmocka_unit_test(follows_a_change_of_caps),
        cmocka_unit_test(goes_up_and_down),
        cmocka_unit_test(saves_the_best_frame_at_the_end),
        cmocka_unit_test(a_snapshot_that_fails_is_an_error_in_time),
        cmocka_unit_test(a_window_that_nobody_can_see_is_no_success),
        cmocka_unit_test(keys_have_the_names_that_x_gives_them),
        cmocka_unit_test(passes_keys_and_the_wheel_on),
        cmocka_unit_test(reports_a_snapshot_that_cannot_be_written),
        cmocka_unit_test(draws_without_a_font),
        cmocka_unit_test(shows_late_frames_and_asks_for_no_drops),
        cmocka_unit_test(a_live_source_waits_little),
    };
    gst_init(&argc, &argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
