// SPDX-License-Identifier: MIT
// The epochs of a training: calls of callbacks, stopping, resuming, and which weights are kept.
#include "nn/io/io.h"
#include "nn/train/run.h"
#include "tests/support/files.h"
#include "tests/support/test.h"
#include "tests/support/training.h"

#include <math.h>
#include <stdio.h>
#include <unistd.h>

enum { SIDE = 96, PICTURES = 24, HELD_BACK = 6, BATCH = 8, EPOCHS = 4 };
enum { PER_EPOCH = PICTURES / BATCH, STEPS = PER_EPOCH * EPOCHS };

// A training, and the calls of its callbacks.
typedef struct job {
    nn_dataset data, val;
    nn_model *model;
    nn_trainer *trainer;
    nn_training *run;
    int batches, epochs, scored, bests, saved, validations, pictures;
    int stop_step, stop_epoch; // 0: never
    double best;
    nn_train_state last; // after an epoch
} job;

static bool see_batch(void *ctx, const nn_train_state *s)
{
    job *j = ctx;
    j->batches++;
    assert_int_equal(s->step, nn_trainer_steps_done(j->trainer));
    assert_int_equal(s->steps, STEPS);
    assert_int_equal(s->epoch, (s->step - 1) / PER_EPOCH + 1);
    assert_int_equal(s->epoch_step, (s->step - 1) % PER_EPOCH + 1);
    assert_int_equal(s->counted, s->epoch_step);
    assert_true(s->loss > 0 && s->images_per_second > 0 && s->grad_norm > 0);
    return s->step != j->stop_step;
}

static bool see_best(void *ctx, const nn_train_state *s)
{
    job *j = ctx;
    j->bests++;
    assert_true(s->best > j->best && s->best_epoch == s->epoch && s->score->worth == s->best);
    j->best = s->best;
    return true;
}

static bool see_epoch(void *ctx, const nn_train_state *s)
{
    job *j = ctx;
    j->epochs++;
    j->scored += s->score != NULL;
    assert_int_equal(s->epoch_step, PER_EPOCH);
    j->last = *s;
    return s->epoch != j->stop_epoch;
}

static void see_saved(void *ctx, const nn_train_state *s)
{
    (void)s;
    ((job *)ctx)->saved++;
}

static void see_validation(void *ctx, int done, int total)
{
    job *j = ctx;
    assert_int_equal(total, HELD_BACK);
    j->validations += done < 0;
    j->pictures += done > 0;
}

static nn_training_options options_in(job *j, const char *work)
{
    nn_training_options o;
    nn_training_options_init(&o);
    o.val = &j->val;
    o.work = work;
    o.threads = 1;
    o.ctx = j;
    o.batch = see_batch;
    o.best = see_best;
    o.epoch = see_epoch;
    o.saved = see_saved;
    o.validate = see_validation;
    return o;
}

static void open_job(job *j)
{
    nn_error err = {0};
    *j = (job){.best = -1};
    training_boxes(&j->data, SIDE, PICTURES, 1);
    training_boxes(&j->val, SIDE, HELD_BACK, 2);
    j->model = training_detector(SIDE, &j->data);
    nn_trainer_options o = training_options(SIDE, EPOCHS);
    o.average = 0.9f;
    if (nn_trainer_new(&j->trainer, j->model, &j->data, &o, NULL, &err) != NN_OK)
        fail_msg("%s", err.text);
}

static void open_run(job *j, const nn_training_options *o)
{
    nn_error err = {0};
    if (nn_training_new(&j->run, j->trainer, o, &err) != NN_OK)
        fail_msg("%s", err.text);
}

static void close_job(job *j)
{
    nn_training_free(j->run);
    nn_trainer_free(j->trainer);
    nn_model_free(j->model);
    nn_dataset_release(&j->data);
    nn_dataset_release(&j->val);
}

static nn_model *whole; // the weights of a training that nothing interrupted
static double whole_best;

static void test_whole(void **state)
{
    (void)state;
    const test_path work = test_make_dir("whole");
    job j;
    nn_error err = {0};
    nn_model *kept;
    nn_score score;
    bool scored;
    open_job(&j);
    nn_training_options o = options_in(&j, work.text);
    o.val_every = 3;
    open_run(&j, &o);
    assert_int_equal(nn_train_run(j.run, NULL, &err), NN_OK);
    assert_int_equal(j.batches, STEPS);
    assert_int_equal(j.epochs, EPOCHS);
    assert_int_equal(j.scored, 2); // the third and the last
    assert_int_equal(j.validations, 2);
    assert_int_equal(j.pictures, 2 * HELD_BACK);
    assert_int_equal(j.saved, EPOCHS);
    assert_true(j.bests >= 1);
    assert_true(j.last.best == j.best && j.last.seconds > 0 && j.last.seconds_left == 0);
    assert_false(nn_training_stopped(j.run) || nn_training_stalled(j.run));
    assert_int_equal(nn_training_finish(j.run, &kept, &score, &scored, &err), NN_OK);
    assert_true(scored && score.worth >= j.best);
    const float *sizes = kept->card.object_sizes; // of the objects that it saw
    assert_true(sizes[0] > 0 && sizes[0] <= sizes[2] && sizes[2] <= sizes[4] && sizes[4] < 1);
    assert_int_equal(access(test_temp("whole/best.safetensors").text, F_OK), 0);
    assert_int_equal(access(test_temp("whole/last.safetensors").text, F_OK), 0);
    whole_best = j.best;
    nn_model_free(kept);
    whole = j.model;
    j.model = NULL;
    close_job(&j);
}

// Stops after a step and continues in the same process; stops after an epoch and resumes in another
// process. The steps are the same, bit by bit.
static void test_interrupted(void **state)
{
    (void)state;
    const test_path work = test_make_dir("parts");
    job j;
    nn_error err = {0};
    const volatile sig_atomic_t stop = 1;
    open_job(&j);
    nn_training_options o = options_in(&j, work.text);
    o.val_every = 3;
    open_run(&j, &o);
    assert_int_equal(nn_training_resume(j.run, &err), NN_ENOTFOUND);
    j.stop_step = 2;
    assert_int_equal(nn_train_run(j.run, NULL, &err), NN_OK);
    assert_true(nn_training_stopped(j.run) && j.batches == 2 && j.saved == 1);
    assert_int_equal(nn_train_run(j.run, &stop, &err), NN_OK); // not one step
    assert_true(nn_training_stopped(j.run) && j.batches == 2);
    j.stop_step = 0;
    j.stop_epoch = 3;
    assert_int_equal(nn_train_run(j.run, NULL, &err), NN_OK);
    assert_int_equal(j.batches, 3 * PER_EPOCH);
    close_job(&j);
    open_job(&j);
    o.ctx = &j;
    o.val = &j.val;
    open_run(&j, &o);
    assert_int_equal(nn_training_resume(j.run, &err), NN_OK);
    j.best = nn_training_state(j.run).best;
    assert_int_equal(nn_train_run(j.run, NULL, &err), NN_OK);
    assert_int_equal(j.batches, PER_EPOCH);
    assert_true(training_same(j.model, whole, 0));
    assert_true(nn_training_state(j.run).best == whole_best);
    close_job(&j);
}

static void test_patience(void **state)
{
    (void)state;
    const test_path work = test_make_dir("patience");
    job j;
    nn_error err = {0};
    open_job(&j);
    for (int i = 0; i < j.val.count; i++) // nothing to find: no epoch is better than the first
        j.val.samples[i].truth_count = 0;
    nn_training_options o = options_in(&j, work.text);
    o.patience = 2;
    open_run(&j, &o);
    assert_int_equal(nn_train_run(j.run, NULL, &err), NN_OK);
    assert_true(nn_training_stalled(j.run) && !nn_training_stopped(j.run));
    assert_int_equal(j.epochs, 3);
    assert_int_equal(j.bests, 1);
    close_job(&j);
}

static void test_unvalidated(void **state)
{
    (void)state;
    const test_path work = test_make_dir("unvalidated");
    job j;
    nn_error err = {0};
    nn_model *kept;
    nn_score score;
    bool scored;
    open_job(&j);
    nn_training_options o = options_in(&j, work.text);
    o.val = NULL;
    open_run(&j, &o);
    assert_int_equal(nn_train_run(j.run, NULL, &err), NN_OK);
    assert_true(j.validations == 0 && j.bests == 0 && j.last.best_epoch == 0);
    assert_int_equal(nn_training_finish(j.run, &kept, &score, &scored, &err), NN_OK);
    assert_false(scored);
    assert_true(training_same(kept, nn_trainer_average(j.trainer), 0));
    assert_true(training_same(j.model, whole, 0)); // looking on changes nothing
    nn_model_free(kept);
    close_job(&j);
    nn_model_free(whole);
}

static void test_refused(void **state)
{
    (void)state;
    job j;
    nn_error err = {0};
    open_job(&j);
    nn_training_options o = options_in(&j, NULL);
    assert_int_equal(nn_training_new(&j.run, j.trainer, &o, &err), NN_EINVAL);
    const test_path nowhere = test_temp("nowhere");
    o.work = nowhere.text;
    o.val_every = 0;
    assert_int_equal(nn_training_new(&j.run, j.trainer, &o, &err), NN_EINVAL);
    o.val_every = 1;
    open_run(&j, &o);
    assert_int_equal(nn_train_run(j.run, NULL, &err), NN_ENOTFOUND); // a folder that is not there
    assert_non_null(strstr(err.text, "nowhere"));
    close_job(&j);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole),    cmocka_unit_test(test_interrupted),
        cmocka_unit_test(test_patience), cmocka_unit_test(test_unvalidated),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
