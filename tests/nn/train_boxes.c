// SPDX-License-Identifier: MIT
// Views of pictures with boxes: every box stays on its object, after any move, paste or mix.
#include "tests/support/labelled.h"
#include "tests/support/test.h"

#include "nn/base/memory.h"
#include "nn/data/augment/augment.h"

#include <math.h>

// Mean level of the first plane inside a box, and of the ring around it.
static void measure(const nn_view *v, const nn_truth *t, double *inside, double *around)
{
    double sum[2] = {0, 0};
    int n[2] = {0, 0};
    for (int y = (int)t->y0 - 3; y < (int)t->y1 + 4; y++)
        for (int x = (int)t->x0 - 3; x < (int)t->x1 + 4; x++) {
            bool in = x >= t->x0 + 1 && x + 2 <= t->x1 && y >= t->y0 + 1 && y + 2 <= t->y1;
            bool out = x + 2 < t->x0 || x > t->x1 + 1 || y + 2 < t->y0 || y > t->y1 + 1;
            if (x < 0 || y < 0 || x >= v->width || y >= v->height || in == out)
                continue;
            sum[out] += v->planes[y * v->width + x];
            n[out]++;
        }
    *inside = n[0] ? sum[0] / n[0] : 1;
    *around = n[1] ? sum[1] / n[1] : 0;
}

// In a mosaic only the parts that show a source without a class are regions without labels of it.
static void test_unknown_in_mosaics(void **state)
{
    (void)state;
    enum { W = 96, H = 64, LABEL = 3 };
    nn_dataset d;
    make_boxes(&d, 3, 0);
    int index;
    nn_source source = {.path = "partly", .unknown = {1u << LABEL}};
    assert_int_equal(nn_dataset_add_source(&d, &source, &index, NULL), NN_OK);
    nn_sample sample = {.name = nn_strdup("x"),
                        .width = 120,
                        .height = 80,
                        .image = paint_boxes(120, 80, NULL, 0),
                        .source = index,
                        .in_memory = true};
    memset(sample.image.rgb, 255, (size_t)3 * 120 * 80);
    assert_int_equal(nn_dataset_add(&d, &sample, NULL), NN_OK);
    static float planes[3 * H * W];
    static nn_truth truths[64];
    nn_augment_options o;
    nn_augment_defaults(&o);
    assert_int_equal(nn_augment_preset(&o, "none", false, NULL), NN_OK);
    o.fit_w = W;
    o.fit_h = H;
    o.mosaic = 1;
    o.scale[0] = o.scale[1] = 2; // every part is filled
    for (uint64_t seed = 0; seed < 20; seed++) {
        nn_view v = {.height = H, .width = W, .planes = planes, .truths = truths, .capacity = 64};
        nn_rng rng = nn_rng_seed(seed);
        const int others[3] = {0, 3, 1}; // the third part, bottom left, is of the source
        assert_int_equal(nn_augment_draw(&v, &d, 2, others, &o, nn_kernels_best(), &rng, NULL),
                         NN_OK);
        const nn_truth *region = NULL;
        for (int i = 0; i < v.truth_count; i++)
            if (truths[i].ignore == NN_IGNORE_CLASS) {
                assert_null(region);
                region = &truths[i];
            }
        assert_non_null(region);
        assert_int_equal(region->label, LABEL);
        assert_true(region->x0 == 0 && region->y1 == H);
        int white = 0;
        for (int i = 0; i < H * W; i++)
            white += planes[i] > 0.99f;
        assert_int_equal(white, (int)(region->x1 * (H - region->y0)));
    }
    nn_dataset_release(&d);
}

static void test_views_keep_boxes(void **state)
{
    (void)state;
    nn_dataset d;
    make_boxes(&d, 3, 1);
    static float planes[3 * 64 * 96];
    nn_truth truths[64];
    nn_augment_options o;
    nn_augment_defaults(&o);
    o.fit_h = 64;
    o.fit_w = 96;
    o.flip_v = o.rotate = o.mosaic = o.focus = 0.5f;
    o.brightness = o.contrast = 0.05f;
    int boxes = 0, ignored = 0;
    for (int i = 0; i < 300; i++) {
        nn_view v = {.height = 64, .width = 96, .planes = planes, .truths = truths, .capacity = 64};
        nn_rng rng = nn_rng_stream(3, (uint64_t)i);
        const int others[3] = {1, 2, 3};
        assert_int_equal(nn_augment_draw(&v, &d, i % 4, others, &o, nn_kernels_best(), &rng, NULL),
                         NN_OK);
        for (int k = 0; k < v.truth_count; k++) {
            const nn_truth *t = &truths[k];
            assert_true(t->x0 >= 0 && t->y0 >= 0 && t->x1 <= 96 && t->y1 <= 64 && t->x1 > t->x0 &&
                        t->y1 > t->y0);
            ignored += t->ignore;
            if (t->ignore || t->x1 - t->x0 < 6 || t->y1 - t->y0 < 6)
                continue;
            double inside, around;
            measure(&v, t, &inside, &around);
            assert_true(inside > 0.7 && around < 0.6);
            boxes++;
        }
    }
    assert_true(boxes > 300 && ignored > 5);
    nn_dataset_release(&d);
}

// Pasted objects are where their boxes are, hide little of others, and come from pictures that have
// them whole.
static void test_paste(void **state)
{
    (void)state;
    enum { W = 96, H = 64 };
    nn_dataset d;
    make_boxes(&d, 2, 0);
    // A dark picture to paste on; the second box of the others touches the first of all.
    d.samples[0].truth_count = 0;
    memset(d.samples[0].image.rgb, 30, (size_t)3 * 120 * 80);
    static float planes[3 * H * W];
    nn_truth truths[16];
    nn_augment_options o;
    nn_augment_defaults(&o);
    assert_int_equal(nn_augment_preset(&o, "none", false, NULL), NN_OK);
    o.fit_h = H;
    o.fit_w = W;
    o.scale[0] = 0.6f;
    o.paste = 0.5f;
    o.paste_most = 3;
    int pasted = 0, views = 0, labels[2] = {0, 0};
    for (uint64_t i = 0; i < 200; i++) {
        nn_view v = {.height = H, .width = W, .planes = planes, .truths = truths, .capacity = 16};
        nn_rng rng = nn_rng_seed(i);
        assert_int_equal(
            nn_augment_draw(&v, &d, 0, (int[]){0, 0, 0}, &o, nn_kernels_best(), &rng, NULL), NN_OK);
        assert_true(v.truth_count <= 3);
        views += v.truth_count > 0;
        for (int k = 0; k < v.truth_count; k++) {
            const nn_truth *t = &truths[k];
            assert_true(t->x0 >= 0 && t->y0 >= 0 && t->x1 <= W && t->y1 <= H && !t->ignore);
            const int x = (int)(t->x0 + t->x1) / 2, y = (int)(t->y0 + t->y1) / 2;
            assert_true(planes[y * W + x] > 0.7f);
            labels[t->label]++;
            pasted++;
        }
        double bright = 0, boxes = 0;
        for (int p = 0; p < W * H; p++)
            bright += planes[p] > 0.5f;
        for (int k = 0; k < v.truth_count; k++)
            boxes += (truths[k].x1 - truths[k].x0) * (truths[k].y1 - truths[k].y0);
        assert_true(bright <= 1.1 * boxes + 1); // soft edges reach little beyond
        assert_true(v.truth_count != 1 || bright > 0.8 * boxes);
    }
    assert_in_range(views, 75, 125);
    assert_true(pasted > views && labels[0] > 40 && labels[1] > 40);
    nn_dataset_release(&d);
}

// A blend of two pictures has the boxes of both; those of a faint picture are ignored.
static void test_mixed_boxes(void **state)
{
    (void)state;
    enum { W = 120, H = 80 };
    nn_dataset d;
    make_boxes(&d, 2, 0);
    memset(d.samples[1].image.rgb, 255, (size_t)3 * W * H);
    d.samples[1].truth_count = 1;
    d.samples[1].truths[0] = (nn_truth){0, 0, W, H, 1, false, 0, 0};
    static float planes[3 * H * W];
    nn_truth truths[16];
    nn_augment_options o;
    nn_augment_defaults(&o);
    assert_int_equal(nn_augment_preset(&o, "none", false, NULL), NN_OK);
    o.fit_h = H;
    o.fit_w = W;
    o.mixup = 1;
    o.mix = 0.5f;
    int mixed = 0, weak = 0;
    for (uint64_t i = 0; i < 200; i++) {
        nn_view v = {.height = H, .width = W, .planes = planes, .truths = truths, .capacity = 16};
        nn_rng rng = nn_rng_seed(i);
        assert_int_equal(
            nn_augment_draw(&v, &d, 0, (int[]){0, 0, 0}, &o, nn_kernels_best(), &rng, NULL), NN_OK);
        const double dark = 30.0 / 255, part = (planes[0] - dark) / (1 - dark); // of the second
        if (v.truth_count == 2)
            continue;             // it was not blended
        if (v.truth_count == 4) { // with itself
            assert_true(fabs(part) < 1e-4);
            continue;
        }
        assert_int_equal(v.truth_count, 3);
        assert_int_equal(truths[2].label, 1);
        if (fabs(part - 0.25) < 0.01 || fabs(part - 0.75) < 0.01)
            continue;
        assert_true(!truths[2].ignore == (part > 0.25));
        assert_true(!truths[0].ignore == (part < 0.75) && !truths[1].ignore == (part < 0.75));
        mixed++;
        weak += truths[2].ignore;
    }
    assert_in_range(mixed, 30, 70);
    assert_true(weak > 3);
    nn_dataset_release(&d);
}

// One sample in ten holds class 1, once among ten of class 0: balanced draws show it half of the
// time.
static void test_balance(void **state)
{
    (void)state;
    nn_dataset d;
    make_boxes(&d, 8, 2);
    for (int i = 0; i < d.count; i++)
        d.samples[i].truths[1].label = i == 4;
    static float planes[3 * 32 * 32];
    nn_truth truths[64];
    nn_augment_options o;
    nn_augment_defaults(&o);
    o.fit_h = o.fit_w = 32;
    o.scale[0] = o.scale[1] = 2; // a view shows a part of the picture
    int seen[2] = {0, 0};
    for (int i = 0; i < 400; i++) {
        o.balance = i % 2;
        nn_view v = {.height = 32, .width = 32, .planes = planes, .truths = truths, .capacity = 64};
        nn_rng rng = nn_rng_stream(9, (uint64_t)i);
        assert_int_equal(nn_augment_draw(&v, &d, (i / 2) % d.count, (int[3]){0, 0, 0}, &o,
                                         nn_kernels_best(), &rng, NULL),
                         NN_OK);
        for (int k = 0; k < v.truth_count; k++)
            seen[i % 2] += truths[k].label == 1;
    }
    assert_true(seen[0] < 25 && seen[1] > 80);
    nn_dataset_release(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_unknown_in_mosaics),
        cmocka_unit_test(test_views_keep_boxes),
        cmocka_unit_test(test_paste),
        cmocka_unit_test(test_mixed_boxes),
        cmocka_unit_test(test_balance),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
