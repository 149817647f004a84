// SPDX-License-Identifier: MIT
// Every network of the zoo in compiled plans: the same with any of the rewrites left out, and runs
// that allocate nothing.
#include "nn/base/memory.h"
#include "nn/graph/plan.h"
#include "nn/ops/ops.h"
#include "nn/zoo/zoo.h"
#include "tests/support/alloc.h"
#include "tests/support/test.h"

#include <math.h>
#include <stdio.h>

#define EXACT_ERROR 2e-4 // of the largest output
#define QUICK_ERROR 1e-3

static nn_model *build(const nn_zoo_net *net)
{
    nn_card card = {.task = "classify"};
    nn_model *m;
    nn_error err = {0};
    snprintf(card.network, sizeof card.network, "%s", net->name);
    if (strstr(net->option_names, "aux"))
        snprintf(card.options, sizeof card.options, "aux=1");
    if (nn_zoo_build(&m, &card, &err))
        fail_msg("%s", err.text);
    return m;
}

// The same parameters again: making them up takes longer.
static nn_model *copy(const nn_zoo_net *net, const nn_model *from)
{
    nn_model *m = build(net);
    for (int i = 0; i < nn_graph_param_count(m->graph); i++)
        memcpy(m->params[i].data, from->params[i].data, nn_tensor_bytes(&m->params[i]));
    return m;
}

// The smallest input that the network takes, or its own: what is tested does not depend on it.
static nn_shape find_input(const nn_zoo_net *net, const nn_model *m)
{
    nn_shape *shapes = test_calloc((size_t)nn_graph_value_count(m->graph), sizeof *shapes);
    nn_shape input = nn_shape_4d(1, 3, net->input_h, net->input_w);
    for (int size = 96; size < net->input_h; size += 32) {
        const nn_shape smaller = nn_shape_4d(1, 3, size, size);
        if (nn_graph_infer(m->graph, &smaller, 1, shapes, NULL, NULL) == NN_OK) {
            input = smaller;
            break;
        }
    }
    test_free(shapes);
    return input;
}

static nn_plan *plan_for(nn_model *m, const nn_shape *input, const nn_plan_options *o)
{
    nn_plan *plan;
    nn_error err = {0};
    if (nn_plan_new(&plan, m, input, 1, o, &err))
        fail_msg("%s", err.text);
    nn_fill_reference_input(nn_plan_input(plan, 0));
    return plan;
}

static void compare(const char *name, const char *how, const nn_tensor *want, const nn_tensor *got,
                    double limit)
{
    double largest = 0, error = 0;
    assert_true(nn_shape_equal(&want->shape, &got->shape));
    for (int64_t i = 0; i < nn_shape_count(&want->shape); i++) {
        const double w = nn_tensor_f32(want)[i], d = fabs(w - nn_tensor_f32(got)[i]);
        largest = fmax(largest, fabs(w));
        error = d > error || isnan(d) ? d : error;
    }
    if (!(error <= limit * largest))
        fail_msg("%s without '%s' is off by %g of %g", name, how, error, largest);
}

// Which nodes of what kinds a pass leaves, so that a pass that does nothing is noticed.
static int count_ways(const nn_plan *plan, const nn_model *m, const char *way)
{
    int count = 0;
    for (int i = 0; i < nn_graph_node_count(m->graph); i++)
        count += !strcmp(nn_plan_node_way(plan, i), way);
    return count;
}

typedef struct seen {
    int nodes[NN_PASS_COUNT], other[NN_PASS_COUNT]; // networks that a pass changed
} seen;

static void check_without(const nn_zoo_net *net, const nn_model *from, const nn_shape *input,
                          const nn_tensor *want, nn_pool *pool, seen *s)
{
    int nodes = 0, plain = 0, joined = 0;
    size_t bytes = 0;
    for (int i = -1; i < NN_PASS_COUNT; i++) {
        const unsigned without = i < 0 ? 0 : 1u << i;
        nn_model *m = copy(net, from);
        assert_int_equal(nn_model_fuse(&m, without, NULL), NN_OK);
        nn_plan *plan = plan_for(
            m, input,
            &(nn_plan_options){
                .compiled = true, .exact = true, .without = without, .consumed = m, .pool = pool});
        nn_plan_run(plan);
        compare(net->name, i < 0 ? "nothing" : nn_pass_name(i), want, nn_plan_output(plan, 0),
                EXACT_ERROR);
        if (i < 0) {
            nodes = nn_graph_node_count(m->graph);
            plain = count_ways(plan, m, "forward");
            joined = count_ways(plan, m, "joined");
            bytes = nn_plan_bytes(plan);
        } else {
            s->nodes[i] += nn_graph_node_count(m->graph) > nodes;
            s->other[i] += count_ways(plan, m, "forward") > plain ||
                           count_ways(plan, m, "joined") < joined || nn_plan_bytes(plan) != bytes;
        }
        nn_plan_free(plan);
        nn_model_free(m);
    }
}

static void test_rewrites(void **state)
{
    (void)state;
    seen s = {{0}, {0}};
    nn_pool *pool = nn_pool_new(2);
    assert_non_null(pool);
    for (int i = 0; i < nn_zoo_count(); i++) {
        const nn_zoo_net *net = nn_zoo_at(i);
        nn_model *m = build(net);
        nn_model_init_reference(m);
        const nn_shape input = find_input(net, m);
        nn_plan *plain = plan_for(m, &input, NULL);
        nn_plan_run(plain);
        check_without(net, m, &input, nn_plan_output(plain, 0), pool, &s);
        nn_plan_free(plain);
        nn_model_free(m);
    }
    for (int i = 0; i < NN_PASS_COUNT; i++)
        if (!s.nodes[i] && !s.other[i])
            fail_msg("rewrite '%s' changed no network", nn_pass_name(i));
    nn_pool_free(pool);
}

// As bench and run have it: Winograd, float16, all threads.
static void test_runs_allocate_nothing(void **state)
{
    (void)state;
    nn_pool *pool = nn_pool_new(2);
    assert_non_null(pool);
    for (int i = 0; i < nn_zoo_count(); i++) {
        const nn_zoo_net *net = nn_zoo_at(i);
        nn_model *m = build(net);
        nn_model_init_reference(m);
        const nn_shape input = find_input(net, m);
        nn_plan *plain = plan_for(m, &input, NULL);
        nn_plan_run(plain);
        nn_model *fused = copy(net, m);
        assert_int_equal(nn_model_fuse(&fused, 0, NULL), NN_OK);
        nn_plan *plan = plan_for(
            fused, &input,
            &(nn_plan_options){.compiled = true, .half = true, .consumed = fused, .pool = pool});
        alloc_reset(-1);
        nn_plan_run(plan);
        nn_plan_run(plan);
        assert_int_equal(alloc_count(), 0);
        compare(net->name, "nothing", nn_plan_output(plain, 0), nn_plan_output(plan, 0),
                QUICK_ERROR);
        nn_plan_free(plan);
        nn_plan_free(plain);
        nn_model_free(fused);
        nn_model_free(m);
    }
    nn_pool_free(pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rewrites),
        cmocka_unit_test(test_runs_allocate_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
