// SPDX-License-Identifier: MIT
// The picture of a view: colours where the map is, the frame where it is not, in each format.
#include "plugins/view/view_paint.h"
#include "tests/support/test.h"

#include <math.h>

enum { W = 40, H = 20, MAP = 8 };

typedef struct Rgb {
    int r, g, b;
} Rgb;

// Paints a map over an orange frame, in a picture of this format.
static void paint(const NeroHeat *heat, double alpha, const char *format, GstVideoInfo *info,
                  guint8 *bytes)
{
    static guint8 pixels[H][W][3];
    const nn_frame frame = {.format = NN_PIXEL_RGB,
                            .width = W,
                            .height = H,
                            .plane = {&pixels[0][0][0]},
                            .stride = {3 * W}};
    GstVideoFrame picture;
    NeroPaint p;
    nn_error err = {0};
    for (int i = 0; i < W * H; i++)
        memcpy(&pixels[0][0][0] + 3 * i, (const guint8[3]){200, 120, 40}, 3);
    gst_video_info_set_format(info, gst_video_format_from_string(format), W, H);
    GstBuffer *b = gst_buffer_new_wrapped_full(0, bytes, info->size, 0, info->size, NULL, NULL);
    assert_true(gst_video_frame_map(&picture, info, b, GST_MAP_WRITE));
    nero_paint_init(&p);
    if (nero_paint(&p, &frame, heat, NN_COLOUR_HEAT, alpha, &picture, &err) != NN_OK)
        fail_msg("%s", err.text);
    nero_paint_release(&p);
    gst_video_frame_unmap(&picture);
    gst_buffer_unref(b);
}

static Rgb pixel(const GstVideoInfo *info, const guint8 *bytes, int x, int y)
{
    const guint8 *at = bytes + y * info->stride[0] + x * info->finfo->pixel_stride[0];
    const guint *o = info->finfo->poffset;
    return (Rgb){at[o[0]], at[o[1]], at[o[2]]};
}

static void expect(const char *what, Rgb got, Rgb want, int tolerance)
{
    if (abs(got.r - want.r) > tolerance || abs(got.g - want.g) > tolerance ||
        abs(got.b - want.b) > tolerance)
        fail_msg("%s: %d,%d,%d instead of %d,%d,%d", what, got.r, got.g, got.b, want.r, want.g,
                 want.b);
}

static const char *const formats[] = {"RGBx", "BGRx", "xRGB", "ABGR", "RGB", "BGR"};

// A map with a hot right lower quarter; the frame fills the middle rows of the map.
static void heat_is_where_it_is(void **state)
{
    (void)state;
    float map[MAP][MAP] = {{0}};
    guint32 colours[NN_COLOUR_STEPS];
    guint8 bytes[4 * W * H];
    GstVideoInfo info;
    const NeroHeat heat = {.data = &map[0][0],
                           .channels = 1,
                           .height = MAP,
                           .width = MAP,
                           .y = 2,
                           .frame_w = MAP,
                           .frame_h = MAP / 2};
    for (int y = 4; y < 6; y++)
        for (int x = 4; x < MAP; x++)
            map[y][x] = 3;
    nn_colour_map_fill(NN_COLOUR_HEAT, colours);
    const guint32 most = colours[NN_COLOUR_STEPS - 1], least = colours[0];
    const Rgb hot = {(int)(most >> 16 & 255), (int)(most >> 8 & 255), (int)(most & 255)};
    const Rgb cold = {(int)(least >> 16 & 255), (int)(least >> 8 & 255), (int)(least & 255)};
    for (gsize f = 0; f < G_N_ELEMENTS(formats); f++) {
        paint(&heat, 1, formats[f], &info, bytes);
        expect("hot", pixel(&info, bytes, 35, 17), hot, 1);
        expect("cold", pixel(&info, bytes, 5, 3), cold, 1);
        paint(&heat, 0.6, formats[f], &info, bytes);
        expect("hot", pixel(&info, bytes, 35, 17), hot, 1);
        const Rgb under = pixel(&info, bytes, 5, 3);
        assert_true(under.r == under.g && under.g == under.b && under.r > 60);
        paint(&heat, 0, formats[f], &info, bytes);
        expect("frame", pixel(&info, bytes, 35, 17), (Rgb){200, 120, 40}, 1);
    }
}

// A signed picture: grey is nothing, more red is above it, less is below.
static void signed_pictures_are_grey_at_zero(void **state)
{
    (void)state;
    float map[3][MAP][MAP] = {{{0}}};
    guint8 bytes[4 * W * H];
    GstVideoInfo info;
    const NeroHeat picture = {.data = &map[0][0][0],
                              .channels = 3,
                              .height = MAP,
                              .width = MAP,
                              .frame_w = MAP,
                              .frame_h = MAP};
    for (int y = 0; y < MAP; y++) {
        map[0][y][0] = 2;
        map[0][y][MAP - 1] = -2;
    }
    paint(&picture, 1, "RGB", &info, bytes);
    expect("above", pixel(&info, bytes, 0, 10), (Rgb){255, 128, 128}, 2);
    expect("zero", pixel(&info, bytes, W / 2, 10), (Rgb){128, 128, 128}, 1);
    expect("below", pixel(&info, bytes, W - 1, 10), (Rgb){1, 128, 128}, 2);
}

// A map of zeros, or with values that are no numbers, gives the frame.
static void empty_maps_show_the_frame(void **state)
{
    (void)state;
    float map[MAP * MAP] = {0};
    guint8 bytes[4 * W * H];
    GstVideoInfo info;
    const NeroHeat heat = {
        .data = map, .channels = 1, .height = MAP, .width = MAP, .frame_w = MAP, .frame_h = MAP};
    for (int bad = 0; bad < 2; bad++) {
        map[3] = bad ? INFINITY : 0;
        map[4] = bad ? NAN : 0;
        paint(&heat, 0.5, "RGB", &info, bytes);
        const Rgb under = pixel(&info, bytes, 5, 3);
        assert_true(under.r == under.g && under.g == under.b && under.r > 60);
    }
}

int main(int argc, char **argv)
{
    gst_init(&argc, &argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(heat_is_where_it_is),
        cmocka_unit_test(signed_pictures_are_grey_at_zero),
        cmocka_unit_test(empty_maps_show_the_frame),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
