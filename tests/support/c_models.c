// SPDX-License-Identifier: MIT
// Makes the models.
#include "tests/support/c_models.h"

#include "nn/base/rng.h"
#include "nn/quantize/quantize.h"
#include "nn/zoo/encoder.h"
#include "nn/zoo/zoo.h"
#include "tests/support/test.h"

#include <stdio.h>

enum { PICTURES = 3 }; // that calibrate

static void check(nn_status status, const nn_error *err)
{
    if (status != NN_OK)
        fail_msg("%s: %s", nn_status_name(status), err->text);
}

static void name_card(nn_card *card, int side)
{
    static const char *const labels[] = {"rose", "\"*/ tulip\\?\?/\303\266", "iris"};
    card->input_h = card->input_w = side;
    for (int i = 0; i < 3; i++)
        card->mean[i] = 0.4f + 0.1f * (float)i, card->std[i] = 0.25f;
    check(nn_card_set_labels(card, labels, 3, NULL), &(nn_error){0});
}

nn_model *c_model_network(const char *network, const char *options, int side)
{
    nn_model *m;
    nn_error err = {0};
    nn_card card = {.task = "classify"};
    snprintf(card.network, sizeof card.network, "%s", network);
    snprintf(card.options, sizeof card.options, "%s", options);
    check(nn_zoo_build(&m, &card, &err), &err);
    nn_model_init_reference(m);
    name_card(&m->card, side);
    return m;
}

typedef struct builder {
    nn_graph *g;
    int names;
} builder;

static nn_value add_node(builder *b, const nn_op *op, const void *params, const nn_value *in, int n)
{
    char name[32];
    snprintf(name, sizeof name, "%s_%d", op->name, b->names++);
    return nn_graph_node(b->g, op, name, params, in, n);
}

typedef struct conv {
    int outputs, inputs, kernel, stride, groups, pad, dilation;
    nn_value skip; // 0: none
} conv;

static nn_value add_conv(builder *b, nn_value x, conv c)
{
    char name[32];
    const int dilation = c.dilation ? c.dilation : 1, groups = c.groups ? c.groups : 1;
    const nn_conv2d_params p = {.stride = {c.stride, c.stride},
                                .dilation = {dilation, dilation},
                                .pad = {c.pad, c.pad, c.pad, c.pad},
                                .groups = groups};
    const nn_shape shape = nn_shape_4d(c.outputs, c.inputs / groups, c.kernel, c.kernel);
    const nn_shape row = nn_shape_1d(c.outputs);
    nn_value in[3] = {x};
    snprintf(name, sizeof name, "weight_%d", b->names++);
    in[1] = nn_graph_param(b->g, name, NN_PARAM_WEIGHT, &shape);
    snprintf(name, sizeof name, "bias_%d", b->names++);
    in[2] = nn_graph_param(b->g, name, NN_PARAM_BIAS, &row);
    return add_node(b, &nn_op_conv2d, &p, in, 3);
}

static nn_value add_act(builder *b, const nn_op *op, nn_value x)
{
    return add_node(b, op, NULL, &x, 1);
}

static nn_value add_hard_swish(builder *b, nn_value x)
{
    const nn_pointwise_params p = {.kind = NN_POINTWISE_HARD_SWISH};
    return add_node(b, &nn_op_pointwise, &p, &x, 1);
}

// In front of an activation, so that no layer takes it over.
static nn_value add_norm(builder *b, nn_value x, int channels)
{
    static const char *const words[] = {"weight", "bias", "running_mean", "running_var"};
    const nn_batch_norm_params p = {.eps = 1e-5f, .momentum = 0.1f};
    const nn_shape row = nn_shape_1d(channels);
    nn_value in[5] = {x};
    for (int k = 0; k < 4; k++) {
        char name[32];
        snprintf(name, sizeof name, "norm_%d.%s", b->names, words[k]);
        in[k + 1] = nn_graph_param(b->g, name, k < 2 ? NN_PARAM_BIAS : NN_PARAM_BUFFER, &row);
    }
    b->names++;
    return add_node(b, &nn_op_batch_norm, &p, in, 5);
}

static nn_value add_leaky(builder *b, nn_value x, float slope)
{
    const nn_pointwise_params p = {.kind = NN_POINTWISE_LEAKY_RELU, .a = slope};
    return add_node(b, &nn_op_pointwise, &p, &x, 1);
}

// An image of odd sides through most operators, to two outputs: a map and probabilities.
static nn_graph *make_graph(void)
{
    const nn_pool2d_params pool = {.kernel = {3, 3}, .stride = {2, 2}, .pad = {1, 1, 1, 1}};
    nn_pool2d_params mean = pool;
    const nn_concat_params channels = {.axis = 1};
    const nn_resize_params twice = {.mode = NN_RESIZE_NEAREST, .scale = {2, 2}};
    const nn_adaptive_pool_params three = {.size = {3, 2}};
    const nn_flatten_params flat = {.axis = 1};
    const nn_softmax_params rows = {.axis = 1};
    const nn_linear_params none = {0};
    const nn_shape weight = nn_shape_2d(5, 11 * 6), bias = nn_shape_1d(5);
    builder b = {.g = nn_graph_new()};
    mean.count_include_pad = 1;
    nn_value x = nn_graph_input(b.g, "image");
    x = add_leaky(
        &b, add_conv(&b, x, (conv){.outputs = 16, .inputs = 3, .kernel = 3, .stride = 2, .pad = 1}),
        0.1f);
    const nn_value first = add_leaky(&b, x, 0.01f);
    x = first;
    x = add_act(
        &b, &nn_op_gelu,
        add_conv(
            &b, x,
            (conv){.outputs = 16, .inputs = 16, .kernel = 3, .stride = 1, .groups = 16, .pad = 1}));
    const nn_value sum[2] = {x, first};
    x = add_act(&b, &nn_op_silu, add_node(&b, &nn_op_add, NULL, sum, 2));
    x = add_hard_swish(&b, add_conv(&b, x,
                                    (conv){.outputs = 32,
                                           .inputs = 16,
                                           .kernel = 3,
                                           .stride = 1,
                                           .groups = 1,
                                           .pad = 2,
                                           .dilation = 2}));
    x = add_act(
        &b, &nn_op_relu,
        add_conv(
            &b, x,
            (conv){.outputs = 32, .inputs = 32, .kernel = 3, .stride = 1, .groups = 2, .pad = 1}));
    // A sum that the convolution takes over, behind it ReLU6.
    const nn_pointwise_params six = {.kind = NN_POINTWISE_CLIP, .a = 0, .b = 6};
    const nn_value residual[2] = {
        add_conv(&b, x, (conv){.outputs = 32, .inputs = 32, .kernel = 1, .stride = 1}), x};
    x = add_node(&b, &nn_op_add, NULL, residual, 2);
    x = add_node(&b, &nn_op_pointwise, &six, &x, 1);
    // Zeros around it and a channel of them; other counts cut them off again.
    const nn_pad_params more = {.rank = 4, .begin = {0, 1, 2, 1}, .end = {0, 0, 1, 3}},
                        less = {.rank = 4, .begin = {0, -1, 0, 0}, .end = {0, 0, -1, 0}};
    x = add_node(&b, &nn_op_pad, &more, &x, 1);
    x = add_node(&b, &nn_op_pad, &less, &x, 1);
    const nn_value pooled[2] = {add_node(&b, &nn_op_max_pool, &pool, &x, 1),
                                add_node(&b, &nn_op_avg_pool, &mean, &x, 1)};
    x = add_node(&b, &nn_op_concat, &channels, pooled, 2);
    x = add_act(&b, &nn_op_relu, add_norm(&b, x, 64));
    // A gate, of float where x is bytes.
    const nn_reduce_params all = {.kind = NN_REDUCE_MEAN, .axes = 12, .keep_dims = 1};
    const nn_pointwise_params hard = {.kind = NN_POINTWISE_HARD_SIGMOID, .a = 0.2f, .b = 0.5f};
    const nn_value over = add_node(&b, &nn_op_reduce, &all, &x, 1);
    const nn_value gated[2] = {x, add_node(&b, &nn_op_pointwise, &hard, &over, 1)};
    x = add_node(&b, &nn_op_mul, NULL, gated, 2);
    x = add_act(&b, &nn_op_mish,
                add_conv(&b, x, (conv){.outputs = 11, .inputs = 64, .kernel = 1, .stride = 1}));
    const nn_value map = add_node(&b, &nn_op_resize, &twice, &x, 1);
    nn_graph_output(
        b.g, "map",
        add_conv(&b, map, (conv){.outputs = 3, .inputs = 11, .kernel = 1, .stride = 1}));
    x = add_node(&b, &nn_op_adaptive_avg_pool, &three, &x, 1);
    nn_value in[3] = {add_node(&b, &nn_op_flatten, &flat, &x, 1)};
    in[1] = nn_graph_param(b.g, "fc.weight", NN_PARAM_WEIGHT, &weight);
    in[2] = nn_graph_param(b.g, "fc.bias", NN_PARAM_BIAS, &bias);
    x = add_node(&b, &nn_op_linear, &none, in, 3);
    nn_graph_output(b.g, "classes", add_node(&b, &nn_op_softmax, &rows, &x, 1));
    return b.g;
}

nn_model *c_model_mixed(void)
{
    nn_model *m;
    nn_error err = {0};
    nn_graph *g = make_graph();
    check(nn_graph_check(g, &err), &err);
    check(nn_model_new(&m, g, &err), &err);
    nn_model_init_reference(m);
    name_card(&m->card, 29);
    return m;
}

// Takes over m.
nn_model *c_model_quantize(nn_model *m)
{
    nn_model *narrow;
    nn_quantizer *q;
    nn_error err = {0};
    nn_rng rng = nn_rng_seed(7);
    const nn_shape input = nn_shape_4d(1, 3, m->card.input_h, m->card.input_w);
    check(nn_quantizer_new(&q, m, &input, NULL, &err), &err);
    for (int i = 0; i < PICTURES; i++) {
        const nn_tensor *t = nn_quantizer_input(q, 0);
        for (int64_t k = 0; k < nn_shape_count(&t->shape); k++)
            nn_tensor_f32(t)[k] = nn_rng_range(&rng, -2.4f, 2.4f);
        check(nn_quantizer_observe(q, &err), &err);
    }
    check(nn_quantizer_make(q, NULL, &narrow, &err), &err);
    nn_quantizer_free(q);
    return narrow;
}

// An image through bilinear resizing up and down, by leaky ReLUs of a slope of their own.
nn_model *c_model_resized(void)
{
    nn_model *m;
    const nn_resize_params up = {.mode = NN_RESIZE_BILINEAR, .scale = {2, 2}},
                           odd = {.mode = NN_RESIZE_BILINEAR, .size = {11, 23}},
                           corners = {
                               .mode = NN_RESIZE_BILINEAR, .size = {7, 3}, .align_corners = 1};
    builder b = {.g = nn_graph_new()};
    nn_value x = nn_graph_input(b.g, "image");
    x = add_leaky(
        &b, add_conv(&b, x, (conv){.outputs = 16, .inputs = 3, .kernel = 3, .stride = 2, .pad = 1}),
        0.07f);
    x = add_node(&b, &nn_op_resize, &up, &x, 1);
    x = add_conv(&b, x, (conv){.outputs = 32, .inputs = 16, .kernel = 1, .stride = 1});
    x = add_node(&b, &nn_op_resize, &odd, &x, 1);
    x = add_leaky(&b, add_norm(&b, x, 32), 0.35f);
    x = add_node(&b, &nn_op_resize, &corners, &x, 1);
    nn_graph_output(b.g, "map",
                    add_conv(&b, x, (conv){.outputs = 3, .inputs = 32, .kernel = 1, .stride = 1}));
    check(nn_model_new(&m, b.g, NULL), &(nn_error){0});
    nn_model_init_reference(m);
    name_card(&m->card, 13);
    return m;
}

static nn_value add_linear(builder *b, nn_value x, int inputs, int outputs)
{
    const nn_linear_params p = {0};
    const nn_shape weight = nn_shape_2d(outputs, inputs), row = nn_shape_1d(outputs);
    char name[32];
    nn_value in[3] = {x};
    snprintf(name, sizeof name, "weight_%d", b->names++);
    in[1] = nn_graph_param(b->g, name, NN_PARAM_WEIGHT, &weight);
    snprintf(name, sizeof name, "bias_%d", b->names++);
    in[2] = nn_graph_param(b->g, name, NN_PARAM_BIAS, &row);
    return add_node(b, &nn_op_linear, &p, in, 3);
}

// Behind channels that lie side by side, as ConvNeXt has it.
static nn_value add_layer_norm(builder *b, nn_value x, int channels)
{
    const nn_layer_norm_params p = {.eps = 1e-6f};
    const nn_shape row = nn_shape_1d(channels);
    char name[32];
    nn_value in[3] = {x};
    snprintf(name, sizeof name, "scale_%d", b->names++);
    in[1] = nn_graph_param(b->g, name, NN_PARAM_BIAS, &row);
    snprintf(name, sizeof name, "shift_%d", b->names++);
    in[2] = nn_graph_param(b->g, name, NN_PARAM_BIAS, &row);
    return add_node(b, &nn_op_layer_norm, &p, in, 3);
}

static nn_value add_slice(builder *b, nn_value x, int axis, int begin, int end, int step)
{
    const nn_slice_params p = {.axis = axis, .begin = begin, .end = end, .step = step};
    return add_node(b, &nn_op_slice, &p, &x, 1);
}

// Half of the channels through a layer, then all of them shuffled (ShuffleNetV2).
static nn_value add_shuffled(builder *b, nn_value x, int channels)
{
    const nn_reshape_params split = {4, {0, 2, channels / 2, -1}};
    const nn_transpose_params swap = {4, {0, 2, 1, 3}};
    const nn_concat_params side_by_side = {.axis = 1};
    const int half = channels / 2;
    nn_value part[2] = {add_slice(b, x, 1, 0, half, 1), add_slice(b, x, 1, half, channels, 1)};
    part[1] = add_act(
        b, &nn_op_relu,
        add_conv(b, part[1], (conv){.outputs = half, .inputs = half, .kernel = 1, .stride = 1}));
    x = add_node(b, &nn_op_concat, &side_by_side, part, 2);
    nn_value y = add_node(b, &nn_op_reshape, &split, &x, 1);
    y = add_node(b, &nn_op_transpose, &swap, &y, 1);
    return add_node(b, &nn_op_reshape, &(nn_reshape_params){0}, (nn_value[]){y, x}, 2);
}

// Numbers that move: shuffled channels, channels last and first, parts of axes, a pixel shuffle.
nn_model *c_model_moved(void)
{
    nn_model *m;
    const nn_transpose_params last = {4, {0, 2, 3, 1}}, first = {4, {0, 3, 1, 2}},
                              turn = {4, {0, 1, 3, 2}};
    const nn_pixel_shuffle_params twice = {.factor = 2};
    builder b = {.g = nn_graph_new()};
    nn_value x = nn_graph_input(b.g, "image");
    x = add_act(
        &b, &nn_op_relu,
        add_conv(&b, x, (conv){.outputs = 32, .inputs = 3, .kernel = 3, .stride = 2, .pad = 1}));
    x = add_shuffled(&b, add_shuffled(&b, x, 32), 32);
    const nn_value skip = x;
    x = add_layer_norm(&b, add_node(&b, &nn_op_transpose, &last, &x, 1), 32);
    x = add_linear(&b, add_act(&b, &nn_op_gelu, add_linear(&b, x, 32, 40)), 40, 32);
    x = add_node(&b, &nn_op_transpose, &first, &x, 1);
    x = add_node(&b, &nn_op_add, NULL, (nn_value[]){x, skip}, 2);
    x = add_slice(&b, add_slice(&b, x, 2, 1, INT32_MAX, 1), 3, -5, -1, 3);
    x = add_node(&b, &nn_op_transpose, &turn, &x, 1);
    nn_graph_output(b.g, "turned", x);
    x = add_conv(&b, x, (conv){.outputs = 12, .inputs = 32, .kernel = 1, .stride = 1});
    nn_graph_output(b.g, "map", add_node(&b, &nn_op_pixel_shuffle, &twice, &x, 1));
    check(nn_model_new(&m, b.g, NULL), &(nn_error){0});
    nn_model_init_reference(m);
    name_card(&m->card, 13);
    return m;
}

// A vision transformer: patches as tokens, a class token before them, attention, its answer.
nn_model *c_model_transformer(void)
{
    enum { TOKENS = 17, WIDTH = 24 };
    nn_model *m;
    const nn_transpose_params swap = {3, {0, 2, 1}};
    const nn_pad_params place = {.rank = 3, .begin = {0, 1, 0}};
    const nn_flatten_params cells = {.axis = 2}, all = {.axis = 1};
    const nn_shape positions = {3, {1, TOKENS, WIDTH}};
    builder b = {.g = nn_graph_new()};
    nn_value x = nn_graph_input(b.g, "image");
    x = add_conv(&b, x, (conv){.outputs = WIDTH, .inputs = 3, .kernel = 4, .stride = 4});
    x = add_node(&b, &nn_op_flatten, &cells, &x, 1);
    x = add_node(&b, &nn_op_pad, &place, (nn_value[]){add_node(&b, &nn_op_transpose, &swap, &x, 1)},
                 1);
    const nn_value at = nn_graph_param(b.g, "positions", NN_PARAM_BIAS, &positions);
    x = add_node(&b, &nn_op_add, NULL, (nn_value[]){x, at}, 2);
    nn_value y = add_linear(&b, add_layer_norm(&b, x, WIDTH), WIDTH, 3 * WIDTH);
    y = add_linear(&b, nn_zoo_attention(b.g, "self", y, WIDTH, 3), WIDTH, WIDTH);
    x = add_node(&b, &nn_op_add, NULL, (nn_value[]){x, y}, 2);
    x = add_slice(&b, add_layer_norm(&b, x, WIDTH), 1, 0, 1, 1);
    x = add_node(&b, &nn_op_flatten, &all, &x, 1);
    nn_graph_output(b.g, "classes", add_linear(&b, x, WIDTH, 3));
    check(nn_model_new(&m, b.g, NULL), &(nn_error){0});
    nn_model_init_reference(m);
    name_card(&m->card, 16);
    return m;
}

// Vectors of length 1 and what they are off, as models of texts as classes have them.
nn_model *c_model_unit(void)
{
    nn_model *m;
    const nn_reduce_params mean = {.kind = NN_REDUCE_MEAN, .axes = 12, .keep_dims = 1},
                           sum = {.kind = NN_REDUCE_SUM, .axes = 2, .keep_dims = 1};
    const nn_pointwise_params root = {.kind = NN_POINTWISE_SQRT};
    const nn_flatten_params flat = {.axis = 1};
    const nn_arithmetic_params divide = {NN_ARITHMETIC_DIV}, less = {NN_ARITHMETIC_SUB};
    builder b = {.g = nn_graph_new()};
    nn_value x = nn_graph_input(b.g, "image");
    x = add_conv(&b, x, (conv){.outputs = 37, .inputs = 3, .kernel = 3, .stride = 2});
    x = add_node(&b, &nn_op_reduce, &mean, &x, 1);
    x = add_node(&b, &nn_op_flatten, &flat, &x, 1);
    nn_value y = add_node(&b, &nn_op_mul, NULL, (nn_value[]){x, x}, 2);
    y = add_node(&b, &nn_op_reduce, &sum, &y, 1);
    y = add_node(&b, &nn_op_pointwise, &root, &y, 1);
    const nn_value unit = add_node(&b, &nn_op_arithmetic, &divide, (nn_value[]){x, y}, 2);
    nn_graph_output(b.g, "unit", unit);
    nn_graph_output(b.g, "off", add_node(&b, &nn_op_arithmetic, &less, (nn_value[]){unit, x}, 2));
    check(nn_model_new(&m, b.g, NULL), &(nn_error){0});
    nn_model_init_reference(m);
    name_card(&m->card, 9);
    return m;
}

// `pictures` are added before the batch, and as many taken from its end.
nn_model *c_model_padded(nn_pad_mode mode, int pictures)
{
    nn_model *m;
    const nn_pad_params p = {
        .rank = 4, .begin = {pictures, 0, 1, 1}, .end = {-pictures, 0, 1, 1}, .mode = mode};
    builder b = {.g = nn_graph_new()};
    const nn_value x = nn_graph_input(b.g, "image");
    nn_graph_output(b.g, "map", add_node(&b, &nn_op_pad, &p, &x, 1));
    check(nn_model_new(&m, b.g, NULL), &(nn_error){0});
    name_card(&m->card, 9);
    return m;
}

nn_model *c_model_pointwise(nn_pointwise kind)
{
    nn_model *m;
    const nn_pointwise_params p = {.kind = (int32_t)kind};
    builder b = {.g = nn_graph_new()};
    const nn_value x = nn_graph_input(b.g, "image");
    nn_graph_output(b.g, "map", add_node(&b, &nn_op_pointwise, &p, &x, 1));
    check(nn_model_new(&m, b.g, NULL), &(nn_error){0});
    name_card(&m->card, 9);
    return m;
}

nn_model *c_model_axis_sum(void)
{
    nn_model *m;
    const nn_cum_sum_params p = {.axis = 1};
    builder b = {.g = nn_graph_new()};
    const nn_value x = nn_graph_input(b.g, "image");
    nn_graph_output(b.g, "map", add_node(&b, &nn_op_cum_sum, &p, &x, 1));
    check(nn_model_new(&m, b.g, NULL), &(nn_error){0});
    name_card(&m->card, 9);
    return m;
}

// Two outputs, the second one the sum of two parameters, or of the input and one.
nn_model *c_model_sum(bool constant, float number)
{
    nn_model *m;
    const nn_shape shape = nn_shape_4d(1, 3, 1, 1);
    builder b = {.g = nn_graph_new()};
    const nn_value x = nn_graph_input(b.g, "image");
    const nn_value p = nn_graph_param(b.g, "parameter", NN_PARAM_BUFFER, &shape);
    const nn_value in[2] = {constant ? p : x, p};
    nn_graph_output(b.g, "map", add_act(&b, &nn_op_relu, x));
    nn_graph_output(b.g, "sum", add_node(&b, &nn_op_add, NULL, in, 2));
    check(nn_model_new(&m, b.g, NULL), &(nn_error){0});
    for (int i = 0; i < 3; i++)
        nn_tensor_f32(nn_model_param(m, "parameter"))[i] = number;
    name_card(&m->card, 9);
    return m;
}

nn_model *c_model_small(void)
{
    nn_model *m;
    builder b = {.g = nn_graph_new()};
    const nn_value x = nn_graph_input(b.g, "image");
    const nn_value y =
        add_act(&b, &nn_op_relu,
                add_conv(&b, x, (conv){.outputs = 4, .inputs = 3, .kernel = 3, .stride = 2}));
    nn_graph_output(b.g, "map",
                    add_conv(&b, y, (conv){.outputs = 2, .inputs = 4, .kernel = 1, .stride = 1}));
    check(nn_model_new(&m, b.g, NULL), &(nn_error){0});
    nn_model_init_reference(m);
    name_card(&m->card, 9);
    return m;
}
