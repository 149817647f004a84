// SPDX-License-Identifier: MIT
// Losses of classifiers against central differences, the held-back part of data, whole trainings.
#include "tests/support/alloc.h"
#include "tests/support/files.h"
#include "tests/support/made_pictures.h"
#include "tests/support/test.h"
#include "tests/support/training.h"

#include "nn/base/memory.h"
#include "nn/base/rng.h"
#include "nn/graph/backward.h"
#include "nn/train/trainer.h"
#include "nn/zoo/zoo.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { ROWS = 5, CLASSES = 4, SIDE = 32 };

typedef double loss_function(const float *logits, const float *targets, float *grad, int rows,
                             int classes, float smoothing, double weight);

// Rows: one class, a mixture, two classes at once, nothing, one class again.
static const float targets[ROWS * CLASSES] = {1, 0, 0, 0, 0.3f, 0, 0.7f, 0, 0, 1,
                                              0, 1, 0, 0, 0,    0, 0,    0, 1, 0};

static void check_gradient(loss_function *loss, float smoothing)
{
    float logits[ROWS * CLASSES], grad[ROWS * CLASSES], unused[ROWS * CLASSES];
    nn_rng rng = nn_rng_seed(4);
    for (int i = 0; i < ROWS * CLASSES; i++)
        logits[i] = 3 * nn_rng_normal(&rng);
    const double weight = 0.7;
    loss(logits, targets, grad, ROWS, CLASSES, smoothing, weight);
    for (int i = 0; i < ROWS * CLASSES; i++) {
        const float at = logits[i], step = 1e-2f;
        logits[i] = at + step;
        const double high = loss(logits, targets, unused, ROWS, CLASSES, smoothing, weight);
        const double up = (double)logits[i];
        logits[i] = at - step;
        const double low = loss(logits, targets, unused, ROWS, CLASSES, smoothing, weight);
        const double slope = (high - low) / (up - (double)logits[i]);
        logits[i] = at;
        assert_true(fabs(slope - (double)grad[i]) < 1e-5 + 1e-3 * fabs(slope));
    }
}

static void test_gradients(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        check_gradient(nn_softmax_loss, 0.1f * (float)i);
        check_gradient(nn_sigmoid_loss, 0.1f * (float)i);
    }
}

static void test_values(void **state)
{
    (void)state;
    const float logits[] = {0, 0, 0, 0, 1000, -1000, 0, 0};
    const float hot[] = {0, 1, 0, 0, 0, 1, 0, 0};
    float grad[8];
    assert_true(fabs(nn_softmax_loss(logits, hot, grad, 1, 4, 0, 1) - log(4)) < 1e-9);
    assert_true(fabs((double)grad[1] + 0.75) < 1e-6 && fabs((double)grad[0] - 0.25) < 1e-6);
    assert_true(fabs(nn_sigmoid_loss(logits, hot, grad, 1, 4, 0, 1) - 4 * log(2)) < 1e-9);
    assert_true(fabs((double)grad[1] + 0.5) < 1e-6 && fabs((double)grad[0] - 0.5) < 1e-6);
    // Smoothing of 0.2 with 4 classes wants 0.85 and three times 0.05: nothing to learn from equal
    // logits but that.
    nn_softmax_loss(logits, hot, grad, 1, 4, 0.2f, 1);
    assert_true(fabs((double)grad[1] - (0.25 - 0.85)) < 1e-6);
    // Far off, and still a number.
    assert_true(fabs(nn_softmax_loss(logits + 4, hot + 4, grad, 1, 4, 0, 1) - 2000) < 1e-3);
    assert_true(isfinite(nn_sigmoid_loss(logits + 4, hot + 4, grad, 1, 4, 0, 1)));
    // A picture of no class teaches the softmax nothing.
    const float none[4] = {0};
    assert_true(nn_softmax_loss(logits, none, grad, 1, 4, 0.1f, 1) == 0 && grad[2] == 0);
}

static void test_hits(void **state)
{
    (void)state;
    const float logits[] = {3, 1, 0, 1, 2, 0, 0, 0, 1, 5, 5, 5};
    const float hot[] = {1, 0, 0, 0.6f, 0.4f, 0, 0, 1, 1, 0, 0, 0};
    assert_int_equal(nn_count_hits(logits, hot, 4, 3), 2); // the first and the third
}

// Pictures of CLASSES colours under noise.
static int32_t paint_colour(uint8_t *rgb, int side, int index, nn_rng *rng)
{
    for (int k = 0; k < side * side; k++)
        for (int c = 0; c < 3; c++)
            rgb[3 * k + c] =
                (uint8_t)(60 + nn_rng_below(rng, 90) + (c == index % CLASSES ? 90 : 0));
    return index % CLASSES;
}

static void make_data(nn_dataset *d, int count, uint64_t seed)
{
    made_pictures(d, count, SIDE, seed, paint_colour);
}

static int count_class(const nn_dataset *d, int label)
{
    int n = 0;
    for (int i = 0; i < d->count; i++)
        n += d->samples[i].classes[0] == label;
    return n;
}

static void test_split(void **state)
{
    (void)state;
    char held[2][32];
    for (int run = 0; run < 3; run++) {
        nn_dataset d, val;
        make_data(&d, 40, 3);
        assert_int_equal(nn_dataset_init(&val, 0, (nn_notes){0}, NULL), NN_OK);
        assert_int_equal(nn_dataset_split(&d, 8, 0.25, run < 2 ? 7 : 8, &val, NULL), NN_OK);
        // 8 of each class are open to the split, the first 8 samples are not.
        assert_int_equal(d.count, 32);
        assert_int_equal(val.count, 8);
        for (int c = 0; c < CLASSES; c++)
            assert_int_equal(count_class(&val, c), 2);
        for (int i = 0; i < 8; i++)
            assert_int_equal(d.samples[i].classes[0], i % CLASSES);
        assert_string_equal(val.sources[val.samples[0].source].path, "made");
        char names[32] = "";
        for (int i = 0; i < val.count; i++) {
            size_t used = strlen(names);
            snprintf(names + used, sizeof names - used, "%s,", val.samples[i].name + 5);
        }
        if (run < 2)
            memcpy(held[run], names, sizeof names);
        else
            assert_string_not_equal(held[0], names); // another seed
        nn_dataset_release(&d);
        nn_dataset_release(&val);
    }
    assert_string_equal(held[0], held[1]);
}

static nn_model *make_model(const char *network, const char *options, const nn_dataset *d)
{
    nn_card card = {.task = "classify", .input_h = SIDE, .input_w = SIDE, .crop = 1};
    static const char *const labels[] = {"red", "green", "blue", "grey"};
    snprintf(card.network, sizeof card.network, "%s", network);
    snprintf(card.options, sizeof card.options, "%s", options);
    return training_model(&card, labels, CLASSES, d);
}

static nn_trainer_options make_options(int epochs)
{
    nn_trainer_options o = training_options(SIDE, epochs);
    o.schedule.warmup = 5;
    o.average = 0.9f;
    return o;
}

#define SMALL "classes=4,alpha=0.125,beta=0.25"

static void test_learns(void **state)
{
    (void)state;
    nn_dataset d;
    make_data(&d, 64, 1);
    nn_model *m = make_model("neroscale_alexpp", SMALL, &d);
    nn_trainer_options o = make_options(20);
    nn_pool *pool = nn_pool_new(2);
    nn_trainer *t;
    nn_trainer_report r;
    nn_error err = {0};
    if (nn_trainer_new(&t, m, &d, &o, pool, &err) != NN_OK)
        fail_msg("%s", err.text);
    double early = 0, late = 0;
    int64_t hits = 0, total = nn_trainer_steps_total(t);
    for (int64_t i = 0; i < total; i++) {
        assert_int_equal(nn_trainer_step(t, &r, &err), NN_OK);
        assert_false(r.skipped);
        early += i < 8 ? r.value.loss / 8 : 0;
        late += i >= total - 8 ? r.value.loss / 8 : 0;
        hits += i >= total - 8 ? r.value.hits : 0;
    }
    print_message("loss %.3f -> %.3f, %d of 64 right\n", early, late, (int)hits);
    assert_true(late < 0.7 * early && hits > 58);
    nn_trainer_free(t);
    nn_pool_free(pool);
    nn_model_free(m);
    nn_dataset_release(&d);
}

// The auxiliary outputs count as much as is asked for.
static void test_auxiliary(void **state)
{
    (void)state;
    nn_dataset d;
    double loss[2], part[2];
    make_data(&d, 8, 1);
    for (int i = 0; i < 2; i++) {
        nn_model *m = make_model("googlenet", "classes=4,aux=1,drop=0", &d);
        nn_trainer_options o = make_options(1);
        o.height = o.width = 64;
        o.batch = 2;
        o.task.classify.aux = i ? 0.3f : 0;
        nn_trainer *t;
        nn_trainer_report r;
        assert_int_equal(nn_trainer_new(&t, m, &d, &o, NULL, NULL), NN_OK);
        assert_int_equal(nn_trainer_step(t, &r, NULL), NN_OK);
        loss[i] = r.value.loss;
        part[i] = r.value.part[1];
        assert_true(fabs(r.value.part[0] + r.value.part[1] - r.value.loss) < 1e-9);
        nn_trainer_free(t);
        nn_model_free(m);
    }
    assert_true(part[0] == 0 && part[1] > 0.3); // two outputs, each about log(4) times 0.3
    assert_true(fabs(loss[1] - loss[0] - part[1]) < 1e-6);
    nn_dataset_release(&d);
}

// Rates with which nothing learns batch norms' scales: they normalise as in inference.
static float *freeze_norms(const nn_model *m)
{
    const int count = nn_graph_param_count(m->graph);
    float *rates = calloc((size_t)count, sizeof *rates);
    for (int i = 0; i < count; i++) {
        const char *name = nn_graph_value(m->graph, nn_graph_param_at(m->graph, i)).name;
        rates[i] = strstr(name, "bn") || strstr(name, ".1.weight") ? 0 : 1;
    }
    return rates;
}

static void run_steps(nn_model *m, nn_dataset *d, const nn_trainer_options *o, int steps)
{
    nn_trainer *t;
    nn_error err = {0};
    nn_pool *pool = nn_pool_new(2);
    if (nn_trainer_new(&t, m, d, o, pool, &err) != NN_OK)
        fail_msg("%s", err.text);
    training_steps(t, steps);
    nn_trainer_free(t);
    nn_pool_free(pool);
}

#define EXACT "classes=4,alpha=0.125,beta=0.25,drop=0"

// Four batches of 4 equal one of 16 when nothing depends on the other pictures of a batch.
static void test_accumulate(void **state)
{
    (void)state;
    nn_dataset d;
    make_data(&d, 64, 1);
    nn_model *m[3];
    float *rates = NULL;
    for (int i = 0; i < 3; i++) {
        m[i] = make_model("neroscale_alexpp", EXACT, &d);
        rates = rates ? rates : freeze_norms(m[i]);
        nn_trainer_options o = make_options(4);
        o.optimiser.kind = NN_OPTIMISER_SGD;
        o.schedule.rate = 0.05f;
        o.batch = i ? 4 : 16;
        o.accumulate = i == 1 ? 4 : 1;
        o.rates = rates;
        run_steps(m[i], &d, &o, 3);
    }
    assert_true(training_same(m[0], m[1], 1e-4));
    assert_false(training_same(m[0], m[2], 1e-4));
    for (int i = 0; i < 3; i++)
        nn_model_free(m[i]);
    free(rates);
    nn_dataset_release(&d);
}

static void test_freeze(void **state)
{
    (void)state;
    nn_dataset d;
    make_data(&d, 32, 1);
    nn_model *m = make_model("neroscale_alexpp", SMALL, &d),
             *before = make_model("neroscale_alexpp", SMALL, &d);
    const int count = nn_graph_param_count(m->graph);
    float *rates = calloc((size_t)count, sizeof *rates);
    for (int i = 0; i < count;
         i++) // blocks 1 and 2 with their norms, but not their buffers by name
        rates[i] = strncmp(nn_graph_value(m->graph, nn_graph_param_at(m->graph, i)).name, "block1.",
                           7) == 0 &&
                           !strstr(nn_graph_value(m->graph, nn_graph_param_at(m->graph, i)).name,
                                   "running")
                       ? 0
                       : 1;
    nn_trainer_options o = make_options(2);
    o.rates = rates;
    nn_trainer *t;
    nn_trainer_report r;
    assert_int_equal(nn_trainer_new(&t, m, &d, &o, NULL, NULL), NN_OK);
    for (int i = 0; i < 4; i++)
        assert_int_equal(nn_trainer_step(t, &r, NULL), NN_OK);
    int kept = 0, moved = 0;
    for (int i = 0; i < count; i++) {
        const char *name = nn_graph_value(m->graph, nn_graph_param_at(m->graph, i)).name;
        const size_t bytes = nn_tensor_bytes(&m->params[i]);
        const bool same = memcmp(m->params[i].data, before->params[i].data, bytes) == 0;
        if (strncmp(name, "block1.", 7) == 0) {
            assert_true(same);
            assert_memory_equal(nn_trainer_average(t)->params[i].data, before->params[i].data,
                                bytes);
            kept++;
        } else if (!strstr(name, "to5")) { // which the small input does not use
            moved += !same;
        }
    }
    assert_true(kept >= 9 && moved > 20);
    nn_trainer_free(t);
    memset(rates, 0, (size_t)count * sizeof *rates);
    nn_error err = {0};
    assert_int_equal(nn_trainer_new(&t, m, &d, &o, NULL, &err), NN_EINVAL);
    assert_non_null(strstr(err.text, "frozen"));
    free(rates);
    nn_model_free(m);
    nn_model_free(before);
    nn_dataset_release(&d);
}

// Batches of several sizes; the same after a resume, with another number of threads.
static void test_sizes_and_resume(void **state)
{
    (void)state;
    static const int sides[] = {32, 48, 64};
    nn_dataset d;
    make_data(&d, 64, 1);
    nn_trainer_options o = make_options(2);
    o.size_count = 3;
    for (int i = 0; i < 3; i++)
        o.sizes[i] = (nn_loader_size){sides[i], sides[i]};
    o.accumulate = 2;
    o.augment.mixup = 0.2f;
    nn_model *whole = make_model("neroscale_alexpp", SMALL, &d),
             *part = make_model("neroscale_alexpp", SMALL, &d);
    run_steps(whole, &d, &o, 7);
    const test_path dir = test_temp("sizes");
    assert_int_equal(mkdir(dir.text, 0777), 0);
    nn_trainer *t;
    nn_trainer_report r;
    nn_checkpoint_info info = {.best = 0.25, .best_epoch = 1};
    for (int i = 0; i < 2; i++) {
        assert_int_equal(nn_trainer_new(&t, part, &d, &o, NULL, NULL), NN_OK);
        assert_int_equal(nn_trainer_steps_total(t), 8);
        if (i)
            assert_int_equal(nn_trainer_resume(t, dir.text, &info, NULL), NN_OK);
        for (int k = 0; k < (i ? 4 : 3); k++)
            assert_int_equal(nn_trainer_step(t, &r, NULL), NN_OK);
        if (!i)
            assert_int_equal(nn_trainer_save(t, dir.text, &info, NULL), NN_OK);
        nn_trainer_free(t);
    }
    assert_true(info.best == 0.25 && info.step == 3);
    assert_true(training_same(whole, part, 0));
    nn_model *other = make_model("neroscale_alexpp", SMALL, &d);
    o.seed++; // another order, other views and sizes
    run_steps(other, &d, &o, 7);
    assert_false(training_same(whole, other, 1e-3));
    nn_model_free(other);
    o.seed--;
    o.sizes[1].width = 40; // another training
    assert_int_equal(nn_trainer_new(&t, part, &d, &o, NULL, NULL), NN_OK);
    assert_int_equal(nn_trainer_resume(t, dir.text, &info, NULL), NN_EINVAL);
    nn_trainer_free(t);
    nn_model_free(whole);
    nn_model_free(part);
    nn_dataset_release(&d);
}

// One step of each optimiser on a known slope.
static void test_optimisers(void **state)
{
    (void)state;
    nn_dataset d;
    make_data(&d, 8, 1);
    const float rate = 0.1f, decay = 0.5f, slope = 2;
    for (int kind = NN_OPTIMISER_ADAMW; kind <= NN_OPTIMISER_ADAM; kind++) {
        nn_model *m = make_model("neroscale_alexpp", SMALL, &d);
        const nn_shape input = nn_shape_4d(1, 3, SIDE, SIDE);
        nn_plan *plan;
        nn_optimiser o;
        nn_optimiser_options options;
        nn_optimiser_defaults(&options);
        options.kind = (nn_optimiser_kind)kind;
        options.decay = decay;
        options.clip = 0;
        const int i = nn_graph_find_param(m->graph, "fc2.weight");
        assert_int_equal(nn_plan_new_training(&plan, m, &input, 1, NULL, NULL), NN_OK);
        assert_int_equal(nn_optimiser_init(&o, m, &options, NULL), NN_OK);
        nn_plan_zero_grads(plan);
        nn_tensor_f32(nn_plan_param_grad(plan, i))[0] = slope;
        float *w = nn_tensor_f32(&m->params[i]);
        w[0] = 3;
        assert_true(nn_optimiser_step(&o, plan, rate, nn_kernels_best()) == 2);
        const double g = slope + decay * 3; // what SGD and Adam see
        const double want[] = {3 * (1 - rate * decay) - rate, 3 - rate * g,
                               3 - rate * (1 + 0.9) * g, 3 - rate};
        assert_true(fabs((double)w[0] - want[kind]) < 1e-5);
        nn_optimiser_release(&o);
        nn_plan_free(plan);
        nn_model_free(m);
    }
    nn_dataset_release(&d);
}

static void test_wrong_networks(void **state)
{
    (void)state;
    nn_dataset d;
    make_data(&d, 8, 1);
    nn_model *m = make_model("neroscale_alexpp", SMALL, &d);
    nn_trainer_options o = make_options(1);
    nn_trainer *t;
    nn_error err = {0};
    snprintf(m->card.task, sizeof m->card.task, "dream");
    assert_int_equal(nn_trainer_new(&t, m, &d, &o, NULL, &err), NN_EUNSUPPORTED);
    assert_non_null(strstr(err.text, "dream"));
    snprintf(m->card.task, sizeof m->card.task, "detect");
    assert_int_equal(nn_trainer_new(&t, m, &d, &o, NULL, &err), NN_EUNSUPPORTED);
    snprintf(m->card.task, sizeof m->card.task, "classify");
    const char *labels[] = {"one", "two"};
    assert_int_equal(nn_card_set_labels(&m->card, labels, 2, NULL), NN_OK);
    assert_int_equal(nn_trainer_new(&t, m, &d, &o, NULL, &err), NN_ESHAPE);
    assert_null(t);
    nn_model_free(m);
    nn_dataset_release(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gradients),      cmocka_unit_test(test_values),
        cmocka_unit_test(test_hits),           cmocka_unit_test(test_split),
        cmocka_unit_test(test_learns),         cmocka_unit_test(test_auxiliary),
        cmocka_unit_test(test_wrong_networks), cmocka_unit_test(test_accumulate),
        cmocka_unit_test(test_freeze),         cmocka_unit_test(test_sizes_and_resume),
        cmocka_unit_test(test_optimisers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
