// SPDX-License-Identifier: MIT
// Invariance curves, occlusion maps, grids of maps and filters, and use of channels, by their
// definitions.
#include "tests/support/alloc.h"
#include "tests/support/explained.h"

#include "nn/explain/channel_use.h"
#include "nn/explain/grid.h"
#include "nn/explain/invariance.h"
#include "nn/explain/occlusion_maps.h"
#include "nn/explain/warp.h"

#include <math.h>

enum { SIDE = EXPLAINED_SIDE };

static uint8_t rgb[3 * SIDE * SIDE];

static void see(nn_explainer *e, int number)
{
    explained_draw(rgb, number);
    const nn_frame frame = explained_frame(rgb);
    assert_int_equal(nn_explainer_see(e, &frame, NULL), NN_OK);
}

// --- warps ---

static const uint8_t *pixel(const nn_image *image, int y, int x)
{
    return image->rgb + 3 * (y * image->width + x);
}

static void warps_by_hand(void **state)
{
    (void)state;
    static const uint8_t fill[3] = {1, 2, 3};
    static uint8_t to[3 * SIDE * SIDE];
    explained_draw(rgb, 5);
    const nn_image in = {.width = SIDE, .height = SIDE, .rgb = rgb};
    nn_image out = {.width = SIDE, .height = SIDE, .rgb = to};
    nn_warp warp = nn_warp_move(3, -2);
    nn_image_warp(&out, &in, &warp, fill);
    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < SIDE; x++)
            assert_memory_equal(pixel(&out, y, x),
                                y + 2 < SIDE && x >= 3 ? pixel(&in, y + 2, x - 3) : fill, 3);
    warp = nn_warp_rotate(90); // clockwise: the left column becomes the top row
    nn_image_warp(&out, &in, &warp, fill);
    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < SIDE; x++)
            assert_memory_equal(pixel(&out, y, x), pixel(&in, SIDE - 1 - x, y), 3);
    warp = nn_warp_scale(2); // a pixel at 0.25 between two
    nn_image_warp(&out, &in, &warp, fill);
    const int a = pixel(&in, 15, 15)[0], b = pixel(&in, 15, 16)[0], c = pixel(&in, 16, 15)[0],
              d = pixel(&in, 16, 16)[0];
    const double want = 0.75 * (0.75 * a + 0.25 * b) + 0.25 * (0.75 * c + 0.25 * d);
    assert_true(fabs(pixel(&out, 15, 15)[0] - want) <= 0.5);
}

static void frames_become_images(void **state)
{
    (void)state;
    explained_draw(rgb, 2);
    nn_frame frame = explained_frame(rgb);
    nn_image image;
    assert_int_equal(nn_image_of_frame(&image, &frame, NULL), NN_OK);
    assert_memory_equal(image.rgb, rgb, sizeof rgb);
    nn_image_release(&image);
    frame.format = NN_PIXEL_BGR;
    assert_int_equal(nn_image_of_frame(&image, &frame, NULL), NN_OK);
    assert_int_equal(image.rgb[0], rgb[2]);
    nn_image_release(&image);
    frame.width = 0;
    assert_int_equal(nn_image_of_frame(&image, &frame, NULL), NN_EINVAL);
}

// --- invariance ---

static void check_curve(nn_explainer *e, nn_invariance_kind kind, int identity)
{
    nn_error err = {0};
    nn_invariance v = {0};
    explained_draw(rgb, 8);
    const nn_frame frame = explained_frame(rgb);
    const nn_invariance_settings s = {.first = explained_layer(e, "relu1"),
                                      .last = explained_layer(e, "mean"),
                                      .label = 2,
                                      .points = 9};
    if (nn_invariance_measure(e, &frame, kind, &s, &v, NULL, NULL, &err))
        fail_msg("%s", err.text);
    assert_int_equal(v.count, 9);
    assert_float_equal(v.first[identity], 0, 0);
    assert_float_equal(v.last[identity], 0, 0);
    for (int i = 0; i < v.count; i++) {
        assert_true(v.probability[i] > 0 && v.probability[i] < 1);
        if (i != identity && !(kind == NN_INVARIANCE_ROTATION && i == 8)) // 360 degrees
            assert_true(v.first[i] > 0 && v.last[i] > 0);
    }
    // A point by its definition.
    static uint8_t moved[3 * SIDE * SIDE];
    nn_image in = {.width = SIDE, .height = SIDE, .rgb = rgb}, out = in;
    out.rgb = moved;
    const double amount = v.amount[7];
    const nn_warp warp = kind == NN_INVARIANCE_TRANSLATION ? nn_warp_move(0, amount * SIDE)
                         : kind == NN_INVARIANCE_SCALE     ? nn_warp_scale(amount)
                                                           : nn_warp_rotate(amount);
    const uint8_t fill[3] = {102, 102, 102}; // 0.4 of 255
    nn_image_warp(&out, &in, &warp, fill);
    float before[6 * 16 * 16];
    assert_int_equal(nn_explainer_see(e, &frame, NULL), NN_OK);
    memcpy(before, nn_explainer_values(e, s.first)->data, sizeof before);
    const nn_frame other = explained_frame(moved);
    assert_int_equal(nn_explainer_see(e, &other, NULL), NN_OK);
    const float *after = nn_tensor_f32(nn_explainer_values(e, s.first));
    double apart = 0, size = 0;
    for (int i = 0; i < 6 * 16 * 16; i++) {
        apart += pow((double)after[i] - (double)before[i], 2);
        size += pow((double)before[i], 2);
    }
    assert_float_equal(v.first[7], sqrt(apart / size), 1e-5);
    const nn_result *r = nn_explainer_result(e);
    for (int i = 0; i < r->count; i++)
        if (r->boxes[i].label == 2)
            assert_float_equal(v.probability[7], r->boxes[i].score, 1e-6);
    nn_invariance_release(&v);
}

static void invariance(void **state)
{
    (void)state;
    nn_explainer *e = explained_open(3);
    check_curve(e, NN_INVARIANCE_TRANSLATION, 4);
    check_curve(e, NN_INVARIANCE_SCALE, 0);
    check_curve(e, NN_INVARIANCE_ROTATION, 0);
    nn_invariance v = {0};
    nn_error err = {0};
    const nn_frame frame = explained_frame(rgb);
    nn_invariance_settings s = {.first = -1, .last = -1, .label = -1, .from = 3, .to = 2};
    assert_int_equal(
        nn_invariance_measure(e, &frame, NN_INVARIANCE_SCALE, &s, &v, NULL, NULL, &err), NN_EINVAL);
    s = (nn_invariance_settings){.first = -1, .last = -1, .label = EXPLAINED_CLASSES};
    assert_int_equal(
        nn_invariance_measure(e, &frame, NN_INVARIANCE_SCALE, &s, &v, NULL, NULL, &err), NN_EINVAL);
    assert_int_equal(
        nn_invariance_measure(e, &frame, NN_INVARIANCE_ROTATION, NULL, &v, NULL, NULL, &err),
        NN_OK);
    assert_string_equal(nn_explainer_layer(e, v.first_layer).name, "conv1");
    assert_string_equal(nn_explainer_layer(e, v.last_layer).name, "mean");
    assert_int_equal(v.count, 25);
    assert_float_equal(v.first[24], 0, 0); // once around
    nn_invariance_release(&v);
    nn_explainer_free(e);
}

// --- occlusion ---

static void occlusion(void **state)
{
    (void)state;
    nn_error err = {0};
    nn_explainer *e = explained_open(3);
    const int relu2 = explained_layer(e, "relu2");
    nn_occlusion_maps m = {0};
    const nn_occlusion_settings s = {.patch = 10, .stride = 4, .layer = relu2, .label = 1};
    assert_int_equal(nn_occlusion_measure(e, &s, &m, NULL, NULL, &err), NN_EINVAL); // nothing seen
    see(e, 8);
    const float before = nn_tensor_f32(nn_explainer_values(e, relu2))[20];
    if (nn_occlusion_measure(e, &s, &m, NULL, NULL, &err))
        fail_msg("%s", err.text);
    assert_float_equal(nn_tensor_f32(nn_explainer_values(e, relu2))[20], before, 0);
    assert_int_equal(m.rows, 7); // 0, 4, ..., 20, 22
    assert_int_equal(m.columns, 7);
    const nn_patch last = nn_occlusion_square(&m, 6, 6);
    assert_int_equal(last.x0, 22);
    assert_int_equal(last.x1, 32);
    // A grey square drawn into the picture gives the same numbers.
    for (int at = 0; at < 49; at += 8) {
        const nn_patch q = nn_occlusion_square(&m, at / 7, at % 7);
        static uint8_t covered[3 * SIDE * SIDE];
        memcpy(covered, rgb, sizeof covered);
        for (int y = q.y0; y < q.y1; y++)
            memset(covered + 3 * (y * SIDE + q.x0), 128, (size_t)(3 * (q.x1 - q.x0)));
        const nn_frame frame = explained_frame(covered);
        assert_int_equal(nn_explainer_see(e, &frame, NULL), NN_OK);
        double sum = 0;
        for (int i = 0; i < 64; i++)
            sum += (double)nn_tensor_f32(nn_explainer_values(e, relu2))[m.channel * 64 + i];
        assert_float_equal(m.activation[at], sum, 0.02 * fabs(sum) + 0.02); // 0.5 is 127.5 of 255
        const nn_result *r = nn_explainer_result(e);
        assert_int_equal(m.best[at], r->boxes[0].label);
        for (int i = 0; i < r->count; i++)
            if (r->boxes[i].label == 1)
                assert_float_equal(m.probability[at], r->boxes[i].score, 2e-3);
    }
    nn_occlusion_maps_release(&m);
    nn_explainer_free(e);
}

// The strongest feature map is that with the largest sum, and a square over nothing changes
// nothing.
static void occlusion_follows_the_strongest(void **state)
{
    (void)state;
    nn_explainer *e = explained_open(3);
    const int relu2 = explained_layer(e, "relu2");
    nn_occlusion_maps m = {0};
    const nn_occlusion_settings s = {.patch = 6, .stride = 6, .layer = relu2, .label = -1};
    see(e, 8);
    double most = -1;
    int strongest = 0;
    for (int c = 0; c < 8; c++) {
        double sum = 0;
        for (int i = 0; i < 64; i++)
            sum += (double)nn_tensor_f32(nn_explainer_values(e, relu2))[c * 64 + i];
        strongest = sum > most ? c : strongest;
        most = sum > most ? sum : most;
    }
    const nn_box best = nn_explainer_result(e)->boxes[0];
    assert_int_equal(nn_occlusion_measure(e, &s, &m, NULL, NULL, NULL), NN_OK);
    assert_int_equal(m.channel, strongest);
    assert_float_equal(m.whole_activation, most, 1e-4);
    assert_int_equal(m.label, best.label);
    assert_float_equal(m.whole_probability, best.score, 1e-6);
    nn_occlusion_maps_release(&m);
    nn_explainer_free(e);
}

// --- grids ---

static void features(void **state)
{
    (void)state;
    nn_error err = {0};
    nn_explainer *e = explained_open(3);
    const int relu1 = explained_layer(e, "relu1");
    nn_explain_grid g = {0};
    assert_int_equal(nn_explain_features(e, relu1, NULL, &g, &err), NN_EINVAL);
    see(e, 1);
    assert_int_equal(nn_explain_features(e, relu1, NULL, &g, &err), NN_OK);
    assert_int_equal(g.count, 6);
    assert_int_equal(g.height, 16);
    assert_memory_equal(g.data, nn_explainer_values(e, relu1)->data, 6 * 256 * sizeof(float));
    const nn_grid_choice strongest = {.count = 4, .order = NN_GRID_STRONGEST};
    assert_int_equal(nn_explain_features(e, relu1, &strongest, &g, &err), NN_OK);
    assert_int_equal(g.count, 4);
    const float *x = nn_tensor_f32(nn_explainer_values(e, relu1));
    for (int i = 0; i < 4; i++) {
        double sum = 0;
        for (int k = 0; k < 256; k++)
            sum += (double)x[g.channel[i] * 256 + k];
        assert_float_equal(g.score[i], sum / 256, 1e-5);
        assert_true(i == 0 || g.score[i] <= g.score[i - 1]);
        assert_memory_equal(g.data + i * 256, x + g.channel[i] * 256, 256 * sizeof(float));
    }
    const int two[] = {5, 0}, none = 6;
    assert_int_equal(
        nn_explain_features(e, relu1, &(nn_grid_choice){.channels = two, .count = 2}, &g, &err),
        NN_OK);
    assert_int_equal(g.count, 2);
    assert_memory_equal(g.data, x + 5 * 256, 256 * sizeof(float));
    assert_int_equal(
        nn_explain_features(e, relu1, &(nn_grid_choice){.channels = &none, .count = 1}, &g, &err),
        NN_EINVAL);
    nn_explain_grid_release(&g);
    nn_explainer_free(e);
}

static const float *weights(nn_explainer *e, const char *name)
{
    const nn_model *m = nn_explainer_model(e);
    return m->params[nn_graph_find_param(m->graph, name)].data;
}

static void filters(void **state)
{
    (void)state;
    nn_error err = {0};
    nn_explainer *e = explained_open(3);
    nn_explain_grid g = {0};
    assert_int_equal(nn_explain_filters(e, explained_layer(e, "relu1"), NULL, &g, &err), NN_OK);
    assert_int_equal(g.planes, 3);
    assert_int_equal(g.count, 6);
    assert_int_equal(g.width, 5);
    assert_memory_equal(g.data, weights(e, "conv1.weight"), 6 * 75 * sizeof(float));
    assert_int_equal(nn_explain_filters(e, explained_layer(e, "conv2"), NULL, &g, &err), NN_OK);
    assert_int_equal(g.planes, 1);
    assert_int_equal(g.count, 8);
    const float *w = weights(e, "conv2.weight");
    for (int i = 0; i < 8; i++) {
        double norm[6] = {0}, whole = 0;
        for (int k = 0; k < 54; k++) {
            norm[k / 9] += pow((double)w[i * 54 + k], 2);
            whole += pow((double)w[i * 54 + k], 2);
        }
        for (int k = 0; k < 6; k++)
            assert_true(norm[k] <= norm[g.input[i]]);
        assert_float_equal(g.score[i], sqrt(whole), 1e-5);
        assert_memory_equal(g.data + i * 9, w + i * 54 + g.input[i] * 9, 9 * sizeof(float));
    }
    assert_int_equal(nn_explain_filters(e, explained_layer(e, "fc"), NULL, &g, &err),
                     NN_EUNSUPPORTED);
    assert_int_equal(nn_explain_filters(e, explained_layer(e, "pool1"), NULL, &g, &err),
                     NN_EUNSUPPORTED);
    nn_explain_grid_release(&g);
    nn_explainer_free(e);
}

// Kernels that depend on the size of the picture: after a picture was seen, those that it got.
static void elastic_filters(void **state)
{
    (void)state;
    nn_error err = {0};
    nn_explainer *e;
    const nn_explainer_options o = {.threads = 1, .input_h = 64, .input_w = 64};
    if (nn_explainer_open(&e, "neroscale_alexpp", &o, &err))
        fail_msg("%s", err.text);
    nn_explain_grid g = {0};
    int layer = -1;
    for (int i = 0; i < nn_explainer_layer_count(e) && layer < 0; i++)
        if (nn_explain_filters(e, i, NULL, &g, &err) == NN_EINVAL)
            layer = i;
    assert_true(layer >= 0);
    assert_non_null(strstr(err.text, "no picture"));
    see(e, 1);
    assert_int_equal(nn_explain_filters(e, layer, NULL, &g, &err), NN_OK);
    assert_int_equal(g.height, 3); // of a small picture
    nn_explain_grid_release(&g);
    nn_explainer_free(e);
}

// --- use of channels ---

static void channel_use(void **state)
{
    (void)state;
    nn_error err = {0};
    nn_explainer *e = explained_open_dead(3, 2);
    const int relu1 = explained_layer(e, "relu1"), conv1 = explained_layer(e, "conv1");
    nn_channel_use *u;
    assert_int_equal(nn_channel_use_new(&u, e, &err), NN_OK);
    double sum = 0, squares = 0;
    int64_t zeros = 0;
    float most = 0;
    for (int i = 0; i < 5; i++) {
        see(e, i);
        nn_channel_use_add(u);
        const float *x = nn_tensor_f32(nn_explainer_values(e, relu1)) + 256;
        for (int k = 0; k < 256; k++) {
            sum += (double)x[k];
            squares += (double)x[k] * (double)x[k];
            zeros += x[k] == 0;
            most = fmaxf(most, x[k]);
        }
    }
    assert_int_equal(nn_channel_use_pictures(u), 5);
    const nn_channel_facts f = nn_channel_use_facts(u, relu1, 1);
    assert_float_equal(f.mean, sum / 1280, 1e-5);
    assert_float_equal(f.deviation, sqrt(squares / 1280 - pow(sum / 1280, 2)), 1e-5);
    assert_float_equal(f.zeros, (double)zeros / 1280, 1e-6);
    assert_float_equal(f.most, most, 0);
    assert_false(f.saturated);
    assert_true(nn_channel_use_facts(u, relu1, 2).dead);
    assert_false(nn_channel_use_facts(u, conv1, 2).dead); // it varies, below 0
    int dead = 0, saturated;
    for (int c = 0; c < 6; c++)
        dead += nn_channel_use_facts(u, relu1, c).dead;
    assert_int_equal(nn_channel_use_dead(u, relu1, &saturated), dead);
    assert_int_equal(saturated, 0);
    assert_true(dead >= 1 && dead < 6);
    nn_channel_use_free(u);
    nn_explainer_free(e);
}

// A sigmoid behind large numbers is saturated, one behind small ones is not.
static void saturation(void **state)
{
    (void)state;
    nn_error err = {0};
    nn_graph *g = nn_graph_new();
    nn_value x = nn_graph_input(g, "image");
    x = nn_layer_conv(g, "conv", x, &(nn_conv_spec){.in = 3, .out = 2, .kernel = 1, .stride = 1});
    nn_graph_output(g, "output", nn_layer_act(g, "gate", x, NN_ACT_SIGMOID));
    nn_model *m;
    assert_int_equal(nn_model_new(&m, g, &err), NN_OK);
    float *w = nn_model_param(m, "conv.weight")->data;
    w[0] = 300; // of red
    w[3] = 0.5f;
    m->card.input_h = m->card.input_w = SIDE;
    for (int c = 0; c < 3; c++)
        m->card.std[c] = 1;
    nn_explainer *e;
    if (nn_explainer_new(&e, m, "gate", NULL, &err))
        fail_msg("%s", err.text);
    nn_channel_use *u;
    assert_int_equal(nn_channel_use_new(&u, e, &err), NN_OK);
    see(e, 0);
    nn_channel_use_add(u);
    int saturated;
    assert_int_equal(nn_channel_use_dead(u, explained_layer(e, "gate"), &saturated), 0);
    assert_int_equal(saturated, 1);
    assert_true(nn_channel_use_facts(u, explained_layer(e, "gate"), 0).saturated);
    assert_float_equal(nn_channel_use_facts(u, explained_layer(e, "gate"), 1).at_limit, 0, 0);
    nn_channel_use_free(u);
    nn_explainer_free(e);
}

// --- memory ---

// Everything of this file once.
static nn_status do_all(void *ctx, nn_error *err)
{
    nn_explainer *e = ctx;
    const nn_frame frame = explained_frame(rgb);
    const nn_invariance_settings few = {.first = -1, .last = -1, .label = -1, .points = 2};
    nn_invariance v = {0};
    nn_occlusion_maps m = {0};
    nn_explain_grid maps = {0}, weights = {0};
    nn_channel_use *u = NULL;
    nn_status status = nn_channel_use_new(&u, e, err);
    if (status == NN_OK)
        status = nn_invariance_measure(e, &frame, NN_INVARIANCE_SCALE, &few, &v, NULL, NULL, err);
    const nn_occlusion_settings s = {.patch = 20, .stride = 20, .layer = -1, .label = -1};
    if (status == NN_OK)
        status = nn_occlusion_measure(e, &s, &m, NULL, NULL, err);
    if (status == NN_OK)
        status = nn_explain_features(e, 0, NULL, &maps, err);
    if (status == NN_OK)
        status = nn_explain_filters(e, 0, NULL, &weights, err);
    nn_invariance_release(&v);
    nn_occlusion_maps_release(&m);
    nn_explain_grid_release(&maps);
    nn_explain_grid_release(&weights);
    nn_channel_use_free(u);
    return status;
}

static void memory_is_short(void **state)
{
    (void)state;
    nn_explainer *e = explained_open(3);
    explained_draw(rgb, 3);
    assert_true(alloc_fail_each(do_all, e) > 10);
    nn_explainer_free(e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(warps_by_hand),
        cmocka_unit_test(frames_become_images),
        cmocka_unit_test(invariance),
        cmocka_unit_test(occlusion),
        cmocka_unit_test(occlusion_follows_the_strongest),
        cmocka_unit_test(features),
        cmocka_unit_test(filters),
        cmocka_unit_test(elastic_filters),
        cmocka_unit_test(channel_use),
        cmocka_unit_test(saturation),
        cmocka_unit_test(memory_is_short),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
