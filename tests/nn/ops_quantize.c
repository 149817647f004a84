// SPDX-License-Identifier: MIT
// quantize_linear and dequantize_linear: values computed by hand, gradients that pass rounding
// straight through, blocked images, shapes that do not fit; and models with them as files.
#include "nn/base/memory.h"
#include "nn/graph/plan.h"
#include "nn/graph/quantized.h"
#include "nn/io/io.h"
#include "nn/io/save_format.h"
#include "nn/ops/ops.h"
#include "nn/predict/load_model.h"
#include "tests/support/files.h"
#include "tests/support/op_impls.h"
#include "tests/support/op_run.h"
#include "tests/support/op_same.h"
#include "tests/support/test.h"

#include <math.h>
#include <stdio.h>
#include <sys/stat.h>

// Runs an op forward and backward (with a gradient of 1 2 3 ...) and compares.
static void expect(const nn_op *op, const nn_quantize_params *p, const nn_shape *shapes,
                   const float *const *in, int n_in, const float *want, const float *gradient)
{
    op_run r;
    op_run_init(&r, op, p, shapes, n_in, 2, 1);
    for (int i = 0; i < n_in; i++)
        memcpy(r.in[i].data, in[i], nn_tensor_bytes(&r.in[i]));
    op_run_forward(&r);
    const int64_t count = nn_shape_count(&shapes[0]);
    for (int64_t i = 0; i < count; i++)
        if (nn_tensor_f32(&r.out)[i] != want[i])
            fail_msg("%s: element %d is %g, not %g", op->name, (int)i,
                     (double)nn_tensor_f32(&r.out)[i], (double)want[i]);
    if (gradient) {
        for (int64_t i = 0; i < count; i++)
            nn_tensor_f32(&r.grad_out)[i] = (float)(i + 1);
        op_run_backward(&r);
        for (int64_t i = 0; i < count; i++)
            if (nn_tensor_f32(&r.grad_in[0])[i] != gradient[i])
                fail_msg("%s: gradient %d is %g, not %g", op->name, (int)i,
                         (double)nn_tensor_f32(&r.grad_in[0])[i], (double)gradient[i]);
    }
    op_run_release(&r);
}

static void test_unsigned_with_one_scale(void **state)
{
    // In quanta of 0.5: halves go to the even number, then the zero point is added.
    const float x[] = {0,     0.25f, 0.75f, 1.25f,  -0.25f, -0.75f,
                       1.24f, -5,    -5.3f, 122.5f, 122.8f, NAN};
    const float scale = 0.5f, zero = 10;
    const float want[] = {10, 10, 12, 12, 10, 8, 12, 0, 0, 255, 255, 0};
    const float gradient[] = {2, 4, 6, 8, 10, 12, 14, 16, 0, 20, 0, 0};
    const nn_shape shapes[] = {nn_shape_1d(12), {.rank = 0}, {.rank = 0}};
    const float *const in[] = {x, &scale, &zero};
    (void)state;
    expect(&nn_op_quantize_linear, &(nn_quantize_params){NN_QUANTIZED_U8, 1}, shapes, in, 3, want,
           gradient);
}

static void test_signed_with_a_row_of_scales(void **state)
{
    const float x[] = {1, -1, 2.5f, 3.5f, 300, -300, 1, -1, 0.5f, 0.75f, 127.4f, -128.5f};
    const float scale[] = {1, 2, 0.5f};
    const float want[] = {1, -1, 1, 2, 127, -128, 1, -1, 0, 0, 127, -128};
    const float gradient[] = {1, 2, 1.5f, 2, 0, 0, 7, 8, 4.5f, 5, 0, 0};
    const nn_shape shapes[] = {{3, {2, 3, 2}}, nn_shape_1d(3)};
    const float *const in[] = {x, scale};
    (void)state;
    for (int axis = 1; axis >= -2; axis -= 3)
        expect(&nn_op_quantize_linear, &(nn_quantize_params){NN_QUANTIZED_S8, axis}, shapes, in, 2,
               want, gradient);
}

static void test_back(void **state)
{
    const float scale[] = {0.5f, 0.25f}, zero[] = {10, 3};
    const float q[] = {0, 10, 11, 255, 3, 4}, want[] = {-5, 0, 0.5f, 63, 0, 0.25f};
    const float gradient[] = {0.5f, 1, 1.5f, 1, 1.25f, 1.5f};
    const nn_shape shapes[] = {nn_shape_2d(2, 3), nn_shape_1d(2), nn_shape_1d(2)};
    (void)state;
    expect(&nn_op_dequantize_linear, &(nn_quantize_params){NN_QUANTIZED_U8, 0}, shapes,
           (const float *const[]){q, scale, zero}, 3, want, gradient);
}

static void test_threads_and_layouts(void **state)
{
    static const nn_op *const ops[] = {&nn_op_quantize_linear, &nn_op_dequantize_linear};
    const nn_shape rows[] = {{4, {2, 11, 53, 37}}, nn_shape_1d(11), nn_shape_1d(11)};
    const nn_shape one[] = {{4, {2, 11, 5, 7}}, nn_shape_1d(1), {.rank = 0}};
    const op_impls_options o = {.blocked = 1, .impl = "blocked", .tolerance = 0};
    (void)state;
    for (int i = 0; i < 2; i++) {
        op_expect_same(ops[i], &(nn_quantize_params){NN_QUANTIZED_S8, 1}, rows, 3, 0);
        op_expect_in_place(ops[i], &(nn_quantize_params){NN_QUANTIZED_S8, 1}, rows, 3);
        op_expect_impls(ops[i], &(nn_quantize_params){NN_QUANTIZED_U8, 1}, one, 3, &o);
    }
}

static void test_shapes_that_do_not_fit(void **state)
{
    static const struct {
        nn_quantize_params params;
        nn_shape scale, zero;
        const char *says;
    } cases[] = {
        {{NN_QUANTIZED_S8, 1}, {1, {4}}, {.rank = -1}, "scales of 4 for a tensor of 2x3x2"},
        {{NN_QUANTIZED_S8, 1}, {2, {1, 3}}, {.rank = -1}, "scales of 1x3"},
        {{NN_QUANTIZED_S8, 1}, {1, {0}}, {.rank = -1}, "scales of 0"},
        {{NN_QUANTIZED_S8, 1}, {1, {3}}, {1, {2}}, "zero points of 2"},
        {{NN_QUANTIZED_S8, 3}, {1, {3}}, {.rank = -1}, "axis 3"},
        {{NN_QUANTIZED_TYPES, 1}, {1, {1}}, {.rank = -1}, "no type has the number 2"},
        {{-1, 1}, {1, {1}}, {.rank = -1}, "no type has the number -1"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const nn_shape in[] = {{3, {2, 3, 2}}, cases[i].scale, cases[i].zero};
        nn_shape out;
        nn_error err = {0};
        if (nn_op_quantize_linear.shape(&cases[i].params, in, 3, &out, &err) == NN_OK ||
            !strstr(err.text, cases[i].says))
            fail_msg("case %zu: '%s'", i, err.text);
    }
}

// --- models ---

static nn_value quantizer(nn_graph *g, const nn_op *op, const char *name, nn_quantize_params p,
                          nn_value x, nn_value scale, nn_value zero)
{
    return nn_graph_node(g, op, name, &p, (const nn_value[]){x, scale, zero}, 3);
}

// A convolution of 8 channels with an input of u8 and weights of s8.
static nn_model *make_model(void)
{
    nn_graph *g = nn_graph_new();
    const nn_shape filter = nn_shape_4d(8, 16, 3, 3), row = nn_shape_1d(8), one = {.rank = 0};
    const nn_value x = nn_graph_input(g, "image");
    const nn_value scale = nn_graph_param(g, "image.scale", NN_PARAM_BUFFER, &one);
    const nn_value zero = nn_graph_param(g, "image.zero", NN_PARAM_BUFFER, &one);
    const nn_value w = nn_graph_param(g, "conv.weight", NN_PARAM_WEIGHT, &filter);
    const nn_value steps = nn_graph_param(g, "conv.scale", NN_PARAM_BUFFER, &row);
    const nn_quantize_params u8 = {NN_QUANTIZED_U8, 1}, s8 = {NN_QUANTIZED_S8, 0};
    nn_value q = quantizer(g, &nn_op_quantize_linear, "image.q", u8, x, scale, zero);
    q = quantizer(g, &nn_op_dequantize_linear, "image.dq", u8, q, scale, zero);
    const nn_value dw =
        quantizer(g, &nn_op_dequantize_linear, "conv.dq", s8, w, steps, NN_NO_VALUE);
    const nn_conv2d_params conv = {
        .stride = {1, 1}, .dilation = {1, 1}, .pad = {1, 1, 1, 1}, .groups = 1};
    const nn_value in[] = {q, dw};
    nn_graph_output(g, "y", nn_graph_node(g, &nn_op_conv2d, "conv", &conv, in, 2));
    nn_model *m;
    nn_error err = {0};
    if (nn_model_new(&m, g, &err) != NN_OK)
        fail_msg("%s", err.text);
    nn_tensor_f32(nn_model_param(m, "image.scale"))[0] = 1.0f / 64;
    nn_tensor_f32(nn_model_param(m, "image.zero"))[0] = 100;
    for (int i = 0; i < 8; i++)
        nn_tensor_f32(nn_model_param(m, "conv.scale"))[i] = 0.01f * (float)(i + 1);
    for (int i = 0; i < 8 * 16 * 9; i++)
        nn_tensor_f32(nn_model_param(m, "conv.weight"))[i] = (float)(i * 71 % 256 - 128);
    m->fixed_inputs = nn_calloc(1, sizeof *m->fixed_inputs);
    assert_non_null(m->fixed_inputs);
    m->fixed_inputs[0] = nn_shape_4d(1, 16, 12, 12);
    return m;
}

static void run(const nn_model *m, float *out)
{
    nn_plan *plan;
    nn_error err = {0};
    if (nn_plan_new(&plan, m, m->fixed_inputs, 1, NULL, &err) != NN_OK)
        fail_msg("%s", err.text);
    nn_fill_reference_input(nn_plan_input(plan, 0));
    nn_plan_run(plan);
    memcpy(out, nn_plan_output(plan, 0)->data, 8 * 12 * 12 * sizeof *out);
    nn_plan_free(plan);
}

// The weights are bytes in every file, and what is read back is the same to the last bit.
static void test_files(void **state)
{
    static const char *const endings[] = {"safetensors", "onnx"};
    float before[8 * 12 * 12], after[8 * 12 * 12];
    nn_model *m = make_model();
    nn_error err = {0};
    (void)state;
    run(m, before);
    assert_true(nn_graph_is_quantized(m->graph));
    for (int i = 0; i < 2; i++) {
        char name[40];
        struct stat st;
        snprintf(name, sizeof name, "quantized.%s", endings[i]);
        const test_path path = test_temp(name);
        nn_model *back = NULL;
        const nn_save_format *format;
        if (nn_save_format_of(&format, path.text, &err) != NN_OK ||
            format->save(m, path.text, &(nn_save_options){0}, &err) != NN_OK ||
            nn_model_load(&back, path.text, &err) != NN_OK)
            fail_msg("%s", err.text);
        assert_int_equal(stat(path.text, &st), 0);
        assert_true(st.st_size < 8 * 16 * 9 + 3000);
        const nn_tensor *w = nn_model_param(back, "conv.weight");
        assert_non_null(w);
        assert_memory_equal(w->data, nn_model_param(m, "conv.weight")->data, nn_tensor_bytes(w));
        assert_true(nn_graph_is_quantized(back->graph));
        run(back, after);
        assert_memory_equal(before, after, sizeof before);
        nn_model_free(back);
        remove(path.text);
    }
    nn_model_free(m);
}

// A weight that is no number of 8 bits, or that a layer reads itself, stays float32.
static void test_what_is_no_byte(void **state)
{
    nn_model *m = make_model();
    const int w = nn_graph_find_param(m->graph, "conv.weight");
    const int steps = nn_graph_find_param(m->graph, "conv.scale");
    const int zero = nn_graph_find_param(m->graph, "image.zero");
    (void)state;
    assert_int_equal(nn_quantized_param_dtype(m, w), NN_I8);
    assert_int_equal(nn_quantized_param_dtype(m, zero), NN_U8);
    assert_int_equal(nn_quantized_param_dtype(m, steps), NN_F32);
    const float others[] = {128, -129, 0.5f, NAN, INFINITY};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        nn_tensor_f32(&m->params[w])[7] = others[i];
        assert_int_equal(nn_quantized_param_dtype(m, w), NN_F32);
    }
    nn_model_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_unsigned_with_one_scale),
        cmocka_unit_test(test_signed_with_a_row_of_scales),
        cmocka_unit_test(test_back),
        cmocka_unit_test(test_threads_and_layouts),
        cmocka_unit_test(test_shapes_that_do_not_fit),
        cmocka_unit_test(test_files),
        cmocka_unit_test(test_what_is_no_byte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
