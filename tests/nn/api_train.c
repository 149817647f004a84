// SPDX-License-Identifier: MIT
// Training and evaluation as the library offers them: folders in, models and scores out.
#include "nn/base/rng.h"
#include "nn/nn.h"
#include "tests/support/files.h"
#include "tests/support/masks.h"
#include "tests/support/test.h"
#include "tests/support/training.h"

#include <math.h>
#include <stdio.h>
#include <unistd.h>

enum { SIDE = 32, PICTURES = 20, EPOCHS = 6 };

static test_path colours; // colours/red and colours/blue: pictures of that colour under noise

static int make_folder(void **state)
{
    (void)state;
    static const char *const names[] = {"red", "blue"};
    static uint8_t rgb[3 * SIDE * SIDE];
    const nn_image image = {SIDE, SIDE, rgb};
    nn_rng rng = nn_rng_seed(9);
    char name[64];
    colours = test_make_dir("colours");
    test_make_dir("tmp");
    setenv("TMPDIR", test_temp("tmp").text, 1);
    for (int i = 0; i < 2; i++) {
        snprintf(name, sizeof name, "colours/%s", names[i]);
        test_make_dir(name);
    }
    for (int i = 0; i < 2 * PICTURES; i++) {
        for (int k = 0; k < 3 * SIDE * SIDE; k++)
            rgb[k] = (uint8_t)(60 + nn_rng_below(&rng, 90) + (k % 3 == 2 * (i % 2) ? 90 : 0));
        snprintf(name, sizeof name, "colours/%s/%02d.png", names[i % 2], i);
        assert_int_equal(nn_image_save_png(&image, test_temp(name).text, NULL), NN_OK);
    }
    return 0;
}

// Records the calls of a training's callbacks.
typedef struct seen {
    int batches, epochs, bests, stop_epoch;
    double top1;
} seen;

static bool see_batch(void *ctx, const nn_train_progress *p)
{
    seen *s = ctx;
    assert_int_equal(p->step, ++s->batches);
    assert_true(p->loss > 0 && p->images_per_second > 0 && !p->scores);
    return true;
}

static bool see_epoch(void *ctx, const nn_train_progress *p)
{
    seen *s = ctx;
    assert_int_equal(p->epoch, ++s->epochs);
    assert_int_equal(p->epochs, EPOCHS);
    assert_non_null(p->scores);
    assert_true(nn_scores_get(p->scores, "top1") >= 0 && isnan(nn_scores_get(p->scores, "miou")));
    assert_int_equal(p->scores->pictures, 2 * PICTURES / 4);
    return p->epoch != s->stop_epoch;
}

static bool see_best(void *ctx, const nn_train_progress *p)
{
    seen *s = ctx;
    s->bests++;
    s->top1 = nn_scores_get(p->scores, "top1");
    assert_int_equal(p->best_epoch, p->epoch);
    return true;
}

static nn_train_options small(seen *s)
{
    nn_train_options o;
    nn_error err = {0};
    if (nn_train_options_init(&o, "classify", &err) != NN_OK)
        fail_msg("%s", err.text);
    o.network_options = "alpha=0.125,beta=0";
    o.input_width = o.input_height = SIDE;
    o.epochs = EPOCHS;
    o.batch = 10;
    o.rate = 4e-3;
    o.val_part = 0.25;
    o.threads = 1;
    o.ctx = s;
    o.batch_done = see_batch;
    o.epoch_done = see_epoch;
    o.new_best = see_best;
    return o;
}

static nn_model *train(const nn_train_options *o, nn_scores *scores)
{
    nn_model *m;
    nn_error err = {0};
    if (nn_train(&m, colours.text, o, scores, &err) != NN_OK)
        fail_msg("%s", err.text);
    return m;
}

static void test_defaults(void **state)
{
    (void)state;
    static const char *const tasks[] = {"classify", "detect", "segment"};
    nn_train_options o;
    nn_error err = {0};
    for (int i = 0; i < 3; i++) {
        assert_int_equal(nn_train_options_init(&o, tasks[i], &err), NN_OK);
        assert_string_equal(o.task, tasks[i]);
        assert_true(o.epochs > 0 && o.batch > 0 && o.rate > 0 && o.threads > 0 && o.network);
        assert_int_equal(o.input_width, i ? 384 : NN_FROM_MODEL);
    }
    assert_int_equal(nn_train_options_init(&o, "guess", &err), NN_ENOTFOUND);
    assert_non_null(strstr(err.text, "guess"));
}

static void test_classify(void **state)
{
    (void)state;
    seen s = {0}, again = {0};
    nn_scores scores, all;
    nn_error err = {0};
    nn_train_options o = small(&s);
    nn_model *m = train(&o, &scores);
    assert_int_equal(s.epochs, EPOCHS);
    assert_int_equal(s.batches, EPOCHS * 3); // 30 pictures to train on
    assert_true(s.bests > 0 && nn_scores_get(&scores, "top1") == s.top1 && s.top1 > 0.8);
    assert_int_equal(scores.count, 4);
    assert_true(isnan(nn_scores_get(&scores, "ap50")));
    assert_int_equal(nn_model_class_count(m), 2);
    assert_string_equal(nn_model_class_name(m, 0), "blue"); // in the order of their names
    assert_int_equal(rmdir(test_temp("tmp").text), 0);      // the work folder is gone
    test_make_dir("tmp");
    o.ctx = &again;
    nn_model *twin = train(&o, NULL);
    assert_true(training_same(m, twin, 0));
    const test_path file = test_temp("colours.safetensors");
    assert_int_equal(nn_model_write(m, file.text, NULL, &err), NN_OK);
    assert_int_equal(nn_evaluate(&all, file.text, colours.text, NULL, &err), NN_OK);
    assert_int_equal(all.pictures, 2 * PICTURES);
    assert_true(nn_scores_get(&all, "top1") > 0.8 && all.milliseconds > 0);
    assert_true(all.worth >= nn_scores_get(&all, "top1"));
    nn_model_free(m);
    nn_model_free(twin);
}

// A training that starts from a model has its weights: at a tiny rate it stays as good, while
// random weights do not learn. Unknown options and foreign weights are refused.
static void test_init(void **state)
{
    (void)state;
    seen s = {0};
    nn_scores scores;
    nn_error err = {0};
    nn_model *m = NULL;
    nn_train_options o = small(&s);
    const test_path file = test_temp("start.safetensors"), other = test_temp("other.safetensors");
    nn_model *start = train(&o, NULL);
    assert_int_equal(nn_model_write(start, file.text, NULL, &err), NN_OK);
    nn_model_free(start);
    o.batch_done = o.epoch_done = o.new_best = NULL;
    o.epochs = 1;
    o.rate = 1e-7;
    o.init = file.text;
    o.augment = "none";
    nn_model_free(train(&o, &scores));
    assert_true(nn_scores_get(&scores, "top1") > 0.8);
    o.augment_options = "flip-h=0.5 angel=20";
    assert_int_equal(nn_train(&m, colours.text, &o, NULL, &err), NN_EINVAL);
    assert_non_null(strstr(err.text, "angel"));
    o.augment_options = "angle=200";
    assert_int_equal(nn_train(&m, colours.text, &o, NULL, &err), NN_EINVAL);
    o.augment_options = NULL;
    o.augment = "wild";
    assert_int_equal(nn_train(&m, colours.text, &o, NULL, &err), NN_EINVAL);
    o.augment = NULL;
    o.init = other.text;
    assert_int_equal(nn_train(&m, colours.text, &o, NULL, &err), NN_ENOTFOUND);
    assert_non_null(strstr(err.text, "other.safetensors"));
    assert_int_equal(nn_model_build(&m, "resnet18", NULL, &err), NN_OK);
    assert_int_equal(nn_model_write(m, other.text, NULL, &err), NN_OK);
    nn_model_free(m);
    assert_int_equal(nn_train(&m, colours.text, &o, NULL, &err), NN_ENOTFOUND);
    assert_non_null(strstr(err.text, "none of its"));
    assert_null(m);
}

static void see_warning(void *ctx, const char *line)
{
    int *warnings = ctx;
    ++*warnings;
    assert_non_null(strstr(line, "--"));
}

// A rate that is too high to learn anything is reported.
static void test_warning(void **state)
{
    (void)state;
    int warnings = 0;
    nn_train_options o = small(NULL);
    o.batch_done = o.epoch_done = o.new_best = NULL;
    o.epochs = 8; // the loss can be judged after ten steps
    o.rate = 9;
    o.ctx = &warnings;
    o.warn = see_warning;
    nn_model_free(train(&o, NULL));
    assert_true(warnings > 0);
}

// Stopped by a callback, then resumed: the model of an uninterrupted training.
static void test_resume(void **state)
{
    (void)state;
    seen s = {0};
    nn_train_options o = small(&s);
    nn_model *whole = train(&o, NULL);
    const test_path work = test_temp("work");
    s = (seen){.stop_epoch = 2};
    o.work = work.text;
    nn_model_free(train(&o, NULL));
    assert_int_equal(s.epochs, 2);
    o.resume = true;
    o.batch_done = NULL;
    s.stop_epoch = 0;
    nn_model *resumed = train(&o, NULL);
    assert_int_equal(s.epochs, EPOCHS);
    assert_true(training_same(whole, resumed, 0));
    assert_int_equal(access(test_temp("work/best.safetensors").text, F_OK), 0);
    nn_model_free(whole);
    nn_model_free(resumed);
}

static void see_picture(void *ctx, int done, int total)
{
    assert_int_equal(total, 4);
    *(int *)ctx = done;
}

static void test_segment(void **state)
{
    (void)state;
    nn_train_options o;
    nn_evaluate_options e;
    nn_scores scores;
    nn_model *m;
    nn_error err = {0};
    int done = 0;
    masks_make_folder("shapes", 8, 96, 1);
    masks_make_folder("others", 4, 96, 2);
    const test_path shapes = test_temp("shapes"), others = test_temp("others"),
                    file = test_temp("shapes.safetensors");
    assert_int_equal(nn_train_options_init(&o, "segment", &err), NN_OK);
    o.network_options = "alpha=0.125,beta=0,neck=16";
    o.input_width = o.input_height = 96;
    o.epochs = 2;
    o.val_folder = others.text;
    if (nn_train(&m, shapes.text, &o, &scores, &err) != NN_OK)
        fail_msg("%s", err.text);
    assert_int_equal(scores.pictures, 4);
    assert_true(nn_scores_get(&scores, "miou") > 0);
    assert_string_equal(nn_model_class_name(m, 1), "disc");
    assert_int_equal(nn_model_write(m, file.text, NULL, &err), NN_OK);
    nn_evaluate_options_init(&e);
    e.ctx = &done;
    e.picture_done = see_picture;
    nn_scores again;
    assert_int_equal(nn_evaluate(&again, file.text, others.text, &e, &err), NN_OK);
    assert_int_equal(done, 4);
    assert_true(fabs(nn_scores_get(&again, "miou") - nn_scores_get(&scores, "miou")) < 1e-3);
    nn_model_free(m);
}

// boxes/images and boxes/labels as Ultralytics lays them out, and their classes.txt.
static void write_boxes(const nn_dataset *d)
{
    char name[64], line[128];
    test_make_dir("boxes");
    test_make_dir("boxes/images");
    test_make_dir("boxes/labels");
    test_write_text("boxes/classes.txt", "lying\nstanding\n");
    for (int i = 0; i < d->count; i++) {
        const nn_sample *s = &d->samples[i];
        char text[512] = "";
        for (int k = 0; k < s->truth_count; k++) {
            const nn_truth *t = &s->truths[k];
            const double side = s->width;
            snprintf(line, sizeof line, "%d %.5f %.5f %.5f %.5f\n", (int)t->label,
                     (double)(t->x0 + t->x1) / 2 / side, (double)(t->y0 + t->y1) / 2 / side,
                     (double)(t->x1 - t->x0) / side, (double)(t->y1 - t->y0) / side);
            strncat(text, line, sizeof text - strlen(text) - 1);
        }
        snprintf(name, sizeof name, "boxes/images/%02d.png", i);
        assert_int_equal(nn_image_save_png(&s->image, test_temp(name).text, NULL), NN_OK);
        snprintf(name, sizeof name, "boxes/labels/%02d.txt", i);
        test_write_text(name, text);
    }
}

static void test_detect(void **state)
{
    (void)state;
    nn_dataset d;
    nn_train_options o;
    nn_scores scores, again;
    nn_model *m;
    nn_error err = {0};
    training_boxes(&d, 96, 32, 1);
    write_boxes(&d);
    nn_dataset_release(&d);
    const test_path boxes = test_temp("boxes"), file = test_temp("boxes.safetensors");
    assert_int_equal(nn_train_options_init(&o, "detect", &err), NN_OK);
    o.network_options = "alpha=0.125,beta=0,neck=16";
    o.input_width = o.input_height = 96;
    o.epochs = 30;
    o.rate = 8e-3;
    if (nn_train(&m, boxes.text, &o, &scores, &err) != NN_OK)
        fail_msg("%s", err.text);
    print_message("ap50 %.3f\n", nn_scores_get(&scores, "ap50"));
    assert_true(nn_scores_get(&scores, "ap50") > 0.5 && nn_scores_get(&scores, "objects") > 5);
    assert_string_equal(nn_model_class_name(m, 1), "standing");
    assert_int_equal(nn_model_write(m, file.text, NULL, &err), NN_OK);
    assert_int_equal(nn_evaluate(&again, file.text, boxes.text, NULL, &err), NN_OK);
    assert_true(again.pictures == 32 && nn_scores_get(&again, "ap50") > 0.5);
    nn_model_free(m);
}

static void refuse(const nn_train_options *o, const char *folder, nn_status want, const char *text)
{
    nn_error err = {0};
    nn_model *m;
    assert_int_equal(nn_train(&m, folder, o, NULL, &err), want);
    assert_null(m);
    if (!strstr(err.text, text))
        fail_msg("'%s' does not tell '%s'", err.text, text);
}

static void test_refused(void **state)
{
    (void)state;
    seen s = {0};
    const nn_train_options fine = small(&s);
    nn_train_options o = fine;
    refuse(&o, "/nonexistent", NN_ENOTFOUND, "/nonexistent");
    o.task = "guess";
    refuse(&o, colours.text, NN_ENOTFOUND, "guess");
    o = fine;
    o.network = "alexnot";
    refuse(&o, colours.text, NN_ENOTFOUND, "alexnot");
    o = fine;
    o.threads = 0;
    refuse(&o, colours.text, NN_EINVAL, "threads");
    o = fine;
    o.epochs = 0;
    refuse(&o, colours.text, NN_EINVAL, "0 epochs");
    o = fine;
    o.rate = NAN;
    refuse(&o, colours.text, NN_EINVAL, "rate");
    o = fine;
    o.input_width = 0;
    refuse(&o, colours.text, NN_EINVAL, "0x32");
    o = fine;
    o.work = "/nonexistent/work";
    refuse(&o, colours.text, NN_EIO, "/nonexistent/work");
    nn_scores scores;
    nn_error err = {0};
    assert_int_equal(nn_evaluate(&scores, "/nonexistent.safetensors", colours.text, NULL, &err),
                     NN_ENOTFOUND);
    assert_non_null(strstr(err.text, "/nonexistent.safetensors"));
    assert_int_equal(
        nn_evaluate(&scores, test_temp("colours.safetensors").text, "/nonexistent", NULL, &err),
        NN_ENOTFOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults), cmocka_unit_test(test_classify),
        cmocka_unit_test(test_init),     cmocka_unit_test(test_warning),
        cmocka_unit_test(test_resume),   cmocka_unit_test(test_segment),
        cmocka_unit_test(test_detect),   cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, make_folder, NULL);
}
