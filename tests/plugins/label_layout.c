// SPDX-License-Identifier: MIT
// Labels: above, below or inside their boxes, never on each other, never over small objects.
#include "plugins/common/label_layout.h"
#include "nn/vision/palette.h"
#include "plugins/sink/sink_draw.h"
#include "tests/support/test.h"

static const NeroRect area = {10, 20, 410, 320};

static void expect_place(NeroLabelLayout *p, guint box, int x, int y)
{
    int have_x, have_y;
    assert_true(nero_label_layout_find(p, box, 60, 12, &have_x, &have_y));
    assert_int_equal(have_x, x);
    assert_int_equal(have_y, y);
}

static void test_single(void **state)
{
    (void)state;
    static const struct {
        NeroRect box;
        int x, y;
    } cases[] = {
        {{100, 100, 140, 180}, 100, 88}, // above
        {{380, 100, 400, 180}, 350, 88}, // pushed in at the right side
        {{100, 20, 140, 90}, 100, 90},   // below: there is no room above
        {{10, 20, 410, 320}, 10, 20},    // inside: the box fills everything
        {{100, 25, 300, 320}, 100, 25},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        NeroLabelLayout *p = nero_label_layout_new(&area);
        nero_label_layout_add(p, &cases[i].box);
        expect_place(p, 0, cases[i].x, cases[i].y);
        nero_label_layout_free(p);
    }
    nero_label_layout_free(NULL);
}

static void test_no_room(void **state)
{
    (void)state;
    int x, y;
    NeroLabelLayout *p = nero_label_layout_new(&area);
    const NeroRect narrow = {100, 20, 120, 320}; // no room above or below, and it would be hidden
    const NeroRect all = {10, 20, 410, 320};
    nero_label_layout_add(p, &narrow);
    assert_false(nero_label_layout_find(p, 0, 60, 70, &x, &y));
    assert_false(nero_label_layout_find(p, 0, 401, 12, &x, &y)); // wider than the area
    nero_label_layout_keep_clear(p, &all);
    assert_false(nero_label_layout_find(p, 0, 1, 1, &x, &y));
    nero_label_layout_free(p);
}

// Neighbours whose labels would meet; and one behind the other.
static void test_crowd(void **state)
{
    (void)state;
    NeroLabelLayout *p = nero_label_layout_new(&area);
    const NeroRect boxes[] = {
        {100, 100, 120, 160}, {125, 102, 145, 158}, {160, 100, 180, 160}, {104, 84, 124, 140}};
    int x, y;
    for (size_t i = 0; i < G_N_ELEMENTS(boxes); i++)
        nero_label_layout_add(p, &boxes[i]);
    expect_place(p, 0, 100, 160); // above is the head of the fourth
    expect_place(p, 1, 125, 90);
    expect_place(p, 2, 160, 160); // above is the label before
    assert_true(nero_label_layout_find(p, 3, 60, 12, &x, &y));
    assert_int_equal(y, 72);
    nero_label_layout_free(p);
}

// For any boxes: labels lie inside the area and apart, and no box loses more than an eighth to one.
static void test_any(void **state)
{
    (void)state;
    g_autoptr(GRand) rng = g_rand_new_with_seed(7);
    for (int round = 0; round < 50; round++) {
        NeroRect boxes[250], labels[250];
        int count = 0, n = g_rand_int_range(rng, 1, 250);
        NeroLabelLayout *p = nero_label_layout_new(&area);
        for (int i = 0; i < n; i++) {
            const int x0 = g_rand_int_range(rng, 0, 400), y0 = g_rand_int_range(rng, 0, 310);
            boxes[i] = (NeroRect){x0, y0, x0 + g_rand_int_range(rng, 0, 90),
                                  y0 + g_rand_int_range(rng, 0, 90)};
            nero_label_layout_add(p, &boxes[i]);
        }
        for (int i = 0; i < n; i++) {
            int x, y;
            if (!nero_label_layout_find(p, (guint)i, 30, 9, &x, &y))
                continue;
            const NeroRect l = {x, y, x + 30, y + 9};
            assert_true(x >= area.x0 && y >= area.y0 && l.x1 <= area.x1 && l.y1 <= area.y1);
            for (int k = 0; k < count; k++)
                assert_true(l.x1 <= labels[k].x0 || labels[k].x1 <= l.x0 || l.y1 <= labels[k].y0 ||
                            labels[k].y1 <= l.y0);
            for (int k = 0; k < n; k++) {
                const NeroRect *b = &boxes[k];
                const int w = MIN(l.x1, b->x1) - MAX(l.x0, b->x0);
                const int h = MIN(l.y1, b->y1) - MAX(l.y0, b->y0);
                assert_true(w <= 0 || h <= 0 || 8 * w * h <= (b->x1 - b->x0) * (b->y1 - b->y0));
            }
            labels[count++] = l;
        }
        assert_true(count > 0);
        nero_label_layout_free(p);
    }
}

// A class has one colour, in the window and in recordings.
static void test_one_palette(void **state)
{
    (void)state;
    for (int i = -3; i < 40; i++) {
        const nn_box box = {.label = i}, tracked = {.label = 5, .track_id = i};
        const SDL_Color c = nero_draw_color(&box, NERO_COLOUR_BY_TRACK),
                        t = nero_draw_color(&tracked, NERO_COLOUR_BY_TRACK);
        assert_int_equal(c.r << 16 | c.g << 8 | c.b, nn_palette(i));
        assert_int_equal(t.r << 16 | t.g << 8 | t.b, nn_palette(i > 0 ? i : 5));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_single),      cmocka_unit_test(test_no_room),
        cmocka_unit_test(test_crowd),       cmocka_unit_test(test_any),
        cmocka_unit_test(test_one_palette),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
