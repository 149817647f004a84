// SPDX-License-Identifier: MIT
// Compiled plans against plain ones, on graphs made up at random: layouts, shared memory, folding.
#include "nn/base/memory.h"
#include "nn/base/rng.h"
#include "nn/graph/plan.h"
#include "nn/ops/ops.h"
#include "tests/support/alloc.h"
#include "tests/support/test.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>

enum { NODES = 18, MOST_VALUES = NODES + 1, GRAPHS = 300 };

typedef struct maker {
    nn_graph *g;
    nn_rng rng;
    nn_value value[MOST_VALUES];
    nn_shape shape[MOST_VALUES];
    int count, params;
} maker;

static int pick(maker *m, int n)
{
    return (int)nn_rng_below(&m->rng, (uint64_t)n);
}

static char *next_name(maker *m, const char *what, char *buf, size_t size)
{
    snprintf(buf, size, "%s%d", what, m->params++);
    return buf;
}

// Adds a node when its inputs fit, and nothing otherwise.
static void add_node(maker *m, const nn_op *op, const void *params, const nn_value *in,
                     const nn_shape *shapes, int n)
{
    char name[32];
    nn_shape out;
    nn_error err = {0};
    if (op->shape(params, shapes, n, &out, &err))
        return;
    m->value[m->count] =
        nn_graph_node(m->g, op, next_name(m, op->name, name, sizeof name), params, in, n);
    m->shape[m->count++] = out;
}

static void add_conv(maker *m)
{
    static const int channels[] = {8, 16, 5, 24, 32, 40};
    static const int kernels[] = {1, 3, 3, 5};
    char name[32];
    int from = pick(m, m->count), k = kernels[pick(m, 4)], skip = pick(m, m->count);
    int64_t c = m->shape[from].dim[1], o = channels[pick(m, 6)];
    bool depthwise = pick(m, 5) == 0;
    nn_conv2d_params p = {.stride = {1, 1},
                          .dilation = {1, 1},
                          .groups = depthwise ? (int)c : 1,
                          .act = pick(m, NN_ACT_COUNT)};
    p.stride[0] = p.stride[1] = 1 + (pick(m, 4) == 0);
    for (int i = 0; i < 4; i++)
        p.pad[i] = pick(m, 3) ? k / 2 : pick(m, 2);
    nn_shape weight = nn_shape_4d(depthwise ? c : o, depthwise ? 1 : c, k, k);
    nn_shape bias = nn_shape_1d(weight.dim[0]), shapes[4] = {m->shape[from], weight, bias};
    nn_shape out;
    nn_value in[4] = {m->value[from], NN_NO_VALUE, NN_NO_VALUE, m->value[skip]};
    if (nn_op_conv2d.shape(&p, shapes, 2, &out, NULL))
        return;
    in[1] =
        nn_graph_param(m->g, next_name(m, "weight", name, sizeof name), NN_PARAM_WEIGHT, &weight);
    in[2] = nn_graph_param(m->g, next_name(m, "bias", name, sizeof name), NN_PARAM_BIAS, &bias);
    shapes[3] = m->shape[skip];
    add_node(m, &nn_op_conv2d, &p, in, shapes, nn_shape_equal(&out, &shapes[3]) ? 4 : 3);
}

static void add_two(maker *m, const nn_op *op)
{
    int a = pick(m, m->count), b = pick(m, m->count);
    nn_value in[2] = {m->value[a], m->value[b]};
    nn_shape shapes[2] = {m->shape[a], m->shape[b]};
    add_node(m, op, NULL, in, shapes, 2);
}

static void add_one(maker *m, const nn_op *op, const void *params)
{
    int a = pick(m, m->count);
    add_node(m, op, params, &m->value[a], &m->shape[a], 1);
}

static void add_concat(maker *m)
{
    nn_concat_params p = {1};
    nn_value in[5];
    nn_shape shapes[5];
    int n = 0, first = pick(m, m->count), most = 2 + pick(m, 4);
    for (int i = first; i < m->count && n < most; i++)
        if (m->shape[i].dim[2] == m->shape[first].dim[2] &&
            m->shape[i].dim[3] == m->shape[first].dim[3] && (i == first || pick(m, 3))) {
            in[n] = m->value[i];
            shapes[n++] = m->shape[i];
        }
    add_node(m, &nn_op_concat, &p, in, shapes, n);
}

// A sum, a product or a concatenation with an image that is a constant, such as a grid; or a
// convolution of which that is the skip connection.
static void add_image(maker *m)
{
    static const nn_op *const ops[] = {&nn_op_add, &nn_op_mul, &nn_op_concat, &nn_op_conv2d};
    const nn_concat_params along = {1};
    const nn_conv2d_params conv = {.stride = {1, 1}, .dilation = {1, 1}, .groups = 1};
    char name[32];
    const int from = pick(m, m->count), kind = pick(m, 4);
    const nn_shape image = m->shape[from];
    const int64_t c = image.dim[1];
    const nn_shape weight = nn_shape_4d(c, c, 1, 1);
    nn_value in[4] = {m->value[from], NN_NO_VALUE, NN_NO_VALUE, NN_NO_VALUE};
    const nn_shape shapes[4] = {image, kind == 3 ? weight : image, {.rank = -1}, image};
    if (kind == 3)
        in[1] = nn_graph_param(m->g, next_name(m, "weight", name, sizeof name), NN_PARAM_WEIGHT,
                               &weight);
    in[kind == 3 ? 3 : 1] =
        nn_graph_param(m->g, next_name(m, "image", name, sizeof name), NN_PARAM_WEIGHT, &image);
    add_node(m, ops[kind],
             kind == 3   ? (const void *)&conv
             : kind == 2 ? (const void *)&along
                         : NULL,
             in, shapes, kind == 3 ? 4 : 2);
}

static void add_pool(maker *m)
{
    nn_pool2d_params p = {.kernel = {3, 3}, .stride = {1, 1}, .pad = {1, 1, 1, 1}};
    p.stride[0] = p.stride[1] = 1 + pick(m, 2);
    add_one(m, pick(m, 2) ? &nn_op_max_pool : &nn_op_avg_pool, &p);
}

// Channels in another order, some of them twice.
static void add_order(maker *m)
{
    const nn_gather_params p = {.axis = 1};
    char name[32];
    const int from = pick(m, m->count);
    const nn_shape index = nn_shape_1d(1 + pick(m, 2 * (int)m->shape[from].dim[1]));
    const nn_value in[2] = {
        m->value[from],
        nn_graph_param(m->g, next_name(m, "order", name, sizeof name), NN_PARAM_BUFFER, &index)};
    const nn_shape shapes[2] = {m->shape[from], index};
    add_node(m, &nn_op_gather, &p, in, shapes, 2);
}

static void add_slice(maker *m)
{
    const int from = pick(m, m->count), channels = (int)m->shape[from].dim[1];
    const nn_slice_params p = {.axis = pick(m, 5) ? 1 : 2,
                               .begin = pick(m, channels),
                               .end = channels,
                               .step = 1 + pick(m, 2)};
    add_node(m, &nn_op_slice, &p, &m->value[from], &m->shape[from], 1);
}

// The indices of gathers: runs, so that whole blocks occur, and single ones.
static void fill_orders(nn_model *model, uint64_t seed)
{
    nn_rng rng = nn_rng_seed(seed);
    for (int i = 0; i < nn_graph_node_count(model->graph); i++) {
        const nn_node_info node = nn_graph_node_at(model->graph, i);
        if (node.op != &nn_op_gather)
            continue;
        nn_tensor *t = &model->params[nn_graph_value(model->graph, node.in[1]).index];
        for (int64_t k = 0, at = 0; k < t->shape.dim[0]; k++, at++) {
            at = nn_rng_below(&rng, 4) ? at : (int64_t)nn_rng_below(&rng, 24);
            nn_tensor_f32(t)[k] = (float)(at % 8);
        }
    }
}

static nn_model *make_model(uint64_t seed, nn_shape *input)
{
    static const int channels[] = {3, 8, 16, 12};
    maker m = {.g = nn_graph_new(), .rng = nn_rng_seed(seed), .count = 1};
    assert_non_null(m.g);
    *input = nn_shape_4d(1 + pick(&m, 2), channels[pick(&m, 4)], 5 + pick(&m, 9), 5 + pick(&m, 9));
    m.value[0] = nn_graph_input(m.g, "x");
    m.shape[0] = *input;
    for (int i = 0; i < 3 * NODES && m.count < MOST_VALUES; i++) {
        int kind = pick(&m, 14);
        if (kind == 13)
            add_image(&m);
        else if (kind == 10)
            add_order(&m);
        else if (kind > 10)
            add_slice(&m);
        else if (kind < 4)
            add_conv(&m);
        else if (kind < 7)
            add_concat(&m);
        else if (kind == 7)
            add_one(&m, pick(&m, 2) ? &nn_op_relu : &nn_op_silu, NULL);
        else if (kind == 8)
            add_two(&m, pick(&m, 2) ? &nn_op_add : &nn_op_mul);
        else
            add_pool(&m);
    }
    nn_graph_output(m.g, "y", m.value[m.count - 1]);
    nn_graph_output(m.g, "z", m.value[pick(&m, m.count)]);
    nn_model *model;
    nn_error err = {0};
    if (nn_model_new(&model, m.g, &err))
        fail_msg("graph %d: %s", (int)seed, err.text);
    nn_model_init_random(model, seed);
    fill_orders(model, seed);
    return model;
}

static nn_plan *run(const nn_model *m, const nn_shape *input, const nn_plan_options *o)
{
    nn_plan *plan;
    nn_error err = {0};
    if (nn_plan_new(&plan, m, input, 1, o, &err))
        fail_msg("%s", err.text);
    nn_fill_reference_input(nn_plan_input(plan, 0));
    nn_plan_run(plan);
    nn_plan_run(plan); // what the first run left behind does no harm
    return plan;
}

static void compare(uint64_t seed, const char *name, const nn_tensor *want, const nn_tensor *got)
{
    double largest = 1e-3, error = 0;
    for (int64_t i = 0; i < nn_shape_count(&want->shape); i++) {
        double w = nn_tensor_f32(want)[i], d = fabs(w - nn_tensor_f32(got)[i]);
        largest = fmax(largest, fabs(w));
        error = d > error || isnan(d) ? d : error;
    }
    if (!(error <= 2e-4 * largest))
        fail_msg("graph %d: %s is off by %g of %g", (int)seed, name, error, largest);
}

static void test_random_graphs(void **state)
{
    (void)state;
    nn_pool *pool = nn_pool_new(2);
    assert_non_null(pool);
    for (uint64_t seed = 0; seed < GRAPHS; seed++) {
        nn_shape input;
        nn_model *m = make_model(seed, &input);
        nn_plan *plain = run(m, &input, &(nn_plan_options){.keep_values = true});
        nn_plan *quick = run(m, &input, &(nn_plan_options){.compiled = true, .pool = pool});
        nn_plan *taps = run(
            m, &input, &(nn_plan_options){.compiled = true, .exact = true, .keep_values = true});
        for (int i = 0; i < 2; i++)
            compare(seed, nn_graph_output_name(m->graph, i), nn_plan_output(plain, i),
                    nn_plan_output(quick, i));
        for (int v = 0; v < nn_graph_value_count(m->graph); v++) {
            assert_non_null(nn_plan_value(taps, v));
            compare(seed, nn_graph_value(m->graph, v).name, nn_plan_value(plain, v),
                    nn_plan_value(taps, v));
        }
        nn_plan_free(plain);
        nn_plan_free(quick);
        nn_plan_free(taps);
        nn_model_free(m);
    }
    nn_pool_free(pool);
}

static int count_params(const nn_model *m)
{
    int there = 0;
    for (int i = 0; i < nn_graph_param_count(m->graph); i++)
        there += m->params[i].data != NULL;
    return there;
}

// A plan that frees the parameters it has packed computes the same; no other plan can be made
// afterwards.
static void test_consumed_model(void **state)
{
    (void)state;
    int freed = 0;
    for (uint64_t seed = 0; seed < GRAPHS / 4; seed++) {
        nn_shape input;
        nn_model *m = make_model(seed, &input);
        nn_plan *all = run(m, &input, &(nn_plan_options){.compiled = true});
        nn_plan *only =
            run(m, &input, &(nn_plan_options){.compiled = true, .release_weights_of = m});
        assert_true(nn_plan_peak_bytes(all) > nn_plan_bytes(all));
        assert_true(nn_plan_peak_bytes(only) <= nn_plan_peak_bytes(all));
        assert_true(nn_plan_peak_bytes(only) >= nn_plan_bytes(only));
        for (int i = 0; i < 2; i++) {
            const nn_tensor *want = nn_plan_output(all, i);
            assert_memory_equal(want->data, nn_plan_output(only, i)->data, nn_tensor_bytes(want));
        }
        for (int v = 0; v < nn_graph_value_count(m->graph); v++)
            if (nn_plan_value(only, v))
                assert_non_null(nn_plan_value(only, v)->data);
        nn_plan_free(all);
        nn_plan_free(only);
        const int gone = nn_graph_param_count(m->graph) - count_params(m);
        nn_error err = {0};
        assert_int_equal(nn_plan_new(&all, m, &input, 1, NULL, &err), gone ? NN_EINVAL : NN_OK);
        assert_true(!gone || strstr(err.text, "freed"));
        nn_plan_free(all);
        freed += gone;
        nn_model_free(m);
    }
    assert_true(freed > GRAPHS / 4);
}

// Blocks of one input side by side: the concatenation itself takes no time and no memory.
static void test_join_is_free(void **state)
{
    (void)state;
    nn_graph *g = nn_graph_new();
    nn_shape w = nn_shape_4d(16, 16, 1, 1), input = nn_shape_4d(1, 16, 8, 8);
    nn_conv2d_params p = {.stride = {1, 1}, .dilation = {1, 1}, .groups = 1};
    nn_value x = nn_graph_input(g, "x"), parts[2];
    for (int i = 0; i < 2; i++) {
        nn_value in[2] = {x, nn_graph_param(g, i ? "w1" : "w0", NN_PARAM_WEIGHT, &w)};
        parts[i] = nn_graph_node(g, &nn_op_conv2d, i ? "b" : "a", &p, in, 2);
    }
    nn_value y = nn_graph_node(g, &nn_op_concat, "y", &(nn_concat_params){1}, parts, 2);
    nn_graph_output(g, "y", y);
    nn_model *m;
    assert_int_equal(nn_model_new(&m, g, NULL), NN_OK);
    nn_plan *plan = run(m, &input, &(nn_plan_options){.compiled = true});
    assert_string_equal(nn_plan_node_impl(plan, 2), "joined");
    nn_plan_free(plan);
    nn_model_free(m);
}

static void test_run_allocates_nothing(void **state)
{
    (void)state;
    nn_shape input;
    nn_model *m = make_model(3, &input);
    nn_plan *plan = run(m, &input, &(nn_plan_options){.compiled = true});
    alloc_reset(-1);
    nn_plan_run(plan);
    assert_int_equal(alloc_count(), 0);
    nn_plan_free(plan);
    nn_model_free(m);
}

// Plans of several threads over one pool: each gives the result that it gives alone.
typedef struct neighbour {
    nn_plan *plan;
    float *alone; // its first output
    int different;
} neighbour;

static void *run_often(void *arg)
{
    neighbour *n = arg;
    const nn_tensor *y = nn_plan_output(n->plan, 0);
    for (int i = 0; i < 40; i++) {
        nn_plan_run(n->plan);
        n->different += memcmp(y->data, n->alone, nn_tensor_bytes(y)) != 0;
    }
    return NULL;
}

static void test_plans_share_a_pool(void **state)
{
    (void)state;
    enum { PLANS = 3 };
    nn_pool *pool = nn_pool_new(2);
    assert_non_null(pool);
    for (uint64_t seed = 0; seed < 10; seed++) {
        neighbour n[PLANS] = {{0}};
        nn_model *m[PLANS];
        pthread_t threads[PLANS];
        for (int i = 0; i < PLANS; i++) {
            nn_shape input;
            m[i] = make_model(PLANS * seed + (uint64_t)i, &input);
            n[i].plan = run(m[i], &input, &(nn_plan_options){.compiled = true, .pool = pool});
            const nn_tensor *y = nn_plan_output(n[i].plan, 0);
            n[i].alone = test_malloc(nn_tensor_bytes(y));
            memcpy(n[i].alone, y->data, nn_tensor_bytes(y));
        }
        for (int i = 0; i < PLANS; i++)
            assert_int_equal(pthread_create(&threads[i], NULL, run_often, &n[i]), 0);
        for (int i = 0; i < PLANS; i++) {
            pthread_join(threads[i], NULL);
            assert_int_equal(n[i].different, 0);
            test_free(n[i].alone);
            nn_plan_free(n[i].plan);
            nn_model_free(m[i]);
        }
    }
    nn_pool_free(pool);
}

static void test_no_memory(void **state)
{
    (void)state;
    nn_shape input;
    nn_model *m = make_model(3, &input);
    for (long n = 0;; n++) {
        nn_plan *plan;
        nn_error err = {0};
        alloc_reset(n);
        nn_status status =
            nn_plan_new(&plan, m, &input, 1, &(nn_plan_options){.compiled = true}, &err);
        alloc_reset(-1);
        nn_plan_free(plan);
        if (status == NN_OK)
            break;
        assert_int_equal(status, NN_ENOMEM);
        assert_non_null(strstr(err.text, "memory"));
    }
    nn_model_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_graphs),      cmocka_unit_test(test_consumed_model),
        cmocka_unit_test(test_join_is_free),       cmocka_unit_test(test_run_allocates_nothing),
        cmocka_unit_test(test_plans_share_a_pool), cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
