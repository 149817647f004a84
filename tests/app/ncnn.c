// SPDX-License-Identifier: MIT
// ncnn models in the commands: info, forward, convert, diff, classify and run.
#include "nn/io/image/image.h"
#include "nn/io/io.h"
#include "tests/support/command.h"
#include "tests/support/files.h"
#include "tests/support/test.h"

#include <stdio.h>

// A classifier by colour: it sums red, green and blue. Its weights are the identity matrix.
static const char CLASSIFIER[] = "7767517\n4 4\nInput in 0 1 x 0=32 1=32 2=3\n"
                                 "Pooling mean 1 1 x y 0=1 4=1\n"
                                 "InnerProduct fc 1 1 y z 0=3 1=0 2=9\nSoftmax prob 1 1 z out\n";
// The last map of YOLOv3 for one class; every cell finds its only anchor.
static const char DETECTOR[] = "7767517\n4 4\nInput in 0 1 x 0=64 1=64 2=3\n"
                               "Pooling mean 1 1 x y 0=1 1=32 2=32\n"
                               "Convolution map 1 1 y z 0=6 1=1 5=1 6=18\n"
                               "Yolov3DetectionOutput out 1 1 z boxes 0=1 1=1 2=0.25 "
                               "-23304=2,16.0,24.0 -23305=1,0 -23306=1,32.0\n";

static test_path write_classifier(void)
{
    const float weights[10] = {[1] = 1, [5] = 1, [9] = 1}; // after the tag, which is 0
    const test_path path = test_temp("colour.param");
    test_write(path.text, CLASSIFIER, strlen(CLASSIFIER));
    test_write(test_temp("colour.bin").text, weights, sizeof weights);
    return path;
}

static test_path write_detector(void)
{
    const float weights[1 + 18 + 6] = {[23] = 6, [24] = 6}; // biases of object and class
    const test_path path = test_temp("cells.param");
    test_write(path.text, DETECTOR, strlen(DETECTOR));
    test_write(test_temp("cells.bin").text, weights, sizeof weights);
    return path;
}

static test_path write_picture(int side)
{
    static uint8_t rgb[128 * 128 * 3];
    const test_path path = test_temp("green.png");
    for (int i = 0; i < side * side; i++)
        rgb[3 * i + 1] = 255;
    const nn_image image = {.width = side, .height = side, .rgb = rgb};
    assert_int_equal(nn_image_save_png(&image, path.text, NULL), NN_OK);
    return path;
}

static void test_info(void **state)
{
    (void)state;
    const test_path detector = write_detector();
    assert_int_equal(command_run("info", detector.text, NULL), 0);
    command_said("head yolov3");
    command_said("stride 32: 16x24");
    assert_int_equal(command_run("info", test_temp("cells.bin").text, "--size", "96x64", NULL), 0);
    command_said("1x6x2x3");
    assert_int_equal(command_run("info", write_classifier().text, NULL), 0);
    command_said("task        classify");
}

static void test_convert(void **state)
{
    (void)state;
    static const char *const names[] = {"cells.onnx", "cells.safetensors"};
    const test_path detector = write_detector();
    for (int i = 0; i < 2; i++) {
        const test_path out = test_temp(names[i]);
        assert_int_equal(command_run("convert", detector.text, out.text, NULL), 0);
        assert_int_equal(command_run("diff", detector.text, out.text, NULL), 0);
        command_said("Equal within the tolerance");
        assert_int_equal(command_run("info", out.text, NULL), 0);
        command_said("stride 32: 16x24");
    }
}

static void test_forward(void **state)
{
    (void)state;
    const test_path detector = write_detector(), out = test_temp("y.safetensors");
    assert_int_equal(
        command_run("forward", detector.text, "--size", "96x64", "--out", out.text, NULL), 0);
    nn_bundle b;
    assert_int_equal(nn_bundle_load(&b, out.text, NULL), NN_OK);
    assert_true(nn_shape_equal(&nn_bundle_find(&b, "z")->shape, &(nn_shape){4, {1, 6, 2, 3}}));
    assert_float_equal(nn_tensor_f32(nn_bundle_find(&b, "z"))[5 * 6], 6, 0);
    nn_bundle_release(&b);
}

static void test_classify(void **state)
{
    (void)state;
    const test_path model = write_classifier(), picture = write_picture(64);
    test_write_text("colours.txt", "red\ngreen\nblue\n");
    assert_int_equal(command_run("classify", model.text, picture.text, "--names",
                                 test_temp("colours.txt").text, "--top", "1", NULL),
                     0);
    command_said("green");
    command_did_not_say("blue");
}

// Four cells, so four boxes of the anchor's size.
static void test_run(void **state)
{
    (void)state;
    const test_path detector = write_detector(), picture = write_picture(128);
    assert_int_equal(command_run("run", picture.text, "--model", detector.text, "--no-window",
                                 "--json", "-", NULL),
                     0);
    assert_int_equal(command_count("\"label\":\"class 0\""), 4);
    assert_int_equal(command_count("\"w\":32"), 4);
    assert_int_equal(command_count("\"h\":48"), 4);
}

static void test_missing_half(void **state)
{
    (void)state;
    test_write_text("alone.param", DETECTOR);
    assert_int_equal(command_run("info", test_temp("alone.param").text, NULL), 2);
    command_said_one_line("alone.bin, is missing");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_info),    cmocka_unit_test(test_convert),
        cmocka_unit_test(test_forward), cmocka_unit_test(test_classify),
        cmocka_unit_test(test_run),     cmocka_unit_test(test_missing_half),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
