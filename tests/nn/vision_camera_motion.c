// SPDX-License-Identifier: MIT
// Known movements of a camera over a drawn landscape: shifts, turns, zooms, objects that move by
// themselves, and what gives no movement.
#include "nn/vision/camera_motion.h"

#include "tests/support/alloc.h"
#include "tests/support/landscape.h"
#include "tests/support/test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { W = 640, H = 360 };

static uint8_t picture[2][W * H];

static nn_frame shoot(int index, const nn_motion *m)
{
    landscape_shoot(picture[index], W, W, H, m);
    return (nn_frame){.format = NN_PIXEL_GRAY8,
                      .width = W,
                      .height = H,
                      .plane = {picture[index]},
                      .stride = {W}};
}

static void draw_object(int index, int x, int y, int side)
{
    for (int j = y; j < y + side; j++)
        for (int i = x; i < x + side; i++)
            picture[index][j * W + i] = (uint8_t)(((i - x) / 6 + (j - y) / 6) % 2 ? 230 : 20);
}

// The largest error in pixels at the corners of the frame.
static float error_of(const nn_motion *a, const nn_motion *b)
{
    float worst = 0;
    for (int i = 0; i < 4; i++) {
        const float x = i % 2 ? W : 0, y = i / 2 ? H : 0;
        worst = fmaxf(worst, hypotf((a->a - b->a) * x - (a->b - b->b) * y + a->tx - b->tx,
                                    (a->b - b->b) * x + (a->a - b->a) * y + a->ty - b->ty));
    }
    return worst;
}

static nn_motion turned(float degrees, float zoom, float tx, float ty)
{
    const float r = degrees * 3.14159265f / 180;
    const float a = zoom * cosf(r), b = zoom * sinf(r);
    // about the middle of the frame
    return (nn_motion){a, b, W / 2 - a * W / 2 + b * H / 2 + tx,
                       H / 2 - b * W / 2 - a * H / 2 + ty};
}

static void measures_known_movements(void **state)
{
    (void)state;
    const nn_motion moves[] = {
        turned(0, 1, 3, -2),      turned(0, 1, 40, 17),     turned(0, 1, -55, -20),
        turned(2, 1, 5, 5),       turned(-4, 1, 0, 0),      turned(0, 1.04f, 0, 0),
        turned(0, 0.96f, -12, 8), turned(3, 1.03f, 20, -9),
    };
    for (size_t i = 0; i < sizeof moves / sizeof *moves; i++) {
        nn_camera_motion *c = nn_camera_motion_new();
        nn_motion found;
        nn_frame f = shoot(0, &nn_motion_none);
        assert_false(nn_camera_motion_measure(c, &f, NULL, 0, &found));
        assert_memory_equal(&found, &nn_motion_none, sizeof found);
        f = shoot(1, &moves[i]);
        assert_true(nn_camera_motion_measure(c, &f, NULL, 0, &found));
        if (error_of(&found, &moves[i]) > 1)
            fail_msg("movement %zu: %g pixels off", i, (double)error_of(&found, &moves[i]));
        nn_camera_motion_free(c);
    }
}

static void stands_exactly_still(void **state)
{
    (void)state;
    nn_camera_motion *c = nn_camera_motion_new();
    nn_motion found;
    for (int i = 0; i < 3; i++) {
        nn_frame f = shoot(0, &nn_motion_none);
        draw_object(0, 100 + 20 * i, 120, 90);
        for (int k = 0; k < W * H; k++) // noise of the sensor
            picture[0][k] = (uint8_t)fminf(picture[0][k] + (float)((k * 7 + i * 13) % 5), 255);
        assert_int_equal(nn_camera_motion_measure(c, &f, NULL, 0, &found), i > 0);
        assert_memory_equal(&found, &nn_motion_none, sizeof found);
    }
    nn_camera_motion_free(c);
}

static void leaves_out_what_moves_by_itself(void **state)
{
    (void)state;
    const nn_motion move = turned(1, 1, 10, 4);
    const nn_box objects[] = {{.x0 = 60, .y0 = 40, .x1 = 240, .y1 = 220},
                              {.x0 = 380, .y0 = 100, .x1 = 560, .y1 = 280}};
    nn_camera_motion *c = nn_camera_motion_new();
    nn_motion found;
    nn_frame f = shoot(0, &nn_motion_none);
    draw_object(0, 60, 40, 180);
    draw_object(0, 380, 100, 180);
    nn_camera_motion_measure(c, &f, NULL, 0, &found);
    f = shoot(1, &move);
    draw_object(1, 40, 60, 180); // against the movement of the camera
    draw_object(1, 360, 120, 180);
    assert_true(nn_camera_motion_measure(c, &f, objects, 2, &found));
    assert_true(error_of(&found, &move) < 1);
    nn_camera_motion_free(c);
}

static void says_when_it_does_not_know(void **state)
{
    (void)state;
    nn_camera_motion *c = nn_camera_motion_new();
    const nn_motion far = turned(0, 1, 5000, 900);
    nn_motion found;
    nn_frame f = shoot(0, &nn_motion_none);
    nn_camera_motion_measure(c, &f, NULL, 0, &found);
    f = shoot(1, &far); // a cut
    assert_false(nn_camera_motion_measure(c, &f, NULL, 0, &found));
    assert_memory_equal(&found, &nn_motion_none, sizeof found);
    memset(picture[0], 7, sizeof picture[0]); // darkness
    f.plane[0] = picture[0];
    assert_false(nn_camera_motion_measure(c, &f, NULL, 0, &found));
    assert_false(nn_camera_motion_measure(c, &f, NULL, 0, &found));
    f = shoot(1, &nn_motion_none);
    assert_false(nn_camera_motion_measure(c, &f, NULL, 0, &found));
    assert_true(nn_camera_motion_measure(c, &f, NULL, 0, &found));
    f.width = 300; // other sizes
    assert_false(nn_camera_motion_measure(c, &f, NULL, 0, &found));
    for (f.width = 1; f.width < 40; f.width += 3)
        for (f.height = 1; f.height < 40; f.height += 5)
            for (int i = 0; i < 2; i++)
                assert_false(nn_camera_motion_measure(c, &f, NULL, 0, &found));
    nn_camera_motion_free(c);
}

static void chains_and_moves_boxes(void **state)
{
    (void)state;
    const nn_motion a = turned(10, 1.1f, 3, 4), b = turned(-10, 1 / 1.1f, 0, 0);
    nn_box box = {.x0 = 300, .y0 = 160, .x1 = 340, .y1 = 200};
    nn_motion_box(&a, &box);
    assert_float_equal(box.x1 - box.x0, 44, 0.01);
    assert_float_equal(0.5 * (box.x0 + box.x1), 323, 0.01); // the middle turns about itself
    const nn_motion both = nn_motion_chain(&a, &b);
    nn_box same = {.x0 = 10, .y0 = 20, .x1 = 30, .y1 = 60}, other = same;
    nn_motion_box(&both, &same);
    nn_motion_box(&a, &other);
    nn_motion_box(&b, &other);
    assert_float_equal(same.x0, other.x0, 0.01);
    assert_float_equal(same.y1, other.y1, 0.01);
}

static void read_picture(const nn_frame *f, int plane, int y, uint8_t *row)
{
    memcpy(row, picture[f->stride[plane]] + (size_t)y * W, W);
}

// Without memory the movement is unknown, and the frame is not one to compare the next with.
static void no_memory(void **state)
{
    (void)state;
    const nn_motion move = turned(0, 1, 12, 6);
    nn_motion found;
    shoot(0, &nn_motion_none);
    nn_frame f = shoot(1, &move);
    f.read_row = read_picture;
    alloc_reset(0);
    assert_null(nn_camera_motion_new());
    alloc_reset(-1);
    nn_camera_motion *c = nn_camera_motion_new();
    for (int i = 0; i < 4; i++) {
        f.stride[0] = i > 1; // the picture that is shown
        alloc_reset(i ? -1 : 0);
        assert_int_equal(nn_camera_motion_measure(c, &f, NULL, 0, &found), i > 1);
        if (i != 2)
            assert_memory_equal(&found, &nn_motion_none, sizeof found);
    }
    alloc_reset(0); // what it needs it has by now
    f.stride[0] = 0;
    assert_true(nn_camera_motion_measure(c, &f, NULL, 0, &found));
    alloc_reset(-1);
    nn_camera_motion_free(c);
}

// Boxes that are no numbers, or far outside, mask nothing that is not there.
static void any_boxes(void **state)
{
    (void)state;
    const nn_box objects[] = {{.x0 = NAN, .y0 = NAN, .x1 = NAN, .y1 = NAN},
                              {.x0 = -1e30f, .y0 = -1e30f, .x1 = -1e29f, .y1 = 1e30f},
                              {.x0 = INFINITY, .y0 = 0, .x1 = INFINITY, .y1 = INFINITY}};
    nn_camera_motion *c = nn_camera_motion_new();
    nn_motion found;
    nn_frame f = shoot(0, &nn_motion_none);
    nn_camera_motion_measure(c, &f, objects, 3, &found);
    assert_true(nn_camera_motion_measure(c, &f, objects, 3, &found));
    assert_memory_equal(&found, &nn_motion_none, sizeof found);
    nn_camera_motion_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(measures_known_movements),
        cmocka_unit_test(stands_exactly_still),
        cmocka_unit_test(leaves_out_what_moves_by_itself),
        cmocka_unit_test(says_when_it_does_not_know),
        cmocka_unit_test(chains_and_moves_boxes),
        cmocka_unit_test(no_memory),
        cmocka_unit_test(any_boxes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
