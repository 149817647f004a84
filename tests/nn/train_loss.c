// SPDX-License-Identifier: MIT
// The detection loss: gradients by central differences, assignments worked out by hand.
#include "tests/support/test.h"

#include "nn/base/rng.h"
#include "nn/train/detect_loss.h"

#include <math.h>

enum { BATCH = 2, CLASSES = 3, H0 = 6, W0 = 8, H1 = 3, W1 = 4 };
enum { P0 = H0 * W0, P1 = H1 * W1 };

typedef struct head {
    float cls0[BATCH * CLASSES * P0], box0[BATCH * 4 * P0];
    float cls1[BATCH * CLASSES * P1], box1[BATCH * 4 * P1];
    float grad_cls0[BATCH * CLASSES * P0], grad_box0[BATCH * 4 * P0];
    float grad_cls1[BATCH * CLASSES * P1], grad_box1[BATCH * 4 * P1];
    nn_detect_level levels[2];
} head;

static void fill(float *v, int n, float centre, float spread, nn_rng *rng)
{
    for (int i = 0; i < n; i++)
        v[i] = centre + spread * nn_rng_normal(rng);
}

static void make_head(head *h, uint64_t seed)
{
    nn_rng rng = nn_rng_seed(seed);
    fill(h->cls0, BATCH * CLASSES * P0, -1, 1, &rng);
    fill(h->cls1, BATCH * CLASSES * P1, -1, 1, &rng);
    fill(h->box0, BATCH * 4 * P0, 0.4f, 0.5f, &rng);
    fill(h->box1, BATCH * 4 * P1, 0.2f, 0.5f, &rng);
    h->levels[0] = (nn_detect_level){8, H0, W0, h->cls0, h->box0, h->grad_cls0, h->grad_box0};
    h->levels[1] = (nn_detect_level){16, H1, W1, h->cls1, h->box1, h->grad_cls1, h->grad_box1};
}

static nn_detect_loss *make_loss(head *h, const nn_detect_loss_options *options)
{
    nn_detect_loss_options o;
    nn_detect_loss_defaults(&o);
    nn_detect_loss *l = NULL;
    nn_error err = {0};
    assert_int_equal(
        nn_detect_loss_new(&l, options ? options : &o, h->levels, 2, BATCH, CLASSES, &err), NN_OK);
    return l;
}

static const nn_truth FIRST[] = {{6, 5, 30, 33, 0, false, 0}, {25, 10, 60, 44, 2, false, 0}};
static const nn_truth SECOND[] = {{40, 20, 47, 27, 1, false, 0}, {2, 2, 20, 40, 0, true, 0}};
static const nn_truth_list LISTS[BATCH] = {{FIRST, 2}, {SECOND, 2}};

static void test_giou_gradient(void **state)
{
    (void)state;
    nn_rng rng = nn_rng_seed(5);
    for (int n = 0; n < 200; n++) {
        double b[4] = {2, 3, 8, 11}, a[4], grad[4];
        for (int i = 0; i < 2; i++) {
            a[i] = nn_rng_range(&rng, -10, 14);
            a[i + 2] = a[i] + nn_rng_range(&rng, 0.5f, 12);
        }
        nn_giou(a, b, grad);
        for (int i = 0; i < 4; i++) {
            double keep = a[i], step = 1e-6;
            a[i] = keep + step;
            double up = nn_giou(a, b, NULL);
            a[i] = keep - step;
            double down = nn_giou(a, b, NULL);
            a[i] = keep;
            assert_true(fabs((up - down) / (2 * step) - grad[i]) < 1e-5);
        }
    }
    double same[4] = {1, 2, 5, 9}, far[4] = {11, 2, 15, 9};
    assert_true(fabs(nn_giou(same, same, NULL) - 1) < 1e-6);
    // Equal boxes 4 x 7 ten apart: no intersection, hull 14 x 7, union 56.
    assert_true(fabs(nn_giou(same, far, NULL) - (56.0 / 98 - 1)) < 1e-6);
}

// The factor |sigmoid - target|^2 counts as a constant, so the class gradient is checked against
// its own formula and the box gradient, which has no such factor, by differences.
static void check_box_gradient(head *h, nn_detect_loss *l, float *box, const float *grad, int n)
{
    for (int i = 0; i < n; i++) {
        float keep = box[i], step = 1e-2f;
        float analytic = grad[i];
        box[i] = keep + step;
        float above = box[i];
        double up = nn_detect_loss_grad(l, h->levels).box;
        box[i] = keep - step;
        double slope = (up - nn_detect_loss_grad(l, h->levels).box) / ((double)above - box[i]);
        box[i] = keep;
        nn_detect_loss_grad(l, h->levels);
        assert_true(fabs(slope - analytic) < 2e-3 + 0.02 * fabs(slope));
    }
}

static void test_box_gradient(void **state)
{
    (void)state;
    static head h;
    make_head(&h, 1);
    nn_detect_loss *l = make_loss(&h, NULL);
    assert_int_equal(nn_detect_loss_assign(l, h.levels, LISTS, NULL), NN_OK);
    nn_detect_loss_value v = nn_detect_loss_grad(l, h.levels);
    assert_true(v.positives > 10 && v.box > 0);
    check_box_gradient(&h, l, h.box0, h.grad_box0, BATCH * 4 * P0);
    check_box_gradient(&h, l, h.box1, h.grad_box1, BATCH * 4 * P1);
    nn_detect_loss_free(l);
}

static void test_class_gradient(void **state)
{
    (void)state;
    static head h;
    make_head(&h, 2);
    nn_detect_loss *l = make_loss(&h, NULL);
    assert_int_equal(nn_detect_loss_assign(l, h.levels, LISTS, NULL), NN_OK);
    nn_detect_loss_value v = nn_detect_loss_grad(l, h.levels);
    double loss = 0;
    int zero = 0;
    for (int n = 0; n < BATCH; n++)
        for (int c = 0; c < CLASSES; c++)
            for (int p = 0; p < P0 + P1; p++) {
                int i = p < P0 ? (n * CLASSES + c) * P0 + p : (n * CLASSES + c) * P1 + p - P0;
                double z = p < P0 ? h.cls0[i] : h.cls1[i];
                double g = p < P0 ? h.grad_cls0[i] : h.grad_cls1[i];
                int s = p < P0 ? 8 : 16, w = p < P0 ? W0 : W1, q = p < P0 ? p : p - P0;
                double x = (q % w + 0.5) * s, y = (q / w + 0.5) * s;
                bool inside = n == 1 && x > 2 && x < 20 && y > 2 && y < 40;
                if (inside && nn_detect_loss_owner(l, n, p) < 0) {
                    assert_true(g == 0);
                    zero++;
                    continue;
                }
                double t = nn_detect_loss_target(l, n, c, p), q1 = 1 / (1 + exp(-z));
                double weight = (q1 - t) * (q1 - t) * 2 / v.norm;
                loss -= weight * (t * log(q1) + (1 - t) * log(1 - q1));
                assert_true(fabs(g - weight * (q1 - t)) < 1e-6);
            }
    assert_true(zero > 5 * CLASSES);
    assert_true(fabs(loss - v.cls) < 1e-5);
    nn_detect_loss_free(l);
}

// A point's box: raw such that it reaches from its point to the sides of the truth.
static void aim(head *h, int n, int x, int y, const nn_truth *t)
{
    const double side[4] = {(x + 0.5) * 8 - t->x0, (y + 0.5) * 8 - t->y0, t->x1 - (x + 0.5) * 8,
                            t->y1 - (y + 0.5) * 8};
    for (int k = 0; k < 4; k++)
        h->box0[(n * 4 + k) * P0 + y * W0 + x] = (float)log(side[k] / 8);
}

static void test_assignment(void **state)
{
    (void)state;
    static head h;
    make_head(&h, 3);
    nn_detect_loss_options o;
    nn_detect_loss_defaults(&o);
    o.topk = 1;
    nn_detect_loss *l = make_loss(&h, &o);
    // One point of each object predicts its box exactly and with confidence.
    const nn_truth t[2] = {{6, 5, 34, 33, 0, false, 0}, {10, 9, 60, 44, 2, false, 0}};
    aim(&h, 0, 2, 2, &t[0]);
    h.cls0[(0 * CLASSES + 0) * P0 + 2 * W0 + 2] = 2;
    aim(&h, 0, 5, 3, &t[1]);
    h.cls0[(0 * CLASSES + 2) * P0 + 3 * W0 + 5] = 2;
    const nn_truth_list lists[BATCH] = {{t, 2}, {NULL, 0}};
    assert_int_equal(nn_detect_loss_assign(l, h.levels, lists, NULL), NN_OK);
    int owned = 0;
    for (int p = 0; p < P0 + P1; p++) {
        owned += nn_detect_loss_owner(l, 0, p) >= 0;
        assert_int_equal(nn_detect_loss_owner(l, 1, p), -1);
    }
    assert_int_equal(owned, 2);
    assert_int_equal(nn_detect_loss_owner(l, 0, 2 * W0 + 2), 0);
    assert_int_equal(nn_detect_loss_owner(l, 0, 3 * W0 + 5), 1);
    // The best point of an object has its IoU, here 1, as target; other classes have 0.
    assert_true(fabsf(nn_detect_loss_target(l, 0, 0, 2 * W0 + 2) - 1) < 1e-3f);
    assert_true(nn_detect_loss_target(l, 0, 1, 2 * W0 + 2) == 0);
    nn_detect_loss_free(l);
}

static void test_conflict_and_tiny(void **state)
{
    (void)state;
    static head h;
    make_head(&h, 4);
    nn_detect_loss *l = make_loss(&h, NULL);
    // The same box twice, once slightly larger: the exact one wins the point that predicts it.
    const nn_truth t[3] = {{6, 5, 36, 36, 0, false, 0},
                           {6, 5, 34, 33, 1, false, 0},
                           {45.5f, 21.5f, 46.5f, 22.5f, 2, false, 0}};
    aim(&h, 0, 2, 2, &t[1]);
    const nn_truth_list lists[BATCH] = {{t, 3}, {NULL, 0}};
    assert_int_equal(nn_detect_loss_assign(l, h.levels, lists, NULL), NN_OK);
    assert_int_equal(nn_detect_loss_owner(l, 0, 2 * W0 + 2), 1);
    // No point lies inside the third: the nearest of the finest level answers for it.
    assert_int_equal(nn_detect_loss_owner(l, 0, 2 * W0 + 5), 2);
    // An object never has more than topk points.
    int count[3] = {0, 0, 0};
    for (int p = 0; p < P0 + P1; p++)
        if (nn_detect_loss_owner(l, 0, p) >= 0)
            count[nn_detect_loss_owner(l, 0, p)]++;
    assert_true(count[0] > 0 && count[0] <= 10 && count[1] > 0 && count[1] <= 10);
    assert_int_equal(count[2], 1);
    nn_detect_loss_free(l);
}

static void test_empty_and_bad(void **state)
{
    (void)state;
    static head h;
    make_head(&h, 6);
    nn_detect_loss *l = make_loss(&h, NULL);
    const nn_truth_list none[BATCH] = {{NULL, 0}, {NULL, 0}};
    assert_int_equal(nn_detect_loss_assign(l, h.levels, none, NULL), NN_OK);
    nn_detect_loss_value v = nn_detect_loss_grad(l, h.levels);
    assert_true(v.box == 0 && v.cls > 0 && v.norm == 1 && v.positives == 0);
    for (int i = 0; i < BATCH * 4 * P0; i++)
        assert_true(h.grad_box0[i] == 0);
    const nn_truth flat = {5, 5, 5, 9, 0, false, 0};
    const nn_truth_list bad[BATCH] = {{&flat, 1}, {NULL, 0}};
    nn_error err;
    assert_int_equal(nn_detect_loss_assign(l, h.levels, bad, &err), NN_EINVAL);
    nn_detect_loss_free(l);
    nn_detect_loss_options o;
    nn_detect_loss_defaults(&o);
    o.topk = 0;
    assert_int_equal(nn_detect_loss_new(&l, &o, h.levels, 2, BATCH, CLASSES, &err), NN_EINVAL);
    assert_null(l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_giou_gradient),     cmocka_unit_test(test_box_gradient),
        cmocka_unit_test(test_class_gradient),    cmocka_unit_test(test_assignment),
        cmocka_unit_test(test_conflict_and_tiny), cmocka_unit_test(test_empty_and_bad),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
