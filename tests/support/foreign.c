// SPDX-License-Identifier: MIT
// A small detector as other engines export it.
#include "tests/support/foreign.h"

#include "nn/base/memory.h"
#include "nn/zoo/layers.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>

enum { BINS = 8, ROWS = FOREIGN_CLASSES + 4 * BINS, WIDTH = 16 };

// A convolution of stride 2 with what inference made of it: the activation in the node.
static nn_value down(nn_graph *g, const char *name, nn_value x, int in, int out, nn_act act)
{
    const nn_conv2d_params p = {
        .stride = {2, 2}, .dilation = {1, 1}, .pad = {1, 1, 1, 1}, .groups = 1, .act = act};
    const nn_shape weight = nn_shape_4d(out, in, 3, 3), bias = nn_shape_1d(out);
    const nn_value inputs[] = {x, nn_layer_param(g, name, "weight", NN_PARAM_WEIGHT, weight),
                               nn_layer_param(g, name, "bias", NN_PARAM_BIAS, bias)};
    return nn_graph_node(g, &nn_op_conv2d, name, &p, inputs, 3);
}

static nn_value shaped(nn_graph *g, const char *name, nn_value x, int rank, const int32_t *dim)
{
    nn_reshape_params p = {.rank = rank};
    memcpy(p.dim, dim, (size_t)rank * sizeof *dim);
    return nn_graph_node(g, &nn_op_reshape, name, &p, &x, 1);
}

// Channels in another order, with shapes that hold for one picture.
static nn_value shuffle(nn_graph *g, nn_value x, int side)
{
    const nn_transpose_params turn = {.rank = 3, .perm = {1, 0, 2}};
    const nn_slice_params even = {0, 0, 1, 1}, odd = {0, 1, 2, 1};
    x = shaped(g, "apart", x, 3, (const int32_t[]){WIDTH / 2, 2, side * side});
    x = nn_graph_node(g, &nn_op_transpose, "turned", &turn, &x, 1);
    x = shaped(g, "halves", x, 5, (const int32_t[]){2, 1, WIDTH / 2, side, side});
    nn_value half[2] = {nn_graph_node(g, &nn_op_slice, "even", &even, &x, 1),
                        nn_graph_node(g, &nn_op_slice, "odd", &odd, &x, 1)};
    x = nn_layer_concat(g, "both", half, 2, 2);
    return shaped(g, "together", x, 4, (const int32_t[]){1, WIDTH, side, side});
}

// The outputs of a level: scores and logits of distances, one row per cell, by slices and a
// sigmoid.
static nn_value level(nn_graph *g, const char *name, nn_value x, int cells)
{
    const nn_slice_params cls = {1, 0, FOREIGN_CLASSES, 1},
                          rest = {1, FOREIGN_CLASSES, INT32_MAX, 1};
    const nn_conv_spec spec = {.in = WIDTH, .out = ROWS, .kernel = 1, .stride = 1, .bias = 1};
    x = nn_layer_conv(g, name, x, &spec);
    nn_value part[2] = {nn_graph_node(g, &nn_op_slice, NAME("%s.scores", name), &cls, &x, 1),
                        nn_graph_node(g, &nn_op_slice, NAME("%s.rest", name), &rest, &x, 1)};
    part[0] = nn_graph_node(g, &nn_op_sigmoid, NAME("%s.sigmoid", name), NULL, &part[0], 1);
    x = nn_layer_concat(g, NAME("%s.all", name), part, 2, 1);
    return shaped(g, NAME("%s.rows", name), x, 3, (const int32_t[]){1, ROWS, cells});
}

static nn_value constant(nn_graph *g, const char *name, nn_value x, int rows, int columns)
{
    x = nn_layer_global_avg_pool(g, NAME("%s.mean", name), x);
    x = nn_layer_linear(g, name, x, 3, rows * columns, 1);
    x = nn_layer_act(g, NAME("%s.relu", name), x, NN_ACT_RELU);
    return shaped(g, NAME("%s.rows", name), x, 3, (const int32_t[]){1, rows, columns});
}

static void set_card(nn_model *m, const char *head)
{
    m->card = (nn_card){.task = "detect",
                        .input_h = FOREIGN_SIDE,
                        .input_w = FOREIGN_SIDE,
                        .mean = {0.4f, 0.5f, 0.6f},
                        .std = {0.2f, 0.3f, 0.25f},
                        .bgr = true,
                        .threshold = 0.3f,
                        .iou_threshold = 0.6f};
    snprintf(m->card.head, sizeof m->card.head, "%s", head);
    assert_int_equal(nn_card_set_labels(&m->card, (const char *const[]){"Cat", "motorbike", "dog"},
                                        FOREIGN_CLASSES, NULL),
                     NN_OK);
}

nn_model *foreign_boxes(const foreign_find *finds, int count)
{
    enum { COLUMNS = FOREIGN_CLASSES + 1 };
    nn_graph *g = nn_graph_new();
    nn_model *m;
    const nn_value x = nn_graph_input(g, "data");
    nn_graph_output(g, "scores", constant(g, "scores", x, count, COLUMNS));
    nn_graph_output(g, "boxes", constant(g, "boxes", x, count, 4));
    assert_int_equal(nn_model_new(&m, g, NULL), NN_OK);
    float *score = nn_tensor_f32(nn_model_param(m, "scores.bias")),
          *box = nn_tensor_f32(nn_model_param(m, "boxes.bias"));
    for (int i = 0; i < count; i++) {
        memcpy(box + 4 * i, &finds[i].x0, 4 * sizeof *box);
        score[i * COLUMNS + 1 + finds[i].label] = finds[i].score;
    }
    set_card(m, "ssd");
    m->card.threshold = 0.5f;
    return m;
}

static nn_model *make_detector(int levels, bool shuffled)
{
    const nn_transpose_params turn = {.rank = 3, .perm = {0, 2, 1}};
    const nn_pointwise_params leaky = {NN_POINTWISE_LEAKY_RELU, 0.1f, 0};
    const nn_shape one = nn_shape_1d(1);
    nn_graph *g = nn_graph_new();
    nn_value x = down(g, "one", nn_graph_input(g, "data"), 3, 8, NN_ACT_SILU);
    x = down(g, "two", x, 8, 8, NN_ACT_RELU);
    const nn_value shifted[] = {x, nn_graph_param(g, "three", NN_PARAM_BIAS, &one)};
    x = nn_graph_node(g, &nn_op_add, "shift", NULL, shifted, 2);
    nn_value fine = down(g, "fine", x, 8, WIDTH, NN_ACT_NONE);
    fine = nn_graph_node(g, &nn_op_pointwise, "leaky", &leaky, &fine, 1);
    if (shuffled)
        fine = shuffle(g, fine, FOREIGN_SIDE / 8);
    nn_value part[3] = {level(g, "last8", fine, FOREIGN_SIDE / 8 * FOREIGN_SIDE / 8)};
    nn_value coarse = levels > 1 ? down(g, "coarse", fine, WIDTH, WIDTH, NN_ACT_RELU) : fine;
    if (levels > 1)
        part[1] = level(g, "last16", coarse, FOREIGN_SIDE / 16 * FOREIGN_SIDE / 16);
    if (levels > 2)
        part[2] = level(g, "last32", down(g, "coarser", coarse, WIDTH, WIDTH, NN_ACT_SILU),
                        FOREIGN_SIDE / 32 * FOREIGN_SIDE / 32);
    x = nn_layer_concat(g, "points", part, levels, 2);
    nn_graph_output(g, "output", nn_graph_node(g, &nn_op_transpose, "output", &turn, &x, 1));
    nn_model *m;
    nn_error err = {0};
    if (nn_model_new(&m, g, &err) != NN_OK)
        fail_msg("%s", err.text);
    nn_model_init_random(m, 7);
    nn_tensor_f32(nn_model_param(m, "three"))[0] = 0.25f;
    for (int i = 0; i < ROWS; i++)
        nn_tensor_f32(nn_model_param(m, "last8.bias"))[i] = 0.1f * (float)(i % 5) - 0.3f;
    m->fixed_inputs = nn_calloc(1, sizeof *m->fixed_inputs);
    m->fixed_inputs[0] = nn_shape_4d(1, 3, FOREIGN_SIDE, FOREIGN_SIDE);
    set_card(m, "nanodet");
    return m;
}

nn_model *foreign_detector(int levels)
{
    return make_detector(levels, true);
}

nn_model *foreign_plain_detector(void)
{
    return make_detector(3, false);
}
