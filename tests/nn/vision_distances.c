// SPDX-License-Identifier: MIT
// Heads whose boxes are distributions of distances: the formula, every level, the older exports,
// and maps whose sides are not whole strides.
#include "nn/vision/decode/distances.h"
#include "tests/support/test.h"

#include <math.h>

enum { W = 100, H = 70, CLASSES = 3, BINS = 8, MOST = 8 };

typedef struct outputs {
    nn_head_output list[MOST];
    int n;
} outputs;

static float *add(outputs *o, const char *name, nn_shape shape, float fill)
{
    nn_head_output *out = &o->list[o->n++];
    out->name = name;
    assert_int_equal(nn_tensor_init(&out->tensor, NN_F32, &shape, NULL), NN_OK);
    for (int64_t i = 0; i < nn_shape_count(&shape); i++)
        nn_tensor_f32(&out->tensor)[i] = fill;
    return nn_tensor_f32(&out->tensor);
}

static void release(outputs *o)
{
    for (int i = 0; i < o->n; i++)
        nn_tensor_release(&o->list[i].tensor);
    o->n = 0;
}

static int across(int side, int stride)
{
    return (side + stride - 1) / stride;
}

static int64_t cells(int stride)
{
    return (int64_t)across(W, stride) * across(H, stride);
}

static nn_shape rows(int64_t count, int64_t columns)
{
    return (nn_shape){3, {1, count, columns}};
}

// The only box, as the head finds it in a frame as large as the input.
static nn_box only_box(const char *head, const outputs *o, int label)
{
    const nn_decoder *d = nn_decoder_find(head);
    const nn_letterbox l = nn_letterbox_fit(W, H, W, H);
    const nn_decode_options options = {.threshold = 0.3f, .classes = CLASSES};
    nn_error err = {0};
    nn_candidates *c = nn_candidates_new();
    if (d->check(d, o->list, o->n, H, W, CLASSES, &err) != NN_OK)
        fail_msg("%s", err.text);
    assert_int_equal(d->classes(d, o->list, o->n, H, W), CLASSES);
    d->decode(d, o->list, o->n, 0, &l, &options, c);
    assert_int_equal(nn_candidates_count(c), 1);
    const nn_box box = *nn_candidates_at(c, 0);
    assert_int_equal(box.label, label);
    nn_candidates_free(c);
    return box;
}

static void expect_sides(nn_box b, float x0, float y0, float x1, float y1)
{
    if (!(fabsf(b.x0 - x0) < 1e-3f && fabsf(b.y0 - y0) < 1e-3f && fabsf(b.x1 - x1) < 1e-3f &&
          fabsf(b.y1 - y1) < 1e-3f))
        fail_msg("%g %g %g %g and not %g %g %g %g", b.x0, b.y0, b.x1, b.y1, x0, y0, x1, y1);
}

static void test_expected_values(void **state)
{
    (void)state;
    float logits[4 * 4] = {
        0,    0,       0,   0,       // all alike: 1.5
        1000, 0,       0,   0,       // the first: 0
        -5,   -5,      60,  -5,      // the third: 2
        0,    logf(2), -90, logf(5), // (2 + 15) / 8
    };
    expect_sides(nn_distances_box(logits, 1, 4, 100, 100, 8), 88, 100, 116, 117);
    for (int i = 0; i < 16; i++) // softmax does not see what is added to all
        logits[i] += 30;
    expect_sides(nn_distances_box(logits, 1, 4, 100, 100, 8), 88, 100, 116, 117);
    float apart[4 * 4 * 3];
    for (int i = 0; i < 16; i++)
        apart[3 * i] = logits[i];
    expect_sides(nn_distances_box(apart, 3, 4, 10, 20, 2), 7, 20, 14, 24.25f);
    logits[5] = INFINITY;
    assert_true(isnan(nn_distances_box(logits, 1, 4, 0, 0, 8).y0));
}

// Distances of 1, 0.5, 2 and 1.5 strides.
static void plant_sides(float *logits, int64_t step)
{
    static const int low[] = {1, 0, 2, 1}, high[] = {1, 1, 2, 2};
    for (int side = 0; side < 4; side++)
        for (int k = 0; k < BINS; k++)
            logits[(side * BINS + k) * step] = k == low[side] || k == high[side] ? 50 : -50;
}

static void expect_planted(nn_box b, float x, float y, int stride)
{
    const float s = (float)stride;
    expect_sides(b, fmaxf(x - s, 0), fmaxf(y - s / 2, 0), fminf(x + 2 * s, W),
                 fminf(y + 1.5f * s, H));
}

static void test_gfl_levels(void **state)
{
    (void)state;
    static const char *const names[][2] = {
        {"cls8", "dist8"}, {"cls16", "dist16"}, {"cls32", "dist32"}, {"cls64", "dist64"}};
    for (int level = 0; level < 4; level++) {
        outputs o = {0};
        const int x = level < 3 ? 1 : 0, y = x, planted = 8 << level;
        for (int i = 0; i < 4; i++) {
            const int s = 8 << i, w = across(W, s), h = across(H, s);
            float *cls = add(&o, names[i][0], nn_shape_4d(1, CLASSES, h, w), -9);
            float *dist = add(&o, names[i][1], nn_shape_4d(1, 4 * BINS, h, w), 0);
            if (i == level) {
                cls[(2 * h + y) * w + x] = 2;
                plant_sides(dist + y * w + x, (int64_t)h * w);
            }
        }
        const float s = (float)planted;
        expect_planted(only_box("gfl", &o, 2), ((float)x + 0.5f) * s, ((float)y + 0.5f) * s,
                       planted);
        expect_planted(only_box("gfl_corner", &o, 2), (float)x * s, (float)y * s, planted);
        assert_float_equal(only_box("gfl", &o, 2).score, 1 / (1 + expf(-2)), 1e-6f);
        release(&o);
    }
}

static void test_gfl_shapes(void **state)
{
    (void)state;
    const nn_decoder *d = nn_decoder_find("gfl");
    nn_error err = {0};
    outputs o = {0};
    add(&o, "cls16", nn_shape_4d(1, CLASSES, across(H, 16), across(W, 16)), 0);
    add(&o, "dist16", nn_shape_4d(1, 64, across(H, 16), across(W, 16)), 0); // 16 bins
    assert_int_equal(d->check(d, o.list, 2, H, W, CLASSES, &err), NN_OK);
    assert_int_equal(d->check(d, o.list, 1, H, W, CLASSES, &err), NN_ESHAPE);
    int64_t *dim = o.list[1].tensor.shape.dim;
    for (int i = 0; i < 4; i++) {
        static const int64_t bad[] = {2, 66, 4, 6};
        const int64_t keep = dim[i];
        dim[i] = bad[i];
        assert_int_equal(d->check(d, o.list, 2, H, W, CLASSES, &err), NN_ESHAPE);
        dim[i] = keep;
    }
    dim[1] = 4; // one bin is no distribution
    assert_int_equal(d->check(d, o.list, 2, H, W, CLASSES, &err), NN_ESHAPE);
    dim[1] = 64;
    const char *const names[][2] = {{"cls16", "dist8"},
                                    {"dist16", "cls16"},
                                    {"cls", "dist"},
                                    {"cls16x", "dist16"},
                                    {"cls0", "dist0"}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        o.list[0].name = names[i][0];
        o.list[1].name = names[i][1];
        assert_int_equal(d->check(d, o.list, 2, H, W, 0, &err), NN_ESHAPE);
        assert_non_null(strstr(err.text, "distS"));
    }
    release(&o);
}

// Rows of all levels one after another; 32: NanoDet, whose points are in the middle.
static void test_nanodet_levels(void **state)
{
    (void)state;
    for (int last = 32; last <= 64; last *= 2)
        for (int planted = 8; planted <= last; planted *= 2) {
            outputs o = {0};
            const int64_t columns = CLASSES + 4 * BINS;
            const int x = across(W, planted) - 1, w = across(W, planted);
            int64_t row = w + x; // the last of the second line
            for (int s = 8; s < planted; s *= 2)
                row += cells(s);
            float *p = add(&o, "output", rows(nn_decode_cells(H, W, 8, last), columns), 0);
            p[row * columns + 1] = 0.5f;
            p[row * columns] = 0.4f;
            plant_sides(p + row * columns + CLASSES, 1);
            const float s = (float)planted, point = last == 32 ? 0.5f : 0;
            expect_planted(only_box("nanodet", &o, 1), ((float)x + point) * s, (1 + point) * s,
                           planted);
            release(&o);
        }
}

// Scores and distances of each level apart: NanoDet's older export has three, PicoDet four, in any
// order.
static void test_pairs(void **state)
{
    (void)state;
    for (int levels = 3; levels <= 4; levels++)
        for (int order = 0; order < 3; order++)
            for (int level = 0; level < levels; level++) {
                outputs o = {0};
                for (int i = 0; i < 2 * levels; i++) {
                    const int at = order == 1 ? i / 2 : i % levels, s = 8 << at;
                    const bool scores = order == 1 ? i % 2 == 0 : (i < levels) == (order == 0);
                    float *p = add(&o, scores ? "cls" : "dis",
                                   rows(cells(s), scores ? CLASSES : 4 * BINS), 0);
                    if (at == level && scores)
                        p[CLASSES] = 0.75f; // the second point
                    else if (at == level)
                        plant_sides(p + (size_t)4 * BINS, 1);
                }
                const char *head = levels == 3 ? "nanodet" : "picodet";
                const nn_decoder *d = nn_decoder_find(head);
                const int stride = 8 << level, w = across(W, stride);
                expect_planted(only_box(head, &o, 0), ((float)(1 % w) + 0.5f) * (float)stride,
                               ((float)(1 / w) + 0.5f) * (float)stride, stride);
                for (int i = 0; i < o.n; i++) {
                    nn_error err = {0};
                    o.list[i].tensor.shape.dim[1]++;
                    assert_int_equal(d->check(d, o.list, o.n, H, W, 0, &err), NN_ESHAPE);
                    o.list[i].tensor.shape.dim[1]--;
                    o.list[i].tensor.shape.dim[2]++;
                    assert_int_equal(d->check(d, o.list, o.n, H, W, 0, &err), NN_ESHAPE);
                    o.list[i].tensor.shape.dim[2]--;
                }
                assert_int_equal(d->check(d, o.list, o.n - 1, H, W, 0, NULL), NN_ESHAPE);
                release(&o);
            }
}

// Boxes that PaddleDetection decoded already.
static void test_picodet_decoded(void **state)
{
    (void)state;
    const int64_t points = nn_decode_cells(H, W, 8, 64);
    for (int swapped = 0; swapped < 2; swapped++) {
        outputs o = {0};
        float *boxes = NULL, *scores = NULL;
        for (int i = 0; i < 2; i++)
            if (i == swapped)
                boxes = add(&o, "boxes", rows(points, 4), 0);
            else
                scores = add(&o, "scores", rows(CLASSES, points), 0);
        const float box[] = {10, 20.5f, 60, 65};
        memcpy(boxes + (size_t)4 * 17, box, sizeof box);
        scores[2 * points + 17] = 0.6f;
        expect_sides(only_box("picodet", &o, 2), 10, 20.5f, 60, 65);
        release(&o);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_expected_values), cmocka_unit_test(test_gfl_levels),
        cmocka_unit_test(test_gfl_shapes),      cmocka_unit_test(test_nanodet_levels),
        cmocka_unit_test(test_pairs),           cmocka_unit_test(test_picodet_decoded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
