// SPDX-License-Identifier: MIT
// Measures inference as in 'run': a fused model, planned once, after a warm-up.
#include "app/bench/bench.h"
#include "app/cli/open_model.h"
#include "app/cli/progress.h"
#include "nn/base/memory.h"
#include "nn/graph/plan.h"
#include "nn/graph/precision.h"
#include "nn/graph/quantized.h"
#include "nn/graph/tune.h"
#include "nn/io/io.h"
#include "nn/io/tuning_cache.h"
#include "nn/zoo/zoo.h"

#include <glib.h>
#include <math.h>
#include <stdio.h>

enum { MAX_INPUTS = 16 };

// Measures all implementations. The choice is saved beside a model file, where 'run' finds it, too.
static nn_status tune(nn_tuning_cache **out, nn_model **fused, const nn_shape *shapes,
                      const char *name, const nn_plan_options *options, nn_error *err)
{
    const int inputs = nn_graph_input_count((*fused)->graph);
    char path[4096], precision[sizeof(*out)->precision];
    nn_status status = nn_model_tune_precision(fused, shapes, inputs, options, 0, precision, err);
    if (status == NN_OK)
        status = nn_plan_tune(out, *fused, shapes, inputs, options, 0, err);
    if (status == NN_OK)
        g_strlcpy((*out)->precision, precision, sizeof(*out)->precision);
    if (status != NN_OK || nn_zoo_find(name) || nn_model_find(name, path, sizeof path, NULL))
        return status;
    char *beside = nn_tuning_cache_path(path);
    status =
        beside ? nn_tuning_cache_save(*out, beside, err) : nn_fail(err, NN_ENOMEM, "no memory");
    nn_free(beside);
    return status;
}

static nn_plan_options plan_options(const app_bench_options *o)
{
    return (nn_plan_options){.pool = o->pool,
                             .compiled = true,
                             .exact = o->exact,
                             .half = true,
                             .bf16 = o->precision == NN_PRECISION_BF16,
                             .knobs.disabled_passes = o->disabled_passes};
}

// Goes over to bfloat16 when it is faster on the reference input, and exact enough.
static nn_status try_bf16(nn_plan **plan, bool *taken, const nn_model *fused,
                          const nn_shape *shapes, const char *name, const nn_plan_options *options,
                          nn_error *err)
{
    const int inputs = nn_graph_input_count(fused->graph);
    nn_precision_trial *t = nn_precision_trial_new(fused, shapes, inputs, options, err);
    if (!t)
        return err->status;
    while (!nn_precision_trial_done(t)) {
        for (int i = 0; i < inputs; i++)
            nn_fill_reference_input(nn_plan_input(*plan, i));
        nn_precision_trial_run(t, *plan);
    }
    const bool won = *taken = nn_precision_trial_won(t);
    fprintf(stderr,
            "note: %s: bf16 is %.2f times as fast, outputs are off by %.2g of the largest: %s\n",
            name, nn_precision_trial_speed(t), nn_precision_trial_error(t),
            won ? "bf16" : "float32");
    if (won) {
        nn_plan_free(*plan);
        *plan = nn_precision_trial_take(t);
    }
    nn_precision_trial_free(t);
    return NN_OK;
}

// Makes the plan that is measured, and tells whether it is one in bfloat16.
static nn_status make_plan(nn_plan **out, bool *bf16, nn_model **fused, const nn_shape *shapes,
                           const char *name, const app_bench_options *o, nn_error *err)
{
    nn_plan_options options = plan_options(o);
    const int inputs = nn_graph_input_count((*fused)->graph);
    nn_tuning_cache *cache = NULL;
    if (nn_graph_is_quantized((*fused)->graph))
        options.half = (*fused)->half; // as 'run' has it
    nn_status status = o->tune ? tune(&cache, fused, shapes, name, &options, err)
                               : nn_tuning_cache_load_for(&cache, name, err);
    if (cache && nn_tuning_cache_suit(cache, &shapes[0], &options))
        options.tuning = cache;
    if (status == NN_OK && !o->tune)
        status = nn_model_choose_precision(fused, shapes, inputs, &options, err);
    *bf16 = options.bf16;
    const bool both = o->precision == NN_PRECISION_AUTO && nn_precision_has_bf16();
    options.release_weights_of = both ? NULL : *fused;
    if (status == NN_OK)
        status = nn_plan_new(out, *fused, shapes, inputs, &options, err);
    if (status == NN_OK && both)
        status = try_bf16(out, bf16, *fused, shapes, name, &options, err);
    if (status == NN_OK && nn_plan_untuned(*out) > 0)
        fprintf(stderr,
                "note: %s.tuned.json names unknown implementations for %d nodes; --tune measures "
                "again\n",
                name, nn_plan_untuned(*out));
    nn_tuning_cache_free(cache);
    return status;
}

// Opens a file, or a network by name with reference parameters.
static nn_status open_model(nn_model **out, const char *name, const app_bench_options *o,
                            const nn_shape *inputs, int n_inputs, nn_error *err)
{
    const bool network = nn_zoo_find(name) && !g_file_test(name, G_FILE_TEST_EXISTS);
    const app_model_source from = {.name = name,
                                   .options = o->options,
                                   .parameters = network ? "reference" : NULL,
                                   .inputs = inputs,
                                   .n_inputs = n_inputs,
                                   .input_h = o->height,
                                   .input_w = o->width};
    return app_open_model(out, &from, err);
}

static nn_status find_shapes(const nn_model *m, const app_bench_options *o, nn_shape *shapes,
                             nn_error *err)
{
    const int count = nn_graph_input_count(m->graph);
    if (count > MAX_INPUTS)
        return nn_fail(err, NN_EUNSUPPORTED, "%d inputs, at most %d", count, MAX_INPUTS);
    for (int i = 0; i < count; i++) {
        shapes[i] = nn_model_input_shape(m, i, o->height, o->width);
        if (o->batch != 1 && shapes[i].rank > 0)
            shapes[i].dim[0] = o->batch;
    }
    return NN_OK;
}

// ONNX files are read for one batch size; for another one they are read again.
static nn_status open_for_batch(nn_model **out, nn_shape *shapes, const char *name,
                                const app_bench_options *o, nn_error *err)
{
    nn_status status = open_model(out, name, o, NULL, 0, err);
    if (status == NN_OK)
        status = find_shapes(*out, o, shapes, err);
    if (status != NN_OK || !(*out)->fixed_inputs || o->batch == 1)
        return status;
    const int count = nn_graph_input_count((*out)->graph);
    nn_model_free(*out);
    return open_model(out, name, o, shapes, count, err);
}

static void time_runs(app_bench_result *r, nn_plan *plan, const app_bench_options *o)
{
    app_bench_clock clock;
    for (int i = 0; i < 2; i++)
        nn_plan_run(plan);
    app_bench_clock_start(&clock, o->runs, o->seconds > 0.0 ? o->seconds : 2.0);
    while (app_bench_clock_more(&clock)) {
        const double start = app_now();
        nn_plan_run(plan);
        app_bench_clock_add(&clock, 1e3 * (app_now() - start));
    }
    app_bench_clock_stop(&clock, 2.0 * nn_plan_macs(plan), r);
}

static void time_layers(app_bench_result *r, const nn_graph *g, nn_plan *plan)
{
    const int count = nn_graph_node_count(g);
    r->layers = g_new0(app_bench_layer, count);
    r->layer_count = count;
    for (int i = 0; i < count; i++) {
        const nn_node_info node = nn_graph_node_at(g, i);
        r->layers[i] = (app_bench_layer){.name = g_strdup(node.name),
                                         .type = g_strdup(node.op->name),
                                         .algorithm = g_strdup(nn_plan_node_impl(plan, i)),
                                         .ms = INFINITY,
                                         .macs = nn_plan_node_macs(plan, i)};
    }
    nn_plan_set_timing(plan, true);
    for (int run = 0; run < r->runs; run++) {
        nn_plan_run(plan);
        for (int i = 0; i < count; i++)
            r->layers[i].ms = MIN(r->layers[i].ms, 1e3 * nn_plan_node_seconds(plan, i));
    }
    nn_plan_set_timing(plan, false);
}

static nn_status measure(app_bench_result *r, nn_model **fused, const nn_shape *shapes,
                         const char *name, const app_bench_options *o, double start, nn_error *err)
{
    nn_plan *plan = NULL;
    bool bf16;
    nn_status status = make_plan(&plan, &bf16, fused, shapes, name, o, err);
    if (status == NN_OK) {
        r->load_ms = o->tune ? 0 : 1e3 * (app_now() - start);
        for (int i = 0; i < nn_graph_input_count((*fused)->graph); i++)
            nn_fill_reference_input(nn_plan_input(plan, i));
        r->threads = nn_pool_threads(o->pool);
        r->precision = nn_precision_in_use((*fused)->graph, bf16);
        r->batch = o->batch;
        r->height = shapes[0].rank == 4 ? (int)shapes[0].dim[2] : 0;
        r->width = shapes[0].rank == 4 ? (int)shapes[0].dim[3] : 0;
        r->memory = (double)nn_plan_bytes(plan);
        time_runs(r, plan, o);
        if (o->layers)
            time_layers(r, (*fused)->graph, plan);
    }
    nn_plan_free(plan);
    return status;
}

nn_status app_bench_infer(app_bench_result *r, const char *name, const app_bench_options *o,
                          nn_error *err)
{
    nn_model *model = NULL;
    nn_shape shapes[MAX_INPUTS] = {0};
    const double start = app_now();
    *r = (app_bench_result){0};
    nn_status status = open_for_batch(&model, shapes, name, o, err);
    if (status == NN_OK)
        status = nn_model_fuse(&model, o->disabled_passes, err);
    if (status == NN_OK)
        status = measure(r, &model, shapes, name, o, start, err);
    nn_model_free(model);
    return status;
}
