// SPDX-License-Identifier: MIT
// Graphs as JSON in a safetensors file: fields of all operators, round trips of the zoo, which
// models save their graph, and errors of all kinds.
#include "nn/io/graph_json.h"
#include "nn/base/memory.h"
#include "nn/io/model_graph.h"
#include "nn/ops/op_table.h"
#include "nn/ops/ops.h"
#include "nn/predict/load_model.h"
#include "nn/zoo/zoo.h"
#include "tests/support/alloc.h"
#include "tests/support/files.h"
#include "tests/support/test.h"

#include <math.h>
#include <stdio.h>

// A member of an op's params that is not in the file would be lost.
static void test_fields_cover_params(void **state)
{
    (void)state;
    for (int i = 0; nn_op_table[i]; i++) {
        const nn_op *op = nn_op_table[i];
        bool covered[512] = {false};
        int count = 0;
        assert_true(op->params_size <= sizeof covered);
        for (const nn_field *f = op->fields; f && f->name; f++, count++) {
            assert_true(f->count >= 1);
            assert_int_equal(f->type == NN_FIELD_ENUM, f->names != NULL);
            for (size_t at = f->offset; at < f->offset + 4 * (size_t)f->count; at++) {
                if (at >= op->params_size || covered[at])
                    fail_msg("%s: field %s overlaps or lies outside", op->name, f->name);
                covered[at] = true;
            }
        }
        assert_true(count <= 64);
        for (size_t at = 0; at < op->params_size; at++)
            if (!covered[at])
                fail_msg("%s: byte %zu of its params belongs to no field", op->name, at);
    }
}

// Tensors of the graph's parameters without data.
static nn_bundle make_bundle(const nn_graph *g)
{
    nn_bundle b = {0};
    b.tensors = calloc((size_t)nn_graph_param_count(g) + 1, sizeof *b.tensors);
    for (int i = 0; i < nn_graph_param_count(g); i++) {
        const nn_value_info info = nn_graph_value(g, nn_graph_param_at(g, i));
        int at = b.count++;
        for (; at > 0 && strcmp(b.tensors[at - 1].name, info.name) > 0; at--)
            b.tensors[at] = b.tensors[at - 1];
        b.tensors[at] =
            (nn_bundle_tensor){(char *)info.name, nn_tensor_dense(NN_F32, *info.shape, NULL)};
    }
    return b;
}

static void test_zoo(void **state)
{
    (void)state;
    for (int i = 0; i < nn_zoo_count(); i++) {
        nn_card card = {.task = "classify"};
        nn_graph *g, *back;
        nn_shape *fixed;
        char *json = NULL;
        nn_error err = {0};
        snprintf(card.network, sizeof card.network, "%s", nn_zoo_at(i)->name);
        snprintf(card.task, sizeof card.task, "%s", nn_zoo_own_task(nn_zoo_at(i)));
        if (nn_zoo_graph(&g, &card, &err) != NN_OK ||
            nn_graph_to_json(g, NULL, &json, &err) != NN_OK)
            fail_msg("%s", err.text);
        nn_bundle b = make_bundle(g);
        if (nn_graph_from_json(&back, &fixed, json, &b, &err) != NN_OK)
            fail_msg("%s: %s", card.network, err.text);
        assert_null(fixed);
        assert_true(nn_graph_equal(g, back));
        free(b.tensors);
        nn_free(json);
        nn_graph_free(back);
        nn_graph_free(g);
    }
}

// One of every kind of field, an absent input, floats that JSON has not.
static nn_graph *make_graph(void)
{
    nn_graph *g = nn_graph_new();
    const nn_shape weight = nn_shape_4d(4, 3, 3, 3), table = nn_shape_2d(1, 4);
    const nn_value image = nn_graph_input(g, "image"),
                   w = nn_graph_param(g, "w", NN_PARAM_WEIGHT, &weight),
                   t = nn_graph_param(g, "t", NN_PARAM_BUFFER, &table);
    const nn_conv2d_params conv = {
        .stride = {2, 1}, .dilation = {1, 1}, .pad = {1, 0, 1}, .groups = 1, .act = NN_ACT_SILU};
    const nn_pointwise_params clip = {NN_POINTWISE_CLIP, -INFINITY, 0.1f};
    const nn_reshape_params shape = {3, {1, 4, -1}};
    nn_value v = nn_graph_node(g, &nn_op_conv2d, "conv", &conv,
                               (const nn_value[]){image, w, NN_NO_VALUE, NN_NO_VALUE}, 4);
    v = nn_graph_node(g, &nn_op_pointwise, "clip", &clip, &v, 1);
    v = nn_graph_node(g, &nn_op_reshape, "shape", &shape, &v, 1);
    nn_graph_output(g, "y", v);
    nn_graph_output(g, "table", t);
    return g;
}

static const nn_shape image_shape = {4, {1, 3, 8, 6}};

static void test_small(void **state)
{
    (void)state;
    nn_graph *g = make_graph(), *back;
    nn_bundle b = make_bundle(g);
    nn_shape *fixed;
    nn_error err = {0};
    char *json;
    assert_int_equal(nn_graph_to_json(g, &image_shape, &json, &err), NN_OK);
    assert_string_equal(
        json,
        "{\"version\":1,\"inputs\":[{\"name\":\"image\",\"shape\":[1,3,8,6]}],"
        "\"parameters\":[{\"name\":\"w\",\"kind\":\"weight\"},{\"name\":\"t\",\"kind\":\"buffer\"}]"
        ","
        "\"nodes\":[{\"name\":\"conv\",\"op\":\"conv2d\",\"in\":[\"image\",\"w\",null,null],"
        "\"params\":{\"stride\":[2,1],\"dilation\":[1,1],\"pad\":[1,0,1],\"groups\":1,"
        "\"act\":\"silu\"}},"
        "{\"name\":\"clip\",\"op\":\"pointwise\",\"in\":[\"conv\"],"
        "\"params\":{\"kind\":\"clip\",\"a\":\"-inf\",\"b\":0.1}},"
        "{\"name\":\"shape\",\"op\":\"reshape\",\"in\":[\"clip\"],"
        "\"params\":{\"rank\":3,\"dim\":[1,4,-1]}}],"
        "\"outputs\":[{\"name\":\"y\",\"value\":\"shape\"},{\"name\":\"table\",\"value\":\"t\"}]}");
    assert_int_equal(nn_graph_from_json(&back, &fixed, json, &b, &err), NN_OK);
    assert_true(nn_graph_equal(g, back));
    assert_true(nn_shape_equal(fixed, &image_shape));
    nn_free(fixed);
    nn_free(json);
    nn_graph_free(back);
    nn_graph_free(g);
    free(b.tensors);
}

#define TEXT(inputs, parameters, nodes, outputs)                                                   \
    "{\"version\":1,\"inputs\":[" inputs "],\"parameters\":[" parameters "],\"nodes\":[" nodes     \
    "],\"outputs\":[" outputs "]}"
#define IN "{\"name\":\"x\",\"shape\":[1,3,8,8]}"
#define OUT "{\"name\":\"y\",\"value\":\"n\"}"
#define RELU "{\"name\":\"n\",\"op\":\"relu\",\"in\":[\"x\"]}"
#define FLATTEN(params) "{\"name\":\"n\",\"op\":\"flatten\",\"in\":[\"x\"],\"params\":" params "}"
#define CLIP(params) "{\"name\":\"n\",\"op\":\"pointwise\",\"in\":[\"x\"],\"params\":" params "}"
#define TILE(params) "{\"name\":\"n\",\"op\":\"tile\",\"in\":[\"x\"],\"params\":" params "}"

static const struct {
    const char *json, *says;
} refused[] = {
    {"", "JSON"},
    {"[]", "no version"},
    {"{\"version\":2}", "version 2"},
    {"{\"version\":1}", "'inputs' is no list"},
    {TEXT("3", "", RELU, OUT), "item 0 of 'inputs' has no usable name"},
    {TEXT("{\"name\":\"\"}", "", RELU, OUT), "no usable name"},
    {TEXT("{\"name\":\"x\",\"shape\":[-1]}", "", RELU, OUT), "'x': 'shape'"},
    {TEXT("{\"name\":\"x\",\"shape\":[1,1,1,1,1,1,1,1,1]}", "", RELU, OUT), "'x': 'shape'"},
    {TEXT("{\"name\":\"x\",\"shape\":[9000000000000000,9000000000000000]}", "", RELU, OUT),
     "too many"},
    {TEXT(IN ",{\"name\":\"z\"}", "", RELU, OUT), "some inputs have a shape"},
    {TEXT(IN "," IN, "", RELU, OUT), "two values named \"x\""},
    {TEXT(IN, "{\"name\":\"w\"}", RELU, OUT), "no usable kind"},
    {TEXT(IN, "{\"name\":\"w\",\"kind\":\"heavy\"}", RELU, OUT), "no kind is called 'heavy'"},
    {TEXT(IN, "{\"name\":\"v\",\"kind\":\"bias\"}", RELU, OUT), "'v' has no tensor"},
    {TEXT(IN, "{\"name\":\"w\",\"kind\":\"bias\"},{\"name\":\"w\",\"kind\":\"bias\"}", RELU, OUT),
     "is no list of up to 1"},
    {TEXT(IN, "", "{\"name\":\"n\",\"op\":\"fly\",\"in\":[\"x\"]}", OUT), "no operator 'fly'"},
    {TEXT(IN, "", "{\"op\":\"relu\",\"in\":[\"x\"]}", OUT), "item 0 of 'nodes'"},
    {TEXT(IN, "", RELU "," RELU, OUT), "two values named \"n\""},
    {TEXT(IN, "", "{\"name\":\"n\",\"op\":\"relu\",\"in\":[\"n\"]}", OUT), "'n', is no value"},
    {TEXT(IN, "", "{\"name\":\"n\",\"op\":\"relu\",\"in\":[7]}", OUT), "is no value"},
    {TEXT(IN, "", "{\"name\":\"n\",\"op\":\"relu\",\"in\":{}}", OUT), "'in' is no list"},
    {TEXT(IN, "", "{\"name\":\"n\",\"op\":\"relu\",\"in\":[\"x\",\"x\"]}", OUT), "takes 1 to 1"},
    {TEXT(IN, "", "{\"name\":\"n\",\"op\":\"relu\",\"in\":[\"x\"],\"params\":{\"a\":1}}", OUT),
     "relu has no parameter 'a'"},
    {TEXT(IN, "", FLATTEN("[]"), OUT), "'params' is no object"},
    {TEXT(IN, "", FLATTEN("{\"axes\":1}"), OUT), "no parameter 'axes'"},
    {TEXT(IN, "", FLATTEN("{\"axis\":1,\"axis\":2}"), OUT), "'axis' stands twice"},
    {TEXT(IN, "", FLATTEN("{\"axis\":1.5}"), OUT), "'axis' is nothing that flatten takes"},
    {TEXT(IN, "", FLATTEN("{\"axis\":3000000000}"), OUT), "'axis' is nothing"},
    {TEXT(IN, "", FLATTEN("{\"axis\":[1]}"), OUT), "'axis' is nothing"},
    {TEXT(IN, "", CLIP("{\"kind\":\"melt\"}"), OUT), "'kind' is nothing"},
    {TEXT(IN, "", CLIP("{\"kind\":4}"), OUT), "'kind' is nothing"},
    {TEXT(IN, "", CLIP("{\"a\":1e39}"), OUT), "'a' is nothing"},
    {TEXT(IN, "", CLIP("{\"a\":\"big\"}"), OUT), "'a' is nothing"},
    {TEXT(IN, "", TILE("{\"repeats\":[1,1,1,1,1,1,1,1,1]}"), OUT), "'repeats' is nothing"},
    {TEXT(IN, "", TILE("{\"repeats\":2}"), OUT), "'repeats' is nothing"},
    {TEXT(IN, "", RELU, ""), "no output"},
    {TEXT(IN, "", RELU, "{\"name\":\"y\",\"value\":\"z\"}"), "no value is called 'z'"},
    {TEXT(IN, "", RELU, OUT "," OUT), "two outputs are called 'y'"},
};

static void test_refused(void **state)
{
    (void)state;
    nn_bundle_tensor w = {(char *)"w", nn_tensor_dense(NN_F32, nn_shape_1d(2), NULL)};
    const nn_bundle b = {.tensors = &w, .count = 1};
    nn_graph *g;
    nn_shape *fixed;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        nn_error err = {0};
        const nn_status status = nn_graph_from_json(&g, &fixed, refused[i].json, &b, &err);
        if (status == NN_OK || status == NN_ENOMEM || !strstr(err.text, refused[i].says) ||
            strncmp(err.text, "graph: ", 7) != 0)
            fail_msg("%s: '%s', expected '%s'", refused[i].json, err.text, refused[i].says);
        assert_null(g);
        assert_null(fixed);
    }
    assert_int_equal(nn_graph_from_json(&g, &fixed, TEXT(IN, "", RELU, OUT), &b, NULL), NN_OK);
    nn_graph_free(g);
    nn_free(fixed);
    assert_int_equal(nn_graph_from_json(&g, &fixed, "{}", &b, NULL), NN_EFORMAT);
}

// Params that suit no shape are found when the file is opened.
static void test_absurd_params(void **state)
{
    (void)state;
    static const char *const nodes[] = {
        FLATTEN("{\"axis\":7}"),
        TILE("{\"rank\":4,\"repeats\":[1,1,1]}"),
        "{\"name\":\"n\",\"op\":\"max_pool\",\"in\":[\"x\"],\"params\":{\"kernel\":[2,2],"
        "\"stride\":[-1,1]}}",
        "{\"name\":\"n\",\"op\":\"max_pool\",\"in\":[\"x\"],\"params\":{\"kernel\":[2,2],"
        "\"stride\":[2000000000,1]}}",
        "{\"name\":\"n\",\"op\":\"reshape\",\"in\":[\"x\"],\"params\":{\"rank\":9}}",
    };
    const test_path path = test_temp("absurd.safetensors");
    for (size_t i = 0; i < sizeof nodes / sizeof *nodes; i++) {
        char json[1024];
        snprintf(json, sizeof json, TEXT(IN, "", "%s", OUT), nodes[i]);
        const char *const meta[] = {NN_MODEL_GRAPH_KEY, json};
        nn_model *m;
        nn_error err = {0};
        assert_int_equal(nn_bundle_save(path.text, NULL, NULL, 0, meta, 1, &err), NN_OK);
        assert_int_not_equal(nn_model_load(&m, path.text, &err), NN_OK);
        if (!strstr(err.text, "absurd.safetensors: graph: node n"))
            fail_msg("%s", err.text);
        assert_null(m);
    }
}

static nn_model *make_zoo_model(void)
{
    nn_card card = {.network = "neroscale_alexpp",
                    .options = "classes=2,alpha=0.125,beta=0.25",
                    .task = "classify",
                    .input_h = 64,
                    .input_w = 64};
    nn_model *m;
    assert_int_equal(nn_zoo_build(&m, &card, NULL), NN_OK);
    nn_model_init_reference(m);
    return m;
}

static bool has_graph(const char *path)
{
    nn_bundle b;
    assert_int_equal(nn_bundle_load(&b, path, NULL), NN_OK);
    const bool has = nn_bundle_meta(&b, NN_MODEL_GRAPH_KEY);
    nn_bundle_release(&b);
    return has;
}

// The graph is saved when card and options would not rebuild it.
static void test_which_take_their_graph(void **state)
{
    (void)state;
    const test_path path = test_temp("m.safetensors");
    nn_model *m = make_zoo_model(), *back;
    nn_error err = {0};
    assert_true(nn_model_is_zoo(m));
    assert_int_equal(nn_model_save(m, path.text, false, &err), NN_OK);
    assert_false(has_graph(path.text));
    assert_int_equal(nn_model_fuse(&m, 0, &err), NN_OK);
    assert_false(nn_model_is_zoo(m));
    assert_int_equal(nn_model_save(m, path.text, false, &err), NN_OK);
    assert_true(has_graph(path.text));
    if (nn_model_load(&back, path.text, &err) != NN_OK)
        fail_msg("%s", err.text);
    assert_true(nn_graph_equal(m->graph, back->graph));
    assert_string_equal(back->card.network, "neroscale_alexpp");
    for (int i = 0; i < nn_graph_param_count(m->graph); i++)
        assert_memory_equal(m->params[i].data, back->params[i].data,
                            nn_tensor_bytes(&m->params[i]));
    nn_model_free(back);
    nn_model_free(m);
}

// A graph without a card, whose inputs are no images; a table that is not trained keeps float32.
static void test_graph_alone(void **state)
{
    (void)state;
    const test_path path = test_temp("alone.safetensors");
    const nn_shape scores = nn_shape_2d(2, 4);
    nn_graph *g = nn_graph_new();
    const nn_value x = nn_graph_input(g, "scores"),
                   w = nn_graph_param(g, "w", NN_PARAM_WEIGHT, &(nn_shape){2, {3, 4}}),
                   t = nn_graph_param(g, "t", NN_PARAM_BUFFER, &(nn_shape){2, {2, 3}});
    const nn_linear_params plain = {0};
    nn_value y = nn_graph_node(g, &nn_op_linear, "fc", &plain, (const nn_value[]){x, w}, 2);
    y = nn_graph_node(g, &nn_op_add, "sum", NULL, (const nn_value[]){y, t}, 2);
    nn_graph_output(g, "y", y);
    nn_model *m, *back;
    nn_error err = {0};
    assert_int_equal(nn_model_new(&m, g, &err), NN_OK);
    m->fixed_inputs = nn_calloc(1, sizeof *m->fixed_inputs);
    *m->fixed_inputs = scores;
    nn_tensor_f32(nn_model_param(m, "t"))[1] = 0.1f;
    assert_int_equal(nn_model_save(m, path.text, true, &err), NN_OK);
    if (nn_model_load(&back, path.text, &err) != NN_OK)
        fail_msg("%s", err.text);
    assert_true(nn_shape_equal(back->fixed_inputs, &scores));
    assert_true(back->half);
    assert_true(nn_tensor_f32(nn_model_param(back, "t"))[1] == 0.1f);
    assert_string_equal(back->card.network, "");
    assert_true(back->card.std[0] == 1);
    nn_model_free(back);
    nn_model_free(m);
}

static nn_status load_again(void *ctx, nn_error *err)
{
    nn_model *m;
    const nn_status status = nn_model_load(&m, ctx, err);
    nn_model_free(m);
    return status;
}

static nn_status save_again(void *ctx, nn_error *err)
{
    return nn_model_save(ctx, test_temp("again.safetensors").text, false, err);
}

static void test_memory(void **state)
{
    (void)state;
    test_path path = test_temp("memory.safetensors");
    nn_graph *g = make_graph();
    nn_model *m;
    assert_int_equal(nn_model_new(&m, g, NULL), NN_OK);
    m->fixed_inputs = nn_calloc(1, sizeof *m->fixed_inputs);
    *m->fixed_inputs = image_shape;
    assert_int_equal(nn_model_save(m, path.text, false, NULL), NN_OK);
    assert_true(alloc_fail_each(save_again, m) > 3);
    assert_true(alloc_fail_each(load_again, path.text) > 10);
    nn_model_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fields_cover_params),
        cmocka_unit_test(test_zoo),
        cmocka_unit_test(test_small),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_absurd_params),
        cmocka_unit_test(test_which_take_their_graph),
        cmocka_unit_test(test_graph_alone),
        cmocka_unit_test(test_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
