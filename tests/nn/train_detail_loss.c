// SPDX-License-Identifier: MIT
// Losses of keypoints, instance masks and rotated boxes: values worked out by hand, and gradients
// by central differences.
#include "tests/support/test.h"

#include "nn/base/rng.h"
#include "nn/train/loss/instance_loss.h"
#include "nn/train/loss/pose_loss.h"
#include "nn/train/loss/rotated_loss.h"
#include "nn/train/trainer.h"

#include <math.h>
#include <string.h>

enum { BATCH = 2, CLASSES = 2, H = 6, W = 8, STRIDE = 8, CELLS = H * W, MOST = 9 };
enum { MASK_H = 12, MASK_W = 16, PROTOTYPES = 3 };

static const double HALF_TURN = 3.14159265358979323846;

static void fill(float *v, int n, float centre, float spread, nn_rng *rng)
{
    for (int i = 0; i < n; i++)
        v[i] = centre + spread * nn_rng_normal(rng);
}

static void assert_close(double a, double b, double tolerance)
{
    if (!(fabs(a - b) <= tolerance))
        fail_msg("%.9g is not %.9g", a, b);
}

// Losses by numbers.

static void test_probiou(void **state)
{
    (void)state;
    const double square[] = {20, 30, 12, 12, 0}, moved[] = {26, 30, 12, 12, 0};
    const double flat[] = {20, 30, 24, 6, 0.3}, same[] = {20, 30, 6, 24, 0.3 - HALF_TURN / 2};
    assert_close(nn_probiou_loss(square, square, NULL), 0, 1e-3);
    assert_close(nn_probiou_loss(flat, same, NULL), 0, 1e-3);
    // Variances of 12 each; half a side apart: the distance is 36 / (4 * 24).
    assert_close(nn_probiou_loss(square, moved, NULL), sqrt(1 - exp(-0.375)), 1e-6);
    // Twice the size in one place: 0.5 * log((12 + 48)^2 / (4 * 12 * 48)).
    const double large[] = {20, 30, 24, 24, 1};
    assert_close(nn_probiou_loss(square, large, NULL), sqrt(1 - exp(-0.5 * log(1.5625))), 1e-6);
}

static void test_probiou_gradient(void **state)
{
    (void)state;
    nn_rng rng = nn_rng_seed(3);
    for (int n = 0; n < 200; n++) {
        double a[NN_ROTATED_NUMBERS], b[NN_ROTATED_NUMBERS], grad[NN_ROTATED_NUMBERS];
        for (int i = 0; i < NN_ROTATED_NUMBERS; i++) {
            a[i] = i < 2 ? nn_rng_range(&rng, 0, 20) : nn_rng_range(&rng, 5, 30);
            b[i] = i < 2 ? nn_rng_range(&rng, 0, 20) : nn_rng_range(&rng, 5, 30);
        }
        nn_probiou_loss(a, b, grad);
        for (int i = 0; i < NN_ROTATED_NUMBERS; i++) {
            const double keep = a[i], step = 1e-5;
            a[i] = keep + step;
            const double up = nn_probiou_loss(a, b, NULL);
            a[i] = keep - step;
            const double down = nn_probiou_loss(a, b, NULL);
            a[i] = keep;
            assert_close(grad[i], (up - down) / (2 * step), 1e-6);
        }
    }
}

static void test_direction(void **state)
{
    (void)state;
    const double slim[] = {0, 0, 40, 10, 0.4}, square[] = {0, 0, 10, 10, 0.4};
    const double along[] = {3 * sin(0.8), 3 * cos(0.8)}, across[] = {-sin(0.8), -cos(0.8)};
    assert_close(nn_direction_loss(along, slim, NULL), 0, 1e-6);
    // A quarter turn of a box whose shorter side is a quarter: 0.75 * 2; of a square nothing.
    assert_close(nn_direction_loss(across, slim, NULL), 1.5, 1e-5);
    assert_close(nn_direction_loss(across, square, NULL), 0, 1e-5);
    for (int i = 0; i < 20; i++) {
        double d[] = {cos(i * 1.7) * (1 + i % 3), sin(i * 1.7) * (1 + i % 3)}, grad[2];
        nn_direction_loss(d, slim, grad);
        for (int k = 0; k < 2; k++) {
            const double keep = d[k], step = 1e-6;
            d[k] = keep + step;
            const double up = nn_direction_loss(d, slim, NULL);
            d[k] = keep - step;
            const double down = nn_direction_loss(d, slim, NULL);
            d[k] = keep;
            assert_close(grad[k], (up - down) / (2 * step), 1e-6);
        }
    }
}

static void test_keypoint(void **state)
{
    (void)state;
    double slope;
    assert_close(nn_keypoint_loss(0, 100, 0.2, NULL), 0, 0);
    // d^2 = 2 area k^2: an OKS of 1 / e.
    const double e = nn_keypoint_loss(8, 100, 0.2, &slope);
    assert_close(e, 1 - exp(-1) + 0.1 * log(2), 1e-12);
    const double step = 1e-5;
    const double up = nn_keypoint_loss(8 + step, 100, 0.2, NULL);
    const double down = nn_keypoint_loss(8 - step, 100, 0.2, NULL);
    assert_close(slope, (up - down) / (2 * step), 1e-7);
}

// Losses of the outputs of a head.

typedef struct head {
    float cls[BATCH * CLASSES * CELLS], box[BATCH * 4 * CELLS], more[BATCH * MOST * CELLS];
    float cls_grad[BATCH * CLASSES * CELLS], box_grad[BATCH * 4 * CELLS];
    float more_grad[BATCH * MOST * CELLS];
    float proto[BATCH * PROTOTYPES * MASK_H * MASK_W];
    float proto_grad[BATCH * PROTOTYPES * MASK_H * MASK_W];
    nn_detect_level level;
    nn_instance_prototypes prototypes;
    nn_detect_loss *loss;
    nn_instance_loss *masks;
    nn_details details;
    nn_truth truths[2];
    nn_truth_list lists[BATCH];
    nn_detect_loss_value value;
} head;

static const float places[3][3] = {{14, 12, 1}, {22, 30, 0.5f}, {0, 0, 0}};

// An object with everything in the first picture, one without details beside it.
static void add_truths(head *h)
{
    const float outline[] = {8, 6, 30, 6, 30, 34, 8, 34};
    h->truths[0] = (nn_truth){.x0 = 6, .y0 = 5, .x1 = 34, .y1 = 37, .label = 0};
    h->truths[1] = (nn_truth){.x0 = 38, .y0 = 10, .x1 = 60, .y1 = 30, .label = 1};
    assert_int_equal(nn_details_add(&h->details, &h->truths[0].detail), NN_OK);
    nn_keypoint *k = nn_details_add_keypoints(&h->details, 3);
    float *corners = nn_details_add_outline(&h->details, 4);
    assert_true(k && corners);
    for (int i = 0; i < 3; i++)
        k[i] = (nn_keypoint){places[i][0], places[i][1], places[i][2]};
    memcpy(corners, outline, sizeof outline);
    nn_details_at(&h->details, h->truths[0].detail)->rotated =
        (nn_rotated_box){20, 21, 30, 12, 0.7f};
    h->lists[0] = (nn_truth_list){h->truths, 2, &h->details};
    h->lists[1] = (nn_truth_list){h->truths + 1, 1, NULL};
}

static void open_head(head *h, int more, bool rotated)
{
    nn_rng rng = nn_rng_seed(11);
    nn_trainer_options all;
    memset(h, 0, sizeof *h);
    nn_trainer_defaults(&all);
    fill(h->cls, BATCH * CLASSES * CELLS, -1, 1, &rng);
    fill(h->box, BATCH * 4 * CELLS, 0.4f, 0.4f, &rng);
    fill(h->more, BATCH * MOST * CELLS, 0.2f, 1, &rng);
    fill(h->proto, BATCH * PROTOTYPES * MASK_H * MASK_W, 0, 1, &rng);
    h->level = (nn_detect_level){.stride = STRIDE,
                                 .h = H,
                                 .w = W,
                                 .cls = h->cls,
                                 .box = h->box,
                                 .cls_grad = h->cls_grad,
                                 .box_grad = h->box_grad,
                                 .more = h->more,
                                 .more_grad = h->more_grad,
                                 .more_count = more,
                                 .rotated = rotated};
    h->prototypes = (nn_instance_prototypes){.count = PROTOTYPES,
                                             .h = MASK_H,
                                             .w = MASK_W,
                                             .height = H * STRIDE,
                                             .width = W * STRIDE,
                                             .value = h->proto,
                                             .grad = h->proto_grad};
    add_truths(h);
    assert_int_equal(
        nn_detect_loss_new(&h->loss, &all.task.detect, &h->level, 1, BATCH, CLASSES, NULL), NN_OK);
    assert_int_equal(nn_instance_loss_new(&h->masks, &h->prototypes, NULL), NN_OK);
    assert_int_equal(nn_detect_loss_assign(h->loss, &h->level, h->lists, NULL), NN_OK);
}

static void close_head(head *h)
{
    nn_detect_loss_free(h->loss);
    nn_instance_loss_free(h->masks);
    nn_details_release(&h->details);
}

static double box_loss(head *h)
{
    h->value = nn_detect_loss_grad(h->loss, &h->level);
    return h->value.box;
}

static double pose_loss(head *h)
{
    const nn_pose_loss_options o = {.weight = 4, .visible_weight = 0.5f};
    box_loss(h);
    memset(h->box_grad, 0, sizeof h->box_grad);
    return nn_pose_loss_grad(h->loss, &h->level, &o, &h->value);
}

static double mask_loss(head *h)
{
    double loss;
    box_loss(h);
    memset(h->box_grad, 0, sizeof h->box_grad);
    assert_int_equal(nn_instance_loss_grad(h->masks, h->loss, &h->level, &h->prototypes, 2.5f,
                                           &h->value, &loss, NULL),
                     NN_OK);
    return loss;
}

// Compares n gradients of a loss with central differences; some must not be 0.
static void check(head *h, double (*loss)(head *h), float *x, const float *grad, int n)
{
    int moved = 0;
    for (int i = 0; i < n; i++) {
        const float keep = x[i], step = 5e-3f;
        x[i] = keep + step;
        const float above = x[i];
        const double up = loss(h);
        x[i] = keep - step;
        const double slope = (up - loss(h)) / ((double)above - (double)x[i]);
        x[i] = keep;
        loss(h);
        moved += grad[i] != 0;
        assert_close((double)grad[i], slope, 2e-4 + 0.01 * fabs(slope));
    }
    assert_true(moved > 5);
}

static void test_rotated_head(void **state)
{
    (void)state;
    static head h;
    open_head(&h, 2, true);
    assert_true(box_loss(&h) > 0);
    assert_true(h.value.positives > 5);
    check(&h, box_loss, h.box, h.box_grad, BATCH * 4 * CELLS);
    check(&h, box_loss, h.more, h.more_grad, BATCH * 2 * CELLS);
    close_head(&h);
}

// Points learn an object inside of its rotated box, not of the bounds of that.
static void test_rotated_assignment(void **state)
{
    (void)state;
    static head h;
    open_head(&h, 2, true);
    double box[NN_ROTATED_NUMBERS];
    int inside = 0;
    nn_rotated_truth(h.loss, 0, &h.truths[0], box);
    for (int p = 0; p < CELLS; p++)
        if (nn_detect_loss_owner(h.loss, 0, p) == 0) {
            const double at[] = {(p % W + 0.5) * STRIDE, (p / W + 0.5) * STRIDE};
            assert_true(nn_rotated_holds(box, at));
            inside++;
        }
    assert_true(inside > 2);
    // One without a rotated box is upright, its longer side the width.
    nn_rotated_truth(h.loss, 1, &h.truths[1], box);
    assert_close(box[0], 49, 0);
    assert_close(box[2], 22, 0);
    assert_close(box[3], 20, 0);
    close_head(&h);
}

static void test_pose_head(void **state)
{
    (void)state;
    static head h;
    open_head(&h, 9, false);
    assert_true(pose_loss(&h) > 0);
    check(&h, pose_loss, h.more, h.more_grad, BATCH * 9 * CELLS);
    // In their places and sure of it, keypoints cost nothing.
    for (int p = 0; p < CELLS; p++)
        for (int k = 0; k < 3; k++) {
            float *to = h.more + (size_t)3 * k * CELLS + p;
            to[0] = (places[k][0] - ((float)(p % W) + 0.5f) * STRIDE) / STRIDE;
            to[CELLS] = (places[k][1] - ((float)(p / W) + 0.5f) * STRIDE) / STRIDE;
            to[2 * CELLS] = places[k][2] > 0 ? 20 : -20;
        }
    assert_close(pose_loss(&h), 0, 1e-6);
    close_head(&h);
}

static void test_mask_head(void **state)
{
    (void)state;
    static head h;
    double targets = 0;
    open_head(&h, PROTOTYPES, false);
    assert_true(mask_loss(&h) > 0);
    check(&h, mask_loss, h.more, h.more_grad, BATCH * PROTOTYPES * CELLS);
    check(&h, mask_loss, h.proto, h.proto_grad, BATCH * PROTOTYPES * MASK_H * MASK_W);
    // Sums of 0 say nothing: a cross-entropy of log 2 for each target of the object with an
    // outline.
    memset(h.more, 0, sizeof h.more);
    for (int p = 0; p < CELLS; p++)
        targets += (double)nn_detect_loss_target(h.loss, 0, 0, p);
    assert_close(mask_loss(&h), 2.5 * log(2) * targets / h.value.norm, 1e-5);
    // A prototype that is the mask: cells of 4 pixels, from 8, 6 to 30, 34, whose rims are mixed.
    for (int p = 0; p < CELLS; p++)
        h.more[p] = 1;
    for (int y = 0; y < MASK_H; y++)
        for (int x = 0; x < MASK_W; x++) {
            const bool in = 4 * x >= 8 && 4 * x + 4 <= 30 && 4 * y >= 6 && 4 * y + 4 <= 34;
            const bool rim = (4 * x < 30 && 4 * x + 4 > 30) || (4 * y < 6 && 4 * y + 4 > 6) ||
                             (4 * y < 34 && 4 * y + 4 > 34);
            h.proto[y * MASK_W + x] = in ? 30.0f : rim ? 0.0f : -30.0f;
        }
    assert_true(mask_loss(&h) < 0.45 * 2.5 * log(2) * targets / h.value.norm);
    close_head(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_probiou),      cmocka_unit_test(test_probiou_gradient),
        cmocka_unit_test(test_direction),    cmocka_unit_test(test_keypoint),
        cmocka_unit_test(test_rotated_head), cmocka_unit_test(test_rotated_assignment),
        cmocka_unit_test(test_pose_head),    cmocka_unit_test(test_mask_head),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
