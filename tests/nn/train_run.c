// SPDX-License-Identifier: MIT
// Whole trainings on pictures made here: learning, resuming bit for bit, optimisers, schedule.
#include "tests/support/alloc.h"
#include "tests/support/files.h"
#include "tests/support/test.h"
#include "tests/support/training.h"

#include "nn/eval/metrics.h"
#include "nn/graph/backward.h"
#include "nn/io/io.h"
#include "nn/predict/detector.h"
#include "nn/train/trainer.h"
#include "nn/zoo/zoo.h"

#include <math.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SIDE = 96 };

static nn_model *make_model(const nn_dataset *d)
{
    nn_card card = {.network = "neroscale_alexpp",
                    .options = "alpha=0.125,beta=0,neck=16,classes=2",
                    .task = "detect",
                    .head = "fcos",
                    .input_h = SIDE,
                    .input_w = SIDE,
                    .threshold = 0.3f,
                    .iou_threshold = 0.6f};
    return training_model(&card, (const char *const[]){"lying", "standing"}, 2, d);
}

static nn_trainer_options make_options(int epochs)
{
    nn_trainer_options o = training_options(SIDE, epochs);
    o.schedule.warmup = 10;
    o.average = 0.97f;
    o.seed = 5;
    o.augment.mosaic = 0.1f;
    return o;
}

static bool close_to(float a, double b)
{
    return fabs((double)a - b) < 1e-6;
}

static void test_schedule(void **state)
{
    (void)state;
    nn_schedule s = {.rate = 1, .last = 0.02f, .warmup = 10, .total = 110};
    assert_true(close_to(nn_schedule_rate(&s, 0), 0.1));
    assert_true(close_to(nn_schedule_rate(&s, 9), 1));
    assert_true(close_to(nn_schedule_rate(&s, 10), 1));
    assert_true(close_to(nn_schedule_rate(&s, 60), 0.51));
    assert_true(close_to(nn_schedule_rate(&s, 110), 0.02));
    assert_true(close_to(nn_schedule_rate(&s, 500), 0.02));
    assert_true(nn_schedule_rate(&(nn_schedule){.rate = 1}, 3) >= 0);
    s = (nn_schedule){NN_SCHEDULE_STEP, .rate = 2, .warmup = 10, .total = 110, .factor = 0.1f};
    assert_true(close_to(nn_schedule_rate(&s, 100), 2)); // no steps asked for
    s.every = 40;
    assert_true(close_to(nn_schedule_rate(&s, 49), 2));
    assert_true(close_to(nn_schedule_rate(&s, 50), 0.2));
    assert_true(close_to(nn_schedule_rate(&s, 90), 0.02));
    s = (nn_schedule){NN_SCHEDULE_ONE_CYCLE, .rate = 1, .last = 0, .warmup = 50, .total = 150};
    assert_true(nn_schedule_rate(&s, 0) > 0.04f && nn_schedule_rate(&s, 0) < 0.05f);
    assert_true(close_to(nn_schedule_rate(&s, 24), 0.52)); // half way between 0.04 and 1
    assert_true(close_to(nn_schedule_rate(&s, 49), 1));
    assert_true(close_to(nn_schedule_rate(&s, 100), 0.5));
    assert_true(close_to(nn_schedule_rate(&s, 150), 0));
}

// Steps without gradient: only decay moves weights, and it spares biases, norms and elastic
// matrices.
static void test_decay_spares(void **state)
{
    (void)state;
    nn_dataset d;
    training_boxes(&d, SIDE, 1, 1);
    nn_model *m = make_model(&d), *before = make_model(&d);
    nn_shape input = nn_shape_4d(1, 3, 64, 64);
    nn_plan *plan;
    assert_int_equal(nn_plan_new_training(&plan, m, &input, 1, NULL, NULL), NN_OK);
    nn_plan_zero_grads(plan);
    nn_optimiser_options options;
    nn_optimiser_defaults(&options);
    // AdamW's weight decay moves weights by the rate, whatever their gradient; this loop leaves it
    // out.
    for (int kind = 0; kind < 3; kind++) {
        nn_optimiser o;
        options.kind = (nn_optimiser_kind)kind;
        assert_int_equal(nn_optimiser_init(&o, m, &options, NULL), NN_OK);
        assert_true(nn_optimiser_step(&o, plan, 0.1f, nn_kernels_best()) == 0);
        nn_optimiser_release(&o);
    }
    // Nesterov's look ahead adds its momentum once more to the first step.
    float part = 0.1f * options.decay;
    float shrink = (1 - part) * (1 - part) * (1 - part * (1 + options.momentum));
    int decayed = 0, spared = 0;
    for (int i = 0; i < nn_graph_param_count(m->graph); i++) {
        nn_value_info p = nn_graph_value(m->graph, nn_graph_param_at(m->graph, i));
        const float *w = m->params[i].data, *v = before->params[i].data;
        size_t length = strlen(p.name);
        bool elastic = length > 3 &&
                       (!strcmp(p.name + length - 3, "to5") || !strcmp(p.name + length - 3, "to3"));
        bool decays = p.param == NN_PARAM_WEIGHT && !elastic;
        for (int64_t k = 0; k < nn_shape_count(&m->params[i].shape); k++)
            assert_true(fabsf(w[k] - (decays ? shrink : 1) * v[k]) <= 1e-4f * fabsf(v[k]));
        decayed += decays;
        spared += !decays;
    }
    assert_true(decayed > 5 && spared > 5);
    nn_plan_free(plan);
    nn_model_free(m);
    nn_model_free(before);
    nn_dataset_release(&d);
}

static void test_average(void **state)
{
    (void)state;
    nn_dataset d;
    training_boxes(&d, SIDE, 1, 1);
    nn_model *m = make_model(&d), *average = make_model(&d);
    nn_tensor *w = nn_model_param(m, "head.cls8.bias"),
              *a = nn_model_param(average, "head.cls8.bias");
    nn_tensor_f32(w)[0] = 2;
    nn_tensor_f32(a)[0] = 1;
    nn_average_step(average, m, NULL, 0.9f, 8,
                    nn_kernels_best()); // early: (1 + 8) / (10 + 8) = 0.5
    assert_true(fabsf(nn_tensor_f32(a)[0] - 1.5f) < 1e-6f);
    nn_average_step(average, m, NULL, 0.9f, 1000000, nn_kernels_best());
    assert_true(fabsf(nn_tensor_f32(a)[0] - 1.55f) < 1e-6f);
    nn_model_free(m);
    nn_model_free(average);
    nn_dataset_release(&d);
}

static void test_resume_is_exact(void **state)
{
    (void)state;
    nn_dataset d;
    training_boxes(&d, SIDE, 20, 2);
    nn_trainer_options o = make_options(3); // 3 steps an epoch, 9 in all
    test_path dir = test_temp("run");
    assert_int_equal(mkdir(dir.text, 0777), 0);
    nn_pool *pool = nn_pool_new(2);
    nn_trainer *t;
    nn_error err = {0};

    nn_model *whole = make_model(&d);
    assert_int_equal(nn_trainer_new(&t, whole, &d, &o, pool, &err), NN_OK);
    assert_int_equal(nn_trainer_steps_total(t), 9);
    training_steps(t, 7);
    nn_model *average = make_model(&d);
    for (int i = 0; i < nn_graph_param_count(average->graph); i++)
        memcpy(average->params[i].data, nn_trainer_average(t)->params[i].data,
               nn_tensor_bytes(&average->params[i]));
    nn_trainer_free(t);

    // Stops after 2 and after 4 steps, and resumes in another process with one thread.
    nn_model *part = make_model(&d);
    assert_int_equal(nn_trainer_new(&t, part, &d, &o, pool, &err), NN_OK);
    nn_checkpoint_info info = {.best = 0.25,
                               .best_epoch = 1,
                               .seconds = 12,
                               .sums = {0.1, [NN_CHECKPOINT_SUMS - 1] = -7e9}};
    training_steps(t, 2);
    assert_int_equal(nn_trainer_save(t, dir.text, &info, &err), NN_OK);
    training_steps(t, 2);
    assert_int_equal(nn_trainer_save(t, dir.text, &info, &err), NN_OK);
    nn_trainer_free(t);
    nn_model *resumed = make_model(&d);
    nn_model_init_random(resumed, 99);
    assert_int_equal(nn_trainer_new(&t, resumed, &d, &o, NULL, &err), NN_OK);
    training_steps(t, 1); // a loader that has run ahead must not matter
    info = (nn_checkpoint_info){0};
    assert_int_equal(nn_trainer_resume(t, dir.text, &info, &err), NN_OK);
    assert_true(info.step == 4 && info.best == 0.25 && info.best_epoch == 1 && info.seconds == 12);
    assert_true(info.sums[0] == 0.1 && info.sums[1] == 0 &&
                info.sums[NN_CHECKPOINT_SUMS - 1] == -7e9);
    training_steps(t, 3);
    assert_true(training_same(whole, resumed, 0));
    assert_true(training_same(average, nn_trainer_average(t), 0));

    // Other settings would give other steps: refused.
    nn_trainer *u;
    nn_trainer_options other = o;
    other.augment.hue += 0.01f;
    assert_int_equal(nn_trainer_new(&u, part, &d, &other, NULL, &err), NN_OK);
    assert_int_equal(nn_trainer_resume(u, dir.text, &info, &err), NN_EINVAL);
    nn_trainer_free(u);

    // What cannot be written leaves both checkpoints as they are.
    assert_int_equal(mkdir(test_temp("run/next.safetensors").text, 0777), 0);
    assert_int_equal(nn_trainer_save(t, dir.text, &info, &err), NN_EIO);
    assert_int_equal(rmdir(test_temp("run/next.safetensors").text), 0);
    assert_int_equal(nn_trainer_resume(t, dir.text, &info, &err), NN_OK);
    assert_int_equal(info.step, 4);

    // A damaged last checkpoint: the one before it serves.
    test_path last = test_temp("run/last.safetensors");
    assert_int_equal(truncate(last.text, 5000), 0);
    assert_int_equal(nn_trainer_resume(t, dir.text, &info, &err), NN_OK);
    assert_int_equal(info.step, 2);
    training_steps(t, 5);
    assert_true(training_same(whole, resumed, 0));
    nn_trainer_free(t);

    o.schedule.rate *= 2;
    assert_int_equal(unlink(last.text), 0);
    assert_int_equal(nn_trainer_new(&t, part, &d, &o, NULL, &err), NN_OK);
    assert_int_not_equal(nn_trainer_resume(t, dir.text, &info, &err), NN_OK);
    assert_int_equal(nn_trainer_resume(t, test_temp("none").text, &info, &err), NN_ENOTFOUND);
    nn_trainer_free(t);
    nn_model_free(whole);
    nn_model_free(part);
    nn_model_free(resumed);
    nn_model_free(average);
    nn_pool_free(pool);
    nn_dataset_release(&d);
}

static double score_file(const char *path, nn_dataset *d)
{
    nn_detector *detector;
    nn_detector_options o = {.threads = 1, .threshold = 0.01f, .iou_threshold = -1};
    nn_error err = {0};
    if (nn_detector_open(&detector, path, &o, &err) != NN_OK)
        fail_msg("%s", err.text);
    nn_metrics *m = nn_metrics_new(2);
    nn_result r;
    nn_result_init(&r);
    for (int i = 0; i < d->count; i++) {
        nn_frame frame = nn_image_frame(&d->samples[i].image);
        assert_int_equal(nn_detector_run(detector, &frame, &r, &err), NN_OK);
        assert_int_equal(nn_metrics_add(m, d->samples[i].truths, d->samples[i].truth_count, r.boxes,
                                        r.count, &err),
                         NN_OK);
    }
    nn_metrics_score s;
    assert_int_equal(nn_metrics_compute(m, -1, 0.3f, &s, &err), NN_OK);
    nn_result_release(&r);
    nn_metrics_free(m);
    nn_detector_free(detector);
    return s.ap50;
}

static void test_learns(void **state)
{
    (void)state;
    nn_dataset d, unseen;
    training_boxes(&d, SIDE, 64, 3);
    training_boxes(&unseen, SIDE, 24, 4);
    nn_model *m = make_model(&d);
    nn_trainer_options o = make_options(20);
    nn_pool *pool = nn_pool_new(0);
    nn_trainer *t;
    nn_error err = {0};
    if (nn_trainer_new(&t, m, &d, &o, pool, &err) != NN_OK)
        fail_msg("%s", err.text);
    test_path path = test_temp("model.safetensors");
    assert_int_equal(nn_model_save(nn_trainer_average(t), path.text, true, &err), NN_OK);
    double start = score_file(path.text, &unseen), early = 0, late = 0;
    int64_t total = nn_trainer_steps_total(t);
    for (int64_t i = 0; i < total; i++) {
        nn_trainer_report r;
        assert_int_equal(nn_trainer_step(t, &r, &err), NN_OK);
        assert_false(r.skipped);
        if (i < 10)
            early += r.value.loss / 10;
        if (i >= total - 10)
            late += r.value.loss / 10;
    }
    assert_int_equal(nn_model_save(nn_trainer_average(t), path.text, true, &err), NN_OK);
    double end = score_file(path.text, &unseen);
    print_message("loss %.3f -> %.3f, AP50 on unseen pictures %.3f -> %.3f\n", early, late, start,
                  end);
    assert_true(late < 0.5 * early);
    assert_true(start < 0.2 && end > 0.85);
    nn_trainer_free(t);
    nn_pool_free(pool);
    nn_model_free(m);
    nn_dataset_release(&d);
    nn_dataset_release(&unseen);
}

static void test_bad_settings(void **state)
{
    (void)state;
    nn_dataset d, none;
    training_boxes(&d, SIDE, 2, 1);
    training_boxes(&none, SIDE, 0, 1);
    nn_model *m = make_model(&d);
    nn_trainer *t;
    nn_error err;
    nn_trainer_options o = make_options(1);
    assert_int_equal(nn_trainer_new(&t, m, &none, &o, NULL, &err), NN_EINVAL);
    o.batch = 0;
    assert_int_equal(nn_trainer_new(&t, m, &d, &o, NULL, &err), NN_EINVAL);
    assert_null(t);
    nn_model_free(m);
    nn_dataset_release(&d);
    nn_dataset_release(&none);
}

// Start, one step, checkpoint and resume with the Nth allocation and all after it failing.
static void test_no_memory(void **state)
{
    (void)state;
    nn_dataset d;
    training_boxes(&d, SIDE, 2, 1);
    nn_model *m = make_model(&d);
    nn_trainer_options o = make_options(1);
    o.batch = 1;
    o.height = o.width = 32;
    test_path dir = test_temp("memory");
    assert_int_equal(mkdir(dir.text, 0777), 0);
    int failures = 0;
    for (long n = 0;; n += n < 40 ? 1 : 37) {
        nn_trainer *t = NULL;
        nn_trainer_report r;
        nn_checkpoint_info info = {0};
        nn_error err = {0};
        alloc_reset(n);
        nn_status status = nn_trainer_new(&t, m, &d, &o, NULL, &err);
        if (status == NN_OK)
            status = nn_trainer_step(t, &r, &err);
        if (status == NN_OK)
            status = nn_trainer_save(t, dir.text, &info, &err);
        if (status == NN_OK)
            status = nn_trainer_resume(t, dir.text, &info, &err);
        alloc_reset(-1);
        nn_trainer_free(t);
        if (status == NN_OK)
            break;
        assert_int_equal(status, NN_ENOMEM);
        assert_true(err.text[0] != '\0');
        failures++;
    }
    assert_true(failures > 40);
    nn_model_free(m);
    nn_dataset_release(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_schedule),     cmocka_unit_test(test_decay_spares),
        cmocka_unit_test(test_average),      cmocka_unit_test(test_resume_is_exact),
        cmocka_unit_test(test_bad_settings), cmocka_unit_test(test_no_memory),
        cmocka_unit_test(test_learns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
