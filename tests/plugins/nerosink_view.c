// SPDX-License-Identifier: MIT
// The view beside the video in the window: keys, where it is, and that it shows the network's.
#include "nn/base/memory.h"
#include "nn/io/image/image.h"
#include "nn/predict/upscaler.h"
#include "plugins/sink/sink_enlarge.h"
#include "plugins/sink/sink_view.h"
#include "tests/plugins/frames.h"
#include "tests/plugins/models.h"
#include "tests/support/files.h"
#include "tests/support/test.h"

#include <glib/gstdio.h>
#include <string.h>

static test_path model_path;

static int make_model(void **state)
{
    (void)state;
    model_path = test_temp("small.safetensors");
    model_write(model_path.text);
    return 0;
}

static gboolean press(NeroSinkView *v, SDL_Keycode key, Uint16 modifiers)
{
    const SDL_KeyboardEvent e = {.keysym = {.sym = key, .mod = modifiers}};
    return nero_sink_view_key(v, &e);
}

static void keys_show_and_step(void **state)
{
    (void)state;
    static const SDL_Keycode steps[] = {SDLK_LEFTBRACKET, SDLK_RIGHTBRACKET, SDLK_PAGEUP,
                                        SDLK_PAGEDOWN};
    NeroSinkView *v = nero_sink_view_new();
    assert_false(nero_sink_view_wants(v));
    assert_false(press(v, SDLK_LEFTBRACKET, 0)); // they are the application's
    assert_true(press(v, SDLK_v, KMOD_LSHIFT));
    assert_true(nero_sink_view_is_shown(v));
    assert_true(nero_sink_view_again(v) && nero_sink_view_wants(v));
    for (gsize i = 0; i < G_N_ELEMENTS(steps); i++)
        assert_true(press(v, steps[i], 0));
    assert_true(press(v, SDLK_v, KMOD_LSHIFT)); // another method
    assert_true(nero_sink_view_is_shown(v));
    assert_false(press(v, SDLK_x, 0));
    assert_true(press(v, SDLK_v, 0));
    assert_false(nero_sink_view_is_shown(v) || nero_sink_view_wants(v));
    nero_sink_view_free(v);
}

static void the_window_is_divided(void **state)
{
    (void)state;
    SDL_Rect video, view;
    nero_sink_view_divide(1280, 360, 16, 9, &video, &view);
    assert_true(video.x == 0 && video.w == 640 && video.h == 360 && view.x == 640 && view.y == 0);
    nero_sink_view_divide(320, 480, 4, 3, &video, &view);
    assert_true(video.y == 0 && video.w == 320 && video.h == 240 && view.x == 0 && view.y == 240);
    nero_sink_view_divide(1, 1, 4, 3, &video, &view);
    assert_true(video.w == 1 && video.h == 1 && view.w == 1 && view.h == 1);
}

static nn_image snapshot(GstElement *sink)
{
    nn_image image = {0};
    nn_error err;
    gboolean ok = FALSE;
    test_path path = test_temp("shown.png");
    g_signal_emit_by_name(sink, "save-snapshot", path.text, &ok);
    assert_true(ok);
    assert_int_equal(nn_image_load(&image, path.text, &err), NN_OK);
    return image;
}

// Number of pixels that are not grey in a part of the picture.
static int count_coloured(const nn_image *image, int x0, int x1)
{
    int n = 0;
    for (int y = 0; y < image->height; y++)
        for (int x = x0; x < x1; x++) {
            const uint8_t *p = image->rgb + 3 * ((size_t)y * (size_t)image->width + (size_t)x);
            n += abs(p[0] - p[1]) > 24 || abs(p[1] - p[2]) > 24;
        }
    return n;
}

// Grey video on the left, the colours of the map on the right; then the video alone again.
static void shows_what_the_network_sees(void **state)
{
    (void)state;
    g_autofree char *text = g_strdup_printf(
        "neroinfer model=%s async=false threads=1 threshold=0.99 ! nerosink name=s offscreen=yes "
        "sync=false hud=false window-width=400 window-height=150 inner-view=true",
        model_path.text);
    GstHarness *h = gst_harness_new_parse(text);
    GstElement *sink = gst_harness_find_element(h, "nerosink");
    frame_caps(h, "GRAY8", 200, 150, "");
    int right = 0, left = 0;
    for (guint i = 0; right == 0 && i < 20000; i++) {
        gst_harness_push(h, frame_new("GRAY8", 200, 150, i * 40 * GST_MSECOND));
        g_usleep(3000);
        nn_image s = snapshot(sink);
        left = count_coloured(&s, 0, 200);
        right = count_coloured(&s, 200, 400);
        nn_image_release(&s);
    }
    print_message("%d coloured pixels\n", right);
    assert_true(right > 500 && left == 0);
    g_object_set(sink, "inner-view", FALSE, NULL);
    gst_harness_push(h, frame_new("GRAY8", 200, 150, GST_SECOND));
    nn_image s = snapshot(sink);
    assert_int_equal(count_coloured(&s, 0, 400), 0);
    nn_image_release(&s);
    gst_object_unref(sink);
    gst_harness_teardown(h);
}

// Edges, which a network makes sharper than bicubic filters do.
static guint8 checked(int x, int y, int width, int height)
{
    (void)width, (void)height;
    return (x / 5 + y / 5) % 2 ? 200 : 40;
}

// Offers the part and waits for what is said or shown; the text is freed by the caller.
static char *enlarge_part(NeroEnlarge *e, SDL_Renderer *renderer, const SDL_Rect *part)
{
    const gint64 end = g_get_monotonic_time() + 60 * G_TIME_SPAN_SECOND;
    GstVideoInfo info = frame_info("GRAY8", 200, 150);
    char *said = NULL;
    GstVideoFrame frame;
    g_autoptr(GstBuffer) b = frame_grey(200, 150, checked);
    info.fps_n = 30;
    info.interlace_mode = GST_VIDEO_INTERLACE_MODE_MIXED;
    assert_true(gst_video_frame_map(&frame, &info, b, GST_MAP_READ));
    nero_enlarge_offer(e, &frame, part);
    gst_video_frame_unmap(&frame);
    while (!nero_enlarge_update(e, renderer, &said) && g_get_monotonic_time() < end)
        g_usleep(2000);
    return said;
}

// The part of the frame, enlarged twice by the model itself.
static nn_image expect_enlarged(const SDL_Rect *part)
{
    nn_error err = {0};
    nn_upscaler *u;
    nn_image image = {part->w, part->h, nn_alloc((size_t)part->w * (size_t)part->h * 3)}, larger;
    assert_non_null(image.rgb);
    for (int y = 0; y < part->h; y++)
        for (int x = 0; x < part->w; x++)
            memset(image.rgb + 3 * (y * part->w + x),
                   ((x + part->x) / 5 + (y + part->y) / 5) % 2 ? 200 : 40, 3);
    assert_int_equal(nn_upscaler_open(&u, "zoom2", NULL, &err), NN_OK);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(nn_upscaler_picture(u, &image, &larger, &err), NN_OK);
        nn_image_release(&image);
        image = larger;
    }
    nn_upscaler_free(u);
    return image;
}

static void a_part_is_enlarged_by_the_network(void **state)
{
    (void)state;
    const SDL_Rect part = {20, 30, 40, 32}, whole = {0, 0, 200, 150};
    SDL_Surface *surface = SDL_CreateRGBSurfaceWithFormat(0, 160, 128, 24, SDL_PIXELFORMAT_RGB24);
    SDL_Renderer *renderer = SDL_CreateSoftwareRenderer(surface);
    NeroEnlarge *e = nero_enlarge_new();
    assert_false(nero_enlarge_wants(e));
    nero_enlarge_turn(e, TRUE);
    assert_true(nero_enlarge_wants(e) && nero_enlarge_again(e));
    g_autofree char *said = enlarge_part(e, renderer, &part);
    assert_null(said);
    assert_non_null(nero_enlarge_picture(e));
    assert_false(nero_enlarge_again(e)); // a picture that stands still is enlarged once
    SDL_RenderCopy(renderer, nero_enlarge_picture(e), NULL, NULL);
    SDL_RenderPresent(renderer);
    nn_image want = expect_enlarged(&part);
    assert_int_equal(want.width, 160);
    assert_int_equal(want.height, 128);
    for (int y = 0; y < want.height; y++)
        for (int i = 0; i < 3 * want.width; i++)
            assert_in_range(((guint8 *)surface->pixels)[y * surface->pitch + i] + 2,
                            want.rgb[3 * y * want.width + i],
                            want.rgb[3 * y * want.width + i] + 4); // the range of its format
    nn_image_release(&want);
    nero_enlarge_forget(e);
    assert_null(nero_enlarge_picture(e));
    g_autofree char *none = enlarge_part(e, renderer, &whole);
    assert_null(none);
    assert_non_null(nero_enlarge_picture(e));
    nero_enlarge_turn(e, FALSE);
    assert_false(nero_enlarge_picture(e) || nero_enlarge_wants(e));
    nero_enlarge_free(e);
    SDL_DestroyRenderer(renderer);
    SDL_FreeSurface(surface);
}

static void with_a_broken_model_it_says_so(void **state)
{
    (void)state;
    const SDL_Rect part = {20, 30, 40, 32};
    g_autofree char *models = g_strdup(g_getenv("NEROSCALE_MODELS"));
    test_path folder = test_temp("models"), file = test_temp("models/zoom2.safetensors");
    assert_int_equal(g_mkdir(folder.text, 0700), 0);
    assert_true(g_file_set_contents(file.text, "no model", -1, NULL));
    g_setenv("NEROSCALE_MODELS", folder.text, TRUE);
    NeroEnlarge *e = nero_enlarge_new();
    nero_enlarge_turn(e, TRUE);
    g_autofree char *said = enlarge_part(e, NULL, &part);
    g_setenv("NEROSCALE_MODELS", models, TRUE);
    print_message("%s\n", said);
    assert_non_null(said);
    assert_true(strstr(said, "cannot be enlarged") && strstr(said, "zoom2"));
    assert_false(nero_enlarge_is_on(e));
    nero_enlarge_free(e);
}

int main(int argc, char **argv)
{
    gst_init(&argc, &argv);
    g_log_set_always_fatal(G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_show_and_step),
        cmocka_unit_test(the_window_is_divided),
        cmocka_unit_test(a_part_is_enlarged_by_the_network),
        cmocka_unit_test(with_a_broken_model_it_says_so),
        cmocka_unit_test(shows_what_the_network_sees),
    };
    return cmocka_run_group_tests(tests, make_model, NULL);
}
