// SPDX-License-Identifier: MIT
// Scores of classifiers against numbers worked out by hand.
#include "tests/support/alloc.h"
#include "tests/support/test.h"

#include "nn/eval/class_metrics.h"

#include <math.h>

static void assert_close(double a, double b)
{
    if (!(fabs(a - b) < 1e-6)) {
        print_error("%.9f is not %.9f\n", a, b);
        fail();
    }
}

static void add(nn_class_metrics *m, int picture, int label, const float *p)
{
    assert_int_equal(nn_class_metrics_add(m, picture, &label, 1, p, NULL), NN_OK);
}

// Six classes, four pictures: right, 0 taken for 1, right, and class 2 ranked last.
static nn_class_metrics *make_known(void)
{
    static const float p[4][6] = {{0.5f, 0.1f, 0.1f, 0.1f, 0.1f, 0.1f},
                                  {0.25f, 0.35f, 0.1f, 0.1f, 0.1f, 0.1f},
                                  {0.1f, 0.5f, 0.1f, 0.1f, 0.1f, 0.1f},
                                  {0.6f, 0.1f, 0.02f, 0.1f, 0.1f, 0.08f}};
    static const int label[4] = {0, 0, 1, 2};
    nn_class_metrics *m = nn_class_metrics_new(6, false);
    for (int i = 0; i < 4; i++)
        add(m, 10 + i, label[i], p[i]);
    return m;
}

static void test_known(void **state)
{
    (void)state;
    nn_class_metrics *m = make_known();
    nn_class_summary s;
    assert_int_equal(nn_class_metrics_summary(m, &s, NULL), NN_OK);
    assert_int_equal(s.pictures, 4);
    assert_close(s.top1, 0.5);
    assert_close(s.top5, 0.75);
    assert_close(s.loss, -(log(0.5) + log(0.25) + log(0.5) + log(0.02f)) / 4);
    // Class 0: 2 true, 2 predicted, 1 hit; class 1: 1, 2, 1; class 2: 1, 0, 0; the others have no
    // pictures and do not count in the means.
    nn_class_score c;
    assert_int_equal(nn_class_metrics_class(m, 0, &c, NULL), NN_OK);
    assert_close(c.precision, 0.5);
    assert_close(c.recall, 0.5);
    assert_close(c.f1, 0.5);
    assert_close(c.ap, (1.0 / 2 + 2.0 / 3) / 2); // 0.6 is wrong, 0.5 and 0.25 are right
    assert_int_equal(nn_class_metrics_class(m, 1, &c, NULL), NN_OK);
    assert_close(c.precision, 0.5);
    assert_close(c.recall, 1);
    assert_close(c.f1, 2.0 / 3);
    assert_int_equal(nn_class_metrics_class(m, 2, &c, NULL), NN_OK);
    assert_close(c.precision + c.recall + c.f1, 0);
    assert_close(c.ap, 0.25);
    assert_int_equal(nn_class_metrics_class(m, 5, &c, NULL), NN_OK);
    assert_true(isnan(c.ap));
    assert_close(s.precision, (0.5 + 0.5) / 3);
    assert_close(s.recall, (0.5 + 1) / 3);
    assert_close(s.f1, (0.5 + 2.0 / 3) / 3);
    assert_true(isnan(s.map));
    static const int64_t confusion[3][3] = {{1, 1, 0}, {0, 1, 0}, {1, 0, 0}};
    for (int i = 0; i < 9; i++)
        assert_int_equal(nn_class_metrics_confusion(m, i / 3, i % 3), confusion[i / 3][i % 3]);
    nn_class_metrics_free(m);
}

static void test_worst(void **state)
{
    (void)state;
    nn_class_metrics *m = make_known();
    nn_class_mistake worst[4];
    assert_int_equal(nn_class_metrics_worst(m, worst, 4), 2);
    assert_int_equal(worst[0].picture, 13);
    assert_int_equal(worst[0].label, 2);
    assert_int_equal(worst[0].predicted, 0);
    assert_close(worst[0].probability, 0.6f);
    assert_int_equal(worst[1].picture, 11);
    assert_int_equal(nn_class_metrics_worst(m, worst, 1), 1);
    assert_int_equal(nn_class_metrics_worst(m, worst, 0), 0);
    nn_class_metrics_free(m);
}

// One label a picture is asked for, but the picture shows two: either is right.
static void test_either(void **state)
{
    (void)state;
    nn_class_metrics *m = nn_class_metrics_new(3, false);
    const float p[] = {0.1f, 0.7f, 0.2f};
    const int32_t right[] = {0, 1}, wrong[] = {0, 2};
    assert_int_equal(nn_class_metrics_add(m, 0, right, 2, p, NULL), NN_OK);
    assert_int_equal(nn_class_metrics_add(m, 1, wrong, 2, p, NULL), NN_OK);
    assert_int_equal(nn_class_metrics_add(m, 2, NULL, 0, p, NULL),
                     NN_OK); // shows nothing: left out
    nn_class_summary s;
    assert_int_equal(nn_class_metrics_summary(m, &s, NULL), NN_OK);
    assert_int_equal(s.pictures, 2);
    assert_close(s.top1, 0.5);
    assert_close(s.top5, 1);
    assert_int_equal(nn_class_metrics_confusion(m, 1, 1), 1);
    assert_int_equal(nn_class_metrics_confusion(m, 0, 1), 1);
    nn_class_metrics_free(m);
}

// Class 0 by probability: there, not, there, not: AP = (1 + 2/3) / 2. Class 1: two pictures with
// the same probability, one of them right: AP = 1/2. Class 2 is nowhere.
static void test_multi(void **state)
{
    (void)state;
    static const float p[4][3] = {
        {0.9f, 0.4f, 0}, {0.8f, 0.4f, 0}, {0.7f, 0.3f, 0.6f}, {0, 0.2f, 0}};
    static const int32_t labels[4][2] = {{0, 1}, {0, 0}, {0, 0}, {0, 0}};
    static const int count[4] = {2, 0, 1, 0};
    nn_class_metrics *m = nn_class_metrics_new(3, true);
    for (int i = 0; i < 4; i++)
        assert_int_equal(nn_class_metrics_add(m, i, labels[i], count[i], p[i], NULL), NN_OK);
    nn_class_score c;
    assert_int_equal(nn_class_metrics_class(m, 0, &c, NULL), NN_OK);
    assert_close(c.ap, (1 + 2.0 / 3) / 2);
    assert_close(c.precision, 2.0 / 3);
    assert_close(c.recall, 1);
    assert_int_equal(nn_class_metrics_class(m, 1, &c, NULL), NN_OK);
    assert_close(c.ap, 0.5);
    assert_int_equal(nn_class_metrics_class(m, 2, &c, NULL), NN_OK);
    assert_true(isnan(c.ap));
    nn_class_summary s;
    assert_int_equal(nn_class_metrics_summary(m, &s, NULL), NN_OK);
    assert_close(s.map, ((1 + 2.0 / 3) / 2 + 0.5) / 2);
    // Together 2 hits, 4 predicted, 3 there.
    assert_close(s.f1_all, 4.0 / 7);
    assert_close(s.top1, 1); // of the two pictures that show anything
    assert_int_equal(s.pictures, 4);
    const double bce = log(0.9f) + log(0.4f) + log(1 - 0.8f) + log(1 - 0.4f) + log(0.7f) +
                       log(1 - 0.3f) + log(1 - 0.6f) + log(1 - 0.2f);
    assert_close(s.loss, -bce / 12);
    nn_class_mistake worst[4];
    assert_int_equal(nn_class_metrics_worst(m, worst, 4), 3);
    assert_int_equal(worst[0].picture, 1); // class 0 predicted at 0.8
    assert_true(worst[0].label == -1 && worst[0].predicted == 0);
    // Picture 0 misses class 1 (0.6 off), picture 2 finds class 2 (0.6 off).
    assert_true(worst[1].picture == 0 && worst[1].label == 1 && worst[1].predicted == -1);
    assert_true(worst[2].picture == 2 && worst[2].predicted == 2);
    nn_class_metrics_free(m);
}

static void test_refused(void **state)
{
    (void)state;
    assert_null(nn_class_metrics_new(0, false));
    assert_null(nn_class_metrics_new(1 << 30, false));
    nn_class_metrics *m = nn_class_metrics_new(2, false);
    nn_error err = {0};
    const int32_t label[] = {0, 2, -1};
    const float p[] = {0.5f, 0.5f}, broken[] = {NAN, 0.5f};
    assert_int_equal(nn_class_metrics_add(m, 0, label, 2, p, &err), NN_EINVAL);
    assert_int_equal(nn_class_metrics_add(m, 0, label + 2, 1, p, &err), NN_EINVAL);
    assert_int_equal(nn_class_metrics_add(m, 0, label, 1, broken, &err), NN_EFORMAT);
    assert_non_null(strstr(err.text, "class 0"));
    nn_class_summary s;
    nn_class_score c;
    assert_int_equal(nn_class_metrics_summary(m, &s, NULL), NN_OK);
    assert_true(s.pictures == 0 && s.top1 == 0 && s.loss == 0 && isnan(s.map));
    assert_int_equal(nn_class_metrics_class(m, 2, &c, &err), NN_EINVAL);
    nn_class_metrics_free(m);
    nn_class_metrics_free(NULL);
}

// Certain and wrong costs much, but not everything.
static void test_certain(void **state)
{
    (void)state;
    nn_class_metrics *m = nn_class_metrics_new(2, false);
    const float p[] = {1, 0};
    add(m, 0, 1, p);
    nn_class_summary s;
    assert_int_equal(nn_class_metrics_summary(m, &s, NULL), NN_OK);
    assert_true(s.loss > 80 && s.loss < 90);
    nn_class_metrics_free(m);
}

static void test_no_memory(void **state)
{
    (void)state;
    for (int fail_from = 0; fail_from <= 5; fail_from++) {
        alloc_reset(fail_from);
        nn_class_metrics *m = nn_class_metrics_new(2, true);
        const int32_t label = 1;
        const float p[] = {0.2f, 0.8f};
        nn_error err = {0};
        nn_status status = m ? nn_class_metrics_add(m, 0, &label, 1, p, &err) : NN_ENOMEM;
        assert_int_equal(status, fail_from < 5 ? NN_ENOMEM : NN_OK);
        nn_class_metrics_free(m);
    }
    alloc_reset(-1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known),     cmocka_unit_test(test_worst),
        cmocka_unit_test(test_either),    cmocka_unit_test(test_multi),
        cmocka_unit_test(test_refused),   cmocka_unit_test(test_certain),
        cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
