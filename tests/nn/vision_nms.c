// SPDX-License-Identifier: MIT
// Non-maximum suppression against the plain O(n^2) definition, ties, limits; results and overlap.
#include "nn/base/memory.h"
#include "nn/base/rng.h"
#include "nn/vision/nms.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/test.h"

static nn_box random_box(nn_rng *rng, int labels)
{
    float x = nn_rng_range(rng, 0, 300), y = nn_rng_range(rng, 0, 200);
    return (nn_box){.x0 = x,
                    .y0 = y,
                    .x1 = x + nn_rng_range(rng, 5, 80),
                    .y1 = y + nn_rng_range(rng, 5, 80),
                    // Few different scores: many ties.
                    .score = (float)nn_rng_below(rng, 50) / 50,
                    .label = (int32_t)nn_rng_below(rng, labels)};
}

// Again and again takes the best box that is left (the first of equal ones), drops what overlaps
// it.
static int naive_nms(nn_box *out, const nn_box *in, int n, float iou, int most)
{
    bool *gone = calloc((size_t)n + 1, sizeof(*gone));
    int count = 0;
    assert_non_null(gone);
    while (count < most) {
        int best = -1;
        for (int i = 0; i < n; i++)
            if (!gone[i] && (best < 0 || in[i].score > in[best].score))
                best = i;
        if (best < 0)
            break;
        gone[best] = true;
        for (int i = 0; i < n; i++)
            if (in[i].label == in[best].label && nn_box_iou(&in[i], &in[best]) > iou)
                gone[i] = true;
        out[count++] = in[best];
    }
    free(gone);
    return count;
}

static void test_against_definition(void **state)
{
    (void)state;
    nn_rng rng = nn_rng_seed(1);
    nn_candidates *c = nn_candidates_new();
    nn_result result;
    static nn_box in[700], want[700];
    assert_non_null(c);
    nn_result_init(&result);
    for (int turn = 0; turn < 40; turn++) {
        int n = turn < 20 ? turn : (int)nn_rng_below(&rng, 700), labels = 1 + turn % 3;
        float iou = (float)(turn % 11) / 10;
        int most = turn % 4 == 0 ? 10 : 1000;
        for (int i = 0; i < n; i++) {
            in[i] = random_box(&rng, labels);
            nn_candidates_add(c, &in[i]);
        }
        assert_int_equal(nn_candidates_count(c), n);
        int count = naive_nms(want, in, n, iou, most);
        assert_int_equal(nn_nms(c, &(nn_nms_options){.iou = iou, .max_detections = most}, &result),
                         NN_OK);
        assert_int_equal(result.count, count);
        for (int i = 0; i < count; i++)
            assert_memory_equal(&result.boxes[i], &want[i], sizeof(nn_box));
        assert_int_equal(nn_candidates_count(c), 0);
    }
    nn_result_release(&result);
    nn_candidates_free(c);
}

// More candidates than room: the best are kept.
static void test_overflow(void **state)
{
    (void)state;
    enum { N = 5 * NN_NMS_CANDIDATES };
    nn_candidates *c = nn_candidates_new();
    nn_result result;
    assert_non_null(c);
    nn_result_init(&result);
    for (int i = 0; i < N; i++) {
        // 1-pixel boxes that do not touch; scores in an order without order.
        float x = (float)(i % 200) * 2, y = (float)(i / 200) * 2;
        nn_box box = {.x0 = x, .y0 = y, .x1 = x + 1, .y1 = y + 1};
        box.score = (float)((int64_t)i * 7919 % N) / N;
        nn_candidates_add(c, &box);
    }
    assert_int_equal(
        nn_nms(c, &(nn_nms_options){.iou = 0.5f, .max_detections = NN_NMS_CANDIDATES}, &result),
        NN_OK);
    assert_int_equal(result.count, NN_NMS_CANDIDATES);
    for (int i = 0; i < result.count; i++)
        assert_true(fabsf(result.boxes[i].score - (float)(N - 1 - i) / N) < 1e-6f);
    nn_result_release(&result);
    nn_candidates_free(c);
}

// Three equal boxes side by side, each with the score of its place; returns how many stay.
static int count_row(const nn_nms_options *o, float step, const float score[3])
{
    nn_candidates *c = nn_candidates_new();
    nn_result result;
    assert_non_null(c);
    nn_result_init(&result);
    for (int i = 0; i < 3; i++)
        if (score[i] > 0) {
            const float x = 10 + step * (float)i;
            nn_candidates_add(
                c, &(nn_box){.x0 = x, .y0 = 5, .x1 = x + 20, .y1 = 15, .score = score[i]});
        }
    assert_int_equal(nn_nms(c, o, &result), NN_OK);
    const int count = result.count;
    for (int i = 1; i < count; i++)
        assert_true(result.boxes[i].score <= result.boxes[i - 1].score);
    nn_result_release(&result);
    nn_candidates_free(c);
    return count;
}

// IoU of neighbours 0.54, of the outer two 0.25.
static void test_join(void **state)
{
    (void)state;
    const nn_nms_options plain = {.iou = 0.35f, .max_detections = 100};
    nn_nms_options join = plain;
    join.join_score = 0.4f;
    const float halves[] = {0.6f, 0.5f, 0.55f}, alone[] = {0.6f, 0, 0.55f};
    const float unsure[] = {0.6f, 0.39f, 0.55f}, faint[] = {0.6f, 0.45f, 0.39f};
    assert_int_equal(count_row(&plain, 6, halves), 2);
    assert_int_equal(count_row(&join, 6, halves), 1);
    assert_int_equal(count_row(&join, 6, alone), 2);   // nothing was seen between
    assert_int_equal(count_row(&join, 6, unsure), 2);  // or hardly anything
    assert_int_equal(count_row(&join, 6, faint), 2);   // the tail of a precision-recall curve
    assert_int_equal(count_row(&join, 11, halves), 3); // that one is another one: 0.29
}

// A car that is called a bus, too; and a bus elsewhere.
static void test_agnostic(void **state)
{
    (void)state;
    const nn_box in[] = {{.x0 = 10, .y0 = 10, .x1 = 50, .y1 = 30, .score = 0.7f, .label = 0},
                         {.x0 = 10, .y0 = 10, .x1 = 50, .y1 = 32, .score = 0.6f, .label = 1},
                         {.x0 = 60, .y0 = 10, .x1 = 90, .y1 = 30, .score = 0.5f, .label = 1}};
    nn_candidates *c = nn_candidates_new();
    nn_result result;
    assert_non_null(c);
    nn_result_init(&result);
    for (int agnostic = 0; agnostic < 2; agnostic++) {
        const nn_nms_options o = {.iou = 0.5f, .max_detections = 100, .agnostic = agnostic};
        for (int i = 0; i < 3; i++)
            nn_candidates_add(c, &in[i]);
        assert_int_equal(nn_nms(c, &o, &result), NN_OK);
        assert_int_equal(result.count, agnostic ? 2 : 3);
        assert_int_equal(result.boxes[0].label, 0);
    }
    nn_result_release(&result);
    nn_candidates_free(c);
}

static void test_limits(void **state)
{
    (void)state;
    nn_candidates *c = nn_candidates_new();
    nn_result result;
    nn_box box = {.x0 = 1, .y0 = 1, .x1 = 2, .y1 = 2, .score = 0.5f};
    assert_non_null(c);
    nn_result_init(&result);
    assert_int_equal(nn_nms(c, &(nn_nms_options){.iou = 0.5f, .max_detections = 100}, &result),
                     NN_OK);
    assert_int_equal(result.count, 0);
    nn_candidates_add(c, &box);
    assert_int_equal(nn_nms(c, &(nn_nms_options){.iou = 0.5f, .max_detections = 0}, &result),
                     NN_OK);
    assert_int_equal(result.count, 0);
    nn_candidates_add(c, &box);
    nn_candidates_add(c, &box);
    nn_candidates_clear(c);
    nn_candidates_add(c, &box);
    assert_int_equal(nn_nms(c, &(nn_nms_options){.iou = 0.5f, .max_detections = 5}, &result),
                     NN_OK);
    assert_int_equal(result.count, 1);
    nn_result_release(&result);
    nn_candidates_free(c);
    nn_candidates_free(NULL);
}

static void test_iou(void **state)
{
    (void)state;
    nn_box a = {.x0 = 0, .y0 = 0, .x1 = 4, .y1 = 4}, b = {.x0 = 2, .y0 = 2, .x1 = 6, .y1 = 6};
    nn_box touching = {.x0 = 4, .y0 = 0, .x1 = 8, .y1 = 4}, nothing = {0};
    assert_true(fabsf(nn_box_iou(&a, &b) - 4.f / 28) < 1e-6f);
    assert_true(nn_box_iou(&a, &a) == 1);
    assert_true(nn_box_iou(&a, &touching) == 0);
    assert_true(nn_box_iou(&nothing, &nothing) == 0);
}

static void test_result(void **state)
{
    (void)state;
    nn_result a, b;
    nn_result_init(&a);
    nn_result_init(&b);
    assert_true(a.source_pts == UINT64_MAX);
    assert_int_equal(nn_result_copy(&b, &a), NN_OK); // an empty one
    assert_int_equal(nn_result_reserve(&a, 3), NN_OK);
    a.boxes[0] = (nn_box){1, 2, 3, 4, 0.5f, 6, 7, true, 0};
    a.boxes[1] = (nn_box){10, 20, 30, 40, 0.25f, 0, 0, false, 0};
    a.count = 2;
    a.frame_width = 64;
    a.frame_height = 48;
    a.infer_ms = 3;
    assert_int_equal(nn_result_reserve(&a, 100), NN_OK); // keeps what is there
    assert_int_equal(nn_result_copy(&b, &a), NN_OK);
    assert_int_equal(nn_result_copy(&b, &b), NN_OK);
    assert_ptr_not_equal(a.boxes, b.boxes);
    assert_int_equal(b.count, 2);
    assert_memory_equal(&b.boxes[0], &a.boxes[0], sizeof(nn_box));
    assert_true(b.infer_ms == 3);
    nn_box *before = b.boxes;
    assert_int_equal(nn_result_copy(&b, &a), NN_OK); // large enough: no new memory
    assert_ptr_equal(b.boxes, before);
    nn_result_scale(&b, 2, 0.5f);
    assert_true(b.boxes[1].x0 == 20 && b.boxes[1].y0 == 10);
    assert_true(b.boxes[1].x1 == 60 && b.boxes[1].y1 == 20);
    assert_int_equal(b.frame_width, 128);
    assert_int_equal(b.frame_height, 24);
    nn_result_release(&a);
    nn_result_release(&b);
    assert_null(a.boxes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_against_definition),
        cmocka_unit_test(test_overflow),
        cmocka_unit_test(test_join),
        cmocka_unit_test(test_agnostic),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_iou),
        cmocka_unit_test(test_result),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
