// SPDX-License-Identifier: MIT
// Models written as ONNX and read back: networks with their cards, every operator that can be
// exported, float16, an open batch, names that clash, and what must be refused.
#include "nn/base/memory.h"
#include "nn/base/rng.h"
#include "nn/graph/plan.h"
#include "nn/io/io.h"
#include "nn/io/onnx/onnx.h"
#include "nn/ops/op_table.h"
#include "nn/ops/ops.h"
#include "nn/predict/load_model.h"
#include "nn/zoo/zoo.h"
#include "tests/support/alloc.h"
#include "tests/support/files.h"
#include "tests/support/test.h"

#include <math.h>
#include <stdio.h>
#include <sys/stat.h>

static void check(nn_status status, const nn_error *err)
{
    if (status != NN_OK)
        fail_msg("%s: %s", nn_status_name(status), err->text);
}

static nn_model *build_network(const char *name, const char *options, const char *head)
{
    nn_card card = {.threshold = 0.25f, .iou_threshold = 0.5f};
    nn_model *m;
    nn_error err = {0};
    snprintf(card.network, sizeof card.network, "%s", name);
    snprintf(card.options, sizeof card.options, "%s", options);
    snprintf(card.task, sizeof card.task, "%s", *head ? "detect" : "classify");
    snprintf(card.head, sizeof card.head, "%s", head);
    check(nn_zoo_build(&m, &card, &err), &err);
    nn_model_init_reference(m);
    static const char *const labels[] = {"cat", "dog", "b\"ird"};
    check(nn_card_set_labels(&m->card, labels, 3, &err), &err);
    check(nn_card_set_training(&m->card, "{\"epochs\":3,\"data\":\"a street\"}", &err), &err);
    return m;
}

// On random inputs up to `scale`; a negative one asks for whole numbers.
static nn_plan *run_model(const nn_model *m, const nn_shape *shapes, float scale)
{
    nn_plan *plan;
    nn_error err = {0};
    const int count = nn_graph_input_count(m->graph);
    check(nn_plan_new(&plan, m, shapes, count, NULL, &err), &err);
    for (int i = 0; i < count; i++) {
        const nn_tensor *t = nn_plan_input(plan, i);
        nn_rng rng = nn_rng_seed((uint64_t)i);
        for (int64_t k = 0; k < nn_shape_count(&t->shape); k++) {
            const float v = scale * nn_rng_range(&rng, -1, 1);
            nn_tensor_f32(t)[k] = scale < 0 ? rintf(v) : v;
        }
    }
    nn_plan_run(plan);
    return plan;
}

// Whether all outputs agree, to `error` of the largest value.
static void compare(const char *what, const nn_model *a, const nn_plan *pa, const nn_model *b,
                    const nn_plan *pb, double error)
{
    assert_int_equal(nn_graph_output_count(a->graph), nn_graph_output_count(b->graph));
    for (int i = 0; i < nn_graph_output_count(a->graph); i++) {
        const nn_tensor *x = nn_plan_output(pa, i), *y = nn_plan_output(pb, i);
        double most = 0, worst = 0;
        assert_string_equal(nn_graph_output_name(a->graph, i), nn_graph_output_name(b->graph, i));
        if (!nn_shape_equal(&x->shape, &y->shape))
            fail_msg("%s: another shape", what);
        for (int64_t k = 0; k < nn_shape_count(&x->shape); k++) {
            const float u = nn_tensor_f32(x)[k], v = nn_tensor_f32(y)[k];
            if (u == v || (isnan(u) && isnan(v)))
                continue;
            most = fmax(most, fabs((double)u));
            worst = fmax(worst, isnan(u - v) ? INFINITY : fabs((double)u - (double)v));
        }
        if (worst > error * most)
            fail_msg("%s: error %g of %g", what, worst, most);
    }
}

// Saves, loads and runs both; the file is removed.
static void round_trip(const char *what, const nn_model *m, const nn_onnx_save_options *options,
                       const nn_shape *shapes, float scale, double error)
{
    const test_path path = test_temp("model.onnx");
    nn_model *back;
    nn_error err = {0};
    if (nn_onnx_save(m, path.text, options, &err) != NN_OK)
        fail_msg("%s: %s", what, err.text);
    const nn_onnx_options reading = {.inputs = shapes, .n_inputs = nn_graph_input_count(m->graph)};
    if (nn_onnx_load(&back, path.text, &reading, &err) != NN_OK)
        fail_msg("%s: %s", what, err.text);
    nn_plan *pa = run_model(m, shapes, scale), *pb = run_model(back, shapes, scale);
    compare(what, m, pa, back, pb, error);
    char *before, *after;
    if (m->card.input_h > 0) {
        check(nn_card_to_json(&m->card, &before, &err), &err);
        check(nn_card_to_json(&back->card, &after, &err), &err);
        assert_string_equal(before, after);
        nn_free(before);
        nn_free(after);
    }
    nn_plan_free(pa);
    nn_plan_free(pb);
    nn_model_free(back);
    remove(path.text);
}

static const struct {
    const char *network, *options, *head;
    int height, width;
} NETWORKS[] = {
    {"neroscale_alexpp", "classes=3,alpha=0.25,beta=0.5,transformer=1", "", 64, 96},
    {"neroscale_alexpp", "classes=3,alpha=0.25,beta=0.5,attention=cbam", "", 336, 352},
    {"neroscale_alexpp", "classes=3,alpha=0.25,beta=0.5,neck=24,levels=4+8+16", "fcos", 64, 96},
    {"resnet18", "classes=3", "", 33, 47},
    {"googlenet", "classes=3", "", 70, 65},
    {"densenet121", "classes=3", "", 64, 64},
    {"alexnet_original", "classes=3", "", 227, 227},
};

static void test_networks(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof NETWORKS / sizeof *NETWORKS; i++) {
        nn_model *m = build_network(NETWORKS[i].network, NETWORKS[i].options, NETWORKS[i].head);
        m->card.input_h = NETWORKS[i].height;
        m->card.input_w = NETWORKS[i].width;
        const nn_shape one = nn_shape_4d(1, 3, NETWORKS[i].height, NETWORKS[i].width);
        const nn_shape three = nn_shape_4d(3, 3, one.dim[2], one.dim[3]);
        round_trip(NETWORKS[i].network, m, NULL, &one, 1, 1e-5);
        round_trip(NETWORKS[i].network, m, &(nn_onnx_save_options){.open_batch = true}, &three, 1,
                   1e-5);
        nn_model_free(m);
    }
}

static void test_half_and_fused(void **state)
{
    (void)state;
    const test_path path = test_temp("half.onnx");
    const nn_shape shape = nn_shape_4d(1, 3, 64, 64);
    nn_model *m = build_network("resnet18", "classes=3", ""), *back;
    nn_error err = {0};
    struct stat st;
    m->card.input_h = m->card.input_w = 64;
    round_trip("half", m, &(nn_onnx_save_options){.half = true}, &shape, 1, 4e-3);
    check(nn_onnx_save(m, path.text, &(nn_onnx_save_options){.half = true}, &err), &err);
    assert_int_equal(stat(path.text, &st), 0);
    assert_true(st.st_size < 2.1 * (double)nn_model_param_count(m));
    check(nn_model_load(&back, path.text, &err), &err); // parameters have their own names again
    assert_non_null(nn_model_param(back, "layer1.0.conv1.weight"));
    assert_int_equal(back->card.label_count, 3);
    assert_int_equal(back->card.input_h, 64);
    nn_model_free(back);
    check(nn_model_fuse(&m, 0, &err), &err);
    round_trip("fused", m, NULL, &shape, 1, 1e-5);
    nn_model_free(m);
    m = build_network("densenet121", "classes=3", "");
    m->card.input_h = m->card.input_w = 64;
    check(nn_model_fuse(&m, 0, &err), &err);
    round_trip("fused", m, NULL, &shape, 1, 1e-5);
    nn_model_free(m);
}

// --- one operator at a time ---

enum { MAX_INPUTS = 3 };

typedef struct op_case {
    const nn_op *op;
    const void *params;
    nn_shape in[MAX_INPUTS];
    int n_in;
    unsigned constants; // bit i: input i is a parameter
    float scale;        // of the inputs, see run_model
} op_case;

#define P(type, ...)                                                                               \
    &(const type)                                                                                  \
    {                                                                                              \
        __VA_ARGS__                                                                                \
    }
#define IMAGE                                                                                      \
    {                                                                                              \
        4,                                                                                         \
        {                                                                                          \
            2, 4, 7, 9                                                                             \
        }                                                                                          \
    }
#define ROWS                                                                                       \
    {                                                                                              \
        3,                                                                                         \
        {                                                                                          \
            2, 5, 4                                                                                \
        }                                                                                          \
    }
#define VECTOR                                                                                     \
    {                                                                                              \
        1,                                                                                         \
        {                                                                                          \
            4                                                                                      \
        }                                                                                          \
    }

static const op_case OPS[] = {
    {&nn_op_conv2d,
     P(nn_conv2d_params, {1, 1}, {1, 1}, {0, 0, 0, 0}, 2, NN_ACT_LEAKY_RELU),
     {IMAGE, {4, {6, 2, 3, 2}}, {1, {6}}},
     3,
     6,
     1},
    {&nn_op_conv2d,
     P(nn_conv2d_params, {1, 1}, {1, 1}, {0, 0, 0, 0}, 2, NN_ACT_LEAKY_RELU_02),
     {IMAGE, {4, {6, 2, 3, 2}}, {1, {6}}},
     3,
     6,
     1},
    {&nn_op_conv2d,
     P(nn_conv2d_params, {1, 1}, {1, 1}, {0, 0, 0, 0}, 2, NN_ACT_HARD_SWISH),
     {IMAGE, {4, {6, 2, 3, 2}}, {1, {6}}},
     3,
     6,
     1},
    {&nn_op_conv2d,
     P(nn_conv2d_params, {1, 1}, {1, 1}, {0, 0, 0, 0}, 2, NN_ACT_RELU6),
     {IMAGE, {4, {6, 2, 3, 2}}, {1, {6}}},
     3,
     6,
     1},
    {&nn_op_conv2d,
     P(nn_conv2d_params, {2, 1}, {1, 2}, {1, 0, 2, 1}, 2, NN_ACT_SILU),
     {IMAGE, {4, {6, 2, 3, 2}}, {1, {6}}},
     3,
     6,
     1},
    {&nn_op_conv2d,
     P(nn_conv2d_params, {1, 1}, {2, 2}, {-1}, 1, NN_ACT_NONE),
     {IMAGE, {4, {6, 4, 3, 3}}},
     2,
     2,
     1},
    {&nn_op_conv_transpose,
     P(nn_conv_transpose_params, {2, 3}, {1, 2}, {1, 0}, {1, 0, 0, 2}, 2),
     {IMAGE, {4, {4, 3, 3, 2}}, {1, {6}}},
     3,
     6,
     1},
    {&nn_op_linear,
     P(nn_linear_params, NN_ACT_GELU),
     {{2, {3, 4}}, {2, {5, 4}}, {1, {5}}},
     3,
     6,
     1},
    {&nn_op_linear, P(nn_linear_params, NN_ACT_RELU), {ROWS, {2, {5, 4}}, {1, {5}}}, 3, 6, 1},
    {&nn_op_linear, P(nn_linear_params, NN_ACT_NONE), {ROWS, {2, {5, 4}}}, 2, 2, 1},
    {&nn_op_matmul, P(nn_matmul_params, 1, 1, 0.3f), {{3, {2, 5, 3}}, {3, {2, 4, 5}}}, 2, 0, 1},
    {&nn_op_batch_norm,
     P(nn_batch_norm_params, 1e-3f, 0.1f, NN_ACT_MISH),
     {IMAGE},
     1,
     0,
     1}, // see add_input
    {&nn_op_layer_norm, P(nn_layer_norm_params, 1e-5f), {ROWS, VECTOR, VECTOR}, 3, 6, 1},
    {&nn_op_local_response_norm, P(nn_lrn_params, 3, 0.5f, 0.75f, 2), {IMAGE}, 1, 0, 1},
    {&nn_op_local_response_norm, P(nn_lrn_params, 4, 0.5f, 0.6f, 2), {IMAGE}, 1, 0, 1},
    {&nn_op_softmax, P(nn_softmax_params, 1), {ROWS}, 1, 0, 1},
    {&nn_op_max_pool, P(nn_pool2d_params, {3, 2}, {2, 2}, {0, 1, 1, 0}, 1, 1), {IMAGE}, 1, 0, 1},
    {&nn_op_avg_pool, P(nn_pool2d_params, {3, 3}, {2, 2}, {1, 0, 1, 0}, 1, 0), {IMAGE}, 1, 0, 1},
    {&nn_op_avg_pool, P(nn_pool2d_params, {3, 2}, {3, 2}, {1, 0, 0, 0}, 1, 1), {IMAGE}, 1, 0, 1},
    {&nn_op_avg_pool, P(nn_pool2d_params, {3, 3}, {2, 2}, {1, 1, 1, 1}, 0, 1), {IMAGE}, 1, 0, 1},
    {&nn_op_adaptive_avg_pool, P(nn_adaptive_pool_params, {3, 4}), {IMAGE}, 1, 0, 1},
    {&nn_op_adaptive_avg_pool, P(nn_adaptive_pool_params, {7, 3}), {IMAGE}, 1, 0, 1},
    {&nn_op_adaptive_avg_pool, P(nn_adaptive_pool_params, {7, 9}), {IMAGE}, 1, 0, 1},
    {&nn_op_adaptive_avg_pool, P(nn_adaptive_pool_params, {1, 1}), {IMAGE}, 1, 0, 1},
    {&nn_op_reduce, P(nn_reduce_params, NN_REDUCE_MEAN, 12, 0), {IMAGE}, 1, 0, 1},
    {&nn_op_reduce, P(nn_reduce_params, NN_REDUCE_MAX, 12, 1), {IMAGE}, 1, 0, 1},
    {&nn_op_reduce, P(nn_reduce_params, NN_REDUCE_MAX, 2, 0), {IMAGE}, 1, 0, 1},
    {&nn_op_reduce, P(nn_reduce_params, NN_REDUCE_SUM, 10, 1), {IMAGE}, 1, 0, 1},
    {&nn_op_concat, P(nn_concat_params, 1), {IMAGE, IMAGE, {4, {2, 1, 7, 9}}}, 3, 0, 1},
    {&nn_op_resize, P(nn_resize_params, NN_RESIZE_NEAREST, {0, 0}, {2, 2}, 0), {IMAGE}, 1, 0, 1},
    {&nn_op_resize, P(nn_resize_params, NN_RESIZE_NEAREST, {10, 5}, {0, 0}, 0), {IMAGE}, 1, 0, 1},
    {&nn_op_resize, P(nn_resize_params, NN_RESIZE_BILINEAR, {14, 18}, {0, 0}, 0), {IMAGE}, 1, 0, 1},
    {&nn_op_resize, P(nn_resize_params, NN_RESIZE_BILINEAR, {9, 20}, {0, 0}, 1), {IMAGE}, 1, 0, 1},
    {&nn_op_resize,
     P(nn_resize_params, NN_RESIZE_NEAREST, {0, 0}, {0, 0}, 0),
     {IMAGE, {4, {1, 1, 12, 12}}},
     2,
     0,
     1},
    {&nn_op_resample,
     P(nn_resample_params, NN_SAMPLE_CUBIC, NN_PLACE_HALF_PIXEL, 0, 1, {4, 12}, {0.6f, 1.4f}, {0},
       -0.5f, 0),
     {IMAGE},
     1,
     0,
     1},
    {&nn_op_resample,
     P(nn_resample_params, NN_SAMPLE_LINEAR, NN_PLACE_CROP, 0, 0, {5, 6}, {5.0f / 7, 6.0f / 9},
       {0.1f, 0.2f, 0.9f, 1.3f}, -0.75f, 3),
     {IMAGE},
     1,
     0,
     1},
    {&nn_op_resample,
     P(nn_resample_params, NN_SAMPLE_NEAREST, NN_PLACE_HALF_OUTPUT, NN_ROUND_UP, 0, {14, 18},
       {2, 2}, {0}, -0.75f, 0),
     {IMAGE},
     1,
     0,
     1},
    {&nn_op_transpose, P(nn_transpose_params, 4, {0, 2, 3, 1}), {IMAGE}, 1, 0, 1},
    {&nn_op_pixel_shuffle, P(nn_pixel_shuffle_params, 2), {{4, {2, 8, 3, 5}}}, 1, 0, 1},
    {&nn_op_slice, P(nn_slice_params, 2, 1, INT32_MAX, 2), {IMAGE}, 1, 0, 1},
    {&nn_op_slice, P(nn_slice_params, 3, -5, -1, 1), {IMAGE}, 1, 0, 1},
    {&nn_op_gather, P(nn_gather_params, 2), {IMAGE, {2, {2, 3}}}, 2, 2, 3},
    {&nn_op_gather, P(nn_gather_params, 1), {IMAGE, {1, {3}}}, 2, 0, -3},
    {&nn_op_gather_elements, P(nn_gather_elements_params, 1), {IMAGE, IMAGE}, 2, 2, 1},
    {&nn_op_gather_elements, P(nn_gather_elements_params, 2), {ROWS, {3, {2, 3, 4}}}, 2, 0, -4},
    {&nn_op_gather_nd, P(nn_gather_nd_params, 0), {ROWS, {2, {7, 2}}}, 2, 2, 1},
    {&nn_op_gather_nd, P(nn_gather_nd_params, 1), {ROWS, {3, {2, 3, 1}}}, 2, 0, -2},
    {&nn_op_scatter_elements, P(nn_scatter_elements_params, 1, 0), {IMAGE, IMAGE, IMAGE}, 3, 2, 1},
    {&nn_op_scatter_elements,
     P(nn_scatter_elements_params, -1, NN_SCATTER_ADD),
     {ROWS, ROWS, ROWS},
     3,
     2,
     1},
    {&nn_op_scatter_nd,
     P(nn_scatter_nd_params, NN_SCATTER_MUL),
     {ROWS, {2, {7, 2}}, {2, {7, 4}}},
     3,
     2,
     1},
    {&nn_op_scatter_nd,
     P(nn_scatter_nd_params, NN_SCATTER_MAX),
     {ROWS, {2, {7, 2}}, {2, {7, 4}}},
     3,
     2,
     1},
    {&nn_op_grid_sample,
     P(nn_grid_sample_params, NN_GRID_BICUBIC, NN_GRID_REFLECTION, 1),
     {IMAGE, {4, {2, 3, 4, 2}}},
     2,
     0,
     1},
    {&nn_op_grid_sample, P(nn_grid_sample_params, 0, 0, 0), {IMAGE, {4, {2, 3, 4, 2}}}, 2, 2, 1},
    {&nn_op_roi_align,
     P(nn_roi_align_params, {3, 2}, 2, 1, 4, NN_ROI_MEAN),
     {IMAGE, {2, {5, 4}}, {1, {5}}},
     3,
     4,
     1},
    {&nn_op_roi_align,
     P(nn_roi_align_params, {3, 2}, 2, 0, 4, NN_ROI_MAX),
     {IMAGE, {2, {5, 4}}, {1, {5}}},
     3,
     4,
     1},
    {&nn_op_roi_align,
     P(nn_roi_align_params, {3, 2}, 0, 0, 4, NN_ROI_PIXELS),
     {IMAGE, {2, {5, 4}}, {1, {5}}},
     3,
     4,
     1},
    {&nn_op_cum_sum, P(nn_cum_sum_params, 1, 1, 0), {IMAGE}, 1, 0, 1},
    {&nn_op_cum_sum, P(nn_cum_sum_params, 3, 0, 1), {IMAGE}, 1, 0, 1},
    {&nn_op_top_k, P(nn_top_k_params, 2, 4, 0), {IMAGE}, 1, 0, 1},
    {&nn_op_top_k, P(nn_top_k_params, 1, 4, 1), {IMAGE}, 1, 0, -3},
    {&nn_op_pad,
     P(nn_pad_params, 4, {0, 0, 1, 2}, {0, 1, 0, -1}, NN_PAD_CONSTANT, 5),
     {IMAGE},
     1,
     0,
     1},
    {&nn_op_pad,
     P(nn_pad_params, 4, {0, 0, 1, 2}, {0, 0, 3, 0}, NN_PAD_REFLECT, 0),
     {IMAGE},
     1,
     0,
     1},
    {&nn_op_tile, P(nn_tile_params, 3, {1, 3, 2}), {ROWS}, 1, 0, 1},
    {&nn_op_arg_max, P(nn_arg_max_params, 1, 1, 0, 0), {IMAGE}, 1, 0, 1},
    {&nn_op_arg_max, P(nn_arg_max_params, 3, 0, 1, 1), {IMAGE}, 1, 0, 1},
    {&nn_op_non_max_suppression,
     P(nn_nms_params, 3, 0.2f, -0.5f, 0),
     {{3, {2, 9, 4}}, {3, {2, 3, 9}}},
     2,
     0,
     1},
    {&nn_op_non_max_suppression,
     P(nn_nms_params, 9, 0.1f, 0.1f, 1),
     {{3, {1, 9, 4}}, {3, {1, 2, 9}}},
     2,
     0,
     1},
    {&nn_op_reshape, P(nn_reshape_params, 3, {0, -1, 9}), {IMAGE}, 1, 0, 1},
    {&nn_op_reshape, P(nn_reshape_params, 0), {ROWS, {4, {2, 2, 5, 2}}}, 2, 0, 1},
    {&nn_op_flatten, P(nn_flatten_params, 1), {IMAGE}, 1, 0, 1},
    {&nn_op_flatten, P(nn_flatten_params, 2), {IMAGE}, 1, 0, 1},
    {&nn_op_dropout, P(nn_dropout_params, 0.5f, 0), {IMAGE}, 1, 0, 1},
    {&nn_op_relu, NULL, {IMAGE}, 1, 0, 1},
    {&nn_op_gelu, NULL, {IMAGE}, 1, 0, 3},
    {&nn_op_silu, NULL, {IMAGE}, 1, 0, 3},
    {&nn_op_mish, NULL, {IMAGE}, 1, 0, 3},
    {&nn_op_sigmoid, NULL, {IMAGE}, 1, 0, 3},
    {&nn_op_add, NULL, {IMAGE, {3, {4, 1, 1}}}, 2, 2, 1},
    {&nn_op_mul, NULL, {IMAGE, {4, {2, 1, 7, 9}}}, 2, 0, 1},
    {&nn_op_elastic_kernel, NULL, {{4, {6, 1, 7, 7}}, {2, {25, 25}}, {2, {9, 9}}}, 3, 7, 1},
    {&nn_op_quantize_linear, P(nn_quantize_params, NN_QUANTIZED_U8, 1), {IMAGE}, 1, 0, 3},
    {&nn_op_quantize_linear, P(nn_quantize_params, NN_QUANTIZED_S8, 2), {ROWS}, 1, 0, 3},
    {&nn_op_dequantize_linear, P(nn_quantize_params, NN_QUANTIZED_S8, -3), {IMAGE}, 1, 0, -100},
    {&nn_op_dequantize_linear, P(nn_quantize_params, NN_QUANTIZED_U8, 2), {ROWS}, 1, 1, 1},
};

static bool is_quantizer(const nn_op *op)
{
    return op == &nn_op_quantize_linear || op == &nn_op_dequantize_linear;
}

static bool has_indices(const nn_op *op)
{
    return op == &nn_op_gather || op == &nn_op_gather_elements || op == &nn_op_gather_nd ||
           op == &nn_op_scatter_elements || op == &nn_op_scatter_nd || op == &nn_op_roi_align;
}

static void set_quantizer(nn_model *m)
{
    nn_tensor *scale = nn_model_param(m, "scale"), *zero = nn_model_param(m, "zero");
    nn_tensor *x = nn_model_param(m, "in0");
    for (int i = 0; i < 4; i++) {
        nn_tensor_f32(scale)[i] = 0.01f * (float)(i + 1);
        nn_tensor_f32(zero)[i] = (float)(7 * i);
    }
    for (int i = 0; x && i < nn_shape_count(&x->shape); i++)
        nn_tensor_f32(x)[i] = (float)(i * 37 % 256);
}

// A model of one operator with the inputs of the case; further inputs of batch_norm, elastic_kernel
// and the quantisers are added here.
static nn_model *build_op(const op_case *c)
{
    nn_graph *g = nn_graph_new();
    nn_value in[5];
    nn_model *m;
    nn_error err = {0};
    int count = c->n_in;
    for (int i = 0; i < c->n_in; i++) {
        char name[16];
        snprintf(name, sizeof name, "in%d", i);
        in[i] = c->constants >> i & 1 ? nn_graph_param(g, name, NN_PARAM_WEIGHT, &c->in[i])
                                      : nn_graph_input(g, name);
    }
    if (c->op == &nn_op_elastic_kernel)
        in[count++] = nn_graph_input(g, "image");
    for (; c->op == &nn_op_batch_norm && count < 5; count++) {
        static const char *const names[] = {"", "weight", "bias", "running_mean", "running_var"};
        in[count] = nn_graph_param(g, names[count], NN_PARAM_BUFFER, &(nn_shape)VECTOR);
    }
    for (; is_quantizer(c->op) && count < 3; count++)
        in[count] =
            nn_graph_param(g, count == 1 ? "scale" : "zero", NN_PARAM_BUFFER, &(nn_shape)VECTOR);
    nn_graph_output(g, "y", nn_graph_node(g, c->op, "node", c->params, in, count));
    check(nn_model_new(&m, g, &err), &err);
    nn_model_init_reference(m);
    for (int i = 0; has_indices(c->op) && i < nn_graph_param_count(g); i++)
        for (int k = 0; k < nn_shape_count(&m->params[i].shape); k++)
            nn_tensor_f32(&m->params[i])[k] = (float)(k % 5 - 2);
    if (is_quantizer(c->op))
        set_quantizer(m);
    return m;
}

static void try_op(const op_case *c)
{
    nn_shape inputs[MAX_INPUTS + 1];
    int count = 0;
    nn_model *m = build_op(c);
    for (int i = 0; i < c->n_in; i++)
        if (!(c->constants >> i & 1))
            inputs[count++] = c->in[i];
    if (c->op == &nn_op_elastic_kernel)
        inputs[count++] = nn_shape_4d(1, 3, 400, 500);
    char what[80];
    const nn_pointwise_params *p = c->params;
    snprintf(what, sizeof what, "%s %d", c->op->name,
             c->op == &nn_op_pointwise || c->op == &nn_op_arithmetic ? p->kind : 0);
    round_trip(what, m, &(nn_onnx_save_options){.inputs = inputs}, inputs, c->scale, 4e-6);
    nn_model_free(m);
}

static void test_every_operator(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof OPS / sizeof *OPS; i++)
        try_op(&OPS[i]);
    for (int kind = 0; kind < NN_POINTWISE_COUNT; kind++)
        try_op(&(op_case){
            &nn_op_pointwise, P(nn_pointwise_params, kind, -0.25f, 0.5f), {IMAGE}, 1, 0, 4});
    for (int kind = 0; kind < NN_ARITHMETIC_COUNT; kind++) {
        try_op(&(op_case){
            &nn_op_arithmetic, P(nn_arithmetic_params, kind), {IMAGE, {3, {4, 1, 9}}}, 2, 0, 4});
        try_op(&(op_case){
            &nn_op_arithmetic, P(nn_arithmetic_params, kind), {{3, {4, 1, 9}}, IMAGE}, 2, 1, 4});
    }
    for (int i = 0; nn_op_table[i]; i++) {
        const nn_op *op = nn_op_table[i];
        bool tried = op == &nn_op_pointwise || op == &nn_op_arithmetic;
        for (size_t k = 0; k < sizeof OPS / sizeof *OPS; k++)
            tried = tried || OPS[k].op == op;
        if (!tried)
            fail_msg("no case for %s", op->name);
    }
}

// --- names and refusals ---

static void test_names(void **state)
{
    (void)state;
    const nn_shape shape = nn_shape_2d(2, 3);
    nn_graph *g = nn_graph_new();
    nn_model *m;
    nn_error err = {0};
    const nn_value x = nn_graph_input(g, "x");
    const nn_value w = nn_graph_param(g, "b", NN_PARAM_WEIGHT, &shape); // as an output is called
    const nn_value first = nn_graph_node(g, &nn_op_add, "a", NULL, (nn_value[]){x, w}, 2);
    const nn_value second = nn_graph_node(g, &nn_op_relu, "c", NULL, &first, 1);
    nn_graph_output(g, "b", second);
    nn_graph_output(g, "again", second);
    nn_graph_output(g, "through", x);
    nn_graph_output(g, "weight", w);
    nn_graph_output(g, "c", first);
    check(nn_model_new(&m, g, &err), &err);
    nn_model_init_reference(m);
    round_trip("names", m, &(nn_onnx_save_options){.inputs = &shape}, &shape, 1, 0);
    round_trip("names", m, &(nn_onnx_save_options){.inputs = &shape, .half = true}, &shape, 1,
               1e-3);
    nn_model_free(m);
}

static nn_status any_shape(const void *params, const nn_shape *in, int n_in, nn_shape *out,
                           nn_error *err)
{
    (void)params, (void)n_in, (void)err;
    *out = in[0];
    return NN_OK;
}

static void expect_refused(const nn_model *m, const nn_onnx_save_options *options, const char *says)
{
    const test_path path = test_temp("refused.onnx");
    const int files = test_temp_count();
    nn_error err = {0};
    assert_int_not_equal(nn_onnx_save(m, path.text, options, &err), NN_OK);
    if (!strstr(err.text, says) || !strstr(err.text, "refused.onnx"))
        fail_msg("'%s', expected '%s'", err.text, says);
    assert_int_equal(test_temp_count(), files);
}

static void test_refusals(void **state)
{
    (void)state;
    static const nn_op foreign = {.name = "teleport", .min_in = 1, .max_in = 1, .shape = any_shape};
    const nn_shape shape = nn_shape_2d(2, 3);
    nn_graph *g = nn_graph_new();
    nn_model *m;
    nn_error err = {0};
    const nn_value x = nn_graph_input(g, "x");
    const nn_value one = nn_graph_node(g, &foreign, "one", NULL, &x, 1);
    nn_graph_output(g, "y", nn_graph_node(g, &foreign, "two", NULL, &one, 1));
    check(nn_model_new(&m, g, &err), &err);
    expect_refused(m, &(nn_onnx_save_options){.inputs = &shape},
                   "teleport (node 'one'), teleport (node 'two')");
    expect_refused(m, NULL, "size of the inputs is not known");
    m->fixed_inputs = nn_calloc(1, sizeof *m->fixed_inputs);
    *m->fixed_inputs = shape;
    expect_refused(m, &(nn_onnx_save_options){.open_batch = true}, "cannot be left open");
    nn_model_free(m);
    m = build_network("resnet18", "classes=3", "");
    const nn_shape wrong = nn_shape_4d(1, 4, 64, 64);
    expect_refused(m, &(nn_onnx_save_options){.inputs = &wrong}, "conv1");
    assert_int_not_equal(nn_onnx_save(m, "/no/such/folder/m.onnx", NULL, &err), NN_OK);
    nn_model_free(m);
}

static void test_out_of_memory(void **state)
{
    (void)state;
    const test_path path = test_temp("memory.onnx");
    nn_model *m =
        build_network("neroscale_alexpp", "classes=3,alpha=0.25,beta=0.5,transformer=1", "");
    m->card.input_h = m->card.input_w = 64;
    for (long n = 0;; n += 1 + n / 16) {
        nn_error err = {0};
        const int files = test_temp_count();
        alloc_reset(n);
        const nn_status status =
            nn_onnx_save(m, path.text, &(nn_onnx_save_options){.half = true}, &err);
        alloc_reset(-1);
        if (status == NN_OK)
            break;
        assert_int_equal(status, NN_ENOMEM);
        assert_int_equal(test_temp_count(), files);
    }
    nn_model_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_networks),       cmocka_unit_test(test_half_and_fused),
        cmocka_unit_test(test_every_operator), cmocka_unit_test(test_names),
        cmocka_unit_test(test_refusals),       cmocka_unit_test(test_out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
