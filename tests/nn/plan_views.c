// SPDX-License-Identifier: MIT
// Channels that are only moved: ShuffleNet's units are read in place, others are copied.
#include "nn/graph/plan.h"
#include "nn/ops/ops.h"
#include "tests/support/test.h"

#include <math.h>
#include <stdio.h>

enum { UNITS = 5, SIZE = 9 };

static nn_value add_conv(nn_graph *g, const char *name, nn_value x, int in, int out, int kernel)
{
    char weight[32];
    snprintf(weight, sizeof weight, "%s.weight", name);
    const int pad = kernel / 2, groups = kernel > 1 ? in : 1;
    const nn_conv2d_params p = {.stride = {1, 1},
                                .dilation = {1, 1},
                                .pad = {pad, pad, pad, pad},
                                .groups = groups,
                                .act = NN_ACT_LEAKY_RELU};
    const nn_shape shape = nn_shape_4d(out, in / groups, kernel, kernel);
    const nn_value inputs[] = {x, nn_graph_param(g, weight, NN_PARAM_WEIGHT, &shape)};
    return nn_graph_node(g, &nn_op_conv2d, name, &p, inputs, 2);
}

static nn_value add_part(nn_graph *g, const char *name, nn_value x, int begin, int end)
{
    const nn_slice_params p = {.axis = 1, .begin = begin, .end = end, .step = 1};
    return nn_graph_node(g, &nn_op_slice, name, &p, &x, 1);
}

// Units of ShuffleNet v2 (Ma 2018, figure 3c) on two branches of `half` channels. The last shuffle
// is read by a 1x1 convolution, and with `depthwise` also by one that cannot read views.
static nn_model *make_model(int half, bool depthwise)
{
    nn_graph *g = nn_graph_new();
    const nn_value x = nn_graph_input(g, "x");
    nn_value part[2] = {add_conv(g, "a", x, half, half, 1), add_conv(g, "b", x, half, half, 1)}, y;
    const nn_shape order = nn_shape_1d(2 * half);
    const nn_value index = nn_graph_param(g, "order", NN_PARAM_BUFFER, &order);
    char name[32];
    for (int u = 0;; u++) {
        snprintf(name, sizeof name, "cat%d", u);
        const nn_value cat = nn_graph_node(g, &nn_op_concat, name, &(nn_concat_params){1}, part, 2);
        snprintf(name, sizeof name, "shuffle%d", u);
        y = nn_graph_node(g, &nn_op_gather, name, &(nn_gather_params){1}, (nn_value[]){cat, index},
                          2);
        if (u == UNITS)
            break;
        snprintf(name, sizeof name, "left%d", u);
        part[0] = add_part(g, name, y, 0, half);
        snprintf(name, sizeof name, "right%d", u);
        part[1] = add_part(g, name, y, half, 2 * half);
        const char *const layers[] = {"wide", "depth", "narrow"};
        for (int i = 0; i < 3; i++) {
            snprintf(name, sizeof name, "%s%d", layers[i], u);
            part[1] = add_conv(g, name, part[1], half, half, i == 1 ? 3 : 1);
        }
    }
    nn_graph_output(g, "y", add_conv(g, "end", y, 2 * half, 12, 1));
    if (depthwise)
        nn_graph_output(g, "z", add_conv(g, "end depth", y, 2 * half, 2 * half, 5));
    nn_model *m;
    assert_int_equal(nn_model_new(&m, g, NULL), NN_OK);
    nn_model_init_random(m, 3);
    float *at = nn_tensor_f32(&m->params[nn_graph_find_param(g, "order")]);
    for (int i = 0; i < 2 * half; i++)
        at[i] = (float)(i % 2 * half + i / 2);
    return m;
}

static nn_plan *run(const nn_model *m, const nn_shape *input, nn_plan_options o)
{
    nn_plan *plan;
    nn_error err = {0};
    if (nn_plan_new(&plan, m, input, 1, &o, &err))
        fail_msg("%s", err.text);
    nn_fill_reference_input(nn_plan_input(plan, 0));
    for (int i = 0; i < 2; i++)
        nn_plan_run(plan);
    return plan;
}

static void compare(const nn_plan *want, const nn_plan *got, int outputs, int half)
{
    for (int i = 0; i < outputs; i++) {
        const nn_tensor *a = nn_plan_output(want, i), *b = nn_plan_output(got, i);
        double largest = 0, error = 0;
        for (int64_t k = 0; k < nn_shape_count(&a->shape); k++) {
            const double w = (double)nn_tensor_f32(a)[k], d = fabs(w - (double)nn_tensor_f32(b)[k]);
            largest = fmax(largest, fabs(w));
            error = d > error || isnan(d) ? d : error;
        }
        if (!(error <= 5e-5 * largest) || largest == 0)
            fail_msg("%d channels: output %d is off by %g of %g", half, i, error, largest);
    }
}

// Counts the nodes that run this implementation.
static int count_impls(const nn_model *m, const nn_plan *plan, const char *impl)
{
    int count = 0;
    for (int i = 0; i < nn_graph_node_count(m->graph); i++)
        count += !strcmp(nn_plan_node_impl(plan, i), impl);
    return count;
}

static void shuffles_cost_nothing(void **state)
{
    static const int halves[] = {4, 8, 29, 58};
    nn_pool *pool = nn_pool_new(2);
    (void)state;
    assert_non_null(pool);
    for (size_t h = 0; h < sizeof halves / sizeof *halves; h++)
        for (int depthwise = 0; depthwise < 2; depthwise++)
            for (int images = 1; images < 3; images++) {
                const int half = halves[h], moves = 4 * UNITS + 2 - (half % 8 == 0);
                nn_model *m = make_model(half, depthwise);
                const nn_shape input = nn_shape_4d(images, half, SIZE, SIZE);
                nn_plan *plain = run(m, &input, (nn_plan_options){.keep_values = true});
                nn_plan *quick = run(m, &input, (nn_plan_options){.compiled = true, .pool = pool});
                compare(plain, quick, 1 + depthwise, half);
                assert_int_equal(count_impls(m, quick, "viewed"), moves - depthwise);
                assert_int_equal(count_impls(m, quick, "picked"), depthwise);
                nn_plan_free(quick);
                quick =
                    run(m, &input,
                        (nn_plan_options){.compiled = true, .knobs.disabled_passes = NN_PASS_VIEW});
                compare(plain, quick, 1 + depthwise, half);
                assert_int_equal(count_impls(m, quick, "viewed"), 0);
                nn_plan_free(quick);
                nn_plan_free(plain);
                nn_model_free(m);
            }
    nn_pool_free(pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shuffles_cost_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
