// SPDX-License-Identifier: MIT
// neroscale quantize: labelled and plain pictures, what is written and what is refused.
#include "nn/graph/quantized.h"
#include "nn/io/image/image.h"
#include "nn/io/io.h"
#include "nn/predict/classifier.h"
#include "nn/predict/load_model.h"
#include "nn/zoo/zoo.h"
#include "tests/support/command.h"
#include "tests/support/files.h"
#include "tests/support/test.h"

#include <math.h>
#include <stdio.h>
#include <sys/stat.h>

enum { CLASSES = 3, PICTURES = 24, SIDE = 40 };

static test_path model, set, plain;

static nn_model *make_network(void)
{
    static const char *const labels[CLASSES] = {"rose", "tulip", "iris"};
    nn_model *m;
    nn_card card = {.network = "neroscale_alexpp",
                    .options = "classes=3,alpha=0.25,beta=0.5",
                    .task = "classify",
                    .input_h = 64,
                    .input_w = 64};
    for (int i = 0; i < 3; i++)
        card.mean[i] = 0.5f, card.std[i] = 0.1f;
    assert_int_equal(nn_zoo_build(&m, &card, NULL), NN_OK);
    nn_zoo_init_random(m, 5, NULL);
    assert_int_equal(nn_card_set_labels(&m->card, labels, CLASSES, NULL), NN_OK);
    return m;
}

// Pictures of one colour each, in the folder of the class that the model sees there.
static int make_files(void **state)
{
    static uint8_t rgb[3 * SIDE * SIDE];
    nn_image image = {SIDE, SIDE, rgb};
    nn_classifier *c;
    float p[CLASSES];
    (void)state;
    model = test_temp("model.safetensors");
    set = test_temp("set");
    plain = test_temp("plain");
    nn_model *m = make_network();
    assert_int_equal(nn_model_save(m, model.text, false, NULL), NN_OK);
    assert_int_equal(nn_classifier_new(&c, m, NULL, NULL), NN_OK);
    test_make_dir("set");
    test_make_dir("plain");
    for (int i = 0; i < PICTURES; i++) {
        char name[64];
        for (int k = 0; k < 3 * SIDE * SIDE; k++)
            rgb[k] = (uint8_t)(i * 37 * (k % 3 + 1) + (k / 3 % SIDE / (2 + i % 5)) * 40);
        const nn_frame frame = nn_image_frame(&image);
        assert_int_equal(nn_classifier_run(c, &frame, p, NULL), NN_OK);
        const int best = p[1] > p[0] ? (p[2] > p[1] ? 2 : 1) : (p[2] > p[0] ? 2 : 0);
        snprintf(name, sizeof name, "set/%s", nn_classifier_card(c)->labels[best]);
        mkdir(test_temp(name).text, 0777); // may be there
        snprintf(name, sizeof name, "set/%s/%02d.png", nn_classifier_card(c)->labels[best], i);
        assert_int_equal(nn_image_save_png(&image, test_temp(name).text, NULL), NN_OK);
        snprintf(name, sizeof name, "plain/%02d.png", i);
        assert_int_equal(nn_image_save_png(&image, test_temp(name).text, NULL), NN_OK);
    }
    nn_classifier_free(c);
    return 0;
}

static void test_labelled(void **state)
{
    const test_path out = test_temp("int8.safetensors");
    struct stat before, after;
    nn_model *m;
    nn_error err = {0};
    (void)state;
    assert_int_equal(command_run("quantize", model.text, "--data", set.text, "--out", out.text,
                                 "--max-loss", "0.5", "--layers", NULL),
                     0);
    command_said("calibrated with 12 pictures");
    command_said("scored with 12");
    command_said("signal to noise of the outputs");
    command_said("layer, the noisiest first");
    command_said("top1");
    command_did_not_say("no labels");
    assert_int_equal(stat(model.text, &before), 0);
    assert_int_equal(stat(out.text, &after), 0);
    assert_true(after.st_size < before.st_size / 2);
    if (nn_model_load(&m, out.text, &err) != NN_OK)
        fail_msg("%s", err.text);
    assert_true(nn_graph_is_quantized(m->graph));
    assert_int_equal(m->card.label_count, CLASSES);
    nn_model_free(m);
    // It is a model like any other, but not quantised twice.
    assert_int_equal(command_run("eval", out.text, "--data", set.text, NULL), 0);
    assert_int_equal(
        command_run("quantize", out.text, "--data", set.text, "--out", "twice.safetensors", NULL),
        2);
    command_said_one_line("quantised already");
}

static void test_plain_pictures(void **state)
{
    const test_path out = test_temp("plain.onnx");
    (void)state;
    assert_int_equal(command_run("quantize", model.text, "--data", plain.text, "--out", out.text,
                                 "--method", "minmax", "--pictures", "4", "--max-loss", "1", NULL),
                     0);
    command_said("calibrated with 4 pictures (minmax), scored with 20 (no labels");
    assert_int_equal(command_run("info", out.text, NULL), 0);
    command_said("u8 x s8");
    command_did_not_say("dequantize_linear");
}

// The largest sum of the weights of inputs 0, 1, 4, 5 of eight at a tap, signs aside.
static float largest_sum(const nn_model *m)
{
    static const int places[] = {0, 1, 4, 5};
    float most = 0;
    for (int i = 0; i < nn_graph_param_count(m->graph); i++) {
        const nn_shape *s = &m->params[i].shape;
        if (nn_quantized_param_dtype(m, i) != NN_I8 || s->rank != 4 || s->dim[1] < 8)
            continue;
        const int64_t taps = s->dim[2] * s->dim[3];
        for (int64_t k = 0; k < s->dim[0] * taps; k++) {
            const float *w = nn_tensor_f32(&m->params[i]) + k / taps * s->dim[1] * taps + k % taps;
            float sum = 0;
            for (int n = 0; n < 4; n++)
                sum += fabsf(w[places[n] * taps]);
            most = fmaxf(most, sum);
        }
    }
    return most;
}

static void test_other_pictures(void **state)
{
    const test_path out = test_temp("val.safetensors");
    (void)state;
    for (int reduce = 0; reduce < 2; reduce++) {
        nn_model *m;
        nn_error err = {0};
        assert_int_equal(command_run("quantize", model.text, "--data", plain.text, "--val-data",
                                     set.text, "--out", out.text, "--max-loss", "1", "--force",
                                     reduce ? "--reduce-range" : NULL, NULL),
                         0);
        command_said("calibrated with 24 pictures");
        command_said("scored with 24");
        command_did_not_say("no labels");
        if (nn_model_load(&m, out.text, &err) != NN_OK)
            fail_msg("%s", err.text);
        const float most = largest_sum(m);
        assert_true(reduce ? most > 64 && most <= 128 : most > 128);
        nn_model_free(m);
    }
}

static void test_refused(void **state)
{
    const test_path out = test_temp("refused.safetensors");
    struct stat st;
    (void)state;
    static const struct {
        const char *option, *value, *says;
    } cases[] = {
        {"--method", "best", "not minmax, mse, percentile or entropy"},
        {"--keep", "nothing", "no convolution or dense layer is called 'nothing'"},
        {"--pictures", "0", "--pictures"},
        {"--max-loss", "2", "--max-loss"},
        {"--val-list", "test", "--val-list is for --val-data"},
        {"--negatives", "patterns", "--negatives is not for quantize"},
        {"--out", "x.txt", "models are written as"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(command_run("quantize", model.text, "--data", set.text, "--out", out.text,
                                     cases[i].option, cases[i].value, NULL),
                         2);
        command_said(cases[i].says);
        assert_int_not_equal(stat(out.text, &st), 0);
    }
    assert_int_equal(command_run("quantize", model.text, "--data", set.text, NULL), 2);
    command_said_one_line("--out FILE is missing");
    assert_int_equal(command_run("quantize", model.text, "--out", out.text, NULL), 2);
    command_said_one_line("no data");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_labelled),
        cmocka_unit_test(test_plain_pictures),
        cmocka_unit_test(test_other_pictures),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, make_files, NULL);
}
