// SPDX-License-Identifier: MIT
// Walks back through networks: convolutions of all kinds by compiled plans against the operators'
// own backward; where walks begin and end; nodes without gradients.
#include "nn/graph/walk.h"
#include "nn/base/pool.h"
#include "nn/graph/plan.h"
#include "nn/ops/ops.h"
#include "nn/zoo/zoo.h"
#include "tests/support/test.h"

#include <math.h>
#include <stdio.h>

static void check(nn_status status, const nn_error *err)
{
    if (status != NN_OK)
        fail_msg("%s: %s", nn_status_name(status), err->text);
}

static nn_plan *fixed_plan(const nn_model *m, int h, int w, nn_pool *pool)
{
    nn_plan *plan;
    nn_error err = {0};
    const nn_shape shape = nn_shape_4d(1, 3, h, w);
    nn_training_plan_options o;
    nn_training_plan_options_init(&o);
    o.fixed = o.input_grads = true;
    o.pool = pool;
    check(nn_plan_new_training(&plan, m, &shape, 1, &o, &err), &err);
    nn_fill_reference_input(nn_plan_input(plan, 0));
    nn_plan_run(plan);
    return plan;
}

// The gradient of the input, of made up gradients of the first output.
static float *gradient(nn_plan *plan, const nn_graph *g, nn_walk_convs *convs, int64_t *count)
{
    nn_walk *w;
    nn_error err = {0};
    const nn_value from = nn_graph_output_at(g, 0), to = nn_graph_input_at(g, 0);
    check(nn_walk_new(&w, plan, &from, 1, to, NULL, convs, &err), &err);
    for (int run = 0; run < 2; run++) { // nothing stays of the first
        nn_fill_reference_input(nn_walk_start(w, 0));
        nn_walk_run(w);
    }
    const nn_tensor *x = nn_walk_result(w);
    *count = nn_shape_count(&x->shape);
    float *copy = malloc((size_t)*count * sizeof *copy);
    memcpy(copy, x->data, (size_t)*count * sizeof *copy);
    nn_walk_free(w);
    return copy;
}

static double apart(const float *a, const float *b, int64_t n)
{
    double error = 0, largest = 0;
    for (int64_t i = 0; i < n; i++) {
        error = fmax(error, fabs((double)a[i] - (double)b[i]));
        largest = fmax(largest, fabs((double)a[i]));
    }
    return error / fmax(largest, 1e-30);
}

static nn_value conv(nn_graph *g, const char *name, nn_value x, int outs, int ins, int kh, int kw,
                     const nn_conv2d_params *p)
{
    char weight[64];
    snprintf(weight, sizeof weight, "%s.weight", name);
    const nn_shape shape = nn_shape_4d(outs, ins / p->groups, kh, kw);
    const nn_value in[] = {x, nn_graph_param(g, weight, NN_PARAM_WEIGHT, &shape)};
    return nn_graph_node(g, &nn_op_conv2d, name, p, in, 2);
}

// A stem of 3 channels, and a second convolution of 16, whose input has another reader.
static nn_model *make_convs(int kh, int kw, const nn_conv2d_params *p)
{
    nn_graph *g = nn_graph_new();
    nn_conv2d_params stem = *p;
    stem.groups = 1;
    const nn_value x = nn_graph_input(g, "image");
    nn_value v = conv(g, "stem", x, 16, 3, kh, kw, &stem);
    v = nn_graph_node(g, &nn_op_relu, "relu", NULL, &v, 1);
    const nn_value side =
        conv(g, "side", v, 16, 16, 1, 1,
             &(nn_conv2d_params){.stride = {1, 1}, .dilation = {1, 1}, .groups = 1});
    v = nn_graph_node(g, &nn_op_add, "sum", NULL, (const nn_value[]){v, side}, 2);
    nn_graph_output(g, "output", conv(g, "conv", v, 16, 16, kh, kw, p));
    nn_model *m;
    nn_error err = {0};
    check(nn_model_new(&m, g, &err), &err);
    nn_model_init_reference(m);
    return m;
}

static void test_convs(void **state)
{
    (void)state;
    static const struct {
        int kh, kw, sy, sx, dy, dx, top, left, bottom, right, groups;
    } kinds[] = {
        {1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 1},  {3, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1},
        {3, 3, 2, 2, 1, 1, 1, 1, 1, 1, 1},  {7, 7, 2, 2, 1, 1, 3, 3, 3, 3, 1},
        {7, 7, 2, 2, 1, 1, 1, 1, 1, 1, 1},  {11, 11, 4, 4, 1, 1, 2, 2, 2, 2, 1},
        {1, 1, 2, 2, 1, 1, 0, 0, 0, 0, 1},  {3, 3, 1, 1, 2, 2, 2, 2, 2, 2, 1},
        {3, 3, 1, 1, 1, 1, 1, 1, 1, 1, 16}, {5, 5, 2, 2, 1, 1, 2, 2, 2, 2, 16},
        {3, 3, 2, 2, 1, 1, 1, 1, 1, 1, 2},  {3, 5, 2, 1, 1, 1, 0, 3, 1, 0, 1},
        {2, 2, 1, 1, 1, 1, 2, 2, 2, 2, 1},  {4, 4, 3, 3, 1, 1, 0, 0, 0, 0, 4},
        {2, 3, 2, 3, 1, 1, 0, 0, 0, 0, 1},  {3, 3, 2, 2, 2, 2, 2, 2, 2, 2, 1},
        {3, 3, 1, 1, 1, 1, -1, 0, 0, 0, 1}, {3, 3, 4, 4, 1, 1, 1, 1, 1, 1, 1},
    };
    nn_pool *pool = nn_pool_new(2);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        for (int threads = 0; threads < 2; threads++) {
            const nn_conv2d_params p = {
                .stride = {kinds[i].sy, kinds[i].sx},
                .dilation = {kinds[i].dy, kinds[i].dx},
                .pad = {kinds[i].top, kinds[i].left, kinds[i].bottom, kinds[i].right},
                .groups = kinds[i].groups};
            nn_model *m = make_convs(kinds[i].kh, kinds[i].kw, &p);
            nn_plan *plan = fixed_plan(m, 61, 58, threads ? pool : NULL);
            nn_walk_convs *convs = nn_walk_convs_new(plan);
            int64_t n;
            float *own = gradient(plan, m->graph, NULL, &n);
            float *fast = gradient(plan, m->graph, convs, &n);
            const double error = apart(own, fast, n);
            if (!(error < 2e-5))
                fail_msg("kind %zu: error %g of the largest value", i, error);
            assert_true(nn_walk_convs_bytes(convs) > 0);
            free(own);
            free(fast);
            nn_walk_convs_free(convs);
            nn_plan_free(plan);
            nn_model_free(m);
        }
    nn_pool_free(pool);
}

static nn_model *zoo(const char *network, const char *options)
{
    nn_card card = {.task = "classify"};
    nn_model *m;
    nn_error err = {0};
    snprintf(card.network, sizeof card.network, "%s", network);
    snprintf(card.options, sizeof card.options, "%s", options);
    check(nn_zoo_build(&m, &card, &err), &err);
    nn_model_init_reference(m);
    return m;
}

// The same bits with 1, 2 and 3 threads, and after another walk.
static void test_networks(void **state)
{
    (void)state;
    static const struct {
        const char *network, *options;
    } nets[] = {{"resnet18", "classes=10"}, {"neroscale_alexpp", "classes=20,alpha=0.25,beta=0.5"}};
    for (int k = 0; k < 2; k++) {
        nn_model *m = zoo(nets[k].network, nets[k].options);
        float *first = NULL;
        for (int threads = 1; threads <= 3; threads++) {
            nn_pool *pool = nn_pool_new(threads);
            nn_plan *plan = fixed_plan(m, 64, 96, pool);
            nn_walk_convs *convs = nn_walk_convs_new(plan);
            int64_t n;
            float *own = gradient(plan, m->graph, NULL, &n);
            float *fast = gradient(plan, m->graph, convs, &n);
            assert_true(apart(own, fast, n) < 1e-3); // Winograd rounds more
            if (first)
                assert_memory_equal(first, fast, (size_t)n * sizeof *fast);
            free(own);
            free(first);
            first = fast;
            nn_walk_convs_free(convs);
            nn_plan_free(plan);
            nn_pool_free(pool);
        }
        free(first);
        nn_model_free(m);
    }
}

static nn_value act(nn_graph *g, const nn_op *op, const char *name, nn_value x)
{
    return nn_graph_node(g, op, name, NULL, &x, 1);
}

// x -> a -> b -> out, and a -> out: a walk from b to a misses the other way.
static void test_parts(void **state)
{
    (void)state;
    nn_graph *g = nn_graph_new();
    const nn_value x = nn_graph_input(g, "x"), a = act(g, &nn_op_relu, "a", x);
    const nn_value b = act(g, &nn_op_relu, "b", a);
    nn_graph_output(g, "out",
                    nn_graph_node(g, &nn_op_add, "sum", NULL, (const nn_value[]){a, b}, 2));
    const nn_arg_max_params axis = {.axis = 1};
    nn_graph_output(g, "best", nn_graph_node(g, &nn_op_arg_max, "best", &axis, &b, 1));
    nn_model *m;
    nn_error err = {0};
    check(nn_model_new(&m, g, &err), &err);
    nn_plan *plan = fixed_plan(m, 8, 8, NULL);
    const nn_value out = nn_graph_output_at(g, 0), best = nn_graph_output_at(g, 1);
    const struct {
        nn_value from, to;
        float factor;
    } walks[] = {{out, a, 2}, {b, a, 1}, {out, x, 2}, {out, out, 1}, {b, x, 1}};
    for (size_t i = 0; i < sizeof walks / sizeof *walks; i++) {
        nn_walk *w;
        check(nn_walk_new(&w, plan, &walks[i].from, 1, walks[i].to, NULL, NULL, &err), &err);
        const nn_tensor *start = nn_walk_start(w, 0);
        for (int64_t k = 0; k < nn_shape_count(&start->shape); k++)
            nn_tensor_f32(start)[k] = 1;
        nn_walk_run(w);
        const float *seen = nn_tensor_f32(nn_plan_input(plan, 0));
        for (int64_t k = 0; k < 3 * 8 * 8; k++) {
            const float want = walks[i].from == walks[i].to || seen[k] > 0 ? walks[i].factor : 0;
            const float got = nn_tensor_f32(nn_walk_result(w))[k];
            if (walks[i].to != a || seen[k] > 0) // at 0 it is either
                assert_true(got == want);
        }
        nn_walk_free(w);
    }
    nn_walk *w;
    assert_int_equal(nn_walk_new(&w, plan, &a, 1, b, NULL, NULL, &err), NN_EINVAL);
    assert_non_null(strstr(err.text, "'a' does not depend on 'b'"));
    assert_int_equal(nn_walk_new(&w, plan, &best, 1, x, NULL, NULL, &err), NN_EUNSUPPORTED);
    assert_non_null(strstr(err.text, "best"));
    nn_plan_free(plan);
    nn_model_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_convs),
        cmocka_unit_test(test_networks),
        cmocka_unit_test(test_parts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
