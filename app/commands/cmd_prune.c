// SPDX-License-Identifier: MIT
// neroscale prune: makes a smaller network of a trained one, without the channels that matter
// least.
#include "app/cli/arguments.h"
#include "app/cli/interrupt.h"
#include "app/cli/option_entries.h"
#include "app/cli/option_table.h"
#include "app/commands/command.h"
#include "app/data/data_options.h"
#include "app/prune/prune.h"
#include "app/train/train_words.h"
#include "nn/train/ranks.h"
#include "po/translate.h"

#include <string.h>

static const char SUMMARY[] = N_(
    "Makes a smaller, faster network of a trained one: the channels that matter least go, in "
    "steps,\n"
    "and what is left is trained further on labelled data. The result is an ordinary model: it "
    "runs,\n"
    "trains, quantises and exports like any other.\n"
    "\n"
    "--macs says which part of the multiply-adds stays, --speed-up how much faster the model shall "
    "be\n"
    "on this machine. Data options are those of train; --train-options takes its other options, "
    "as\n"
    "--train-options '--lr 1e-3 --distill MODEL'. Pictures that are held back score the model "
    "before\n"
    "and after. When the score falls by more than --max-loss, OUT is not written, and the model "
    "stays\n"
    "in the work folder.\n"
    "\n"
    "Examples:\n"
    "  neroscale prune mine.safetensors --data export --out small.safetensors\n"
    "  neroscale prune mine.safetensors --data export --speed-up 2 --epochs 40 --out "
    "fast.safetensors\n"
    "  neroscale prune flowers17 --data flowers --macs 0.3 --steps 5 --out flowers.safetensors\n"
    "  neroscale prune person --video yard.avi --labels yard.txt --out yard.safetensors");

static const char METHODS[] =
    "Methods, which say what a channel is worth:\n"
    "  taylor  how much the loss changes without it, by gradients (Molchanov 2019)\n"
    "  bn      the scale of its batch norm (Liu 2017)\n"
    "  l1      the sum of its absolute weights (Li 2017)";

static const char *const often[] = {"data",          "video",     "labels", "names",   "val-data",
                                    "out",           "force",     "method", "macs",    "speed-up",
                                    "steps",         "epochs",    "work",   "threads", "max-loss",
                                    "train-options", "val-split", NULL};

// Options that the trainings do not get.
static const char *const own[] = {"method",   "macs",   "speed-up",      "steps",
                                  "max-loss", "epochs", "train-options", NULL};

// Options of train that have no meaning here, or that the model and options of this command give.
static const char *const not_ours[] = {
    "init",   "task",    "network", "options",          "head",     "out",     "force", "work",
    "epochs", "threads", "resume",  "distill-features", "quantize", "inspect", NULL};

typedef struct command {
    prune_options o;
    app_data_options data; // for the parser: the trainings parse the words again
    char *method, *out, *work, *words, *command;
    int threads;
    gboolean force;
} command;

static nn_status find_method(command *c, nn_error *err)
{
    for (int i = 0; c->method && i < NN_PRUNE_METHODS; i++)
        if (strcmp(c->method, nn_prune_method_names[i]) == 0) {
            c->o.method = (nn_prune_method)i;
            return NN_OK;
        }
    return c->method ? nn_fail(err, NN_EINVAL, "--method %s: not taylor, bn or l1", c->method)
                     : NN_OK;
}

// The words that are for the trainings: all but the model, the options of this command and what
// follows these.
static nn_status gather_words(command *c, char *const *words, const char *model, nn_error *err)
{
    GPtrArray *list = g_ptr_array_new();
    g_auto(GStrv) more = NULL;
    for (int i = 1; words[i]; i++) {
        const char *word = words[i];
        const size_t length = strcspn(word, "=");
        bool mine = false;
        for (int k = 0; own[k] && g_str_has_prefix(word, "--"); k++)
            mine = mine ||
                   (strlen(own[k]) == length - 2 && strncmp(word + 2, own[k], length - 2) == 0);
        if (mine)
            i += !word[length] && words[i + 1];
        else if (word != model)
            g_ptr_array_add(list, g_strdup(word));
    }
    const nn_status status =
        app_train_words(&more, c->words, not_ours,
                        "prune, which start from the model and have its network (see --help for "
                        "the options of prune itself)",
                        err);
    for (int i = 0; more && more[i]; i++) {
        c->o.keep_rate =
            c->o.keep_rate || strcmp(more[i], "--lr") == 0 || g_str_has_prefix(more[i], "--lr=");
        g_ptr_array_add(list, g_strdup(more[i]));
    }
    g_ptr_array_add(list, NULL);
    c->o.words = (char **)g_ptr_array_free(list, FALSE);
    return status;
}

static nn_status check(command *c, int argc, char **argv, char *const *words, nn_error *err)
{
    if (nn_ranks_were_launched())
        return nn_fail(err, NN_EUNSUPPORTED,
                       "it works in one process, and a launcher such as mpirun started several, "
                       "which would write the same files: start it alone; --threads takes the "
                       "cores");
    nn_status status = app_check_one_model(argc, err);
    if (status == NN_OK && !c->out)
        status = nn_fail(err, NN_EINVAL, "--out FILE is missing");
    if (status == NN_OK)
        status = find_method(c, err);
    if (status == NN_OK && c->o.macs > 0 && c->o.speed_up > 0)
        status = nn_fail(err, NN_EINVAL, "--macs and --speed-up say the same: give one of them");
    if (status == NN_OK && c->data.count == 0)
        status = nn_fail(err, NN_EINVAL, "no data: give --data DIR, or --video FILE and --labels");
    if (status != NN_OK)
        return status;
    c->o.macs = c->o.macs > 0 || c->o.speed_up > 0 ? c->o.macs : 0.5;
    c->o.model = argv[1];
    return gather_words(c, words, argv[1], err);
}

static nn_status parse(command *c, int argc, char **argv, nn_error *err)
{
    const GOptionEntry entries[] = {APP_OPTION("out", &c->out, NULL),
                                    APP_OPTION("force", &c->force, NULL),
                                    APP_OPTION("method", &c->method, "taylor"),
                                    APP_OPTION("macs", &c->o.macs, "0.5"),
                                    APP_OPTION("speed-up", &c->o.speed_up, NULL),
                                    APP_OPTION("steps", &c->o.steps, "3"),
                                    APP_OPTION("epochs", &c->o.epochs, "20"),
                                    APP_OPTION("max-loss", &c->o.max_loss, "0.01"),
                                    APP_OPTION("work", &c->work, "OUT.work"),
                                    APP_OPTION("threads", &c->threads, "0"),
                                    APP_OPTION("train-options", &c->words, NULL),
                                    APP_OPTIONS_END};
    char *const *words = (char *const *)g_memdup2(argv, ((gsize)argc + 1) * sizeof *argv);
    GOptionGroup *group = g_option_group_new("prune", "", "", &c->data, NULL);
    GOptionGroup *more[] = {g_option_group_new("data", "Options of the data:",
                                               "Show options of the data", &c->data, NULL),
                            NULL};
    c->command = g_strjoinv(" ", argv);
    app_options_split(group, often, more[0]);
    app_data_options_add_options(group, true);
    app_options_add_entries(group, entries);
    const app_arguments what = {.synopsis = "MODEL",
                                .summary = SUMMARY,
                                .description = METHODS,
                                .group = group,
                                .more = more};
    nn_status status = app_parse_arguments(&what, &argc, &argv, err);
    if (status == NN_OK)
        status = check(c, argc, argv, words, err);
    g_free((void *)words);
    return status;
}

int app_cmd_prune(int argc, char **argv)
{
    command c = {.o = {.steps = 3, .epochs = 20, .max_loss = 0.01}};
    nn_error err = {0};
    const volatile sig_atomic_t *stop = app_interrupt_catch(NULL);
    nn_status status = parse(&c, argc, argv, &err);
    c.o.command = c.command;
    if (status == NN_OK)
        status = prune_run(&c.o, stop, &err);
    app_data_options_release(&c.data);
    g_strfreev(c.o.words);
    g_free(c.method);
    g_free(c.out);
    g_free(c.work);
    g_free(c.words);
    g_free(c.command);
    return app_end(status, &err);
}
