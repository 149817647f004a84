// SPDX-License-Identifier: MIT
// neroscale scale: the network of a family that is best within a budget of time or work.
#include "app/cli/arguments.h"
#include "app/cli/files.h"
#include "app/cli/image_size.h"
#include "app/cli/interrupt.h"
#include "app/cli/option_table.h"
#include "app/commands/command.h"
#include "app/data/evaluate_data.h"
#include "app/scale/scale.h"
#include "nn/zoo/zoo.h"
#include "po/translate.h"

#include <string.h>

static const char SUMMARY[] = N_(
    "Finds width (alpha), depth (beta) and input of a network for a budget, measured on this "
    "machine.\n"
    "\n"
    "For inputs of several sizes and several depths it takes the largest width within the budget. "
    "All of\n"
    "them learn the data for a few epochs, then the better half goes on for as many again, and so "
    "on. The\n"
    "budget is milliseconds of one picture with one thread, or millions of operations of one "
    "picture (two\n"
    "for a multiply-add). What was tried is printed and lies in WORK: scale.json, scale.png, and "
    "the\n"
    "trained networks. The same command goes on where it was stopped or killed.\n"
    "\n"
    "Examples:\n"
    "  neroscale scale --budget-ms 2 --data flowers --out flowers.safetensors\n"
    "  neroscale scale --budget-mflops 100 --data yard --task detect --size 416x320\n"
    "  neroscale scale --budget-ms 5 --data flowers --network efficientnet_b0 --candidates 6\n"
    "  neroscale scale --budget-ms 2 --data flowers --epochs 4 --train-options '--batch 32 --lr "
    "3e-4'");

typedef struct command {
    scale_options o;
    char *size;
    gboolean force;
} command;

static nn_status check_network(const scale_options *o, nn_error *err)
{
    if (!nn_zoo_find(o->network))
        return nn_fail(err, NN_ENOTFOUND, "--network %s: no such network ('neroscale list')",
                       o->network);
    if (scale_has_option(o->network, "alpha"))
        return NN_OK;
    GString *names = g_string_new(NULL);
    for (int i = 0; i < nn_zoo_count(); i++)
        if (scale_has_option(nn_zoo_at(i)->name, "alpha"))
            g_string_append_printf(names, "%s%s", names->len ? ", " : "", nn_zoo_at(i)->name);
    const nn_status status = nn_fail(
        err, NN_EINVAL, "--network %s has one width only; scalable are %s", o->network, names->str);
    g_string_free(names, TRUE);
    return status;
}

static nn_status check(command *c, int argc, char **argv, nn_error *err)
{
    scale_options *o = &c->o;
    if (argc > 1)
        return nn_fail(err, NN_EINVAL, "'%s' is no option (try --help)", argv[1]);
    if (!o->data)
        return nn_fail(err, NN_EINVAL, "--data DIR is missing (try --help)");
    if ((o->budget_ms > 0) == (o->budget_mflops > 0))
        return nn_fail(err, NN_EINVAL, "give one budget: --budget-ms N or --budget-mflops N");
    if (!o->network)
        o->network = g_strdup("neroscale_alexpp");
    if (!o->work)
        o->work = o->out ? g_strconcat(o->out, ".work", NULL) : g_strdup("scale.work");
    const nn_status status = check_network(o, err);
    return status == NN_OK ? app_parse_size("--size", c->size, &o->width, &o->height, err) : status;
}

static nn_status parse(command *c, int *argc, char ***argv, nn_error *err)
{
    scale_options *o = &c->o;
    const GOptionEntry entries[] = {APP_OPTION("budget-ms", &o->budget_ms, NULL),
                                    APP_OPTION("budget-mflops", &o->budget_mflops, NULL),
                                    APP_OPTION("data", &o->data, NULL),
                                    APP_OPTION("val-data", &o->val_data, NULL),
                                    APP_OPTION("val-split", &o->val_split, "0.2"),
                                    APP_OPTION("task", &o->task, "by the data"),
                                    APP_OPTION("network", &o->network, "neroscale_alexpp"),
                                    APP_OPTION("options", &o->options, NULL),
                                    APP_OPTION("size", &c->size, "the network's"),
                                    APP_OPTION("candidates", &o->candidates, "8"),
                                    APP_OPTION("rounds", &o->rounds, "3"),
                                    APP_OPTION("epochs", &o->epochs, "2 in the first round"),
                                    APP_OPTION("train-options", &o->words, NULL),
                                    APP_OPTION("threads", &o->threads, "0"),
                                    APP_OPTION("out", &o->out, NULL),
                                    APP_OPTION("work", &o->work, "OUT.work, else scale.work"),
                                    APP_OPTION("force", &c->force, NULL),
                                    APP_OPTIONS_END};
    const app_arguments what = {.summary = SUMMARY, .entries = entries};
    const nn_status status = app_parse_arguments(&what, argc, argv, err);
    return status == NN_OK ? check(c, *argc, *argv, err) : status;
}

static nn_status claim(const command *c, nn_error *err)
{
    app_files files = {0};
    app_files_read(&files, "--data", c->o.data);
    app_files_read(&files, "--val-data", c->o.val_data);
    app_files_write(&files, "--out", c->o.out);
    return app_files_claim(&files, c->force, err);
}

int app_cmd_scale(int argc, char **argv)
{
    command c = {.o = {.val_split = 0.2, .candidates = 8, .rounds = 3, .epochs = 2}};
    nn_error err = {0};
    const volatile sig_atomic_t *stop = app_interrupt_catch(NULL);
    nn_status status = parse(&c, &argc, &argv, &err);
    if (status == NN_OK)
        status = claim(&c, &err);
    if (status == NN_OK && !c.o.task)
        status = app_data_find_task(&c.o.task, c.o.data, &err);
    if (status == NN_OK)
        status = scale_run(&c.o, stop, &err);
    g_free(c.o.data);
    g_free(c.o.val_data);
    g_free(c.o.task);
    g_free(c.o.network);
    g_free(c.o.options);
    g_free(c.o.words);
    g_free(c.o.out);
    g_free(c.o.work);
    g_free(c.size);
    return status == NN_OK && *stop ? 130 : app_end(status, &err);
}
