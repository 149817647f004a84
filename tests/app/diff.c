// SPDX-License-Identifier: MIT
// neroscale diff: equal models are equal in every way of running, and a difference is found at its
// node.
#include "nn/io/io.h"
#include "nn/zoo/zoo.h"
#include "tests/support/command.h"
#include "tests/support/files.h"
#include "tests/support/test.h"

#include <math.h>
#include <stdio.h>

static const char OPTIONS[] = "classes=3,alpha=0.25,beta=0.5";

// Saves a small classifier; `change` is added to the first number of parameter `name`.
static test_path save_model(const char *file, const char *name, float change, bool half)
{
    test_path path = test_temp(file);
    nn_model *m;
    nn_card card = {
        .network = "neroscale_alexpp", .task = "classify", .input_h = 64, .input_w = 96};
    nn_error err = {0};
    snprintf(card.options, sizeof card.options, "%s", OPTIONS);
    assert_int_equal(nn_zoo_build(&m, &card, &err), NN_OK);
    nn_model_init_reference(m);
    if (name)
        nn_tensor_f32(nn_model_param(m, name))[0] += change;
    if (nn_model_save(m, path.text, half, &err) != NN_OK)
        fail_msg("%s", err.text);
    nn_model_free(m);
    return path;
}

static void test_equal(void **state)
{
    (void)state;
    const test_path a = save_model("a.safetensors", NULL, 0, false), onnx = test_temp("a.onnx");
    assert_int_equal(command_run("diff", a.text, a.text, NULL), 0);
    command_said("Equal within the tolerance.");
    command_said("largest error 0 in");
    assert_int_equal(command_run("diff", a.text, NULL), 0); // as built against compiled
    command_said("a.safetensors, compiled");
    assert_int_equal(command_run("diff", a.text, "--run-b", "fused", "--size", "128x96", NULL), 0);
    assert_int_equal(command_run("diff", a.text, "--run-b", "exact", "--tolerance", "1e-5", NULL),
                     0);
    // float16 weights show only in the error.
    assert_int_equal(command_run("diff", a.text, "--run-b", "half", "--tolerance", "1e-6", NULL),
                     1);
    assert_int_equal(command_run("diff", a.text, "--run-b", "half", "--tolerance", "1e-2", NULL),
                     0);
    command_said("a.safetensors, half");
    assert_int_equal(command_run("convert", "--force", a.text, onnx.text, NULL), 0);
    assert_int_equal(command_run("diff", a.text, onnx.text, "--all", NULL), 0);
    command_said("conv2d");
    command_said("output output: ");
    command_did_not_say("only outputs were compared");
    assert_int_equal(command_run("diff", "neroscale_alexpp", a.text, "--options", OPTIONS,
                                 "--parameters", "reference", "--size", "96x64", NULL),
                     0);
}

// Changes a parameter: diff names its node, with the parameter and inputs.
static void test_wrong_parameter(void **state)
{
    (void)state;
    const test_path a = save_model("a.safetensors", NULL, 0, false),
                    b = save_model("b.safetensors", "block4.bn.weight", 0.5f, false);
    assert_int_equal(command_run("diff", a.text, b.text, NULL), 1);
    command_said("First difference: block4.bn (batch_norm");
    command_said(": agrees, 0\n");
    command_said("parameter block4.bn.weight differs: max|a-b| 0.5");
    command_said("(differs)");
    // In an ONNX file, too.
    const test_path onnx = test_temp("b.onnx");
    assert_int_equal(command_run("convert", "--force", b.text, onnx.text, NULL), 0);
    assert_int_equal(command_run("diff", a.text, onnx.text, NULL), 1);
    command_said("First difference: block4.bn");
    // The tolerance decides.
    assert_int_equal(command_run("diff", a.text, b.text, "--tolerance", "10", NULL), 0);
}

static void test_half(void **state)
{
    (void)state;
    const test_path a = save_model("a.safetensors", NULL, 0, false),
                    half = save_model("half.safetensors", NULL, 0, true);
    assert_int_equal(command_run("diff", a.text, half.text, "--tolerance", "1e-7", NULL), 1);
    command_said("differs: max|a-b|");
    assert_int_equal(command_run("diff", a.text, half.text, "--tolerance", "0.05", NULL), 0);
}

// A NaN is a difference, even when both sides have it.
static void test_no_number(void **state)
{
    (void)state;
    const test_path a = save_model("a.safetensors", NULL, 0, false),
                    b = save_model("nan.safetensors", "fc1.weight", NAN, false);
    assert_int_equal(command_run("diff", a.text, b.text, NULL), 1);
    command_said("First difference: fc1 (linear");
    command_said("B nan");
    command_said("parameter fc1.weight differs: max|a-b| inf");
    assert_int_equal(command_run("diff", b.text, b.text, "--tolerance", "1e9", NULL), 1);
    command_said("A has nan, B nan");
}

// Numbers beyond the range of float16 are neither stored nor computed as float16.
static void test_beyond_half(void **state)
{
    (void)state;
    const test_path a = save_model("a.safetensors", "fc2.weight", 1e5f, false),
                    half = save_model("half.safetensors", "fc2.weight", 1e5f, true),
                    onnx = test_temp("half.onnx"), tensors = test_temp("tensors.safetensors");
    assert_int_equal(command_run("diff", half.text, "--tolerance", "0.05", NULL), 0);
    assert_int_equal(command_run("diff", a.text, half.text, "--tolerance", "0.05", NULL), 0);
    assert_int_equal(command_run("convert", "--force", a.text, onnx.text, "--fp16", NULL), 0);
    command_said("'fc2.weight' stays float32");
    assert_int_equal(command_run("diff", a.text, onnx.text, "--tolerance", "0.05", NULL), 0);
    assert_int_equal(command_run("convert", "--force", a.text, tensors.text, "--fp16", NULL), 0);
    command_said("'fc2.weight' stays float32");
    command_did_not_say("'fc1.weight'");
    assert_int_equal(command_run("diff", a.text, tensors.text, "--tolerance", "0.05", NULL), 0);
}

static void test_wrong_use(void **state)
{
    (void)state;
    const test_path a = save_model("a.safetensors", NULL, 0, false), onnx = test_temp("a.onnx");
    assert_int_equal(command_run("diff", NULL), 2);
    command_said("which models?");
    assert_int_equal(command_run("diff", a.text, "absent.onnx", NULL), 2);
    command_said("absent.onnx");
    assert_int_equal(command_run("diff", a.text, a.text, "--run-b", "quick", NULL), 2);
    command_said("plain, fused, compiled, exact or half");
    assert_int_equal(command_run("diff", a.text, a.text, "--size", "64x", NULL), 2);
    command_said("WIDTHxHEIGHT");
    assert_int_equal(command_run("convert", "--force", a.text, onnx.text, NULL), 0);
    assert_int_equal(command_run("diff", a.text, "resnet18", NULL), 2);
    command_said("add --parameters");
    // Networks with little in common are different, but comparable.
    assert_int_equal(command_run("diff", a.text, "resnet18", "--parameters", "reference", NULL), 1);
    command_said("in A and 1x64x32x48 in B"); // both have a node "relu"
    command_said("output output: other shape");
}

// A float32 model and its 8-bit form: layer by layer, and fused as the latter is.
static void test_quantised(void **state)
{
    (void)state;
    assert_int_equal(command_run("diff", "person", "person-int8", NULL), 1);
    command_said("A: person, fused");
    command_said("34 of 34 nodes compared");
    command_said("Signal to noise, the noisiest nodes first:");
    command_said(" dB  u8 x s8");
    assert_int_equal(command_run("diff", "person-int8", "person", "--all", NULL), 1);
    command_said("B: person, fused");
    command_said("of max|a|      dB");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_equal),       cmocka_unit_test(test_wrong_parameter),
        cmocka_unit_test(test_half),        cmocka_unit_test(test_no_number),
        cmocka_unit_test(test_beyond_half), cmocka_unit_test(test_wrong_use),
        cmocka_unit_test(test_quantised),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
