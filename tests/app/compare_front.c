// SPDX-License-Identifier: MIT
// The geometry of the picture that compares networks, on given numbers.
#include "app/compare/front.h"
#include "tests/support/test.h"

#include <math.h>

static void front_of_given_numbers(void **state)
{
    (void)state;
    //                       best  dominated  equal twice  slow, best  no number
    const double cost[] = {1, 2, 3, 3, 9, NAN, 2}, worth[] = {5, 4, 7, 7, 8, 9, NAN};
    const bool expected[] = {true, false, true, true, true, false, false};
    bool on[7];
    compare_front(cost, worth, on, 7);
    for (int i = 0; i < 7; i++)
        assert_int_equal(on[i], expected[i]);
    // The same worth at a higher cost, and the same cost with less worth.
    const double cost2[] = {1, 2, 1}, worth2[] = {5, 5, 4};
    compare_front(cost2, worth2, on, 3);
    assert_true(on[0] && !on[1] && !on[2]);
}

static void overlap_is_an_area(void **state)
{
    (void)state;
    const compare_rect a = {0, 0, 10, 4}, b = {8, 1, 10, 10}, c = {10, 0, 5, 4};
    assert_true(fabs(compare_overlap(&a, &b) - 2 * 3) < 1e-12);
    assert_true(compare_overlap(&a, &c) == 0); // they touch
}

// Marks in a heap, whose labels are larger than the marks are apart.
static void labels_do_not_overlap(void **state)
{
    (void)state;
    enum { COUNT = 12 };
    double x[COUNT], y[COUNT], r[COUNT];
    compare_rect label[COUNT];
    const compare_rect frame = {100, 100, 1000, 600};
    for (int i = 0; i < COUNT; i++) {
        x[i] = 560 + 22 * (i % 4) + 3 * i;
        y[i] = 380 + 24 * (i / 4);
        r[i] = 4 + i % 5;
        label[i] = (compare_rect){0, 0, 90 + 10 * (i % 3), 36};
    }
    const compare_marks marks = {x, y, r, COUNT, NULL, 0};
    compare_place_labels(label, &marks, &frame);
    for (int i = 0; i < COUNT; i++) {
        assert_true(label[i].x >= frame.x && label[i].x + label[i].w <= frame.x + frame.w);
        assert_true(label[i].y >= frame.y && label[i].y + label[i].h <= frame.y + frame.h);
        for (int k = 0; k < COUNT; k++) {
            const compare_rect mark = {x[k] - r[k], y[k] - r[k], 2 * r[k], 2 * r[k]};
            assert_true(compare_overlap(&label[i], &mark) == 0);
            assert_true(k == i || compare_overlap(&label[i], &label[k]) == 0);
        }
    }
}

static void a_lone_label_stands_to_the_right(void **state)
{
    (void)state;
    const compare_rect frame = {0, 0, 400, 400};
    const double x[] = {100, 380}, y[] = {100, 300}, r[] = {10, 10};
    compare_rect label[] = {{0, 0, 50, 20}, {0, 0, 50, 20}};
    compare_marks marks = {x, y, r, 2, NULL, 0};
    compare_place_labels(label, &marks, &frame);
    assert_true(label[0].x >= 110 && label[0].x < 120 && fabs(label[0].y - 90) < 1e-9);
    assert_true(label[1].x + 50 <= 370); // no room on the right
    const compare_rect line = {100, 99, 300, 2};
    marks.avoid = &line;
    marks.avoided = 1;
    compare_place_labels(label, &marks, &frame);
    assert_true(compare_overlap(&label[0], &line) == 0);
}

static void ticks_are_round(void **state)
{
    (void)state;
    double t[COMPARE_TICKS];
    assert_int_equal(compare_ticks(t, 0.9, 60, true), 6); // 1 2 5 10 20 50
    assert_true(fabs(t[0] - 1) < 1e-9 && fabs(t[2] - 5) < 1e-9 && fabs(t[5] - 50) < 1e-9);
    assert_int_equal(compare_ticks(t, 1.4, 4.2, true), 4); // 1.5 2 3 4
    assert_int_equal(compare_ticks(t, 31, 58, false), 5);  // 35 .. 55
    assert_true(fabs(t[0] - 35) < 1e-9 && fabs(t[4] - 55) < 1e-9);
    assert_int_equal(compare_ticks(t, 2, 2, false), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(front_of_given_numbers),
        cmocka_unit_test(overlap_is_an_area),
        cmocka_unit_test(labels_do_not_overlap),
        cmocka_unit_test(ticks_are_round),
        cmocka_unit_test(a_lone_label_stands_to_the_right),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
