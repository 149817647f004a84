// SPDX-License-Identifier: MIT
// neroscale convert and forward: PyTorch to safetensors, float16, ONNX, and expected output values.
#include "nn/io/io.h"
#include "nn/predict/load_model.h"
#include "nn/zoo/zoo.h"
#include "tests/support/command.h"
#include "tests/support/files.h"
#include "tests/support/test.h"

#include <math.h>
#include <stdio.h>
#include <unistd.h>

static nn_bundle load(const char *path)
{
    nn_bundle b;
    nn_error err;
    if (nn_bundle_load(&b, path, &err) != NN_OK)
        fail_msg("%s", err.text);
    return b;
}

static void test_pytorch_to_safetensors(void **state)
{
    (void)state;
    const test_path in = test_data("corpus/pth/types.pth"), out = test_temp("types.safetensors");
    assert_int_equal(command_run("convert", "--force", in.text, out.text, NULL), 0);
    nn_bundle a = load(in.text), b = load(out.text);
    assert_int_equal(a.count, b.count);
    for (int i = 0; i < a.count; i++) {
        const nn_tensor *t = nn_bundle_find(&b, a.tensors[i].name);
        assert_non_null(t);
        assert_int_equal(t->dtype, a.tensors[i].tensor.dtype);
        assert_true(nn_shape_equal(&t->shape, &a.tensors[i].tensor.shape));
        assert_memory_equal(t->data, a.tensors[i].tensor.data, nn_tensor_bytes(t));
    }
    nn_bundle_release(&b);
    const test_path again = test_temp("again.safetensors");
    assert_int_equal(command_run("convert", in.text, "--out", again.text, NULL), 0);
    assert_int_equal(command_run("convert", in.text, again.text, "-o", again.text, NULL), 2);
    command_said("an input and an output");
    // Installed models are given by name.
    assert_int_equal(
        command_run("convert", "--force", "person", test_temp("person.safetensors").text, NULL), 0);
    assert_int_equal(command_run("convert", "--force", in.text, out.text, "--fp16", NULL), 0);
    b = load(out.text);
    const nn_tensor *t = nn_bundle_find(&b, "weight");
    assert_int_equal(t->dtype, NN_F16);
    float back[12];
    nn_convert(NN_F32, back, NN_F16, t->data, 12);
    assert_memory_equal(back, nn_bundle_find(&a, "weight")->data,
                        sizeof back); // multiples of 1/4 are exact in float16
    assert_int_equal(nn_bundle_find(&b, "double")->dtype, NN_F32);
    assert_int_equal(nn_bundle_find(&b, "i64")->dtype, NN_I64);
    nn_bundle_release(&a);
    nn_bundle_release(&b);
}

static const char OPTIONS[] = "classes=3,alpha=0.25,beta=0.5";

// Saves, halves and runs the reference network: the output must be that of the library.
static void test_forward(void **state)
{
    (void)state;
    const test_path y = test_temp("y.safetensors"), weights = test_temp("weights.safetensors"),
                    model = test_temp("model.safetensors"), again = test_temp("again.safetensors");
    assert_int_equal(command_run("forward", "--force", "neroscale_alexpp", "--options", OPTIONS,
                                 "--parameters", "reference", "--size", "96x64", "--out", y.text,
                                 NULL),
                     0);
    // First as tensors only, with --network; then as a model.
    nn_model *m;
    nn_card card = {.task = "classify"};
    nn_error err;
    snprintf(card.network, sizeof card.network, "neroscale_alexpp");
    snprintf(card.options, sizeof card.options, "%s", OPTIONS);
    assert_int_equal(nn_zoo_build(&m, &card, &err), NN_OK);
    nn_model_init_reference(m);
    assert_int_equal(nn_model_save(m, weights.text, false, &err), NN_OK);
    nn_model_free(m);
    assert_int_equal(command_run("convert", "--force", weights.text, model.text, "--network",
                                 "neroscale_alexpp", "--options", OPTIONS, NULL),
                     0);
    assert_int_equal(command_run("forward", "--force", model.text, "--input", "reference", "--size",
                                 "96x64", "--out", again.text, NULL),
                     0);
    nn_bundle a = load(y.text), b = load(again.text);
    assert_int_equal(a.count, 1);
    const nn_tensor *t = nn_bundle_find(&a, "output");
    assert_true(nn_shape_equal(&t->shape, &(nn_shape){2, {1, 3}}));
    assert_memory_equal(t->data, nn_bundle_find(&b, "output")->data, nn_tensor_bytes(t));
    nn_bundle_release(&a);
    nn_bundle_release(&b);
}

static void test_input_file_and_taps(void **state)
{
    (void)state;
    const test_path x = test_temp("x.safetensors"), y = test_temp("y.safetensors");
    nn_tensor image;
    const nn_shape shape = nn_shape_4d(2, 3, 64, 64);
    assert_int_equal(nn_tensor_init(&image, NN_F32, &shape, NULL), NN_OK);
    const char *const names[] = {"whatever"};
    assert_int_equal(nn_bundle_save(x.text, names, &image, 1, NULL, 0, NULL), NN_OK);
    nn_tensor_release(&image);
    assert_int_equal(command_run("forward", "--force", "neroscale_alexpp", "--options", OPTIONS,
                                 "--parameters", "reference", "--input", x.text, "--tap", "stem.0",
                                 "--out", y.text, NULL),
                     2);
    command_said("no node 'stem.0'");
    nn_model *m;
    nn_card card = {.task = "classify"};
    snprintf(card.network, sizeof card.network, "neroscale_alexpp");
    snprintf(card.options, sizeof card.options, "%s", OPTIONS);
    assert_int_equal(nn_zoo_build(&m, &card, NULL), NN_OK);
    char first[256];
    snprintf(first, sizeof first, "%s", nn_graph_node_at(m->graph, 0).name);
    nn_model_free(m);
    assert_int_equal(command_run("forward", "--force", "neroscale_alexpp", "--options", OPTIONS,
                                 "--parameters", "reference", "--input", x.text, "--tap", first,
                                 "--out", y.text, NULL),
                     0);
    nn_bundle b = load(y.text);
    assert_int_equal(b.count, 2);
    assert_int_equal(nn_bundle_find(&b, "output")->shape.dim[0], 2);
    assert_non_null(nn_bundle_find(&b, first));
    nn_bundle_release(&b);
}

static void test_onnx(void **state)
{
    (void)state;
    const test_path model = test_temp("alexpp.onnx"), x = test_temp("a.safetensors"),
                    y = test_temp("b.safetensors");
    assert_int_equal(command_run("convert", "--force", "neroscale_alexpp", model.text, "--options",
                                 OPTIONS, "--parameters", "reference", "--size", "96x64", NULL),
                     0);
    assert_int_equal(command_run("forward", "--force", model.text, "--out", x.text, NULL), 0);
    assert_int_equal(command_run("forward", "--force", "neroscale_alexpp", "--options", OPTIONS,
                                 "--parameters", "reference", "--size", "96x64", "--out", y.text,
                                 NULL),
                     0);
    nn_bundle a = load(x.text), b = load(y.text);
    const nn_tensor *u = nn_bundle_find(&a, "output"), *v = nn_bundle_find(&b, "output");
    assert_true(nn_shape_equal(&u->shape, &v->shape));
    for (int64_t i = 0; i < nn_shape_count(&u->shape); i++)
        assert_true(fabsf(nn_tensor_f32(u)[i] - nn_tensor_f32(v)[i]) <= 1e-5f);
    nn_bundle_release(&a);
    nn_bundle_release(&b);
    // Any network by name, with each kind of parameters; ONNX to ONNX; float16.
    assert_int_equal(command_run("convert", "--force", "neroscale_alexpp", model.text, "--options",
                                 OPTIONS, "--batch", "0", "--fused", "--fp16", NULL),
                     0);
    command_said("random parameters");
    assert_int_equal(
        command_run("convert", "--force", model.text, test_temp("again.onnx").text, NULL), 0);
}

// A graph that is no network of the zoo: safetensors holds everything that the commands need.
static void test_graph(void **state)
{
    (void)state;
    const test_path onnx = test_temp("graph.onnx"), model = test_temp("graph.safetensors"),
                    half = test_temp("half.safetensors"), x = test_temp("ga.safetensors"),
                    y = test_temp("gb.safetensors"), labels = test_temp("names.txt");
    test_write(labels.text, "a\nb\nc\n", 6);
    assert_int_equal(command_run("convert", "--force", "neroscale_alexpp", onnx.text, "--options",
                                 OPTIONS, "--parameters", "reference", "--size", "96x64", "--fused",
                                 NULL),
                     0);
    assert_int_equal(
        command_run("convert", "--force", onnx.text, model.text, "--names", labels.text, NULL), 0);
    assert_int_equal(command_run("forward", "--force", onnx.text, "--out", x.text, NULL), 0);
    assert_int_equal(command_run("forward", "--force", model.text, "--out", y.text, NULL), 0);
    nn_bundle a = load(x.text), b = load(y.text), c = load(model.text);
    const nn_tensor *u = nn_bundle_find(&a, "output"), *v = nn_bundle_find(&b, "output");
    assert_true(nn_shape_equal(&u->shape, &v->shape));
    assert_memory_equal(u->data, v->data, nn_tensor_bytes(u));
    assert_non_null(nn_bundle_meta(&c, "neroscale.graph"));
    assert_non_null(strstr(nn_bundle_meta(&c, "neroscale"), "[\"a\",\"b\",\"c\"]"));
    nn_bundle_release(&a);
    nn_bundle_release(&b);
    nn_bundle_release(&c);
    assert_int_equal(command_run("info", model.text, NULL), 0);
    assert_int_equal(command_run("diff", onnx.text, model.text, NULL), 0);
    assert_int_equal(command_run("bench", model.text, "--runs", "1", NULL), 0);
    // Weights in float16, and back to ONNX.
    assert_int_equal(command_run("convert", "--force", model.text, half.text, "--fp16", NULL), 0);
    c = load(half.text);
    int halves = 0;
    for (int i = 0; i < c.count; i++)
        halves += c.tensors[i].tensor.dtype == NN_F16;
    assert_true(halves > 0);
    nn_bundle_release(&c);
    assert_int_equal(command_run("diff", onnx.text, half.text, "--tolerance", "0.01", NULL), 0);
    assert_int_equal(
        command_run("convert", "--force", model.text, test_temp("back.onnx").text, NULL), 0);
    assert_int_equal(command_run("diff", onnx.text, test_temp("back.onnx").text, NULL), 0);
    // The model accepts other sizes, as the ONNX file does.
    assert_int_equal(
        command_run("forward", "--force", model.text, "--size", "64x96", "--out", x.text, NULL), 0);
    assert_int_equal(
        command_run("forward", "--force", onnx.text, "--size", "64x96", "--out", y.text, NULL), 0);
    a = load(x.text);
    b = load(y.text);
    u = nn_bundle_find(&a, "output");
    assert_memory_equal(u->data, nn_bundle_find(&b, "output")->data, nn_tensor_bytes(u));
    nn_bundle_release(&a);
    nn_bundle_release(&b);
    // So does a network of the zoo with its norms folded.
    assert_int_equal(command_run("convert", "--force", "neroscale_alexpp", y.text, "--options",
                                 OPTIONS, "--parameters", "reference", "--fused", NULL),
                     0);
    c = load(y.text);
    assert_non_null(nn_bundle_meta(&c, "neroscale.graph"));
    nn_bundle_release(&c);
    assert_int_equal(
        command_run("forward", "--force", y.text, "--size", "96x64", "--out", x.text, NULL), 0);
}

// Weights for Keras and back; the card is kept.
static void test_keras(void **state)
{
    (void)state;
    const test_path h5 = test_temp("flowers.h5"), back = test_temp("flowers.safetensors"),
                    y = test_temp("y.safetensors"), again = test_temp("again.safetensors");
    assert_int_equal(command_run("convert", "--force", "alexnet_flowers", h5.text, "--options",
                                 "classes=3", "--parameters", "reference", NULL),
                     0);
    assert_int_equal(command_run("convert", "--force", h5.text, back.text, NULL), 0);
    assert_int_equal(command_run("forward", "--force", back.text, "--out", y.text, NULL), 0);
    assert_int_equal(command_run("forward", "--force", "alexnet_flowers", "--options", "classes=3",
                                 "--parameters", "reference", "--out", again.text, NULL),
                     0);
    nn_bundle a = load(y.text), b = load(again.text);
    const nn_tensor *t = nn_bundle_find(&a, "output");
    assert_memory_equal(t->data, nn_bundle_find(&b, "output")->data, nn_tensor_bytes(t));
    nn_bundle_release(&a);
    nn_bundle_release(&b);
    assert_int_equal(
        command_run("convert", "--force", "resnet18", h5.text, "--parameters", "reference", NULL),
        2);
    command_said("only alexnet_flowers");
    assert_int_equal(command_run("convert", "--force", "alexnet_flowers", h5.text, "--fp16", NULL),
                     2);
    command_said("float32");
}

// Blends a quarter of one model with another. PyTorch reads the file with weights_only, and must
// find the same numbers.
static const char TORCH[] =
    "import sys, torch\n"
    "d = torch.load('net.pth', weights_only=True)\n"
    "w = torch.load('half.pth', weights_only=True)['features.0.weight']\n"
    "print(type(d).__name__, len(d), all(v.is_contiguous() for v in d.values()))\n"
    "print(w.dtype, tuple(d['features.0.weight'].shape))\n"
    "print('first', '%.9g' % d['features.0.weight'].flatten()[7].item())\n"
    "m = torch.nn.Module()\n"
    "m.features = torch.nn.Sequential(torch.nn.Conv2d(3, 64, 11, 4, 2))\n"
    "own = {k: v for k, v in d.items() if k.startswith('features.0.')}\n"
    "print(m.load_state_dict(own))\n";

static void test_pytorch_reads(void **state)
{
    (void)state;
    char first[64];
    test_write_text("check.py", TORCH);
    assert_int_equal(command_line("", "convert alexnet net.pth --parameters reference"), 0);
    assert_int_equal(command_line("", "convert net.pth half.pth --fp16"), 0);
    nn_bundle b = load(test_temp("net.pth").text);
    snprintf(first, sizeof first, "first %.9g",
             (double)nn_tensor_f32(nn_bundle_find(&b, "features.0.weight"))[7]);
    nn_bundle_release(&b);
    if (command_line("/usr/bin/python3 -c 'import torch' ||", "no") != 0)
        skip(); // only this test needs python3-torch
    assert_int_equal(command_line("/usr/bin/python3 check.py >seen ||", "no"), 0);
    char *seen = test_read_text("seen");
    assert_non_null(strstr(seen, "OrderedDict 16 True"));
    assert_non_null(strstr(seen, "torch.float16 (64, 3, 11, 11)"));
    assert_non_null(strstr(seen, "<All keys matched successfully>"));
    assert_non_null(strstr(seen, first));
    free(seen);
}

// A .pth holds a whole model: card and graph come back.
static void test_model_as_pytorch(void **state)
{
    (void)state;
    assert_int_equal(command_line("", "convert person p.pth"), 0);
    assert_int_equal(command_line("", "convert p.pth back.safetensors"), 0);
    assert_int_equal(command_line("", "convert person direct.safetensors"), 0);
    size_t size, again;
    uint8_t *a = test_read(test_temp("back.safetensors").text, &size);
    uint8_t *b = test_read(test_temp("direct.safetensors").text, &again);
    assert_int_equal(size, again);
    assert_memory_equal(a, b, size);
    free(a);
    free(b);
    assert_int_equal(command_line("", "info p.pth"), 0);
    command_said("1: person");
}

static void test_blend(void **state)
{
    (void)state;
    nn_card card = {.task = "classify", .network = "neroscale_alexpp_nano"};
    const test_path a = test_temp("blend-a.safetensors"), b = test_temp("blend-b.safetensors"),
                    out = test_temp("blend.safetensors");
    nn_model *one, *two, *m;
    char quarter[1100];
    snprintf(quarter, sizeof quarter, "%s=0.25", b.text);
    snprintf(card.options, sizeof card.options, "classes=3");
    assert_int_equal(nn_zoo_build(&one, &card, NULL), NN_OK);
    assert_int_equal(nn_zoo_build(&two, &card, NULL), NN_OK);
    nn_model_init_random(one, 1);
    nn_model_init_random(two, 2);
    assert_int_equal(nn_model_save(one, a.text, false, NULL), NN_OK);
    assert_int_equal(nn_model_save(two, b.text, false, NULL), NN_OK);
    assert_int_equal(command_run("convert", "--force", a.text, out.text, "--blend", quarter, NULL),
                     0);
    assert_int_equal(nn_model_load(&m, out.text, NULL), NN_OK);
    int moved = 0;
    for (int i = 0; i < nn_graph_param_count(m->graph); i++)
        for (int64_t k = 0; k < nn_shape_count(&m->params[i].shape); k++) {
            const float x = nn_tensor_f32(&one->params[i])[k],
                        y = nn_tensor_f32(&two->params[i])[k];
            assert_true(fabsf(nn_tensor_f32(&m->params[i])[k] - (0.75f * x + 0.25f * y)) < 1e-5f);
            moved += x != y;
        }
    assert_true(moved > 1000);
    assert_int_equal(
        command_run("convert", "--force", "person", out.text, "--blend", quarter, NULL), 2);
    command_said("the other model has no parameter");
    assert_int_equal(
        command_run("convert", "--force", "person", out.text, "--blend", "person=2", NULL), 2);
    command_said("--blend person=2: not MODEL=X");
    nn_model_free(one);
    nn_model_free(two);
    nn_model_free(m);
}

static void test_wrong_use(void **state)
{
    (void)state;
    const test_path in = test_data("corpus/pth/types.pth"), out = test_temp("out.safetensors");
    assert_int_equal(command_run("convert", "--force", in.text, "x.gguf", NULL), 2);
    command_said("models are written as .h5, .hdf5, .pth, .pt, .safetensors, .onnx");
    assert_int_equal(command_run("convert", "--force", in.text, out.text, "--size", "64x64", NULL),
                     2);
    command_said("is for .onnx");
    assert_int_equal(
        command_run("convert", "--force", in.text, out.text, "--options", "classes=3", NULL), 2);
    command_said("for networks given by name");
    assert_int_equal(command_run("convert", "--force", "resnet18", "x.onnx", "--size", "64x", NULL),
                     2);
    command_said("WIDTHxHEIGHT or one number for both, each from 1 to 8192");
    for (int i = 0; i < 4; i++) {
        static const char *const sizes[] = {"0x0", "-5x20", "64x64x64", "10000x10000"};
        assert_int_equal(command_run("forward", "--force", "alexnet", "--parameters", "reference",
                                     "--size", sizes[i], "--out", "y", NULL),
                         2);
        command_said("each from 1 to 8192");
    }
    assert_int_equal(command_run("forward", "--force", "alexnet", "--options", "classes=2",
                                 "--parameters", "reference", "--size", "33x31", "--out", "y",
                                 NULL),
                     2);
    command_said("node features.12 (max_pool) with an input of 1x3x31x33");
    command_said("an image of height 64, width 64 works");
    assert_int_equal(command_run("convert", "--force", in.text, "x.onnx", NULL), 2);
    command_said("no card");
    assert_int_equal(
        command_run("convert", "--force", test_data("corpus/pth/call.pth").text, out.text, NULL),
        2);
    command_said("posix.system");
    assert_int_equal(
        command_run("convert", "--force", in.text, out.text, "--network", "resnet18", NULL), 2);
    command_said("types.pth: the parameter");
    assert_int_equal(access(out.text, F_OK), -1);
    assert_int_equal(command_run("forward", "--force", "resnet18", "--out", out.text, NULL), 2);
    command_said("add --parameters FILE");
    assert_int_equal(command_run("forward", "--force", "resnet19", "--out", out.text, NULL), 2);
    command_said("'neroscale list' names the networks");
    assert_int_equal(
        command_run("forward", "--force", "resnet18", "--parameters", "reference", NULL), 2);
    command_said("--out");
    assert_int_equal(command_run("forward", "--force", in.text, "--out", out.text, NULL), 2);
    command_said("no card");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pytorch_to_safetensors),
        cmocka_unit_test(test_forward),
        cmocka_unit_test(test_input_file_and_taps),
        cmocka_unit_test(test_onnx),
        cmocka_unit_test(test_graph),
        cmocka_unit_test(test_keras),
        cmocka_unit_test(test_pytorch_reads),
        cmocka_unit_test(test_model_as_pytorch),
        cmocka_unit_test(test_blend),
        cmocka_unit_test(test_wrong_use),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
