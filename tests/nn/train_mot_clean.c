// SPDX-License-Identifier: MIT
// Repair of video labels: gaps filled, short tracks removed, crossings kept apart.
#include "tests/support/alloc.h"
#include "tests/support/test.h"

#include "nn/base/memory.h"
#include "nn/data/mot_clean.h"

static void add(nn_mot *m, int frame, float x, float y, float score)
{
    m->rows[m->count++] = (nn_mot_row){
        .frame = frame, .score = score, .truth = {.x0 = x, .y0 = y, .x1 = x + 20, .y1 = y + 50}};
}

static nn_mot make(int capacity, int stride)
{
    nn_mot m = {.rows = nn_calloc((size_t)capacity, sizeof *m.rows), .stride = stride};
    assert_non_null(m.rows);
    return m;
}

static const nn_mot_row *find(const nn_mot *m, int frame, float x)
{
    for (int i = 0; i < m->count; i++)
        if (m->rows[i].frame == frame && m->rows[i].truth.x0 > x - 0.01f &&
            m->rows[i].truth.x0 < x + 0.01f)
            return &m->rows[i];
    return NULL;
}

static void fills_a_gap_of_a_moving_object(void **state)
{
    (void)state;
    nn_mot m = make(16, 2);
    for (int i = 0; i < 9; i++)
        if (i != 4 && i != 5)
            add(&m, 1 + 2 * i, (float)(8 * i), 100, i == 6 ? 0.5f : 0.9f);
    nn_mot_clean_report report;
    nn_mot_clean_options options = {.fill_gaps = 2, .min_track = 3};
    assert_int_equal(nn_mot_clean(&m, &options, &report, NULL), NN_OK);
    assert_int_equal(report.tracks, 1);
    assert_int_equal(report.added, 2);
    assert_int_equal(report.removed, 0);
    assert_int_equal(m.count, 9);
    assert_non_null(find(&m, 9, 32));
    assert_true(find(&m, 11, 40)->score == 0.5f);
    for (int i = 1; i < m.count; i++)
        assert_true(m.rows[i].frame > m.rows[i - 1].frame);
    nn_free(m.rows);
}

static void leaves_long_gaps_and_removes_flickers(void **state)
{
    (void)state;
    nn_mot m = make(16, 1);
    for (int f = 1; f <= 4; f++)
        add(&m, f, 10, 10, 0.9f);
    add(&m, 3, 300, 200, 0.8f); // seen once
    for (int f = 10; f <= 13; f++)
        add(&m, f, 10, 10, 0.9f);
    nn_mot_clean_report report;
    nn_mot_clean_options options = {.fill_gaps = 4, .min_track = 2};
    assert_int_equal(nn_mot_clean(&m, &options, &report, NULL), NN_OK);
    assert_int_equal(report.tracks, 2);
    assert_int_equal(report.added, 0);
    assert_int_equal(report.removed, 1);
    assert_null(find(&m, 3, 300));
    nn_free(m.rows);
}

static void objects_that_cross_keep_their_tracks(void **state)
{
    (void)state;
    nn_mot m = make(64, 1);
    for (int f = 0; f < 21; f++) {
        add(&m, f + 1, (float)(8 * f), 100, 0.9f);
        if (f < 8 || f > 12) // hidden while they pass each other
            add(&m, f + 1, (float)(160 - 8 * f), 104, 0.9f);
    }
    nn_mot_clean_report report;
    nn_mot_clean_options options = {.fill_gaps = 6, .min_track = 3};
    assert_int_equal(nn_mot_clean(&m, &options, &report, NULL), NN_OK);
    assert_int_equal(report.tracks, 2);
    assert_int_equal(report.added, 5);
    assert_non_null(find(&m, 11, 80));
    assert_non_null(find(&m, 9, 160 - 8 * 8));
    nn_free(m.rows);
}

static void nothing_is_lost_when_memory_is(void **state)
{
    (void)state;
    for (int n = 0;; n++) {
        nn_mot m = make(8, 1);
        for (int f = 1; f <= 6; f++)
            if (f != 3)
                add(&m, f, 10, 10, 0.9f);
        nn_error err;
        nn_mot_clean_options options = {.fill_gaps = 4, .min_track = 2};
        alloc_reset(n);
        nn_status status = nn_mot_clean(&m, &options, NULL, &err);
        alloc_reset(-1);
        assert_int_equal(m.count, status ? 5 : 6);
        nn_free(m.rows);
        if (!status)
            break;
        assert_int_equal(status, NN_ENOMEM);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fills_a_gap_of_a_moving_object),
        cmocka_unit_test(leaves_long_gaps_and_removes_flickers),
        cmocka_unit_test(objects_that_cross_keep_their_tracks),
        cmocka_unit_test(nothing_is_lost_when_memory_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
