// SPDX-License-Identifier: MIT
// The steps of a round, as commands of this program.
#include "app/learn/feedback.h"
#include "app/learn/run.h"
#include "nn/io/io.h"

#include <glib/gstdio.h>
#include <limits.h>
#include <string.h>

char *learn_model_of(const app_learn *l, int round)
{
    return round > 0 ? g_strdup_printf("%s/rounds/%04d.safetensors", l->o.dir, round)
                     : g_strdup(l->o.model);
}

enum { BATCH = 8, EPOCH_SIZE = 480 };
#define KEEP "0.5"          // boxes with a lower score are ignored
#define START "street-nano" // model that the first round starts from, where it is installed
#define START_RATE "6e-4"   // a third of the learning rate for random weights
#define NETWORK "alpha=0.25,beta=0.5,neck=32" // options of the network without that model

// Appends a copy of a word to a command line.
static void add(GPtrArray *words, const char *word)
{
    g_ptr_array_add(words, g_strdup(word));
}

static void add_option(GPtrArray *words, const char *option, const char *value)
{
    if (!value)
        return;
    add(words, option);
    add(words, value);
}

static void add_path(GPtrArray *words, const char *option, const app_learn *l, const char *name)
{
    g_autofree char *path = g_build_filename(l->o.dir, name, NULL);
    add_option(words, option, path);
}

static void add_number(GPtrArray *words, const char *option, int value)
{
    g_autofree char *text = g_strdup_printf("%d", value);
    add_option(words, option, text);
}

static nn_status run(app_learn *l, GPtrArray *words, nn_error *err)
{
    g_autofree char *log = g_build_filename(l->o.dir, "learn.log", NULL);
    g_ptr_array_add(words, NULL);
    return learn_child_run(&l->child, (const char *const *)words->pdata, log, err);
}

static nn_status load_classes(const app_learn *l, nn_names *names, nn_error *err)
{
    g_autofree char *path = g_build_filename(l->o.dir, "labelled", "classes.txt", NULL);
    return nn_names_load(names, path, err);
}

nn_status learn_label(app_learn *l, nn_error *err)
{
    g_autofree char *stream = g_build_filename(l->o.dir, "stream", NULL);
    g_autoptr(GPtrArray) words = g_ptr_array_new_with_free_func(g_free);
    add(words, "label");
    add(words, stream);
    add_option(words, "--teacher", l->o.teacher);
    add_option(words, "--head", strcmp(l->o.teacher, l->o.model) == 0 ? l->o.head : NULL);
    add_option(words, "--names", strcmp(l->o.teacher, l->o.model) == 0 ? l->o.labels_file : NULL);
    add_option(words, "--classes", l->o.classes);
    add_path(words, "--out", l, "labelled");
    add(words, "--force");
    add_option(words, "--threshold", KEEP);
    add_number(words, "--threads", 1);
    return run(l, words, err);
}

// Weighs the user's pictures three times as much as others, but at most half as much as all others
// together.
static void add_feedback(app_learn *l, GPtrArray *words, const nn_names *classes)
{
    const int count = learn_feedback_prepare(l->o.dir, classes);
    if (count == 0)
        return;
    add_path(words, "--data", l, "feedback");
    add_option(words, "--label-dir", LEARN_FEEDBACK_LABELS);
    add_option(words, "--ignore-below", KEEP);
    add_number(words, "--share", MAX(MIN(3 * count, l->counts.train / 2), 1));
}

// Continues from the best model so far; the first round from START, where it is installed.
static void add_start(const app_learn *l, GPtrArray *words)
{
    char path[PATH_MAX];
    g_autofree char *best = l->state.best > 0 ? learn_model_of(l, l->state.best) : NULL;
    if (!best && nn_model_find(START, path, sizeof path, NULL) != NN_OK) {
        add_option(words, "--options", NETWORK);
        return;
    }
    add_option(words, "--init", best ? best : START);
    add_option(words, "--lr", START_RATE);
}

static void add_files(app_learn *l, GPtrArray *words)
{
    g_autofree char *out = learn_model_of(l, l->state.round);
    g_autofree char *work = g_strdup_printf("%s.work", out);
    g_autofree char *size = g_strdup_printf("%dx%d", l->state.width, l->state.height);
    add_option(words, "--size", size);
    add_option(words, "--out", out);
    add_option(words, "--work", work);
    add(words, "--resume"); // in a new folder --resume starts from the beginning
    add(words, "--force");
}

nn_status learn_train(app_learn *l, nn_error *err)
{
    nn_names classes = {0};
    nn_status status = load_classes(l, &classes, err);
    if (status != NN_OK)
        return status;
    g_autoptr(GPtrArray) words = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GString) names = g_string_new(NULL);
    for (int i = 0; i < classes.count; i++)
        g_string_append_printf(names, "%s%s", i ? "," : "", classes.name[i]);
    add(words, "train");
    add_path(words, "--data", l, "labelled");
    add_option(words, "--match", "*-t.jpg");
    add_option(words, "--val-match", "*-v.jpg");
    add_option(words, "--ignore-below", KEEP);
    add_number(words, "--share", MAX(l->counts.train, 1));
    add_feedback(l, words, &classes);
    add_option(words, "--names", names->str);
    add_option(words, "--classes", names->str);
    add_start(l, words);
    add_number(words, "--epochs", l->o.epochs);
    add_number(words, "--epoch-size", MIN(MAX(l->counts.train, BATCH), EPOCH_SIZE));
    add_number(words, "--batch", BATCH);
    add_number(words, "--threads", 1);
    add_number(words, "--cache-mb", 256);
    add_files(l, words);
    nn_names_release(&classes);
    return run(l, words, err);
}

static char *scores_path(const app_learn *l, int round)
{
    return g_strdup_printf("%s/rounds/%04d.score%d.json", l->o.dir, l->state.round, round);
}

static nn_status evaluate(app_learn *l, const char *match, int round, nn_error *err)
{
    g_autofree char *model = learn_model_of(l, round);
    g_autofree char *path = scores_path(l, round);
    g_autoptr(GPtrArray) words = g_ptr_array_new_with_free_func(g_free);
    add(words, "eval");
    add(words, model);
    add_option(words, "--head", round == 0 ? l->o.head : NULL);
    add_option(words, "--model-names", round == 0 ? l->o.labels_file : NULL);
    add_path(words, "--data", l, "labelled");
    add_option(words, "--match", match);
    add_option(words, "--ignore-below", KEEP);
    add_option(words, "--json", path);
    add_number(words, "--threads", 1);
    return run(l, words, err);
}

nn_status learn_compare(app_learn *l, const char *match, const int *rounds, int count,
                        learn_score *scores, nn_error *err)
{
    nn_names classes = {0};
    double objects[NN_CLASS_MAX] = {0};
    nn_status status = load_classes(l, &classes, err);
    for (int i = 0; i < count && status == NN_OK; i++)
        status = evaluate(l, match, rounds[i], err);
    // The second pass counts classes that one of the models lacks.
    for (int twice = 0; twice < 2; twice++)
        for (int i = 0; i < count && status == NN_OK; i++) {
            g_autofree char *path = scores_path(l, rounds[i]);
            status = learn_score_read(&scores[i], path, &classes, objects, err);
        }
    nn_names_release(&classes);
    return status;
}
