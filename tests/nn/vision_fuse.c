// SPDX-License-Identifier: MIT
// Fusing the boxes of several passes: means, agreement, parts of the picture that a pass did not
// see, classes, boxes cut by seams, hostile numbers.
#include "nn/base/memory.h"
#include "nn/base/rng.h"
#include "nn/vision/fuse_boxes.h"
#include "tests/support/alloc.h"
#include "tests/support/test.h"

#include <math.h>

enum { W = 640, H = 480 };

static const nn_fuse_pass whole[4] = {
    {0, 0, W, H, 1, 0}, {0, 0, W, H, 1, 0}, {0, 0, W, H, 1, 1}, {0, 0, W, H, 1, 2}};

static nn_pass_box at(int pass, float x, float y, float side, float score, int label)
{
    return (nn_pass_box){{x, y, x + side, y + side, score, label, 0, false, 0}, pass};
}

static nn_fused_box *fuse(const nn_pass_box *boxes, int count, const nn_fuse_pass *passes,
                          int pass_count, const nn_fuse_options *o, int *n)
{
    nn_fused_box *out;
    assert_int_equal(nn_fuse_boxes(&out, n, boxes, count, passes, pass_count, o, NULL), NN_OK);
    return out;
}

static void assert_near(float a, double b)
{
    if (!(fabs((double)a - b) < 1e-4))
        fail_msg("%.6f is not %.6f", (double)a, b);
}

static void test_mean(void **state)
{
    (void)state;
    const nn_pass_box boxes[] = {at(0, 100, 100, 50, 0.8f, 3), at(1, 104, 100, 50, 0.4f, 3)};
    int n;
    nn_fused_box *f = fuse(boxes, 2, whole, 2, &nn_fuse_defaults, &n);
    assert_int_equal(n, 1);
    assert_near(f->box.x0, (0.8 * 100 + 0.4 * 104) / 1.2);
    assert_near(f->box.y1, 150);
    assert_near(f->box.score, 0.6); // both found it
    assert_int_equal(f->box.label, 3);
    assert_int_equal(f->found, 2);
    assert_int_equal(f->looked, 2);
    assert_int_equal(f->models, 1);
    nn_free(f);
}

static void test_agreement(void **state)
{
    (void)state;
    const nn_pass_box boxes[] = {at(0, 100, 100, 50, 0.8f, 0), at(3, 100, 100, 50, 0.6f, 0),
                                 at(2, 400, 100, 50, 0.9f, 0)};
    const float agree[] = {0, 0.5f, 1};
    for (int i = 0; i < 3; i++) {
        const nn_fuse_options o = {0.55f, agree[i], 0.8f};
        int n;
        nn_fused_box *f = fuse(boxes, 3, whole, 4, &o, &n);
        assert_int_equal(n, 2);
        const nn_fused_box *pair = f[0].found == 2 ? &f[0] : &f[1],
                           *lone = f[0].found == 2 ? &f[1] : &f[0];
        assert_near(pair->box.score, 0.7 * pow(2.0 / 4, (double)agree[i]));
        assert_near(lone->box.score, 0.9 * pow(1.0 / 4, (double)agree[i]));
        assert_int_equal(pair->models, 1 | 1 << 2);
        assert_true(f[0].box.score >= f[1].box.score);
        nn_free(f);
    }
}

// Two people side by side are two, however many passes saw them; two boxes of one pass are never
// one.
static void test_neighbours(void **state)
{
    (void)state;
    nn_pass_box boxes[8];
    for (int p = 0; p < 4; p++) {
        boxes[2 * p] = at(p, 100, 100, 60, 0.9f - 0.01f * (float)p, 0);
        boxes[2 * p + 1] = at(p, 112, 100, 60, 0.8f - 0.01f * (float)p, 0);
    }
    const nn_fuse_options o = {0.55f, 1, 0.8f};
    int n;
    nn_fused_box *f = fuse(boxes, 8, whole, 4, &o, &n);
    assert_int_equal(n, 2);
    for (int i = 0; i < 2; i++)
        assert_int_equal(f[i].found, 4);
    assert_near(f[0].box.x0, 100);
    assert_near(f[1].box.x0, 112);
    nn_free(f);
}

static void test_weights(void **state)
{
    (void)state;
    const nn_fuse_pass passes[] = {{0, 0, W, H, 3, 0}, {0, 0, W, H, 1, 1}};
    const nn_pass_box boxes[] = {at(0, 100, 100, 50, 0.8f, 0), at(1, 108, 100, 50, 0.4f, 0)};
    int n;
    nn_fused_box *f = fuse(boxes, 2, passes, 2, &nn_fuse_defaults, &n);
    assert_int_equal(n, 1);
    assert_near(f->box.score, (3 * 0.8 + 0.4) / 4);
    assert_near(f->box.x0, (2.4 * 100 + 0.4 * 108) / 2.8);
    nn_free(f);
    // A box that only the lighter pass found counts for a quarter.
    const nn_fuse_options o = {0.55f, 1, 0.8f};
    f = fuse(&boxes[1], 1, passes, 2, &o, &n);
    assert_near(f->box.score, 0.4 / 4);
    nn_free(f);
}

// A pass that cannot see an object does not speak against it.
static void test_tiles(void **state)
{
    (void)state;
    const nn_fuse_pass passes[] = {{0, 0, W, H, 1, 0}, {0, 0, 320, H, 1, 0}, {320, 0, W, H, 1, 0}};
    const nn_pass_box boxes[] = {at(0, 100, 100, 50, 0.6f, 0), at(1, 100, 100, 50, 0.8f, 0),
                                 at(0, 300, 100, 50, 0.6f, 0)};
    const nn_fuse_options o = {0.55f, 1, 0.8f};
    int n;
    nn_fused_box *f = fuse(boxes, 3, passes, 3, &o, &n);
    assert_int_equal(n, 2);
    assert_int_equal(f[0].looked, 2);
    assert_near(f[0].box.score, 0.7);
    assert_int_equal(f[1].looked, 1); // across the seam
    assert_near(f[1].box.score, 0.6);
    nn_free(f);
    assert_true(nn_fuse_is_cut(&(nn_box){.x0 = 290, .x1 = 319, .y1 = 9}, &passes[1], W, H, 2));
    assert_true(nn_fuse_is_cut(&(nn_box){.x0 = 321, .x1 = 400, .y1 = 9}, &passes[2], W, H, 2));
    assert_false(nn_fuse_is_cut(&(nn_box){.x0 = 290, .x1 = 310, .y1 = 9}, &passes[1], W, H, 2));
    assert_false(nn_fuse_is_cut(&(nn_box){.x0 = 0, .x1 = 20, .y1 = H}, &passes[1], W, H, 2));
    assert_false(nn_fuse_is_cut(&(nn_box){.x0 = 0, .x1 = W, .y1 = H}, &passes[0], W, H, 2));
}

static void test_classes(void **state)
{
    (void)state;
    const nn_pass_box boxes[] = {at(0, 100, 100, 50, 0.8f, 0), at(1, 101, 100, 50, 0.7f, 1),
                                 at(1, 300, 100, 50, 0.7f, 1), at(0, 320, 100, 50, 0.6f, 0)};
    int n;
    nn_fused_box *f = fuse(boxes, 4, whole, 2, &nn_fuse_defaults, &n);
    assert_int_equal(n, 3); // the car that is taken for a truck, too, is one thing
    assert_int_equal(f[0].box.label, 0);
    nn_free(f);
}

static void test_repeats(void **state)
{
    (void)state;
    nn_rng rng = nn_rng_seed(5);
    nn_pass_box boxes[300];
    for (int i = 0; i < 300; i++)
        boxes[i] = at((int)nn_rng_below(&rng, 4), nn_rng_range(&rng, 0, 600),
                      nn_rng_range(&rng, 0, 400), nn_rng_range(&rng, 10, 90),
                      (float)nn_rng_below(&rng, 20) / 20, (int)nn_rng_below(&rng, 3));
    int n, again;
    nn_fused_box *f = fuse(boxes, 300, whole, 4, &nn_fuse_defaults, &n);
    nn_fused_box *g = fuse(boxes, 300, whole, 4, &nn_fuse_defaults, &again);
    assert_int_equal(n, again);
    assert_memory_equal(f, g, (size_t)n * sizeof *f);
    for (int i = 0; i < n; i++) {
        assert_true(f[i].box.score >= 0 && f[i].box.score <= 1);
        assert_true(f[i].found >= 1 && f[i].found <= f[i].looked);
        for (int k = 0; k < i; k++)
            assert_true(nn_box_iou(&f[i].box, &f[k].box) <= nn_fuse_defaults.same);
    }
    nn_free(f);
    nn_free(g);
}

static void test_refused(void **state)
{
    (void)state;
    nn_fused_box *f;
    int n;
    nn_error err;
    nn_pass_box b = at(4, 1, 1, 5, 0.5f, 0);
    assert_int_equal(nn_fuse_boxes(&f, &n, &b, 1, whole, 4, &nn_fuse_defaults, &err), NN_EINVAL);
    assert_null(f);
    b.pass = -1;
    assert_int_equal(nn_fuse_boxes(&f, &n, &b, 1, whole, 4, &nn_fuse_defaults, &err), NN_EINVAL);
    const nn_fuse_pass bad = {0, 0, W, H, 0, 0};
    assert_int_equal(nn_fuse_boxes(&f, &n, &b, 0, &bad, 1, &nn_fuse_defaults, &err), NN_EINVAL);
    assert_int_equal(nn_fuse_boxes(&f, &n, NULL, 0, whole, 4, &nn_fuse_defaults, &err), NN_OK);
    assert_int_equal(n, 0);
    assert_null(f);
}

static nn_status fuse_some(void *ctx, nn_error *err)
{
    (void)ctx;
    const nn_pass_box boxes[] = {at(0, 100, 100, 50, 0.8f, 0), at(1, 300, 100, 50, 0.7f, 0)};
    nn_fused_box *f;
    int n;
    const nn_status status = nn_fuse_boxes(&f, &n, boxes, 2, whole, 2, &nn_fuse_defaults, err);
    nn_free(f);
    return status;
}

static void test_no_memory(void **state)
{
    (void)state;
    assert_int_equal(alloc_fail_each(fuse_some, NULL), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mean),       cmocka_unit_test(test_agreement),
        cmocka_unit_test(test_neighbours), cmocka_unit_test(test_weights),
        cmocka_unit_test(test_tiles),      cmocka_unit_test(test_classes),
        cmocka_unit_test(test_repeats),    cmocka_unit_test(test_refused),
        cmocka_unit_test(test_no_memory)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
