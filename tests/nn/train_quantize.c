// SPDX-License-Identifier: MIT
// Quantisation-aware training: gradients that pass straight through, the 8-bit model that is
// saved against what was trained, and a network whose calibration is too coarse.
#include "nn/base/memory.h"
#include "nn/base/rng.h"
#include "nn/graph/backward.h"
#include "nn/graph/quantized.h"
#include "nn/graph/rebuild.h"
#include "nn/ops/int8/int8.h"
#include "nn/ops/ops.h"
#include "nn/quantize/quantize.h"
#include "nn/train/exact_outputs.h"
#include "nn/train/fake_quantize.h"
#include "nn/train/loss/classify_loss.h"
#include "tests/support/alloc.h"
#include "tests/support/files.h"
#include "tests/support/made_pictures.h"
#include "tests/support/test.h"
#include "tests/support/training.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define OUTLIER 300.0f // times as bright
enum { CLASSES = 4, SIDE = 32, PICTURES = 96 };

// Pictures of CLASSES colours that differ little, under noise.
static int32_t paint_colour(uint8_t *rgb, int side, int index, nn_rng *rng)
{
    for (int k = 0; k < side * side; k++)
        for (int c = 0; c < 3; c++)
            rgb[3 * k + c] =
                (uint8_t)(90 + nn_rng_below(rng, 60) + (c == index % CLASSES ? 30 : 0));
    return index % CLASSES;
}

static void make_data(nn_dataset *d, int count, uint64_t seed)
{
    made_pictures(d, count, SIDE, seed, paint_colour);
}

static nn_model *make_model(const nn_dataset *d)
{
    static const char *const labels[] = {"red", "green", "blue", "grey"};
    nn_card card = {.task = "classify",
                    .network = "neroscale_alexpp",
                    .options = "classes=4,alpha=0.125,beta=0.25,drop=0",
                    .input_h = SIDE,
                    .input_w = SIDE,
                    .crop = 1};
    return training_model(&card, labels, CLASSES, d);
}

static nn_trainer_options make_options(int epochs, float rate)
{
    nn_trainer_options o = training_options(SIDE, epochs);
    o.schedule.rate = rate;
    o.average = 0.9f;
    return o;
}

static void fill_input(const nn_tensor *t, const nn_sample *s, const nn_card *card)
{
    for (int k = 0; k < SIDE * SIDE; k++)
        for (int c = 0; c < 3; c++)
            nn_tensor_f32(t)[c * SIDE * SIDE + k] =
                ((float)s->image.rgb[3 * k + c] / 255 - card->mean[c]) / card->std[c];
}

// The mean cross-entropy of a model on data, and how many pictures it gets right.
static double loss_of(const nn_model *m, const nn_dataset *d, int *right)
{
    const nn_shape input = nn_shape_4d(1, 3, SIDE, SIDE);
    const nn_plan_options options = {.compiled = true};
    nn_plan *plan;
    double sum = 0;
    *right = 0;
    assert_int_equal(nn_plan_new(&plan, m, &input, 1, &options, NULL), NN_OK);
    for (int i = 0; i < d->count; i++) {
        float hot[CLASSES] = {0}, grad[CLASSES];
        hot[d->samples[i].classes[0]] = 1;
        fill_input(nn_plan_input(plan, 0), &d->samples[i], &m->card);
        nn_plan_run(plan);
        const float *logits = nn_tensor_f32(nn_plan_output(plan, 0));
        sum += nn_softmax_loss(logits, hot, grad, 1, CLASSES, 0, 1);
        *right += (int)nn_count_hits(logits, hot, 1, CLASSES);
    }
    nn_plan_free(plan);
    return sum / d->count;
}

static void train(nn_model *m, nn_dataset *d, const nn_trainer_options *o, nn_model **out)
{
    nn_trainer *t;
    nn_error err = {0};
    nn_pool *pool = nn_pool_new(2);
    if (nn_trainer_new(&t, m, d, o, pool, &err) != NN_OK)
        fail_msg("%s", err.text);
    training_steps(t, (int)nn_trainer_steps_total(t));
    assert_int_equal(nn_model_copy(out, nn_trainer_average(t), &err), NN_OK);
    nn_trainer_free(t);
    nn_pool_free(pool);
}

// A trained float32 model.
static nn_model *make_exact(nn_dataset *d)
{
    const nn_trainer_options o = make_options(24, 4e-3f);
    nn_model *exact, *m = make_model(d);
    train(m, d, &o, &exact);
    nn_model_free(m);
    return exact;
}

// A quantiser that saw pictures, and for `outlier` != 1 one that is so many times as bright.
static nn_quantizer *calibrate(const nn_model *exact, const nn_dataset *d, float outlier)
{
    const nn_shape input = nn_shape_4d(1, 3, SIDE, SIDE);
    nn_quantizer *q;
    nn_model *copy;
    nn_error err = {0};
    assert_int_equal(nn_model_copy(&copy, exact, &err), NN_OK);
    if (nn_quantizer_new(&q, copy, &input, NULL, &err) != NN_OK)
        fail_msg("%s", err.text);
    for (int i = 0; i < 16; i++) {
        const nn_tensor *t = nn_quantizer_input(q, 0);
        fill_input(t, &d->samples[i], &exact->card);
        for (int64_t k = 0; k < nn_shape_count(&t->shape) && i == 0; k++)
            nn_tensor_f32(t)[k] *= outlier;
        assert_int_equal(nn_quantizer_observe(q, &err), NN_OK);
    }
    return q;
}

typedef struct both {
    nn_fake_quantizer *fake;
    nn_model *trained, *calibrated;
} both;

static both make_reduced(const nn_model *exact, const nn_dataset *d, float outlier, bool reduce)
{
    both b;
    nn_model *narrow;
    nn_error err = {0};
    nn_quantizer *q = calibrate(exact, d, outlier);
    if (nn_quantizer_make(q, NULL, &narrow, &err) != NN_OK)
        fail_msg("%s", err.text);
    assert_int_equal(nn_model_copy(&b.calibrated, narrow, &err), NN_OK);
    if (nn_fake_quantizer_new(&b.fake, &b.trained, narrow, nn_quantizer_model(q), reduce, &err) !=
        NN_OK)
        fail_msg("%s", err.text);
    nn_quantizer_free(q);
    return b;
}

static both make_both(const nn_model *exact, const nn_dataset *d, float outlier)
{
    return make_reduced(exact, d, outlier, false);
}

static void release_both(both *b)
{
    nn_fake_quantizer_free(b->fake);
    nn_model_free(b->trained);
    nn_model_free(b->calibrated);
}

// Before the first step the model is the calibrated one; a float32 network is none.
static void test_starts_as_calibrated(void **state)
{
    (void)state;
    nn_dataset d;
    nn_model *trained, *copy;
    nn_fake_quantizer *fake;
    nn_error err = {0};
    make_data(&d, 16, 1);
    nn_model *m = make_model(&d);
    both b = make_both(m, &d, 1);
    const nn_model *whole = nn_fake_quantizer_whole(b.fake, b.trained);
    assert_true(nn_graph_equal(whole->graph, b.calibrated->graph));
    assert_true(training_same(whole, b.calibrated, 1e-6));
    assert_int_equal(nn_model_copy(&copy, m, &err), NN_OK);
    assert_int_equal(nn_fake_quantizer_new(&fake, &trained, copy, m, false, &err), NN_EINVAL);
    assert_non_null(strstr(err.text, "quantised"));
    assert_null(trained);
    release_both(&b);
    nn_model_free(m);
    nn_dataset_release(&d);
}

// --- the gradient ---

enum { IN = 3, MIDDLE = 4, OUT = 2, PIXELS = 36 };

// Two layers of 1x1 with a ReLU between them.
static nn_model *make_layers(void)
{
    nn_graph *g = nn_graph_new();
    const nn_conv2d_params relu = {
        .stride = {1, 1}, .dilation = {1, 1}, .groups = 1, .act = NN_ACT_RELU};
    nn_conv2d_params plain = relu;
    nn_model *m;
    nn_rng rng = nn_rng_seed(3);
    const nn_shape w1 = nn_shape_4d(MIDDLE, IN, 1, 1), b1 = nn_shape_1d(MIDDLE);
    const nn_shape w2 = nn_shape_4d(OUT, MIDDLE, 1, 1), b2 = nn_shape_1d(OUT);
    plain.act = NN_ACT_NONE;
    const nn_value first[] = {nn_graph_input(g, "x"), nn_graph_param(g, "w1", NN_PARAM_WEIGHT, &w1),
                              nn_graph_param(g, "b1", NN_PARAM_BIAS, &b1)};
    const nn_value second[] = {nn_graph_node(g, &nn_op_conv2d, "first", &relu, first, 3),
                               nn_graph_param(g, "w2", NN_PARAM_WEIGHT, &w2),
                               nn_graph_param(g, "b2", NN_PARAM_BIAS, &b2)};
    nn_graph_output(g, "y", nn_graph_node(g, &nn_op_conv2d, "second", &plain, second, 3));
    assert_int_equal(nn_model_new(&m, g, NULL), NN_OK);
    for (int i = 0; i < nn_graph_param_count(m->graph); i++)
        for (int64_t k = 0; k < nn_shape_count(&m->params[i].shape); k++)
            nn_tensor_f32(&m->params[i])[k] = nn_rng_range(&rng, -1, 1);
    return m;
}

static void fill(const nn_tensor *t, float size)
{
    nn_rng rng = nn_rng_seed(9);
    for (int64_t i = 0; i < nn_shape_count(&t->shape); i++)
        nn_tensor_f32(t)[i] = size * nn_rng_range(&rng, -1, 1);
}

static float number(nn_model *m, const char *name, int i)
{
    return nn_tensor_f32(nn_model_param(m, name))[i];
}

// What 8 bits make of x, and whether it is not clamped.
static float fake(float x, float scale, float zero, bool *inside)
{
    const float q = rintf(x / scale) + zero;
    *inside = q >= 0 && q <= 255;
    return (fminf(fmaxf(q, 0), 255) - zero) * scale;
}

// A weight as its row of 8 bits has it.
static float fake_weight(nn_model *m, const char *name, const char *scale, int row, int length,
                         int i)
{
    const float s = number(m, scale, row);
    return rintf(number(m, name, row * length + i) / s) * s;
}

typedef struct gradients {
    double w1[MIDDLE * IN], b1[MIDDLE], w2[OUT * MIDDLE], b2[OUT];
    int clamped;
} gradients;

// The gradients of sum(grad * output), by hand: those of the network with rounded numbers, where
// what is clamped passes none.
static void differentiate(nn_model *m, const float *x, const float *grad, gradients *g)
{
    *g = (gradients){0};
    for (int p = 0; p < PIXELS; p++) {
        float in[IN], middle[MIDDLE];
        bool inside[MIDDLE], unused;
        for (int i = 0; i < IN; i++)
            in[i] = fake(x[i * PIXELS + p], number(m, "x.quantize.scale", 0),
                         number(m, "x.quantize.zero", 0), &unused);
        for (int o = 0; o < MIDDLE; o++) {
            float sum = number(m, "b1", o);
            for (int i = 0; i < IN; i++)
                sum += in[i] * fake_weight(m, "w1", "w1.dequantize.scale", o, IN, i);
            middle[o] = fake(fmaxf(sum, 0), number(m, "first.quantize.scale", 0),
                             number(m, "first.quantize.zero", 0), &inside[o]);
            g->clamped += !inside[o];
            inside[o] = inside[o] && sum > 0;
        }
        for (int o = 0; o < MIDDLE; o++) {
            double back = 0;
            for (int k = 0; k < OUT; k++) {
                back += (double)(grad[k * PIXELS + p] *
                                 fake_weight(m, "w2", "w2.dequantize.scale", k, MIDDLE, o));
                g->w2[k * MIDDLE + o] += (double)(grad[k * PIXELS + p] * middle[o]);
                g->b2[k] += o == 0 ? (double)grad[k * PIXELS + p] : 0;
            }
            for (int i = 0; i < IN && inside[o]; i++)
                g->w1[o * IN + i] += back * (double)in[i];
            g->b1[o] += inside[o] ? back : 0;
        }
    }
}

static void compare_gradients(const nn_plan *plan, const nn_model *m, const char *name,
                              const double *want)
{
    for (int i = 0; i < nn_graph_param_count(m->graph); i++) {
        const nn_tensor *have = nn_plan_param_grad(plan, i);
        if (strcmp(nn_graph_value(m->graph, nn_graph_param_at(m->graph, i)).name, name) != 0)
            continue;
        for (int64_t k = 0; k < nn_shape_count(&have->shape); k++)
            if (!(fabs((double)nn_tensor_f32(have)[k] - want[k]) < 1e-3 * (1 + fabs(want[k]))))
                fail_msg("gradient %d of %s is %g, not %g", (int)k, name,
                         (double)nn_tensor_f32(have)[k], want[k]);
        return;
    }
    fail_msg("no parameter %s", name);
}

// Kernels of 8 bits give what the trained network gave, but for one quantum of the values between.
static void check_bytes(const nn_plan *trained, nn_model *m, const nn_model *whole)
{
    const nn_plan_options options = {.compiled = true};
    const nn_tensor *x = nn_plan_input(trained, 0);
    nn_plan *plan;
    int different = 0;
    assert_int_equal(nn_plan_new(&plan, whole, &x->shape, 1, &options, NULL), NN_OK);
    memcpy(nn_plan_input(plan, 0)->data, x->data, nn_tensor_bytes(x));
    nn_plan_run(plan);
    for (int k = 0; k < OUT; k++) {
        double quantum = 0;
        for (int o = 0; o < MIDDLE; o++)
            quantum += (double)(number(m, "first.quantize.scale", 0) *
                                fabsf(fake_weight(m, "w2", "w2.dequantize.scale", k, MIDDLE, o)));
        for (int p = 0; p < PIXELS; p++) {
            const int at = k * PIXELS + p;
            const double e = fabs((double)nn_tensor_f32(nn_plan_output(plan, 0))[at] -
                                  (double)nn_tensor_f32(nn_plan_output(trained, 0))[at]);
            assert_true(e <= quantum + 1e-5);
            different += e > 1e-5;
        }
    }
    assert_true(different < OUT * PIXELS / 10);
    nn_plan_free(plan);
}

static void test_straight_through(void **state)
{
    (void)state;
    const nn_shape input = nn_shape_4d(1, IN, 6, 6);
    nn_quantizer *q;
    nn_model *narrow, *trained, *m = make_layers();
    nn_fake_quantizer *fake_quantizer;
    nn_plan *plan;
    gradients want;
    nn_error err = {0};
    if (nn_quantizer_new(&q, m, &input, NULL, &err) != NN_OK)
        fail_msg("%s", err.text);
    fill(nn_quantizer_input(q, 0), 0.7f);
    assert_int_equal(nn_quantizer_observe(q, &err), NN_OK);
    assert_int_equal(nn_quantizer_make(q, NULL, &narrow, &err), NN_OK);
    assert_int_equal(nn_fake_quantizer_new(&fake_quantizer, &trained, narrow, nn_quantizer_model(q),
                                           false, &err),
                     NN_OK);
    const nn_training_plan_options options = {0};
    if (nn_plan_new_training(&plan, trained, &input, 1, &options, &err) != NN_OK)
        fail_msg("%s", err.text);
    fill(nn_plan_input(plan, 0), 1); // more than was seen
    fill(nn_plan_output_grad(plan, 0), 1);
    nn_plan_zero_grads(plan);
    float x[IN * PIXELS], grad[OUT * PIXELS];
    memcpy(x, nn_plan_input(plan, 0)->data, sizeof x);
    memcpy(grad, nn_plan_output_grad(plan, 0)->data, sizeof grad);
    nn_plan_run(plan);
    nn_plan_backward(plan);
    differentiate(trained, x, grad, &want);
    assert_true(want.clamped > 3 && want.clamped < MIDDLE * PIXELS / 2);
    compare_gradients(plan, trained, "w1", want.w1);
    compare_gradients(plan, trained, "b1", want.b1);
    compare_gradients(plan, trained, "w2", want.w2);
    compare_gradients(plan, trained, "b2", want.b2);
    check_bytes(plan, trained, nn_fake_quantizer_whole(fake_quantizer, trained));
    nn_plan_free(plan);
    nn_model_free(trained);
    nn_fake_quantizer_free(fake_quantizer);
    nn_quantizer_free(q);
}

// --- trainings ---

// The largest and the mean difference of the logits of two models, in parts of their range; b runs
// compiled, on bytes, or not.
static void compare_outputs(const nn_model *a, const nn_model *b, bool compiled,
                            const nn_dataset *d, double *largest, double *mean)
{
    const nn_shape input = nn_shape_4d(1, 3, SIDE, SIDE);
    const nn_plan_options plain = {0}, options = {.compiled = compiled};
    nn_plan *x, *y;
    float low = INFINITY, high = -INFINITY;
    *largest = *mean = 0;
    assert_int_equal(nn_plan_new(&x, a, &input, 1, &plain, NULL), NN_OK);
    assert_int_equal(nn_plan_new(&y, b, &input, 1, &options, NULL), NN_OK);
    for (int i = 0; i < d->count; i++) {
        fill_input(nn_plan_input(x, 0), &d->samples[i], &a->card);
        fill_input(nn_plan_input(y, 0), &d->samples[i], &a->card);
        nn_plan_run(x);
        nn_plan_run(y);
        for (int c = 0; c < CLASSES; c++) {
            const float u = nn_tensor_f32(nn_plan_output(x, 0))[c];
            const double e = (double)fabsf(u - nn_tensor_f32(nn_plan_output(y, 0))[c]);
            low = fminf(low, u);
            high = fmaxf(high, u);
            *largest = fmax(*largest, e);
            *mean += e / CLASSES / d->count;
        }
    }
    *largest /= (double)(high - low);
    *mean /= (double)(high - low);
    nn_plan_free(x);
    nn_plan_free(y);
}

static void check_small(const nn_model *whole, bool small)
{
    int others = 0;
    for (int i = 0; i < nn_graph_param_count(whole->graph); i++)
        if (nn_quantized_param_dtype(whole, i) == NN_I8 &&
            nn_int8_orders(&whole->params[i].shape) > 0)
            others += !nn_int8_weights_are_small(&whole->params[i]);
    assert_true(small ? others == 0 : others > 0);
}

// What is saved and runs on bytes is what was trained.
static void check_same_numbers(bool reduce)
{
    nn_dataset d;
    nn_model *fine;
    double largest[2], mean[2];
    make_data(&d, PICTURES, 1);
    nn_model *exact = make_exact(&d);
    both b = make_reduced(exact, &d, 1, reduce);
    nn_trainer_options o = make_options(2, 1e-3f);
    o.fake = b.fake;
    train(b.trained, &d, &o, &fine);
    check_small(fine, reduce);
    const nn_model *whole = nn_fake_quantizer_whole(b.fake, b.trained);
    check_small(whole, reduce);
    for (int i = 0; i < 2; i++) {
        compare_outputs(b.trained, whole, i == 1, &d, &largest[i], &mean[i]);
        print_message("%s: outputs differ by %.5f of their range at most, %.6f in the mean\n",
                      i ? "bytes" : "float32", largest[i], mean[i]);
    }
    assert_true(mean[0] < 3e-3 && largest[0] < 0.03);
    assert_true(mean[1] < 5e-3 && largest[1] < 0.04);
    release_both(&b);
    nn_model_free(fine);
    nn_model_free(exact);
    nn_dataset_release(&d);
}

static void test_same_numbers(void **state)
{
    (void)state;
    check_same_numbers(false);
    check_same_numbers(true);
}

// The distance to the outputs of the float32 model, and its gradient against central differences.
static void test_distance(void **state)
{
    (void)state;
    const nn_shape input = nn_shape_4d(2, 3, SIDE, SIDE);
    nn_dataset d;
    nn_plan *plan;
    nn_exact_outputs *e;
    nn_error err = {0};
    make_data(&d, 16, 1);
    nn_model *m = make_exact(&d);
    both b = make_both(m, &d, 1);
    const nn_training_plan_options options = {0};
    assert_int_equal(nn_plan_new_training(&plan, b.trained, &input, 1, &options, &err), NN_OK);
    if (nn_exact_outputs_new(&e, nn_fake_quantizer_exact(b.fake), plan, NULL, &err) != NN_OK)
        fail_msg("%s", err.text);
    const nn_tensor *x = nn_plan_input(plan, 0), *grad = nn_plan_output_grad(plan, 0);
    fill(x, 0.25f); // as bright as what calibrated
    nn_plan_run(plan);
    float *y = nn_tensor_f32(nn_plan_output(plan, 0));
    assert_true(nn_exact_outputs_learn(e, nn_tensor_f32(x), 0) < 0.1); // quanta alone
    for (int i = 0; i < 2 * CLASSES; i++) {
        const float at = y[i] += 0.5f, step = 1e-2f;
        nn_tensor_f32(grad)[i] = 0;
        y[i] = at + step;
        const double high = nn_exact_outputs_learn(e, nn_tensor_f32(x), 0);
        y[i] = at - step;
        const double low = nn_exact_outputs_learn(e, nn_tensor_f32(x), 0);
        y[i] = at;
        assert_true(nn_exact_outputs_learn(e, nn_tensor_f32(x), 3) > 0);
        const double slope = 3 * (high - low) / (2 * (double)step);
        assert_true(fabs(slope - (double)nn_tensor_f32(grad)[i]) < 1e-3 * (1 + fabs(slope)));
    }
    nn_exact_outputs_free(e);
    nn_plan_free(plan);
    release_both(&b);
    nn_model_free(m);
    nn_dataset_release(&d);
}

// --- memory ---

typedef struct making {
    const nn_model *whole, *exact;
} making;

static nn_status make_fake(void *ctx, nn_error *err)
{
    const making *how = ctx;
    nn_model *whole, *trained;
    nn_fake_quantizer *fake_quantizer;
    nn_status status = nn_model_copy(&whole, how->whole, err);
    if (status != NN_OK)
        return status;
    status = nn_fake_quantizer_new(&fake_quantizer, &trained, whole, how->exact, true, err);
    assert_true(status == NN_OK || (!fake_quantizer && !trained));
    nn_fake_quantizer_free(fake_quantizer);
    nn_model_free(trained);
    return status;
}

static void test_memory(void **state)
{
    (void)state;
    const nn_shape input = nn_shape_4d(1, IN, 6, 6);
    nn_quantizer *q;
    nn_model *narrow;
    assert_int_equal(nn_quantizer_new(&q, make_layers(), &input, NULL, NULL), NN_OK);
    fill(nn_quantizer_input(q, 0), 1);
    assert_int_equal(nn_quantizer_observe(q, NULL), NN_OK);
    assert_int_equal(nn_quantizer_make(q, NULL, &narrow, NULL), NN_OK);
    making how = {narrow, nn_quantizer_model(q)};
    assert_true(alloc_fail_each(make_fake, &how) > 10);
    nn_model_free(narrow);
    nn_quantizer_free(q);
}

// Steps after a resume are those of a training that went on.
static void test_resume(void **state)
{
    (void)state;
    enum { BEFORE = 5, AFTER = 4 };
    nn_dataset d;
    nn_trainer *t;
    nn_error err = {0};
    nn_model *went_on;
    nn_checkpoint_info info = {0};
    make_data(&d, PICTURES, 1);
    nn_model *m = make_model(&d);
    for (int run = 0; run < 2; run++) {
        // The second one is calibrated otherwise: the checkpoint has the scales, too.
        both b = make_both(m, &d, run ? 2 : 1);
        nn_trainer_options o = make_options(1, 1e-3f);
        o.fake = b.fake;
        if (nn_trainer_new(&t, b.trained, &d, &o, NULL, &err) != NN_OK)
            fail_msg("%s", err.text);
        if (run == 0)
            training_steps(t, BEFORE);
        const nn_status status = run ? nn_trainer_resume(t, test_temp("").text, &info, &err)
                                     : nn_trainer_save(t, test_temp("").text, &info, &err);
        if (status != NN_OK)
            fail_msg("%s", err.text);
        training_steps(t, AFTER);
        if (run == 0)
            assert_int_equal(nn_model_copy(&went_on, nn_trainer_average(t), &err), NN_OK);
        else
            assert_true(training_same(went_on, nn_trainer_average(t), 0));
        nn_trainer_free(t);
        release_both(&b);
    }
    nn_model_free(went_on);
    nn_model_free(m);
    nn_dataset_release(&d);
}

// Ranges followed the batches: scales are smaller. Those that were the same still are.
static void check_scales(nn_model *before, nn_model *after)
{
    static const char suffix[] = ".quantize.scale";
    const int count = nn_graph_param_count(before->graph);
    int smaller = 0, all = 0, shared = 0;
    const float *was[512], *is[512];
    for (int i = 0; i < count && all < 512; i++) {
        const char *name = nn_graph_value(before->graph, nn_graph_param_at(before->graph, i)).name;
        if (strlen(name) < sizeof suffix ||
            strcmp(name + strlen(name) - sizeof suffix + 1, suffix) != 0)
            continue;
        was[all] = nn_tensor_f32(&before->params[i]);
        is[all] = nn_tensor_f32(nn_model_param(after, name));
        smaller += *is[all] < 0.5f * *was[all];
        for (int k = 0; k < all; k++) {
            assert_true(*was[k] != *was[all] || *is[k] == *is[all]);
            shared += *was[k] == *was[all];
        }
        all++;
    }
    assert_true(shared > 0 && smaller > all / 2);
}

// A calibration with a picture that is far brighter leaves a few levels for all others. Training
// gets back most of what that costs.
static void test_recovers(void **state)
{
    (void)state;
    nn_dataset d, val;
    nn_model *fine;
    int right[3];
    double loss[3];
    make_data(&d, PICTURES, 1);
    make_data(&val, 64, 2);
    nn_model *exact = make_exact(&d);
    loss[0] = loss_of(exact, &val, &right[0]);
    both b = make_both(exact, &val, OUTLIER);
    loss[1] = loss_of(b.calibrated, &val, &right[1]);
    nn_trainer_options o = make_options(6, 1e-3f);
    o.fake = b.fake;
    train(b.trained, &d, &o, &fine);
    assert_true(nn_graph_is_quantized(fine->graph));
    loss[2] = loss_of(fine, &val, &right[2]);
    print_message("float32 %.3f (%d of %d), calibrated %.3f (%d), trained %.3f (%d)\n", loss[0],
                  right[0], val.count, loss[1], right[1], loss[2], right[2]);
    assert_true(right[0] > 60 && right[1] < 50 && right[2] >= right[0] - 3);
    check_scales(b.calibrated, fine);
    assert_true(loss[2] - loss[0] < 0.3 * (loss[1] - loss[0]));
    release_both(&b);
    nn_model_free(fine);
    nn_model_free(exact);
    nn_dataset_release(&d);
    nn_dataset_release(&val);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_starts_as_calibrated),
        cmocka_unit_test(test_straight_through),
        cmocka_unit_test(test_same_numbers),
        cmocka_unit_test(test_distance),
        cmocka_unit_test(test_memory),
        cmocka_unit_test(test_resume),
        cmocka_unit_test(test_recovers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
