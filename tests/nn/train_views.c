// SPDX-License-Identifier: MIT
// Views and batches for classifiers: what inference sees, random windows, targets, input sizes.
#include "tests/support/files.h"
#include "tests/support/test.h"

#include "nn/base/memory.h"
#include "nn/data/folder.h"
#include "nn/train/loader.h"
#include "nn/vision/resize.h"

#include <math.h>
#include <turbojpeg.h>

enum { SIDE = 48, CLASSES = 5 };

// Pictures whose pixels tell their position: red rises to the right, green downwards. Picture i has
// class i % CLASSES, every third also the next class.
static void make_set(nn_dataset *d, int count, int width, int height)
{
    int index;
    const nn_source source = {.path = "memory"};
    assert_int_equal(nn_dataset_init(d, 0, (nn_notes){0}, NULL), NN_OK);
    assert_int_equal(nn_dataset_add_source(d, &source, &index, NULL), NN_OK);
    for (int i = 0; i < count; i++) {
        nn_sample s = {.name = nn_strdup("x"),
                       .width = width,
                       .height = height,
                       .image = {width, height, nn_alloc((size_t)3 * width * height)},
                       .classes = nn_alloc(2 * sizeof(int32_t)),
                       .class_count = 1 + (i % 3 == 0),
                       .in_memory = true};
        for (int p = 0; p < width * height; p++) {
            s.image.rgb[3 * p] = (uint8_t)(255 * (p % width) / (width - 1));
            s.image.rgb[3 * p + 1] = (uint8_t)(255 * (p / width) / (height - 1));
            s.image.rgb[3 * p + 2] = (uint8_t)(10 * i);
        }
        s.classes[0] = i % CLASSES;
        s.classes[1] = (i + 1) % CLASSES;
        assert_int_equal(nn_dataset_add(d, &s, NULL), NN_OK);
    }
}

// Nothing random.
static nn_augment_options plain_options(void)
{
    nn_augment_options o;
    nn_augment_defaults(&o);
    o.area[0] = o.area[1] = 0;
    o.flip_h = o.brightness = o.contrast = o.saturation = o.hue = 0;
    o.mean[0] = 0.4f;
    o.std[1] = 0.25f;
    return o;
}

static void draw(nn_view *v, nn_dataset *d, int index, const nn_augment_options *o, uint64_t seed)
{
    nn_rng rng = nn_rng_seed(seed);
    assert_int_equal(
        nn_augment_draw(v, d, index, (int[3]){0, 0, 0}, o, nn_kernels_best(), &rng, NULL), NN_OK);
}

static void test_plain_view_is_what_inference_sees(void **state)
{
    (void)state;
    static const int sizes[][2] = {{100, 60}, {60, 100}, {49, 48}, {20, 31}, {48, 48}};
    static float seen[3 * SIDE * SIDE], planes[3 * SIDE * SIDE];
    float targets[CLASSES];
    for (int i = 0; i < 15; i++) {
        const int w = sizes[i % 5][0], h = sizes[i % 5][1];
        nn_augment_options o = plain_options();
        o.stretch = i >= 10;
        o.crop = i >= 5 ? 1 : 0;
        nn_dataset d;
        make_set(&d, 1, w, h);
        nn_view v = {SIDE, SIDE, planes, .targets = targets, .classes = CLASSES};
        draw(&v, &d, 0, &o, 1);
        const nn_shape shape = nn_shape_4d(1, 3, SIDE, SIDE);
        const nn_tensor out = nn_tensor_dense(NN_F32, shape, seen);
        const nn_frame frame = nn_image_frame(&d.samples[0].image);
        const nn_letterbox place = o.stretch
                                       ? nn_letterbox_stretch(w, h, SIDE, SIDE)
                                       : nn_letterbox_crop(w, h, SIDE, SIDE, i >= 5 ? 1 : 0.875f);
        nn_resizer *r = nn_resizer_new();
        assert_int_equal(nn_preprocess(r, &frame, &place, o.mean, o.std, &out, NULL, NULL, NULL),
                         NN_OK);
        nn_resizer_free(r);
        for (int k = 0; k < 3 * SIDE * SIDE; k++)
            assert_float_equal(planes[k], seen[k], 1e-3);
        nn_dataset_release(&d);
    }
}

// Reads off a view of the pattern which window of the picture it shows: left, right, top, bottom.
static void find_window(const float *planes, double window[4])
{
    const float *red = planes, *green = planes + SIDE * SIDE;
    const int mid = SIDE / 2;
    const double x0 = red[mid * SIDE + 8], x1 = red[mid * SIDE + SIDE - 9];
    const double y0 = green[8 * SIDE + mid], y1 = green[(SIDE - 9) * SIDE + mid];
    const double step_x = (x1 - x0) / (SIDE - 17), step_y = (y1 - y0) / (SIDE - 17);
    window[0] = x0 - 8.5 * step_x;
    window[1] = x1 + 8.5 * step_x;
    window[2] = y0 - 8.5 * step_y;
    window[3] = y1 + 8.5 * step_y;
}

static void test_random_windows(void **state)
{
    (void)state;
    enum { N = 600, W = 300, H = 200 };
    static float planes[3 * SIDE * SIDE];
    float targets[CLASSES];
    nn_dataset d;
    make_set(&d, 1, W, H);
    nn_augment_options o = plain_options();
    o.mean[0] = 0;
    o.std[1] = 1;
    o.area[0] = 0.1f;
    o.area[1] = 0.3f;
    o.ratio = 4.0f / 3;
    o.flip_h = 0.25f;
    double sum_area = 0, sum_ratio = 0, sum_x = 0, low = 1, high = 0;
    int mirrored = 0;
    for (int i = 0; i < N; i++) {
        double at[4];
        nn_view v = {SIDE, SIDE, planes, .targets = targets, .classes = CLASSES};
        draw(&v, &d, 0, &o, (uint64_t)i);
        find_window(planes, at);
        mirrored += at[1] < at[0];
        const double w = fabs(at[1] - at[0]), h = at[3] - at[2];
        assert_true(fmin(at[0], at[1]) > -0.02 && fmax(at[0], at[1]) < 1.02);
        assert_true(at[2] > -0.02 && at[3] < 1.02);
        sum_area += w * h;
        sum_ratio += log(w * W / (h * H));
        sum_x += (at[0] + at[1]) / 2;
        low = fmin(low, w * h);
        high = fmax(high, w * h);
        assert_in_range((int)(100 * w * W / (h * H)), 72, 136);
    }
    assert_float_equal(sum_area / N, 0.2, 0.01);
    assert_float_equal(sum_ratio / N, 0, 0.02);
    assert_float_equal(sum_x / N, 0.5, 0.03);
    assert_true(low > 0.09 && low < 0.115 && high < 0.31 && high > 0.285);
    assert_in_range(mirrored, N / 4 - 40, N / 4 + 40);
    o.area[0] = o.area[1] = 1; // does not fit: the largest window of its shape
    o.ratio = 1;
    nn_view v = {SIDE, SIDE, planes, .targets = targets, .classes = CLASSES};
    double at[4];
    draw(&v, &d, 0, &o, 3);
    find_window(planes, at);
    assert_float_equal(fabs(at[1] - at[0]) * W, H, 5);
    assert_float_equal(at[3] - at[2], 1, 0.02);
    nn_dataset_release(&d);
}

static nn_loader_options loader_options(void)
{
    return (nn_loader_options){.batch = 4,
                               .height = SIDE,
                               .width = SIDE,
                               .kind = NN_DATA_CLASSES,
                               .classes = CLASSES,
                               .seed = 5,
                               .augment = plain_options(),
                               .kernels = nn_kernels_best()};
}

static void test_targets(void **state)
{
    (void)state;
    nn_dataset d;
    make_set(&d, 12, 60, 60);
    const nn_loader_options o = loader_options();
    nn_loader *l;
    nn_sampler order;
    assert_int_equal(nn_sampler_init(&order, &d, o.seed, 0, NULL), NN_OK);
    assert_int_equal(nn_loader_new(&l, &d, &o, 0, NULL), NN_OK);
    for (int step = 0; step < 3; step++) {
        const nn_batch *b;
        assert_int_equal(nn_loader_next(l, &b, NULL), NN_OK);
        assert_null(b->labels);
        for (int i = 0; i < o.batch; i++) {
            const int index = nn_sampler_get(&order, step * o.batch + i);
            const nn_sample *s = &d.samples[index];
            const float *row = b->targets + i * CLASSES;
            assert_int_equal(b->lists[i].count, 0);
            assert_float_equal(b->planes[(3 * i + 2) * SIDE * SIDE], 10.0 * index / 255, 1e-4);
            for (int c = 0; c < CLASSES; c++)
                assert_true(row[c] ==
                            (c == s->classes[0] || (s->class_count > 1 && c == s->classes[1])));
        }
    }
    nn_loader_free(l);
    nn_sampler_release(&order);
    nn_dataset_release(&d);
}

static void test_sizes(void **state)
{
    (void)state;
    nn_dataset d;
    make_set(&d, 6, 60, 60);
    nn_loader_options o = loader_options();
    o.sizes[0] = (nn_loader_size){32, 32};
    o.sizes[1] = (nn_loader_size){64, 96};
    o.sizes[2] = (nn_loader_size){40, 24};
    o.size_count = 3;
    nn_loader *l;
    assert_int_equal(nn_loader_new(&l, &d, &o, 0, NULL), NN_OK);
    int seen[3] = {0};
    for (int step = 0; step < 60; step++) {
        const nn_batch *b;
        assert_int_equal(nn_loader_next(l, &b, NULL), NN_OK);
        const nn_loader_size size = nn_loader_size_at(&o, step);
        assert_true(b->height == size.height && b->width == size.width);
        for (int k = 0; k < 3; k++)
            seen[k] += o.sizes[k].height == size.height;
        // The last pixel of the batch belongs to a picture and not to another size.
        const float last = b->planes[(size_t)o.batch * 3 * b->height * b->width - 1];
        assert_true(last >= 0 && last < 0.25f);
    }
    for (int k = 0; k < 3; k++)
        assert_in_range(seen[k], 9, 33);
    nn_loader_free(l);
    o.sizes[1].width = 0;
    assert_int_equal(nn_loader_new(&l, &d, &o, 0, NULL), NN_EINVAL);
    o.size_count = NN_LOADER_MAX_SIZES + 1;
    assert_int_equal(nn_loader_new(&l, &d, &o, 0, NULL), NN_EINVAL);
    nn_dataset_release(&d);
}

// Nine pictures in ten are of one class: balanced draws see the others as often.
static void test_balance(void **state)
{
    (void)state;
    nn_dataset d;
    make_set(&d, 20, 60, 60);
    for (int i = 0; i < d.count; i++) {
        d.samples[i].class_count = 1;
        d.samples[i].classes[0] = i == 7 ? 3 : i == 13 ? 4 : 0;
    }
    static float planes[3 * SIDE * SIDE];
    float targets[CLASSES], sum[CLASSES] = {0};
    nn_augment_options o = plain_options();
    o.balance = 1;
    for (int i = 0; i < 300; i++) {
        nn_view v = {SIDE, SIDE, planes, .targets = targets, .classes = CLASSES};
        draw(&v, &d, i % 20, &o, (uint64_t)i);
        for (int c = 0; c < CLASSES; c++)
            sum[c] += targets[c];
        const int index = (int)(255 * planes[2 * SIDE * SIDE] / 10 + 0.5f);
        assert_true(targets[d.samples[index].classes[0]] == 1);
    }
    assert_true(sum[1] == 0 && sum[2] == 0);
    for (int c = 0; c < CLASSES; c += c ? 1 : 3)
        assert_in_range((int)sum[c], 75, 125);
    nn_dataset_release(&d);
}

// Batches are the same for any number of threads and any division among processes.
static void test_threads_and_shares(void **state)
{
    (void)state;
    nn_dataset d;
    make_set(&d, 12, 60, 50);
    nn_loader_options o = loader_options(), part;
    o.augment.area[1] = o.augment.flip_h = o.augment.hue = 0.5f;
    o.augment.mixup = 1;
    o.sizes[0] = (nn_loader_size){32, 32};
    o.sizes[1] = (nn_loader_size){40, 24};
    o.size_count = 2;
    o.threads = 1;
    part = o;
    part.batch = 1;
    part.shared_batch = 4;
    part.shared_first = 2;
    nn_loader *one, *many, *third;
    assert_int_equal(nn_loader_new(&one, &d, &o, 3, NULL), NN_OK);
    o.threads = 7;
    assert_int_equal(nn_loader_new(&many, &d, &o, 3, NULL), NN_OK);
    assert_int_equal(nn_loader_new(&third, &d, &part, 3, NULL), NN_OK);
    for (int step = 3; step < 60; step++) {
        const nn_batch *a, *b, *c;
        assert_int_equal(nn_loader_next(one, &a, NULL), NN_OK);
        assert_int_equal(nn_loader_next(many, &b, NULL), NN_OK);
        assert_int_equal(nn_loader_next(third, &c, NULL), NN_OK);
        assert_true(a->step == step && b->step == step && c->step == step);
        const size_t view = (size_t)3 * a->height * a->width;
        assert_memory_equal(a->planes, b->planes, 4 * view * sizeof(float));
        assert_memory_equal(a->targets, b->targets, sizeof(float) * 4 * CLASSES);
        assert_memory_equal(a->planes + 2 * view, c->planes, view * sizeof(float));
        assert_memory_equal(a->targets + (size_t)2 * CLASSES, c->targets, sizeof(float) * CLASSES);
    }
    nn_loader_free(one);
    nn_loader_free(many);
    nn_loader_free(third);
    part.shared_first = 4;
    assert_int_equal(nn_loader_new(&third, &d, &part, 0, NULL), NN_EINVAL);
    nn_dataset_release(&d);
}

static void count_note(void *ctx, const char *line)
{
    assert_non_null(strstr(line, "gone"));
    ++*(int *)ctx;
}

// Files that vanish during a training are noted, and others shown instead; without any, it ends.
static void test_vanished_pictures(void **state)
{
    (void)state;
    int notes = 0;
    nn_dataset d;
    make_set(&d, 8, 60, 50);
    d.notes = (nn_notes){count_note, &notes};
    for (int i = 0; i < d.count; i += 4) {
        nn_image_release(&d.samples[i].image);
        nn_free(d.samples[i].name);
        d.samples[i].name = nn_strdup("/nowhere/gone.jpg");
    }
    const nn_loader_options o = loader_options();
    nn_loader *l;
    nn_error err;
    const nn_batch *b;
    assert_int_equal(nn_loader_new(&l, &d, &o, 0, NULL), NN_OK);
    for (int step = 0; step < 8; step++) {
        assert_int_equal(nn_loader_next(l, &b, NULL), NN_OK);
        for (int i = 0; i < o.batch; i++) {
            const int index = (int)(255 * b->planes[(size_t)(3 * i + 2) * SIDE * SIDE] / 10 + 0.5f);
            assert_true(index % 4 != 0);
            assert_true(b->targets[i * CLASSES + index % CLASSES] == 1);
        }
    }
    nn_loader_free(l);
    assert_true(notes >= 8); // a quarter of 32 and more
    for (int i = 0; i < d.count; i++) {
        nn_image_release(&d.samples[i].image);
        nn_free(d.samples[i].name);
        d.samples[i].name = nn_strdup("/nowhere/gone.jpg");
    }
    assert_int_equal(nn_loader_new(&l, &d, &o, 0, NULL), NN_OK);
    assert_int_equal(nn_loader_next(l, &b, &err), NN_ENOTFOUND);
    assert_non_null(strstr(err.text, "/nowhere/gone.jpg"));
    nn_loader_free(l);
    nn_dataset_release(&d);
}

static void write_jpeg(const char *path, int width, int height)
{
    uint8_t *rgb = nn_calloc((size_t)3 * width, (size_t)height), *bytes = NULL;
    for (int p = 0; p < width * height; p++) {
        rgb[3 * p] = (uint8_t)(255 * (p % width) / (width - 1));
        rgb[3 * p + 1] = (uint8_t)(255 * (p / width) / (height - 1));
    }
    unsigned long size = 0;
    tjhandle tj = tjInitCompress();
    assert_int_equal(
        tjCompress2(tj, rgb, width, 0, height, TJPF_RGB, &bytes, &size, TJSAMP_444, 95, 0), 0);
    test_write(path, bytes, size);
    tjFree(bytes);
    tjDestroy(tj);
    nn_free(rgb);
}

// The same views, nearly, from pictures that were decoded no larger than needed; boxes and windows
// stay in pixels of the full pictures.
static void test_reduced_pictures(void **state)
{
    (void)state;
    static float full[3 * SIDE * SIDE], small[3 * SIDE * SIDE];
    nn_error err;
    int enough_h, enough_w;
    nn_augment_options o = plain_options();
    o.area[0] = 0.5f;
    o.area[1] = 1;
    o.ratio = 1;
    nn_augment_enough(&o, true, SIDE, SIDE, &enough_h, &enough_w);
    assert_true(enough_h == (int)ceil(SIDE / sqrt(0.5)) && enough_w == enough_h);
    o.area[0] = 0.001f;
    nn_augment_enough(&o, true, SIDE, SIDE, &enough_h, &enough_w);
    assert_int_equal(enough_h, (int)ceil(SIDE / sqrt(0.1)));
    o.fit_h = 288;
    o.fit_w = 384;
    o.scale[1] = 1.5f;
    o.aspect = 0;
    nn_augment_enough(&o, false, 64, 64, &enough_h, &enough_w);
    assert_true(enough_h == 432 && enough_w == 576);

    write_jpeg(test_temp("large.jpg").text, 400, 300);
    float targets[CLASSES];
    for (int reduced = 0; reduced < 2; reduced++) {
        int index;
        const nn_source source = {.path = "x"};
        nn_sample s = {0};
        nn_dataset d;
        assert_int_equal(nn_dataset_init(&d, reduced ? 1 << 20 : 0, (nn_notes){0}, &err), NN_OK);
        assert_int_equal(nn_dataset_add_source(&d, &source, &index, &err), NN_OK);
        d.enough_w = d.enough_h = reduced ? 70 : 0;
        assert_int_equal(nn_folder_open_picture(&d, &s, test_temp("large.jpg").text, &err), NN_OK);
        assert_true(s.width == 400 && s.height == 300);
        assert_int_equal(s.image.width, reduced ? 100 : 0);
        assert_int_equal(nn_folder_add_class(&s, 2, &err), NN_OK);
        assert_int_equal(nn_dataset_add(&d, &s, &err), NN_OK);
        assert_int_equal(d.cache_used, reduced ? 3 * 100 * 75 : 0);
        nn_view v = {SIDE, SIDE, reduced ? small : full, .targets = targets, .classes = CLASSES};
        o.area[0] = 0.5f;
        draw(&v, &d, 0, &o, 4);
        nn_dataset_release(&d);
    }
    for (int i = 0; i < 2 * SIDE * SIDE; i++)
        assert_float_equal(full[i], small[i], 0.03);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain_view_is_what_inference_sees),
        cmocka_unit_test(test_random_windows),
        cmocka_unit_test(test_targets),
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_balance),
        cmocka_unit_test(test_threads_and_shares),
        cmocka_unit_test(test_vanished_pictures),
        cmocka_unit_test(test_reduced_pictures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
