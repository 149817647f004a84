// SPDX-License-Identifier: MIT
// Detail and motion of frames: known pictures, formats, sizes, light.
#include "nn/vision/scene.h"

#include "tests/support/alloc.h"
#include "tests/support/test.h"

#include <stdlib.h>
#include <string.h>

enum { W = 640, H = 360 };

static uint8_t pixels[4 * W * H];

static nn_frame grey(int w, int h)
{
    return (nn_frame){.format = NN_PIXEL_GRAY8,
                      .width = w,
                      .height = h,
                      .plane = {pixels},
                      .stride = {w},
                      .full_range = true};
}

static void fill(int x0, int y0, int x1, int y1, uint8_t level)
{
    for (int y = y0; y < y1; y++)
        memset(pixels + y * W + x0, level, (size_t)(x1 - x0));
}

// Squares of `side` pixels, black and white.
static void check(int side)
{
    for (int y = 0; y < H; y++)
        for (int x = 0; x < W; x++)
            pixels[y * W + x] = (x / side + y / side) % 2 ? 220 : 30;
}

static nn_scene_figures measure(nn_scene *s, const nn_frame *f)
{
    nn_scene_figures figures = {-1, -1};
    nn_error err = {0};
    if (nn_scene_measure(s, f, &figures, &err) != NN_OK)
        fail_msg("%s", err.text);
    assert_true(figures.detail >= 0 && figures.detail < 1);
    assert_true(figures.motion >= 0 && figures.motion <= 1);
    return figures;
}

static void test_detail(void **state)
{
    (void)state;
    nn_scene *s = nn_scene_new();
    const nn_frame f = grey(W, H);
    fill(0, 0, W, H, 90);
    assert_true(measure(s, &f).detail == 0);
    check(80);
    const float coarse = measure(s, &f).detail;
    check(10);
    const float fine = measure(s, &f).detail;
    assert_true(coarse > 0.3f && fine > coarse + 0.2f);
    // Eight levels from each cell (5 pixels) to its neighbours on both sides.
    for (int y = 0; y < H; y++)
        for (int x = 0; x < W; x++)
            pixels[y * W + x] = (uint8_t)(8 * ((x / 5 + y / 5) % 2));
    assert_float_equal(measure(s, &f).detail, 0.5, 0.01);
    nn_scene_free(s);
}

static void test_motion(void **state)
{
    (void)state;
    nn_scene *s = nn_scene_new();
    const nn_frame f = grey(W, H);
    check(40);
    assert_true(measure(s, &f).motion == 1); // nothing to compare with
    assert_true(measure(s, &f).motion == 0);
    fill(0, 0, W / 2, H, 120); // all of it changes by 90 or more
    assert_float_equal(measure(s, &f).motion, 0.5, 0.02);
    assert_true(measure(s, &f).motion == 0);
    fill(100, 100, 132, 180, 250); // a person
    const float person = measure(s, &f).motion;
    assert_true(person > 0.008f && person < 0.02f);
    nn_scene_forget(s);
    assert_true(measure(s, &f).motion == 1);
    nn_scene_free(s);
}

// Noise of a sensor and slow changes of the light are no motion; a switched light is.
static void test_light(void **state)
{
    (void)state;
    nn_scene *s = nn_scene_new();
    const nn_frame f = grey(W, H);
    unsigned seed = 1;
    check(40);
    measure(s, &f);
    for (int i = 0; i < W * H; i++) {
        seed = seed * 1664525u + 1013904223u;
        pixels[i] = (uint8_t)(pixels[i] + (int)(seed >> 24) % 17 - 8);
    }
    assert_true(measure(s, &f).motion == 0);
    for (int i = 0; i < W * H; i++)
        pixels[i] += 9;
    assert_true(measure(s, &f).motion == 0);
    for (int i = 0; i < W * H; i++)
        pixels[i] /= 2;
    assert_true(measure(s, &f).motion == 1);
    nn_scene_free(s);
}

static void row_of_ramp(const nn_frame *f, int plane, int row, uint8_t *out)
{
    (void)plane;
    for (int x = 0; x < f->width; x++)
        out[x] = (uint8_t)(x * 200 / f->width + row % 3);
}

// The same picture gives the same figures in all formats; read_row, too, and allocates once.
static void test_formats(void **state)
{
    (void)state;
    nn_scene *s = nn_scene_new();
    nn_frame f = grey(W, H);
    for (int y = 0; y < H; y++)
        row_of_ramp(&f, 0, y, pixels + y * W);
    const float want = measure(s, &f).detail;
    assert_true(want > 0.1f);
    f.plane[1] = f.plane[2] = pixels; // chroma is not looked at
    f.stride[1] = f.stride[2] = W;
    for (int format = 0; format < NN_PIXEL_GRAY8; format++) {
        f.format = (nn_pixel_format)format;
        const nn_pixel_layout *layout = nn_pixel_format_layout(f.format);
        const nn_pixel_component *c = &layout->component[layout->yuv ? 0 : 1];
        uint8_t *wide = calloc(4, W * H);
        assert_non_null(wide);
        for (int i = 0; i < W * H; i++)
            wide[i * c->step + c->offset] = pixels[i];
        f.plane[0] = wide;
        f.stride[0] = W * c->step;
        assert_true(measure(s, &f).detail == want);
        free(wide);
    }
    f = grey(W, H);
    f.plane[0] = NULL;
    f.read_row = row_of_ramp;
    assert_true(measure(s, &f).detail == want);
    alloc_reset(-1);
    assert_true(measure(s, &f).motion == 0);
    assert_int_equal(alloc_count(), 0);
    nn_scene_free(s);
}

// Any size works; frames of another size have no predecessor.
static void test_sizes(void **state)
{
    (void)state;
    static const int sizes[][2] = {{1, 1}, {1, 300}, {3, 2}, {5, 7}, {127, 71}, {129, 73}, {W, H}};
    nn_scene *s = nn_scene_new();
    check(7);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        const nn_frame f = grey(sizes[i][0], sizes[i][1]);
        assert_true(measure(s, &f).motion == 1);
        assert_true(measure(s, &f).motion == 0);
    }
    nn_scene_figures figures;
    nn_error err = {0};
    const nn_frame bad = grey(0, 5);
    assert_int_equal(nn_scene_measure(s, &bad, &figures, &err), NN_EINVAL);
    nn_scene_free(s);
    nn_scene_free(NULL);
}

static void test_no_memory(void **state)
{
    (void)state;
    nn_scene_figures figures;
    nn_error err = {0};
    alloc_reset(0);
    assert_null(nn_scene_new());
    alloc_reset(-1);
    nn_scene *s = nn_scene_new();
    nn_frame f = grey(W, H);
    f.read_row = row_of_ramp;
    alloc_reset(0);
    assert_int_equal(nn_scene_measure(s, &f, &figures, &err), NN_ENOMEM);
    alloc_reset(-1);
    assert_int_equal(nn_scene_measure(s, &f, &figures, &err), NN_OK);
    nn_scene_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_detail), cmocka_unit_test(test_motion),
        cmocka_unit_test(test_light),  cmocka_unit_test(test_formats),
        cmocka_unit_test(test_sizes),  cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
