// SPDX-License-Identifier: MIT
// The detector from file to boxes, with a small untrained model that the test writes itself.
#include "nn/base/memory.h"
#include "nn/io/io.h"
#include "nn/predict/load_model.h"
#include "nn/zoo/zoo.h"

#include <math.h>
#include <stdio.h>

#include "tests/support/alloc.h"
#include "tests/support/detector.h"
#include "tests/support/files.h"
#include "tests/support/test.h"

// Every size works, and the input follows the shape of the frame at the same scale.
static void test_sizes(void **state)
{
    (void)state;
    static const int cases[][4] = {
        // frame, expected input
        {160, 128, 160, 128}, {320, 256, 160, 128}, {333, 251, 160, 128},
        {31, 27, 160, 128},   {320, 120, 160, 64},  {64, 256, 32, 128},
        {1, 1, 128, 128},     {1280, 720, 160, 96}, {160, 128, 160, 128}};
    nn_detector *d = detector_open(NULL);
    nn_result r;
    nn_result_init(&r);
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        nn_frame f = detector_rgb(cases[i][0], cases[i][1]);
        detector_run(d, &f, &r);
        if (cases[i][0] > 1) {
            assert_int_equal(r.input_width, cases[i][2]);
            assert_int_equal(r.input_height, cases[i][3]);
        }
        free((void *)f.plane[0]);
    }
    assert_int_equal(nn_detector_card(d)->label_count, 2);
    assert_string_equal(nn_detector_path(d), detector_model.text);
    nn_result_release(&r);
    nn_detector_free(d);
    nn_detector_free(NULL);
}

static long allocations_of(nn_detector *d, const nn_frame *frames, int count, nn_result *r)
{
    alloc_reset(-1);
    for (int i = 0; i < count; i++)
        detector_run(d, &frames[i], r);
    return alloc_count();
}

// Frames of a few shapes may take turns: each is planned once. The one not used for longest goes.
static void test_changing_shapes(void **state)
{
    (void)state;
    nn_frame f[] = {detector_rgb(160, 128), detector_rgb(320, 120), detector_rgb(64, 256),
                    detector_rgb(320, 180)};
    nn_detector *d = detector_open(NULL);
    nn_result first, again;
    nn_result_init(&first);
    nn_result_init(&again);
    detector_run(d, &f[0], &first);
    long planning = allocations_of(d, f + 1, 2, &again);
    for (int i = 0; i < 3; i++) {
        long more = allocations_of(d, f, 3, &again);
        assert_true(more < planning / 2); // what resizing takes
    }
    allocations_of(d, f, 1, &again);
    assert_int_equal(again.count, first.count);
    for (int i = 0; i < first.count; i++)
        assert_memory_equal(&again.boxes[i], &first.boxes[i], offsetof(nn_box, predicted));
    detector_run(d, &f[3], &again);
    long replanning = allocations_of(d, f + 1, 1, &again);
    assert_true(replanning > planning / 4);
    for (int i = 0; i < 4; i++)
        free((void *)f[i].plane[0]);
    nn_result_release(&first);
    nn_result_release(&again);
    nn_detector_free(d);
}

// The network's kernels change with the size of its input: trimming stops before they do.
static void test_same_kernels(void **state)
{
    (void)state;
    nn_detector *d = detector_open(&(nn_detector_options){
        .threshold = -1, .iou_threshold = -1, .input_h = 384, .input_w = 384});
    nn_result r;
    nn_frame wide = detector_rgb(384, 200), tall = detector_rgb(100, 200);
    nn_result_init(&r);
    detector_run(d, &wide, &r);
    assert_int_equal(r.input_width, 384);
    assert_int_equal(r.input_height, 352); // 336 and above is the middle size
    detector_run(d, &tall, &r);
    assert_int_equal(r.input_width, 352);
    assert_int_equal(r.input_height, 384);
    free((void *)wide.plane[0]);
    free((void *)tall.plane[0]);
    nn_result_release(&r);
    nn_detector_free(d);
}

static void check_similar(const nn_result *a, const nn_result *b, float scale, float pixels,
                          float score)
{
    int found = 0;
    assert_true(a->count > 3);
    for (int i = 0; i < a->count; i++) {
        nn_box want = a->boxes[i];
        want.x0 *= scale;
        want.y0 *= scale;
        want.x1 *= scale;
        want.y1 *= scale;
        for (int k = 0; k < b->count; k++) {
            const nn_box *got = &b->boxes[k];
            if (got->label == want.label && fabsf(got->score - want.score) < score &&
                fabsf(got->x0 - want.x0) < pixels && fabsf(got->y0 - want.y0) < pixels &&
                fabsf(got->x1 - want.x1) < pixels && fabsf(got->y1 - want.y1) < pixels) {
                found++;
                break;
            }
        }
    }
    // Near ties in score may be suppressed the other way round.
    if (found < a->count * 3 / 4)
        fail_msg("only %d of %d boxes agree", found, a->count);
}

// The same picture in another format, and at twice the size.
static void test_same_picture(void **state)
{
    (void)state;
    nn_detector *d = detector_open(&(nn_detector_options){
        .threads = 1, .threshold = 0.01f, .iou_threshold = -1, .max_detections = 12});
    nn_frame rgb = detector_rgb(160, 120), twice = detector_rgb(320, 240),
             yuv = detector_i420(&rgb);
    nn_result a, b;
    nn_result_init(&a);
    nn_result_init(&b);
    detector_run(d, &rgb, &a);
    detector_run(d, &yuv, &b);
    check_similar(&a, &b, 1, 1.5f, 0.1f);
    detector_run(d, &twice, &b);
    check_similar(&a, &b, 2, 3, 0.1f);
    free((void *)rgb.plane[0]);
    free((void *)twice.plane[0]);
    free((void *)yuv.plane[0]);
    nn_result_release(&a);
    nn_result_release(&b);
    nn_detector_free(d);
}

static bool is_bf16(const nn_detector *d)
{
    return strcmp(nn_detector_precision(d), "bf16") == 0;
}

// bfloat16 finds the same boxes; a batch gives those of single frames, while `auto` compares and
// afterwards.
static void test_precisions(void **state)
{
    (void)state;
    enum { FRAMES = 2, RUNS = NN_PRECISION_RUNS + 3 };
    const nn_frame f[FRAMES] = {detector_rgb(160, 120), detector_rgb(160, 120)};
    nn_result want, got[FRAMES];
    nn_result_init(&want);
    for (int i = 0; i < FRAMES; i++)
        nn_result_init(&got[i]);
    for (int p = NN_PRECISION_FLOAT32; p <= NN_PRECISION_AUTO; p++) {
        nn_detector *d = detector_open(&(nn_detector_options){.threads = 2,
                                                              .threshold = 0.01f,
                                                              .iou_threshold = -1,
                                                              .max_detections = 12,
                                                              .precision = (nn_precision)p});
        for (int run = 0; run < RUNS; run++) {
            detector_run(d, f, p ? got : &want);
            if (p)
                check_similar(&want, got, 1, 1.5f, 0.05f);
            const bool bf16 = is_bf16(d);
            assert_int_equal(nn_detector_run_batch(d, f, FRAMES, got, NULL), NN_OK);
            check_similar(&want, &got[1], 1, 1.5f, 0.05f);
            if (bf16 == is_bf16(d))
                detector_expect_same(&got[0], &got[1]);
        }
        if (p != NN_PRECISION_AUTO)
            assert_true(is_bf16(d) == (p == NN_PRECISION_BF16 && nn_precision_has_bf16()));
        nn_detector_free(d);
    }
    for (int i = 0; i < FRAMES; i++) {
        free((void *)f[i].plane[0]);
        nn_result_release(&got[i]);
    }
    nn_result_release(&want);
}

// Identical boxes on every run, with any number of threads, and no allocation after the first.
static void test_repeatable(void **state)
{
    (void)state;
    nn_frame f = detector_rgb(200, 150);
    nn_result first, again;
    nn_result_init(&first);
    nn_result_init(&again);
    for (int threads = 1; threads <= 2; threads++) {
        nn_detector *d = detector_open(
            &(nn_detector_options){.threads = threads, .threshold = 0, .iou_threshold = -1});
        detector_run(d, &f, &again);
        if (threads == 1) {
            assert_int_equal(nn_result_copy(&first, &again), NN_OK);
            assert_int_equal(first.count, 100);
        }
        alloc_reset(-1);
        for (int i = 0; i < 3; i++) {
            detector_run(d, &f, &again);
            assert_int_equal(again.count, first.count);
            assert_memory_equal(again.boxes, first.boxes, (size_t)first.count * sizeof(nn_box));
        }
        assert_int_equal(alloc_count(), 0);
        nn_detector_free(d);
    }
    free((void *)f.plane[0]);
    nn_result_release(&first);
    nn_result_release(&again);
}

// Rivals are decoded and never come out, whatever labels are asked for.
static void test_rivals(void **state)
{
    (void)state;
    const nn_detector_options o = {.threshold = 0.005f, .iou_threshold = -1, .max_detections = 300};
    nn_detector *both = detector_open(&o), *one = NULL;
    nn_model *m = NULL;
    nn_error err = {0};
    nn_frame f = detector_rgb(160, 128);
    nn_result r, mine;
    nn_result_init(&r);
    nn_result_init(&mine);
    assert_int_equal(nn_model_load(&m, detector_model.text, &err), NN_OK);
    nn_card_set_rivals(&m->card, 1);
    if (nn_detector_new(&one, m, detector_model.text, &o, &err) != NN_OK)
        fail_msg("%s", err.text);
    detector_run(both, &f, &r);
    for (int turn = 0; turn < 2; turn++) {
        int people = 0;
        detector_run(one, &f, &mine);
        for (int i = 0; i < r.count; i++)
            if (r.boxes[i].label == 0)
                assert_memory_equal(&mine.boxes[people++], &r.boxes[i], sizeof *r.boxes);
        assert_true(people > 0 && people < r.count);
        assert_int_equal(people, mine.count);
        assert_int_equal(nn_detector_set_labels(one, (const bool[]){true}), NN_OK);
    }
    free((void *)f.plane[0]);
    nn_result_release(&r);
    nn_result_release(&mine);
    nn_detector_free(both);
    nn_detector_free(one);
}

static void test_settings(void **state)
{
    (void)state;
    nn_detector *d = detector_open(NULL);
    nn_frame f = detector_rgb(160, 128);
    nn_result r;
    nn_result_init(&r);
    detector_run(d, &f, &r);
    int by_card = r.count;
    assert_true(by_card > 10);
    float middle = r.boxes[by_card / 2].score;
    nn_detector_set_thresholds(d, middle, -1, 0);
    detector_run(d, &f, &r);
    assert_true(r.count > 0 && r.count < by_card);
    assert_true(r.boxes[r.count - 1].score > middle - 1e-6f);
    nn_detector_set_thresholds(d, -1, -1, 3);
    detector_run(d, &f, &r);
    assert_int_equal(r.count, 3);
    nn_detector_set_thresholds(d, -1, -1, 0);
    detector_run(d, &f, &r);
    assert_int_equal(r.count, by_card);
    assert_int_equal(nn_detector_set_labels(d, (const bool[]){false, true}), NN_OK);
    detector_run(d, &f, &r);
    assert_true(r.count > 0);
    for (int i = 0; i < r.count; i++)
        assert_int_equal(r.boxes[i].label, 1);
    assert_int_equal(nn_detector_set_labels(d, (const bool[]){false, false}), NN_OK);
    detector_run(d, &f, &r);
    assert_int_equal(r.count, 0);
    assert_int_equal(nn_detector_set_labels(d, NULL), NN_OK);
    detector_run(d, &f, &r);
    assert_int_equal(r.count, by_card);
    // A bad frame is an error, and the next good one is not.
    nn_frame bad = f;
    nn_error err = {0};
    bad.plane[0] = NULL;
    assert_int_equal(nn_detector_run(d, &bad, &r, &err), NN_EINVAL);
    assert_int_equal(r.count, 0);
    detector_run(d, &f, &r);
    assert_int_equal(r.count, by_card);
    free((void *)f.plane[0]);
    nn_result_release(&r);
    nn_detector_free(d);
}

static void expect_refusal(const char *path, const nn_detector_options *o, const char *part)
{
    nn_error err = {0};
    nn_detector *d = (nn_detector *)&err;
    assert_int_not_equal(nn_detector_open(&d, path, o, &err), NN_OK);
    assert_null(d);
    if (!strstr(err.text, path) || !strstr(err.text, part) || strchr(err.text, '\n'))
        fail_msg("\"%s\" does not say \"%s\" and \"%s\"", err.text, path, part);
}

static void test_refusals(void **state)
{
    (void)state;
    size_t size;
    uint8_t *bytes = test_read(detector_model.text, &size);
    test_path bad = test_temp("bad.safetensors");
    const size_t cuts[] = {0, 5, 8, 100, size / 2, size - 1};
    for (size_t i = 0; i < sizeof(cuts) / sizeof(*cuts); i++) {
        test_write(bad.text, bytes, cuts[i]);
        expect_refusal(bad.text, NULL, "");
    }
    free(bytes);
    expect_refusal("no-such-model", NULL, "");
    expect_refusal("/no/such/model.safetensors", NULL, "");
    nn_detector_options o = {.input_h = 100, .input_w = 96};
    expect_refusal(detector_model.text, &o, "multiples of 32");
    o.input_h = 1 << 20;
    expect_refusal(detector_model.text, &o, "multiples of 32");
    o = (nn_detector_options){.head = "yolov8"};
    expect_refusal(detector_model.text, &o, "yolov8: 2 outputs");
}

// A classifier gives one box around the frame, for the middle of which its class is.
static void test_classifier(void **state)
{
    (void)state;
    test_path path = test_temp("classifier.safetensors");
    detector_save(path.text, "classify", 100, 100);
    nn_error err = {0};
    nn_detector *d;
    const nn_detector_options all = {.threshold = 0, .iou_threshold = -1};
    if (nn_detector_open(&d, path.text, &all, &err) != NN_OK)
        fail_msg("%s", err.text);
    nn_frame f = detector_rgb(200, 90);
    nn_result r;
    nn_result_init(&r);
    assert_int_equal(nn_detector_run(d, &f, &r, &err), NN_OK);
    assert_int_equal(r.count, 1);
    assert_int_equal(r.input_width, 100); // never trimmed
    assert_int_equal(r.input_height, 100);
    const nn_box *b = &r.boxes[0];
    assert_true(b->x0 == 0 && b->y0 == 0 && b->x1 == 200 && b->y1 == 90);
    assert_true(b->score >= 0.5f && b->score <= 1); // the likelier of two
    const nn_box before = *b;
    for (int y = 0; y < 90; y++) // what lies outside the middle changes nothing
        memset((uint8_t *)f.plane[0] + 600 * y, 255, 3 * 40);
    assert_int_equal(nn_detector_run(d, &f, &r, &err), NN_OK);
    assert_memory_equal(&before, &r.boxes[0], sizeof before);
    free((void *)f.plane[0]);
    nn_result_release(&r);
    nn_detector_free(d);
}

// A change of the size gives what a detector that was opened for it gives: kernels follow the size
// (3x3 below 336, then 5x5, 7x7 from 560 on), and so does trimming.
static void test_other_sizes(void **state)
{
    (void)state;
    static const int sizes[][2] = {{160, 128}, {96, 64}, {384, 352}, {608, 576}, {160, 128}};
    const nn_frame f[] = {detector_rgb(200, 150), detector_rgb(400, 100)};
    nn_detector *d = detector_open(NULL);
    nn_result want, got;
    nn_error err = {0};
    nn_result_init(&want);
    nn_result_init(&got);
    assert_true(nn_detector_is_resizable(d));
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        const int w = sizes[i][0], h = sizes[i][1];
        nn_detector *fixed = detector_open(&(nn_detector_options){
            .threshold = -1, .iou_threshold = -1, .input_h = h, .input_w = w});
        assert_int_equal(nn_detector_set_size(d, h, w, &err), NN_OK);
        for (int k = 0; k < 2; k++) {
            detector_run(fixed, &f[k], &want);
            detector_run(d, &f[k], &got);
            detector_expect_same(&want, &got);
        }
        // The same by the settings of a single frame.
        const nn_detector_filter filter = {
            .threshold = -1, .iou_threshold = -1, .input_h = 64, .input_w = 96};
        const nn_detector_job job = {.frame = &f[0], .filter = &filter, .result = &got};
        assert_int_equal(nn_detector_run_jobs(d, &job, 1, &err), NN_OK);
        assert_int_equal(got.input_width, 96);
        nn_detector_free(fixed);
    }
    assert_int_equal(nn_detector_set_size(d, 100, 96, &err), NN_EINVAL);
    assert_non_null(strstr(err.text, "input size 96x100: both must be multiples of 32"));
    assert_int_equal(nn_detector_set_size(d, 96, 0, &err), NN_EINVAL);
    detector_run(d, &f[0], &got);
    assert_int_equal(got.input_width, 160); // unchanged
    assert_int_equal(nn_detector_set_size(d, 64, 64, &err), NN_OK);
    assert_int_equal(nn_detector_set_size(d, 0, 0, &err), NN_OK);
    detector_run(d, &f[0], &got);
    assert_int_equal(got.input_width, 160);
    for (int i = 0; i < 2; i++)
        free((void *)f[i].plane[0]);
    nn_result_release(&want);
    nn_result_release(&got);
    nn_detector_free(d);
}

static long plan_sizes(nn_detector *d, int count, const nn_frame *f, nn_result *r)
{
    nn_error err = {0};
    alloc_reset(-1);
    for (int i = 0; i < count; i++) {
        const int side = 64 + 32 * i;
        assert_int_equal(nn_detector_set_size(d, side, side, &err), NN_OK);
        detector_run(d, f, r);
        assert_int_equal(r->input_width, side);
    }
    return alloc_count();
}

// Eight sizes take turns without planning again, and more never take more memory.
static void test_kept_sizes(void **state)
{
    (void)state;
    nn_frame f = detector_rgb(200, 200);
    nn_detector *d = detector_open(NULL);
    nn_result r;
    nn_result_init(&r);
    const long first = plan_sizes(d, 8, &f, &r), again = plan_sizes(d, 8, &f, &r);
    assert_true(again < first / 2); // what resizing takes
    plan_sizes(d, 9, &f, &r);
    assert_true(plan_sizes(d, 9, &f, &r) > first / 2);
    free((void *)f.plane[0]);
    nn_result_release(&r);
    nn_detector_free(d);
}

// Thresholds of single classes: what is below its own takes no place of what is above.
static void test_class_thresholds(void **state)
{
    (void)state;
    nn_frame f = detector_rgb(160, 128);
    nn_detector *d = detector_open(NULL);
    nn_result all, some;
    nn_error err = {0};
    nn_result_init(&all);
    nn_result_init(&some);
    nn_detector_set_thresholds(d, -1, -1, 1000);
    detector_run(d, &f, &all);
    assert_true(all.count < 1000);
    float middle[2] = {0, 0};
    for (int label = 0; label < 2; label++) {
        int n = 0;
        for (int i = 0; i < all.count; i++)
            n += all.boxes[i].label == label;
        assert_true(n > 4);
        for (int i = 0, seen = 0; i < all.count; i++)
            if (all.boxes[i].label == label && seen++ == n / 2)
                middle[label] = all.boxes[i].score;
    }
    const float thresholds[] = {middle[0], 0.005f};
    nn_detector_filter filter = {.threshold = 0.9f,
                                 .iou_threshold = -1,
                                 .max_detections = 1000,
                                 .class_thresholds = thresholds};
    const nn_detector_job job = {.frame = &f, .filter = &filter, .result = &some};
    assert_int_equal(nn_detector_run_jobs(d, &job, 1, &err), NN_OK);
    int k = 0;
    for (int i = 0; i < all.count; i++)
        if (all.boxes[i].label == 1 || all.boxes[i].score >= middle[0])
            assert_memory_equal(&some.boxes[k++], &all.boxes[i], offsetof(nn_box, predicted));
    assert_int_equal(k, some.count);
    // Those of the card count where neither the filter nor the detector says otherwise.
    assert_int_equal(nn_card_set_class_thresholds((nn_card *)nn_detector_card(d), thresholds, &err),
                     NN_OK);
    filter.class_thresholds = NULL;
    filter.threshold = -1;
    assert_int_equal(nn_detector_run_jobs(d, &job, 1, &err), NN_OK);
    assert_int_equal(some.count, k);
    filter.threshold = 0.005f;
    assert_int_equal(nn_detector_run_jobs(d, &job, 1, &err), NN_OK);
    assert_int_equal(some.count, all.count);
    filter.threshold = -1;
    filter.max_detections = 3;
    assert_int_equal(nn_detector_run_jobs(d, &job, 1, &err), NN_OK);
    assert_int_equal(some.count, 3);
    free((void *)f.plane[0]);
    nn_result_release(&all);
    nn_result_release(&some);
    nn_detector_free(d);
}

// No memory at any point of opening is an error and leaks nothing.
static void test_no_memory(void **state)
{
    (void)state;
    nn_error err;
    nn_detector *d = NULL;
    alloc_reset(-1);
    nn_detector_free(detector_open(NULL));
    long all = alloc_count();
    for (long n = 0; n < all; n += 1 + n / 20) {
        alloc_reset(n);
        nn_status status = nn_detector_open(&d, detector_model.text, NULL, &err);
        alloc_reset(-1);
        assert_int_not_equal(status, NN_OK);
        assert_null(d);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sizes),        cmocka_unit_test(test_changing_shapes),
        cmocka_unit_test(test_same_kernels), cmocka_unit_test(test_same_picture),
        cmocka_unit_test(test_repeatable),   cmocka_unit_test(test_precisions),
        cmocka_unit_test(test_settings),     cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_classifier),   cmocka_unit_test(test_no_memory),
        cmocka_unit_test(test_rivals),       cmocka_unit_test(test_other_sizes),
        cmocka_unit_test(test_kept_sizes),   cmocka_unit_test(test_class_thresholds),
    };
    return cmocka_run_group_tests(tests, detector_make, NULL);
}
