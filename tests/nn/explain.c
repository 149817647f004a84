// SPDX-License-Identifier: MIT
// Explanations of a small network against numbers computed by hand.
#include "nn/explain/explain.h"
#include "nn/ops/ops.h"
#include "nn/zoo/zoo.h"
#include "tests/support/test.h"

#include <math.h>
#include <stdio.h>

enum { SIDE = 4, CELLS = SIDE * SIDE };

static void check(nn_status status, const nn_error *err)
{
    if (status != NN_OK)
        fail_msg("%s: %s", nn_status_name(status), err->text);
}

static nn_value weight(nn_graph *g, const char *name, nn_shape shape)
{
    return nn_graph_param(g, name, shape.rank > 1 ? NN_PARAM_WEIGHT : NN_PARAM_BIAS, &shape);
}

static void set(nn_model *m, const char *name, const float *values, int n)
{
    memcpy(nn_model_param(m, name)->data, values, (size_t)n * sizeof *values);
}

// image -> conv (1, 2, -1) - 0.5 -> relu -> pool 2x2 -> fc of two classes.
static nn_model *make_net(bool fused)
{
    nn_graph *g = nn_graph_new();
    const nn_value x = nn_graph_input(g, "image");
    const nn_value conv_in[] = {x, weight(g, "conv.weight", nn_shape_4d(1, 3, 1, 1)),
                                weight(g, "conv.bias", nn_shape_1d(1))};
    const nn_conv2d_params conv = {.stride = {1, 1},
                                   .dilation = {1, 1},
                                   .groups = 1,
                                   .act = fused ? NN_ACT_RELU : NN_ACT_NONE};
    nn_value v = nn_graph_node(g, &nn_op_conv2d, fused ? "relu" : "conv", &conv, conv_in, 3);
    if (!fused)
        v = nn_graph_node(g, &nn_op_relu, "relu", NULL, &v, 1);
    const nn_pool2d_params pool = {.kernel = {2, 2}, .stride = {2, 2}};
    v = nn_graph_node(g, &nn_op_max_pool, "pool", &pool, &v, 1);
    v = nn_graph_node(g, &nn_op_flatten, "flat", &(nn_flatten_params){1}, &v, 1);
    const nn_value fc_in[] = {v, weight(g, "fc.weight", nn_shape_2d(2, 4)),
                              weight(g, "fc.bias", nn_shape_1d(2))};
    v = nn_graph_node(g, &nn_op_linear, "fc", &(nn_linear_params){0}, fc_in, 3);
    nn_graph_output(g, "output", v);
    nn_model *m;
    nn_error err = {0};
    check(nn_model_new(&m, g, &err), &err);
    snprintf(m->card.task, sizeof m->card.task, "classify");
    m->card.input_h = m->card.input_w = SIDE;
    m->card.crop = 1;
    for (int i = 0; i < 3; i++)
        m->card.std[i] = 1;
    set(m, "conv.weight", (const float[]){1, 2, -1}, 3);
    set(m, "conv.bias", (const float[]){-0.5f}, 1);
    set(m, "fc.weight", (const float[]){2, -1, 3, 4, -1, -1, -1, -1}, 8);
    set(m, "fc.bias", (const float[]){0.1f, 0}, 2);
    return m;
}

// Red in fifths; green and blue are black.
static const int fifths[CELLS] = {5, 1, 2, 4, 0, 3, 5, 0, 1, 0, 3, 4, 2, 1, 4, 0};

static nn_explainer *open_net(bool fused)
{
    static uint8_t rgb[3 * CELLS];
    nn_explainer *e;
    nn_error err = {0};
    for (int i = 0; i < CELLS; i++)
        rgb[3 * i] = (uint8_t)(51 * fifths[i]);
    const nn_frame frame = {.format = NN_PIXEL_RGB,
                            .width = SIDE,
                            .height = SIDE,
                            .plane = {rgb},
                            .stride = {3 * SIDE}};
    check(nn_explainer_new(&e, make_net(fused), "net", NULL, &err), &err);
    check(nn_explainer_see(e, &frame, &err), &err);
    return e;
}

static void expect_plane(const float *want, const float *got, float factor)
{
    for (int i = 0; i < CELLS; i++)
        if (!(fabsf(want[i] * factor - got[i]) <= 1e-5f))
            fail_msg("cell %d is %g, not %g", i, (double)got[i], (double)(want[i] * factor));
}

static void explain(nn_explainer *e, const char *method, const nn_explain_target *t,
                    nn_explain_map *map)
{
    nn_error err = {0};
    check(nn_explain(e, method, t, NULL, map, &err), &err);
    assert_string_equal(map->method, method);
    assert_int_equal(map->height, SIDE);
    assert_int_equal(map->width, SIDE);
}

static void expect_picture(nn_explainer *e, const char *method, const nn_explain_target *t,
                           const float *want, float score)
{
    static const float factors[3] = {1, 2, -1};
    nn_explain_map map = {0};
    explain(e, method, t, &map);
    assert_int_equal(map.channels, 3);
    assert_int_equal(map.cells_h, 0);
    for (int c = 0; c < 3; c++)
        expect_plane(want, map.data + c * CELLS, factors[c]);
    assert_true(fabsf(map.score - score) < 1e-5f);
    assert_true(map.forward_passes > 1 && map.forward_passes <= 2);
    nn_explain_map_release(&map);
}

static void test_layers(void **state)
{
    (void)state;
    nn_explainer *e = open_net(false);
    nn_error err = {0};
    static const nn_explain_layer want[] = {{"conv", "conv2d", 1, 4, 4},
                                            {"relu", "relu", 1, 4, 4},
                                            {"pool", "max_pool", 1, 2, 2},
                                            {"flat", "flatten", 4, 0, 0},
                                            {"fc", "linear", 2, 0, 0}};
    assert_int_equal(nn_explainer_layer_count(e), 5);
    for (int i = 0; i < 5; i++) {
        const nn_explain_layer l = nn_explainer_layer(e, i);
        assert_string_equal(l.name, want[i].name);
        assert_string_equal(l.op, want[i].op);
        assert_int_equal(l.channels, want[i].channels);
        assert_int_equal(l.height, want[i].height);
        assert_int_equal(l.width, want[i].width);
        assert_int_equal(nn_explainer_find_layer(e, want[i].name, &err), i);
    }
    assert_int_equal(nn_explainer_default_layer(e), 1);
    assert_int_equal(nn_explainer_find_layer(e, "rleu", &err), -1);
    assert_non_null(strstr(err.text, "relu"));
    const float *pool = nn_tensor_f32(nn_explainer_values(e, 2));
    const float pooled[4] = {0.5f, 0.5f, 0, 0.3f};
    for (int i = 0; i < 4; i++)
        assert_true(fabsf(pool[i] - pooled[i]) < 1e-6f);
    assert_true(fabsf(nn_tensor_f32(nn_explainer_values(e, -1))[1] - 0.2f) < 1e-6f);
    const nn_result *r = nn_explainer_result(e);
    assert_int_equal(r->count, 2);
    assert_int_equal(r->boxes[0].label, 0);
    assert_true(fabs((double)r->boxes[0].score - 1 / (1 + exp(-3.1))) < 1e-5);
    assert_true(nn_explainer_bytes(e) > 0);
    nn_explainer_free(e);
}

static void explain_with(nn_explainer *e, const char *method, const nn_explain_target *t,
                         const nn_explain_settings *s, nn_explain_map *map)
{
    nn_error err = {0};
    check(nn_explain(e, method, t, s, map, &err), &err);
}

// Switches: the first maximum of each window, at 0, 6, 8 and 11. Windows of zeros have one, too.
static void test_pictures(void **state)
{
    (void)state;
    for (int fused = 0; fused < 2; fused++) {
        nn_explainer *e = open_net(fused);
        nn_explain_target t;
        nn_explain_target_init(&t);
        expect_picture(e, "gradient", &t, (const float[CELLS]){[0] = 2, [6] = -1, [11] = 4}, 1.8f);
        expect_picture(e, "deconv", &t, (const float[CELLS]){[0] = 2, [8] = 3, [11] = 4}, 1.8f);
        expect_picture(e, "guided", &t, (const float[CELLS]){[0] = 2, [11] = 4}, 1.8f);
        t.channel = 1;
        expect_picture(e, "gradient", &t, (const float[CELLS]){[0] = -1, [6] = -1, [11] = -1},
                       -1.3f);
        expect_picture(e, "deconv", &t, (const float[CELLS]){0}, -1.3f);
        nn_error err = {0};
        nn_explain_target_init(&t);
        t.layer = nn_explainer_find_layer(e, "pool", &err);
        expect_picture(e, "deconv", &t, (const float[CELLS]){[0] = 0.5f, [6] = 0.5f, [11] = 0.3f},
                       1.3f);
        expect_picture(e, "gradient", &t, (const float[CELLS]){[0] = 1, [6] = 1, [11] = 1}, 1.3f);
        t.strongest = 1;
        expect_picture(e, "deconv", &t, (const float[CELLS]){[0] = 0.5f}, 0.5f);
        t.strongest = 0;
        t.y = t.x = 1;
        expect_picture(e, "deconv", &t, (const float[CELLS]){[11] = 0.3f}, 0.3f);
        nn_explainer_free(e);
    }
}

// The mean gradient of the maps behind relu is 8 / 16.
static void test_cam(void **state)
{
    (void)state;
    nn_explainer *e = open_net(false);
    nn_explain_map map = {0};
    nn_explain_target t;
    nn_explain_target_init(&t);
    static const float relu[CELLS] = {
        [0] = 0.5f, [3] = 0.3f, [5] = 0.1f, [6] = 0.5f, [10] = 0.1f, [11] = 0.3f, [14] = 0.3f};
    explain(e, "gradcam", &t, &map);
    assert_int_equal(map.channels, 1);
    assert_int_equal(map.layer, 1);
    assert_int_equal(map.channel, 0);
    assert_int_equal(map.cells_h, 4);
    assert_int_equal(map.cells_w, 4);
    expect_plane(relu, map.cells, 0.5f);
    expect_plane(relu, map.data, 0.5f); // as large as the input
    t.channel = 1;                      // the weight is negative
    explain(e, "gradcam", &t, &map);
    expect_plane(relu, map.cells, 0);
    nn_explain_map_release(&map);
    nn_explainer_free(e);
}

static float sum_of(const float *x, int n)
{
    float sum = 0;
    for (int i = 0; i < n; i++)
        sum += x[i];
    return sum;
}

static void test_changed_pictures(void **state)
{
    (void)state;
    nn_explainer *e = open_net(false);
    nn_explain_map map = {0}, again = {0};
    nn_explain_target t;
    nn_explain_settings s;
    nn_explain_target_init(&t);
    nn_explain_settings_init(&s);
    s.noise = 0;
    explain_with(e, "smoothgrad", &t, &s, &map);
    expect_plane((const float[CELLS]){[0] = 2, [6] = -1, [11] = 4}, map.data, 1);
    s.noise = 0.01f; // a little decides which of two equal values in the last window is the largest
    explain_with(e, "smoothgrad", &t, &s, &map);
    assert_true(fabsf(map.data[11] + map.data[14] - 4) < 1e-5f);
    assert_true(map.data[11] > 0.5f && map.data[14] > 0.5f);
    explain_with(e, "smoothgrad", &t, &s, &again);
    assert_memory_equal(map.data, again.data, 3 * CELLS * sizeof(float));
    s.seed = 2;
    explain_with(e, "smoothgrad", &t, &s, &again);
    assert_memory_not_equal(map.data, again.data, 3 * CELLS * sizeof(float));
    assert_true(fabsf(map.score - 1.8f) < 1e-5f);
    // From black, where the score is 0.1, to the picture.
    explain_with(e, "integrated", &t, &s, &map);
    assert_true(fabsf(sum_of(map.data, 3 * CELLS) - 1.7f) < 0.05f);
    s.steps = 2000;
    explain_with(e, "integrated", &t, &s, &map);
    assert_true(fabsf(sum_of(map.data, 3 * CELLS) - 1.7f) < 1e-3f);
    // Black squares over the windows of the pool take 2 * 0.5, -0.5, 0 and 4 * 0.3 away.
    s.patch = s.stride = 2;
    s.cover = 0;
    explain_with(e, "occlusion", &t, &s, &map);
    assert_int_equal(map.cells_h, 2);
    assert_int_equal(map.cells_w, 2);
    static const float drops[4] = {1, -0.5f, 0, 1.2f};
    for (int i = 0; i < 4; i++)
        assert_true(fabsf(map.cells[i] - drops[i]) < 1e-5f);
    for (int i = 0; i < CELLS; i++)
        assert_true(fabsf(map.data[i] - drops[i / 8 * 2 + i % 4 / 2]) < 1e-5f);
    // The picture is there again.
    expect_picture(e, "gradient", &t, (const float[CELLS]){[0] = 2, [6] = -1, [11] = 4}, 1.8f);
    nn_explain_map_release(&map);
    nn_explain_map_release(&again);
    nn_explainer_free(e);
}

static void expect_refused(nn_explainer *e, const char *method, nn_explain_target t,
                           const char *words)
{
    nn_explain_map map = {0};
    nn_error err = {0};
    assert_int_not_equal(nn_explain(e, method, &t, NULL, &map, &err), NN_OK);
    if (!strstr(err.text, words))
        fail_msg("'%s' does not say '%s'", err.text, words);
    nn_explain_map_release(&map);
}

static void test_refusals(void **state)
{
    (void)state;
    nn_explainer *e;
    nn_error err = {0};
    nn_explain_target t;
    nn_explain_target_init(&t);
    check(nn_explainer_new(&e, make_net(false), "net", NULL, &err), &err);
    expect_refused(e, "gradient", t, "no picture was seen");
    nn_explainer_free(e);
    e = open_net(false);
    expect_refused(e, "gradeint", t, "did you mean 'gradient'");
    t.channel = 2;
    expect_refused(e, "gradient", t, "no channel 2: 'fc' has 2");
    t.layer = 99;
    expect_refused(e, "gradient", t, "no layer 99");
    t.layer = t.channel = 0;
    t.y = 4;
    expect_refused(e, "deconv", t, "'conv' has 4x4");
    t.y = -1;
    expect_refused(e, "gradcam", t, "'conv' does not depend on 'relu'");
    nn_explainer_free(e);
}

// A detector with two maps of boxes: a box is explained at a layer of its own map.
static void test_boxes_of_two_maps(void **state)
{
    (void)state;
    enum { FRAME = 96 };
    static uint8_t rgb[3 * FRAME * FRAME];
    static const char *const labels[] = {"thing"};
    const nn_frame frame = {.format = NN_PIXEL_RGB,
                            .width = FRAME,
                            .height = FRAME,
                            .plane = {rgb},
                            .stride = {3 * FRAME}};
    nn_card card = {.task = "detect",
                    .head = "fcos",
                    .network = "neroscale_alexpp",
                    .options = "alpha=0.25,beta=0.25,neck=16,levels=8+16,classes=1",
                    .input_w = FRAME,
                    .input_h = FRAME,
                    .threshold = 1e-4f,
                    .iou_threshold = 0.9f};
    nn_error err = {0};
    nn_model *m;
    nn_explainer *e;
    nn_explain_map map = {0};
    int maps[FRAME] = {0};
    for (int i = 0; i < 3 * FRAME * FRAME; i++)
        rgb[i] = (uint8_t)(i * 37 % 251);
    check(nn_card_set_labels(&card, labels, 1, &err), &err);
    check(nn_zoo_build(&m, &card, &err), &err);
    nn_zoo_init_random(m, 3, (const float[2]){30, 60});
    check(nn_explainer_new(&e, m, "two", NULL, &err), &err);
    check(nn_explainer_see(e, &frame, &err), &err);
    const nn_result *r = nn_explainer_result(e);
    assert_true(r->count > 20);
    for (int i = 0; i < r->count; i++) {
        nn_explain_target t;
        nn_explain_target_init(&t);
        t.box = i;
        check(nn_explain(e, "gradcam", &t, NULL, &map, &err), &err);
        assert_true(map.cells_h < FRAME);
        maps[map.cells_h]++;
    }
    assert_true(maps[FRAME / 8] > 0 && maps[FRAME / 16] > 0);
    assert_int_equal(maps[FRAME / 8] + maps[FRAME / 16], r->count);
    nn_explain_map_release(&map);
    nn_explainer_free(e);
    nn_card_release(&card);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_layers),
        cmocka_unit_test(test_pictures),
        cmocka_unit_test(test_cam),
        cmocka_unit_test(test_changed_pictures),
        cmocka_unit_test(test_boxes_of_two_maps),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
