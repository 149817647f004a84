// SPDX-License-Identifier: MIT
// Where the augmentation moves pictures, and boxes with them; the operations of RandAugment.
#include "tests/support/test.h"
#include "tests/support/views.h"

#include "nn/base/memory.h"
#include "nn/data/augment/augment_parts.h"

#include <math.h>

static float planes[3 * VIEWS_PIXELS], more[3 * VIEWS_PIXELS];

// Every bright pixel is in a box, and every whole box has bright pixels at each side.
static int check_boxes(const nn_view *v)
{
    int whole = 0;
    for (int y = 0; y < v->height; y++)
        for (int x = 0; x < v->width; x++) {
            bool inside = v->planes[y * v->width + x] < 0.75f;
            for (int k = 0; k < v->truth_count && !inside; k++) {
                const nn_truth *t = &v->truths[k];
                inside = x + 1 >= t->x0 && x <= t->x1 && y + 1 >= t->y0 && y <= t->y1;
            }
            assert_true(inside);
        }
    for (int k = 0; k < v->truth_count; k++) {
        const nn_truth *t = &v->truths[k];
        double low_x = v->width, high_x = 0, low_y = v->height, high_y = 0;
        if (t->ignore || t->x0 <= 0 || t->y0 <= 0 || t->x1 >= v->width || t->y1 >= v->height)
            continue;
        for (int y = (int)t->y0; y < (int)t->y1; y++)
            for (int x = (int)t->x0; x < (int)t->x1; x++)
                if (v->planes[y * v->width + x] > 0.6f) {
                    low_x = fmin(low_x, x);
                    low_y = fmin(low_y, y);
                    high_x = fmax(high_x, x + 1);
                    high_y = fmax(high_y, y + 1);
                }
        assert_true(low_x - t->x0 < 2.5 && t->x1 - high_x < 2.5);
        assert_true(low_y - t->y0 < 2.5 && t->y1 - high_y < 2.5);
        whole++;
    }
    return whole;
}

static void test_boxes_follow_their_corners(void **state)
{
    (void)state;
    enum { W = 96, H = 64 };
    static float wide[3 * W * H];
    const nn_truth boxes[2] = {{20, 10, 50, 40, 0, false, 0, 0}, {80, 44, 104, 70, 1, false, 0, 0}};
    nn_truth truths[16];
    nn_dataset d;
    views_open(&d);
    for (int i = 0; i < 4; i++)
        views_add(&d, 120, 80, 0, boxes, 2);
    nn_augment_options o = views_plain();
    o.fit_h = H;
    o.fit_w = W;
    o.scale[0] = 0.8f;
    o.scale[1] = 1.25f;
    o.angle = 40;
    o.shear = 15;
    o.translate = 0.1f;
    o.perspective = 0.05f;
    o.flip_h = o.flip_v = 0.5f;
    o.rotate = o.mosaic = 0.25f;
    int whole = 0, cut = 0;
    for (int i = 0; i < 400; i++) {
        nn_rng rng = nn_rng_seed((uint64_t)i);
        nn_view v = {H, W, wide, truths, .capacity = 16};
        assert_int_equal(
            nn_augment_draw(&v, &d, 0, (int[3]){1, 2, 3}, &o, nn_kernels_best(), &rng, NULL),
            NN_OK);
        for (int k = 0; k < v.truth_count; k++) {
            const nn_truth *t = &truths[k];
            assert_true(t->x0 >= 0 && t->y0 >= 0 && t->x1 <= W && t->y1 <= H && t->x1 > t->x0);
            cut += t->ignore;
        }
        whole += check_boxes(&v);
    }
    assert_true(whole > 200 && cut > 20);
    nn_dataset_release(&d);
}

// Under a tilt, too, whose margins show no edge of the canvas.
static void test_perspective(void **state)
{
    (void)state;
    nn_canvas c = {.view_h = VIEWS_SIDE, .view_w = VIEWS_SIDE};
    const double part = 0.2;
    nn_affine t = {.m = {1, 0, 0, 0, 1, 0}, .tilt = {2 * part / VIEWS_SIDE, 0}, .moves = true};
    nn_augment_options o = views_plain();
    nn_truth box = {8, 8, 40, 40, 0, false, 0, 0};
    nn_affine_margins(&c, &t);
    c.planes = nn_alloc(sizeof(float) * 3 * c.height * c.width);
    c.truths = &box;
    c.truth_count = c.capacity = 1;
    for (int i = 0; i < 3 * c.height * c.width; i++)
        c.planes[i] = (float)(i % c.width - c.left) + 0.5f; // where a pixel is
    assert_int_equal(nn_affine_apply(planes, NULL, &c, &t, &o, NULL), NN_OK);
    const double middle = VIEWS_SIDE / 2.0;
    for (int y = 0; y < VIEWS_SIDE; y++)
        for (int x = 0; x < VIEWS_SIDE; x++) {
            const double u = x + 0.5 - middle, far = 1 - t.tilt[0] * u;
            assert_float_equal(planes[y * VIEWS_SIDE + x], middle + u / far, 1e-3);
        }
    // Perspective: the left side comes nearer, and its corners are the upper and lower end of the
    // box.
    const double left = 1 - t.tilt[0] * (middle - 8), right = 1 + t.tilt[0] * (40 - middle);
    assert_float_equal(box.x0, middle + (8 - middle) / left, 1e-4);
    assert_float_equal(box.x1, middle + (40 - middle) / right, 1e-4);
    assert_float_equal(box.y0, middle + (8 - middle) / left, 1e-4);
    assert_float_equal(box.y1, middle + (40 - middle) / left, 1e-4);
    nn_free(c.planes);
}

// A known turn of a known picture, and a known shift.
static void test_turn_about_the_centre(void **state)
{
    (void)state;
    nn_canvas c = {.view_h = VIEWS_SIDE, .view_w = VIEWS_SIDE};
    nn_affine t = {.m = {1, 0, 0, 0, 1, 0}};
    nn_augment_options o = views_plain();
    nn_affine_append(&t, (double[4]){0, -1, 1, 0}, 0, 0, VIEWS_SIDE, VIEWS_SIDE); // to the right
    nn_affine_append(&t, (double[4]){1, 0, 0, 1}, 5, 0, VIEWS_SIDE, VIEWS_SIDE);
    nn_affine_margins(&c, &t);
    assert_true(c.width >= VIEWS_SIDE && c.height >= VIEWS_SIDE + 5);
    c.planes = nn_alloc(sizeof(float) * 3 * c.height * c.width);
    for (int i = 0; i < 3 * c.height * c.width; i++) {
        const int x = i % c.width - c.left, y = i / c.width % c.height - c.top;
        c.planes[i] = (float)(x + 1000 * y);
    }
    assert_int_equal(nn_affine_apply(planes, NULL, &c, &t, &o, NULL), NN_OK);
    for (int y = 0; y < VIEWS_SIDE; y++)
        for (int x = 5; x < VIEWS_SIDE; x++) // up becomes right
            assert_float_equal(planes[y * VIEWS_SIDE + x], y + 1000 * (VIEWS_SIDE - 1 - (x - 5)),
                               1e-1);
    nn_free(c.planes);
}

// A shift moves pixels and changes none; beyond the picture its edges go on.
static void test_shift(void **state)
{
    (void)state;
    nn_dataset d;
    views_open(&d);
    views_add(&d, VIEWS_SIDE, VIEWS_SIDE, 0, NULL, 0);
    for (int i = 0; i < VIEWS_PIXELS; i++)
        d.samples[0].image.rgb[3 * i] = (uint8_t)(5 * (i % VIEWS_SIDE));
    nn_augment_options o = views_plain();
    o.translate = 0.25f;
    float low = 0, high = 0;
    for (int i = 0; i < 60; i++) {
        float t[VIEWS_CLASSES];
        views_draw(planes, t, &d, 0, &o, (uint64_t)i);
        const float by =
            VIEWS_SIDE / 2 - planes[VIEWS_SIDE / 2] * 51; // the column that is in the middle now
        low = fminf(low, by);
        high = fmaxf(high, by);
        for (int x = 0; x < VIEWS_SIDE; x++) {
            const float from = fminf(fmaxf((float)x - rintf(by), 0), VIEWS_SIDE - 1);
            assert_float_equal(planes[x], from / 51, 1e-4);
            assert_float_equal(planes[VIEWS_PIXELS - VIEWS_SIDE + x], from / 51, 1e-4);
        }
    }
    assert_true(low >= -12.1f && low < -9 && high <= 12.1f && high > 9);
    nn_dataset_release(&d);
}

static void test_rand_augment(void **state)
{
    (void)state;
    nn_augment_options o = views_plain();
    o.rand_count = 2;
    o.rand_strength = 6;
    int count = 0, seen[32] = {0};
    while (nn_rand_name(count))
        count++;
    assert_int_equal(count, 14);
    for (int i = 0; i < 2000; i++) {
        nn_rng rng = nn_rng_seed((uint64_t)i);
        const nn_rand_plan p = nn_rand_draw(&o, &rng);
        assert_int_equal(p.count, 2);
        for (int k = 0; k < 2; k++) {
            seen[p.step[k].op]++;
            assert_float_equal(fabsf(p.step[k].strength), 0.6, 1e-6);
        }
    }
    for (int op = 0; op < count; op++)
        assert_in_range(seen[op], 4000 / 14 - 80, 4000 / 14 + 80);
}

static bool is_one_of(const char *name, const char *a, const char *b)
{
    return strcmp(name, a) == 0 || strcmp(name, b) == 0;
}

// Each operation changes what it should, and all values stay in range.
static void test_operations(void **state)
{
    (void)state;
    for (int op = 0; nn_rand_name(op); op++)
        for (int sign = -1; sign <= 1; sign++) {
            nn_rng rng = nn_rng_seed((uint64_t)op);
            for (int i = 0; i < 3 * VIEWS_PIXELS; i++)
                planes[i] = more[i] = nn_rng_range(&rng, 20, 200);
            const nn_rand_plan p = {1, {{op, (float)sign}}};
            const char *name = nn_rand_name(op);
            const bool automatic = is_one_of(name, "autocontrast", "equalise");
            if (sign < 0 && (automatic || is_one_of(name, "posterise", "solarise")))
                continue; // they have one side
            nn_affine t = {.m = {1, 0, 0, 0, 1, 0}};
            nn_rand_move(&p, &t, VIEWS_SIDE, VIEWS_SIDE);
            assert_int_equal(nn_rand_colour(&p, planes, VIEWS_SIDE, VIEWS_SIDE, NULL), NN_OK);
            double changed = 0;
            for (int i = 0; i < 3 * VIEWS_PIXELS; i++) {
                assert_true(planes[i] >= 0 && planes[i] <= 255);
                changed += fabs((double)planes[i] - (double)more[i]);
            }
            changed /= 3 * VIEWS_PIXELS;
            if (strcmp(name, "nothing") == 0)
                assert_true(changed == 0 && !t.moves);
            else if (t.moves)
                assert_true(changed == 0);
            else if (sign == 0 && !automatic)
                assert_true(changed < 0.6); // posterise rounds down
            else
                assert_true(changed > 2);
        }
}

static void test_levels_evened(void **state)
{
    (void)state;
    for (int op = 0; nn_rand_name(op); op++) {
        const bool stretch = strcmp(nn_rand_name(op), "autocontrast") == 0;
        if (!stretch && strcmp(nn_rand_name(op), "equalise") != 0)
            continue;
        for (int i = 0; i < 3 * VIEWS_PIXELS; i++)
            planes[i] = 100 + (float)(i % 11);
        const nn_rand_plan p = {1, {{op, 1}}};
        assert_int_equal(nn_rand_colour(&p, planes, VIEWS_SIDE, VIEWS_SIDE, NULL), NN_OK);
        for (int i = 0; i < 11; i++) // eleven levels become eleven steps
            assert_float_equal(planes[i], stretch ? 25.5 * i : 255 * (i + 0.5) / 11, 0.4);
        const float flat[3] = {7, 255, 0};
        for (int i = 0; i < 3 * VIEWS_PIXELS; i++)
            planes[i] = flat[i / VIEWS_PIXELS];
        assert_int_equal(nn_rand_colour(&p, planes, VIEWS_SIDE, VIEWS_SIDE, NULL), NN_OK);
        for (int c = 0; c < 3; c++)
            assert_float_equal(planes[c * VIEWS_PIXELS], stretch ? (double)flat[c] : 127.5, 1e-3);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_boxes_follow_their_corners),
        cmocka_unit_test(test_perspective),
        cmocka_unit_test(test_turn_about_the_centre),
        cmocka_unit_test(test_shift),
        cmocka_unit_test(test_rand_augment),
        cmocka_unit_test(test_operations),
        cmocka_unit_test(test_levels_evened),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
