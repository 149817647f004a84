// SPDX-License-Identifier: MIT
// Tiles: texts, cutting without gaps, and the choice for frames, inputs and sizes of objects.
#include "nn/vision/tiles.h"
#include "tests/support/test.h"

#include <math.h>

static void test_text(void **state)
{
    static const char *const bad[] = {"3",    "x",   "3x",   "x3",    "3x2x1",
                                      "0x2",  "2x0", "17x1", "9x9",   "-1x2",
                                      "3 x2", "on",  "3X2",  "auto ", "99999999999x1"};
    (void)state;
    nn_tiling t;
    nn_error err;
    assert_int_equal(nn_tiles_parse(&t, "off", &err), NN_OK);
    assert_true(!t.choose && t.columns == 1 && t.rows == 1);
    assert_int_equal(nn_tiles_parse(&t, "auto", &err), NN_OK);
    assert_true(t.choose);
    assert_int_equal(nn_tiles_parse(&t, "16x4", &err), NN_OK);
    assert_true(!t.choose && t.columns == 16 && t.rows == 4);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (nn_tiles_parse(&t, bad[i], &err) != NN_EINVAL)
            fail_msg("\"%s\" is taken", bad[i]);
    nn_tiles_parse(&t, "3", &err);
    assert_string_equal(err.text, "\"3\": tiles are off, auto, or columns x rows such as 3x2");
}

// Tiles cover every pixel, lie inside, share at least the overlap and are of one size.
static void test_cut(void **state)
{
    static const int frames[][2] = {{3840, 2160}, {1920, 1080}, {641, 479},
                                    {100, 40},    {33, 7},      {1, 1}};
    (void)state;
    for (size_t f = 0; f < sizeof frames / sizeof *frames; f++)
        for (int columns = 1; columns <= 8; columns++)
            for (int rows = 1; rows <= 8; rows += 3) {
                nn_rect t[NN_TILES];
                const nn_rect whole = {12, 8, frames[f][0], frames[f][1]};
                const nn_tiling tiling = {.columns = columns, .rows = rows};
                const int n = nn_tiles_cut(t, &whole, &tiling, 0.2f);
                assert_true(n >= 1 && n <= columns * rows);
                assert_int_equal(t[0].x, 12);
                assert_int_equal(t[0].y, 8);
                assert_int_equal(t[n - 1].x + t[n - 1].width, 12 + whole.width);
                assert_int_equal(t[n - 1].y + t[n - 1].height, 8 + whole.height);
                for (int i = 1; i < n; i++) {
                    assert_int_equal(t[i].x % 4, 0);
                    assert_true(abs(t[i].width - t[0].width) < 4 &&
                                abs(t[i].height - t[0].height) < 4);
                    if (t[i].y != t[i - 1].y)
                        continue;
                    const int shared = t[i - 1].x + t[i - 1].width - t[i].x;
                    assert_true((float)shared >= 0.2f * (float)t[i].width - 4);
                    assert_true((float)shared < 0.2f * (float)t[i].width + 9);
                }
            }
}

static void assert_choice(int w, int h, nn_object_sizes sizes, int columns, int rows)
{
    nn_tiling t;
    nn_tiles_choose(&t, w, h, &sizes, NN_TILES_OVERLAP);
    if (t.choose || t.columns != columns || t.rows != rows)
        fail_msg("%dx%d: %dx%d, not %dx%d", w, h, t.columns, t.rows, columns, rows);
}

static void test_choice(void **state)
{
    (void)state;
    const nn_object_sizes wide = {1152, 640, false, 12, 200}, narrow = {1152, 640, false, 40, 80},
                          unknown = {416, 416, false, 0, 0};
    assert_choice(3840, 2160, wide, 4, 4); // pixel by pixel
    assert_choice(1152, 640, wide, 1, 1);
    assert_choice(1280, 720, wide, 1, 1); // 1.1 times is not worth it
    assert_choice(1920, 1080, wide, 2, 2);
    assert_choice(3840, 2160, narrow, 3, 3); // twice the whole frame, or sizes between are lost
    assert_choice(640, 480, unknown, 2, 2);
    nn_tiling t;
    nn_tiles_choose(&t, 3840, 2160, &unknown, NN_TILES_OVERLAP);
    assert_true(t.columns * t.rows <= NN_TILES_AUTO && t.columns * t.rows > NN_TILES_AUTO / 2);
    nn_tiles_choose(&t, 32768, 32, &unknown, NN_TILES_OVERLAP);
    assert_true(t.columns <= NN_TILES_SIDE && t.rows == 1);
}

static void assert_limit(int columns, int rows, int w, int h, nn_object_sizes sizes, int x, int y)
{
    nn_tiling t = {.columns = columns, .rows = rows};
    nn_tiles_limit(&t, w, h, &sizes, NN_TILES_OVERLAP);
    if (t.columns != x || t.rows != y)
        fail_msg("%dx%d of %dx%d: %dx%d, not %dx%d", columns, rows, w, h, t.columns, t.rows, x, y);
}

// Tiles that are enlarged more than twice are fewer and larger.
static void test_limit(void **state)
{
    (void)state;
    const nn_object_sizes wide = {1152, 640, false, 12, 200}, square = {416, 416, false, 0, 0};
    assert_limit(4, 4, 3840, 2160, wide, 4, 4);
    assert_limit(8, 8, 3840, 2160, wide, 8, 8);
    assert_limit(6, 6, 3840, 2160, wide, 6, 6);
    assert_limit(8, 8, 1920, 1080, wide, 3, 3); // 4x4: 2.04 times
    assert_limit(3, 1, 3840, 2160, wide, 3, 1); // of any shape when they are large enough
    assert_limit(1, 3, 3840, 2160, wide, 1, 3);
    assert_limit(16, 1, 3840, 2160, wide, 16, 1); // it shows them at the height of the frame
    assert_limit(2, 2, 640, 480, square, 2, 2);
    assert_limit(4, 4, 768, 576, square, 4, 4);
    assert_limit(6, 6, 768, 576, square, 4, 3);
    assert_limit(5, 4, 320, 240, square, 1, 1);
    assert_limit(16, 4, 32768, 32, square, 16, 4);
    assert_limit(1, 1, 8, 8, square, 1, 1);
}

// Tiles that are enlarged have larger ones beside them.
static void test_between(void **state)
{
    (void)state;
    const nn_object_sizes wide = {1152, 640, false, 12, 200}, square = {416, 416, false, 0, 0};
    const struct {
        nn_tiling asked;
        int w, h;
        const nn_object_sizes *sizes;
        int x, y;
    } rows[] = {
        {{false, 4, 4}, 3840, 2160, &wide, 1, 1}, // pixel by pixel: the whole frame is enough
        {{false, 6, 6}, 3840, 2160, &wide, 4, 4}, {{false, 8, 8}, 3840, 2160, &wide, 4, 4},
        {{false, 4, 4}, 768, 576, &square, 2, 2}, {{false, 1, 1}, 768, 576, &square, 1, 1},
        {{false, 2, 2}, 416, 416, &square, 1, 1}, // the frame itself is pixel by pixel
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const nn_tiling t =
            nn_tiles_between(&rows[i].asked, rows[i].w, rows[i].h, rows[i].sizes, NN_TILES_OVERLAP);
        if (t.columns != rows[i].x || t.rows != rows[i].y)
            fail_msg("row %zu: %dx%d", i, t.columns, t.rows);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text),  cmocka_unit_test(test_cut),     cmocka_unit_test(test_choice),
        cmocka_unit_test(test_limit), cmocka_unit_test(test_between),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
