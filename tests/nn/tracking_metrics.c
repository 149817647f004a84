// SPDX-License-Identifier: MIT
// CLEAR MOT and IDF1 of small scenes against values computed by hand.
#include "nn/eval/tracking_metrics.h"
#include "tests/support/alloc.h"
#include "tests/support/test.h"

#include <math.h>

static nn_truth truth(float x, bool ignore)
{
    return (nn_truth){.x0 = x, .x1 = x + 10, .y1 = 20, .ignore = ignore ? NN_IGNORE_BOX : 0};
}

static nn_box box(float x, int id)
{
    return (nn_box){.x0 = x, .x1 = x + 10, .y1 = 20, .score = 0.9f, .track_id = id};
}

static void near(double value, double wanted)
{
    if (!(fabs(value - wanted) < 1e-6))
        fail_msg("%.7f, not %.7f", value, wanted);
}

static nn_tracking_score score(nn_tracking_metrics *m)
{
    nn_tracking_score s;
    assert_int_equal(nn_tracking_metrics_compute(m, &s, NULL), NN_OK);
    nn_tracking_metrics_free(m);
    return s;
}

// One frame of objects 1, 2, ... at `at` and boxes; a position below 0 is left out.
static void add(nn_tracking_metrics *m, const float *at, int objects, const nn_box *boxes, int n)
{
    nn_truth truths[8];
    int ids[8], count = 0;
    for (int i = 0; i < objects; i++)
        if (at[i] >= 0) {
            ids[count] = i + 1;
            truths[count++] = truth(at[i], false);
        }
    assert_int_equal(nn_tracking_metrics_add(m, truths, ids, count, boxes, n, NULL), NN_OK);
}

static void test_perfect(void **state)
{
    (void)state;
    nn_tracking_metrics *m = nn_tracking_metrics_new(0.5f);
    for (int f = 0; f < 10; f++) {
        const float at[2] = {(float)f, 100 - (float)f};
        const nn_box boxes[2] = {box(at[1], 7), box(at[0], 9)};
        add(m, at, 2, boxes, 2);
    }
    const nn_tracking_score s = score(m);
    near(s.mota, 1);
    near(s.motp, 1);
    near(s.idf1, 1);
    assert_int_equal(s.truths, 20);
    assert_int_equal(s.switches + s.fragmentations, 0);
    assert_int_equal(s.mostly_tracked, 2);
    assert_int_equal(s.tracks, 2);
}

// One object over 10 frames: track 1 for 4, nothing for 2, track 2 for 4; a false track in 3.
static void test_counts(void **state)
{
    (void)state;
    nn_tracking_metrics *m = nn_tracking_metrics_new(0.5f);
    for (int f = 0; f < 10; f++) {
        const float at = 0;
        nn_box boxes[2];
        int n = 0;
        if (f < 4 || f >= 6)
            boxes[n++] = box(2, f < 4 ? 1 : 2); // IoU 8 / 12
        if (f < 3)
            boxes[n++] = box(200, 5);
        add(m, &at, 1, boxes, n);
    }
    const nn_tracking_score s = score(m);
    assert_int_equal(s.hits, 8);
    assert_int_equal(s.missed, 2);
    assert_int_equal(s.false_boxes, 3);
    assert_int_equal(s.switches, 1);
    assert_int_equal(s.fragmentations, 1);
    near(s.mota, 1 - (2 + 3 + 1) / 10.0);
    near(s.motp, 8 / 12.0);
    near(s.precision, 8 / 11.0);
    near(s.recall, 0.8);
    near(s.id_precision, 4 / 11.0); // one of the two tracks is the object's: 4 frames of it
    near(s.id_recall, 0.4);
    near(s.idf1, 2 * 4 / (10.0 + 11));
    assert_int_equal(s.mostly_tracked, 0); // 80 % is not more than 80 %
    assert_int_equal(s.partly_tracked, 1);
    assert_int_equal(s.tracks, 3);
}

// Two objects whose tracks swap after 6 of 10 frames: two switches, and IDF1 counts 6 of 10.
static void test_swap(void **state)
{
    (void)state;
    nn_tracking_metrics *m = nn_tracking_metrics_new(0.5f);
    for (int f = 0; f < 10; f++) {
        const float at[2] = {0, 50};
        const nn_box boxes[2] = {box(f < 6 ? 0 : 50, 1), box(f < 6 ? 50 : 0, 2)};
        add(m, at, 2, boxes, 2);
    }
    const nn_tracking_score s = score(m);
    assert_int_equal(s.switches, 2);
    assert_int_equal(s.fragmentations, 0);
    near(s.mota, 0.9);
    near(s.idf1, 0.6);
}

// The pair of the frame before is kept although the other box overlaps more.
static void test_kept(void **state)
{
    (void)state;
    nn_tracking_metrics *m = nn_tracking_metrics_new(0.5f);
    const float at = 0;
    const nn_box first = box(0, 1);
    add(m, &at, 1, &first, 1);
    const nn_box boxes[2] = {box(0, 2), box(3, 1)}; // IoU 7 / 13
    add(m, &at, 1, boxes, 2);
    const nn_tracking_score s = score(m);
    assert_int_equal(s.switches, 0);
    assert_int_equal(s.false_boxes, 1);
    near(s.motp, (1 + 7 / 13.0) / 2);
}

static void test_ignored(void **state)
{
    (void)state;
    nn_tracking_metrics *m = nn_tracking_metrics_new(0.5f);
    const nn_truth truths[3] = {truth(0, false), truth(50, true), truth(100, true)};
    const int ids[3] = {1, 2, 3};
    const nn_box boxes[4] = {box(0, 1), box(51, 2), box(150, 3), box(200, 0)};
    assert_int_equal(nn_tracking_metrics_add(m, truths, ids, 3, boxes, 4, NULL), NN_OK);
    const nn_tracking_score s = score(m);
    assert_int_equal(s.truths, 1);
    assert_int_equal(s.boxes, 2); // 51 is on an ignored one, 200 has no track
    assert_int_equal(s.false_boxes, 1);
    assert_int_equal(s.objects, 1);
}

// Ids of another sequence are other objects; classes do not match each other; mostly lost.
static void test_sequences(void **state)
{
    (void)state;
    nn_tracking_metrics *m = nn_tracking_metrics_new(0.5f);
    const float at = 0;
    nn_box b = box(0, 1);
    add(m, &at, 1, &b, 1);
    nn_tracking_metrics_next_sequence(m);
    b.track_id = 2;
    add(m, &at, 1, &b, 1);
    nn_tracking_metrics_next_sequence(m);
    b.label = 1;
    add(m, &at, 1, &b, 1);
    const nn_tracking_score s = score(m);
    assert_int_equal(s.switches, 0);
    assert_int_equal(s.objects, 3);
    assert_int_equal(s.hits, 2);
    assert_int_equal(s.mostly_lost, 1);
    near(s.idf1, 2 / 3.0);
}

static void test_empty(void **state)
{
    (void)state;
    nn_tracking_metrics *m = nn_tracking_metrics_new(0.5f);
    add(m, NULL, 0, NULL, 0);
    const nn_tracking_score s = score(m);
    assert_true(isnan(s.mota) && isnan(s.idf1) && isnan(s.motp));
    nn_tracking_metrics_free(NULL);
}

static nn_status fill(void *ctx, nn_error *err)
{
    (void)ctx;
    nn_tracking_metrics *m = nn_tracking_metrics_new(0.5f);
    if (!m)
        return nn_fail(err, NN_ENOMEM, "no memory for metrics");
    nn_status status = NN_OK;
    for (int i = 0; i < 100 && status == NN_OK; i++) {
        const nn_truth t = truth(0, false);
        const nn_box b = box(0, i + 1);
        status = nn_tracking_metrics_add(m, &t, &i, 1, &b, 1, err);
    }
    nn_tracking_score s;
    if (status == NN_OK)
        status = nn_tracking_metrics_compute(m, &s, err);
    if (status == NN_OK) {
        assert_int_equal(s.switches, 0);
        assert_int_equal(s.objects, 100);
    }
    nn_tracking_metrics_free(m);
    return status;
}

static void test_no_memory(void **state)
{
    (void)state;
    assert_true(alloc_fail_each(fill, NULL) >= 12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_perfect), cmocka_unit_test(test_counts),
        cmocka_unit_test(test_swap),    cmocka_unit_test(test_kept),
        cmocka_unit_test(test_ignored), cmocka_unit_test(test_sequences),
        cmocka_unit_test(test_empty),   cmocka_unit_test(test_no_memory)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
