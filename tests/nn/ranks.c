// SPDX-License-Identifier: MIT
// Two processes with half a batch each against one with the whole batch: gradients, and losses and
// weights of trainings; mpirun starts this program twice.
#include "tests/support/test.h"

#include "nn/base/memory.h"
#include "nn/base/rng.h"
#include "nn/graph/backward.h"
#include "nn/train/ranks.h"
#include "nn/train/trainer.h"
#include "nn/zoo/layers.h"
#include "nn/zoo/zoo.h"

#include <math.h>
#include <stdio.h>

enum { BATCH = 4, SIDE = 16, WIDE = 1200, PICTURE = 96, STEPS = 6 };

static nn_ranks *ranks;

static int join(void **state)
{
    (void)state;
    nn_error err = {0};
    if (nn_ranks_open(&ranks, &err) != NN_OK)
        fail_msg("%s", err.text);
    return 0;
}

static int leave(void **state)
{
    (void)state;
    nn_ranks_close(ranks);
    return 0;
}

static void test_sums(void **state)
{
    (void)state;
    const int count = nn_ranks_count(ranks), index = nn_ranks_index(ranks);
    double x[3] = {1, index, 0.1};
    nn_ranks_sum(ranks, x, 3);
    assert_true(x[0] == count && x[1] == count * (count - 1) / 2);
    assert_true(fabs(x[2] - 0.1 * count) < 1e-12);
    char text[8] = "";
    snprintf(text, sizeof text, "from %d", index);
    nn_ranks_spread(ranks, text, sizeof text);
    assert_string_equal(text, "from 0");
}

// Without batch norm, so that pictures do not know each other, and with more than one bucket of
// parameters, one of which is read twice.
static nn_model *make_model(void)
{
    nn_model *m;
    nn_graph *g = nn_graph_new();
    nn_value x = nn_graph_input(g, "image");
    x = nn_layer_conv(g, "conv", x,
                      &(nn_conv_spec){.in = 3, .out = 8, .kernel = 3, .stride = 2, .bias = 1});
    x = nn_layer_act(g, "relu", x, NN_ACT_RELU);
    x = nn_layer_flatten(g, "flatten", x, 1);
    x = nn_layer_linear(g, "wide", x, 8 * 7 * 7, WIDE, 1);
    nn_value twice = nn_layer_param(g, "twice", "weight", NN_PARAM_WEIGHT, nn_shape_2d(WIDE, WIDE));
    for (int i = 0; i < 2; i++) {
        x = nn_layer_linear_with(g, i ? "second" : "first", x, twice, NN_NO_VALUE);
        x = nn_layer_act(g, i ? "act2" : "act1", x, NN_ACT_RELU);
    }
    nn_graph_output(g, "output", nn_layer_linear(g, "out", x, WIDE, 10, 1));
    assert_int_equal(nn_model_new(&m, g, NULL), NN_OK);
    nn_model_init_random(m, 3);
    return m;
}

// Gradients of images `first` to `first + count` of the batch for a loss that is linear in the
// outputs.
static float *find_grads(nn_model *m, int first, int count, bool share, int64_t *n)
{
    const nn_shape input = nn_shape_4d(count, 3, SIDE, SIDE);
    nn_plan *plan;
    assert_int_equal(nn_plan_new_training(&plan, m, &input, 1, NULL, NULL), NN_OK);
    const nn_tensor *x = nn_plan_input(plan, 0), *g = nn_plan_output_grad(plan, 0);
    const int64_t image = nn_shape_count(&x->shape) / count,
                  row = nn_shape_count(&g->shape) / count;
    for (int i = 0; i < count; i++) {
        nn_rng rng = nn_rng_stream(5, (uint64_t)(first + i));
        for (int64_t k = 0; k < image; k++)
            nn_tensor_f32(x)[i * image + k] = nn_rng_range(&rng, -1, 1);
        for (int64_t k = 0; k < row; k++)
            nn_tensor_f32(g)[i * row + k] = nn_rng_range(&rng, -1, 1);
    }
    nn_plan_run(plan);
    nn_plan_zero_grads(plan);
    if (share)
        nn_ranks_start_grads(ranks, plan);
    nn_plan_backward(plan);
    if (share)
        nn_ranks_finish_grads(ranks);
    const float *grads = nn_plan_param_grads(plan, n);
    float *copy = malloc((size_t)*n * sizeof *copy);
    memcpy(copy, grads, (size_t)*n * sizeof *copy);
    nn_plan_free(plan);
    return copy;
}

// The gradients that a backward walk reported as complete, and their values at that time.
typedef struct witness {
    float *grads, *kept;
    int64_t from, count;
    int reports;
} witness;

static void watch(void *ctx, float *from)
{
    witness *w = ctx;
    const int64_t first = from - w->grads;
    assert_true(first < w->from);
    memcpy(w->kept + first, from, (size_t)(w->from - first) * sizeof *from);
    w->from = first;
    w->reports++;
}

// Gradients that may be sent do not change any more, and most of them may be long before the end.
static void test_early(void **state)
{
    (void)state;
    const nn_shape input = nn_shape_4d(BATCH, 3, SIDE, SIDE);
    nn_model *m = make_model();
    nn_plan *plan;
    assert_int_equal(nn_plan_new_training(&plan, m, &input, 1, NULL, NULL), NN_OK);
    witness w = {0};
    w.grads = nn_plan_param_grads(plan, &w.count);
    w.from = w.count;
    w.kept = calloc((size_t)w.count, sizeof *w.kept);
    for (int64_t i = 0; i < nn_shape_count(&nn_plan_input(plan, 0)->shape); i++)
        nn_tensor_f32(nn_plan_input(plan, 0))[i] = 0.01f * (float)(i % 100);
    for (int64_t i = 0; i < nn_shape_count(&nn_plan_output_grad(plan, 0)->shape); i++)
        nn_tensor_f32(nn_plan_output_grad(plan, 0))[i] = 1;
    nn_plan_run(plan);
    nn_plan_zero_grads(plan);
    nn_plan_on_grads(plan, watch, &w);
    nn_plan_backward(plan);
    assert_int_equal(w.from, 0);
    assert_true(w.reports >= 4);
    assert_memory_equal(w.kept, w.grads, (size_t)w.count * sizeof *w.kept);
    free(w.kept);
    nn_plan_free(plan);
    nn_model_free(m);
}

static void test_gradients(void **state)
{
    (void)state;
    const int count = nn_ranks_count(ranks), index = nn_ranks_index(ranks);
    nn_model *m = make_model();
    int64_t n, same;
    float *whole = find_grads(m, 0, BATCH, false, &n);
    float *shared = find_grads(m, index * BATCH / count, BATCH / count, true, &same);
    assert_int_equal(n, same);
    double error = 0, largest = 0;
    for (int64_t i = 0; i < n; i++) {
        error = fmax(error, fabs((double)whole[i] - (double)shared[i]));
        largest = fmax(largest, fabs((double)whole[i]));
    }
    const int64_t early = nn_ranks_early(ranks);
    print_message("%d processes: %lld gradients, %.2g of %.2g off, %lld sent during the walk\n",
                  count, (long long)n, error, largest, (long long)early);
    assert_true(count == 1 || early > n / 2);
    assert_true(largest > 0 && error <= 1e-5 * largest);
    free(whole);
    free(shared);
    nn_model_free(m);
}

// Pictures with a red or a blue square, known by class and by box.
static void make_data(nn_dataset *d, int count)
{
    int source;
    assert_int_equal(nn_dataset_init(d, 0, (nn_notes){0}, NULL), NN_OK);
    assert_int_equal(nn_dataset_add_source(d, &(nn_source){.path = "made"}, &source, NULL), NN_OK);
    for (int i = 0; i < count; i++) {
        nn_rng rng = nn_rng_stream(9, (uint64_t)i);
        const int label = i % 2, x0 = (int)nn_rng_below(&rng, 40), y0 = (int)nn_rng_below(&rng, 40);
        nn_sample s = {.name = nn_strdup("made"),
                       .width = PICTURE,
                       .height = PICTURE,
                       .image = {PICTURE, PICTURE, nn_alloc(3 * PICTURE * PICTURE)},
                       .truths = nn_alloc(sizeof(nn_truth)),
                       .truth_count = 1,
                       .classes = nn_alloc(sizeof(int32_t)),
                       .class_count = 1,
                       .source = source,
                       .in_memory = true};
        for (int k = 0; k < 3 * PICTURE * PICTURE; k++)
            s.image.rgb[k] = (uint8_t)(90 + nn_rng_below(&rng, 60));
        for (int k = 0; k < 24 * 24; k++)
            s.image.rgb[3 * ((y0 + k / 24) * PICTURE + x0 + k % 24) + 2 * label] = 250;
        s.truths[0] = (nn_truth){x0, y0, x0 + 24, y0 + 24, label, false, 0, 0};
        s.classes[0] = label;
        assert_int_equal(nn_dataset_add(d, &s, NULL), NN_OK);
    }
}

// A training with dropout and stochastic depth. Without sync_norm, running statistics of batch
// norms stay fixed, because those of half a batch differ.
typedef struct training {
    const char *task;
    bool sync_norm;
    nn_optimiser_kind kind;
    int accumulate;
} training;

static nn_model *make_network(const training *s, nn_dataset *d)
{
    static const char *const names[] = {"red", "blue"};
    nn_card card = {.network = "neroscale_alexpp", .input_h = PICTURE, .input_w = PICTURE};
    const bool detect = strcmp(s->task, "detect") == 0;
    nn_error err = {0};
    nn_model *m;
    snprintf(card.task, sizeof card.task, "%s", s->task);
    snprintf(card.head, sizeof card.head, "%s", detect ? "fcos" : "");
    snprintf(card.options, sizeof card.options, "alpha=0.125,beta=0,drop=1%s,classes=2",
             detect ? ",neck=16" : "");
    assert_int_equal(nn_card_set_labels(&card, names, 2, NULL), NN_OK);
    if (nn_zoo_build(&m, &card, &err) != NN_OK)
        fail_msg("%s", err.text);
    nn_card_release(&card);
    // Other numbers put a unit on the corner of its ReLU: then rounding decides the whole training.
    nn_trainer_init_model(m, d, 7);
    return m;
}

// The losses of its first steps, and the trained model.
static nn_model *train(const training *s, nn_ranks *with, double *losses)
{
    nn_dataset d;
    nn_trainer *t;
    nn_error err = {0};
    float rates[512];
    make_data(&d, 24);
    nn_model *m = make_network(s, &d);
    assert_true(nn_graph_param_count(m->graph) <= 512);
    for (int i = 0; i < nn_graph_param_count(m->graph); i++)
        rates[i] = s->sync_norm || m->params[i].shape.rank > 1 ? 1 : 0;
    nn_trainer_options o;
    nn_trainer_defaults(&o);
    o.batch = 8;
    o.height = o.width = PICTURE;
    o.epochs = 2 * STEPS;
    o.schedule = (nn_schedule){.rate = 0.01f, .last = 0.1f, .warmup = 2};
    o.optimiser.kind = s->kind;
    o.accumulate = s->accumulate;
    o.augment.cutmix = strcmp(s->task, "detect") == 0 ? 0 : 1;
    o.ranks = with;
    o.sync_norm = s->sync_norm;
    o.rates = rates;
    if (nn_trainer_new(&t, m, &d, &o, NULL, &err) != NN_OK)
        fail_msg("%s", err.text);
    for (int i = 0; i < STEPS; i++) {
        nn_trainer_report r;
        if (nn_trainer_step(t, &r, &err) != NN_OK)
            fail_msg("%s", err.text);
        losses[i] = r.value.loss;
    }
    nn_trainer_free(t);
    nn_dataset_release(&d);
    return m;
}

static void test_curves(void **state)
{
    (void)state;
    for (int k = 0; k < 4; k++) {
        const training s = {k % 2 ? "detect" : "classify", k / 2, NN_OPTIMISER_SGD, 2};
        double alone[STEPS], together[STEPS], error = 0;
        nn_model_free(train(&s, NULL, alone));
        nn_model_free(train(&s, ranks, together));
        for (int i = 0; i < STEPS; i++)
            error = fmax(error, fabs(alone[i] - together[i]) / alone[i]);
        print_message("%s%s: loss %.6f to %.6f, %.2g off\n", s.task,
                      s.sync_norm ? ", statistics of all" : "", alone[0], alone[STEPS - 1], error);
        assert_true(error <= 1e-4);
        assert_true(alone[STEPS - 1] < alone[0]);
    }
}

// AdamW makes steps of a whole rate of gradients that are nothing but rounding, so that a parameter
// which the loss does not depend on would go other ways with every number of processes.
static void test_adamw(void **state)
{
    (void)state;
    for (int k = 0; k < 2; k++) {
        const training s = {k ? "detect" : "classify", true, NN_OPTIMISER_ADAMW, 1};
        double losses[STEPS], error = 0;
        long far = 0, weights = 0;
        const char *where = "";
        nn_model *alone = train(&s, NULL, losses), *together = train(&s, ranks, losses);
        for (int i = 0; i < nn_graph_param_count(alone->graph); i++) {
            const float *a = nn_tensor_f32(&alone->params[i]);
            const float *b = nn_tensor_f32(&together->params[i]);
            for (int64_t at = 0; at < nn_shape_count(&alone->params[i].shape); at++) {
                const double off = fabs((double)a[at] - (double)b[at]);
                where = off > error
                            ? nn_graph_value(alone->graph, nn_graph_param_at(alone->graph, i)).name
                            : where;
                error = fmax(error, off);
                far += off > 1e-4;
                weights++;
            }
        }
        print_message("%s: after two epochs of AdamW %ld of %ld weights are far, up to %.2g (%s)\n",
                      s.task, far, weights, error, where);
        // gradients of a few weights are nothing but rounding
        assert_true(1000 * far <= weights);
        nn_model_free(alone);
        nn_model_free(together);
    }
}

static void test_indivisible(void **state)
{
    (void)state;
    nn_dataset d;
    nn_model *m = make_model();
    nn_trainer *t;
    nn_trainer_options o;
    nn_error err = {0};
    nn_trainer_defaults(&o);
    o.batch = 7;
    o.height = o.width = SIDE;
    o.ranks = ranks;
    snprintf(m->card.task, sizeof m->card.task, "classify");
    make_data(&d, 2);
    if (nn_ranks_count(ranks) == 2) {
        assert_int_equal(nn_trainer_new(&t, m, &d, &o, NULL, &err), NN_EINVAL);
        assert_non_null(strstr(err.text, "a batch of 7 cannot be divided by 2 processes"));
    }
    nn_dataset_release(&d);
    nn_model_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sums),      cmocka_unit_test(test_early),
        cmocka_unit_test(test_gradients), cmocka_unit_test(test_curves),
        cmocka_unit_test(test_adamw),     cmocka_unit_test(test_indivisible),
    };
    return cmocka_run_group_tests(tests, join, leave);
}
