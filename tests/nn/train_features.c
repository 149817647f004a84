// SPDX-License-Identifier: MIT
// Learning feature maps of a teacher: the loss and whole plans against central differences, which
// maps go together, and a training that is better for it.
#include "tests/support/foreign.h"
#include "tests/support/made_pictures.h"
#include "tests/support/test.h"
#include "tests/support/training.h"

#include "nn/base/memory.h"
#include "nn/base/rng.h"
#include "nn/graph/backward.h"
#include "nn/graph/plan.h"
#include "nn/graph/rebuild.h"
#include "nn/train/feature_teacher.h"
#include "nn/train/loss/feature_loss.h"
#include "nn/train/transfer.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { BATCH = 2, CHANNELS = 3, PLANE = 6, COUNT = BATCH * CHANNELS * PLANE };

static void fill(float *x, int n, float factor, float shift, uint64_t seed)
{
    nn_rng rng = nn_rng_seed(seed);
    for (int i = 0; i < n; i++)
        x[i] = factor * nn_rng_normal(&rng) + shift;
}

static void test_loss_gradient(void **state)
{
    (void)state;
    float own[COUNT], its[COUNT], grad[COUNT], unused[COUNT];
    fill(own, COUNT, 2, 1, 3);
    fill(its, COUNT, 5, -3, 4);
    for (int n = 0; n < BATCH; n++) // one channel says nothing
        for (int i = 0; i < PLANE; i++)
            its[(n * CHANNELS + 1) * PLANE + i] = 7;
    const double loss = nn_feature_loss(own, its, grad, BATCH, CHANNELS, PLANE, 0.7);
    for (int i = 0; i < COUNT; i++) {
        const float at = own[i], step = 1e-2f;
        own[i] = at + step;
        const double high = nn_feature_loss(own, its, unused, BATCH, CHANNELS, PLANE, 1);
        const double up = (double)own[i];
        own[i] = at - step;
        const double low = nn_feature_loss(own, its, unused, BATCH, CHANNELS, PLANE, 1);
        const double slope = 0.7 * (high - low) / (up - (double)own[i]);
        own[i] = at;
        assert_true(fabs(slope - (double)grad[i]) < 1e-6 + 1e-3 * fabs(slope));
        assert_true(i / PLANE % CHANNELS != 1 || grad[i] == 0);
    }
    // Neither scale nor shift of the teacher counts; what follows it without noise has no loss.
    for (int i = 0; i < COUNT; i++)
        unused[i] = 100 * its[i] + 9;
    const double scaled = nn_feature_loss(own, unused, grad, BATCH, CHANNELS, PLANE, 1);
    assert_true(fabs(scaled - loss) < 1e-5);
    assert_true(fabs(nn_feature_loss(unused, its, grad, BATCH, CHANNELS, PLANE, 1)) < 1e-5);
    for (int i = 0; i < COUNT; i++)
        unused[i] = -its[i];
    assert_true(fabs(nn_feature_loss(unused, its, grad, BATCH, CHANNELS, PLANE, 1)) < 1e-5);
    for (int i = 0; i < COUNT; i++) // a student that says nothing, and a teacher that says nothing
        unused[i] = 1;
    assert_true(isfinite(nn_feature_loss(unused, its, grad, BATCH, CHANNELS, PLANE, 1)));
    assert_true(nn_feature_loss(own, unused, grad, BATCH, CHANNELS, PLANE, 1) == 0);
}

static void test_resize(void **state)
{
    (void)state;
    const float from[] = {1, 2, 3, 4, 5, 6, 7, 8};
    float to[32];
    nn_feature_resize(from, 2, 4, to, 2, 4, 1);
    assert_memory_equal(from, to, sizeof from);
    nn_feature_resize(from, 2, 4, to, 1, 2, 1);
    assert_true(to[0] == 3.5f && to[1] == 5.5f);
    nn_feature_resize(from, 2, 2, to, 4, 4, 2);
    assert_true(to[0] == 1 && to[5] == 1 && to[2] == 2 && to[15] == 4 && to[16] == 5);
    nn_feature_resize(from, 1, 3, to, 1, 2, 1);
    assert_true(fabsf(to[0] - 4.0f / 3) < 1e-6f && fabsf(to[1] - 8.0f / 3) < 1e-6f);
}

static nn_feature_teacher *add_teacher(nn_model **student, const nn_model *from, const char *pairs,
                                       int side)
{
    const nn_feature_options o = {.pairs = pairs, .h = side, .w = side, .seed = 3};
    nn_feature_teacher *t;
    nn_error err = {0};
    if (nn_feature_teacher_new(&t, student, from, &o, &err) != NN_OK)
        fail_msg("%s", err.text);
    return t;
}

static nn_model *foreign_student(void)
{
    const float part[2 * FOREIGN_CLASSES] = {0, 0, 1, 1};
    nn_model *from = foreign_detector(2), *m;
    nn_transfer_options o = {.classes = {(const char *const[]){"dog", "cat"}, 2, part, 3},
                             .input_h = FOREIGN_SIDE,
                             .input_w = FOREIGN_SIDE,
                             .seed = 1};
    nn_transfer_report report;
    nn_error err = {0};
    if (nn_keep_head(&m, from, &o, &report, &err) != NN_OK)
        fail_msg("%s", err.text);
    nn_model_free(from);
    return m;
}

// Runs on planes and computes the gradients of the parameters.
static double learn(const nn_plan *plan, nn_feature_run *r, const float *planes)
{
    const nn_tensor *input = nn_plan_input(plan, 0);
    memcpy(input->data, planes, nn_tensor_bytes(input));
    nn_plan_run((nn_plan *)plan);
    return nn_feature_run_learn(r, planes, 1);
}

static void zero_others(const nn_plan *plan, const nn_graph *g)
{
    for (int i = 0; i < nn_own_output_count(g); i++) {
        const nn_tensor *grad = nn_plan_output_grad(plan, i);
        memset(grad->data, 0, nn_tensor_bytes(grad));
    }
}

// The gradients that reach weights of the network and of the 1x1 convolutions, with maps of other
// sizes.
static void test_plan_gradient(void **state)
{
    (void)state;
    enum { SIDE = FOREIGN_SIDE, PICTURES = 2 };
    static float planes[PICTURES * 3 * SIDE * SIDE];
    nn_model *m = foreign_student(), *from = foreign_detector(3);
    nn_feature_teacher *t = add_teacher(&m, from, "two=leaky,leaky=leaky", SIDE);
    const nn_shape input = nn_shape_4d(PICTURES, 3, SIDE, SIDE);
    nn_plan *plan;
    nn_feature_run *r;
    fill(planes, PICTURES * 3 * SIDE * SIDE, 1, 0, 8);
    assert_int_equal(nn_plan_new_training(&plan, m, &input, 1, NULL, NULL), NN_OK);
    assert_int_equal(nn_feature_run_new(&r, t, m, plan, NULL, NULL), NN_OK);
    static const char *const names[] = {"distill0.weight", "distill1.weight", "one.weight",
                                        "two.bias"};
    learn(plan, r, planes);
    zero_others(plan, m->graph);
    nn_plan_zero_grads(plan);
    nn_plan_backward(plan);
    for (int k = 0; k < 4; k++) {
        const int at = nn_graph_find_param(m->graph, names[k]);
        assert_true(at >= 0);
        const float grad = nn_tensor_f32(nn_plan_param_grad(plan, at))[1];
        float *x = nn_tensor_f32(&m->params[at]) + 1, keep = *x, step = 4e-3f;
        *x = keep + step;
        const double high = learn(plan, r, planes), up = (double)*x;
        *x = keep - step;
        const double slope = (high - learn(plan, r, planes)) / (up - (double)*x);
        *x = keep;
        print_message("%s: %.6f, by differences %.6f\n", names[k], (double)grad, slope);
        assert_true(fabs(slope) > 1e-5);
        assert_true(fabs(slope - (double)grad) < 2e-5 + 0.02 * fabs(slope));
    }
    nn_feature_run_free(r);
    nn_plan_free(plan);
    nn_feature_teacher_free(t);
    nn_model_free(from);
    nn_model_free(m);
}

static void test_pairs(void **state)
{
    (void)state;
    nn_model *m = foreign_student(), *from = foreign_detector(3);
    nn_model *plain;
    nn_error err = {0};
    assert_int_equal(nn_model_copy(&plain, m, &err), NN_OK);
    nn_feature_teacher *t = add_teacher(&m, from, NULL, FOREIGN_SIDE);
    print_message("%s\n", nn_feature_teacher_text(t));
    assert_non_null(strstr(nn_feature_teacher_text(t), "channels) from "));
    const int own = nn_own_output_count(m->graph), added = nn_graph_output_count(m->graph) - own;
    assert_int_equal(own, nn_graph_output_count(plain->graph));
    assert_int_equal(added, 2); // the strides that both have levels at
    // All other parameters are there, with names and order, and can be restored.
    for (int i = 0; i < nn_graph_param_count(plain->graph); i++)
        assert_string_equal(nn_graph_value(m->graph, nn_graph_param_at(m->graph, i)).name,
                            nn_graph_value(plain->graph, nn_graph_param_at(plain->graph, i)).name);
    for (int i = 0; i < nn_graph_param_count(m->graph); i++)
        fill(nn_tensor_f32(&m->params[i]), (int)nn_shape_count(&m->params[i].shape), 0.3f, 0.1f,
             (uint64_t)i);
    assert_int_equal(nn_model_blend(plain, m, 1, &err), NN_OK);
    for (int i = 0; i < nn_graph_param_count(plain->graph); i++)
        assert_memory_equal(plain->params[i].data, m->params[i].data,
                            nn_tensor_bytes(&plain->params[i]));
    nn_feature_teacher_free(t);
    static const struct {
        const char *pairs;
        nn_status status;
        const char *says;
    } bad[] = {{"two", NN_EINVAL, "'two' is not OURS=ITS"},
               {"", NN_EINVAL, "no pair"},
               {"nothing=two", NN_ENOTFOUND, "the network has no map of a layer 'nothing'"},
               {"two=leaky,two=some", NN_ENOTFOUND, "the teacher has no map of a layer 'some'"},
               {"two=two,two=two,two=two,two=two,two=two", NN_EINVAL, "more than 4"}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const nn_feature_options o = {.pairs = bad[i].pairs, .h = 96, .w = 96};
        assert_int_equal(nn_feature_teacher_new(&t, &plain, from, &o, &err), bad[i].status);
        if (!strstr(err.text, bad[i].says))
            fail_msg("%s", err.text);
        assert_null(t);
    }
    nn_model_free(plain);
    nn_model_free(from);
    nn_model_free(m);
}

enum { SIDE = 32, KINDS = 4, MANY = 240, LABELLED = 16, OTHERS = 160 };

// Whether a place, from the middle of a shape of radius 1, is on a disc, a frame, a cross, bars.
static bool is_on(int kind, double x, double y)
{
    const double far = fmax(fabs(x), fabs(y));
    switch (kind) {
    case 0:
        return x * x + y * y < 1;
    case 1:
        return far < 1 && far > 0.6;
    case 2:
        return far < 1 && fmin(fabs(x), fabs(y)) < 0.25;
    default:
        return far < 1 && fmod(y + 1, 0.8) < 0.4;
    }
}

// Shapes of any colour, size and place in noise.
static int32_t paint_shape(uint8_t *rgb, int side, int index, nn_rng *rng)
{
    const double r = 9 + 4 * (double)nn_rng_uniform(rng);
    const double cx = r + (side - 2 * r) * (double)nn_rng_uniform(rng);
    const double cy = r + (side - 2 * r) * (double)nn_rng_uniform(rng);
    int colour[3];
    for (int c = 0; c < 3; c++)
        colour[c] = (int)nn_rng_below(rng, 60) + 50;
    for (int k = 0; k < side * side; k++)
        for (int c = 0; c < 3; c++)
            rgb[3 * k + c] =
                (uint8_t)(80 + nn_rng_below(rng, 60) +
                          (is_on(index % KINDS, (k % side - cx) / r, (double)(k / side - cy) / r)
                               ? colour[c]
                               : 0));
    return index % KINDS;
}

static void make_shapes(nn_dataset *d, int count, uint64_t seed)
{
    made_pictures(d, count, SIDE, seed, paint_shape);
}

static nn_model *classifier(const char *options, const nn_dataset *d)
{
    nn_card card = {.task = "classify",
                    .network = "neroscale_alexpp",
                    .input_h = SIDE,
                    .input_w = SIDE,
                    .crop = 1,
                    .std = {1, 1, 1}};
    static const char *const labels[] = {"disc", "frame", "cross", "bars"};
    snprintf(card.options, sizeof card.options, "%s", options);
    return training_model(&card, labels, KINDS, d);
}

// The part of the pictures that a network is right about.
static double right(const nn_model *m, const nn_dataset *d)
{
    const nn_shape input = nn_shape_4d(1, 3, SIDE, SIDE);
    nn_plan *plan;
    int hits = 0;
    assert_int_equal(nn_plan_new(&plan, m, &input, 1, NULL, NULL), NN_OK);
    for (int i = 0; i < d->count; i++) {
        float *to = nn_tensor_f32(nn_plan_input(plan, 0));
        for (int k = 0; k < 3 * SIDE * SIDE; k++)
            to[k % 3 * SIDE * SIDE + k / 3] = (float)d->samples[i].image.rgb[k] / 255;
        nn_plan_run(plan);
        const float *out = nn_tensor_f32(nn_plan_output(plan, 0));
        int best = 0;
        for (int c = 1; c < KINDS; c++)
            best = out[c] > out[best] ? c : best;
        hits += best == d->samples[i].classes[0];
    }
    nn_plan_free(plan);
    return (double)hits / d->count;
}

static nn_trainer *start(nn_model *m, nn_dataset *d, int epochs, const nn_feature_teacher *f)
{
    nn_trainer_options o = training_options(SIDE, epochs);
    nn_trainer *t;
    nn_error err = {0};
    o.average = 0.9f;
    o.batch = 16;
    o.features = f;
    o.feature_weight = 3;
    if (nn_trainer_new(&t, m, d, &o, NULL, &err) != NN_OK)
        fail_msg("%s", err.text);
    return t;
}

// The part of others that a small network is right about after pictures of which few have a class.
static double taught(nn_dataset *some, const nn_dataset *others, const nn_model *teacher)
{
    nn_model *m = classifier("classes=4,alpha=0.125,beta=0.25", some);
    nn_feature_teacher *f = teacher ? add_teacher(&m, teacher, NULL, SIDE) : NULL;
    nn_trainer *t = start(m, some, 24, f);
    training_steps(t, (int)nn_trainer_steps_total(t));
    const double got = right(nn_trainer_average(t), others);
    nn_trainer_free(t);
    nn_feature_teacher_free(f);
    nn_model_free(m);
    return got;
}

// The maps of a larger network also teach about objects without labels.
static void test_better(void **state)
{
    (void)state;
    enum { SETS = 2 };
    nn_dataset many, some, others;
    make_shapes(&many, MANY, 1);
    make_shapes(&others, OTHERS, 3);
    nn_model *teacher = classifier("classes=4,alpha=0.25,beta=0.25", &many);
    nn_trainer *t = start(teacher, &many, 60, NULL);
    training_steps(t, (int)nn_trainer_steps_total(t));
    const double knows = right(nn_trainer_average(t), &others);
    assert_int_equal(nn_model_blend(teacher, nn_trainer_average(t), 1, NULL), NN_OK);
    nn_trainer_free(t);
    double alone = 0, with = 0;
    for (int i = 0; i < SETS; i++) {
        make_shapes(&some, MANY, 10 + (uint64_t)i);
        for (int k = LABELLED; k < MANY; k++)
            some.samples[k].class_count = 0;
        const double got[] = {taught(&some, &others, NULL), taught(&some, &others, teacher)};
        print_message("of %d pictures right: teacher %.3f, alone %.3f, with its features %.3f\n",
                      OTHERS, knows, got[0], got[1]);
        alone += got[0] / SETS;
        with += got[1] / SETS;
        nn_dataset_release(&some);
    }
    assert_true(with > alone + 0.15);
    nn_model_free(teacher);
    nn_dataset_release(&many);
    nn_dataset_release(&others);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_loss_gradient), cmocka_unit_test(test_resize),
        cmocka_unit_test(test_plan_gradient), cmocka_unit_test(test_pairs),
        cmocka_unit_test(test_better),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
