// SPDX-License-Identifier: MIT
// Average precision, precision and recall against numbers worked out by hand.
#include "tests/support/test.h"

#include "nn/train/metrics.h"

#include <math.h>

static nn_truth truth(float x, float y, float w, float h, int label, bool ignore)
{
    return (nn_truth){x, y, x + w, y + h, label, ignore};
}

static nn_box box(float x, float y, float w, float h, int label, float score)
{
    return (nn_box){.x0 = x, .y0 = y, .x1 = x + w, .y1 = y + h, .label = label, .score = score};
}

static void assert_close(double a, double b)
{
    if (!(fabs(a - b) < 1e-6)) {
        print_error("%.9f is not %.9f\n", a, b);
        fail();
    }
}

static void test_perfect(void **state)
{
    (void)state;
    nn_metrics *m = nn_metrics_new(2);
    const nn_truth t[] = {truth(0, 0, 10, 10, 0, false), truth(20, 0, 10, 10, 1, false)};
    const nn_box b[] = {box(0, 0, 10, 10, 0, 0.9f), box(20, 0, 10, 10, 1, 0.8f)};
    assert_int_equal(nn_metrics_add(m, t, 2, b, 2, NULL), NN_OK);
    nn_metrics_score s;
    assert_int_equal(nn_metrics_compute(m, -1, 0.5f, &s, NULL), NN_OK);
    assert_close(s.ap50, 1);
    assert_close(s.ap, 1);
    assert_close(s.precision, 1);
    assert_close(s.recall, 1);
    nn_metrics_free(m);
}

// Three true boxes in two pictures; by score: hit, miss, hit, miss. Precision at the hits is 1 and
// 2/3, recall 1/3 and 2/3: recall points 0..0.33 have 1 (34 of them), 0.34..0.66 have 2/3 (33), the
// others 0.
static void test_known_curve(void **state)
{
    (void)state;
    nn_metrics *m = nn_metrics_new(1);
    const nn_truth t1[] = {truth(0, 0, 10, 10, 0, false), truth(50, 50, 10, 10, 0, false)};
    const nn_box b1[] = {box(0, 0, 10, 10, 0, 0.9f), box(80, 0, 10, 10, 0, 0.8f)};
    const nn_truth t2[] = {truth(5, 5, 20, 20, 0, false)};
    const nn_box b2[] = {box(60, 60, 5, 5, 0, 0.3f), box(5, 5, 20, 20, 0, 0.7f)};
    assert_int_equal(nn_metrics_add(m, t1, 2, b1, 2, NULL), NN_OK);
    assert_int_equal(nn_metrics_add(m, t2, 1, b2, 2, NULL), NN_OK);
    nn_metrics_score s;
    assert_int_equal(nn_metrics_compute(m, 0, 0.5f, &s, NULL), NN_OK);
    assert_close(s.ap50, (34 + 33 * 2.0 / 3) / 101);
    assert_close(s.ap, s.ap50);
    assert_close(s.precision, 2.0 / 3);
    assert_close(s.recall, 2.0 / 3);
    assert_int_equal(s.detections, 3);
    assert_int_equal(s.truths, 3);
    // F1 = 2 hits / (detections + truths): 0.5, 0.4, 2/3, 4/7: best with three detections.
    float threshold;
    double f1;
    assert_int_equal(nn_metrics_best_threshold(m, 0, &threshold, &f1, NULL), NN_OK);
    assert_close(f1, 2.0 / 3);
    assert_close(threshold, 0.5);
    // With some slack the fourth detection is let in: 4/7 = 2/3 - 0.095.
    assert_int_equal(nn_metrics_best_threshold(m, 0.1, &threshold, &f1, NULL), NN_OK);
    assert_close(f1, 2.0 / 3);
    assert_close(threshold, 0.3);
    nn_metrics_free(m);
}

// Truth 10 x 10, detection 10 x 8 inside: IoU 0.8, a hit at 0.50 .. 0.80 (7 of 10 steps).
static void test_iou_steps(void **state)
{
    (void)state;
    nn_metrics *m = nn_metrics_new(1);
    const nn_truth t[] = {truth(0, 0, 10, 10, 0, false)};
    const nn_box b[] = {box(0, 0, 10, 8, 0, 0.9f)};
    assert_int_equal(nn_metrics_add(m, t, 1, b, 1, NULL), NN_OK);
    nn_metrics_score s;
    assert_int_equal(nn_metrics_compute(m, -1, 0, &s, NULL), NN_OK);
    assert_close(s.ap50, 1);
    assert_close(s.ap, 0.7);
    nn_metrics_free(m);
}

static void test_doubles_and_classes(void **state)
{
    (void)state;
    nn_metrics *m = nn_metrics_new(2);
    const nn_truth t[] = {truth(0, 0, 10, 10, 0, false)};
    // The second finding of the same object is wrong, and so is the right box of the wrong class.
    const nn_box b[] = {box(0, 0, 10, 10, 0, 0.9f), box(0, 0, 10, 9, 0, 0.8f),
                        box(0, 0, 10, 10, 1, 0.7f)};
    assert_int_equal(nn_metrics_add(m, t, 1, b, 3, NULL), NN_OK);
    nn_metrics_score s;
    assert_int_equal(nn_metrics_compute(m, -1, 0.5f, &s, NULL), NN_OK);
    assert_close(s.ap50, 1); // class 1 has no true box: it does not count in the mean
    assert_close(s.precision, 1.0 / 3);
    assert_int_equal(nn_metrics_compute(m, 1, 0.5f, &s, NULL), NN_OK);
    assert_true(isnan(s.ap50));
    assert_close(s.precision, 0);
    assert_int_equal(nn_metrics_compute(m, 2, 0.5f, &s, NULL), NN_EINVAL);
    nn_metrics_free(m);
}

static void test_ignore(void **state)
{
    (void)state;
    nn_metrics *m = nn_metrics_new(1);
    const nn_truth t[] = {truth(0, 0, 10, 10, 0, false), truth(50, 0, 50, 50, 0, true)};
    // Two detections inside the ignore region, one wrong elsewhere.
    const nn_box b[] = {box(0, 0, 10, 10, 0, 0.5f), box(55, 5, 8, 8, 0, 0.9f),
                        box(70, 5, 8, 8, 0, 0.8f), box(0, 70, 8, 8, 0, 0.4f)};
    assert_int_equal(nn_metrics_add(m, t, 2, b, 4, NULL), NN_OK);
    nn_metrics_score s;
    assert_int_equal(nn_metrics_compute(m, -1, 0.1f, &s, NULL), NN_OK);
    assert_close(s.ap50, 1);
    assert_int_equal(s.truths, 1);
    assert_int_equal(s.detections, 2);
    assert_close(s.precision, 0.5);
    nn_metrics_free(m);
}

static void test_nothing(void **state)
{
    (void)state;
    nn_metrics *m = nn_metrics_new(1);
    nn_metrics_score s;
    assert_int_equal(nn_metrics_compute(m, -1, 0.5f, &s, NULL), NN_OK);
    assert_true(isnan(s.ap50) && s.precision == 0 && s.recall == 0);
    const nn_truth t[] = {truth(0, 0, 10, 10, 0, false)};
    assert_int_equal(nn_metrics_add(m, t, 1, NULL, 0, NULL), NN_OK);
    assert_int_equal(nn_metrics_compute(m, -1, 0.5f, &s, NULL), NN_OK);
    assert_close(s.ap50, 0);
    assert_close(s.recall, 0);
    float threshold;
    assert_int_equal(nn_metrics_best_threshold(m, 0.1, &threshold, NULL, NULL), NN_OK);
    assert_close(threshold, 0.5);
    nn_metrics_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_perfect),   cmocka_unit_test(test_known_curve),
        cmocka_unit_test(test_iou_steps), cmocka_unit_test(test_doubles_and_classes),
        cmocka_unit_test(test_ignore),    cmocka_unit_test(test_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
