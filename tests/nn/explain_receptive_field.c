// SPDX-License-Identifier: MIT
// Receptive fields against what really happens: cells change when a pixel inside of them changes,
// and keep their bits when everything outside does.
#include "tests/support/test.h"

#include "nn/base/memory.h"
#include "nn/base/rng.h"
#include "nn/explain/receptive_field.h"
#include "nn/graph/plan.h"
#include "nn/zoo/layers.h"
#include "nn/zoo/zoo.h"

#include <math.h>
#include <stdio.h>

enum { CHANGES = 4 }; // attempts to change a cell by a pixel

typedef struct net {
    nn_model *model;
    nn_plan *plan;
    nn_receptive_field *field;
    nn_tensor picture; // what the input holds unless it is changed
} net;

static nn_value node(nn_graph *g, const nn_op *op, const char *name, const void *params, nn_value x)
{
    return nn_graph_node(g, op, name, params, &x, 1);
}

static nn_value conv(nn_graph *g, const char *name, nn_value x, int in, int out, int kernel,
                     int stride, int pad)
{
    return nn_layer_conv(
        g, name, x,
        &(nn_conv_spec){.in = in, .out = out, .kernel = kernel, .stride = stride, .pad = pad});
}

// Strides, paddings that are not centred, dilation, groups.
static nn_value convs(nn_graph *g, nn_value x)
{
    x = conv(g, "a", x, 3, 4, 5, 2, 1);
    x = nn_layer_conv(
        g, "b", x,
        &(nn_conv_spec){.in = 4, .out = 4, .kernel = 3, .stride = 1, .dilation = 2, .groups = 2});
    return nn_layer_conv(
        g, "c", x,
        &(nn_conv_spec){.in = 4, .out = 2, .kernel = 1, .stride = 1, .kernel_w = 4, .pad_w = 2});
}

static nn_value pools(nn_graph *g, nn_value x)
{
    x = nn_layer_max_pool(g, "a", x, 3, 2, 1, 1);
    x = conv(g, "b", x, 3, 2, 2, 1, 0);
    x = nn_layer_avg_pool(g, "c", x, 2, 2, 0);
    return nn_layer_adaptive_avg_pool(g, "d", x, 3);
}

// Branches of different reach: each channel sees what its own branch sees.
static nn_value branches(nn_graph *g, nn_value x)
{
    nn_value part[3];
    part[0] = conv(g, "one", x, 3, 1, 1, 2, 0);
    part[1] = conv(g, "three", x, 3, 2, 3, 2, 1);
    part[2] = nn_layer_max_pool(g, "pool", part[1], 3, 1, 1, 0);
    x = nn_layer_concat(g, "cat", part, 3, 1);
    nn_value y = conv(g, "mix", x, 5, 5, 3, 1, 1);
    x = nn_layer_add(g, "sum", x, y);
    return nn_layer_local_response_norm(g, "lrn", x, 3, 1e-3f, 0.75f, 1);
}

static nn_value moved(nn_graph *g, nn_value x)
{
    const nn_pad_params pad = {
        .rank = 4, .begin = {0, 0, 2, 1}, .end = {0, 0, 0, 3}, .mode = NN_PAD_REFLECT};
    const nn_slice_params slice = {.axis = 3, .begin = 1, .end = INT32_MAX, .step = 2};
    const nn_transpose_params turn = {.rank = 4, .perm = {0, 1, 3, 2}};
    x = node(g, &nn_op_pad, "pad", &pad, x);
    x = conv(g, "a", x, 3, 2, 2, 1, 0);
    x = node(g, &nn_op_slice, "slice", &slice, x);
    return node(g, &nn_op_transpose, "turn", &turn, x);
}

static nn_value resized(nn_graph *g, nn_value x)
{
    const nn_resize_params up = {.mode = NN_RESIZE_BILINEAR, .scale = {2, 1.5f}};
    const nn_resample_params cubic = {
        .mode = NN_SAMPLE_CUBIC, .size = {9, 8}, .scale = {0.5f, 0.5f}, .cubic = -0.75f};
    const nn_conv_transpose_params wide = {
        .stride = {2, 3}, .dilation = {1, 2}, .pad = {1, 0, 0, 2}, .groups = 1};
    x = conv(g, "a", x, 3, 2, 3, 2, 0);
    const nn_shape shape = nn_shape_4d(2, 2, 2, 2);
    nn_value in[2] = {x, nn_graph_param(g, "wide.weight", NN_PARAM_WEIGHT, &shape)};
    x = nn_graph_node(g, &nn_op_conv_transpose, "wide", &wide, in, 2);
    x = node(g, &nn_op_resize, "up", &up, x);
    return node(g, &nn_op_resample, "cubic", &cubic, x);
}

// A channel shuffle as exporters write it, and a layer that sees everything.
static nn_value shuffled(nn_graph *g, nn_value x)
{
    const nn_reshape_params split = {.rank = 5, .dim = {0, 2, 2, 9, 7}};
    const nn_transpose_params turn = {.rank = 5, .perm = {0, 2, 1, 3, 4}};
    const nn_reshape_params merge = {.rank = 4, .dim = {0, 4, 9, 7}};
    nn_value part[2] = {conv(g, "one", x, 3, 2, 1, 2, 0), conv(g, "five", x, 3, 2, 5, 2, 2)};
    x = nn_layer_concat(g, "cat", part, 2, 1);
    x = node(g, &nn_op_reshape, "split", &split, x);
    x = node(g, &nn_op_transpose, "turn", &turn, x);
    return node(g, &nn_op_reshape, "merge", &merge, x);
}

static nn_value vector(nn_graph *g, nn_value x)
{
    x = conv(g, "a", x, 3, 2, 3, 3, 0);
    x = nn_layer_flatten(g, "flat", x, 1);
    return x;
}

static nn_value (*const builders[])(nn_graph *g, nn_value x) = {convs,   pools,    branches, moved,
                                                                resized, shuffled, vector};

static void open_net(net *n, nn_model *model, int h, int w)
{
    nn_error err = {0};
    const nn_shape shape = nn_shape_4d(1, 3, h, w);
    const nn_plan_options options = {.keep_values = true, .exact = true};
    n->model = model;
    if (nn_plan_new(&n->plan, model, &shape, 1, &options, &err))
        fail_msg("%s", err.text);
    const int values = nn_graph_value_count(model->graph);
    nn_shape *shapes = nn_calloc((size_t)values, sizeof *shapes);
    for (int v = 0; v < values; v++)
        shapes[v] = *nn_plan_shape(n->plan, v);
    assert_int_equal(nn_receptive_field_new(&n->field, model, shapes, &err), NN_OK);
    nn_free(shapes);
    assert_int_equal(nn_tensor_init(&n->picture, NN_F32, &shape, NULL), NN_OK);
    nn_rng rng = nn_rng_seed(7);
    for (int64_t i = 0; i < nn_shape_count(&shape); i++)
        nn_tensor_f32(&n->picture)[i] = nn_rng_range(&rng, -1, 1);
}

static void close_net(net *n)
{
    nn_receptive_field_free(n->field);
    nn_plan_free(n->plan);
    nn_model_free(n->model);
    nn_tensor_release(&n->picture);
}

static void show_picture(net *n)
{
    memcpy(nn_plan_input(n->plan, 0)->data, n->picture.data, nn_tensor_bytes(&n->picture));
}

static bool inside(const nn_patch *p, int64_t y, int64_t x)
{
    return y >= p->y0 && y < p->y1 && x >= p->x0 && x < p->x1;
}

// Replaces the pixels of the picture that lie inside of `part` (or outside) and runs the net.
static void change(net *n, const nn_patch *part, bool in, nn_rng *rng)
{
    const nn_shape *s = &n->picture.shape;
    float *x = nn_tensor_f32(nn_plan_input(n->plan, 0));
    const float size = nn_rng_uniform(rng) < 0.5f ? 300 : 3; // of both, one gets through
    show_picture(n);
    for (int64_t i = 0; i < nn_shape_count(s); i++)
        if (inside(part, i / s->dim[3] % s->dim[2], i % s->dim[3]) == in)
            x[i] = nn_rng_range(rng, -size, size);
    nn_plan_run(n->plan);
}

static int64_t cell_index(const nn_shape *s, int c, int y, int x)
{
    return s->rank == 4 ? (c * s->dim[2] + y) * s->dim[3] + x : c;
}

// Whether a change inside of `part` reaches the cell, in a few attempts.
static bool reaches(net *n, nn_value v, int64_t cell, const nn_patch *part, nn_rng *rng)
{
    show_picture(n);
    nn_plan_run(n->plan);
    const float before = nn_tensor_f32(nn_plan_value(n->plan, v))[cell];
    for (int i = 0; i < CHANGES; i++) {
        change(n, part, true, rng);
        if (nn_tensor_f32(nn_plan_value(n->plan, v))[cell] != before)
            return true;
    }
    return false;
}

// Nothing outside matters; each of the four edges does.
static void check_edges(net *n, nn_value v, int c, int y, int x)
{
    nn_rng rng = nn_rng_stream(11, (uint64_t)(c * 10000 + y * 100 + x));
    const int64_t cell = cell_index(nn_plan_shape(n->plan, v), c, y, x);
    const nn_patch p = nn_receptive_field_of(n->field, v, c, y, x);
    const char *name = nn_graph_value(n->model->graph, v).name;
    assert_true(p.x0 < p.x1 && p.y0 < p.y1);
    show_picture(n);
    nn_plan_run(n->plan);
    const float before = nn_tensor_f32(nn_plan_value(n->plan, v))[cell];
    change(n, &p, false, &rng);
    if (nn_tensor_f32(nn_plan_value(n->plan, v))[cell] != before)
        fail_msg("%s [%d,%d,%d] depends on pixels outside of its field", name, c, y, x);
    const nn_patch edges[] = {{p.x0, p.y0, p.x1, p.y0 + 1},
                              {p.x0, p.y1 - 1, p.x1, p.y1},
                              {p.x0, p.y0, p.x0 + 1, p.y1},
                              {p.x1 - 1, p.y0, p.x1, p.y1}};
    for (int i = 0; i < 4; i++)
        if (!reaches(n, v, cell, &edges[i], &rng))
            fail_msg("%s [%d,%d,%d] does not depend on edge %d of its field %d,%d..%d,%d", name, c,
                     y, x, i, p.x0, p.y0, p.x1, p.y1);
}

// Grows the field of every cell by the pixel (y, x) where it changes the cell.
static void mark_pixel(net *n, nn_value v, int y, int x, nn_patch *found)
{
    const nn_shape *s = nn_plan_shape(n->plan, v);
    const nn_patch pixel = {x, y, x + 1, y + 1};
    const int64_t cells = nn_shape_count(s);
    nn_rng rng = nn_rng_stream(5, (uint64_t)(y * 1000 + x));
    float *before = nn_alloc((size_t)cells * sizeof *before);
    show_picture(n);
    nn_plan_run(n->plan);
    memcpy(before, nn_plan_value(n->plan, v)->data, (size_t)cells * sizeof *before);
    for (int i = 0; i < CHANGES; i++) {
        change(n, &pixel, true, &rng);
        const float *after = nn_tensor_f32(nn_plan_value(n->plan, v));
        for (int64_t c = 0; c < cells; c++)
            if (after[c] != before[c]) {
                nn_patch *p = &found[c];
                *p = p->x1 == 0
                         ? pixel
                         : (nn_patch){x < p->x0 ? x : p->x0, y < p->y0 ? y : p->y0,
                                      x + 1 > p->x1 ? x + 1 : p->x1, y + 1 > p->y1 ? y + 1 : p->y1};
            }
    }
    nn_free(before);
}

// Every cell of a small net, against the pixels that change it one at a time.
static void check_every_cell(int which)
{
    nn_graph *g = nn_graph_new();
    nn_graph_output(g, "output", builders[which](g, nn_graph_input(g, "image")));
    nn_model *m;
    nn_error err = {0};
    net n;
    if (nn_model_new(&m, g, &err))
        fail_msg("%s", err.text);
    nn_model_init_random(m, 3);
    open_net(&n, m, 17, 13);
    const nn_value v = nn_graph_output_at(m->graph, 0);
    const nn_shape *s = nn_plan_shape(n.plan, v);
    const int64_t cells = nn_shape_count(s);
    nn_patch *found = nn_calloc((size_t)cells, sizeof *found);
    for (int i = 0; i < 17 * 13; i++)
        mark_pixel(&n, v, i / 13, i % 13, found);
    const int64_t h = s->rank == 4 ? s->dim[2] : 1, w = s->rank == 4 ? s->dim[3] : 1;
    for (int64_t i = 0; i < cells; i++) {
        const int c = (int)(i / (h * w)), y = (int)(i / w % h), x = (int)(i % w);
        const nn_patch p = nn_receptive_field_of(n.field, v, c, y, x), *f = &found[i];
        if (memcmp(&p, f, sizeof p) != 0)
            fail_msg("net %d [%d,%d,%d]: %d,%d..%d,%d, but %d,%d..%d,%d changes it", which, c, y, x,
                     p.x0, p.y0, p.x1, p.y1, f->x0, f->y0, f->x1, f->y1);
    }
    nn_free(found);
    close_net(&n);
}

static void small_nets(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof builders / sizeof *builders; i++)
        check_every_cell((int)i);
}

static void open_zoo(net *n, const char *network, int size)
{
    nn_card card = {.task = "classify", .input_h = size, .input_w = size};
    nn_error err = {0};
    nn_model *m;
    snprintf(card.network, sizeof card.network, "%s", network);
    if (nn_zoo_build(&m, &card, &err))
        fail_msg("%s", err.text);
    nn_model_init_random(m, 1);
    open_net(n, m, size, size);
}

static void zoo_layer(const char *network, int size, const char *layer)
{
    net n;
    open_zoo(&n, network, size);
    const nn_value v = nn_graph_find_value(n.model->graph, layer);
    if (v < 0)
        fail_msg("%s has no %s", network, layer);
    const nn_shape s = *nn_plan_shape(n.plan, v);
    const int last_y = (int)s.dim[2] - 1, last_x = (int)s.dim[3] - 1, last = (int)s.dim[1] - 1;
    check_edges(&n, v, 0, 0, 0);
    check_edges(&n, v, last, last_y, last_x);
    check_edges(&n, v, last, last_y / 3, last_x / 2);
    close_net(&n);
}

static void networks(void **state)
{
    (void)state;
    zoo_layer("resnet18", 64, "layer2.1.conv2");
    zoo_layer("googlenet", 64, "inception3a.branch2.1.conv");
}

// AlexNet's: 11, then 51 after the second convolution of 5x5 behind a pool of 3x3 (2), strides 4
// and 2: 11 + 2 4 = 19, 19 + 4 8 = 51.
static void known_sizes(void **state)
{
    (void)state;
    net n;
    open_zoo(&n, "alexnet", 224);
    nn_graph *g = n.model->graph;
    nn_patch p = nn_receptive_field_of(n.field, nn_graph_find_value(g, "features.0"), 0, 20, 20);
    assert_int_equal(p.x1 - p.x0, 11);
    assert_int_equal(p.x0, 20 * 4 - 2);
    p = nn_receptive_field_of(n.field, nn_graph_find_value(g, "features.3"), 0, 12, 12);
    assert_int_equal(p.x1 - p.x0, 51);
    assert_int_equal(p.y1 - p.y0, 51);
    p = nn_receptive_field_of(n.field, nn_graph_output_at(g, 0), 5, -1, -1);
    assert_int_equal(p.x0, 0);
    assert_int_equal(p.x1, 224);
    close_net(&n);
}

// A gate of squeeze and excitation makes cells depend on everything; without it they are local.
static void gates(void **state)
{
    (void)state;
    nn_graph *g = nn_graph_new();
    nn_value x = conv(g, "a", nn_graph_input(g, "image"), 3, 2, 3, 2, 0);
    nn_value gate = nn_layer_reduce(g, "mean", x, NN_REDUCE_MEAN, 12, 1);
    nn_graph_output(g, "output",
                    nn_layer_mul(g, "gated", x, nn_layer_act(g, "on", gate, NN_ACT_SIGMOID)));
    nn_model *m;
    net n;
    assert_int_equal(nn_model_new(&m, g, NULL), NN_OK);
    nn_model_init_random(m, 3);
    open_net(&n, m, 17, 13);
    const nn_value v = nn_graph_output_at(m->graph, 0);
    check_edges(&n, v, 1, 2, 3);
    nn_patch p = nn_receptive_field_of(n.field, v, 1, 2, 3);
    assert_int_equal(p.x0, 0);
    assert_int_equal(p.x1, 13);
    p = nn_receptive_field_local(n.field, v, 1, 2, 3);
    assert_int_equal(p.x0, 6);
    assert_int_equal(p.x1, 9);
    assert_int_equal(p.y0, 4);
    assert_int_equal(p.y1, 7);
    close_net(&n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(small_nets),
        cmocka_unit_test(networks),
        cmocka_unit_test(known_sizes),
        cmocka_unit_test(gates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
