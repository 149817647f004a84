// SPDX-License-Identifier: MIT
// The learning rate sweep: the rate chosen from invented losses; a training after it has the same
// bits as one without. The batch size that fits into memory.
#include "nn/train/batch_size.h"
#include "nn/train/rate_sweep.h"
#include "tests/support/files.h"
#include "tests/support/test.h"
#include "tests/support/training.h"

#include <math.h>
#include <sys/stat.h>

enum { SIDE = 96, PICTURES = 24, STEPS = 120 };

// Rates from 1e-6 to 1 with invented losses, and the rate that must be chosen.
static double pick(double (*loss)(double rate), int steps)
{
    nn_rate_sweep s = {.steps = steps};
    for (int i = 0; i < steps; i++) {
        s.rate[i] = pow(10, -6 + 6.0 * i / (STEPS - 1));
        s.loss[i] = loss(s.rate[i]) + 0.02 * sin(12.9 * i);
    }
    const int i = nn_rate_sweep_pick(&s, STEPS);
    assert_in_range(i, 0, steps - 1);
    return s.rate[i];
}

// Falls around 1e-3, lowest at 1e-2, then rises.
static double valley(double rate)
{
    const double x = log10(rate);
    return 3 - 2 / (1 + exp(-6 * (x + 3))) + (x > -2 ? 8 * (x + 2) * (x + 2) : 0);
}

static double cliff(double rate) // falls fastest just before it diverges
{
    const double x = log10(rate);
    return 3 - 2 / (1 + exp(-6 * (x + 2))) + (x > -1.7 ? 40 * (x + 1.7) : 0);
}

static double hill(double rate)
{
    return 3 + rate * 10;
}

static void test_pick(void **state)
{
    (void)state;
    const double here = pick(valley, 100);
    assert_true(here > 5e-4 && here < 2e-3);
    const double before = pick(cliff, 90);
    assert_true(before > 1e-3 && before < 6e-3);
    assert_true(pick(hill, STEPS) < 1e-3); // nothing but noise falls
    assert_true(pick(valley, 1) == 1e-6);
}

static bool count_step(void *ctx, int done, int total)
{
    int *count = ctx;
    assert_true(done == ++*count && done <= total && total <= NN_SWEEP_MOST);
    return done < 30;
}

// Six steps with a rate that a sweep before them has found, or not.
static nn_model *train(nn_dataset *d, double rate, nn_rate_sweep *s)
{
    nn_model *m = training_detector(SIDE, d);
    nn_trainer *t;
    nn_error err = {0};
    nn_trainer_options o = training_options(SIDE, 2);
    o.schedule.rate = (float)rate;
    if (nn_trainer_new(&t, m, d, &o, NULL, &err) != NN_OK)
        fail_msg("%s", err.text);
    if (s) {
        assert_int_equal(nn_trainer_sweep(t, s, NULL, NULL, &err), NN_OK);
        assert_int_equal(nn_trainer_steps_done(t), 0);
        nn_trainer_set_rate(t, s->found);
    }
    training_steps(t, 6);
    assert_int_equal(nn_trainer_steps_done(t), 6);
    if (s)
        assert_int_equal(nn_trainer_sweep(t, s, NULL, NULL, &err), NN_EINVAL); // too late
    nn_trainer_free(t);
    return m;
}

static void test_leaves_no_trace(void **state)
{
    (void)state;
    nn_dataset d;
    nn_rate_sweep one, two;
    nn_error err = {0};
    training_boxes(&d, SIDE, PICTURES, 1);
    nn_model *m = training_detector(SIDE, &d);
    nn_trainer *t;
    nn_trainer_options o = training_options(SIDE, 2);
    if (nn_trainer_new(&t, m, &d, &o, NULL, &err) != NN_OK)
        fail_msg("%s", err.text);
    nn_model *before = training_detector(SIDE, &d);
    assert_int_equal(nn_trainer_sweep(t, &one, NULL, NULL, &err), NN_OK);
    print_message("%g of %d steps from %g to %g\n", one.rate[one.picked], one.steps, one.rate[0],
                  one.rate[one.steps - 1]);
    assert_true(one.picked >= 0 && one.picked < one.steps && one.steps > 10);
    assert_true(one.rate[one.picked] > 1e-5 && one.rate[one.picked] < 0.1);
    assert_true(training_same(before, m, 0)); // running statistics, too
    assert_true(training_same(before, nn_trainer_average(t), 0));
    assert_int_equal(nn_trainer_sweep(t, &two, NULL, NULL, &err), NN_OK);
    assert_memory_equal(&one, &two, sizeof one);
    int count = 0;
    assert_int_equal(nn_trainer_sweep(t, &two, count_step, &count, &err), NN_OK);
    assert_int_equal(count, 30);
    assert_int_equal(two.picked, -1);
    const double rate = one.found;
    const double mean = sqrt(one.rate[one.picked] * 4e-3), most = 0.5 * one.rate[one.lowest];
    assert_true(fabs(rate / fmin(mean, most) - 1) < 0.06);
    nn_trainer_free(t);
    nn_model *swept = train(&d, 4e-3, &two), *plain = train(&d, rate, NULL);
    assert_true(training_same(swept, plain, 0));
    assert_false(training_same(swept, before, 0));
    nn_model_free(swept);
    nn_model_free(plain);
    nn_model_free(before);
    nn_model_free(m);
    nn_dataset_release(&d);
}

// Rate and batch in a checkpoint, with which --resume and "auto" continue.
static void test_option_of_checkpoint(void **state)
{
    (void)state;
    nn_dataset d;
    nn_error err = {0};
    nn_trainer *t;
    char text[64];
    training_boxes(&d, SIDE, 8, 1);
    nn_model *m = training_detector(SIDE, &d);
    nn_trainer_options o = training_options(SIDE, 1);
    nn_checkpoint_info info = {0};
    const test_path dir = test_make_dir("work");
    assert_int_equal(nn_checkpoint_option(dir.text, "lr", text, sizeof text, &err), NN_ENOTFOUND);
    assert_int_equal(nn_trainer_new(&t, m, &d, &o, NULL, &err), NN_OK);
    nn_trainer_set_rate(t, 0.00123);
    assert_int_equal(nn_trainer_save(t, dir.text, &info, &err), NN_OK);
    assert_int_equal(nn_checkpoint_option(dir.text, "lr", text, sizeof text, &err), NN_OK);
    assert_string_equal(text, "0.00123");
    assert_int_equal(nn_checkpoint_option(dir.text, "batch", text, sizeof text, &err), NN_OK);
    assert_string_equal(text, "8");
    assert_int_equal(nn_checkpoint_option(dir.text, "lrs", text, sizeof text, &err), NN_ENOTFOUND);
    assert_int_equal(nn_checkpoint_option(dir.text, "batch", text, 1, &err), NN_ENOTFOUND);
    nn_trainer_free(t);
    nn_model_free(m);
    nn_dataset_release(&d);
}

static nn_batch_choice choose(const nn_model *m, const nn_dataset *d, nn_trainer_options o,
                              int64_t bytes)
{
    nn_batch_choice c;
    nn_error err = {0};
    if (nn_choose_batch(&c, m, d, &o, bytes, &err) != NN_OK)
        fail_msg("%s", err.text);
    return c;
}

static void test_batch(void **state)
{
    (void)state;
    enum { MANY = 4000 };
    const int64_t gib = (int64_t)1 << 30;
    nn_dataset d;
    nn_trainer *t;
    training_boxes(&d, SIDE, PICTURES, 1);
    nn_model *m = training_detector(SIDE, &d);
    nn_trainer_options o = training_options(SIDE, 1);
    const nn_batch_choice few = choose(m, &d, o, 8 * gib);
    assert_int_equal(few.batch, 8); // the usual: more would leave one step an epoch
    o.epoch_size = MANY;
    const nn_batch_choice c = choose(m, &d, o, 8 * gib);
    assert_int_equal(c.batch, NN_BATCH_MOST);
    assert_true(c.fits > NN_BATCH_MOST && c.worth == NN_BATCH_MOST);
    o.epoch_size = 16 * 20; // twenty pictures for each of sixteen steps
    assert_int_equal(choose(m, &d, o, 8 * gib).batch, 16);
    o.epoch_size = MANY;
    assert_int_equal(choose(m, &d, o, (int64_t)((double)(c.rest + 33 * c.each) / 0.7)).batch, 32);
    assert_int_equal(choose(m, &d, o, 1000).fits, 0);
    assert_int_equal(choose(m, &d, o, 1000).batch, 1);
    // Memory measured with one and two pictures predicts that of 32.
    nn_plan *plan;
    nn_error err = {0};
    const nn_shape input = nn_shape_4d(32, 3, SIDE, SIDE);
    assert_int_equal(nn_plan_new_training(&plan, m, &input, 1, NULL, &err), NN_OK);
    const double need = (double)nn_plan_bytes(plan), said = (double)(c.rest + 32 * c.each);
    print_message("a plan for 32: %.1f MB, estimated with everything %.1f MB\n", need / 1e6,
                  said / 1e6);
    assert_true(said > need && said < 1.5 * need);
    nn_plan_free(plan);
    o.batch = c.batch;
    assert_int_equal(nn_trainer_new(&t, m, &d, &o, NULL, &err), NN_OK);
    nn_trainer_free(t);
    nn_model_free(m);
    nn_dataset_release(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pick),
        cmocka_unit_test(test_leaves_no_trace),
        cmocka_unit_test(test_option_of_checkpoint),
        cmocka_unit_test(test_batch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
