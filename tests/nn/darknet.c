// SPDX-License-Identifier: MIT
// Darknet's layers one by one, with weights in the file's order and outputs as numbers.
#include "nn/io/darknet/darknet.h"
#include "nn/graph/plan.h"
#include "tests/support/test.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

// Major 0, minor 2, revision 0, then a count of 64 bits, then the numbers.
static size_t pack(uint8_t *bytes, const float *numbers, int count)
{
    const uint32_t header[5] = {0, 2, 0, 7, 0};
    memcpy(bytes, header, sizeof header);
    if (count)
        memcpy(bytes + sizeof header, numbers, (size_t)count * sizeof *numbers);
    return sizeof header + (size_t)count * sizeof *numbers;
}

// Reads from a block of exactly this size, so that sanitizers catch overruns.
static nn_status parse(nn_model **m, const char *cfg, const float *numbers, int count,
                       nn_error *err)
{
    uint8_t *weights = malloc(20 + (size_t)count * sizeof *numbers);
    const size_t size = pack(weights, numbers, count);
    const nn_status status = nn_darknet_parse(m, cfg, strlen(cfg), weights, size, NULL, err);
    free(weights);
    return status;
}

static nn_model *load(const char *cfg, const float *numbers, int count)
{
    nn_model *m;
    nn_error err = {0};
    if (parse(&m, cfg, numbers, count, &err) != NN_OK)
        fail_msg("%s", err.text);
    return m;
}

// Runs a network whose input is `x` and compares all outputs.
static void expect_run(const nn_model *m, const float *x, const float *want, int count)
{
    const nn_shape shape =
        m->fixed_inputs ? *m->fixed_inputs : nn_shape_4d(1, 3, m->card.input_h, m->card.input_w);
    nn_plan *plan;
    nn_error err = {0};
    if (nn_plan_new(&plan, m, &shape, 1, NULL, &err) != NN_OK)
        fail_msg("%s", err.text);
    memcpy(nn_plan_input(plan, 0)->data, x, nn_tensor_bytes(nn_plan_input(plan, 0)));
    nn_plan_run(plan);
    const nn_tensor *y = nn_plan_output(plan, 0);
    assert_int_equal(nn_shape_count(&y->shape), count);
    for (int i = 0; i < count; i++)
        if (!(fabsf(nn_tensor_f32(y)[i] - want[i]) <= 1e-5f * fmaxf(1, fabsf(want[i]))))
            fail_msg("number %d is %g and not %g", i, nn_tensor_f32(y)[i], want[i]);
    nn_plan_free(plan);
}

// Layers of `channels` channels of h x w, with their weights.
static void expect_layers(int channels, int h, int w, const char *layers, const float *numbers,
                          int count, const float *x, const float *want, int outputs)
{
    char cfg[2048];
    snprintf(cfg, sizeof cfg, "[net]\nchannels=%d\nheight=%d\nwidth=%d\n%s", channels, h, w,
             layers);
    nn_model *m = load(cfg, numbers, count);
    expect_run(m, x, want, outputs);
    nn_model_free(m);
}

#define NUMBERS(...)                                                                               \
    ((const float[]){__VA_ARGS__}), sizeof((const float[]){__VA_ARGS__}) / sizeof(float)

static void test_convolutional(void **state)
{
    (void)state;
    // Bias, then the weights; 3x3 with padding, stride 2.
    expect_layers(
        1, 3, 3, "[convolutional]\nfilters=1\nsize=3\nstride=2\npad=1\nactivation=linear\n",
        NUMBERS(0.5f, 1, 2, 3, 4, 5, 6, 7, 8, 9), (const float[]){1, 0, 0, 0, 2, 0, 0, 0, 3},
        NUMBERS(0.5f + 5 + 2 * 9, 0.5f + 2 * 7, 0.5f + 2 * 3, 0.5f + 2 * 1 + 3 * 5));
    // Bias, scale, mean, variance, weights; two groups.
    const float a = 2 / sqrtf(4 + 1e-5f), b = -1 / sqrtf(9 + 1e-5f);
    expect_layers(
        2, 1, 2,
        "[convolutional]\nbatch_normalize=1\nfilters=2\ngroups=2\nsize=1\nstride=1\npad=1\n"
        "activation=leaky\n",
        NUMBERS(0.25f, -0.5f, 2, -1, 0.5f, 1, 4, 9, 3, 5), (const float[]){1, -2, 1, 2},
        NUMBERS((3 - 0.5f) * a + 0.25f, 0.1f * ((-6 - 0.5f) * a + 0.25f),
                0.1f * ((5 - 1) * b - 0.5f), 0.1f * ((10 - 1) * b - 0.5f)));
    // padding= without pad=, strides of both axes, dilation.
    expect_layers(1, 2, 4,
                  "[conv]\nfilters=1\nsize=1\npadding=0\nstride_x=2\nstride_y=1 # comment\n"
                  "activation = linear\n",
                  NUMBERS(1, 2), (const float[]){1, 2, 3, 4, 5, 6, 7, 8}, NUMBERS(3, 7, 11, 15));
    expect_layers(1, 1, 5,
                  "[convolutional]\nfilters=1\nsize=3\npad=1\ndilation=2\nactivation=linear\n",
                  NUMBERS(0, 0, 0, 0, 1, 10, 100, 0, 0, 0), (const float[]){1, 2, 3, 4, 5},
                  NUMBERS(310, 420, 531, 42, 53));
}

static void test_activations(void **state)
{
    (void)state;
    const float x[] = {-3, -0.5f, 0, 0.75f, 8};
    static const char *const names[] = {"linear",   "leaky",   "relie", "relu", "relu6",
                                        "logistic", "swish",   "mish",  "tanh", "elu",
                                        "selu",     "hardtan", "gelu"};
    for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
        float want[5];
        for (int i = 0; i < 5; i++) {
            const float v = x[i], s = 1 / (1 + expf(-v));
            const float all[] = {v,
                                 v > 0 ? v : 0.1f * v,
                                 v > 0 ? v : 0.01f * v,
                                 fmaxf(v, 0),
                                 fminf(fmaxf(v, 0), 6),
                                 s,
                                 v * s,
                                 v * tanhf(logf(1 + expf(v))),
                                 tanhf(v),
                                 v > 0 ? v : expf(v) - 1,
                                 1.0507f * (v > 0 ? v : 1.6732f * (expf(v) - 1)),
                                 fminf(fmaxf(v, -1), 1),
                                 0.5f * v * (1 + tanhf(0.797885f * v + 0.035677f * v * v * v))};
            want[i] = all[k];
        }
        char layers[128];
        snprintf(layers, sizeof layers, "[activation]\nactivation=%s\n", names[k]);
        expect_layers(1, 1, 5, layers, NULL, 0, x, want, 5);
    }
}

static void test_connected(void **state)
{
    (void)state;
    // Bias, weights; then bias, weights, scale, mean, variance.
    expect_layers(1, 1, 2, "[connected]\noutput=2\nactivation=linear\n",
                  NUMBERS(10, 20, 1, 2, 3, 4), (const float[]){1, 2}, NUMBERS(15, 31));
    const float f = 2 / sqrtf(1 + 1e-5f);
    expect_layers(1, 1, 2, "[connected]\noutput=1\nbatch_normalize=1\nactivation=linear\n",
                  NUMBERS(10, 1, 2, 2, 3, 1), (const float[]){1, 2}, NUMBERS((5 - 3) * f + 10));
    expect_layers(2, 1, 1, "[batchnorm]\n", NUMBERS(10, 20, 1, 2, 3, 4, 1, 1),
                  (const float[]){5, 6},
                  NUMBERS(2 / sqrtf(1 + 1e-5f) + 10, 4 / sqrtf(1 + 1e-5f) + 20));
    const float sum = 1 + expf(-1) + expf(-2);
    expect_layers(3, 1, 1, "[dropout]\nprobability=.5\n[softmax]\ngroups=1\n[cost]\ntype=sse\n",
                  NULL, 0, (const float[]){2, 1, 0},
                  NUMBERS(1 / sum, expf(-1) / sum, expf(-2) / sum));
}

static void test_pooling(void **state)
{
    (void)state;
    const float x[] = {1, 5, 2, 7, 3, 4, 0, 8, 6};
    expect_layers(1, 3, 3, "[maxpool]\nsize=2\nstride=2\n", NULL, 0, x, NUMBERS(7, 4, 8, 6));
    expect_layers(1, 3, 3, "[maxpool]\nsize=2\nstride=1\n", NULL, 0, x,
                  NUMBERS(7, 5, 4, 8, 8, 6, 8, 8, 6));
    expect_layers(1, 3, 3, "[max]\nsize=3\nstride=1\n", NULL, 0, x,
                  NUMBERS(7, 7, 5, 8, 8, 8, 8, 8, 8));
    expect_layers(1, 3, 3, "[maxpool]\nsize=2\nstride=1\npadding=0\n", NULL, 0, x,
                  NUMBERS(7, 5, 8, 8));
    expect_layers(1, 3, 3, "[avgpool]\n", NULL, 0, x, NUMBERS(4));
}

static void test_joining(void **state)
{
    (void)state;
    const float x[] = {1, 2, 3, 4};                               // four channels of one pixel
    static const char twice[] = "[activation]\nactivation=relu\n" // layer 0: x
                                "[convolutional]\nfilters=2\nsize=1\nactivation=linear\n"; // 1
    const float weights[] = {0, 0, 10, 0, 0, 0, 0, 0, 0, 10}; // 10 and 40
    char cfg[1024];
    snprintf(cfg, sizeof cfg, "%s[route]\nlayers=-1, 0\n", twice);
    expect_layers(4, 1, 1, cfg, weights, 10, x, NUMBERS(10, 40, 1, 2, 3, 4));
    snprintf(cfg, sizeof cfg, "%s[route]\nlayers = -2\ngroups=2\ngroup_id=1\n", twice);
    expect_layers(4, 1, 1, cfg, weights, 10, x, NUMBERS(3, 4));
    snprintf(cfg, sizeof cfg, "%s[route]\nlayers = 0,-1\ngroups=2\ngroup_id=1\n", twice);
    expect_layers(4, 1, 1, cfg, weights, 10, x, NUMBERS(3, 4, 40));
    // Only the channels that both have are added.
    snprintf(cfg, sizeof cfg, "%s[shortcut]\nfrom=0\nactivation=linear\n", twice);
    expect_layers(4, 1, 1, cfg, weights, 10, x, NUMBERS(11, 42));
    snprintf(cfg, sizeof cfg, "%s[route]\nlayers=0\n[shortcut]\nfrom=-2\nactivation=linear\n",
             twice);
    expect_layers(4, 1, 1, cfg, weights, 10, x, NUMBERS(11, 42, 3, 4));
    // Products.
    const float image[] = {1, 2, 3, 4, 5, 6, 7, 8};
    static const char scale[] = "[empty]\n[avgpool]\n[scale_channels]\nfrom=-2\nactivation=relu\n";
    expect_layers(2, 2, 2, scale, NULL, 0, image, NUMBERS(2.5f, 5, 7.5f, 10, 32.5f, 39, 45.5f, 52));
    static const char sam[] = "[empty]\n[activation]\nactivation=hardtan\n[sam]\nfrom=-2\n";
    expect_layers(2, 1, 2, sam, NULL, 0, (const float[]){0.5f, 2, -3, 4}, NUMBERS(0.25f, 2, 3, 4));
    static const char maps[] = "[empty]\n[convolutional]\nfilters=1\nsize=1\nactivation=linear\n"
                               "[scale_channels]\nfrom=0\nscale_wh=1\n";
    expect_layers(2, 1, 2, maps, NUMBERS(0, 1, 0), (const float[]){1, 2, 3, 4},
                  NUMBERS(1, 4, 3, 8));
}

static void test_moving(void **state)
{
    (void)state;
    float x[64], want[64];
    for (int i = 0; i < 64; i++)
        x[i] = (float)i;
    expect_layers(1, 1, 2, "[upsample]\nstride=2\n", NULL, 0, x, NUMBERS(0, 0, 1, 1, 0, 0, 1, 1));
    // 4 channels of 4x4, S = 2, as Darknet's loops move them: the input is read as one channel of
    // 8x8.
    for (int k = 0; k < 4; k++)
        for (int j = 0; j < 4; j++)
            for (int i = 0; i < 4; i++)
                want[i + 4 * (j + 4 * k)] = x[(2 * i + k % 2) + 8 * (2 * j + k / 2)];
    expect_layers(4, 4, 4, "[reorg]\nstride=2\n", NULL, 0, x, want, 64);
    // The other one takes each channel apart.
    for (int k = 0; k < 16; k++)
        for (int j = 0; j < 2; j++)
            for (int i = 0; i < 2; i++)
                want[i + 2 * (j + 2 * k)] =
                    x[(2 * i + k / 4 % 2) + 4 * ((2 * j + k / 4 / 2) + 4 * (k % 4))];
    expect_layers(4, 4, 4, "[reorg3d]\nstride=2\n", NULL, 0, x, want, 64);
}

// A network takes any size unless a layer depends on it.
static void test_any_size(void **state)
{
    (void)state;
    static const char conv[] = "[net]\nheight=32\nwidth=64\n[convolutional]\nfilters=1\nsize=1\n";
    const float zeros[64 * 32 * 3 + 1] = {0};
    nn_model *m = load(conv, zeros, 4);
    assert_null(m->fixed_inputs);
    assert_int_equal(m->card.input_h, 32);
    assert_int_equal(m->card.input_w, 64);
    nn_model_free(m);
    m = load("[net]\nheight=32\nwidth=64\n[avgpool]\n[connected]\noutput=1\n[softmax]\n", zeros, 4);
    assert_null(m->fixed_inputs);
    nn_model_free(m);
    m = load("[net]\nheight=32\nwidth=64\n[connected]\noutput=1\n", zeros, 32 * 64 * 3 + 1);
    assert_int_equal(m->fixed_inputs->dim[3], 64);
    nn_model_free(m);
    m = load("[net]\n[maxpool]\nsize=2\nstride=2\n", NULL, 0);
    assert_int_equal(m->card.input_h, 416);
    nn_model_free(m);
    const nn_graph_load_options asked = {.input_h = 96, .input_w = 160};
    uint8_t weights[64];
    const size_t size = pack(weights, zeros, 4);
    assert_int_equal(nn_darknet_parse(&m, conv, strlen(conv), weights, size, &asked, NULL), NN_OK);
    assert_int_equal(m->card.input_h, 96);
    assert_int_equal(m->card.input_w, 160);
    nn_model_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_convolutional), cmocka_unit_test(test_activations),
        cmocka_unit_test(test_connected),     cmocka_unit_test(test_pooling),
        cmocka_unit_test(test_joining),       cmocka_unit_test(test_moving),
        cmocka_unit_test(test_any_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
