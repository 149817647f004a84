// SPDX-License-Identifier: MIT
// Scores by masks, keypoints and rotated boxes: cases by hand.
#include "nn/base/rng.h"
#include "nn/data/coco_keypoints.h"
#include "nn/data/coco_shape.h"
#include "nn/eval/coco_mask_text.h"
#include "nn/eval/coco_outline.h"
#include "nn/eval/metrics.h"
#include "tests/support/test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double PI = 3.14159265358979323846;

// A picture under construction.
typedef struct scene {
    nn_truth truths[16];
    nn_box boxes[160];
    nn_details true_details, details;
    int truths_used, boxes_used;
} scene;

static void scene_release(scene *s)
{
    nn_details_release(&s->true_details);
    nn_details_release(&s->details);
    *s = (scene){0};
}

static nn_truth *add_truth(scene *s, float x, float y, float w, float h)
{
    nn_truth *t = &s->truths[s->truths_used++];
    *t = (nn_truth){.x0 = x, .y0 = y, .x1 = x + w, .y1 = y + h};
    assert_int_equal(nn_details_add(&s->true_details, &t->detail), NN_OK);
    return t;
}

static nn_box *add_box(scene *s, float x, float y, float w, float h, float score)
{
    nn_box *b = &s->boxes[s->boxes_used++];
    *b = (nn_box){.x0 = x, .y0 = y, .x1 = x + w, .y1 = y + h, .score = score};
    assert_int_equal(nn_details_add(&s->details, &b->detail), NN_OK);
    return b;
}

static nn_scored_objects objects_of(const scene *s)
{
    return (nn_scored_objects){.truths = s->truths,
                               .truth_count = s->truths_used,
                               .truth_details = &s->true_details,
                               .boxes = s->boxes,
                               .box_count = s->boxes_used,
                               .details = &s->details,
                               .width = 64,
                               .height = 64};
}

// The similarity of the first detection to the first object.
static double first_pair(const nn_similarity *m, const scene *s)
{
    const nn_scored_objects o = objects_of(s);
    nn_similarity_state state = {0};
    if (m->open)
        assert_int_equal(m->open(&state, &o, NULL), NN_OK);
    const double v = nn_similarity_of(m, &state, &o, 0, 0);
    nn_similarity_close(&state);
    return v;
}

static void add_outline(nn_details *d, const float *xy, int corners)
{
    memcpy(nn_details_add_outline(d, corners), xy, 2 * (size_t)corners * sizeof *xy);
}

// A mask of w x h elements of 1 that covers a rectangle.
static void add_mask(nn_details *d, int w, int h, float x0, float y0, float x1, float y1)
{
    memset(nn_details_add_mask(d, w, h), 1, (size_t)w * (size_t)h);
    nn_detail *one = &d->detail[d->count - 1];
    one->mask_x0 = x0;
    one->mask_y0 = y0;
    one->mask_x1 = x1;
    one->mask_y1 = y1;
}

static void test_masks(void **state)
{
    (void)state;
    scene s = {0};
    const float square[] = {10, 10, 30, 10, 30, 30, 10, 30};
    nn_truth *t = add_truth(&s, 10, 10, 20, 20);
    add_outline(&s.true_details, square, 4);
    add_box(&s, 10, 10, 20, 20, 0.9f);
    add_mask(&s.details, 5, 5, 20, 10, 40, 30); // 400 pixels, 200 of them shared
    assert_float_equal(first_pair(&nn_similarity_mask, &s), 200.0 / 600, 1e-12);
    t->ignore = NN_IGNORE_BOX; // a crowd: the part of the detection
    assert_float_equal(first_pair(&nn_similarity_mask, &s), 0.5, 1e-12);
    scene_release(&s);
    // Beyond the picture nothing counts; a mask of nothing is like nothing.
    add_truth(&s, 44, 44, 20, 20);
    add_outline(&s.true_details, (const float[]){44, 44, 90, 44, 90, 90, 44, 90}, 4);
    add_box(&s, 44, 44, 20, 20, 0.9f);
    add_mask(&s.details, 4, 4, 44, 44, 84, 84);
    assert_float_equal(first_pair(&nn_similarity_mask, &s), 1, 1e-12);
    memset(s.details.elements, 0, 16);
    assert_float_equal(first_pair(&nn_similarity_mask, &s), 0, 1e-12);
    scene_release(&s);
    // An ignore box without outline is compared as a box.
    add_truth(&s, 0, 0, 20, 20)->ignore = NN_IGNORE_BOX;
    add_box(&s, 10, 0, 20, 20, 0.9f);
    add_mask(&s.details, 4, 4, 10, 0, 30, 20);
    assert_float_equal(first_pair(&nn_similarity_mask, &s), 0.5, 1e-12);
    scene_release(&s);
}

// Pixels of polygons in 64 x 64, counted by COCO's mask API (rleFrPoly).
static void test_outlines_as_coco(void **state)
{
    (void)state;
    static const struct {
        int corners, pixels;
        float xy[10];
    } cases[] = {
        {3, 1232, {3.3f, 4.7f, 50.1f, 12.2f, 20.9f, 60.4f}},
        {4, 440, {10.5f, 10.5f, 30.7f, 10.5f, 30.7f, 33.3f, 10.5f, 33.3f}},
        {5, 741, {32, 2, 40.3f, 58.9f, 4.1f, 20.6f, 60.7f, 20.2f, 20.9f, 59.1f}}, // a star
        {3, 2849, {-10, -7.5f, 70.2f, 30.1f, 12.3f, 90}},                         // beyond
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        scene s = {0};
        add_truth(&s, 0, 0, 64, 64);
        add_outline(&s.true_details, cases[i].xy, cases[i].corners);
        add_box(&s, 0, 0, 64, 64, 0.9f);
        add_mask(&s.details, 1, 1, 0, 0, 64, 64);
        assert_float_equal(first_pair(&nn_similarity_mask, &s), cases[i].pixels / 4096.0, 1e-12);
        scene_release(&s);
    }
}

// A triangle again and again, from far above the picture: what is above takes no time.
static void test_far_outline(void **state)
{
    (void)state;
    enum { TIMES = 1999, CORNERS = 3 };
    static const float corner[2 * CORNERS] = {0, -1000000, 8, 8, 0, 8};
    static float xy[2 * CORNERS * TIMES];
    static uint8_t pixels[16 * 12];
    for (int i = 0; i < TIMES; i++)
        memcpy(xy + (ptrdiff_t)2 * CORNERS * i, corner, sizeof corner);
    nn_coco_outline_paint(pixels, 16, 12, 0, 12, xy, CORNERS * TIMES);
    for (int y = 0; y < 12; y++)
        for (int x = 0; x < 16; x++)
            assert_int_equal(pixels[16 * y + x], x < 8 && y < 8);
}

// Masks as compressed runs read back as the same pixels.
static void test_mask_text(void **state)
{
    (void)state;
    enum { SIDE = 20 };
    nn_rng rng = nn_rng_seed(9);
    for (int n = 0; n < 300; n++) {
        const int w = 1 + (int)nn_rng_below(&rng, SIDE), h = 1 + (int)nn_rng_below(&rng, SIDE);
        const float most = n % 10 ? nn_rng_uniform(&rng) : (float)(n / 10 % 2);
        nn_details d = {0};
        int32_t index;
        nn_buffer text = {0};
        nn_coco_shape shape;
        const char *wrong;
        uint8_t painted[SIDE * SIDE] = {0};
        assert_int_equal(nn_details_add(&d, &index), NN_OK);
        uint8_t *mask = nn_details_add_mask(&d, w, h);
        for (int i = 0; i < w * h; i++)
            mask[i] = nn_rng_uniform(&rng) < most;
        d.detail[0].mask_x1 = (float)w;
        d.detail[0].mask_y1 = (float)h;
        assert_int_equal(nn_coco_print_mask(&text, &d, &d.detail[0], w, h), NN_OK);
        cJSON *json = cJSON_ParseWithLength(text.bytes, text.size);
        assert_non_null(json);
        assert_int_equal(nn_coco_shape_parse(&shape, json, &wrong, NULL), NN_OK);
        if (wrong)
            fail_msg("%d: %s: %.*s", n, wrong, (int)text.size, text.bytes);
        assert_int_equal(nn_coco_shape_paint(&shape, painted, w, h, 1), NN_OK);
        assert_memory_equal(painted, mask, (size_t)w * (size_t)h);
        nn_coco_shape_release(&shape);
        cJSON_Delete(json);
        nn_buffer_release(&text);
        nn_details_release(&d);
    }
}

static void set_keypoints(nn_details *d, const nn_keypoint *k, int count)
{
    memcpy(nn_details_add_keypoints(d, count), k, (size_t)count * sizeof *k);
}

static void test_keypoints(void **state)
{
    (void)state;
    scene s = {0};
    const nn_keypoint labelled[2] = {{10, 10, 1}, {20, 20, 0}};
    const nn_keypoint found[2] = {{13, 14, 1}, {0, 0, 1}};
    nn_truth *t = add_truth(&s, 5, 5, 20, 20);
    set_keypoints(&s.true_details, labelled, 2);
    add_box(&s, 5, 5, 20, 20, 0.9f);
    set_keypoints(&s.details, found, 2);
    // Only the labelled one counts: distance 5, sigma 1 / 2, area 0.53 * 400.
    assert_float_equal(first_pair(&nn_similarity_keypoints, &s), exp(-25 / (2 * 0.53 * 400)), 1e-9);
    t->area = 100;
    assert_float_equal(first_pair(&nn_similarity_keypoints, &s), exp(-25.0 / 200), 1e-9);
    // 17 have COCO's sigmas: that of the nose is 0.026.
    scene_release(&s);
    nn_keypoint many[17] = {{10, 10, 1}};
    t = add_truth(&s, 5, 5, 20, 20);
    t->area = 100;
    set_keypoints(&s.true_details, many, 17);
    add_box(&s, 5, 5, 20, 20, 0.9f);
    many[0] = (nn_keypoint){10.5f, 10, 1};
    set_keypoints(&s.details, many, 17);
    assert_float_equal(first_pair(&nn_similarity_keypoints, &s),
                       exp(-0.25 / (2 * 100 * 0.052 * 0.052)), 1e-9);
    scene_release(&s);
}

// Sigmas of the data, which files of COCO's form may have, are used when there are as many.
static void test_sigmas(void **state)
{
    (void)state;
    static const struct {
        const char *category;
        float first; // 0: refused
    } cases[] = {
        {"{\"keypoints\": [\"a\", \"b\"], \"sigmas\": [0.1, 0.25]}", 0.1f},
        {"{\"keypoints\": [\"a\", \"b\"], \"sigmas\": [0.1]}", 0},
        {"{\"keypoints\": [\"a\", \"b\"], \"sigmas\": [0.1, 0.25, 0.25]}", 0},
        {"{\"keypoints\": [\"a\", \"b\"], \"sigmas\": [0, 0.25]}", 0},
        {"{\"keypoints\": [\"a\", \"b\"], \"sigmas\": \"large\"}", 0},
    };
    nn_keypoint_set set = {0};
    nn_error err;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cJSON *json = cJSON_Parse(cases[i].category);
        assert_non_null(json);
        const nn_status status = nn_coco_keypoints_of_category(&set, json, &err);
        assert_int_equal(status, cases[i].first > 0 ? NN_OK : NN_EFORMAT);
        if (i == 0)
            assert_true(set.has_sigmas && set.sigma[0] == cases[i].first && set.sigma[1] == 0.25f);
        cJSON_Delete(json);
    }
    scene s = {0};
    const nn_keypoint at[2] = {{10, 10, 1}, {20, 20, 1}}, off[2] = {{10, 11, 1}, {20, 22, 1}};
    add_truth(&s, 5, 5, 20, 20)->area = 100;
    set_keypoints(&s.true_details, at, 2);
    add_box(&s, 5, 5, 20, 20, 0.9f);
    set_keypoints(&s.details, off, 2);
    nn_scored_objects o = objects_of(&s);
    o.sigmas = set.sigma;
    o.sigma_count = set.count;
    const double want = (exp(-1 / (200 * 0.04)) + exp(-4 / (200 * 0.25))) / 2;
    assert_float_equal(nn_similarity_of(&nn_similarity_keypoints, NULL, &o, 0, 0), want, 1e-7);
    o.sigma_count = 3; // of other keypoints
    assert_float_equal(nn_similarity_of(&nn_similarity_keypoints, NULL, &o, 0, 0),
                       first_pair(&nn_similarity_keypoints, &s), 1e-12);
    nn_keypoint_set_release(&set);
    scene_release(&s);
    float sigma[NN_KEYPOINTS_MOST];
    int count;
    assert_int_equal(nn_keypoint_sigmas_parse(sigma, &count, "0.5,.25,1", &err), NN_OK);
    assert_true(count == 3 && sigma[1] == 0.25f);
    static const char *const bad[] = {"", ",", "0.1,", "0.1;0.2", "-1", "nan", "0.1,x", "11"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(nn_keypoint_sigmas_parse(sigma, &count, bad[i], &err), NN_EINVAL);
}

// An object without labelled keypoints takes one detection that is near, once, and misses none.
static void test_no_keypoints(void **state)
{
    (void)state;
    scene s = {0};
    const nn_keypoint none[2] = {{0}}, near[2] = {{10, 10, 1}, {30, 4, 1}};
    add_truth(&s, 5, 5, 20, 20);
    set_keypoints(&s.true_details, none, 2);
    for (int i = 0; i < 2; i++) {
        add_box(&s, 5, 5, 20, 20, 0.9f - 0.1f * (float)i);
        set_keypoints(&s.details, near, 2);
    }
    assert_float_equal(first_pair(&nn_similarity_keypoints, &s), 1, 1e-12);
    bool found[1];
    nn_verdict verdicts[2];
    const nn_scored_objects o = objects_of(&s);
    assert_int_equal(
        nn_metrics_judge_objects(&nn_similarity_keypoints, &o, 0.1f, found, verdicts, NULL), NN_OK);
    assert_true(found[0]);
    assert_int_equal(verdicts[0], NN_VERDICT_IGNORED);
    assert_int_equal(verdicts[1], NN_VERDICT_FALSE);
    scene_release(&s);
}

static void test_rotated(void **state)
{
    (void)state;
    scene s = {0};
    nn_truth *t = add_truth(&s, 10, 10, 20, 20);
    s.true_details.detail[0].rotated = (nn_rotated_box){20, 20, 20, 20, 0};
    add_box(&s, 10, 10, 20, 20, 0.9f);
    // A square and the same turned by 45 degrees share an octagon: 8 (sqrt 2 - 1) (side / 2)^2.
    s.details.detail[0].rotated = (nn_rotated_box){20, 20, 20, 20, (float)(PI / 4)};
    const double octagon = 8 * (sqrt(2) - 1) * 100;
    assert_float_equal(first_pair(&nn_similarity_rotated, &s), octagon / (800 - octagon), 1e-5);
    t->ignore = NN_IGNORE_BOX;
    assert_float_equal(first_pair(&nn_similarity_rotated, &s), octagon / 400, 1e-5);
    t->ignore = NN_IGNORE_NOT;
    // Turned by a quarter, with width and height exchanged, it is the same rectangle.
    s.true_details.detail[0].rotated = (nn_rotated_box){20, 20, 30, 10, 0.3f};
    s.details.detail[0].rotated = (nn_rotated_box){20, 20, 10, 30, 0.3f + (float)(PI / 2)};
    assert_float_equal(first_pair(&nn_similarity_rotated, &s), 1, 1e-5);
    // Boxes whose upright bounds agree do not.
    s.true_details.detail[0].rotated = (nn_rotated_box){20, 20, 40, 2, (float)(PI / 4)};
    s.details.detail[0].rotated = (nn_rotated_box){20, 20, 40, 2, (float)(-PI / 4)};
    assert_float_equal(first_pair(&nn_similarity_rotated, &s), 4.0 / 156, 1e-5);
    scene_release(&s);
}

static nn_metrics_score score_of(const nn_similarity *m, const scene *s)
{
    nn_metrics *all = nn_metrics_new_by(1, m);
    const nn_scored_objects o = objects_of(s);
    nn_metrics_score score;
    assert_int_equal(nn_metrics_add_objects(all, &o, NULL), NN_OK);
    assert_int_equal(nn_metrics_compute(all, -1, 0.5f, &score, NULL), NN_OK);
    nn_metrics_free(all);
    return score;
}

// The 21st pose of a picture does not count, the 21st rotated box does; poses have no small
// objects.
static void test_most(void **state)
{
    (void)state;
    const nn_keypoint k[2] = {{10, 10, 1}, {20, 20, 1}}, far[2] = {{60, 0, 1}, {0, 60, 1}};
    scene s = {0};
    add_truth(&s, 5, 5, 20, 20);
    set_keypoints(&s.true_details, k, 2);
    s.true_details.detail[0].rotated = (nn_rotated_box){15, 15, 20, 20, 0};
    for (int i = 0; i < 21; i++) {
        add_box(&s, i < 20 ? 40 : 5, i < 20 ? 40 : 5, 20, 20, 1 - 0.01f * (float)i);
        set_keypoints(&s.details, i < 20 ? far : k, 2);
        s.details.detail[i].rotated =
            (nn_rotated_box){i < 20 ? 50 : 15, i < 20 ? 50 : 15, 20, 20, 0};
    }
    assert_float_equal(score_of(&nn_similarity_keypoints, &s).ap, 0, 1e-12);
    assert_float_equal(score_of(&nn_similarity_rotated, &s).ap, 1.0 / 21, 1e-9);
    assert_true(isnan(score_of(&nn_similarity_keypoints, &s).ap_of[0]));
    assert_false(isnan(score_of(&nn_similarity_rotated, &s).ap_of[0]));
    scene_release(&s);
}

static void test_empty(void **state)
{
    (void)state;
    const nn_similarity *const all[] = {&nn_similarity_box, &nn_similarity_mask,
                                        &nn_similarity_keypoints, &nn_similarity_rotated};
    for (int i = 0; i < 4; i++) {
        scene s = {0};
        assert_true(isnan(score_of(all[i], &s).ap)); // no picture has an object
        add_box(&s, 1, 1, 5, 5, 0.9f);
        assert_true(isnan(score_of(all[i], &s).ap));
        scene_release(&s);
        add_truth(&s, 1, 1, 5, 5);
        set_keypoints(&s.true_details, &(const nn_keypoint){2, 2, 1}, 1);
        add_outline(&s.true_details, (const float[]){1, 1, 6, 1, 6, 6}, 3);
        s.true_details.detail[0].rotated = (nn_rotated_box){3, 3, 5, 5, 0};
        assert_float_equal(score_of(all[i], &s).ap, 0, 1e-12); // nothing was found
        scene_release(&s);
        assert_ptr_equal(nn_similarity_for(all[i]->details), all[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_masks),        cmocka_unit_test(test_far_outline),
        cmocka_unit_test(test_mask_text),    cmocka_unit_test(test_outlines_as_coco),
        cmocka_unit_test(test_sigmas),       cmocka_unit_test(test_keypoints),
        cmocka_unit_test(test_no_keypoints), cmocka_unit_test(test_rotated),
        cmocka_unit_test(test_most),         cmocka_unit_test(test_empty),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
