// SPDX-License-Identifier: MIT
// ONNX files written here field by field: folding of shapes, naming, cards, and every kind of file
// that must be refused with the reason.
#include "nn/io/onnx/onnx.h"
#include "nn/graph/plan.h"
#include "nn/io/graph_format.h"
#include "nn/io/io.h"
#include "nn/io/onnx/onnx_proto.h"
#include "nn/predict/load_model.h"
#include "tests/support/alloc.h"
#include "tests/support/files.h"
#include "tests/support/onnx_message.h"
#include "tests/support/test.h"

#include <math.h>
#include <stdio.h>

static nn_status parse(const message *m, nn_model **out, nn_error *err)
{
    uint8_t *copy = malloc(m->size ? m->size : 1); // so that ASan sees every overrun
    memcpy(copy, m->bytes, m->size);
    nn_status status = nn_onnx_parse(out, copy, m->size, NULL, err);
    free(copy);
    return status;
}

// Frees the model.
static void expect_refused(message *m, nn_status status, const char *says)
{
    nn_model *model;
    nn_error err = {0};
    nn_status got = parse(m, &model, &err);
    if (got != status || !strstr(err.text, says))
        fail_msg("%s: '%s', expected %s: '%s'", nn_status_name(got), err.text,
                 nn_status_name(status), says);
    assert_null(model);
    free(m);
}

static const int64_t IMAGE[] = {1, 3, 4, 6};

// x flattened the way exporters write x.view(x.size(0), -1).
static message *flatten_graph(void)
{
    static const int64_t zero = 0, minus[] = {-1}, one[] = {1};
    message *g = new_message();
    add_tensor(g, "zero", 7, NULL, 0, &zero, 8);
    add_tensor(g, "minus", 7, one, 1, minus, 8);
    add_tensor(g, "first", 7, one, 1, &zero, 8);
    add_value(g, INPUT, "x", (int64_t[]){-1, 3, 4, 6}, 4);
    add_node(g, "Shape", "s", "x", NULL, "shape");
    add_node(g, "Gather", "g", "shape", "zero", "batch");
    add_node(g, "Unsqueeze", "u", "batch", "first", "batch1");
    message *concat = new_node("Concat", "c", (const char *const[]){"batch1", "minus", NULL}, "to");
    add_int_attribute(concat, "axis", 0);
    take_message(g, 1, concat);
    add_node(g, "Relu", "r", "x", NULL, "positive");
    add_node(g, "Reshape", "v", "positive", "to", "flat");
    add_node(g, "Exp", "unused", "x", NULL, "nobody reads this");
    add_value(g, OUTPUT, "flat", IMAGE, 0);
    return g;
}

static void test_shapes_are_folded(void **state)
{
    (void)state;
    message *m = new_model(flatten_graph(), 13);
    nn_model *model;
    nn_error err = {0};
    if (parse(m, &model, &err) != NN_OK)
        fail_msg("%s", err.text);
    assert_int_equal(nn_graph_node_count(model->graph), 2);
    assert_int_equal(nn_graph_param_count(model->graph), 0);
    assert_string_equal(nn_graph_node_at(model->graph, 0).name, "positive");
    assert_string_equal(nn_graph_node_at(model->graph, 1).name, "flat");
    assert_true(nn_shape_equal(&model->fixed_inputs[0], &(nn_shape){4, {1, 3, 4, 6}}));
    nn_plan *plan;
    assert_int_equal(nn_plan_new(&plan, model, model->fixed_inputs, 1, NULL, &err), NN_OK);
    assert_true(nn_shape_equal(&nn_plan_output(plan, 0)->shape, &(nn_shape){2, {1, 72}}));
    nn_plan_free(plan);
    nn_model_free(model);
    // Another size of the input, and a batch.
    const nn_shape shape = nn_shape_4d(2, 3, 5, 5);
    assert_int_equal(nn_onnx_parse(&model, m->bytes, m->size,
                                   &(nn_onnx_options){.inputs = &shape, .n_inputs = 1}, &err),
                     NN_OK);
    assert_int_equal(nn_plan_new(&plan, model, model->fixed_inputs, 1, NULL, &err), NN_OK);
    assert_true(nn_shape_equal(&nn_plan_output(plan, 0)->shape, &(nn_shape){2, {2, 75}}));
    nn_plan_free(plan);
    assert_int_equal(nn_model_fuse(&model, 0, &err), NN_OK);
    assert_true(nn_shape_equal(&model->fixed_inputs[0], &shape));
    nn_model_free(model);
    free(m);
}

// The length of a safetensors header may look like the beginning of a model.
static void test_probe(void **state)
{
    (void)state;
    message *m = new_model(flatten_graph(), 13);
    uint8_t other[] = {0x08, 0x0c, 0, 0, 0, 0, 0, 0, '{', '"'};
    assert_true(nn_onnx_probe(m->bytes, m->size));
    assert_false(nn_onnx_probe(other, sizeof other));
    other[2] = 0x12; // a header of over 1 MiB
    assert_false(nn_onnx_probe(other, sizeof other));
    assert_false(nn_onnx_probe(other, 0));
    free(m);
}

// The format is recognised by content, and read for the requested size.
static void test_graph_format(void **state)
{
    (void)state;
    message *m = new_model(flatten_graph(), 13);
    const test_path path = test_temp("graph.bin"), none = test_temp("none.onnx");
    test_write(path.text, m->bytes, m->size);
    const nn_graph_format *format = nn_graph_format_find(path.text);
    assert_non_null(format);
    assert_string_equal(format->name, "ONNX");
    assert_null(nn_graph_format_find(none.text));
    nn_model *model;
    nn_error err = {0};
    const nn_graph_load_options size = {.input_h = 5, .input_w = 7};
    assert_int_equal(format->load(&model, path.text, &size, &err), NN_OK);
    assert_true(nn_shape_equal(&model->fixed_inputs[0], &(nn_shape){4, {1, 3, 5, 7}}));
    nn_model_free(model);
    assert_int_equal(format->load(&model, none.text, NULL, &err), NN_ENOTFOUND);
    assert_non_null(strstr(err.text, none.text));
    free(m);
}

static void test_unknown_operators_are_all_named(void **state)
{
    (void)state;
    message *g = new_message();
    add_value(g, INPUT, "x", IMAGE, 4);
    add_node(g, "Relu", "fine", "x", NULL, "a");
    add_node(g, "Teleport", "first one", "a", NULL, "b");
    add_node(g, "TfIdfVectorizer", NULL, "b", NULL, "c");
    add_value(g, OUTPUT, "c", IMAGE, 4);
    message *m = new_model(g, 13);
    nn_model *model;
    nn_error err;
    assert_int_equal(parse(m, &model, &err), NN_EUNSUPPORTED);
    assert_non_null(strstr(err.text, "Teleport (node 'first one'), TfIdfVectorizer (node 'c')"));
    free(m);
    // Attributes of text are checked, too, and before any tensor is read.
    g = new_message();
    add_value(g, INPUT, "x", IMAGE, 4);
    add_tensor(g, "text", 8, NULL, 0, "", 0);
    add_tensor(g, "huge", 1, (int64_t[]){1ll << 40, 1ll << 40}, 2, "", 0);
    add_node(g, "Teleport", "t", "x", "huge", "y");
    message *type = new_message(), *tensor = new_message(), *out = new_message();
    put_int(tensor, 1, 8);
    take_message(type, 1, tensor);
    put_text(out, 1, "y");
    take_message(out, 2, type);
    take_message(g, OUTPUT, out);
    expect_refused(new_model(g, 13), NN_EUNSUPPORTED,
                   "onnx: not supported: Teleport (node 't'), the output 'y' of text");
    // Many nodes of one operator do not hide another; only many operators do.
    g = new_message();
    for (int i = 0; i < 60; i++)
        add_node(g, i % 20 == 7 ? "Teleport" : "AVeryLongNameOfAnOperator", "node", "x", NULL, "y");
    add_value(g, OUTPUT, "y", IMAGE, 4);
    expect_refused(
        new_model(g, 13), NN_EUNSUPPORTED,
        "AVeryLongNameOfAnOperator (node 'node' and 56 more), Teleport (node 'node' and 2 "
        "more)");
    g = new_message();
    for (int i = 0; i < 60; i++) {
        char name[32];
        snprintf(name, sizeof name, "AVeryLongNameNumber%d", i);
        add_node(g, name, "node", "x", NULL, "y");
    }
    add_value(g, OUTPUT, "y", IMAGE, 4);
    expect_refused(new_model(g, 13), NN_EUNSUPPORTED, " more");
}

// A graph of one node over the image "x", and one initialiser called "w".
static message *one_node(const char *op, int type, const int64_t *dims, int rank, size_t bytes)
{
    static const uint8_t zeros[4096];
    message *g = new_message();
    add_value(g, INPUT, "x", IMAGE, 4);
    add_tensor(g, "w", type, dims, rank, zeros, bytes);
    add_node(g, op, "n", "x", "w", "y");
    add_value(g, OUTPUT, "y", IMAGE, 4);
    return g;
}

static void test_hostile_models(void **state)
{
    (void)state;
    const int64_t two[] = {2}, negative[] = {-2}, huge[] = {1ll << 40, 1ll << 40};
    expect_refused(new_model(one_node("Add", 1, two, 1, 8), 26), NN_EUNSUPPORTED, "opset 26");
    expect_refused(new_model(one_node("Add", 1, two, 1, 12), 13), NN_EFORMAT, "3 elements");
    expect_refused(new_model(one_node("Add", 1, two, 1, 7), 13), NN_EFORMAT, "initialiser 'w'");
    expect_refused(new_model(one_node("Add", 1, negative, 1, 8), 13), NN_ESHAPE, "initialiser 'w'");
    expect_refused(new_model(one_node("Add", 1, huge, 2, 8), 13), NN_ESHAPE, "initialiser 'w'");
    expect_refused(new_model(one_node("Add", 8, two, 1, 8), 13), NN_EUNSUPPORTED, "type 8");
    expect_refused(new_model(one_node("Add", 77, two, 1, 8), 13), NN_EUNSUPPORTED, "type 77");
    expect_refused(new_model(one_node("Add", 1, two, 1, 8), 13), NN_ESHAPE, "Add (node 'n')");
    expect_refused(new_model(one_node("Relu", 1, two, 1, 8), 13), NN_EUNSUPPORTED, "2 inputs");
    expect_refused(new_model(one_node("Reshape", 1, two, 1, 8), 13), NN_ESHAPE, "no room");
    expect_refused(new_model(one_node("Gather", 1, (int64_t[]){1, 1, 1, 1, 1, 1}, 6, 4), 13),
                   NN_ESHAPE, "axes");

    message *g = one_node("Add", 1, two, 1, 8);
    add_node(g, "Relu", NULL, "x", NULL, "y");
    expect_refused(new_model(g, 13), NN_ESHAPE, "node 'n'");
    g = new_message(); // two nodes that need each other
    add_value(g, INPUT, "x", IMAGE, 4);
    add_node(g, "Add", "a", "x", "second", "first");
    add_node(g, "Relu", "b", "first", NULL, "second");
    add_value(g, OUTPUT, "second", IMAGE, 4);
    expect_refused(new_model(g, 13), NN_EFORMAT, "'second' is made by no node before it");
    g = new_message();
    add_value(g, INPUT, "x", IMAGE, 4);
    add_node(g, "Relu", "a", "x", NULL, "y");
    add_node(g, "Exp", "b", "x", NULL, "y");
    add_value(g, OUTPUT, "y", IMAGE, 4);
    expect_refused(new_model(g, 13), NN_EFORMAT, "two values are called 'y'");
    g = new_message();
    add_value(g, INPUT, "x", IMAGE, 4);
    add_value(g, OUTPUT, "z", IMAGE, 4);
    expect_refused(new_model(g, 13), NN_EFORMAT, "the output 'z' is made by no node");
    g = new_message();
    add_value(g, INPUT, "x", IMAGE, 4);
    expect_refused(new_model(g, 13), NN_EUNSUPPORTED, "0 outputs");
    g = new_message();
    add_value(g, INPUT, "\x1b[2J", IMAGE, 4);
    add_value(g, OUTPUT, "y", IMAGE, 4);
    expect_refused(new_model(g, 13), NN_EFORMAT, "name");
    g = new_message();
    add_value(g, INPUT, "x", (int64_t[]){1ll << 62, 1ll << 62}, 2);
    add_node(g, "Relu", NULL, "x", NULL, "y");
    add_value(g, OUTPUT, "y", IMAGE, 4);
    expect_refused(new_model(g, 13), NN_ESHAPE, "too many");
}

// Constants that a small file asks us to make large.
static void test_large_constants(void **state)
{
    (void)state;
    const int64_t one[] = {1}, size[] = {1ll << 30};
    message *g = new_message();
    add_tensor(g, "size", 7, one, 1, size, 8);
    add_node(g, "ConstantOfShape", "zeros", "size", NULL, "y");
    add_value(g, OUTPUT, "y", IMAGE, 4);
    expect_refused(new_model(g, 13), NN_EUNSUPPORTED, "no whole number up to 2^24");
    const int64_t sizes[] = {1 << 20, 1 << 20}, two[] = {2};
    g = new_message();
    add_tensor(g, "size", 7, two, 1, sizes, 16);
    add_node(g, "ConstantOfShape", "zeros", "size", NULL, "y");
    add_value(g, OUTPUT, "y", IMAGE, 4);
    expect_refused(new_model(g, 13), NN_EUNSUPPORTED, "constants of 4398046511104 bytes");
}

static void test_deep_messages(void **state)
{
    (void)state;
    message *inner = new_message();
    put_text(inner, 2, "graph");
    for (int i = 0; i < 300; i++) { // graph > node > attribute > graph ...
        message *outer = new_message();
        take_message(outer, i % 3 == 0 ? 6 : i % 3 == 1 ? 5 : 1, inner);
        inner = outer;
    }
    expect_refused(new_model(inner, 13), NN_EFORMAT, "levels");
    message *m = new_message(); // a field of one message, twice
    put_int(m, 1, 8);
    take_message(m, 7, flatten_graph());
    take_message(m, 7, flatten_graph());
    expect_refused(m, NN_EFORMAT, "damaged");
}

static void test_every_truncation(void **state)
{
    (void)state;
    message *m = new_model(flatten_graph(), 13);
    const size_t size = m->size;
    for (m->size = 0; m->size < size - 4; m->size++) {
        nn_model *model;
        nn_error err = {0};
        assert_int_not_equal(parse(m, &model, &err), NN_OK);
        assert_null(strstr(err.text, "levels"));
        assert_int_not_equal(err.text[0], 0);
    }
    free(m);
}

static void test_out_of_memory(void **state)
{
    (void)state;
    message *m = new_model(flatten_graph(), 13);
    nn_model *model;
    for (long n = 0;; n++) {
        nn_error err = {0};
        alloc_reset(n);
        nn_status status = nn_onnx_parse(&model, m->bytes, m->size, NULL, &err);
        alloc_reset(-1);
        if (status == NN_OK)
            break;
        assert_true(status == NN_ENOMEM || strstr(err.text, "short of memory"));
        assert_null(model);
    }
    nn_model_free(model);
    free(m);
}

// 1x3x32x32 -> 1x7x2x2 through one convolution: FastestDet's shapes with two classes.
static test_path write_detector(void)
{
    static float weight[7 * 3 * 16 * 16];
    const int64_t dims[] = {7, 3, 16, 16};
    message *g = new_message();
    add_value(g, INPUT, "x", (int64_t[]){1, 3, 32, 32}, 4);
    add_tensor(g, "w", 1, dims, 4, weight, sizeof weight);
    message *conv = new_node("Conv", "conv", (const char *const[]){"x", "w", NULL}, "y"),
            *strides = new_message();
    put_text(strides, 1, "strides");
    put_int(strides, 8, 16);
    put_int(strides, 8, 16);
    take_message(conv, 5, strides);
    take_message(g, 1, conv);
    add_value(g, OUTPUT, "y", IMAGE, 4);
    message *m = new_model(g, 11);
    test_path path = test_temp("tiny.onnx");
    test_write(path.text, m->bytes, m->size);
    free(m);
    return path;
}

static void write_sidecar(const char *text)
{
    test_write(test_temp("tiny.json").text, text, strlen(text));
}

static void test_cards(void **state)
{
    (void)state;
    const test_path path = write_detector();
    nn_model *m;
    nn_error err = {0};
    assert_int_equal(nn_model_load(&m, path.text, &err), NN_OK); // told by its shapes
    assert_string_equal(m->card.head, "fastestdet");
    assert_string_equal(m->card.task, "detect");
    assert_int_equal(m->card.label_count, 2);
    assert_int_equal(m->card.input_w, 32);
    assert_true(m->card.bgr);
    assert_true(m->card.stretch);
    nn_model_free(m);
    write_sidecar("{\"labels\": [\"cat\", \"dog\"], \"threshold\": 0.25, \"order\": \"rgb\"}");
    assert_int_equal(nn_model_load(&m, path.text, &err), NN_OK);
    assert_string_equal(m->card.head, "fastestdet");
    assert_string_equal(m->card.labels[1], "dog");
    assert_true(m->card.threshold == 0.25f);
    assert_false(m->card.bgr);
    nn_model_free(m);
    static const char *const bad[][2] = {
        {"{\"labels\": [\"cat\"", "tiny.json: "},
        {"[]", "not a JSON object"},
        {"{\"head\": \"teleport\"}", "no head called 'teleport'"},
        {"{\"threshold\": 7}", "threshold"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        write_sidecar(bad[i][0]);
        assert_int_not_equal(nn_model_load(&m, path.text, &err), NN_OK);
        if (!strstr(err.text, bad[i][1]))
            fail_msg("'%s', expected '%s'", err.text, bad[i][1]);
        assert_null(m);
    }
    remove(test_temp("tiny.json").text);
    assert_int_equal(nn_model_load_with(&m, path.text, &(nn_model_hints){.head = "fcos"}, &err),
                     NN_ESHAPE);
    assert_non_null(strstr(err.text, "y 1x7x2x2; pairs of"));
    assert_int_equal(nn_model_load_with(&m, path.text, &(nn_model_hints){.head = "none"}, &err),
                     NN_ENOTFOUND);
    assert_non_null(strstr(err.text, "no head called 'none'; 'neroscale list heads'"));
}

static void add_ints_attribute(message *node, const char *name, const int64_t *v, int count)
{
    message *a = new_message();
    put_text(a, 1, name);
    for (int i = 0; i < count; i++)
        put_int(a, 8, v[i]);
    put_int(a, 20, 7);
    take_message(node, 5, a);
}

// Mean over the pixels of a dilated window inside the image, or over the whole window.
static double plain_average(const float *x, int h, int w, int oy, int ox, bool all)
{
    double sum = 0;
    int count = 0;
    for (int k = 0; k < 6; k++) { // 2 x 3 places, 3 rows and 2 columns apart
        const int y = oy * 2 - 1 + k / 3 * 3, at = ox - 2 + k % 3 * 2;
        const bool inside = y >= 0 && y < h && at >= 0 && at < w;
        sum += inside ? (double)x[y * w + at] : 0;
        count += inside || all;
    }
    return sum / count;
}

static void test_average_with_gaps(void **state)
{
    (void)state;
    enum { H = 7, W = 8, OH = 3, OW = 6 };
    for (int all = 0; all < 2; all++) {
        message *g = new_message();
        add_value(g, INPUT, "x", (int64_t[]){1, 1, H, W}, 4);
        message *pool = new_node("AveragePool", "p", (const char *const[]){"x", NULL}, "y");
        add_ints_attribute(pool, "kernel_shape", (int64_t[]){2, 3}, 2);
        add_ints_attribute(pool, "strides", (int64_t[]){2, 1}, 2);
        add_ints_attribute(pool, "dilations", (int64_t[]){3, 2}, 2);
        add_ints_attribute(pool, "pads", (int64_t[]){1, 2, 0, 0}, 4);
        add_int_attribute(pool, "count_include_pad", all);
        take_message(g, 1, pool);
        add_value(g, OUTPUT, "y", IMAGE, 0);
        message *m = new_model(g, 19);
        nn_model *model;
        nn_plan *plan;
        nn_error err = {0};
        if (parse(m, &model, &err) != NN_OK)
            fail_msg("%s", err.text);
        assert_int_equal(nn_plan_new(&plan, model, model->fixed_inputs, 1, NULL, &err), NN_OK);
        float *x = nn_plan_input(plan, 0)->data;
        for (int i = 0; i < H * W; i++)
            x[i] = (float)(i * i % 31);
        nn_plan_run(plan);
        const nn_tensor *y = nn_plan_output(plan, 0);
        assert_true(nn_shape_equal(&y->shape, &(nn_shape){4, {1, 1, OH, OW}}));
        for (int i = 0; i < OH * OW; i++)
            assert_true(fabs((double)nn_tensor_f32(y)[i] -
                             plain_average(x, H, W, i / OW, i % OW, all)) < 1e-5);
        nn_plan_free(plan);
        nn_model_free(model);
        free(m);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shapes_are_folded),
        cmocka_unit_test(test_probe),
        cmocka_unit_test(test_graph_format),
        cmocka_unit_test(test_unknown_operators_are_all_named),
        cmocka_unit_test(test_hostile_models),
        cmocka_unit_test(test_large_constants),
        cmocka_unit_test(test_deep_messages),
        cmocka_unit_test(test_every_truncation),
        cmocka_unit_test(test_out_of_memory),
        cmocka_unit_test(test_cards),
        cmocka_unit_test(test_average_with_gaps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
