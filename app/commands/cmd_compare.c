// SPDX-License-Identifier: MIT
// neroscale compare: networks side by side, as a table and a picture.
#include "app/cli/arguments.h"
#include "app/cli/files.h"
#include "app/cli/image_size.h"
#include "app/cli/interrupt.h"
#include "app/cli/option_table.h"
#include "app/commands/command.h"
#include "app/compare/compare.h"
#include "app/data/evaluate_data.h"
#include "nn/base/features.h"
#include "po/translate.h"

#include <string.h>

static const char SUMMARY[] = N_(
    "Compares networks by accuracy, parameters, GFLOPs, memory, size and latency.\n"
    "\n"
    "NETWORK is a name of 'neroscale list' or a model file. Latencies are measured in rounds over "
    "all\n"
    "networks, with one and with two threads. GFLOPs counts two operations for each multiply-add; "
    "memory\n"
    "is the most that weights, values and scratch take together. --out draws accuracy, or size "
    "where\n"
    "none is known, against latency, and marks the Pareto front. With --train each network by name "
    "first\n"
    "learns the same data with the same schedule; a run that was stopped goes on where it was.\n"
    "\n"
    "Examples:\n"
    "  neroscale compare alexnet vgg16 googlenet resnet18 densenet121 --out size.png\n"
    "  neroscale compare old.safetensors new.safetensors --data test --csv table.csv\n"
    "  neroscale compare resnet18 googlenet neroscale_alexpp --data flowers --train 30 --size 96 "
    "\\\n"
    "      --work runs/flowers --out flowers.png --json flowers.json\n"
    "  neroscale compare resnet18 --data flowers --train 30 --train-options '--lr 3e-4 --batch "
    "16'");

typedef struct comparing {
    compare_options o;
    char *size, *out, *csv, *json;
    gboolean force;
} comparing;

static nn_status check(comparing *c, int argc, char **argv, nn_error *err)
{
    compare_options *o = &c->o;
    if (argc < 2)
        return nn_fail(err, NN_EINVAL, "which networks? (try --help)");
    o->networks = argv + 1;
    if (o->epochs > 0 && !o->data)
        return nn_fail(err, NN_EINVAL, "--train needs --data DIR");
    if (o->epochs == 0 && (o->words || o->val_data || o->work || o->task))
        return nn_fail(err, NN_EINVAL, "%s is for --train EPOCHS",
                       o->words      ? "--train-options"
                       : o->val_data ? "--val-data"
                       : o->work     ? "--work"
                                     : "--task");
    if (c->out && !NN_HAS_pango)
        return nn_fail_prefix(err, nn_fail_without(err, "pango"), "--out");
    return app_parse_size("--size", c->size, &o->width, &o->height, err);
}

static nn_status parse(comparing *c, int *argc, char ***argv, nn_error *err)
{
    compare_options *o = &c->o;
    const GOptionEntry entries[] = {APP_OPTION("data", &o->data, NULL),
                                    APP_OPTION("size", &c->size, "each network's"),
                                    APP_OPTION("options", &o->options, NULL),
                                    APP_OPTION("out", &c->out, NULL),
                                    APP_OPTION("csv", &c->csv, NULL),
                                    APP_OPTION("json", &c->json, NULL),
                                    APP_OPTION("force", &c->force, NULL),
                                    APP_OPTION("runs", &o->rounds, "0"),
                                    APP_OPTION("seconds", &o->seconds, "2 a network"),
                                    APP_OPTION("threads", &o->threads, "0"),
                                    APP_OPTION("train", &o->epochs, NULL),
                                    APP_OPTION("train-options", &o->words, NULL),
                                    APP_OPTION("task", &o->task, "by the data"),
                                    APP_OPTION("val-split", &o->val_split, "0.2"),
                                    APP_OPTION("val-data", &o->val_data, NULL),
                                    APP_OPTION("work", &o->work, "compare.work"),
                                    APP_OPTIONS_END};
    const app_arguments what = {
        .synopsis = "NETWORK|FILE...", .summary = SUMMARY, .entries = entries};
    const nn_status status = app_parse_arguments(&what, argc, argv, err);
    return status == NN_OK ? check(c, *argc, *argv, err) : status;
}

static nn_status claim(const comparing *c, const compare_table *t, nn_error *err)
{
    app_files files = {0};
    for (int i = 0; i < t->count; i++)
        if (t->list[i].file)
            app_files_read(&files, "FILE", t->list[i].source);
    app_files_read(&files, "--data", c->o.data);
    app_files_read(&files, "--val-data", c->o.val_data);
    app_files_write(&files, "--out", c->out);
    app_files_write(&files, "--csv", c->csv);
    app_files_refresh(&files, "--json", c->json);
    return app_files_claim(&files, c->force, err);
}

// Only models have an accuracy: --data would do nothing for networks that are not trained.
static nn_status check_scored(const compare_options *o, const compare_table *t, nn_error *err)
{
    bool any = o->epochs > 0 || !o->data;
    for (int i = 0; i < t->count; i++)
        any = any || t->list[i].file;
    return any ? NN_OK
               : nn_fail(err, NN_EINVAL,
                         "--data has no model to score: name a model file, or add --train N");
}

static nn_status write_all(const comparing *c, const compare_table *t, nn_error *err)
{
    const bool json_only = g_strcmp0(c->json, "-") == 0 || g_strcmp0(c->csv, "-") == 0;
    nn_status status = NN_OK;
    compare_print(t, json_only ? stderr : stdout);
    if (c->csv)
        status = compare_write_csv(t, c->csv, err);
    if (status == NN_OK && c->json)
        status = compare_write_json(t, c->json, err);
    if (status == NN_OK && c->out)
        status = compare_draw(t, c->out, err);
    return status;
}

// What a training needs besides.
static nn_status prepare(compare_options *o, nn_error *err)
{
    if (!o->work)
        o->work = g_strdup("compare.work");
    return o->task ? NN_OK : app_data_find_task(&o->task, o->data, err);
}

static nn_status compare(comparing *c, compare_table *t, const volatile sig_atomic_t *stop,
                         nn_error *err)
{
    nn_status status = compare_open(t, &c->o, err);
    if (status == NN_OK)
        status = check_scored(&c->o, t, err);
    if (status == NN_OK)
        status = claim(c, t, err);
    if (status == NN_OK && c->o.epochs > 0)
        status = prepare(&c->o, err);
    if (status == NN_OK && c->o.epochs > 0)
        status = compare_train(t, &c->o, stop, err);
    else if (status == NN_OK && c->o.data)
        status = compare_score(t, &c->o, err);
    if (status == NN_OK && !*stop)
        status = compare_measure(t, &c->o, stop, err);
    if (status != NN_OK || *stop)
        return status;
    compare_mark_front(t);
    return write_all(c, t, err);
}

static void release(comparing *c, compare_table *t)
{
    compare_release(t);
    g_free(c->o.data);
    g_free(c->o.val_data);
    g_free(c->o.options);
    g_free(c->o.task);
    g_free(c->o.work);
    g_free(c->o.words);
    g_free(c->size);
    g_free(c->out);
    g_free(c->csv);
    g_free(c->json);
}

int app_cmd_compare(int argc, char **argv)
{
    comparing c = {.o.val_split = 0.2};
    compare_table *t = g_new0(compare_table, 1);
    nn_error err = {0};
    nn_status status = parse(&c, &argc, &argv, &err);
    const volatile sig_atomic_t *stop = app_interrupt_catch(NULL);
    if (status == NN_OK)
        status = compare(&c, t, stop, &err);
    release(&c, t);
    g_free(t);
    return status == NN_OK && *stop ? 130 : app_end(status, &err);
}
