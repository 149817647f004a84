// SPDX-License-Identifier: MIT
// Average precision, precision and recall against numbers worked out by hand.
#include "tests/support/test.h"

#include "nn/eval/box_confusion.h"
#include "nn/eval/box_misses.h"
#include "nn/eval/thresholds.h"

#include <math.h>

static nn_truth truth(float x, float y, float w, float h, int label, bool ignore)
{
    return (nn_truth){x, y, x + w, y + h, label, ignore, 0, 0};
}

static nn_box box(float x, float y, float w, float h, int label, float score)
{
    return (nn_box){.x0 = x, .y0 = y, .x1 = x + w, .y1 = y + h, .label = label, .score = score};
}

static void assert_close(double a, double b)
{
    if (!(fabs(a - b) < 1e-6)) {
        print_error("%.9f is not %.9f\n", a, b);
        fail();
    }
}

static void test_perfect(void **state)
{
    (void)state;
    nn_metrics *m = nn_metrics_new(2);
    const nn_truth t[] = {truth(0, 0, 10, 10, 0, false), truth(20, 0, 10, 10, 1, false)};
    const nn_box b[] = {box(0, 0, 10, 10, 0, 0.9f), box(20, 0, 10, 10, 1, 0.8f)};
    assert_int_equal(nn_metrics_add(m, t, 2, b, 2, NULL), NN_OK);
    nn_metrics_score s;
    assert_int_equal(nn_metrics_compute(m, -1, 0.5f, &s, NULL), NN_OK);
    assert_close(s.ap50, 1);
    assert_close(s.ap, 1);
    assert_close(s.precision, 1);
    assert_close(s.recall, 1);
    nn_metrics_free(m);
}

// Three true boxes in two pictures; by score: hit, miss, hit, miss. Precision at the hits is 1 and
// 2/3, recall 1/3 and 2/3: recall points 0..0.33 have 1 (34 of them), 0.34..0.66 have 2/3 (33), the
// others 0.
static void test_known_curve(void **state)
{
    (void)state;
    nn_metrics *m = nn_metrics_new(1);
    const nn_truth t1[] = {truth(0, 0, 10, 10, 0, false), truth(50, 50, 10, 10, 0, false)};
    const nn_box b1[] = {box(0, 0, 10, 10, 0, 0.9f), box(80, 0, 10, 10, 0, 0.8f)};
    const nn_truth t2[] = {truth(5, 5, 20, 20, 0, false)};
    const nn_box b2[] = {box(60, 60, 5, 5, 0, 0.3f), box(5, 5, 20, 20, 0, 0.7f)};
    assert_int_equal(nn_metrics_add(m, t1, 2, b1, 2, NULL), NN_OK);
    assert_int_equal(nn_metrics_add(m, t2, 1, b2, 2, NULL), NN_OK);
    nn_metrics_score s;
    assert_int_equal(nn_metrics_compute(m, 0, 0.5f, &s, NULL), NN_OK);
    assert_close(s.ap50, (34 + 33 * 2.0 / 3) / 101);
    assert_close(s.ap, s.ap50);
    assert_close(s.precision, 2.0 / 3);
    assert_close(s.recall, 2.0 / 3);
    assert_int_equal(s.detections, 3);
    assert_int_equal(s.truths, 3);
    // F1 = 2 hits / (detections + truths): 0.5, 0.4, 2/3, 4/7: best with three detections.
    float threshold;
    double f1;
    assert_int_equal(nn_metrics_best_threshold(m, -1, 0, &threshold, &f1, NULL), NN_OK);
    assert_close(f1, 2.0 / 3);
    assert_close(threshold, 0.5);
    // With some slack the fourth detection is let in: 4/7 = 2/3 - 0.095.
    assert_int_equal(nn_metrics_best_threshold(m, -1, 0.1, &threshold, &f1, NULL), NN_OK);
    assert_close(f1, 2.0 / 3);
    assert_close(threshold, 0.3);
    nn_metrics_free(m);
}

// Truth 10 x 10, detection 10 x 8 inside: IoU 0.8, a hit at 0.50 .. 0.80 (7 of 10 steps).
static void test_iou_steps(void **state)
{
    (void)state;
    nn_metrics *m = nn_metrics_new(1);
    const nn_truth t[] = {truth(0, 0, 10, 10, 0, false)};
    const nn_box b[] = {box(0, 0, 10, 8, 0, 0.9f)};
    assert_int_equal(nn_metrics_add(m, t, 1, b, 1, NULL), NN_OK);
    nn_metrics_score s;
    assert_int_equal(nn_metrics_compute(m, -1, 0, &s, NULL), NN_OK);
    assert_close(s.ap50, 1);
    assert_close(s.ap, 0.7);
    nn_metrics_free(m);
}

static void test_doubles_and_classes(void **state)
{
    (void)state;
    nn_metrics *m = nn_metrics_new(2);
    const nn_truth t[] = {truth(0, 0, 10, 10, 0, false)};
    // The second finding of the same object is wrong, and so is the right box of the wrong class.
    const nn_box b[] = {box(0, 0, 10, 10, 0, 0.9f), box(0, 0, 10, 9, 0, 0.8f),
                        box(0, 0, 10, 10, 1, 0.7f)};
    assert_int_equal(nn_metrics_add(m, t, 1, b, 3, NULL), NN_OK);
    nn_metrics_score s;
    assert_int_equal(nn_metrics_compute(m, -1, 0.5f, &s, NULL), NN_OK);
    assert_close(s.ap50, 1); // class 1 has no true box: it does not count in the mean
    assert_close(s.precision, 1.0 / 3);
    assert_int_equal(nn_metrics_compute(m, 1, 0.5f, &s, NULL), NN_OK);
    assert_true(isnan(s.ap50));
    assert_close(s.precision, 0);
    assert_int_equal(nn_metrics_compute(m, 2, 0.5f, &s, NULL), NN_EINVAL);
    nn_metrics_free(m);
}

static void test_ignore(void **state)
{
    (void)state;
    nn_metrics *m = nn_metrics_new(1);
    const nn_truth t[] = {truth(0, 0, 10, 10, 0, false), truth(50, 0, 50, 50, 0, true)};
    // Two detections inside the ignore region, one wrong elsewhere.
    const nn_box b[] = {box(0, 0, 10, 10, 0, 0.5f), box(55, 5, 8, 8, 0, 0.9f),
                        box(70, 5, 8, 8, 0, 0.8f), box(0, 70, 8, 8, 0, 0.4f)};
    assert_int_equal(nn_metrics_add(m, t, 2, b, 4, NULL), NN_OK);
    nn_metrics_score s;
    assert_int_equal(nn_metrics_compute(m, -1, 0.1f, &s, NULL), NN_OK);
    assert_close(s.ap50, 1);
    assert_int_equal(s.truths, 1);
    assert_int_equal(s.detections, 2);
    assert_close(s.precision, 0.5);
    nn_metrics_free(m);
}

static void test_nothing(void **state)
{
    (void)state;
    nn_metrics *m = nn_metrics_new(1);
    nn_metrics_score s;
    assert_int_equal(nn_metrics_compute(m, -1, 0.5f, &s, NULL), NN_OK);
    assert_true(isnan(s.ap50) && s.precision == 0 && s.recall == 0);
    const nn_truth t[] = {truth(0, 0, 10, 10, 0, false)};
    assert_int_equal(nn_metrics_add(m, t, 1, NULL, 0, NULL), NN_OK);
    assert_int_equal(nn_metrics_compute(m, -1, 0.5f, &s, NULL), NN_OK);
    assert_close(s.ap50, 0);
    assert_close(s.recall, 0);
    float threshold;
    assert_int_equal(nn_metrics_best_threshold(m, -1, 0.1, &threshold, NULL, NULL), NN_OK);
    assert_close(threshold, 0.5);
    nn_metrics_free(m);
}

// Random scenes. Expected values were computed by another program in another language, written
// after pycocotools' cocoeval step by step: matching for each picture, class and range of areas.
static uint32_t lcg;

static int below(int n)
{
    lcg = lcg * 1664525u + 1013904223u;
    return (int)((lcg >> 8) % (uint32_t)n);
}

static int at_least(int low, int x)
{
    return x < low ? low : x;
}

// A true box, and perhaps one or two detections of it.
static void add_object(nn_truth *t, nn_box *boxes, int *n)
{
    static const int low[3] = {6, 30, 90}, span[3] = {20, 60, 140};
    const int kind = below(3);
    const int w = low[kind] + below(span[kind]), h = low[kind] + below(span[kind]);
    const int x = below(400 - w), y = below(400 - h), label = below(3);
    const bool crowd = below(10) == 0;
    *t = truth(x, y, w, h, label, crowd);
    t->area = below(4) == 0 ? w * h * 3 / 5 : 0;
    for (int copy = 0; copy < 2; copy++) {
        if (below(10) >= (copy == 0 ? 8 : 2))
            continue;
        int by[4];
        for (int i = 0; i < 4; i++)
            by[i] = (below(5) - 2) * (1 + kind);
        const int found = below(10) == 0 ? below(3) : label;
        boxes[(*n)++] = box(at_least(0, x + by[0]), at_least(0, y + by[1]), at_least(3, w + by[2]),
                            at_least(3, h + by[3]), found, (float)below(1024) / 1024);
    }
}

static nn_box random_box(int most, int label, int low, int span)
{
    const int x = below(300), y = below(300), w = 5 + below(most), h = 5 + below(most);
    label = label < 0 ? below(3) : label;
    return box(x, y, w, h, label, (float)(low + below(span)) / 1024);
}

static void add_scenes(nn_metrics *m)
{
    lcg = 7;
    for (int picture = 0; picture < 40; picture++) {
        nn_truth truths[8];
        nn_box boxes[160];
        int n = 0;
        const int objects = below(7);
        for (int i = 0; i < objects; i++)
            add_object(&truths[i], boxes, &n);
        for (int more = below(5); more > 0; more--)
            boxes[n++] = random_box(95, -1, 0, 700);
        // More than the 100 of a class that count.
        for (int i = 0; picture == 11 && i < 130; i++)
            boxes[n++] = random_box(25, 1, 300, 724);
        assert_int_equal(nn_metrics_add(m, truths, objects, boxes, n, NULL), NN_OK);
    }
}

static void test_scenes(void **state)
{
    (void)state;
    static const double all[] = {0.470073236, 0.297408338, 0.280164877, 0.593885360};
    static const double ap_of[] = {0.182098273, 0.453285531, 0.637596260};
    static const double ar_of[] = {0.438562092, 0.655740741, 0.715641026};
    static const double classes[3][4] = {{0.653528363, 0.388606961, 0.395301942, 0.593103448},
                                         {0.164849102, 0.084188419, 0.090929524, 0.571052632},
                                         {0.591842243, 0.419429635, 0.354263166, 0.617500000}};
    nn_metrics *m = nn_metrics_new(3);
    add_scenes(m);
    for (int label = -1; label < 3; label++) {
        nn_metrics_score s;
        assert_int_equal(nn_metrics_compute(m, label, 0.5f, &s, NULL), NN_OK);
        const double *want = label < 0 ? all : classes[label];
        assert_close(s.ap50, want[0]);
        assert_close(s.ap75, want[1]);
        assert_close(s.ap, want[2]);
        assert_close(s.ar, want[3]);
        for (int i = 0; label < 0 && i < NN_METRICS_SIZES; i++) {
            assert_close(s.ap_of[i], ap_of[i]);
            assert_close(s.ar_of[i], ar_of[i]);
        }
    }
    nn_metrics_free(m);
}

// The area in the file decides the size of an object, not its box. Without objects of a size there
// is no score for it.
static void test_sizes(void **state)
{
    (void)state;
    nn_metrics *m = nn_metrics_new(1);
    nn_truth t[] = {truth(0, 0, 40, 40, 0, false), truth(100, 0, 32, 32, 0, false)};
    t[0].area = 900;
    const nn_box b[] = {box(0, 0, 40, 40, 0, 0.9f), box(200, 0, 20, 20, 0, 0.8f)};
    assert_int_equal(nn_metrics_add(m, t, 2, b, 2, NULL), NN_OK);
    nn_metrics_score s;
    assert_int_equal(nn_metrics_compute(m, -1, 0.5f, &s, NULL), NN_OK);
    assert_close(s.ap50, 51.0 / 101); // recall 0.5: points 0 .. 0.50
    assert_close(s.ap_of[0], 51.0 / 101);
    assert_close(s.ar_of[0], 0.5);
    nn_metrics_use_eleven_points(m);
    assert_int_equal(nn_metrics_compute(m, -1, 0.5f, &s, NULL), NN_OK);
    assert_close(s.ap50, 6.0 / 11);
    // 32 x 32 is small and medium; the other one and the wrong box are not of that size.
    assert_close(s.ap_of[1], 0);
    assert_true(isnan(s.ap_of[2]) && isnan(s.ar_of[2]));
    nn_metrics_free(m);
}

// An ignore box of a class does not excuse false boxes of another class.
static void test_ignore_of_class(void **state)
{
    (void)state;
    const nn_truth t[] = {truth(0, 0, 50, 50, 0, true), truth(60, 0, 50, 50, -1, true),
                          truth(0, 60, 10, 10, 1, false)};
    const nn_box b[] = {box(5, 5, 10, 10, 0, 0.9f),  box(5, 5, 10, 10, 1, 0.8f),
                        box(65, 5, 10, 10, 1, 0.7f), box(0, 60, 10, 10, 1, 0.6f),
                        box(0, 60, 10, 9, 1, 0.5f),  box(90, 90, 5, 5, 1, 0.1f)};
    bool found[3];
    nn_verdict verdicts[6];
    assert_int_equal(nn_metrics_judge(t, 3, b, 6, 0.3f, found, verdicts, NULL), NN_OK);
    static const nn_verdict want[6] = {NN_VERDICT_IGNORED, NN_VERDICT_FALSE, NN_VERDICT_IGNORED,
                                       NN_VERDICT_HIT,     NN_VERDICT_FALSE, NN_VERDICT_IGNORED};
    for (int i = 0; i < 6; i++)
        assert_int_equal(verdicts[i], want[i]);
    assert_true(found[0] && found[1] && found[2]);
    assert_int_equal(nn_metrics_judge(t, 3, b, 3, 0.3f, found, verdicts, NULL), NN_OK);
    assert_false(found[2]);
}

// Where dogs are not labelled, a detected dog counts neither way, unless that one is labelled; cats
// count as ever. A box that reaches beyond the picture is no other.
static void test_unknown_class(void **state)
{
    (void)state;
    nn_truth t[] = {truth(0, 0, 10, 10, 0, false), truth(40, 0, 10, 10, 1, false),
                    truth(0, 0, 100, 100, 1, true)};
    t[2].ignore = NN_IGNORE_CLASS;
    const nn_box b[] = {box(0, 0, 10, 10, 0, 0.9f), box(60, 0, 10, 10, 0, 0.8f),
                        box(40, 0, 10, 10, 1, 0.7f), box(60, 60, 10, 10, 1, 0.6f),
                        box(95, 60, 30, 30, 1, 0.5f)};
    nn_metrics *m = nn_metrics_new(2);
    nn_metrics_score cat, dog;
    bool found[3];
    nn_verdict verdicts[5];
    static const nn_verdict want[5] = {NN_VERDICT_HIT, NN_VERDICT_FALSE, NN_VERDICT_HIT,
                                       NN_VERDICT_IGNORED, NN_VERDICT_IGNORED};
    assert_int_equal(nn_metrics_judge(t, 3, b, 5, 0.3f, found, verdicts, NULL), NN_OK);
    for (int i = 0; i < 5; i++)
        assert_int_equal(verdicts[i], want[i]);
    assert_int_equal(nn_metrics_add(m, t, 3, b, 5, NULL), NN_OK);
    assert_int_equal(nn_metrics_compute(m, 0, 0.3f, &cat, NULL), NN_OK);
    assert_int_equal(nn_metrics_compute(m, 1, 0.3f, &dog, NULL), NN_OK);
    assert_true(cat.precision == 0.5 && cat.recall == 1);
    assert_true(dog.precision == 1 && dog.recall == 1 && dog.truths == 1);
    assert_close(dog.ap, 1);
    nn_metrics_free(m);
}

// Two cats, two dogs, a crowd of dogs. Found: a cat, twice; a dog taken for a cat; a dog where the
// cat is that was found already; one dog in the crowd, one on nothing; one cat is missed, and one
// box is below the threshold.
static void test_confusion(void **state)
{
    (void)state;
    enum { CAT, DOG, BACKGROUND };
    const nn_truth t[] = {truth(0, 0, 10, 10, CAT, false), truth(20, 0, 10, 10, CAT, false),
                          truth(40, 0, 10, 10, DOG, false), truth(60, 0, 10, 10, DOG, false),
                          truth(0, 50, 50, 50, DOG, true)};
    const nn_box b[] = {box(0, 0, 10, 10, CAT, 0.9f),   box(0, 0, 10, 9, CAT, 0.85f),
                        box(40, 0, 10, 9, CAT, 0.8f),   box(0, 0, 9, 10, DOG, 0.75f),
                        box(10, 60, 10, 10, DOG, 0.7f), box(90, 90, 5, 5, DOG, 0.6f),
                        box(60, 0, 10, 10, DOG, 0.5f),  box(20, 0, 10, 10, CAT, 0.2f)};
    const nn_scored_objects all = {.truths = t, .truth_count = 5, .boxes = b, .box_count = 8};
    static const int64_t want[3][3] = {{1, 0, 1}, {1, 1, 0}, {1, 2, 0}};
    nn_box_confusion *c = nn_box_confusion_new(2, 0.3f);
    for (int n = 1; n <= 2; n++) { // the same picture twice counts twice
        assert_int_equal(nn_box_confusion_add(c, &nn_similarity_box, &all, NULL), NN_OK);
        for (int i = 0; i < 9; i++)
            assert_int_equal(nn_box_confusion_count(c, i / 3, i % 3), n * want[i / 3][i % 3]);
    }
    // Of two wrong boxes the surer one gets the object, and of two objects the nearer one.
    const nn_truth near[] = {truth(0, 0, 10, 10, CAT, false), truth(2, 0, 10, 10, CAT, false)};
    const nn_box wrong[] = {box(2, 0, 10, 9, DOG, 0.9f), box(2, 0, 10, 10, DOG, 0.8f),
                            box(2, 0, 10, 10, DOG, 0.7f)};
    const nn_scored_objects none = {0},
                            two = {
                                .truths = near, .truth_count = 2, .boxes = wrong, .box_count = 3};
    assert_int_equal(nn_box_confusion_add(c, &nn_similarity_box, &two, NULL), NN_OK);
    assert_int_equal(nn_box_confusion_count(c, CAT, DOG), 2);
    assert_int_equal(nn_box_confusion_count(c, BACKGROUND, DOG), 5);
    assert_int_equal(nn_box_confusion_add(c, &nn_similarity_box, &none, NULL), NN_OK);
    nn_box_confusion_free(c);
    assert_null(nn_box_confusion_new(0, 0.3f));
}

// Five cats: one is found twice, the others are missed: small, at the border, crowded with the one
// that is found, and boxed badly. One box is on nothing, one below the threshold.
static void test_box_misses(void **state)
{
    (void)state;
    const nn_truth t[] = {
        {100, 100, 200, 200, 0, 0, 0, 0}, {300, 300, 320, 320, 0, 0, 0, 0},
        {0, 400, 100, 500, 0, 0, 0, 0},   {140, 100, 240, 200, 0, 0, 0, 0},
        {500, 100, 600, 200, 0, 0, 0, 0}, {700, 0, 800, 100, 0, NN_IGNORE_BOX, 0, 0}};
    const nn_box b[] = {{100, 100, 200, 200, 0.9f, 0, 0, false, 0},
                        {98, 100, 200, 200, 0.8f, 0, 0, false, 0},
                        {550, 100, 650, 200, 0.7f, 0, 0, false, 0},
                        {700, 300, 790, 390, 0.6f, 0, 0, false, 0},
                        {300, 300, 320, 320, 0.1f, 0, 0, false, 0}};
    const nn_scored_objects o = {
        .truths = t, .truth_count = 6, .boxes = b, .box_count = 5, .width = 800, .height = 600};
    nn_box_misses m;
    memset(&m, 0, sizeof m);
    for (int n = 1; n <= 2; n++) {
        assert_int_equal(nn_box_misses_add(&m, 0.3f, &nn_similarity_box, &o, 0.5, NULL), NN_OK);
        assert_int_equal(m.all.objects, 5 * n);
        assert_int_equal(m.all.missed, 4 * n);
        assert_int_equal(m.small.objects, n);
        assert_int_equal(m.small.missed, n);
        assert_int_equal(m.border.objects, n);
        assert_int_equal(m.border.missed, n);
        assert_int_equal(m.crowded.objects, 2 * n);
        assert_int_equal(m.crowded.missed, n);
        assert_int_equal(m.boxes, 4 * n);
        assert_int_equal(m.nothing, n);
        assert_int_equal(m.beside, n);
        assert_int_equal(m.doubled, n);
        assert_true(m.pictures == n && m.width == 800 * n && m.height == 600 * n);
    }
}

// Class 0 is on 30 of 230 pictures, class 1 on two. On the 200 pictures with nothing class 0 is
// found with scores 0.001, 0.002 .. 0.2, and with 0.6 and 0.7 on two more; class 1 nowhere.
static void add_pictures(nn_metrics *m, nn_false_alarms *a)
{
    for (int i = 0; i < 232; i++) {
        const nn_truth t[] = {truth(0, 0, 10, 10, 0, false), truth(40, 40, 10, 10, 1, false)};
        const float score = i < 30 ? 0.5f + 0.0101f * (float)i : 0.001f * (float)(i - 29);
        const nn_box b[] = {box(0, 0, 10, 10, 0, i == 230 ? 0.6f : i == 231 ? 0.7f : score)};
        const nn_scored_objects o = {
            .truths = t, .truth_count = i < 2 ? 2 : i < 30, .boxes = b, .box_count = 1};
        assert_int_equal(nn_metrics_add_objects(m, &o, NULL), NN_OK);
        assert_int_equal(nn_false_alarms_add(a, &o, NULL), NN_OK);
    }
}

static void test_thresholds(void **state)
{
    (void)state;
    nn_metrics *m = nn_metrics_new(2);
    nn_false_alarms *a = nn_false_alarms_new(2);
    nn_threshold_rule rule = {0.001, NN_THRESHOLD_OBJECTS, false};
    float t[2] = {0.9f, 0.8f}, all;
    add_pictures(m, a);
    assert_int_equal(nn_false_alarms_pictures(a, 0), 202);
    assert_int_equal(nn_false_alarms_pictures(a, 1), 230);
    assert_int_equal(nn_false_alarms_count(a, 0, 0.1995f), 3);
    assert_int_equal(nn_false_alarms_count(a, 0, 0.6f), 2);
    assert_int_equal(nn_false_alarms_count(a, 1, 0), 0);
    // One of a thousand of 202 is none that could be allowed: F1 alone decides. All 30 and the two
    // above the threshold: 60 / 62.
    assert_int_equal(nn_thresholds_choose(m, a, &rule, 2, t, &all, NULL), NN_OK);
    assert_close(t[0], 0.5 * (0.5 + 0.2));
    assert_true(t[1] == all); // two objects are too few
    rule.keep = true;
    t[1] = 0.8f;
    assert_int_equal(nn_thresholds_choose(m, a, &rule, 2, t, &all, NULL), NN_OK);
    assert_true(t[1] == 0.8f);
    rule.false_alarms = 0.01; // two: 0.6 and 0.7 may stay, 0.2 may not
    assert_int_equal(nn_thresholds_choose(m, a, &rule, 2, t, &all, NULL), NN_OK);
    assert_close(t[0], 0.5 * (0.6 + 0.2));
    rule.false_alarms = 0.005; // one
    assert_int_equal(nn_thresholds_choose(m, a, &rule, 2, t, &all, NULL), NN_OK);
    assert_close(t[0], 0.65);
    assert_int_equal(nn_false_alarms_count(a, 0, t[0]), 1);
    // Precision and recall are then those of boxes that reach the threshold of their class.
    nn_metrics_score s;
    nn_metrics_use_class_thresholds(m, t);
    assert_int_equal(nn_metrics_compute(m, -1, 0, &s, NULL), NN_OK);
    assert_int_equal(s.detections, 15 + 1);
    assert_close(s.recall, 15.0 / 32);
    nn_metrics_free(m);
    nn_false_alarms_free(a);
}

// Between two neighbouring floats there is no number: the threshold is then the upper one.
static void test_near_scores(void **state)
{
    (void)state;
    nn_metrics *m = nn_metrics_new(1);
    nn_false_alarms *a = nn_false_alarms_new(1);
    const nn_threshold_rule rule = {0.5, NN_THRESHOLD_OBJECTS, true};
    float t = 0.1f, all;
    for (int i = 0; i < 2; i++) {
        const nn_box b = box(0, 0, 10, 10, 0, i ? nextafterf(0.5f, 1) : 0.5f);
        const nn_scored_objects o = {.boxes = &b, .box_count = 1};
        assert_int_equal(nn_false_alarms_add(a, &o, NULL), NN_OK);
    }
    assert_int_equal(nn_thresholds_choose(m, a, &rule, 1, &t, &all, NULL), NN_OK);
    assert_true(t == nextafterf(0.5f, 1) && all == t);
    assert_int_equal(nn_false_alarms_count(a, 0, t), 1);
    nn_metrics_free(m);
    nn_false_alarms_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_perfect),         cmocka_unit_test(test_known_curve),
        cmocka_unit_test(test_iou_steps),       cmocka_unit_test(test_doubles_and_classes),
        cmocka_unit_test(test_ignore),          cmocka_unit_test(test_nothing),
        cmocka_unit_test(test_scenes),          cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_ignore_of_class), cmocka_unit_test(test_unknown_class),
        cmocka_unit_test(test_box_misses),      cmocka_unit_test(test_confusion),
        cmocka_unit_test(test_thresholds),      cmocka_unit_test(test_near_scores),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
