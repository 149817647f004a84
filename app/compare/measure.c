// SPDX-License-Identifier: MIT
// Measures networks in turn: what they need and how fast they are.
#include "app/bench/bench.h"
#include "app/cli/model_input.h"
#include "app/cli/open_model.h"
#include "app/cli/progress.h"
#include "app/compare/compare.h"
#include "app/compare/front.h"
#include "app/compare/instructions.h"
#include "nn/base/memory.h"
#include "nn/graph/plan.h"
#include "nn/graph/precision.h"
#include "nn/io/io.h"
#include "nn/predict/precision.h"

#include <math.h>
#include <string.h>
#include <sys/stat.h>

#define VISIT 0.01 // seconds of timed runs in a row, at least one

// What is run of a network; zeroed before it is made.
typedef struct runner {
    nn_model *model[COMPARE_POOLS]; // without the weights that a plan has packed
    nn_plan *plan[COMPARE_POOLS];
    app_bench_clock clock[COMPARE_POOLS];
} runner;

typedef struct measuring {
    const compare_options *o;
    nn_pool *pool[COMPARE_POOLS];
    runner *runners;
    compare_counter counter;
} measuring;

static nn_status open_source(nn_model **out, const compare_network *n, const compare_options *o,
                             nn_error *err)
{
    const app_model_source from = {.name = n->source,
                                   .options = n->file ? NULL : o->options,
                                   .parameters = n->file ? NULL : "reference",
                                   .input_w = o->width,
                                   .input_h = o->height};
    return app_open_model(out, &from, err);
}

static nn_status count_macs(const nn_model *m, const nn_shape *inputs, double *out, nn_error *err)
{
    const nn_graph *g = m->graph;
    nn_shape *shapes = nn_calloc((size_t)nn_graph_value_count(g), sizeof *shapes);
    double *macs = nn_calloc((size_t)nn_graph_node_count(g) + 1, sizeof *macs);
    const nn_status status =
        shapes && macs ? nn_graph_infer(g, inputs, nn_graph_input_count(g), shapes, macs, err)
                       : nn_fail(err, NN_ENOMEM, "out of memory");
    *out = 0;
    for (int i = 0; i < nn_graph_node_count(g) && status == NN_OK; i++)
        *out += macs[i];
    nn_free(shapes);
    nn_free(macs);
    return status;
}

// Bytes of the weights: of the file, or of float32 numbers.
static double weigh(const nn_model *m, const compare_network *n)
{
    char path[4096];
    struct stat file;
    double numbers = 0;
    if (n->file && app_find_model(n->source, path, sizeof path, NULL) == NN_OK &&
        stat(path, &file) == 0 && S_ISREG(file.st_mode))
        return (double)file.st_size;
    for (int i = 0; i < nn_graph_param_count(m->graph); i++)
        numbers += (double)nn_shape_count(&m->params[i].shape);
    return numbers * (double)sizeof(float);
}

static nn_status count(compare_network *n, const nn_model *m, const nn_shape *shapes, nn_error *err)
{
    n->width = shapes[0].rank == 4 ? (int)shapes[0].dim[3] : 0;
    n->height = shapes[0].rank == 4 ? (int)shapes[0].dim[2] : 0;
    n->parameters = (double)nn_model_param_count(m);
    n->weights = weigh(m, n);
    return count_macs(m, shapes, &n->macs, err);
}

// A compiled plan, as in 'run', of a model of its own.
static nn_status make_plan(runner *r, int p, const compare_network *n, const measuring *s,
                           nn_error *err)
{
    nn_model **m = &r->model[p];
    nn_shape shapes[APP_MAX_INPUTS] = {0};
    const app_model_input reference = {0};
    nn_status status = open_source(m, n, s->o, err);
    if (status == NN_OK)
        status = app_model_input_shapes(&reference, *m, s->o->height, s->o->width, shapes, err);
    if (status == NN_OK)
        status = nn_model_fuse(m, 0, err);
    if (status != NN_OK)
        return status;
    nn_plan_options options = {.pool = s->pool[p], .compiled = true, .half = true};
    const int inputs = nn_graph_input_count((*m)->graph);
    status = nn_model_choose_precision(m, shapes, inputs, &options, err);
    if (status != NN_OK)
        return status;
    options.release_weights_of = *m;
    status = nn_plan_new(&r->plan[p], *m, shapes, inputs, &options, err);
    for (int i = 0; i < inputs && status == NN_OK; i++)
        nn_fill_reference_input(nn_plan_input(r->plan[p], i));
    return status;
}

static nn_status prepare(compare_network *n, runner *r, const measuring *s, nn_error *err)
{
    nn_status status = NN_OK;
    for (int p = 0; p < COMPARE_POOLS && status == NN_OK; p++)
        status = make_plan(r, p, n, s, err);
    if (status != NN_OK)
        return nn_fail_prefix(err, status, "%s", n->name);
    n->memory = (double)nn_plan_peak_bytes(r->plan[0]);
    n->precision = nn_precision_in_use(r->model[0]->graph, false);
    nn_plan_run(r->plan[0]);
    compare_counter_start(&s->counter);
    nn_plan_run(r->plan[0]);
    n->instructions = compare_counter_stop(&s->counter);
    return NN_OK;
}

// One untimed run brings weights and values back into the caches; timed ones follow.
static void visit(runner *r, int p)
{
    const double began = app_now();
    double start = began;
    nn_plan_run(r->plan[p]);
    const double until = app_now() + VISIT;
    do {
        start = app_now();
        nn_plan_run(r->plan[p]);
        app_bench_clock_add(&r->clock[p], 1e3 * (app_now() - start));
    } while (app_now() < until);
}

static bool goes_on(const compare_options *o, int round, double until)
{
    if (o->rounds > 0)
        return round < o->rounds;
    return round < COMPARE_LEAST_ROUNDS || app_now() < until;
}

static void show(app_progress *p, const compare_options *o, int round, double began, double until)
{
    const bool by_count = o->rounds > 0;
    p->total = by_count ? o->rounds : 1000;
    const double part = by_count ? (double)round : 999 * (app_now() - began) / (until - began);
    app_progress_late(p, (int64_t)fmin(part, (double)p->total - 1), "measuring latencies");
}

static void run_rounds(const compare_table *t, const measuring *s,
                       const volatile sig_atomic_t *stop)
{
    app_progress progress;
    const double seconds = s->o->seconds > 0 ? s->o->seconds : 2.0;
    const double began = app_now(), until = began + seconds * t->count;
    app_progress_begin(&progress, "", 0, 1000);
    for (int i = 0; i < t->count; i++)
        for (int p = 0; p < COMPARE_POOLS; p++)
            app_bench_clock_start(&s->runners[i].clock[p], 0, 0);
    for (int round = 0; goes_on(s->o, round, until) && !(stop && *stop); round++)
        for (int i = 0; i < t->count; i++) {
            for (int p = 0; p < COMPARE_POOLS; p++)
                visit(&s->runners[i], p);
            show(&progress, s->o, round, began, until);
        }
    app_progress_clear(&progress);
}

static void take_times(compare_network *n, runner *r)
{
    for (int p = 0; p < COMPARE_POOLS; p++) {
        app_bench_result result = {0};
        if (r->clock[p].count == 0)
            continue;
        app_bench_clock_stop(&r->clock[p], 0, &result);
        n->latency[p] = (compare_latency){result.min_ms, result.median_ms, result.runs};
    }
}

nn_status compare_open(compare_table *t, const compare_options *o, nn_error *err)
{
    nn_status status = NN_OK;
    for (char **name = o->networks; *name && status == NN_OK; name++) {
        char path[4096];
        if (t->count == COMPARE_MOST)
            return nn_fail(err, NN_EINVAL, "more than %d networks", COMPARE_MOST);
        compare_network *n = &t->list[t->count];
        *n =
            (compare_network){.accuracy = NAN, .instructions = NAN, .file = !app_is_network(*name)};
        if (n->file)
            status = app_find_model(*name, path, sizeof path, err);
        for (int i = 0; i < t->count && status == NN_OK; i++)
            if (strcmp(t->list[i].source, *name) == 0)
                status = nn_fail(err, NN_EINVAL, "%s is named twice", *name);
        if (status != NN_OK)
            break;
        n->source = g_strdup(*name);
        n->name = g_path_get_basename(*name);
        char *ending = n->file ? strrchr(n->name, '.') : NULL;
        if (ending && ending > n->name)
            *ending = '\0';
        t->count++;
    }
    return status;
}

void compare_release(compare_table *t)
{
    for (int i = 0; i < t->count; i++) {
        g_free(t->list[i].name);
        g_free(t->list[i].source);
    }
    g_free(t->energy);
    *t = (compare_table){0};
}

// Counts what needs no run; also finds out whether the input size suits.
static nn_status count_all(compare_table *t, const compare_options *o, nn_error *err)
{
    nn_status status = NN_OK;
    for (int i = 0; i < t->count && status == NN_OK; i++) {
        nn_model *m = NULL;
        nn_shape shapes[APP_MAX_INPUTS] = {0};
        const app_model_input reference = {0};
        status = open_source(&m, &t->list[i], o, err);
        if (status == NN_OK)
            status = app_model_input_shapes(&reference, m, o->height, o->width, shapes, err);
        if (status == NN_OK)
            status = count(&t->list[i], m, shapes, err);
        if (status != NN_OK)
            status = nn_fail_prefix(err, status, "%s", t->list[i].name);
        nn_model_free(m);
    }
    return status;
}

nn_status compare_measure(compare_table *t, const compare_options *o,
                          const volatile sig_atomic_t *stop, nn_error *err)
{
    char why[128] = "";
    measuring s = {.o = o, .runners = g_new0(runner, t->count + 1)};
    nn_status status = count_all(t, o, err);
    if (!compare_counter_open(&s.counter, why, sizeof why))
        t->energy = g_strdup(why);
    for (int p = 0; p < COMPARE_POOLS && status == NN_OK; p++) {
        s.pool[p] = nn_pool_new(p + 1);
        if (!s.pool[p])
            status = nn_fail(err, NN_ENOMEM, "cannot start %d threads", p + 1);
    }
    for (int i = 0; i < t->count && status == NN_OK; i++)
        status = prepare(&t->list[i], &s.runners[i], &s, err);
    if (status == NN_OK)
        run_rounds(t, &s, stop);
    for (int i = 0; i < t->count; i++) {
        take_times(&t->list[i], &s.runners[i]);
        for (int p = 0; p < COMPARE_POOLS; p++) {
            nn_plan_free(s.runners[i].plan[p]);
            nn_model_free(s.runners[i].model[p]);
        }
    }
    for (int p = 0; p < COMPARE_POOLS; p++)
        nn_pool_free(s.pool[p]);
    compare_counter_close(&s.counter);
    g_free(s.runners);
    return status;
}

bool compare_has_accuracy(const compare_table *t)
{
    for (int i = 0; i < t->count; i++)
        if (t->list[i].metric)
            return true;
    return false;
}

void compare_mark_front(compare_table *t)
{
    double cost[COMPARE_MOST], worth[COMPARE_MOST];
    bool on[COMPARE_MOST];
    const bool scored = compare_has_accuracy(t);
    for (int i = 0; i < t->count; i++) {
        cost[i] = t->list[i].latency[0].best_ms;
        worth[i] = scored ? t->list[i].accuracy : -t->list[i].weights;
    }
    compare_front(cost, worth, on, t->count);
    for (int i = 0; i < t->count; i++)
        t->list[i].on_front = on[i];
}
