// SPDX-License-Identifier: MIT
// Trainings that fail on purpose: what is noticed and reported. Healthy trainings get no report.
#include "nn/eval/class_metrics.h"
#include "nn/eval/mask_metrics.h"
#include "nn/train/health.h"
#include "nn/train/run.h"
#include "tests/support/files.h"
#include "tests/support/test.h"
#include "tests/support/training.h"

#include <math.h>
#include <stdio.h>
#include <unistd.h>

enum { SIDE = 96, PICTURES = 24, HELD_BACK = 4, EPOCHS = 4 };

typedef struct job {
    nn_dataset data, val;
    nn_model *model;
    nn_trainer *trainer;
    int warnings;
    char said[1024];
} job;

static void open_job(job *j, nn_trainer_options o)
{
    nn_error err = {0};
    *j = (job){0};
    training_boxes(&j->data, SIDE, PICTURES, 1);
    training_boxes(&j->val, SIDE, HELD_BACK, 2);
    j->model = training_detector(SIDE, &j->data);
    if (nn_trainer_new(&j->trainer, j->model, &j->data, &o, NULL, &err) != NN_OK)
        fail_msg("%s", err.text);
}

static void close_job(job *j)
{
    nn_trainer_free(j->trainer);
    nn_model_free(j->model);
    nn_dataset_release(&j->data);
    nn_dataset_release(&j->val);
}

static void hear(void *ctx, const char *line)
{
    job *j = ctx;
    const size_t n = strlen(j->said);
    j->warnings++;
    snprintf(j->said + n, sizeof j->said - n, "%s\n", line);
}

static nn_status train(job *j, const char *work, nn_error *err)
{
    nn_training_options o;
    nn_training *run;
    nn_training_options_init(&o);
    o.val = &j->val;
    o.work = work;
    o.threads = 1;
    o.ctx = j;
    o.warn = hear;
    assert_int_equal(nn_training_new(&run, j->trainer, &o, err), NN_OK);
    const nn_status status = nn_train_run(run, NULL, err);
    nn_training_free(run);
    return status;
}

static void test_good(void **state)
{
    (void)state;
    job j;
    nn_error err = {0};
    open_job(&j, training_options(SIDE, EPOCHS));
    const test_path work = test_make_dir("good");
    assert_int_equal(train(&j, work.text, &err), NN_OK);
    // Twelve steps are too few, and nothing else is reported.
    if (j.warnings > 0) {
        assert_int_equal(j.warnings, 1);
        assert_non_null(strstr(j.said, "12 steps taught nothing that shows"));
        assert_non_null(strstr(j.said, "--epochs "));
    }
    assert_int_equal(nn_trainer_dead_layers(j.trainer).count, 0);
    assert_true(nn_trainer_dead_layers(j.trainer).layers > 10);
    close_job(&j);
}

// A rate at which nothing can be learnt: the loss rises and the weights overflow.
static void test_diverges(void **state)
{
    (void)state;
    job j;
    nn_error err = {0};
    nn_trainer_options o = training_options(SIDE, 40);
    o.optimiser.kind = NN_OPTIMISER_SGD;
    o.optimiser.clip = 0;
    o.schedule.rate = 1e6f;
    o.schedule.warmup = 60;
    open_job(&j, o);
    const test_path work = test_make_dir("wild");
    assert_int_equal(train(&j, work.text, &err), NN_EINVAL);
    print_message("%s%s\n", j.said, err.text);
    assert_non_null(strstr(err.text, "the loss is not finite since step"));
    assert_non_null(strstr(err.text, "--lr 1e+05 (it is 1e+06)"));
    assert_non_null(strstr(err.text, "--clip 1"));
    assert_non_null(strstr(err.text, "neroscale data"));
    close_job(&j);
}

static nn_trainer_report report_of(double loss, bool skipped)
{
    return (nn_trainer_report){.value.loss = loss, .skipped = skipped};
}

static bool takes(nn_health *h, nn_trainer *t, double loss, char *line)
{
    nn_error err = {0};
    bool said = false;
    const nn_trainer_report r = report_of(loss, false);
    assert_int_equal(nn_health_step(h, t, &r, line, &said, &err), NN_OK);
    return said;
}

static void test_rises(void **state)
{
    (void)state;
    job j;
    char line[NN_HEALTH_LINE] = "";
    nn_health h = {0};
    int said = 0;
    open_job(&j, training_options(SIDE, 1));
    for (int i = 0; i < 100; i++)
        assert_false(takes(&h, j.trainer, 3 + sin(i), line)); // noise
    for (int i = 0; i < 200; i++)
        assert_false(takes(&h, j.trainer, 1e-3, line)); // learnt by heart
    for (int i = 0; i < 50; i++)
        assert_false(
            takes(&h, j.trainer, 0.5, line)); // new pictures: far from what it was at first
    for (int i = 0; i < 50; i++)
        said += takes(&h, j.trainer, 400, line);
    assert_int_equal(said, 1);
    assert_non_null(strstr(line, "the loss rose to "));
    assert_non_null(strstr(line, "--lr 0.0004 (it is 0.004)"));
    close_job(&j);
}

// A batch whose gradient is not finite is skipped; many in a row, or weights that are no numbers,
// end the training.
static void test_not_finite(void **state)
{
    (void)state;
    job j;
    char line[NN_HEALTH_LINE];
    bool said;
    nn_error err = {0};
    nn_health h = {0};
    const nn_trainer_report bad = report_of((double)NAN, true);
    open_job(&j, training_options(SIDE, 1));
    for (int i = 0; i < 9; i++)
        assert_int_equal(nn_health_step(&h, j.trainer, &bad, line, &said, &err), NN_OK);
    assert_false(takes(&h, j.trainer, 1, line));
    for (int i = 0; i < 9; i++)
        assert_int_equal(nn_health_step(&h, j.trainer, &bad, line, &said, &err), NN_OK);
    assert_int_equal(nn_health_step(&h, j.trainer, &bad, line, &said, &err), NN_EINVAL);
    h = (nn_health){0};
    nn_tensor_f32(&j.model->params[3])[0] = NAN;
    assert_int_equal(nn_health_step(&h, j.trainer, &bad, line, &said, &err), NN_EINVAL);
    close_job(&j);
}

static void test_dead(void **state)
{
    (void)state;
    job j;
    char line[NN_HEALTH_LINE];
    nn_health h = {0};
    open_job(&j, training_options(SIDE, 1));
    training_steps(j.trainer, 1);
    assert_false(nn_health_layers(&h, j.trainer, line));
    const nn_graph *g = j.model->graph;
    int killed = -1;
    for (int i = nn_graph_param_count(g) / 3; killed < 0; i++) { // the weights of a convolution
        const nn_value_info p = nn_graph_value(g, nn_graph_param_at(g, i));
        if (p.param == NN_PARAM_WEIGHT && p.shape->rank == 4 && p.shape->dim[0] > 4)
            killed = i;
    }
    memset(j.model->params[killed].data, 0, nn_tensor_bytes(&j.model->params[killed]));
    training_steps(j.trainer, 1);
    assert_true(nn_health_layers(&h, j.trainer, line));
    print_message("%s\n", line);
    assert_non_null(strstr(line, " for every picture, '"));
    assert_non_null(strstr(line, "--lr 0.0004"));
    assert_false(nn_health_layers(&h, j.trainer, line)); // once
    close_job(&j);
}

static void test_nothing_learnt(void **state)
{
    (void)state;
    job j;
    char line[NN_HEALTH_LINE];
    nn_health h = {0};
    const nn_score zero = {.worth = 0}, chance = {.worth = 0.3, .chance = 0.3},
                   good = {.worth = 0.4, .chance = 0.3};
    nn_trainer_options o = training_options(SIDE, 400);
    o.schedule.warmup = 0;
    o.batch = 1;
    o.height = o.width = 32;
    open_job(&j, o);
    training_steps(j.trainer, 299);
    assert_false(nn_health_score(&h, j.trainer, 12, &zero, line)); // too early
    training_steps(j.trainer, 1);
    assert_false(nn_health_score(&h, j.trainer, 4, &zero, line));
    assert_false(nn_health_score(&h, j.trainer, 12, &good, line));
    assert_true(nn_health_score(&h, j.trainer, 12, &chance, line));
    assert_non_null(strstr(line, "after 12 epochs"));
    assert_non_null(strstr(line, "--lr 0.0004 (it is 0.004)"));
    assert_false(nn_health_score(&h, j.trainer, 13, &zero, line)); // once
    close_job(&j);
}

// What knowing nothing scores: 3 of 4 pictures, or pixels, are of the first class.
static void test_chance(void **state)
{
    (void)state;
    nn_error err = {0};
    nn_score s;
    const float p[3] = {0.2f, 0.5f, 0.3f};
    nn_class_metrics *m = nn_class_metrics_new(3, false);
    for (int i = 0; i < 4; i++)
        assert_int_equal(nn_class_metrics_add(m, i, &(int32_t){i == 3}, 1, p, &err), NN_OK);
    nn_evaluation e = {.metrics = m};
    assert_int_equal(nn_evaluator_find("classify")->score(&e, &s, &err), NN_OK);
    assert_true(s.chance == 0.75 && s.value[0] == 0.25);
    nn_class_metrics_free(m);
    m = nn_class_metrics_new(3, true); // a half and a quarter of the pictures
    for (int i = 0; i < 4; i++)
        assert_int_equal(nn_class_metrics_add(m, i, (const int32_t[]){0, 1},
                                              i > 1 ? 0
                                              : i   ? 1
                                                    : 2,
                                              p, &err),
                         NN_OK);
    e.metrics = m;
    assert_int_equal(nn_evaluator_find("classify")->score(&e, &s, &err), NN_OK);
    assert_true(fabs(s.chance - 0.375) < 1e-9);
    nn_class_metrics_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),   cmocka_unit_test(test_diverges),
        cmocka_unit_test(test_rises),  cmocka_unit_test(test_not_finite),
        cmocka_unit_test(test_dead),   cmocka_unit_test(test_nothing_learnt),
        cmocka_unit_test(test_chance),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
