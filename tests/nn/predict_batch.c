// SPDX-License-Identifier: MIT
// Several frames, or areas of a frame, at once: they give what each gives alone.
#include "nn/predict/detector_regions.h"

#include "nn/io/io.h"
#include "nn/zoo/zoo.h"
#include "tests/support/alloc.h"
#include "tests/support/detector.h"
#include "tests/support/test.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Frames of one batch: several sizes, formats and input sizes.
enum { FRAMES = 11 };

static void make_frames(nn_frame *f)
{
    static const int sizes[FRAMES][2] = {{160, 128}, {320, 120}, {333, 251}, {64, 256},
                                         {320, 256}, {320, 121}, {31, 27},   {160, 128},
                                         {200, 150}, {640, 480}, {320, 256}};
    for (int i = 0; i < FRAMES; i++) {
        f[i] = detector_rgb(sizes[i][0], sizes[i][1]);
        if (i % 3 == 1) {
            const nn_frame rgb = f[i];
            f[i] = detector_i420(&rgb);
            free((void *)rgb.plane[0]);
        }
    }
}

// A batch gives the boxes of single runs, to the last bit, and allocates nothing the second time.
static void test_batch(void **state)
{
    (void)state;
    nn_frame f[FRAMES];
    nn_result one[FRAMES], r[FRAMES];
    nn_error err = {0};
    make_frames(f);
    for (int threads = 1; threads <= 4; threads *= 2) {
        nn_detector *d = detector_open(
            &(nn_detector_options){.threads = threads, .threshold = -1, .iou_threshold = -1});
        for (int i = 0; i < FRAMES; i++) {
            nn_result_init(&one[i]);
            nn_result_init(&r[i]);
            detector_run(d, &f[i], &one[i]);
            assert_true(one[i].count > 0);
        }
        for (int count = 0; count <= FRAMES; count += 1 + count / 3) {
            if (nn_detector_run_batch(d, f, count, r, &err) != NN_OK)
                fail_msg("%s", err.text);
            for (int i = 0; i < count; i++)
                detector_expect_same(&one[i], &r[i]);
        }
        const nn_frame same[] = {f[7], f[7], f[7], f[7], f[7], f[7], f[7], f[7]};
        for (int turn = 0; turn < 2; turn++) {
            assert_int_equal(nn_detector_run_batch(d, same, 8, r, &err), NN_OK);
            if (turn)
                assert_int_equal(alloc_count(), 0);
            alloc_reset(-1);
        }
        for (int i = 0; i < FRAMES; i++) {
            nn_result_release(&one[i]);
            nn_result_release(&r[i]);
        }
        nn_detector_free(d);
    }
    for (int i = 0; i < FRAMES; i++)
        free((void *)f[i].plane[0]);
}

// A thread that runs frames through a detector that others use, too.
typedef struct caller {
    nn_detector *d;
    const nn_frame *frames; // FRAMES of them, twice
    int first;              // each begins elsewhere
    nn_result r[FRAMES];    // of frames[first + i]
    int failed;
    pthread_t thread;
} caller;

static void *call(void *arg)
{
    enum { ROUNDS = 2, MOST = 3 };
    caller *c = arg;
    for (int round = 0; round < ROUNDS; round++)
        for (int i = 0, n; i < FRAMES; i += n) { // single frames, and several at once
            n = (round + i) % MOST + 1;
            n = n < FRAMES - i ? n : FRAMES - i;
            c->failed += nn_detector_run_batch(c->d, c->frames + c->first + i, n, c->r + i, NULL);
        }
    return NULL;
}

// Calls at the same time give what each gives alone, also while plans of new sizes are made and old
// ones make room.
static void test_calls_at_once(void **state)
{
    (void)state;
    enum { CALLERS = 3 };
    nn_frame f[2 * FRAMES];
    nn_result want[FRAMES];
    static caller c[CALLERS];
    make_frames(f);
    memcpy(f + FRAMES, f, FRAMES * sizeof *f);
    for (int threads = 1; threads <= 3; threads += 2) {
        nn_detector *d = detector_open(
            &(nn_detector_options){.threads = threads, .threshold = -1, .iou_threshold = -1});
        for (int i = 0; i < FRAMES; i++) {
            nn_result_init(&want[i]);
            detector_run(d, &f[i], &want[i]);
        }
        for (int i = 0; i < CALLERS; i++) {
            c[i] = (caller){.d = d, .frames = f, .first = 2 * i};
            for (int k = 0; k < FRAMES; k++)
                nn_result_init(&c[i].r[k]);
            assert_int_equal(pthread_create(&c[i].thread, NULL, call, &c[i]), 0);
        }
        for (int i = 0; i < CALLERS; i++) {
            pthread_join(c[i].thread, NULL);
            assert_int_equal(c[i].failed, 0);
            for (int k = 0; k < FRAMES; k++) {
                detector_expect_same(&want[(c[i].first + k) % FRAMES], &c[i].r[k]);
                nn_result_release(&c[i].r[k]);
            }
        }
        for (int i = 0; i < FRAMES; i++)
            nn_result_release(&want[i]);
        nn_detector_free(d);
    }
    for (int i = 0; i < FRAMES; i++)
        free((void *)f[i].plane[0]);
}

// Large frames run one after the other in the memory that there is; small ones take more, once.
static void test_large(void **state)
{
    (void)state;
    static const int sizes[][2] = {{160, 128}, {1536, 1024}};
    for (int large = 0; large < 2; large++) {
        const int w = sizes[large][0], h = sizes[large][1];
        nn_detector *d = detector_open(&(nn_detector_options){
            .threads = 2, .threshold = -1, .iou_threshold = -1, .input_h = h, .input_w = w});
        const nn_frame f = detector_rgb(w, h), same[] = {f, f, f};
        nn_result one, r[3];
        nn_error err = {0};
        nn_result_init(&one);
        detector_run(d, &f, &one);
        for (int i = 0; i < 3; i++) {
            nn_result_init(&r[i]);
            detector_run(d, &f, &r[i]);
        }
        alloc_reset(-1);
        assert_int_equal(nn_detector_run_batch(d, same, 3, r, &err), NN_OK);
        assert_int_equal(alloc_count() == 0, large);
        for (int i = 0; i < 3; i++) {
            detector_expect_same(&one, &r[i]);
            nn_result_release(&r[i]);
        }
        nn_result_release(&one);
        nn_detector_free(d);
        free((void *)f.plane[0]);
    }
}

// Packed weights, which lanes share, are no working memory: small frames of a large network run at
// the same time.
static void test_large_weights(void **state)
{
    (void)state;
    nn_error err = {0};
    nn_model *m = NULL;
    nn_card card = {.network = "resnet18", .options = "classes=2", .input_h = 32, .input_w = 32};
    snprintf(card.task, sizeof card.task, "classify");
    const test_path path = test_temp("resnet18.safetensors");
    if (nn_zoo_build(&m, &card, &err) != NN_OK)
        fail_msg("%s", err.text);
    nn_zoo_init_random(m, 3, (const float[2]){0, 1});
    assert_int_equal(nn_model_save(m, path.text, true, &err), NN_OK);
    nn_model_free(m);
    nn_detector *d;
    const nn_detector_options options = {.threads = 2, .threshold = -1, .iou_threshold = -1};
    if (nn_detector_open(&d, path.text, &options, &err) != NN_OK)
        fail_msg("%s", err.text);
    const nn_frame f = detector_rgb(32, 32), same[] = {f, f};
    nn_result r[2];
    for (int i = 0; i < 2; i++) {
        nn_result_init(&r[i]);
        detector_run(d, &f, &r[i]);
    }
    alloc_reset(-1);
    assert_int_equal(nn_detector_run_batch(d, same, 2, r, &err), NN_OK);
    assert_true(alloc_count() > 0); // the second lane
    for (int i = 0; i < 2; i++)
        nn_result_release(&r[i]);
    nn_detector_free(d);
    free((void *)f.plane[0]);
    remove(path.text);
}

// Each frame of a batch is decoded with its own settings; those of the detector stay.
static void test_jobs(void **state)
{
    (void)state;
    static const bool cars[] = {false, true};
    nn_frame f = detector_rgb(160, 128), bad = f;
    nn_result all, r[3];
    nn_error err = {0};
    nn_detector *d = detector_open(NULL);
    nn_result_init(&all);
    for (int i = 0; i < 3; i++)
        nn_result_init(&r[i]);
    detector_run(d, &f, &all);
    const float middle = all.boxes[all.count / 2].score;
    const nn_detector_filter filters[] = {
        {.threshold = middle, .iou_threshold = -1},
        {.threshold = -1, .iou_threshold = -1, .max_detections = 3, .label_mask = cars}};
    nn_detector_job jobs[] = {{.frame = &f, .filter = &filters[0], .result = &r[0]},
                              {.frame = &f, .filter = &filters[1], .result = &r[1]},
                              {.frame = &f, .result = &r[2]}};
    if (nn_detector_run_jobs(d, jobs, 3, &err) != NN_OK)
        fail_msg("%s", err.text);
    detector_expect_same(&all, &r[2]);
    nn_detector_set_thresholds(d, middle, -1, 0);
    detector_run(d, &f, &all);
    detector_expect_same(&all, &r[0]);
    nn_detector_set_thresholds(d, -1, -1, 3);
    assert_int_equal(nn_detector_set_labels(d, cars), NN_OK);
    detector_run(d, &f, &all);
    detector_expect_same(&all, &r[1]);
    bad.plane[0] = NULL;
    jobs[1].frame = &bad;
    assert_int_equal(nn_detector_run_jobs(d, jobs, 3, &err), NN_EINVAL);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(r[i].count, 0);
        nn_result_release(&r[i]);
    }
    free((void *)f.plane[0]);
    nn_result_release(&all);
    nn_detector_free(d);
}

// The same for the plans of a batch, which share memory with those that exist: these still work.
static void test_no_memory_for_a_batch(void **state)
{
    (void)state;
    const nn_detector_options o = {.threads = 2, .threshold = -1, .iou_threshold = -1};
    const nn_frame f[] = {detector_rgb(320, 120), detector_rgb(320, 120), detector_rgb(160, 128)};
    nn_result want, r[3];
    nn_error err;
    nn_result_init(&want);
    for (int i = 0; i < 3; i++)
        nn_result_init(&r[i]);
    bool failed = true;
    for (long n = 0; failed; n += 1 + n / 10) {
        nn_detector *d = detector_open(&o);
        detector_run(d, &f[2], &want);
        alloc_reset(n);
        failed = nn_detector_run_batch(d, f, 3, r, &err) != NN_OK;
        alloc_reset(-1);
        detector_run(d, &f[2], &r[2]);
        detector_expect_same(&want, &r[2]);
        nn_detector_free(d);
    }
    for (int i = 0; i < 3; i++) {
        nn_result_release(&r[i]);
        free((void *)f[i].plane[0]);
    }
    nn_result_release(&want);
}

// Areas of a frame give the boxes of the same pixels alone.
static void test_regions(void **state)
{
    (void)state;
    nn_frame rgb = detector_rgb(320, 256), i420 = detector_i420(&rgb), part = rgb;
    const nn_frame *frames[] = {&rgb, &i420};
    nn_result whole, found;
    nn_error err = {0};
    nn_detector *d = detector_open(NULL);
    nn_regions *r = nn_regions_new();
    assert_non_null(r);
    nn_result_init(&whole);
    nn_result_init(&found);
    for (int i = 0; i < 2; i++) { // plain: nothing is changed
        assert_int_equal(nn_regions_set(r, &(nn_region_options){.tiles = NULL}, &err), NN_OK);
        detector_run(d, frames[i], &whole);
        assert_int_equal(nn_detector_run_regions(d, r, frames[i], 0, 100, &found, &err), NN_OK);
        detector_expect_same(&whole, &found);
        // an area at samples of chroma, in tiles
        const nn_region_options o = {.roi = "64,32,224,160", .tiles = i ? "2x1" : "off"};
        assert_int_equal(nn_regions_set(r, &o, &err), NN_OK);
        assert_int_equal(nn_detector_run_regions(d, r, frames[i], 0, 100, &found, &err), NN_OK);
        assert_true(found.count > 0);
        assert_int_equal(found.frame_width, 320);
        for (int k = 0; k < found.count; k++)
            assert_true(found.boxes[k].x0 >= 64 && found.boxes[k].x1 <= 224 &&
                        found.boxes[k].y0 >= 32 && found.boxes[k].y1 <= 160);
        if (i > 0)
            continue;
        part.plane[0] += 32 * rgb.stride[0] + 3 * 64;
        part.width = 160;
        part.height = 128;
        detector_run(d, &part, &whole);
        assert_int_equal(found.count, whole.count);
        for (int k = 0; k < found.count; k++)
            assert_true(fabsf(found.boxes[k].x0 - whole.boxes[k].x0 - 64) < 1e-3f &&
                        fabsf(found.boxes[k].y1 - whole.boxes[k].y1 - 32) < 1e-3f);
    }
    nn_regions_free(r);
    nn_detector_free(d);
    nn_result_release(&whole);
    nn_result_release(&found);
    free((void *)rgb.plane[0]);
    free((void *)i420.plane[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_batch),   cmocka_unit_test(test_calls_at_once),
        cmocka_unit_test(test_large),   cmocka_unit_test(test_large_weights),
        cmocka_unit_test(test_jobs),    cmocka_unit_test(test_no_memory_for_a_batch),
        cmocka_unit_test(test_regions),
    };
    return cmocka_run_group_tests(tests, detector_make, NULL);
}
