// SPDX-License-Identifier: MIT
// ncnn models written here line by line: names, sizes, both kinds of weights, and every kind of
// file that must be refused with the reason.
#include "nn/io/ncnn/ncnn.h"
#include "nn/graph/plan.h"
#include "nn/io/io.h"
#include "nn/predict/load_model.h"
#include "tests/support/alloc.h"
#include "tests/support/files.h"
#include "tests/support/test.h"

#include <math.h>
#include <stdio.h>

// A small detector: float16 and float32 weights, groups, a split, an upsampling and a constant.
static const char NET[] = "7767517\n"
                          "9 10\n"
                          "Input data 0 1 data\n"
                          "Convolution conv 1 1 data a 0=4 1=3 3=2 4=1 5=1 6=108 9=2 "
                          "-23310=1,1.000000e-01\n"
                          "Split split 1 2 a a0 a1\n"
                          "ConvolutionDepthWise wide 1 1 a0 b 0=4 1=3 3=2 4=1 5=0 6=36 7=4\n"
                          "Interp up 1 1 b c 0=2 1=2.000000e+00 2=2.000000e+00\n"
                          "BinaryOp sum 2 1 a1 c d\n"
                          "MemoryData bias 0 1 e 0=1 1=1 2=4\n"
                          "BinaryOp shift 2 1 d e f 0=0\n"
                          "Reshape flat 1 1 f out 0=-1 1=4\n";

typedef struct weights {
    uint8_t bytes[1024];
    size_t size;
} weights;

static void add_tag(weights *w, uint32_t tag)
{
    memcpy(w->bytes + w->size, &tag, sizeof tag);
    w->size += sizeof tag;
}

static void add_floats(weights *w, int count)
{
    for (int i = 0; i < count; i++) {
        const float v = 0.25f * (float)(i % 7 - 3);
        memcpy(w->bytes + w->size, &v, sizeof v);
        w->size += sizeof v;
    }
}

static void add_halves(weights *w, int count)
{
    for (int i = 0; i < count; i++) {
        const float v = 0.25f * (float)(i % 7 - 3);
        nn_convert(NN_F16, w->bytes + w->size, NN_F32, &v, 1);
        w->size += 2;
    }
    w->size += w->size % 4;
}

static weights net_weights(void)
{
    weights w = {.size = 0};
    add_tag(&w, 0x01306B47);
    add_halves(&w, 108);
    add_floats(&w, 4);
    add_tag(&w, 0);
    add_floats(&w, 36);
    add_floats(&w, 4);
    return w;
}

// So that ASan sees every overrun.
static nn_status parse(nn_model **out, const char *text, size_t length, const weights *w,
                       size_t size, nn_error *err)
{
    char *param = calloc(length, 1), *bin = calloc(size, 1);
    if (length)
        memcpy(param, text, length);
    if (size)
        memcpy(bin, w->bytes, size);
    nn_status status = nn_ncnn_parse(out, param, length, bin, size, NULL, err);
    free(param);
    free(bin);
    return status;
}

static nn_model *read_net(void)
{
    const weights w = net_weights();
    nn_model *m;
    nn_error err = {0};
    if (parse(&m, NET, strlen(NET), &w, w.size, &err) != NN_OK)
        fail_msg("%s", err.text);
    return m;
}

static void expect_refused(const char *text, const weights *w, nn_status status, const char *says)
{
    nn_model *m;
    nn_error err = {0};
    nn_status got = parse(&m, text, strlen(text), w, w->size, &err);
    if (got != status || !strstr(err.text, says))
        fail_msg("%s: '%s', expected %s: '%s'", nn_status_name(got), err.text,
                 nn_status_name(status), says);
    assert_null(m);
}

static void test_names_and_sizes(void **state)
{
    (void)state;
    static const char *const params[] = {"conv.weight", "conv.bias", "wide.weight", "bias"};
    static const char *const nodes[] = {"conv", "conv.act", "wide", "up", "sum", "shift", "flat"};
    nn_model *m = read_net();
    assert_int_equal(nn_graph_param_count(m->graph), 4);
    for (int i = 0; i < 4; i++)
        assert_non_null(nn_model_param(m, params[i]));
    assert_int_equal(nn_graph_node_count(m->graph), 7);
    for (int i = 0; i < 7; i++)
        assert_string_equal(nn_graph_node_at(m->graph, i).name, nodes[i]);
    assert_string_equal(nn_graph_output_name(m->graph, 0), "out");
    assert_true(m->half);
    assert_float_equal(nn_tensor_f32(nn_model_param(m, "conv.weight"))[1], -0.5f, 0);
    assert_float_equal(nn_tensor_f32(nn_model_param(m, "conv.bias"))[3], 0, 0);
    assert_float_equal(nn_tensor_f32(nn_model_param(m, "wide.weight"))[35], -0.75f, 0);
    assert_int_equal(m->card.input_h, 416);
    nn_model_free(m);
}

// The graph takes pictures of any size whose sides the network's steps divide.
static void test_any_size(void **state)
{
    (void)state;
    static const int sizes[][2] = {{416, 416}, {64, 96}, {20, 12}};
    nn_model *m = read_net();
    assert_null(m->fixed_inputs);
    for (int i = 0; i < 3; i++) {
        const nn_shape in = nn_shape_4d(1, 3, sizes[i][0], sizes[i][1]);
        const nn_shape want = {3, {1, 4, sizes[i][0] / 2 * sizes[i][1] / 2}};
        nn_plan *plan;
        nn_error err = {0};
        assert_int_equal(nn_plan_new(&plan, m, &in, 1, NULL, &err), NN_OK);
        nn_fill_reference_input(nn_plan_input(plan, 0));
        nn_plan_run(plan);
        assert_true(nn_shape_equal(&nn_plan_output(plan, 0)->shape, &want));
        nn_plan_free(plan);
    }
    nn_model_free(m);
}

// Sizes that are written down bind the graph to the input that they are for.
static void test_bound_size(void **state)
{
    (void)state;
    static const char net[] = "7767517\n3 3\nInput in 0 1 x 0=8 1=6 2=3\n"
                              "Reshape r 1 1 x y 0=48 1=3\nReLU act 1 1 y z\n";
    const weights none = {.size = 0};
    nn_model *m;
    nn_error err = {0};
    assert_int_equal(parse(&m, net, strlen(net), &none, 0, &err), NN_OK);
    assert_non_null(m->fixed_inputs);
    assert_true(nn_shape_equal(m->fixed_inputs, &(nn_shape){4, {1, 3, 6, 8}}));
    nn_model_free(m);
    const nn_graph_load_options larger = {.input_h = 12, .input_w = 8};
    assert_int_equal(nn_ncnn_parse(&m, net, strlen(net), "", 0, &larger, &err), NN_ESHAPE);
    assert_non_null(strstr(err.text, "layer 'r', line 4"));
}

// The inputs of ncnn's last layer become the outputs, in its order; its settings go into the card.
// The masks are as old converters wrote them: the bits of floats.
static void test_anchors(void **state)
{
    (void)state;
    static const char net[] =
        "7767517\n5 6\nInput in 0 1 x 0=64 1=64 2=3\n"
        "Pooling half 1 1 x y 0=1 1=16 2=16\nConvolution a 1 1 y fine 0=14 1=1 6=42\n"
        "Convolution b 1 1 y coarse 0=14 1=1 3=2 6=42\n"
        "Yolov3DetectionOutput out 2 1 coarse fine boxes 0=2 1=2 2=0.25 "
        "-23304=8,1.0,2.0,3.0,4.0,5.0,6.0,7.5,8.0 "
        "-23305=4,1073741824,1077936128,0,1065353216 -23306=2,33.6,16.0\n";
    const struct {
        int stride;
        float first[2], second[2], reach;
    } want[] = {{32, {5, 6}, {7.5f, 8}, 1.05f}, {16, {1, 2}, {3, 4}, 0}};
    weights w = {.size = 0};
    nn_model *m;
    nn_error err = {0};
    for (int i = 0; i < 2; i++) {
        add_tag(&w, 0);
        add_floats(&w, 42);
    }
    if (parse(&m, net, strlen(net), &w, w.size, &err) != NN_OK)
        fail_msg("%s", err.text);
    assert_string_equal(nn_graph_output_name(m->graph, 0), "coarse");
    assert_string_equal(nn_graph_output_name(m->graph, 1), "fine");
    assert_int_equal(nn_graph_output_count(m->graph), 2);
    assert_string_equal(m->card.head, "yolov3");
    assert_int_equal(m->card.anchors.count, 2);
    for (int i = 0; i < 2; i++) {
        const nn_anchor_level *level = &m->card.anchors.level[i];
        assert_int_equal(level->stride, want[i].stride);
        assert_int_equal(level->count, 2);
        assert_float_equal(level->scale_x_y, want[i].reach, 1e-6);
        assert_memory_equal(level->size[0], want[i].first, sizeof want[i].first);
        assert_memory_equal(level->size[1], want[i].second, sizeof want[i].second);
    }
    nn_model_free(m);
}

// SSD's boxes and scores are outputs for our decoder: here one prior a cell of a picture of 8 x 4.
static void test_ssd(void **state)
{
    (void)state;
    static const char net[] = "7767517\n7 8\nInput in 0 1 x 0=8 1=4 2=3\n"
                              "Pooling p 1 1 x cells 0=1 1=4 2=4\n"
                              "PriorBox l 1 1 cells priors -23300=1,2.0 9=8 10=4 13=0.5\n"
                              "MemoryData a 0 1 moves 0=8\nMemoryData b 0 1 odds 0=4\n"
                              "ReLU r 1 1 odds scored\n"
                              "DetectionOutput d 3 1 moves scored priors boxes 0=2 1=0.45\n";
    weights w = {.size = 0};
    nn_model *m;
    nn_plan *plan;
    nn_error err = {0};
    add_floats(&w, 8);
    add_floats(&w, 4);
    if (parse(&m, net, strlen(net), &w, w.size, &err) != NN_OK)
        fail_msg("%s", err.text);
    assert_string_equal(m->card.head, "ssd");
    assert_string_equal(nn_graph_output_name(m->graph, 0), "scores");
    const int boxes = nn_graph_find_output(m->graph, "boxes");
    if (nn_plan_new(&plan, m, m->fixed_inputs, 1, NULL, &err) != NN_OK)
        fail_msg("%s", err.text);
    nn_plan_run(plan);
    assert_true(nn_shape_equal(&nn_plan_output(plan, 0)->shape, &(nn_shape){3, {1, 2, 2}}));
    assert_true(nn_shape_equal(&nn_plan_output(plan, boxes)->shape, &(nn_shape){3, {1, 2, 4}}));
    for (int i = 0; i < 2; i++) {
        float move[4];
        for (int k = 0; k < 4; k++)
            move[k] = 0.25f * (float)((4 * i + k) % 7 - 3);
        const float *box = nn_tensor_f32(nn_plan_output(plan, boxes)) + 4 * i;
        const float side[2] = {2 / 8.0f, 2 / 4.0f}, at[2] = {((float)i + 0.5f) * 4 / 8, 0.5f};
        for (int k = 0; k < 2; k++) { // Liu 2016, section 2.2, with Caffe's variances
            const float centre = at[k] + 0.1f * move[k] * side[k];
            const float half = 0.5f * side[k] * expf(0.2f * move[2 + k]);
            assert_float_equal(box[k], centre - half, 1e-6);
            assert_float_equal(box[2 + k], centre + half, 1e-6);
        }
    }
    nn_plan_free(plan);
    nn_model_free(m);
}

static void test_files(void **state)
{
    (void)state;
    const weights w = net_weights();
    const test_path param = test_temp("net.param"), bin = test_temp("net.bin");
    const test_path lonely = test_temp("lonely.param"), odd = test_temp("odd.txt");
    const test_path alone = test_temp("alone.bin");
    nn_model *m;
    nn_error err = {0};
    test_write(param.text, NET, strlen(NET));
    test_write(bin.text, w.bytes, w.size);
    test_write(lonely.text, NET, strlen(NET));
    test_write(odd.text, NET, strlen(NET));
    test_write(alone.text, w.bytes, w.size);
    const test_path *const either[] = {&param, &bin};
    for (int i = 0; i < 2; i++) {
        assert_string_equal(nn_graph_format_find(either[i]->text)->name, "ncnn");
        assert_int_equal(nn_model_load(&m, either[i]->text, &err), NN_OK);
        assert_int_equal(nn_graph_node_count(m->graph), 7);
        nn_model_free(m);
    }
    assert_int_equal(nn_model_load(&m, lonely.text, &err), NN_ENOTFOUND);
    assert_non_null(strstr(err.text, "lonely.bin, is missing"));
    assert_int_equal(nn_model_load(&m, alone.text, &err), NN_ENOTFOUND);
    assert_non_null(strstr(err.text, "alone.param, is missing"));
    assert_int_equal(nn_model_load(&m, odd.text, &err), NN_EUNSUPPORTED);
    assert_non_null(strstr(err.text, "must end in .param"));
}

static void test_unknown_layers_are_all_named(void **state)
{
    (void)state;
    const weights none = {.size = 0};
    expect_refused("7767517\n5 5\nInput in 0 1 x\nLSTM rnn 1 1 x y\nFoo one 1 1 y z\n"
                   "ReLU act 1 1 z u\nFoo two 1 1 u v\n",
                   &none, NN_EUNSUPPORTED,
                   "not supported: LSTM (layer 'rnn'), Foo (layer 'one' and 1 more)");
}

// ncnn reads as many layers as line 2 announces, and published files have more lines after them.
static void test_lines_behind(void **state)
{
    (void)state;
    static const char net[] = "7767517\n2 2\nInput in 0 1 x 0=4 1=4 2=3\nReLU r 1 1 x y\n"
                              "Noop end 1 1 y z\nanything\n";
    const weights none = {.size = 0};
    nn_model *m;
    nn_error err = {0};
    assert_int_equal(parse(&m, net, strlen(net), &none, 0, &err), NN_OK);
    assert_string_equal(nn_graph_output_name(m->graph, 0), "y");
    nn_model_free(m);
}

static void test_hostile_text(void **state)
{
    (void)state;
    const weights none = {.size = 0};
    static const struct {
        const char *text;
        nn_status status;
        const char *says;
    } cases[] = {
        {"7767516\n1 1\n", NN_EFORMAT, "does not begin with"},
        {"7767517", NN_EFORMAT, "does not begin with"},
        {"7767517\n", NN_EFORMAT, "line 2"},
        {"7767517\n1\n", NN_EFORMAT, "line 2"},
        {"7767517\n-1 1\n", NN_EUNSUPPORTED, "-1 layers"},
        {"7767517\n2000000000 1\n", NN_EUNSUPPORTED, "2000000000 layers"},
        {"7767517\n19999 1\n", NN_EFORMAT, "19999 layers"},
        {"7767517\n2 1\nInput in 0 1 x\n", NN_EFORMAT, "2 layers, there are 1"},
        {"7767517\n2 1\nInput in 0 1 x\nReLU r 1 1 x y\n", NN_EFORMAT, "more blobs than the 1"},
        {"7767517\n2 2\nReLU r 1 1 x y\nInput in 0 1 x\n", NN_EFORMAT, "line 3: r reads the blob"},
        {"7767517\n2 2\nInput in 0 1 x\nReLU r 1 1 y y\n", NN_EFORMAT, "'y', which no layer"},
        {"7767517\n2 2\nInput in 0 1 x\nReLU r 1 1 x x\n", NN_EFORMAT, "a second layer makes"},
        {"7767517\n2 2\nInput in 0 1 x\nReLU r 1 1000000 x y\n", NN_EFORMAT, "line 4 is no layer"},
        {"7767517\n2 2\nInput in 0 1 x\nReLU r 1 2 x y\n", NN_EFORMAT, "has no name"},
        {"7767517\n2 2\nInput in 0 1 x\nReLU r 1 1 x y z\n", NN_EFORMAT, "number=value"},
        {"7767517\n2 2\nInput in 0 1 x\nReLU r 1 1 x y 0=nan\n", NN_EUNSUPPORTED, "is text"},
        {"7767517\n2 2\nInput in 0 1 x\nReLU r 1 1 x y 0=1e99999\n", NN_EFORMAT, "is no number"},
        {"7767517\n2 2\nInput in 0 1 x\nReLU r 1 1 x y 99=1\n", NN_EFORMAT, "0 to 31"},
        {"7767517\n2 2\nInput in 0 1 x\nReLU r 1 1 x y -23300=3,1,2\n", NN_EFORMAT, "array"},
        {"7767517\n2 2\nInput in 0 1 x\nReLU r 1 1 x y -23300=2000000000,1\n", NN_EFORMAT, "array"},
        {"7767517\n2 2\nInput in 0 1 x\nReLU r 1 1 x y 0=1,2\n", NN_EFORMAT, "no single number"},
        {"7767517\n2 2\nInput in 0 1 x\nReshape r 1 1 x y 6=\"0w\"\n", NN_EUNSUPPORTED, "express"},
        {"7767517\n2 2\nInput in 0 1 x\nPooling r 1 1 x y 1=2.5\n", NN_EFORMAT, "whole number"},
        {"7767517\n1 1\nMemoryData m 0 1 x 0=3000000000\n", NN_EFORMAT, "whole number"},
        {"7767517\n2 2\nInput in 0 1 x 0=2000000000 1=2000000000 2=2000000000\nReLU r 1 1 x y\n",
         NN_ESHAPE, "too many"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        expect_refused(cases[i].text, &none, cases[i].status, cases[i].says);
}

static void test_hostile_weights(void **state)
{
    (void)state;
    static const char net[] = "7767517\n2 2\nInput in 0 1 x\nConvolution c 1 1 x y 0=2 1=1 6=6\n";
    weights w = {.size = 0};
    add_tag(&w, 0x000D4B38);
    add_floats(&w, 6);
    expect_refused(net, &w, NN_EUNSUPPORTED, "int8");
    w.size = 0;
    add_tag(&w, 0x00000101);
    add_floats(&w, 6);
    expect_refused(net, &w, NN_EUNSUPPORTED, "table of 256 numbers");
    w.size = 0;
    add_tag(&w, 0);
    add_floats(&w, 7);
    expect_refused(net, &w, NN_EFORMAT, "4 bytes are left");
    expect_refused("7767517\n2 2\nInput in 0 1 x\nConvolution c 1 1 x y 0=2 1=1 6=6 8=1\n", &w,
                   NN_EUNSUPPORTED, "int8");
    expect_refused("7767517\n2 2\nInput in 0 1 x\nConvolution c 1 1 x y 0=2 1=1 6=7\n", &w,
                   NN_EFORMAT, "7 weights for 2 outputs");
    expect_refused("7767517\n2 2\nInput in 0 1 x\n"
                   "Convolution c 1 1 x y 0=1000000 1=1000 6=2000000000\n",
                   &w, NN_EFORMAT, "weights for");
    expect_refused("7767517\n2 2\nInput in 0 1 x\nInnerProduct c 1 1 x y 0=1 2=519168\n", &w,
                   NN_EFORMAT, "2076672 bytes of weights, but 28 are left");
}

static void test_every_truncation(void **state)
{
    (void)state;
    const weights w = net_weights();
    nn_model *m;
    nn_error err;
    for (size_t n = 0; n < strlen(NET) - 1; n++) {
        const nn_status status = parse(&m, NET, n, &w, w.size, &err);
        if (status == NN_OK) // a vector instead of a matrix
            assert_true(n == strlen(NET) - 5 || n == strlen(NET) - 4);
        nn_model_free(m);
    }
    for (size_t n = 0; n < w.size; n++)
        assert_int_equal(parse(&m, NET, strlen(NET), &w, n, &err), NN_EFORMAT);
}

static nn_status parse_once(void *ctx, nn_error *err)
{
    const weights *w = ctx;
    nn_model *m;
    nn_status status = nn_ncnn_parse(&m, NET, strlen(NET), w->bytes, w->size, NULL, err);
    nn_model_free(m);
    return status;
}

static void test_out_of_memory(void **state)
{
    (void)state;
    weights w = net_weights();
    assert_true(alloc_fail_each(parse_once, &w) > 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names_and_sizes),
        cmocka_unit_test(test_any_size),
        cmocka_unit_test(test_bound_size),
        cmocka_unit_test(test_anchors),
        cmocka_unit_test(test_ssd),
        cmocka_unit_test(test_files),
        cmocka_unit_test(test_unknown_layers_are_all_named),
        cmocka_unit_test(test_lines_behind),
        cmocka_unit_test(test_hostile_text),
        cmocka_unit_test(test_hostile_weights),
        cmocka_unit_test(test_every_truncation),
        cmocka_unit_test(test_out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
