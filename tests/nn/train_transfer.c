// SPDX-License-Identifier: MIT
// Training that starts from a detector made elsewhere: the same outputs before the first step,
// learning after it.
#include "tests/support/foreign.h"
#include "tests/support/test.h"
#include "tests/support/training.h"

#include "nn/base/rng.h"
#include "nn/graph/backward.h"
#include "nn/graph/plan.h"
#include "nn/graph/rebuild.h"
#include "nn/ops/ops.h"
#include "nn/train/renorm.h"
#include "nn/train/teacher.h"
#include "nn/train/transfer.h"
#include "nn/zoo/layers.h"

#include <math.h>

enum { SIDE = FOREIGN_SIDE, OLD = FOREIGN_CLASSES, BINS = 8, ROWS = OLD + 4 * BINS };

static nn_model *keep(const nn_model *from, const char *const *labels, int count, int known,
                      const char *rules)
{
    float part[8 * OLD];
    nn_model *m = NULL;
    nn_error err = {0};
    nn_transfer_report report;
    const int old = from->card.label_count;
    const char *const *old_labels = (const char *const *)from->card.labels;
    assert_int_equal(nn_class_parts(part, labels, count, old_labels, old, rules), known);
    const nn_transfer_options o = {
        .classes = {labels, count, part, old}, .input_h = SIDE, .input_w = SIDE, .seed = 3};
    if (nn_keep_head(&m, from, &o, &report, &err) != NN_OK)
        fail_msg("%s", err.text);
    return m;
}

static nn_plan *plan_of(const nn_model *m, int batch, bool training)
{
    const nn_shape image = nn_shape_4d(batch, 3, SIDE, SIDE);
    nn_plan *plan = NULL;
    nn_error err = {0};
    if ((training ? nn_plan_new_training(&plan, m, &image, 1, NULL, &err)
                  : nn_plan_new(&plan, m, &image, 1, NULL, &err)) != NN_OK)
        fail_msg("%s", err.text);
    return plan;
}

// A picture in the batch, after another one; the second half of `both` has blue first.
static void fill_images(const nn_tensor *alone, const nn_tensor *batch)
{
    enum { PLANE = SIDE * SIDE };
    nn_rng rng = nn_rng_seed(11);
    float *a = nn_tensor_f32(alone), *b = nn_tensor_f32(batch);
    for (int i = 0; i < 3 * PLANE; i++)
        b[i] = nn_rng_normal(&rng);
    for (int c = 0; c < 3; c++)
        for (int i = 0; i < PLANE; i++)
            a[c * PLANE + i] = b[(3 + 2 - c) * PLANE + i] = nn_rng_normal(&rng);
}

static double sigmoid(double x)
{
    return 1 / (1 + exp(-x));
}

// Scores and distances of a level of the second picture, as the rows of the old output from
// `first` on.
static void check_level(const nn_plan *plan, int level, const float *rows, int cells,
                        const int *old, int classes)
{
    const float *cls = nn_tensor_f32(nn_plan_output(plan, 2 * level)) + classes * cells;
    const float *dist = nn_tensor_f32(nn_plan_output(plan, 2 * level + 1)) + 4 * BINS * cells;
    for (int i = 0; i < cells; i++) {
        const float *row = rows + i * ROWS;
        for (int c = 0; c < classes; c++)
            if (old[c] >= 0)
                assert_true(fabs(sigmoid(cls[c * cells + i]) - row[old[c]]) < 1e-5);
            else // something new: 1 % and a little
                assert_true(sigmoid(cls[c * cells + i]) < 0.1);
        for (int k = 0; k < 4 * BINS; k++)
            assert_true(fabsf(dist[k * cells + i] - row[OLD + k]) < 1e-4f);
    }
}

static void test_same_answers(void **state)
{
    (void)state;
    enum { FINE = SIDE / 8 * SIDE / 8, CLASSES = 3 };
    nn_model *from = foreign_detector(3);
    nn_model *m = keep(from, (const char *const[]){"dog", "mouse", "Motorcycle"}, CLASSES, 2, NULL);
    assert_int_equal(nn_graph_output_count(m->graph), 6);
    assert_string_equal(nn_graph_output_name(m->graph, 0), "cls8");
    assert_string_equal(nn_graph_output_name(m->graph, 3), "dist16");
    assert_string_equal(m->card.head, "gfl"); // corners are for the one with a level of 64
    assert_string_equal(m->card.labels[1], "mouse");
    assert_false(m->card.bgr);
    assert_true(m->card.mean[0] == 0.4f);
    // Written down for one picture, but the channels of a batch are put in order all the same.
    nn_plan *old = plan_of(from, 1, false), *plan = plan_of(m, 2, true);
    fill_images(nn_plan_input(old, 0), nn_plan_input(plan, 0));
    nn_plan_run(old);
    nn_plan_run(plan);
    const float *rows = nn_tensor_f32(nn_plan_output(old, 0));
    const int order[CLASSES] = {2, -1, 1};
    check_level(plan, 0, rows, FINE, order, CLASSES);
    check_level(plan, 1, rows + FINE * ROWS, FINE / 4, order, CLASSES);
    check_level(plan, 2, rows + (FINE + FINE / 4) * ROWS, FINE / 16, order, CLASSES);
    // A number that is added is no weight.
    const int three = nn_graph_find_param(m->graph, "three");
    assert_null(nn_plan_param_grad(plan, three)->data);
    assert_non_null(nn_plan_param_grad(plan, nn_graph_find_param(m->graph, "one.bias"))->data);
    nn_plan_free(old);
    nn_plan_free(plan);
    nn_model_free(m);
    nn_model_free(from);
}

// A class that stands for two others starts as the mean of them.
static void test_class_of_two(void **state)
{
    (void)state;
    nn_model *from = foreign_detector(1);
    nn_model *m = keep(from, (const char *const[]){"pet"}, 1, 1, "cat=pet,dog=pet,bird=pet");
    const float *a = nn_tensor_f32(nn_model_param(from, "last8.bias"));
    assert_true(fabsf(nn_tensor_f32(nn_model_param(m, "head.cls8.bias"))[0] - (a[0] + a[2]) / 2) <
                1e-6f);
    // A model made of a foreign one can be the start again, now with separate layers.
    nn_model *again = keep(m, (const char *const[]){"pet", "other"}, 2, 1, NULL);
    assert_string_equal(again->card.head, "gfl");
    nn_model_free(again);
    nn_model_free(m);
    nn_model_free(from);
}

// Steps on pictures with boxes; the loss has to fall below `part` of where it started.
static void check_learning(nn_model *m, float rate, double part)
{
    nn_dataset d;
    nn_trainer *t;
    nn_error err = {0};
    training_boxes(&d, SIDE, 32, 3);
    nn_trainer_options o = training_options(SIDE, 12);
    o.schedule.rate = rate;
    o.schedule.warmup = 5;
    if (nn_trainer_new(&t, m, &d, &o, NULL, &err) != NN_OK)
        fail_msg("%s", err.text);
    double first = 0, last = 0;
    for (int i = 0; i < 48; i++) {
        nn_trainer_report r;
        assert_int_equal(nn_trainer_step(t, &r, &err), NN_OK);
        first += i < 8 ? r.value.loss / 8 : 0;
        last += i >= 40 ? r.value.loss / 8 : 0;
        assert_true(isfinite(r.grad_norm));
    }
    print_message("loss %.3f -> %.3f\n", first, last);
    assert_true(last < part * first);
    nn_trainer_free(t);
    nn_dataset_release(&d);
}

static void test_learns(void **state)
{
    (void)state;
    nn_model *from = foreign_detector(3);
    nn_model *m = keep(from, (const char *const[]){"cat", "standing"}, 2, 1, NULL);
    check_learning(m, 2e-3f, 0.7);
    assert_true(nn_tensor_f32(nn_model_param(m, "three"))[0] == 0.25f);
    nn_model_free(m);
    nn_model_free(from);
}

// Our head on the maps of a foreign network: those it finds, and those that are named.
static void test_our_head(void **state)
{
    (void)state;
    nn_model *from = foreign_detector(1), *m;
    nn_error err = {0};
    nn_transfer_report report;
    const char *const labels[] = {"lying", "standing"};
    nn_transfer_options o = {.classes = {.labels = labels, .count = 2, .old = OLD},
                             .input_h = SIDE,
                             .input_w = SIDE,
                             .seed = 3,
                             .neck = 16};
    assert_int_equal(nn_replace_head(&m, from, &o, &report, &err), NN_EUNSUPPORTED);
    assert_non_null(strstr(err.text, "1/16"));
    nn_model_free(from);
    from = foreign_detector(3);
    o.taps = "two,nothing,coarse";
    assert_int_equal(nn_replace_head(&m, from, &o, &report, &err), NN_ENOTFOUND);
    assert_non_null(strstr(err.text, "'nothing'"));
    o.taps = "two,coarse,both";
    assert_int_equal(nn_replace_head(&m, from, &o, &report, &err), NN_EUNSUPPORTED);
    o.taps = "two,leaky,coarse";
    if (nn_replace_head(&m, from, &o, &report, &err) != NN_OK)
        fail_msg("%s", err.text);
    assert_string_equal(report.text, "two (8 channels at 1/4), leaky (16 channels at 1/8), coarse "
                                     "(16 channels at 1/16)");
    assert_string_equal(m->card.head, "fcos");
    assert_int_equal(nn_graph_output_count(m->graph), 6);
    assert_true(nn_graph_find_output(m->graph, "box16") >= 0);
    const nn_tensor *a = nn_model_param(from, "two.weight"), *b = nn_model_param(m, "two.weight");
    assert_memory_equal(a->data, b->data, nn_tensor_bytes(a));
    assert_null(nn_model_param(m, "last8.weight"));
    check_learning(m, 4e-3f, 0.7);
    nn_model_free(m);
    nn_model_free(from);
}

// How far the scores of both are apart, on a picture that nothing was trained on.
static double distance(const nn_model *a, const nn_model *b)
{
    nn_plan *one = plan_of(a, 1, false), *two = plan_of(b, 1, false);
    nn_dataset d;
    double sum = 0;
    int64_t count = 0;
    training_boxes(&d, SIDE, 1, 99);
    for (int c = 0; c < 3; c++)
        for (int i = 0; i < SIDE * SIDE; i++) {
            const float v = (float)d.samples[0].image.rgb[3 * i + c] / 255;
            nn_tensor_f32(nn_plan_input(one, 0))[c * SIDE * SIDE + i] =
                nn_tensor_f32(nn_plan_input(two, 0))[c * SIDE * SIDE + i] =
                    (v - a->card.mean[c]) / a->card.std[c];
        }
    nn_dataset_release(&d);
    nn_plan_run(one);
    nn_plan_run(two);
    for (int o = 0; o < nn_graph_output_count(a->graph); o += 2) {
        const nn_tensor *x = nn_plan_output(one, o), *y = nn_plan_output(two, o);
        for (int64_t i = 0; i < nn_shape_count(&x->shape); i++, count++)
            sum += fabs(sigmoid(nn_tensor_f32(x)[i]) - sigmoid(nn_tensor_f32(y)[i]));
    }
    nn_plan_free(one);
    nn_plan_free(two);
    return sum / (double)count;
}

// A network that forgot what its last layers knew learns it again from the one that knows.
static void test_distil(void **state)
{
    (void)state;
    const char *const labels[] = {"dog", "Cat"};
    nn_model *from = foreign_detector(3);
    nn_model *knows = keep(from, labels, 2, 2, NULL);
    nn_model *m = keep(from, (const char *const[]){"new", "other"}, 2, 0, NULL);
    nn_teacher *teacher;
    nn_error err = {0};
    if (nn_teacher_new(&teacher, from, labels, 2, NULL, SIDE, SIDE, &err) != NN_OK)
        fail_msg("%s", err.text);
    nn_dataset d;
    nn_trainer *t;
    training_boxes(&d, SIDE, 32, 3);
    for (int i = 0; i < d.count; i++) { // nobody else says where anything is, or is not
        d.samples[i].truths[0] = (nn_truth){0, 0, SIDE, SIDE, -1, true, 0, 0};
        d.samples[i].truth_count = 1;
    }
    nn_trainer_options o = training_options(SIDE, 40);
    o.task.detect.teachers = &teacher;
    o.task.detect.teacher_count = 1;
    o.task.detect.teacher_weight = 1000; // against the empty space around pictures
    float rates[64] = {0};               // all but the classes' layers stay
    for (int i = 0; i < nn_graph_param_count(m->graph); i++)
        rates[i] = strncmp(nn_graph_value(m->graph, nn_graph_param_at(m->graph, i)).name,
                           "head.cls", strlen("head.cls")) == 0;
    o.rates = rates;
    o.schedule.rate = 0.05f;
    const double before = distance(m, knows);
    if (nn_trainer_new(&t, m, &d, &o, NULL, &err) != NN_OK)
        fail_msg("%s", err.text);
    training_steps(t, 160);
    const double after = distance(m, knows);
    print_message("scores %.3f apart -> %.3f\n", before, after);
    assert_true(after < 0.4 * before);
    nn_trainer_free(t);
    nn_dataset_release(&d);
    nn_teacher_free(teacher);
    assert_int_equal(
        nn_teacher_new(&teacher, from, (const char *const[]){"tree"}, 1, NULL, SIDE, SIDE, &err),
        NN_ENOTFOUND);
    assert_null(teacher);
    nn_model_free(m);
    nn_model_free(knows);
    nn_model_free(from);
}

enum { KINDS = 3, SMALL = 12, FEATURES = 6 };

// A classifier of three: a linear layer, a product and a sum, or a convolution that is averaged.
static nn_model *foreign_classifier(int kind)
{
    nn_graph *g = nn_graph_new();
    const nn_conv_spec first = {
        .in = 3, .out = FEATURES, .kernel = 3, .stride = 2, .pad = 1, .bias = 1};
    const nn_conv_spec second = {.in = FEATURES, .out = OLD, .kernel = 1, .stride = 1, .bias = 1};
    const nn_softmax_params over = {.axis = 1};
    nn_value x = nn_layer_conv(g, "first", nn_graph_input(g, "x"), &first);
    x = nn_layer_act(g, "relu", x, NN_ACT_RELU);
    if (kind == 2) {
        x = nn_layer_act(g, "positive", nn_layer_conv(g, "last", x, &second), NN_ACT_RELU);
        x = nn_layer_flatten(g, "flat", nn_layer_global_avg_pool(g, "mean", x), 1);
    } else {
        x = nn_layer_flatten(g, "flat", nn_layer_global_avg_pool(g, "mean", x), 1);
        const nn_shape weight = nn_shape_2d(FEATURES, OLD), bias = nn_shape_1d(OLD);

        if (kind == 1) {
            const nn_matmul_params twice = {.alpha = 2};
            const nn_value product[] = {x,
                                        nn_graph_param(g, "last.weight", NN_PARAM_WEIGHT, &weight)};
            const nn_value sum[] = {nn_graph_node(g, &nn_op_matmul, "last", &twice, product, 2),
                                    nn_graph_param(g, "last.bias", NN_PARAM_BIAS, &bias)};
            x = nn_graph_node(g, &nn_op_add, "sum", NULL, sum, 2);
        } else {
            x = nn_layer_linear(g, "last", x, FEATURES, OLD, 1);
        }
        x = nn_graph_node(g, &nn_op_softmax, "softmax", &over, &x, 1);
    }
    nn_graph_output(g, "out", x);
    nn_model *m;
    nn_error err = {0};
    if (nn_model_new(&m, g, &err) != NN_OK)
        fail_msg("%s", err.text);
    nn_model_init_random(m, 5);
    for (int i = 0; i < OLD; i++)
        nn_tensor_f32(nn_model_param(m, "last.bias"))[i] = 0.3f * (float)i + 0.2f;
    m->card = (nn_card){.task = "classify", .input_h = SMALL, .input_w = SMALL, .std = {1, 1, 1}};
    assert_int_equal(
        nn_card_set_labels(&m->card, (const char *const[]){"cat", "bird", "dog"}, OLD, NULL),
        NN_OK);
    return m;
}

static void classify(const nn_model *m, float *scores)
{
    const nn_shape image = nn_shape_4d(1, 3, SMALL, SMALL);
    nn_plan *plan;
    nn_rng rng = nn_rng_seed(2);
    assert_int_equal(nn_plan_new(&plan, m, &image, 1, NULL, NULL), NN_OK);
    for (int i = 0; i < 3 * SMALL * SMALL; i++)
        nn_tensor_f32(nn_plan_input(plan, 0))[i] = nn_rng_normal(&rng);
    nn_plan_run(plan);
    assert_int_equal(nn_plan_output(plan, 0)->shape.rank, 2);
    memcpy(scores, nn_plan_output(plan, 0)->data, nn_tensor_bytes(nn_plan_output(plan, 0)));
    nn_plan_free(plan);
}

// The last layer of a classifier is replaced for other classes; rows of classes with the same name
// are kept.
static void test_classifier(void **state)
{
    (void)state;
    const char *const labels[] = {"Dog", "fish", "cat"};
    for (int kind = 0; kind < KINDS; kind++) {
        nn_model *from = foreign_classifier(kind), *m;
        nn_transfer_report report;
        nn_error err = {0};
        float part[3 * OLD], before[OLD], after[3];
        nn_class_parts(part, labels, 3, (const char *const *)from->card.labels, OLD, NULL);
        const nn_transfer_options o = {
            .classes = {labels, 3, part, OLD}, .input_h = SMALL, .input_w = SMALL, .seed = 3};
        if (nn_replace_classifier(&m, from, &o, &report, &err) != NN_OK)
            fail_msg("%s", err.text);
        assert_string_equal(report.text, "last (6 features)");
        assert_string_equal(m->card.labels[1], "fish");
        assert_null(m->fixed_inputs);
        classify(from, before);
        classify(m, after);
        const float want = kind == 2 ? before[2] - before[0] : logf(before[2] / before[0]);
        assert_true(fabsf(after[0] - after[2] - want) < 1e-4f);
        assert_true(fabsf(after[1]) < 0.2f); // something new
        nn_model_free(m);
        from->card.label_count = 2;
        assert_int_equal(nn_replace_classifier(&m, from, &o, &report, &err), NN_EUNSUPPORTED);
        assert_non_null(strstr(err.text, "last"));
        from->card.label_count = OLD;
        nn_model_free(from);
    }
}

// A teacher without cells: its boxes are added to the labels.
static void test_boxes_alone(void **state)
{
    (void)state;
    const foreign_find finds[] = {
        {0.1f, 0.2f, 0.4f, 0.6f, 0.9f, 2},  // a dog without label
        {0.5f, 0.5f, 0.9f, 0.9f, 0.8f, 2},  // one that is labelled, a little aside
        {0.5f, 0.1f, 0.8f, 0.3f, 0.3f, 0},  // maybe a cat
        {0.1f, 0.7f, 0.3f, 0.9f, 0.9f, 1},  // motorbikes are not wanted
        {0.1f, 0.7f, 0.3f, 0.9f, 0.2f, 0}}; // hardly a cat
    const char *const labels[] = {"dog", "Cat", "sheep"};
    nn_model *from = foreign_boxes(finds, 5);
    nn_teacher *t;
    nn_teacher_run *r;
    nn_error err = {0};
    if (nn_teacher_new(&t, from, labels, 3, NULL, SIDE, SIDE, &err) != NN_OK)
        fail_msg("%s", err.text);
    assert_true(nn_teacher_gives_boxes(t));
    assert_true(nn_teacher_known(t)[0] && nn_teacher_known(t)[1] && !nn_teacher_known(t)[2]);
    const nn_card card = {.std = {1, 1, 1}};
    const nn_teacher_place place = {.batch = 2, .h = SIDE, .w = 2 * SIDE, .card = &card};
    if (nn_teacher_open(&r, t, &place, &err) != NN_OK)
        fail_msg("%s", err.text);
    static const float planes[2 * 3 * SIDE * 2 * SIDE];
    nn_truth one = {0.48f * 2 * SIDE, 0.5f * SIDE, 0.9f * 2 * SIDE, 0.9f * SIDE, 0, 0, 0, 0};
    const nn_truth_list two[2] = {{NULL, 0, NULL}, {&one, 1, NULL}}, *lists = two;
    assert_null(nn_teacher_look(r, planes));
    for (int turn = 0; turn < 2; turn++) {
        lists = two;
        assert_int_equal(nn_teacher_add_boxes(r, planes, &lists, &err), NN_OK);
    }
    assert_int_equal(lists[0].count, 3);
    assert_int_equal(lists[1].count, 3);
    const nn_truth *dog = &lists[0].truths[0], *cat = &lists[0].truths[2];
    assert_true(dog->label == 0 && dog->ignore == NN_IGNORE_NOT);
    assert_true(fabsf(dog->x0 - 0.1f * 2 * SIDE) < 0.01f && fabsf(dog->y1 - 0.6f * SIDE) < 0.01f);
    assert_true(cat->label == 1 && cat->ignore == NN_IGNORE_BOX);
    assert_true(lists[1].truths[0].x0 == one.x0 && lists[1].truths[1].label == 0);
    nn_teacher_close(r);
    nn_teacher_free(t);
    nn_model_free(from);
}

static float *outputs_of(const nn_model *m, int output)
{
    static float kept[2 * 64 * SIDE * SIDE / 64];
    nn_plan *plan = plan_of(m, 2, false);
    const nn_tensor *image = nn_plan_input(plan, 0), *out = nn_plan_output(plan, output);
    nn_rng rng = nn_rng_seed(5);
    for (int64_t i = 0; i < nn_shape_count(&image->shape); i++)
        nn_tensor_f32(image)[i] = nn_rng_normal(&rng);
    nn_plan_run(plan);
    assert_true(nn_tensor_bytes(out) <= sizeof kept);
    memcpy(kept, out->data, nn_tensor_bytes(out));
    nn_plan_free(plan);
    return kept;
}

// Whether an output is the same on any pictures, bit by bit.
static bool same_output(const nn_model *a, const nn_model *b, int output)
{
    float before[SIDE * SIDE / 64 * 2];
    memcpy(before, outputs_of(a, output), sizeof before);
    return memcmp(before, outputs_of(b, output), sizeof before) == 0;
}

// Restored norms change nothing before training, and hold the statistics of their inputs.
static void test_renorm(void **state)
{
    (void)state;
    nn_model *from = foreign_detector(3);
    nn_model *plain = keep(from, (const char *const[]){"cat"}, 1, 1, NULL), *m;
    nn_error err = {0};
    int added;
    assert_int_equal(nn_model_copy(&m, plain, &err), NN_OK);
    assert_int_equal(nn_add_norms(&m, SIDE, SIDE, &added, &err), NN_OK);
    assert_int_equal(added, 5); // all but the six last layers
    assert_null(nn_model_param(m, "head.cls8.norm.weight"));
    assert_true(same_output(plain, m, 0));
    nn_dataset d;
    nn_trainer *t;
    training_boxes(&d, SIDE, 32, 3);
    const nn_trainer_options o = training_options(SIDE, 12);
    assert_int_equal(nn_trainer_new(&t, m, &d, &o, NULL, &err), NN_OK);
    assert_int_equal(nn_trainer_set_norms(t, 4, &err), NN_OK);
    assert_true(same_output(plain, m, 0) && same_output(plain, m, 3));
    assert_true(same_output(plain, nn_trainer_average(t), 0));
    // The layers hold the statistics that a training run measures on the same pictures.
    const float *mean = nn_tensor_f32(nn_model_param(m, "fine.norm.running_mean"));
    const float *var = nn_tensor_f32(nn_model_param(m, "fine.norm.running_var"));
    const float mean0 = mean[0], var0 = var[0];
    assert_true(var0 > 0 && var0 != 1);
    training_steps(t, 1);
    assert_true(mean[0] != mean0 && fabsf(mean[0] - mean0) < 0.2f * sqrtf(var0));
    assert_true(fabsf(var[0] - var0) < 0.2f * var0);
    nn_trainer_free(t);
    nn_dataset_release(&d);
    check_learning(m, 4e-3f, 0.7);
    // Norms that are there stay the only ones.
    assert_int_equal(nn_add_norms(&m, SIDE, SIDE, &added, &err), NN_OK);
    assert_int_equal(added, 0);
    nn_model_free(m);
    nn_model_free(plain);
    nn_model_free(from);
}

// Heads without a loss are refused with the reason.
static void test_refused(void **state)
{
    (void)state;
    nn_model *from = foreign_detector(3), *m;
    nn_error err;
    nn_transfer_report report;
    const float part[2 * OLD] = {1};
    const char *const labels[] = {"cat", "dog"};
    nn_transfer_options o = {
        .classes = {labels, 2, part, 2}, .input_h = SIDE, .input_w = SIDE, .seed = 3};
    assert_int_equal(nn_keep_head(&m, from, &o, &report, &err), NN_EUNSUPPORTED); // not 2 classes
    assert_null(m);
    assert_non_null(strstr(err.text, "last8"));
    nn_model_free(from);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_answers), cmocka_unit_test(test_class_of_two),
        cmocka_unit_test(test_learns),       cmocka_unit_test(test_our_head),
        cmocka_unit_test(test_distil),       cmocka_unit_test(test_refused),
        cmocka_unit_test(test_classifier),   cmocka_unit_test(test_boxes_alone),
        cmocka_unit_test(test_renorm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
