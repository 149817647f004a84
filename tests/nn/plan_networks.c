// SPDX-License-Identifier: MIT
// Every network of the zoo in compiled plans: the same with any of the rewrites left out, and runs
// that allocate nothing.
#include "nn/base/memory.h"
#include "nn/graph/plan.h"
#include "nn/ops/ops.h"
#include "nn/zoo/zoo.h"
#include "tests/support/alloc.h"
#include "tests/support/test.h"
#include "tests/support/zoo.h"

#include <math.h>
#include <stdio.h>

#define EXACT_ERROR 2e-4 // of the largest output
#define QUICK_ERROR 1e-3

static nn_model *build(const nn_zoo_net *net)
{
    nn_card card = {0};
    nn_model *m;
    nn_error err = {0};
    snprintf(card.network, sizeof card.network, "%s", net->name);
    snprintf(card.task, sizeof card.task, "%s", nn_zoo_own_task(net));
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

// The smallest input of the network, else its own; the tests do not depend on it.
static nn_shape find_input(const nn_zoo_net *net, const nn_model *m)
{
    nn_shape *shapes = test_calloc((size_t)nn_graph_value_count(m->graph), sizeof *shapes);
    nn_shape input = nn_shape_4d(1, nn_card_channels(&m->card), net->input_h, net->input_w);
    for (int size = 96; size < net->input_h; size += 32) {
        const nn_shape smaller = nn_shape_4d(1, nn_card_channels(&m->card), size, size);
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

static int count_impls(const nn_plan *plan, const nn_model *m, const char *impl)
{
    int count = 0;
    for (int i = 0; i < nn_graph_node_count(m->graph); i++)
        count += !strcmp(nn_plan_node_impl(plan, i), impl);
    return count;
}

// The effect of a rewrite, so that one without any is noticed.
typedef struct trace {
    int nodes, plain, joined, merged;
    size_t bytes;
} trace;

typedef struct network {
    const nn_zoo_net *net;
    nn_model *built;
    nn_plan *plain; // of it, run
    nn_shape input;
    nn_pool *pool;
} network;

// Runs a fused model without some of the rewrites of plans.
static trace check_plan(const network *n, nn_model *fused, unsigned without, const char *name)
{
    nn_plan *plan = plan_for(
        fused, &n->input,
        &(nn_plan_options){
            .compiled = true, .exact = true, .knobs.disabled_passes = without, .pool = n->pool});
    nn_plan_run(plan);
    compare(n->net->name, name, nn_plan_output(n->plain, 0), nn_plan_output(plan, 0), EXACT_ERROR);
    const trace t = {nn_graph_node_count(fused->graph), count_impls(plan, fused, "forward"),
                     count_impls(plan, fused, "joined"), count_impls(plan, fused, "merged"),
                     nn_plan_bytes(plan)};
    nn_plan_free(plan);
    return t;
}

static void check_rewrites(const network *n, int *changed)
{
    nn_model *all = copy(n->net, n->built);
    assert_int_equal(nn_model_fuse(&all, 0, NULL), NN_OK);
    const trace with = check_plan(n, all, 0, "nothing");
    for (int i = 0; i < NN_PASS_COUNT; i++) {
        const unsigned without = 1u << i;
        nn_model *m = all;
        if (without < NN_PASS_FOLD) { // a rewrite of models
            m = copy(n->net, n->built);
            assert_int_equal(nn_model_fuse(&m, without, NULL), NN_OK);
        }
        const trace t = check_plan(n, m, without, nn_pass_name(i));
        changed[i] += t.nodes > with.nodes || t.plain > with.plain || t.joined < with.joined ||
                      t.merged < with.merged || t.bytes != with.bytes;
        if (m != all)
            nn_model_free(m);
    }
    nn_model_free(all);
}

// As run has it: Winograd, float16, all threads, an input that is filled before every run.
static void check_allocations(const network *n)
{
    nn_model *fused = copy(n->net, n->built);
    assert_int_equal(nn_model_fuse(&fused, 0, NULL), NN_OK);
    nn_plan *plan = plan_for(fused, &n->input,
                             &(nn_plan_options){.compiled = true,
                                                .refills = true,
                                                .half = true,
                                                .release_weights_of = fused,
                                                .pool = n->pool});
    alloc_reset(-1);
    nn_plan_run(plan);
    nn_fill_reference_input(nn_plan_input(plan, 0));
    nn_plan_run(plan);
    assert_int_equal(alloc_count(), 0);
    compare(n->net->name, "nothing", nn_plan_output(n->plain, 0), nn_plan_output(plan, 0),
            QUICK_ERROR);
    nn_plan_free(plan);
    nn_model_free(fused);
}

static void test_networks(void **state)
{
    (void)state;
    int changed[NN_PASS_COUNT] = {0}; // networks
    network n = {.pool = nn_pool_new(2)};
    assert_non_null(n.pool);
    for (int i = 0; i < nn_zoo_count(); i++) {
        n.net = nn_zoo_at(i);
        if (test_zoo_is_repetition(n.net->name))
            continue;
        n.built = build(n.net);
        nn_model_init_reference(n.built);
        n.input = find_input(n.net, n.built);
        n.plain = plan_for(n.built, &n.input, NULL);
        nn_plan_run(n.plain);
        check_rewrites(&n, changed);
        check_allocations(&n);
        nn_plan_free(n.plain);
        nn_model_free(n.built);
    }
    // No network here shuffles channels (plan_views.c) or is quantised (plan_int8.c, precision.c).
    for (int i = 0; i < NN_PASS_COUNT; i++)
        if (!changed[i] &&
            !(1u << i & (NN_PASS_VIEW | NN_PASS_INT8 | NN_PASS_IMAGE | NN_PASS_PRECISION)))
            fail_msg("rewrite '%s' changed no network", nn_pass_name(i));
    nn_pool_free(n.pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_networks)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
