// SPDX-License-Identifier: MIT
// Gradients of whole networks against central differences: each parameter moves along its gradient.
#include "nn/base/rng.h"
#include "nn/graph/backward.h"
#include "nn/graph/plan.h"
#include "nn/zoo/zoo.h"
#include "tests/support/test.h"

#include <math.h>
#include <stdio.h>

enum { BATCH = 3 };
#define NOISE 2e-3 // of a loss between 1 and 10, and more

static const struct {
    const char *network, *options, *head;
    int side, every;  // of the parameters, every so many is moved
    double tolerance; // of a slope; kinks of ReLU and max pooling may lie within the steps
} CASES[] = {
    {"neroscale_alexpp", "classes=5,alpha=0.125,beta=0.25,attention=cbam,transformer=1", "", 64, 1,
     0.02},
    {"neroscale_alexpp", "classes=2,alpha=0.125,beta=0.25,neck=16", "fcos", 64, 1, 0.02},
    {"resnet18", "classes=5,alpha=0.125,stem=small", "", 32, 1, 0.06},
    {"googlenet", "classes=5,aux=1", "", 64, 5, 0.06},
};

static void fill(const nn_tensor *t, uint64_t seed)
{
    nn_rng rng = nn_rng_seed(seed);
    for (int64_t i = 0; i < nn_shape_count(&t->shape); i++)
        nn_tensor_f32(t)[i] = nn_rng_range(&rng, -1, 1);
}

// The loss is linear in the outputs, with random factors.
static double find_loss(nn_plan *plan, int outputs)
{
    double loss = 0;
    nn_plan_set_step(plan, 7);
    nn_plan_run(plan);
    for (int i = 0; i < outputs; i++) {
        const float *y = nn_tensor_f32(nn_plan_output(plan, i));
        nn_rng rng = nn_rng_seed(6 + (uint64_t)i);
        for (int64_t k = 0; k < nn_shape_count(&nn_plan_output(plan, i)->shape); k++)
            loss += (double)nn_rng_range(&rng, -1, 1) * (double)y[k];
    }
    return loss;
}

static double norm_of(const float *x, int64_t n)
{
    double sum = 0;
    for (int64_t i = 0; i < n; i++)
        sum += (double)x[i] * (double)x[i];
    return sqrt(sum);
}

// The loss with a parameter moved by `step` along its gradient.
static double moved_loss(nn_plan *plan, int outputs, nn_tensor *p, const float *kept,
                         const float *grad, double norm, double step)
{
    for (int64_t i = 0; i < nn_shape_count(&p->shape); i++)
        nn_tensor_f32(p)[i] = (float)((double)kept[i] + step * (double)grad[i] / norm);
    return find_loss(plan, outputs);
}

// Whether a slope is large enough to be seen above the rounding of the loss. Then it must agree
// with the differences, for decreasing steps as far as rounding allows.
static bool check_param(nn_plan *plan, nn_model *m, int i, double tolerance)
{
    const int outputs = nn_graph_output_count(m->graph);
    nn_tensor *p = &m->params[i];
    const int64_t n = nn_shape_count(&p->shape);
    const float *grad = nn_tensor_f32(nn_plan_param_grad(plan, i));
    const double norm = norm_of(grad, n);
    double step = 1e-3 * (norm_of(nn_tensor_f32(p), n) + 1e-2 * sqrt((double)n));
    if (norm * step < NOISE)
        return false;
    float *kept = malloc((size_t)n * sizeof *kept);
    memcpy(kept, p->data, (size_t)n * sizeof *kept);
    double slope = INFINITY;
    for (; norm * step >= NOISE && fabs(slope - norm) > tolerance * norm; step *= 0.25)
        slope = (moved_loss(plan, outputs, p, kept, grad, norm, step) -
                 moved_loss(plan, outputs, p, kept, grad, norm, -step)) /
                (2 * step);
    memcpy(p->data, kept, (size_t)n * sizeof *kept);
    free(kept);
    if (!(fabs(slope - norm) <= tolerance * norm))
        fail_msg("%s: gradient %.6g, differences %.6g",
                 nn_graph_value(m->graph, nn_graph_param_at(m->graph, i)).name, norm, slope);
    return true;
}

static void check_net(int number)
{
    nn_card card = {.input_h = CASES[number].side, .input_w = CASES[number].side};
    snprintf(card.network, sizeof card.network, "%s", CASES[number].network);
    snprintf(card.options, sizeof card.options, "%s", CASES[number].options);
    snprintf(card.head, sizeof card.head, "%s", CASES[number].head);
    snprintf(card.task, sizeof card.task, "%s", *card.head ? "detect" : "classify");
    nn_model *m;
    nn_plan *plan;
    nn_error err = {0};
    if (nn_zoo_build(&m, &card, &err) != NN_OK)
        fail_msg("%s", err.text);
    nn_model_init_random(m, 3);
    const nn_shape input = nn_shape_4d(BATCH, 3, CASES[number].side, CASES[number].side);
    const nn_training_plan_options options = {.exact = true};
    if (nn_plan_new_training(&plan, m, &input, 1, &options, &err) != NN_OK)
        fail_msg("%s", err.text);
    fill(nn_plan_input(plan, 0), 5);
    find_loss(plan, nn_graph_output_count(m->graph));
    for (int i = 0; i < nn_graph_output_count(m->graph); i++)
        fill(nn_plan_output_grad(plan, i), 6 + (uint64_t)i);
    nn_plan_zero_grads(plan);
    nn_plan_backward(plan);
    const int count = nn_graph_param_count(m->graph);
    int checked = 0, there = 0;
    for (int i = 0; i < count; i += CASES[number].every) {
        if (!nn_plan_param_grad(plan, i)->data)
            continue; // a running statistic
        there++;
        checked += check_param(plan, m, i, CASES[number].tolerance);
    }
    print_message("%s %s: %d of %d parameters\n", CASES[number].network, CASES[number].head,
                  checked, there);
    assert_true(checked > there / 2);
    nn_plan_free(plan);
    nn_model_free(m);
}

static void test_networks(void **state)
{
    (void)state;
    for (int i = 0; i < (int)(sizeof CASES / sizeof *CASES); i++)
        check_net(i);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_networks)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
