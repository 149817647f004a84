// SPDX-License-Identifier: MIT
// The detection loss: gradients by central differences, assignments worked out by hand.
#include "tests/support/test.h"

#include "nn/base/rng.h"
#include "nn/train/loss/detect_loss.h"
#include "nn/train/trainer.h"

#include <math.h>
#include <string.h>

enum { BATCH = 2, CLASSES = 3, H0 = 6, W0 = 8, H1 = 3, W1 = 4 };
enum { P0 = H0 * W0, P1 = H1 * W1, BINS = 5 };

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
    h->levels[0] = (nn_detect_level){
        8, H0, W0, h->cls0, h->box0, h->grad_cls0, h->grad_box0, .bins = 0, .corner = false};
    h->levels[1] = (nn_detect_level){16,           H1,           W1,        h->cls1,        h->box1,
                                     h->grad_cls1, h->grad_box1, .bins = 0, .corner = false};
}

static void set_defaults(nn_detect_loss_options *o)
{
    nn_trainer_options all;
    nn_trainer_defaults(&all);
    *o = all.task.detect;
}

static nn_detect_loss *make_loss(head *h, const nn_detect_loss_options *options)
{
    nn_detect_loss_options o;
    set_defaults(&o);
    nn_detect_loss *l = NULL;
    nn_error err = {0};
    assert_int_equal(
        nn_detect_loss_new(&l, options ? options : &o, h->levels, 2, BATCH, CLASSES, &err), NN_OK);
    return l;
}

static const nn_truth FIRST[] = {{6, 5, 30, 33, 0, false, 0, 0}, {25, 10, 60, 44, 2, false, 0, 0}};
static const nn_truth SECOND[] = {{40, 20, 47, 27, 1, false, 0, 0}, {2, 2, 20, 40, -1, true, 0, 0}};
static const nn_truth_list LISTS[BATCH] = {{FIRST, 2, NULL}, {SECOND, 2, NULL}};

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

// The factor |sigmoid - target|^2 is constant in the gradient. So the class gradient is checked
// against its formula, and the box gradient, which has no such factor, by differences.
static void check_box_gradient(const nn_detect_level *levels, nn_detect_loss *l, float *box,
                               const float *grad, int n)
{
    for (int i = 0; i < n; i++) {
        float keep = box[i], step = 1e-2f;
        float analytic = grad[i];
        box[i] = keep + step;
        float above = box[i];
        double up = nn_detect_loss_grad(l, levels).box;
        box[i] = keep - step;
        double slope = (up - nn_detect_loss_grad(l, levels).box) / ((double)above - box[i]);
        box[i] = keep;
        nn_detect_loss_grad(l, levels);
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
    check_box_gradient(h.levels, l, h.box0, h.grad_box0, BATCH * 4 * P0);
    check_box_gradient(h.levels, l, h.box1, h.grad_box1, BATCH * 4 * P1);
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

// A head of one level whose sides are distributions over `corner` points.
typedef struct bins_head {
    float cls[BATCH * CLASSES * P0], dist[BATCH * 4 * BINS * P0];
    float grad_cls[BATCH * CLASSES * P0], grad_dist[BATCH * 4 * BINS * P0];
    nn_detect_level level;
} bins_head;

static nn_detect_loss *make_bins(bins_head *h, uint64_t seed, bool corner,
                                 const nn_detect_loss_options *o)
{
    nn_rng rng = nn_rng_seed(seed);
    nn_detect_loss *l = NULL;
    nn_error err = {0};
    fill(h->cls, BATCH * CLASSES * P0, -1, 1, &rng);
    fill(h->dist, BATCH * 4 * BINS * P0, 0, 1, &rng);
    h->level = (nn_detect_level){8,           H0,           W0,           h->cls,          h->dist,
                                 h->grad_cls, h->grad_dist, .bins = BINS, .corner = corner};
    assert_int_equal(nn_detect_loss_new(&l, o, &h->level, 1, BATCH, CLASSES, &err), NN_OK);
    return l;
}

static void test_bins_gradient(void **state)
{
    (void)state;
    static bins_head h;
    nn_detect_loss_options o;
    set_defaults(&o);
    for (int corner = 0; corner < 2; corner++) {
        double box[2];
        for (int with = 0; with < 2; with++) {
            o.dfl_weight = with ? 2 : 0;
            nn_detect_loss *l = make_bins(&h, 8, corner, &o);
            assert_int_equal(nn_detect_loss_assign(l, &h.level, LISTS, NULL), NN_OK);
            nn_detect_loss_value v = nn_detect_loss_grad(l, &h.level);
            assert_true(v.positives > 10 && v.box > 0);
            box[with] = v.box;
            check_box_gradient(&h.level, l, h.dist, h.grad_dist, BATCH * 4 * BINS * P0);
            nn_detect_loss_free(l);
        }
        assert_true(box[1] > box[0] + 0.1);
    }
}

// One point has the distances 1.5, 0, 4 and 2.25 as distributions over the two bins around them: a
// perfect box has no GIoU loss, and its focal loss is the entropy of the distributions.
static void test_bins_by_hand(void **state)
{
    (void)state;
    static bins_head h;
    const double want[4] = {1.5, 0.25, 4, 2.25};
    nn_detect_loss_options o;
    set_defaults(&o);
    o.topk = 1;
    for (int corner = 0; corner < 2; corner++) {
        nn_detect_loss *l = make_bins(&h, 9, corner, &o);
        const int x = 3, y = 2;
        const double cx = 8 * (x + (corner ? 0 : 0.5)), cy = 8 * (y + (corner ? 0 : 0.5));
        double entropy = 0;
        for (int k = 0; k < 4; k++)
            for (int b = 0; b < BINS; b++) {
                const double p = fmax(1 - fabs(want[k] - b), 0);
                h.dist[(k * BINS + b) * P0 + y * W0 + x] = (float)log(fmax(p, 1e-12));
                entropy -= p > 0 ? p * log(p) : 0;
            }
        h.cls[1 * P0 + y * W0 + x] = 3;
        const nn_truth t = {(float)(cx - 8 * want[0]),
                            (float)(cy - 8 * want[1]),
                            (float)(cx + 8 * want[2]),
                            (float)(cy + 8 * want[3]),
                            1,
                            false,
                            0,
                            0};
        const nn_truth_list lists[BATCH] = {{.truths = &t, .count = 1}, {.count = 0}};
        assert_int_equal(nn_detect_loss_assign(l, &h.level, lists, NULL), NN_OK);
        assert_int_equal(nn_detect_loss_owner(l, 0, y * W0 + x), 0);
        const nn_detect_loss_value v = nn_detect_loss_grad(l, &h.level);
        assert_int_equal(v.positives, 1);
        assert_true(fabsf(nn_detect_loss_target(l, 0, 1, y * W0 + x) - 1) < 1e-3f);
        assert_true(fabs(v.box - 0.25 * entropy / 4) < 1e-4);
        nn_detect_loss_free(l);
    }
}

// Distillation: a teacher with the student's outputs costs nothing in boxes, and gradients agree
// with differences.
static void check_teacher(bool corner, bool distributions)
{
    static bins_head h, teach;
    static float logs[BATCH * 4 * P0];
    nn_detect_loss_options o;
    set_defaults(&o);
    nn_rng rng = nn_rng_seed(12);
    nn_detect_loss *t = make_bins(&teach, 21, corner, &o), *l = make_bins(&h, 20, false, &o);
    fill(logs, BATCH * 4 * P0, 0.3f, 0.5f, &rng);
    const bool known[CLASSES] = {true, false, true};
    nn_detect_teacher teacher = {.level = {teach.level}, .known = known, .weight = 0.5f};
    if (!distributions) {
        teacher.level[0].box = logs;
        teacher.level[0].bins = 0;
    }
    const nn_truth_list none[BATCH] = {{.count = 0}, {.count = 0}};
    assert_int_equal(nn_detect_loss_assign(l, &h.level, none, NULL), NN_OK);
    nn_detect_loss_grad(l, &h.level);
    static float alone[BATCH * CLASSES * P0], grad[BATCH * 4 * BINS * P0];
    memcpy(alone, h.grad_cls, sizeof alone);
    const nn_detect_loss_value v = nn_detect_loss_teach(l, &h.level, &teacher);
    memcpy(grad, h.grad_dist, sizeof grad);
    assert_true(v.cls > 0 && v.box > 0 && v.norm > 1);
    for (int i = 0; i < BATCH * CLASSES * P0; i++) { // the factor of the focal loss is constant
        const double s = 1 / (1 + exp(-(double)h.cls[i])), q = 1 / (1 + exp(-(double)teach.cls[i]));
        const double want = 0.5 * 2 / v.norm * (s - q) * (s - q) * (s - q);
        const bool is_known = known[i / P0 % CLASSES];
        assert_true(fabs(h.grad_cls[i] - alone[i] - (is_known ? want : 0)) < 1e-6);
    }
    for (int i = 0; i < BATCH * 4 * BINS * P0; i += 7) {
        const float keep = h.dist[i], step = 2e-2f;
        h.dist[i] = keep + step;
        const double up = nn_detect_loss_teach(l, &h.level, &teacher).box;
        h.dist[i] = keep - step;
        const double down = nn_detect_loss_teach(l, &h.level, &teacher).box;
        h.dist[i] = keep;
        const double slope = (up - down) / (2 * step);
        assert_true(fabs(slope - grad[i]) < 1e-4 + 0.02 * fabs(slope));
    }
    teacher.level[0] = h.level;
    assert_true(nn_detect_loss_teach(l, &h.level, &teacher).box < 1e-9);
    nn_detect_loss_free(l);
    nn_detect_loss_free(t);
}

static void test_teacher(void **state)
{
    (void)state;
    check_teacher(false, true); // bin by bin
    check_teacher(true, true);  // from other points: by boxes
    check_teacher(false, false);
}

static bool differs(const float *a, const float *b, int n)
{
    return memcmp(a, b, (size_t)n * sizeof *a) != 0;
}

// An ignore box with a label takes the loss of that class away, and no other; so does a picture
// without labels of a class, but for the points of objects of that class.
static void test_partly_labelled(void **state)
{
    (void)state;
    static head h;
    static float plain[BATCH * CLASSES * P0];
    make_head(&h, 7);
    nn_detect_loss *l = make_loss(&h, NULL);
    assert_int_equal(nn_detect_loss_assign(l, h.levels, LISTS, NULL), NN_OK);
    nn_detect_loss_grad(l, h.levels);
    memcpy(plain, h.grad_cls0, sizeof plain);
    nn_truth one[3] = {FIRST[0], FIRST[1], {0, 0, 64, 48, 1, true, 0, 0}};
    const nn_truth_list ignore[BATCH] = {{.truths = one, .count = 3}, LISTS[1]};
    assert_int_equal(nn_detect_loss_assign(l, h.levels, ignore, NULL), NN_OK);
    nn_detect_loss_grad(l, h.levels);
    assert_false(differs(plain, h.grad_cls0, P0));
    assert_true(differs(plain + P0, h.grad_cls0 + P0, P0));
    assert_false(differs(plain + 2 * P0, h.grad_cls0 + 2 * P0, P0));
    for (int p = 0; p < P0; p++)
        assert_true(nn_detect_loss_owner(l, 0, p) >= 0 || h.grad_cls0[P0 + p] == 0);
    const nn_truth open[4] = {FIRST[0],
                              FIRST[1],
                              {0, 0, 64, 48, 1, NN_IGNORE_CLASS, 0, 0},
                              {0, 0, 64, 48, 2, NN_IGNORE_CLASS, 0, 0}};
    const nn_truth_list unlabelled[BATCH] = {{open, 4, NULL}, LISTS[1]};
    assert_int_equal(nn_detect_loss_assign(l, h.levels, unlabelled, NULL), NN_OK);
    nn_detect_loss_grad(l, h.levels);
    assert_false(differs(plain, h.grad_cls0, P0));
    assert_false(differs(plain + CLASSES * P0, h.grad_cls0 + CLASSES * P0, CLASSES * P0));
    int own = 0;
    for (int p = 0; p < P0; p++) {
        const bool mine = nn_detect_loss_owner(l, 0, p) == 1;
        own += mine;
        assert_true(h.grad_cls0[P0 + p] == 0);
        assert_true(h.grad_cls0[2 * P0 + p] == (mine ? plain[2 * P0 + p] : 0));
    }
    assert_true(own > 0);
    nn_detect_loss_free(l);
}

// A part of a picture without labels of class 1 changes nothing outside of it, and nothing of the
// next picture that has labels of everything.
static void test_unlabelled_region(void **state)
{
    (void)state;
    enum { REGION = 24 }; // right side of the region: between points
    static head h, plain;
    const nn_truth known[] = {{6, 5, 30, 33, 0, false, 0, 0}, {40, 5, 60, 33, 1, false, 0, 0}};
    const nn_truth more[] = {known[0],
                             known[1],
                             {4, 4, 20, 20, 1, false, 0, 0},
                             {0, 0, REGION, 48, 1, NN_IGNORE_CLASS, 0, 0},
                             {0, 0, REGION, 48, CLASSES, NN_IGNORE_CLASS, 0, 0}};
    make_head(&h, 4);
    make_head(&plain, 4);
    nn_detect_loss *l = make_loss(&h, NULL), *other = make_loss(&plain, NULL);
    const nn_truth_list lists[] = {{more, 5, NULL}, {known, 2, NULL}},
                        base[] = {{more, 3, NULL}, {known, 2, NULL}};
    for (int turn = 0; turn < 2; turn++) {
        assert_int_equal(nn_detect_loss_assign(l, h.levels, turn ? base : lists, NULL), NN_OK);
        assert_int_equal(nn_detect_loss_assign(other, plain.levels, base, NULL), NN_OK);
        nn_detect_loss_grad(l, h.levels);
        nn_detect_loss_grad(other, plain.levels);
        int zero = 0, kept = 0;
        for (int i = 0; i < BATCH * CLASSES * P0; i++) {
            const int n = i / (CLASSES * P0), c = i / P0 % CLASSES, p = i % P0;
            const bool inside = !turn && n == 0 && c == 1 && (p % W0 + 0.5) * 8 < REGION;
            if (inside && !(nn_detect_loss_target(other, n, 1, p) > 0)) {
                assert_true(h.grad_cls0[i] == 0 && plain.grad_cls0[i] != 0);
                zero++;
            } else {
                assert_true(h.grad_cls0[i] == plain.grad_cls0[i]);
                kept += inside;
            }
        }
        assert_true(turn ? zero == 0 : zero > 5 && kept > 0);
        assert_false(differs(plain.grad_box0, h.grad_box0, BATCH * 4 * P0));
    }
    nn_detect_loss_free(l);
    nn_detect_loss_free(other);
}

// Sets a point's raw outputs so that its box is the true one.
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
    set_defaults(&o);
    o.topk = 1;
    nn_detect_loss *l = make_loss(&h, &o);
    // One point of each object predicts its box exactly and with confidence.
    const nn_truth t[2] = {{6, 5, 34, 33, 0, false, 0, 0}, {10, 9, 60, 44, 2, false, 0, 0}};
    aim(&h, 0, 2, 2, &t[0]);
    h.cls0[(0 * CLASSES + 0) * P0 + 2 * W0 + 2] = 2;
    aim(&h, 0, 5, 3, &t[1]);
    h.cls0[(0 * CLASSES + 2) * P0 + 3 * W0 + 5] = 2;
    const nn_truth_list lists[BATCH] = {{t, 2, NULL}, {NULL, 0, NULL}};
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
    const nn_truth t[3] = {{6, 5, 36, 36, 0, false, 0, 0},
                           {6, 5, 34, 33, 1, false, 0, 0},
                           {45.5f, 21.5f, 46.5f, 22.5f, 2, false, 0, 0}};
    aim(&h, 0, 2, 2, &t[1]);
    const nn_truth_list lists[BATCH] = {{t, 3, NULL}, {NULL, 0, NULL}};
    assert_int_equal(nn_detect_loss_assign(l, h.levels, lists, NULL), NN_OK);
    assert_int_equal(nn_detect_loss_owner(l, 0, 2 * W0 + 2), 1);
    // The third object contains no point: the nearest point of the finest level gets it.
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
    const nn_truth_list none[BATCH] = {{NULL, 0, NULL}, {NULL, 0, NULL}};
    assert_int_equal(nn_detect_loss_assign(l, h.levels, none, NULL), NN_OK);
    nn_detect_loss_value v = nn_detect_loss_grad(l, h.levels);
    assert_true(v.box == 0 && v.cls > 0 && v.norm == 1 && v.positives == 0);
    for (int i = 0; i < BATCH * 4 * P0; i++)
        assert_true(h.grad_box0[i] == 0);
    const nn_truth flat = {5, 5, 5, 9, 0, false, 0, 0};
    const nn_truth_list bad[BATCH] = {{&flat, 1, NULL}, {NULL, 0, NULL}};
    nn_error err;
    assert_int_equal(nn_detect_loss_assign(l, h.levels, bad, &err), NN_EINVAL);
    nn_detect_loss_free(l);
    nn_detect_loss_options o;
    set_defaults(&o);
    h.levels[0].bins = 1;
    assert_int_equal(nn_detect_loss_new(&l, &o, h.levels, 2, BATCH, CLASSES, &err),
                     NN_EUNSUPPORTED);
    assert_null(l);
    h.levels[0].bins = 0;
    o.topk = 0;
    assert_int_equal(nn_detect_loss_new(&l, &o, h.levels, 2, BATCH, CLASSES, &err), NN_EINVAL);
    assert_null(l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_giou_gradient),  cmocka_unit_test(test_box_gradient),
        cmocka_unit_test(test_class_gradient), cmocka_unit_test(test_bins_gradient),
        cmocka_unit_test(test_bins_by_hand),   cmocka_unit_test(test_partly_labelled),
        cmocka_unit_test(test_teacher),        cmocka_unit_test(test_unlabelled_region),
        cmocka_unit_test(test_assignment),     cmocka_unit_test(test_conflict_and_tiny),
        cmocka_unit_test(test_empty_and_bad),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
