// SPDX-License-Identifier: MIT
// Inspecting a training: a channel that was made dead by hand, a gate that was made to saturate,
// and magnitudes that are counted again here.
#include "nn/train/inspect.h"

#include "nn/base/memory.h"
#include "tests/support/test.h"
#include "tests/support/training.h"

#include <math.h>
#include <stdio.h>

enum { SIDE = 96, PICTURES = 16, EPOCHS = 2, STEPS = PICTURES / 8 };

typedef struct setting {
    nn_dataset data;
    nn_model *model;
    nn_trainer *trainer;
    nn_inspection *seen;
} setting;

static void open_setting(setting *s, const char *network, const char *options, float rate)
{
    static const char *const labels[] = {"lying", "standing"};
    nn_card card = {.task = "detect", .head = "fcos", .input_h = SIDE, .input_w = SIDE};
    nn_trainer_options o = training_options(SIDE, EPOCHS);
    nn_error err = {0};
    snprintf(card.network, sizeof card.network, "%s", network);
    snprintf(card.options, sizeof card.options, "%s", options);
    training_boxes(&s->data, SIDE, PICTURES, 3);
    s->model = training_model(&card, labels, 2, &s->data);
    o.schedule.rate = rate;
    if (nn_trainer_new(&s->trainer, s->model, &s->data, &o, NULL, &err) != NN_OK ||
        nn_inspection_new(&s->seen, s->trainer, &s->data, &err) != NN_OK)
        fail_msg("%s", err.text);
}

static void close_setting(setting *s)
{
    nn_inspection_free(s->seen);
    nn_trainer_free(s->trainer);
    nn_model_free(s->model);
    nn_dataset_release(&s->data);
}

// Takes a step and tells the inspection; whether it looked.
static bool step(setting *s)
{
    nn_trainer_report r;
    nn_error err = {0};
    bool looked = false;
    assert_int_equal(nn_trainer_step(s->trainer, &r, &err), NN_OK);
    const int64_t done = nn_trainer_steps_done(s->trainer);
    const nn_train_state at = {.step = done,
                               .epoch_step = (done - 1) % STEPS + 1,
                               .epoch_steps = STEPS,
                               .epoch = (int)((done - 1) / STEPS) + 1};
    if (nn_inspection_step(s->seen, &at, &looked, &err) != NN_OK)
        fail_msg("%s", err.text);
    return looked;
}

static const nn_layer_inspection *find(const setting *s, const char *name)
{
    for (int i = 0; i < nn_inspection_count(s->seen); i++)
        if (strcmp(nn_inspection_at(s->seen, i)->name, name) == 0)
            return nn_inspection_at(s->seen, i);
    fail_msg("no layer %s", name);
    return NULL;
}

static float *param(setting *s, const char *name)
{
    nn_tensor *t = nn_model_param(s->model, name);
    assert_non_null(t);
    return nn_tensor_f32(t);
}

static void finds_a_dead_channel(void **state)
{
    (void)state;
    setting s = {0};
    char line[NN_INSPECT_LINE];
    open_setting(&s, "resnet18", "classes=2,alpha=0.125,neck=16", 1e-5f);
    // The norm gives -1 for whatever picture, and ReLU gives 0.
    param(&s, "bn1.weight")[3] = 0;
    param(&s, "bn1.bias")[3] = -1;
    assert_false(step(&s)); // in the middle of an epoch
    assert_true(step(&s));
    const nn_layer_inspection *l = find(&s, "conv1");
    assert_int_equal(l->channels, 8);
    for (int c = 0; c < 8; c++)
        assert_int_equal(l->state[c] == NN_CHANNEL_DEAD, c == 3);
    assert_int_equal(l->dead, 1);
    assert_int_equal(l->saturated, 0);
    assert_true(nn_inspection_say(s.seen, line));
    assert_true(strstr(line, "1 of 8 channels of conv1 never fire") == line);
    // Alive again, and nothing is said of it.
    param(&s, "bn1.bias")[3] = 1;
    assert_false(step(&s));
    assert_true(step(&s));
    assert_int_equal(find(&s, "conv1")->dead, 0);
    close_setting(&s);
}

static void finds_a_saturated_gate(void **state)
{
    (void)state;
    setting s = {0};
    open_setting(&s, "neroscale_alexpp", "classes=2,alpha=0.125,beta=0,neck=16", 1e-5f);
    const nn_layer_inspection *gate = NULL;
    for (int i = 0; i < nn_graph_param_count(s.model->graph); i++) {
        const nn_value_info v =
            nn_graph_value(s.model->graph, nn_graph_param_at(s.model->graph, i));
        if (strcmp(v.name, "block5.fc2.bias") == 0)
            nn_tensor_f32(&s.model->params[i])[1] = 60; // sigmoid gives 1
    }
    step(&s);
    assert_true(step(&s));
    for (int i = 0; i < nn_inspection_count(s.seen) && !gate; i++)
        if (nn_inspection_at(s.seen, i)->saturated > 0)
            gate = nn_inspection_at(s.seen, i);
    assert_non_null(gate);
    assert_true(strstr(gate->name, "block5") == gate->name);
    assert_int_equal(gate->saturated, 1);
    assert_int_equal(gate->state[1], NN_CHANNEL_SATURATED);
    assert_int_equal(gate->dead, 0);
    close_setting(&s);
}

// Weights, their histogram and the update, counted plainly.
static void counts_magnitudes(void **state)
{
    (void)state;
    setting s = {0};
    open_setting(&s, "resnet18", "classes=2,alpha=0.125,neck=16", 2e-3f);
    const nn_tensor *w = nn_model_param(s.model, "layer2.0.conv1.weight");
    const int64_t n = nn_shape_count(&w->shape);
    float *before = nn_alloc(nn_tensor_bytes(w));
    step(&s);
    memcpy(before, w->data, nn_tensor_bytes(w));
    assert_true(step(&s));
    const nn_layer_inspection *l = find(&s, "layer2.0.conv1");
    int64_t bins[NN_MAGNITUDE_BINS] = {0};
    double sum = 0, update = 0, old = 0;
    for (int64_t i = 0; i < n; i++) {
        const double x = fabs((double)nn_tensor_f32(w)[i]), was = (double)before[i];
        int bin = 0;
        while (bin < NN_MAGNITUDE_BINS - 1 && x >= ldexp(1, NN_MAGNITUDE_LOW + bin + 1))
            bin++;
        bins[bin] += x > 0;
        sum += x * x;
        old += was * was;
        update += ((double)nn_tensor_f32(w)[i] - was) * ((double)nn_tensor_f32(w)[i] - was);
    }
    assert_int_equal(l->weight.count, n);
    assert_true(fabs(l->weight.norm - sqrt(sum)) < 1e-9 * sqrt(sum));
    for (int b = 0; b < NN_MAGNITUDE_BINS; b++)
        assert_int_equal(l->weight.bin[b], bins[b]);
    assert_true(fabs(l->ratio - sqrt(update / old)) < 1e-6 * l->ratio);
    assert_true(l->ratio > 1e-6 && l->ratio < 1);
    assert_true(l->gradient.count == n && l->gradient.norm > 0 && l->gradient.odd == 0);
    nn_free(before);
    close_setting(&s);
}

// The same training with and without an inspection.
static void changes_nothing(void **state)
{
    (void)state;
    setting a = {0}, b = {0};
    open_setting(&a, "resnet18", "classes=2,alpha=0.125,neck=16", 2e-3f);
    open_setting(&b, "resnet18", "classes=2,alpha=0.125,neck=16", 2e-3f);
    for (int i = 0; i < 3; i++)
        step(&a);
    training_steps(b.trainer, 3);
    assert_true(training_same(a.model, b.model, 0));
    close_setting(&a);
    close_setting(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_a_dead_channel),
        cmocka_unit_test(finds_a_saturated_gate),
        cmocka_unit_test(counts_magnitudes),
        cmocka_unit_test(changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
