// SPDX-License-Identifier: MIT
// neroscale bench: measures the speed of networks in inference and training, beside the machine's
// peak.
#include "app/bench/bench.h"
#include "app/bench/bench_layers.h"
#include "app/bench/peak.h"
#include "app/cli/arguments.h"
#include "app/cli/files.h"
#include "app/cli/image_size.h"
#include "app/cli/json_file.h"
#include "app/cli/option_table.h"
#include "app/cli/output.h"
#include "app/cli/precision.h"
#include "app/commands/command.h"
#include "nn/graph/pass.h"
#include "nn/io/io.h"
#include "nn/kernels/kernels.h"
#include "nn/zoo/zoo.h"
#include "po/translate.h"

#include <cjson/cJSON.h>
#include <glib.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

static const char SUMMARY[] = N_(
    "Measures the speed of networks: minimum, median and 95th percentile of the time of a run.\n"
    "\n"
    "NETWORK is a name of 'neroscale list' and gets random parameters; FILE is a model. Without\n"
    "any, the networks of the README's table are measured. GFLOP/s counts two operations for\n"
    "each multiply-accumulate, at the minimum time; Winograd needs fewer and may exceed the\n"
    "measured peak. Measure on an idle machine, and compare minima.\n"
    "\n"
    "--layers says of every layer what part of the peak its real multiplications reach, and how\n"
    "many milliseconds are lost to it, and sums that up by algorithm.\n"
    "\n"
    "Examples:\n"
    "  neroscale bench\n"
    "  neroscale bench resnet18 person --threads 1 --layers\n"
    "  neroscale bench vgg16 --runs 20 --batch 4 --json vgg16.json\n"
    "  neroscale bench model.onnx --size 320x320\n"
    "  neroscale bench --training resnet18 --size 64x64 --batch 32");

static const char *const usual[] = {
    "alexnet",     "vgg16",        "googlenet",           "resnet18",        "resnet50",
    "densenet121", "inception_v3", "neroscale_alexnetpp", "neroscale_alexpp"};
// Networks of --training without arguments, with as many classes as small data sets have.
static const struct {
    const char *name;
    int size, batch;
} usual_training[] = {{"resnet18", 64, 32}, {"alexnet", 224, 32}};

typedef struct bench_options {
    app_bench_options bench;
    int threads;
    gboolean layers, train, pin, exact, tune;
    char *size, *options, *json, *without, *precision;
    FILE *out; // for the tables: stdout, unless that is for the JSON
} bench_options;

static nn_status find_passes(bench_options *o, nn_error *err)
{
    g_auto(GStrv) words = g_strsplit(o->without ? o->without : "", ",", -1);
    for (char **word = words; *word; word++) {
        const unsigned pass = nn_pass_find(*word);
        if (!pass)
            return nn_fail(err, NN_EINVAL, "--without: there is no pass '%s' (try --help)", *word);
        o->bench.disabled_passes |= pass;
    }
    return NN_OK;
}

static nn_status check(bench_options *o, nn_error *err)
{
    const nn_status status =
        app_parse_size("--size", o->size, &o->bench.width, &o->bench.height, err);
    if (status != NN_OK)
        return status;
    if (o->train && o->layers)
        return nn_fail(err, NN_EINVAL, "--layers measures inference only; remove --training");
    if (o->train && o->precision)
        return nn_fail(err, NN_EINVAL, "--precision is about inference; remove --training");
    if (o->exact && o->precision)
        return nn_fail(err, NN_EINVAL, "--exact and --precision exclude each other");
    o->bench.layers = o->layers;
    o->bench.exact = o->exact;
    o->bench.tune = o->tune;
    o->bench.options = o->options;
    const nn_status known = app_find_precision(&o->bench.precision, o->precision, err);
    return known == NN_OK ? find_passes(o, err) : known;
}

static char *describe_passes(void)
{
    const char *names[NN_PASS_COUNT + 1] = {NULL};
    for (int i = 0; i < NN_PASS_COUNT; i++)
        names[i] = nn_pass_name(i);
    return g_strjoinv(", ", (char **)names);
}

static nn_status parse(bench_options *o, int *argc, char ***argv, nn_error *err)
{
    g_autofree char *passes = describe_passes();
    const GOptionEntry entries[] = {APP_OPTION("threads", &o->threads, "0"),
                                    APP_OPTION("runs", &o->bench.runs, "0"),
                                    APP_OPTION("seconds", &o->bench.seconds, "2; --training: 5"),
                                    APP_OPTION("batch", &o->bench.batch, "1; --training: 32"),
                                    APP_OPTION("size", &o->size, "the network's"),
                                    APP_OPTION("options", &o->options, NULL),
                                    APP_OPTION("layers", &o->layers, NULL),
                                    APP_OPTION("exact", &o->exact, NULL),
                                    APP_OPTION("precision", &o->precision, "float32"),
                                    APP_OPTION("without", &o->without, passes),
                                    APP_OPTION("tune", &o->tune, NULL),
                                    APP_OPTION("training", &o->train, NULL),
                                    APP_OPTION("pin", &o->pin, NULL),
                                    APP_OPTION("json", &o->json, NULL),
                                    APP_OPTIONS_END};
    const app_arguments what = {
        .synopsis = "[NETWORK|FILE]...", .summary = SUMMARY, .entries = entries};
    const nn_status status = app_parse_arguments(&what, argc, argv, err);
    return status == NN_OK ? check(o, err) : status;
}

// Threads inherit the CPU mask: the pool is made while this thread excludes the first core.
static nn_status make_pool(bench_options *o, nn_error *err)
{
    cpu_set_t all, first, others;
    int core = 0;
    const bool pin = o->pin && sched_getaffinity(0, sizeof all, &all) == 0;
    if (pin) {
        while (core < CPU_SETSIZE - 1 && !CPU_ISSET(core, &all))
            core++;
        CPU_ZERO(&first);
        CPU_SET(core, &first);
        others = all;
        CPU_CLR(core, &others);
        if (CPU_COUNT(&others) > 0)
            sched_setaffinity(0, sizeof others, &others);
    }
    o->bench.pool = nn_pool_new(o->threads);
    if (pin)
        sched_setaffinity(0, sizeof first, &first);
    return o->bench.pool ? NN_OK : nn_fail(err, NN_ENOMEM, "cannot start %d threads", o->threads);
}

static void print_heading(const bench_options *o, double peak)
{
    const int threads = nn_pool_threads(o->bench.pool);
    fprintf(o->out, "%s, %d thread%s, peak %.1f GFLOP/s\n\n", nn_cpu_name(nn_kernels_level()),
            threads, threads == 1 ? "" : "s", peak);
    fprintf(o->out, "%-22s %5s %9s %5s %9s %9s %9s %8s %5s%s\n", "network", "batch", "input",
            "runs", "min ms", "median", "p95", "GFLOP/s", "peak",
            o->train ? "  images/s  forward backward   update" : "  precision");
}

static void print_result(const bench_options *o, const char *name, const app_bench_result *r,
                         double peak)
{
    char size[32];
    g_autofree char *title = g_path_get_basename(name); // files without their folder
    snprintf(size, sizeof size, "%dx%d", r->width, r->height);
    fprintf(o->out, "%-22s %5d %9s %5d %9.3f %9.3f %9.3f %8.1f %4.0f%%", title, r->batch, size,
            r->runs, r->min_ms, r->median_ms, r->p95_ms, r->gflops, 100.0 * r->gflops / peak);
    if (o->train)
        fprintf(o->out, " %9.1f %8.1f %8.1f %8.1f", 1e3 * r->batch / r->min_ms, r->forward_ms,
                r->backward_ms, r->update_ms);
    else
        fprintf(o->out, "  %s", r->precision);
    fputc('\n', o->out);
    if (o->layers)
        app_bench_print_layers(o->out, r, peak);
    fflush(o->out);
}

static cJSON *layers_to_json(const app_bench_result *r, double peak)
{
    cJSON *list = cJSON_CreateArray();
    for (int i = 0; i < r->layer_count; i++) {
        const app_bench_layer *l = &r->layers[i];
        const app_layer_loss loss = app_layer_loss_of(l, peak);
        cJSON *item = cJSON_CreateObject();
        cJSON_AddStringToObject(item, "layer", l->name);
        cJSON_AddStringToObject(item, "type", l->type);
        cJSON_AddStringToObject(item, "algorithm", l->algorithm);
        cJSON_AddNumberToObject(item, "ms", l->ms);
        cJSON_AddNumberToObject(item, "macs", l->macs);
        cJSON_AddNumberToObject(item, "of_peak", loss.of_peak);
        cJSON_AddNumberToObject(item, "lost_ms", loss.lost_ms);
        cJSON_AddItemToArray(list, item);
    }
    return list;
}

static void add_to_json(cJSON *list, const bench_options *o, const char *name,
                        const app_bench_result *r, double peak)
{
    cJSON *item = cJSON_CreateObject();
    cJSON_AddStringToObject(item, "network", name);
    cJSON_AddNumberToObject(item, "threads", r->threads);
    cJSON_AddNumberToObject(item, "batch", r->batch);
    cJSON_AddNumberToObject(item, "height", r->height);
    cJSON_AddNumberToObject(item, "width", r->width);
    cJSON_AddNumberToObject(item, "runs", r->runs);
    if (r->load_ms > 0)
        cJSON_AddNumberToObject(item, "load_ms", r->load_ms);
    cJSON_AddNumberToObject(item, "min_ms", r->min_ms);
    cJSON_AddNumberToObject(item, "median_ms", r->median_ms);
    cJSON_AddNumberToObject(item, "p95_ms", r->p95_ms);
    cJSON_AddNumberToObject(item, "gflops", r->gflops);
    cJSON_AddNumberToObject(item, "peak_gflops", peak);
    cJSON_AddNumberToObject(item, "memory_bytes", r->memory);
    cJSON_AddStringToObject(item, "precision", r->precision);
    if (o->train)
        cJSON_AddNumberToObject(item, "images_per_second", 1e3 * r->batch / r->min_ms);
    if (o->layers)
        cJSON_AddItemToObject(item, "layers", layers_to_json(r, peak));
    cJSON_AddItemToArray(list, item);
}

static nn_status bench_one(const bench_options *o, const char *name, double peak, cJSON *json,
                           nn_error *err)
{
    app_bench_result r;
    nn_status status = o->train ? app_bench_train(&r, name, &o->bench, err)
                                : app_bench_infer(&r, name, &o->bench, err);
    if (status != NN_OK)
        return nn_fail_prefix(err, status, "%s", name);
    print_result(o, name, &r, peak);
    add_to_json(json, o, name, &r, peak);
    app_bench_release(&r);
    return NN_OK;
}

// Measures the default networks.
static nn_status bench_usual(const bench_options *o, double peak, cJSON *json, nn_error *err)
{
    nn_status status = NN_OK;
    if (!o->train) {
        for (size_t i = 0; i < G_N_ELEMENTS(usual) && status == NN_OK; i++)
            status = bench_one(o, usual[i], peak, json, err);
        return status;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(usual_training) && status == NN_OK; i++) {
        bench_options one = *o;
        one.bench.height = o->size ? o->bench.height : usual_training[i].size;
        one.bench.width = o->size ? o->bench.width : usual_training[i].size;
        status = bench_one(&one, usual_training[i].name, peak, json, err);
    }
    return status;
}

static nn_status bench(bench_options *o, char **names, cJSON *json, nn_error *err)
{
    if (o->bench.batch == 0)
        o->bench.batch = o->train ? 32 : 1;
    nn_status status = make_pool(o, err);
    if (status != NN_OK)
        return status;
    const double peak = app_peak_gflops(o->bench.pool);
    print_heading(o, peak);
    if (!*names)
        status = bench_usual(o, peak, json, err);
    for (; *names && status == NN_OK; names++)
        status = bench_one(o, *names, peak, json, err);
    nn_pool_free(o->bench.pool);
    return status;
}

// Reports misspelt names and unwritable files before minutes of measuring.
static nn_status look_ahead(const bench_options *o, char **names, nn_error *err)
{
    char path[4096];
    app_files files = {0};
    nn_status status = NN_OK;
    app_files_refresh(&files, "--json", o->json);
    for (; *names && status == NN_OK; names++)
        if (!nn_zoo_find(*names)) {
            status = nn_model_find(*names, path, sizeof path, err);
            app_files_read(&files, "FILE", *names);
        }
    if (status == NN_OK)
        status = app_files_claim(&files, false, err);
    return status;
}

int app_cmd_bench(int argc, char **argv)
{
    bench_options o = {0};
    nn_error err = {0};
    cJSON *json = cJSON_CreateArray();
    nn_status status = parse(&o, &argc, &argv, &err);
    if (status == NN_OK)
        status = look_ahead(&o, argv + 1, &err);
    o.out = g_strcmp0(o.json, "-") == 0 ? stderr : stdout;
    if (status == NN_OK)
        status = bench(&o, argv + 1, json, &err);
    if (status == NN_OK && o.json)
        status = app_json_write(json, o.json, &err);
    cJSON_Delete(json);
    g_free(o.size);
    g_free(o.options);
    g_free(o.json);
    g_free(o.without);
    g_free(o.precision);
    return app_end(status, &err);
}
