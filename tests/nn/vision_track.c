// SPDX-License-Identifier: MIT
// Assignment against every permutation; tracks of made-up objects that move, cross, hide, flicker.
#include "nn/base/memory.h"
#include "nn/base/rng.h"
#include "nn/vision/linear_assignment.h"
#include "nn/vision/track.h"
#include "tests/support/alloc.h"
#include "tests/support/test.h"

#include <math.h>

// The least sum over all ways to give rows from `row` on free columns, or none.
static double best_sum(const float *cost, int rows, int columns, float limit, int row,
                       unsigned taken)
{
    if (row == rows)
        return 0;
    double best = best_sum(cost, rows, columns, limit, row + 1, taken);
    for (int c = 0; c < columns; c++) {
        const float v = cost[row * columns + c];
        if (v >= limit || taken >> c & 1)
            continue;
        const double sum = (double)v - (double)limit +
                           best_sum(cost, rows, columns, limit, row + 1, taken | 1u << c);
        best = sum < best ? sum : best;
    }
    return best;
}

static void test_assign(void **state)
{
    (void)state;
    nn_rng rng = nn_rng_seed(2);
    float cost[36];
    int to[6];
    for (int turn = 0; turn < 600; turn++) {
        const int rows = (int)nn_rng_below(&rng, 7), columns = (int)nn_rng_below(&rng, 7);
        const float limit = turn % 3 ? 0.6f : 2;
        for (int i = 0; i < rows * columns; i++)
            cost[i] = turn % 2 ? nn_rng_uniform(&rng) : (float)nn_rng_below(&rng, 4) / 4;
        void *room = nn_alloc((size_t)nn_linear_assignment_room(rows, columns));
        assert_non_null(room);
        nn_linear_assignment(cost, rows, columns, limit, to, room);
        nn_free(room);
        double sum = 0;
        unsigned taken = 0;
        for (int r = 0; r < rows; r++) {
            if (to[r] < 0)
                continue;
            assert_true(to[r] < columns && !(taken >> to[r] & 1));
            taken |= 1u << to[r];
            assert_true(cost[r * columns + to[r]] < limit);
            sum += (double)cost[r * columns + to[r]] - (double)limit;
        }
        const double want = best_sum(cost, rows, columns, limit, 0, 0);
        if (fabs(sum - want) > 1e-5)
            fail_msg("%d x %d: %.6f, not %.6f", rows, columns, sum, want);
    }
}

static nn_box box(float x, float y, float score)
{
    return (nn_box){x, y, x + 30, y + 60, score, 0, 99, false, 0};
}

static void update(nn_tracker *t, nn_box *boxes, int count)
{
    assert_int_equal(nn_tracker_update(t, boxes, count, 1, NULL), NN_OK);
}

// Two objects that walk through each other keep their numbers, with noise on every side.
static void test_crossing(void **state)
{
    (void)state;
    nn_tracker *t = nn_tracker_new(NULL);
    nn_rng rng = nn_rng_seed(3);
    assert_non_null(t);
    for (int f = 0; f < 60; f++) {
        nn_box b[2] = {box(5 * (float)f, 100, 0.9f), box(300 - 5 * (float)f, 118, 0.9f)};
        for (int i = 0; i < 2; i++)
            b[i].x0 += nn_rng_range(&rng, -1, 1), b[i].y1 += nn_rng_range(&rng, -1, 1);
        update(t, b, 2);
        assert_int_equal(b[0].track_id, 1);
        assert_int_equal(b[1].track_id, 2);
    }
    assert_int_equal(nn_tracker_count(t), 2);
    const nn_track a = nn_tracker_at(t, 0);
    assert_true(fabsf(a.vx - 5) < 0.5f && fabsf(a.vy) < 0.5f);
    assert_int_equal(a.seen, 60);
    assert_int_equal(a.unseen, 0);
    assert_false(a.box.predicted);
    nn_tracker_free(t);
}

// Hidden for a while, an object keeps its number at the predicted position; hidden too long, it
// gets a new one.
static void test_hidden(void **state)
{
    (void)state;
    const int gaps[] = {1, 10, 29, 31};
    for (int g = 0; g < 4; g++) {
        nn_tracker *t = nn_tracker_new(NULL);
        for (int f = 0; f < 20; f++) {
            nn_box b = box(4 * (float)f, 50, 0.9f);
            update(t, &b, 1);
            assert_int_equal(b.track_id, 1);
        }
        for (int f = 0; f < gaps[g]; f++)
            update(t, NULL, 0);
        if (gaps[g] <= 30) {
            const nn_track k = nn_tracker_at(t, 0);
            assert_true(k.box.predicted);
            assert_int_equal(k.unseen, gaps[g]);
            assert_true(fabsf(k.box.x0 - 4 * (float)(19 + gaps[g])) < 6);
            assert_true(fabsf(k.box.y1 - k.box.y0 - 60) < 1);
        } else {
            assert_int_equal(nn_tracker_count(t), 0);
        }
        nn_box b = box(4 * (float)(20 + gaps[g]), 50, 0.9f);
        update(t, &b, 1);
        assert_int_equal(b.track_id, gaps[g] <= 29 ? 1 : 2);
        nn_tracker_free(t);
    }
}

// A gap given as `frames` is the same as updates without boxes.
static void test_pauses(void **state)
{
    (void)state;
    nn_tracker *t = nn_tracker_new(NULL);
    for (int f = 0; f < 20; f++) {
        nn_box b = box(12 * (float)f, 50, 0.9f);
        assert_int_equal(nn_tracker_update(t, &b, 1, 3, NULL), NN_OK);
        assert_int_equal(b.track_id, 1);
    }
    assert_true(fabsf(nn_tracker_at(t, 0).vx - 4) < 0.5f);
    nn_tracker_free(t);
}

// The second round: low scores continue tracks and start none.
static void test_low_scores(void **state)
{
    (void)state;
    nn_tracker *t = nn_tracker_new(NULL);
    for (int f = 0; f < 10; f++) {
        nn_box b[3] = {box(2 * (float)f, 50, f % 3 == 2 ? 0.2f : 0.9f), box(300, 50, 0.3f),
                       box(400, 50, 0.05f)};
        update(t, b, 3);
        assert_int_equal(b[0].track_id, 1);
        assert_int_equal(b[1].track_id, 0);
        assert_int_equal(b[2].track_id, 0);
    }
    nn_tracker_free(t);
}

static void test_flicker(void **state)
{
    (void)state;
    nn_tracker *t = nn_tracker_new(NULL);
    nn_box b = box(10, 10, 0.9f);
    update(t, &b, 1);
    assert_int_equal(b.track_id, 1);
    update(t, NULL, 0);
    assert_int_equal(nn_tracker_count(t), 0); // seen once only
    update(t, &b, 1);
    assert_int_equal(b.track_id, 2);
    nn_tracker_reset(t);
    assert_int_equal(nn_tracker_count(t), 0);
    update(t, &b, 1);
    assert_int_equal(b.track_id, 3);
    nn_tracker_free(t);
}

static void test_classes(void **state)
{
    (void)state;
    nn_track_options o = nn_track_defaults;
    for (int turn = 0; turn < 2; turn++) {
        o.other_class = turn ? 0.9f : 0;
        nn_tracker *t = nn_tracker_new(&o);
        nn_box b = box(10, 10, 0.9f);
        update(t, &b, 1);
        b.label = 1;
        update(t, &b, 1);
        assert_int_equal(b.track_id, turn ? 1 : 2);
        assert_int_equal(nn_tracker_at(t, 0).box.label, 1);
        nn_tracker_free(t);
    }
}

static void test_refused(void **state)
{
    (void)state;
    nn_tracker *t = nn_tracker_new(NULL);
    nn_box b = box(10, 10, 0.9f);
    assert_int_equal(nn_tracker_update(t, &b, 1, 0, NULL), NN_EINVAL);
    assert_int_equal(nn_tracker_update(t, &b, -1, 1, NULL), NN_EINVAL);
    nn_tracker_free(t);
    nn_tracker_free(NULL);
}

static nn_status follow(void *ctx, nn_error *err)
{
    (void)ctx;
    nn_tracker *t = nn_tracker_new(NULL);
    if (!t)
        return nn_fail(err, NN_ENOMEM, "no memory for a tracker");
    nn_status status = NN_OK;
    for (int f = 0; f < 3 && status == NN_OK; f++) {
        nn_box b[3] = {box(10, 10, 0.9f), box(100, 10, 0.9f), box(200, 10, 0.9f)};
        status = nn_tracker_update(t, b, f + 1, 1, err);
        for (int i = 0; status != NN_OK && i <= f; i++)
            assert_int_equal(b[i].track_id, 0);
    }
    nn_tracker_free(t);
    return status;
}

static void test_no_memory(void **state)
{
    (void)state;
    assert_true(alloc_fail_each(follow, NULL) >= 7);
    // Once buffers are large enough, nothing is allocated.
    nn_tracker *t = nn_tracker_new(NULL);
    nn_box b[3] = {box(10, 10, 0.9f), box(100, 10, 0.9f), box(200, 10, 0.9f)};
    update(t, b, 3);
    update(t, b, 3);
    alloc_reset(-1);
    for (int f = 0; f < 20; f++)
        update(t, b, 3);
    assert_int_equal(alloc_count(), 0);
    nn_tracker_free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_assign),     cmocka_unit_test(test_crossing),
        cmocka_unit_test(test_hidden),     cmocka_unit_test(test_pauses),
        cmocka_unit_test(test_low_scores), cmocka_unit_test(test_flicker),
        cmocka_unit_test(test_classes),    cmocka_unit_test(test_refused),
        cmocka_unit_test(test_no_memory)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
