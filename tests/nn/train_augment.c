// SPDX-License-Identifier: MIT
// What the augmentation draws: seeds, statistics, labels and boxes that stay right, extremes.
#include "tests/support/alloc.h"
#include "tests/support/test.h"

#include "nn/base/memory.h"
#include "nn/train/augment_internal.h"

#include <math.h>
#include <stdio.h>

enum { SIDE = 48, PIXELS = SIDE * SIDE, CLASSES = 4 };

static float planes[3 * PIXELS], more[3 * PIXELS];

static void add(nn_dataset *d, int width, int height, int32_t class, const nn_truth *t, int count)
{
    nn_sample s = {.name = nn_strdup("x"),
                   .width = width,
                   .height = height,
                   .image = {width, height, nn_calloc((size_t)3 * width, (size_t)height)},
                   .truths = count ? nn_alloc(count * sizeof *t) : NULL,
                   .truth_count = count,
                   .classes = nn_alloc(sizeof(int32_t)),
                   .class_count = 1,
                   .in_memory = true};
    s.classes[0] = class;
    for (int i = 0; i < count; i++) {
        s.truths[i] = t[i];
        for (int y = (int)t[i].y0; y < (int)t[i].y1; y++)
            memset(s.image.rgb + 3 * (y * width + (int)t[i].x0), 255,
                   3 * (size_t)(t[i].x1 - t[i].x0));
    }
    assert_int_equal(nn_dataset_add(d, &s, NULL), NN_OK);
}

static void open_set(nn_dataset *d)
{
    int index;
    const nn_source source = {.path = "memory"};
    assert_int_equal(nn_dataset_init(d, 0, (nn_notes){0}, NULL), NN_OK);
    assert_int_equal(nn_dataset_add_source(d, &source, &index, NULL), NN_OK);
}

// A picture of one grey level for each class: 40, 80, 120, 160.
static void make_greys(nn_dataset *d)
{
    open_set(d);
    for (int i = 0; i < CLASSES; i++) {
        add(d, SIDE, SIDE, i, NULL, 0);
        memset(d->samples[i].image.rgb, 40 * (i + 1), (size_t)3 * PIXELS);
    }
}

// Nothing random, levels as 0..1.
static nn_augment_options nothing(void)
{
    nn_augment_options o;
    nn_augment_defaults(&o);
    o.area[0] = o.area[1] = 0;
    o.scale[0] = o.scale[1] = o.crop = 1;
    o.aspect = o.flip_h = o.brightness = o.contrast = o.saturation = o.hue = 0;
    o.fit_h = o.fit_w = SIDE;
    return o;
}

// Everything, as strong as it may be.
static nn_augment_options everything(void)
{
    nn_augment_options o = nothing();
    o.scale[0] = 0.01f;
    o.scale[1] = 100;
    o.area[1] = 1;
    o.ratio = 16;
    o.aspect = 0.99f;
    o.focus = o.mosaic = o.balance = o.flip_h = o.flip_v = o.rotate = o.erase = 0.5f;
    o.angle = 180;
    o.shear = 45;
    o.translate = o.brightness = o.contrast = o.saturation = 1;
    o.hue = 0.5f;
    o.hsv[0] = o.hsv[1] = o.hsv[2] = 1;
    o.lighting = 10;
    o.rand_count = NN_RAND_MAX;
    o.rand_strength = 10;
    o.erase_area[1] = 0.9f;
    o.mixup = o.cutmix = 0.3f;
    o.mix = 0.5f;
    return o;
}

static void draw(float *to, float *targets, nn_dataset *d, int index, const nn_augment_options *o,
                 uint64_t seed)
{
    nn_rng rng = nn_rng_seed(seed);
    const int others[3] = {(int)(seed % 4), 1, 2};
    nn_view v = {SIDE, SIDE, to, .targets = targets, .classes = CLASSES};
    assert_int_equal(nn_augment_draw(&v, d, index, others, o, nn_kernels_best(), &rng, NULL),
                     NN_OK);
}

static void test_check(void **state)
{
    (void)state;
    nn_error err;
    nn_augment_options o;
    nn_augment_defaults(&o);
    assert_int_equal(nn_augment_check(&o, &err), NN_OK);
    const uint64_t before = nn_augment_fingerprint(&o);
    o.hsv[2] = 1.5f;
    assert_int_equal(nn_augment_check(&o, &err), NN_EINVAL);
    assert_non_null(strstr(err.text, "hsv 1.5 is not within 0..1"));
    assert_true(nn_augment_fingerprint(&o) != before);
    o.hsv[2] = 0;
    assert_true(nn_augment_fingerprint(&o) == before);
    o.angle = NAN;
    assert_int_equal(nn_augment_check(&o, &err), NN_EINVAL);
    o.angle = 0;
    o.rand_count = NN_RAND_MAX + 1;
    assert_int_equal(nn_augment_check(&o, &err), NN_EINVAL);
    o.rand_count = 0;
    o.scale[0] = 2;
    assert_int_equal(nn_augment_check(&o, &err), NN_EINVAL);
    o = everything();
    assert_int_equal(nn_augment_check(&o, &err), NN_OK);
}

static void test_presets(void **state)
{
    (void)state;
    nn_augment_options o, usual;
    nn_error err;
    nn_augment_defaults(&usual);
    for (int classes = 0; classes < 2; classes++) {
        uint64_t seen[3];
        static const char *const names[] = {"none", "usual", "strong"};
        for (int i = 0; i < 3; i++) {
            nn_augment_defaults(&o);
            o.fit_w = 77;
            o.std[1] = 0.5f;
            o.stretch = true;
            o.mixup = 5;
            assert_int_equal(nn_augment_preset(&o, names[i], classes, &err), NN_OK);
            assert_int_equal(nn_augment_check(&o, &err), NN_OK);
            assert_true(o.fit_w == 77 && o.std[1] == 0.5f && o.stretch);
            o.stretch = false;
            seen[i] = nn_augment_fingerprint(&o);
        }
        assert_true(seen[0] != seen[1] && seen[1] != seen[2]);
        assert_true(seen[1] == nn_augment_fingerprint(&usual));
    }
    assert_int_equal(nn_augment_preset(&o, "wild", true, &err), NN_EINVAL);
    assert_non_null(strstr(err.text, "none, usual, strong"));
    nn_dataset d; // "none" is what inference sees
    open_set(&d);
    add(&d, 100, 60, 0, NULL, 0);
    for (int i = 0; i < 3 * 6000; i++)
        d.samples[0].image.rgb[i] = (uint8_t)(i * 7);
    float t[CLASSES];
    nn_augment_defaults(&o);
    assert_int_equal(nn_augment_preset(&o, "none", true, &err), NN_OK);
    draw(planes, t, &d, 0, &o, 1);
    draw(more, t, &d, 0, &o, 2);
    assert_memory_equal(planes, more, sizeof planes);
    nn_dataset_release(&d);
}

static void test_beta(void **state)
{
    (void)state;
    static const double alphas[] = {0.2, 1, 4};
    enum { N = 20000 };
    for (int k = 0; k < 3; k++) {
        nn_rng rng = nn_rng_seed(k);
        double sum = 0, squares = 0;
        for (int i = 0; i < N; i++) {
            const double x = nn_augment_beta(alphas[k], &rng);
            assert_true(x >= 0 && x <= 1);
            sum += x;
            squares += (x - 0.5) * (x - 0.5);
        }
        const double variance = 1 / (4 * (2 * alphas[k] + 1));
        assert_float_equal(sum / N, 0.5, 0.01);
        assert_float_equal(squares / N, variance, 0.04 * variance);
    }
    nn_rng rng = nn_rng_seed(9); // so small that both gammas may be 0
    for (int i = 0; i < 1000; i++) {
        const double x = nn_augment_beta(1e-4, &rng);
        assert_true(x >= 0 && x <= 1);
    }
}

// The level of a blended grey says how much of which: the targets must agree.
static void test_mixup(void **state)
{
    (void)state;
    enum { N = 400 };
    nn_dataset d;
    make_greys(&d);
    nn_augment_options o = nothing();
    o.mixup = 0.4f;
    o.mix = 0.75f;
    int mixed = 0;
    for (int i = 0; i < N; i++) {
        float t[CLASSES];
        draw(planes, t, &d, 3, &o, (uint64_t)i);
        double level = 0, sum = 0;
        int classes = 0;
        for (int c = 0; c < CLASSES; c++) {
            level += (double)t[c] * 40 * (c + 1) / 255;
            sum += (double)t[c];
            classes += t[c] > 0;
        }
        assert_float_equal(sum, 1, 1e-5);
        assert_float_equal(planes[PIXELS / 2], level, 1e-5);
        assert_float_equal(planes[3 * PIXELS - 1], level, 1e-5);
        mixed += classes > 1;
    }
    // Where the second is of the same class there is nothing to see.
    assert_in_range(mixed, (int)(0.75 * 0.75 * N) - 40, (int)(0.75 * 0.75 * N) + 40);
    nn_dataset_release(&d);
}

static void test_cutmix(void **state)
{
    (void)state;
    enum { N = 300 };
    nn_dataset d;
    make_greys(&d);
    nn_augment_options o = nothing();
    o.cutmix = 1;
    double kept = 0;
    for (int i = 0; i < N; i++) {
        float t[CLASSES];
        int seen[CLASSES] = {0};
        draw(planes, t, &d, 3, &o, (uint64_t)(4 * i + i % 3));
        for (int p = 0; p < PIXELS; p++)
            seen[(int)(planes[p] * 255 / 40 + 0.5f) - 1]++;
        for (int c = 0; c < CLASSES; c++)
            assert_float_equal(t[c], (double)seen[c] / PIXELS, 1e-5);
        kept += (double)t[3];
    }
    // A rectangle that reaches beyond the view is cut: more than half is kept on average.
    assert_true(kept / N > 0.5 && kept / N < 0.85);
    nn_dataset_release(&d);
}

static void test_erasing(void **state)
{
    (void)state;
    enum { N = 400 };
    nn_dataset d;
    make_greys(&d);
    nn_augment_options o = nothing();
    o.erase = 0.5f;
    o.erase_area[0] = 0.1f;
    o.erase_area[1] = 0.3f;
    o.mean[1] = 0.5f;
    o.std[1] = 0.25f;
    int erased = 0, pixels = 0;
    double noise = 0;
    for (int i = 0; i < N; i++) {
        float t[CLASSES];
        draw(planes, t, &d, i % CLASSES, &o, (uint64_t)i);
        assert_true(t[i % CLASSES] == 1);
        const float plain = (40 * (float)(i % CLASSES + 1) / 255 - 0.5f) / 0.25f;
        int changed = 0;
        for (int p = PIXELS; p < 2 * PIXELS; p++)
            if (fabsf(planes[p] - plain) > 1e-5f) {
                changed++;
                noise += (double)planes[p];
                assert_true(planes[p] >= -2 && planes[p] <= 2);
            }
        erased += changed > 0;
        pixels += changed;
        assert_true(changed == 0 || (changed > 0.08 * PIXELS && changed < 0.33 * PIXELS));
    }
    assert_in_range(erased, N / 2 - 40, N / 2 + 40);
    assert_float_equal((double)pixels / erased / PIXELS, 0.2, 0.015);
    assert_float_equal(noise / pixels, 0, 0.02); // uniform between black and white
    nn_dataset_release(&d);
}

static void test_lighting(void **state)
{
    (void)state;
    enum { N = 3000 };
    nn_dataset d;
    make_greys(&d);
    nn_augment_options o = nothing();
    o.lighting = 0.1f;
    double sum[3] = {0}, products[3][3] = {{0}};
    for (int i = 0; i < N; i++) {
        float t[CLASSES];
        double shift[3];
        draw(planes, t, &d, 2, &o, (uint64_t)i);
        for (int c = 0; c < 3; c++) {
            shift[c] = (double)planes[c * PIXELS] - 120.0 / 255;
            assert_true(planes[c * PIXELS] == planes[c * PIXELS + PIXELS - 1]);
            sum[c] += shift[c];
            for (int k = 0; k <= c; k++)
                products[c][k] += shift[c] * shift[k];
        }
    }
    // Sum over the axes of (0.1 variance)^2 times the components.
    const double red =
        0.01 * (0.5675 * 0.5675 * 0.2175 * 0.2175 + 0.7192 * 0.7192 * 0.0188 * 0.0188);
    for (int c = 0; c < 3; c++) {
        assert_float_equal(sum[c] / N, 0, 8e-4);
        assert_float_equal(products[c][c] / N, red, 0.1 * red); // nearly the same for all
    }
    assert_true(products[1][0] / N > 0.9 * red); // light goes up and down in all
    nn_dataset_release(&d);
}

static void fill(const float colour[3])
{
    for (int i = 0; i < 3 * PIXELS; i++)
        planes[i] = colour[i / PIXELS];
}

static void test_hsv(void **state)
{
    (void)state;
    static const float colours[][3] = {{200, 40, 40}, {10, 250, 90}, {30, 30, 200},
                                       {90, 90, 90},  {0, 0, 0},     {255, 255, 255},
                                       {250, 250, 3}, {7, 200, 200}};
    nn_augment_options o = nothing();
    for (int k = 0; k < 8; k++) {
        const float *c = colours[k];
        const float top = fmaxf(c[0], fmaxf(c[1], c[2])), low = fminf(c[0], fminf(c[1], c[2]));
        for (int i = 0; i < 50; i++) {
            nn_rng rng = nn_rng_seed((uint64_t)i), copy = rng;
            o.hsv[0] = 0.5f;
            o.hsv[1] = o.hsv[2] = 0;
            fill(c);
            nn_augment_colour(planes, PIXELS, &o, &rng); // only turned: light and chroma stay
            const float *p = planes;
            const float r = 255 * p[0], g = 255 * p[PIXELS], b = 255 * p[2 * PIXELS];
            assert_float_equal(fmaxf(r, fmaxf(g, b)), top, 1e-2);
            assert_float_equal(fminf(r, fminf(g, b)), low, 1e-2);
            const float turn = nn_rng_range(&copy, -0.5f, 0.5f);
            if (k == 0 && turn > 0 && turn < 1.0f / 6) // red towards yellow: green rises
                assert_float_equal(g, 40 + 160 * 6 * turn, 0.1);
            o.hsv[0] = 0;
            o.hsv[1] = o.hsv[2] = 0.5f;
            rng = nn_rng_seed((uint64_t)i);
            fill(c);
            nn_augment_colour(planes, PIXELS, &o, &rng);
            const float light = fmaxf(p[0], fmaxf(p[PIXELS], p[2 * PIXELS]));
            assert_true(light >= 0.5f * top / 255 - 1e-4f && light <= 1.5f * top / 255 + 1e-4f);
            assert_true(k != 3 || (p[0] == p[PIXELS] && p[0] == p[2 * PIXELS]));
        }
    }
}

// Every bright pixel lies in a box, every whole box has bright pixels at each of its sides.
static int check_boxes(const nn_view *v)
{
    int whole = 0;
    for (int y = 0; y < v->height; y++)
        for (int x = 0; x < v->width; x++) {
            bool inside = v->planes[y * v->width + x] < 0.75f;
            for (int k = 0; k < v->truth_count && !inside; k++) {
                const nn_truth *t = &v->truths[k];
                inside = x + 1 >= t->x0 && x <= t->x1 && y + 1 >= t->y0 && y <= t->y1;
            }
            assert_true(inside);
        }
    for (int k = 0; k < v->truth_count; k++) {
        const nn_truth *t = &v->truths[k];
        double low_x = v->width, high_x = 0, low_y = v->height, high_y = 0;
        if (t->ignore || t->x0 <= 0 || t->y0 <= 0 || t->x1 >= v->width || t->y1 >= v->height)
            continue;
        for (int y = (int)t->y0; y < (int)t->y1; y++)
            for (int x = (int)t->x0; x < (int)t->x1; x++)
                if (v->planes[y * v->width + x] > 0.6f) {
                    low_x = fmin(low_x, x);
                    low_y = fmin(low_y, y);
                    high_x = fmax(high_x, x + 1);
                    high_y = fmax(high_y, y + 1);
                }
        assert_true(low_x - t->x0 < 2.5 && t->x1 - high_x < 2.5);
        assert_true(low_y - t->y0 < 2.5 && t->y1 - high_y < 2.5);
        whole++;
    }
    return whole;
}

static void test_boxes_follow_their_corners(void **state)
{
    (void)state;
    enum { W = 96, H = 64 };
    static float wide[3 * W * H];
    const nn_truth boxes[2] = {{20, 10, 50, 40, 0, false, 0}, {80, 44, 104, 70, 1, false, 0}};
    nn_truth truths[16];
    nn_dataset d;
    open_set(&d);
    for (int i = 0; i < 4; i++)
        add(&d, 120, 80, 0, boxes, 2);
    nn_augment_options o = nothing();
    o.fit_h = H;
    o.fit_w = W;
    o.scale[0] = 0.8f;
    o.scale[1] = 1.25f;
    o.angle = 40;
    o.shear = 15;
    o.translate = 0.1f;
    o.flip_h = o.flip_v = 0.5f;
    o.rotate = o.mosaic = 0.25f;
    int whole = 0, cut = 0;
    for (int i = 0; i < 400; i++) {
        nn_rng rng = nn_rng_seed((uint64_t)i);
        nn_view v = {H, W, wide, truths, .capacity = 16};
        assert_int_equal(
            nn_augment_draw(&v, &d, 0, (int[3]){1, 2, 3}, &o, nn_kernels_best(), &rng, NULL),
            NN_OK);
        for (int k = 0; k < v.truth_count; k++) {
            const nn_truth *t = &truths[k];
            assert_true(t->x0 >= 0 && t->y0 >= 0 && t->x1 <= W && t->y1 <= H && t->x1 > t->x0);
            cut += t->ignore;
        }
        whole += check_boxes(&v);
    }
    assert_true(whole > 200 && cut > 20);
    nn_dataset_release(&d);
}

// A known turn of a known picture, and a known shift.
static void test_turn_about_the_centre(void **state)
{
    (void)state;
    nn_canvas c = {.view_h = SIDE, .view_w = SIDE};
    nn_affine t = {.m = {1, 0, 0, 0, 1, 0}};
    nn_augment_options o = nothing();
    nn_affine_append(&t, (double[4]){0, -1, 1, 0}, 0, 0, SIDE, SIDE); // to the right
    nn_affine_append(&t, (double[4]){1, 0, 0, 1}, 5, 0, SIDE, SIDE);
    nn_affine_margins(&c, &t);
    assert_true(c.width >= SIDE && c.height >= SIDE + 5);
    c.planes = nn_alloc(sizeof(float) * 3 * c.height * c.width);
    for (int i = 0; i < 3 * c.height * c.width; i++) {
        const int x = i % c.width - c.left, y = i / c.width % c.height - c.top;
        c.planes[i] = (float)(x + 1000 * y);
    }
    nn_affine_apply(planes, &c, &t, &o);
    for (int y = 0; y < SIDE; y++)
        for (int x = 5; x < SIDE; x++) // up becomes right
            assert_float_equal(planes[y * SIDE + x], y + 1000 * (SIDE - 1 - (x - 5)), 1e-1);
    nn_free(c.planes);
}

// A shift moves pixels and changes none; beyond the picture its edges go on.
static void test_shift(void **state)
{
    (void)state;
    nn_dataset d;
    open_set(&d);
    add(&d, SIDE, SIDE, 0, NULL, 0);
    for (int i = 0; i < PIXELS; i++)
        d.samples[0].image.rgb[3 * i] = (uint8_t)(5 * (i % SIDE));
    nn_augment_options o = nothing();
    o.translate = 0.25f;
    float low = 0, high = 0;
    for (int i = 0; i < 60; i++) {
        float t[CLASSES];
        draw(planes, t, &d, 0, &o, (uint64_t)i);
        const float by = SIDE / 2 - planes[SIDE / 2] * 51; // the column that is in the middle now
        low = fminf(low, by);
        high = fmaxf(high, by);
        for (int x = 0; x < SIDE; x++) {
            const float from = fminf(fmaxf((float)x - rintf(by), 0), SIDE - 1);
            assert_float_equal(planes[x], from / 51, 1e-4);
            assert_float_equal(planes[PIXELS - SIDE + x], from / 51, 1e-4);
        }
    }
    assert_true(low >= -12.1f && low < -9 && high <= 12.1f && high > 9);
    nn_dataset_release(&d);
}

static void test_rand_augment(void **state)
{
    (void)state;
    nn_augment_options o = nothing();
    o.rand_count = 2;
    o.rand_strength = 6;
    int count = 0, seen[32] = {0};
    while (nn_rand_name(count))
        count++;
    assert_int_equal(count, 14);
    for (int i = 0; i < 2000; i++) {
        nn_rng rng = nn_rng_seed((uint64_t)i);
        const nn_rand_plan p = nn_rand_draw(&o, &rng);
        assert_int_equal(p.count, 2);
        for (int k = 0; k < 2; k++) {
            seen[p.step[k].op]++;
            assert_float_equal(fabsf(p.step[k].strength), 0.6, 1e-6);
        }
    }
    for (int op = 0; op < count; op++)
        assert_in_range(seen[op], 4000 / 14 - 80, 4000 / 14 + 80);
    for (int op = 0; op < count; op++)
        for (int sign = -1; sign <= 1; sign++) {
            nn_rng rng = nn_rng_seed((uint64_t)op);
            for (int i = 0; i < 3 * PIXELS; i++)
                planes[i] = more[i] = nn_rng_range(&rng, 20, 200);
            const nn_rand_plan p = {1, {{op, (float)sign}}};
            const char *name = nn_rand_name(op);
            const bool automatic =
                strcmp(name, "autocontrast") == 0 || strcmp(name, "equalise") == 0;
            if (sign < 0 &&
                (automatic || strcmp(name, "posterise") == 0 || strcmp(name, "solarise") == 0))
                continue; // they have one side
            nn_affine t = {.m = {1, 0, 0, 0, 1, 0}};
            nn_rand_move(&p, &t, SIDE, SIDE);
            assert_int_equal(nn_rand_colour(&p, planes, SIDE, SIDE, NULL), NN_OK);
            double changed = 0;
            for (int i = 0; i < 3 * PIXELS; i++) {
                assert_true(planes[i] >= 0 && planes[i] <= 255);
                changed += fabs((double)planes[i] - (double)more[i]);
            }
            changed /= 3 * PIXELS;
            if (strcmp(name, "nothing") == 0)
                assert_true(changed == 0 && !t.moves);
            else if (t.moves)
                assert_true(changed == 0);
            else if (sign == 0 && !automatic)
                assert_true(changed < 0.6); // posterise rounds down
            else
                assert_true(changed > 2);
        }
}

static void test_levels_evened(void **state)
{
    (void)state;
    for (int op = 0; nn_rand_name(op); op++) {
        const bool stretch = strcmp(nn_rand_name(op), "autocontrast") == 0;
        if (!stretch && strcmp(nn_rand_name(op), "equalise") != 0)
            continue;
        for (int i = 0; i < 3 * PIXELS; i++)
            planes[i] = 100 + (float)(i % 11);
        const nn_rand_plan p = {1, {{op, 1}}};
        assert_int_equal(nn_rand_colour(&p, planes, SIDE, SIDE, NULL), NN_OK);
        for (int i = 0; i < 11; i++) // eleven levels become eleven steps
            assert_float_equal(planes[i], stretch ? 25.5 * i : 255 * (i + 0.5) / 11, 0.4);
        const float flat[3] = {7, 255, 0};
        fill(flat);
        assert_int_equal(nn_rand_colour(&p, planes, SIDE, SIDE, NULL), NN_OK);
        for (int c = 0; c < 3; c++)
            assert_float_equal(planes[c * PIXELS], stretch ? (double)flat[c] : 127.5, 1e-3);
    }
}

// All at once, as strong as may be, on pictures of all shapes: no view is anything but finite and
// inside the levels, targets add up, and the same seed gives the same view.
static void test_extremes(void **state)
{
    (void)state;
    static const int shapes[][2] = {{1, 1}, {1, 300}, {300, 1}, {2, 3}, {200, 150}};
    const nn_augment_options o = everything();
    nn_dataset d;
    open_set(&d);
    for (int i = 0; i < 5; i++) {
        const nn_truth box = {0, 0, (float)shapes[i][0], (float)shapes[i][1], i % 2, false, 0};
        add(&d, shapes[i][0], shapes[i][1], i % CLASSES, &box, 1);
    }
    for (int i = 0; i < 300; i++) {
        const bool boxes = i % 2;
        const int h = i % 3 ? SIDE : 1, w = i % 5 ? SIDE : 2;
        float targets[2][CLASSES];
        nn_truth truths[2][4];
        for (int k = 0; k < 2; k++) {
            nn_rng rng = nn_rng_seed((uint64_t)i);
            nn_view v = {h, w, k ? more : planes, .classes = boxes ? 0 : CLASSES};
            v.targets = targets[k];
            v.truths = truths[k];
            v.capacity = boxes ? 4 : 0;
            assert_int_equal(nn_augment_draw(&v, &d, i % 5, (int[3]){1, 2, 4}, &o,
                                             nn_kernels_best(), &rng, NULL),
                             NN_OK);
            float sum = 0;
            for (int c = 0; c < CLASSES && !boxes; c++)
                sum += targets[k][c];
            assert_true(boxes || fabsf(sum - 1) < 1e-5f);
        }
        assert_memory_equal(planes, more, sizeof(float) * 3 * (size_t)(h * w));
        assert_true(boxes || memcmp(targets[0], targets[1], sizeof targets[0]) == 0);
        for (int p = 0; p < 3 * h * w; p++)
            assert_true(planes[p] >= -1e-5f && planes[p] <= 1 + 1e-5f);
    }
    nn_dataset_release(&d);
}

static void test_no_memory(void **state)
{
    (void)state;
    nn_augment_options o = everything();
    o.mix = o.rotate = 1;
    nn_dataset d;
    make_greys(&d);
    int failures = 0;
    for (int seed = 0; seed < 4; seed++)
        for (long n = 0;; n++) {
            float targets[CLASSES];
            nn_error err = {0};
            nn_rng rng = nn_rng_seed((uint64_t)seed);
            nn_view v = {SIDE, SIDE, planes, .targets = targets, .classes = CLASSES};
            alloc_reset(n);
            const nn_status status =
                nn_augment_draw(&v, &d, 0, (int[3]){1, 2, 3}, &o, nn_kernels_best(), &rng, &err);
            alloc_reset(-1);
            if (status == NN_OK)
                break;
            assert_int_equal(status, NN_ENOMEM);
            assert_true(err.text[0] != '\0');
            failures++;
        }
    assert_true(failures > 20);
    nn_dataset_release(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_check),
        cmocka_unit_test(test_presets),
        cmocka_unit_test(test_beta),
        cmocka_unit_test(test_mixup),
        cmocka_unit_test(test_cutmix),
        cmocka_unit_test(test_erasing),
        cmocka_unit_test(test_lighting),
        cmocka_unit_test(test_hsv),
        cmocka_unit_test(test_boxes_follow_their_corners),
        cmocka_unit_test(test_turn_about_the_centre),
        cmocka_unit_test(test_shift),
        cmocka_unit_test(test_rand_augment),
        cmocka_unit_test(test_levels_evened),
        cmocka_unit_test(test_extremes),
        cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
