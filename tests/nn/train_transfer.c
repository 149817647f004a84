// SPDX-License-Identifier: MIT
// Trainings that go on from a foreign detector: the same answers before a step, learning after.
#include "tests/support/test.h"
#include "tests/support/training.h"

#include "nn/base/memory.h"
#include "nn/base/rng.h"
#include "nn/graph/plan.h"
#include "nn/train/transfer.h"
#include "nn/zoo/layers.h"

#include <math.h>

enum { SIDE = 96, OLD = 3, BINS = 4, ROWS = OLD + 4 * BINS, WIDTH = 16 };

// A convolution of stride 2 with what inference made of it: the activation in the node.
static nn_value down(nn_graph *g, const char *name, nn_value x, int in, int out, nn_act act)
{
    const nn_conv2d_params p = {
        .stride = {2, 2}, .dilation = {1, 1}, .pad = {1, 1, 1, 1}, .groups = 1, .act = act};
    const nn_shape weight = nn_shape_4d(out, in, 3, 3), bias = nn_shape_1d(out);
    const nn_value inputs[] = {x, nn_layer_param(g, name, "weight", NN_PARAM_WEIGHT, weight),
                               nn_layer_param(g, name, "bias", NN_PARAM_BIAS, bias)};
    return nn_graph_node(g, &nn_op_conv2d, name, &p, inputs, 3);
}

static nn_value shaped(nn_graph *g, const char *name, nn_value x, int rank, const int32_t *dim)
{
    nn_reshape_params p = {.rank = rank};
    memcpy(p.dim, dim, (size_t)rank * sizeof *dim);
    return nn_graph_node(g, &nn_op_reshape, name, &p, &x, 1);
}

// Channels in another order, with shapes that hold for one picture.
static nn_value shuffle(nn_graph *g, nn_value x, int side)
{
    const nn_transpose_params turn = {.rank = 3, .perm = {1, 0, 2}};
    const nn_slice_params even = {0, 0, 1, 1}, odd = {0, 1, 2, 1};
    x = shaped(g, "apart", x, 3, (const int32_t[]){WIDTH / 2, 2, side * side});
    x = nn_graph_node(g, &nn_op_transpose, "turned", &turn, &x, 1);
    x = shaped(g, "halves", x, 5, (const int32_t[]){2, 1, WIDTH / 2, side, side});
    nn_value half[2] = {nn_graph_node(g, &nn_op_slice, "even", &even, &x, 1),
                        nn_graph_node(g, &nn_op_slice, "odd", &odd, &x, 1)};
    x = nn_layer_concat(g, "both", half, 2, 2);
    return shaped(g, "together", x, 4, (const int32_t[]){1, WIDTH, side, side});
}

// What a level gives: scores and logits of distances, a row a cell, by slices and a sigmoid.
static nn_value level(nn_graph *g, const char *name, nn_value x, int cells)
{
    const nn_slice_params cls = {1, 0, OLD, 1}, rest = {1, OLD, INT32_MAX, 1};
    const nn_conv_spec spec = {.in = WIDTH, .out = ROWS, .kernel = 1, .stride = 1, .bias = 1};
    x = nn_layer_conv(g, name, x, &spec);
    nn_value part[2] = {nn_graph_node(g, &nn_op_slice, NAME("%s.scores", name), &cls, &x, 1),
                        nn_graph_node(g, &nn_op_slice, NAME("%s.rest", name), &rest, &x, 1)};
    part[0] = nn_graph_node(g, &nn_op_sigmoid, NAME("%s.sigmoid", name), NULL, &part[0], 1);
    x = nn_layer_concat(g, NAME("%s.all", name), part, 2, 1);
    return shaped(g, NAME("%s.rows", name), x, 3, (const int32_t[]){1, ROWS, cells});
}

// A detector as files have them: 1/8 and 1/16, for one picture of SIDE x SIDE, blue first.
static nn_model *foreign(bool coarse)
{
    const nn_transpose_params turn = {.rank = 3, .perm = {0, 2, 1}};
    const nn_pointwise_params leaky = {NN_POINTWISE_LEAKY_RELU, 0.1f, 0};
    const nn_shape one = nn_shape_1d(1);
    nn_graph *g = nn_graph_new();
    nn_value x = down(g, "one", nn_graph_input(g, "data"), 3, 8, NN_ACT_SILU);
    x = down(g, "two", x, 8, 8, NN_ACT_RELU);
    const nn_value shifted[] = {x, nn_graph_param(g, "three", NN_PARAM_BIAS, &one)};
    x = nn_graph_node(g, &nn_op_add, "shift", NULL, shifted, 2);
    nn_value fine = down(g, "fine", x, 8, WIDTH, NN_ACT_NONE);
    fine = nn_graph_node(g, &nn_op_pointwise, "leaky", &leaky, &fine, 1);
    fine = shuffle(g, fine, SIDE / 8);
    nn_value part[2] = {level(g, "last8", fine, SIDE / 8 * SIDE / 8)};
    if (coarse)
        part[1] = level(g, "last16", down(g, "coarse", fine, WIDTH, WIDTH, NN_ACT_RELU),
                        SIDE / 16 * SIDE / 16);
    x = nn_layer_concat(g, "points", part, coarse ? 2 : 1, 2);
    nn_graph_output(g, "output", nn_graph_node(g, &nn_op_transpose, "output", &turn, &x, 1));
    nn_model *m;
    nn_error err = {0};
    if (nn_model_new(&m, g, &err) != NN_OK)
        fail_msg("%s", err.text);
    nn_model_init_random(m, 7);
    nn_tensor_f32(nn_model_param(m, "three"))[0] = 0.25f;
    for (int i = 0; i < ROWS; i++)
        nn_tensor_f32(nn_model_param(m, "last8.bias"))[i] = 0.1f * (float)(i % 5) - 0.3f;
    m->fixed_inputs = nn_calloc(1, sizeof *m->fixed_inputs);
    m->fixed_inputs[0] = nn_shape_4d(1, 3, SIDE, SIDE);
    m->card = (nn_card){.task = "detect",
                        .head = "nanodet",
                        .input_h = SIDE,
                        .input_w = SIDE,
                        .mean = {0.4f, 0.5f, 0.6f},
                        .std = {0.2f, 0.3f, 0.25f},
                        .bgr = true,
                        .threshold = 0.3f,
                        .iou_threshold = 0.6f};
    assert_int_equal(
        nn_card_set_labels(&m->card, (const char *const[]){"Cat", "motorbike", "dog"}, OLD, NULL),
        NN_OK);
    return m;
}

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
    const nn_plan_options o = {.training = training};
    if (nn_plan_new(&plan, m, &image, 1, &o, &err) != NN_OK)
        fail_msg("%s", err.text);
    return plan;
}

// A picture, blue first in the second half of `both`; the batch has it behind another one.
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
    nn_model *from = foreign(true);
    nn_model *m = keep(from, (const char *const[]){"dog", "mouse", "Motorcycle"}, CLASSES, 2, NULL);
    assert_int_equal(nn_graph_output_count(m->graph), 4);
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
    nn_model *from = foreign(false);
    nn_model *m = keep(from, (const char *const[]){"pet"}, 1, 1, "cat=pet,dog=pet,bird=pet");
    const float *a = nn_tensor_f32(nn_model_param(from, "last8.bias"));
    assert_true(fabsf(nn_tensor_f32(nn_model_param(m, "head.cls8.bias"))[0] - (a[0] + a[2]) / 2) <
                1e-6f);
    // What was made of a foreign model can be the start once more, now with layers apart.
    nn_model *again = keep(m, (const char *const[]){"pet", "other"}, 2, 1, NULL);
    assert_string_equal(again->card.head, "gfl");
    nn_model_free(again);
    nn_model_free(m);
    nn_model_free(from);
}

static void test_learns(void **state)
{
    (void)state;
    nn_dataset d;
    nn_trainer *t;
    nn_error err = {0};
    nn_model *from = foreign(true);
    training_boxes(&d, SIDE, 32, 3);
    nn_model *m = keep(from, (const char *const[]){"cat", "standing"}, 2, 1, NULL);
    nn_trainer_options o = training_options(SIDE, 12);
    o.schedule.rate = 2e-3f;
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
    assert_true(last < 0.7 * first);
    assert_true(nn_tensor_f32(nn_model_param(m, "three"))[0] == 0.25f);
    nn_trainer_free(t);
    nn_dataset_release(&d);
    nn_model_free(m);
    nn_model_free(from);
}

// Heads that no loss is for are refused with what is wrong.
static void test_refused(void **state)
{
    (void)state;
    nn_model *from = foreign(true), *m;
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
        cmocka_unit_test(test_same_answers),
        cmocka_unit_test(test_class_of_two),
        cmocka_unit_test(test_learns),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
