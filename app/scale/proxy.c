// SPDX-License-Identifier: MIT
// Short trainings of candidates, through the options of `neroscale train`.
#include "app/cli/shell_word.h"
#include "app/scale/scale.h"
#include "app/train/train_files.h"
#include "app/train/train_run.h"
#include "app/train/train_words.h"

#include <math.h>
#include <string.h>

char *scale_name(const scale_candidate *c)
{
    char alpha[G_ASCII_DTOSTR_BUF_SIZE], beta[G_ASCII_DTOSTR_BUF_SIZE];
    g_ascii_formatd(alpha, sizeof alpha, "%g", c->alpha);
    g_ascii_formatd(beta, sizeof beta, "%g", c->beta);
    return g_strdup_printf("a%s%s%s-%dx%d", alpha, c->beta > 0 ? "-b" : "", c->beta > 0 ? beta : "",
                           c->width, c->height);
}

char *scale_model_file(const scale_options *o, const scale_candidate *c)
{
    g_autofree char *name = scale_name(c);
    return g_strdup_printf("%s/%s.safetensors", o->work, name);
}

static void add(GPtrArray *list, const char *option, const char *value)
{
    if (!value)
        return;
    g_ptr_array_add(list, g_strdup(option));
    g_ptr_array_add(list, g_strdup(value));
}

static void add_number(GPtrArray *list, const char *option, double value)
{
    char text[G_ASCII_DTOSTR_BUF_SIZE];
    add(list, option, g_ascii_formatd(text, sizeof text, "%.9g", value));
}

// Options of train that the search or its own options give.
static const char *const searched[] = {"task",      "network",   "options", "size",  "epochs",
                                       "val-every", "val-split", "out",     "force", "work",
                                       "threads",   "resume",    "init",    NULL};

// What all trainings share and the network of one; `c` NULL: the network as it is.
static nn_status add_words(GPtrArray *w, const scale_options *o, const scale_candidate *c,
                           nn_error *err)
{
    g_auto(GStrv) more = NULL;
    g_autofree char *options = c ? scale_options_of(o->options, c) : g_strdup(o->options);
    add(w, "--task", o->task);
    add(w, "--data", o->data);
    add(w, "--val-data", o->val_data);
    if (!o->val_data)
        add_number(w, "--val-split", o->val_split);
    add(w, "--network", o->network);
    add(w, "--options", options);
    const int width = c ? c->width : o->width, height = c ? c->height : o->height;
    g_autofree char *size = width > 0 ? g_strdup_printf("%dx%d", width, height) : NULL;
    add(w, "--size", size);
    const nn_status status = app_train_words(
        &more, o->words, searched, "scale, which chooses it (see --help for its own options)", err);
    for (int i = 0; more && more[i]; i++)
        g_ptr_array_add(w, g_strdup(more[i]));
    return status;
}

char *scale_command(const scale_options *o, const scale_candidate *c, const char *out)
{
    g_autoptr(GPtrArray) w = g_ptr_array_new_with_free_func(g_free);
    GString *text = g_string_new("neroscale train");
    add_words(w, o, c, NULL);
    add(w, "--out", out);
    for (guint i = 0; i < w->len; i++) {
        g_autofree char *word = app_shell_word(w->pdata[i]);
        g_string_append_printf(text, " %s", word);
    }
    return g_string_free(text, FALSE);
}

static nn_status parse(app_train *t, GPtrArray *w, nn_error *err)
{
    g_autofree char **argv = g_new0(char *, w->len + 1); // GLib reorders them
    memcpy(argv, w->pdata, w->len * sizeof *argv);
    return app_train_options_parse(&t->o, (int)w->len, argv, err) ? NN_OK : err->status;
}

const char *scale_metric(const nn_card *card)
{
    return card->sigmoid ? "map" : nn_evaluator_of(card)->scores[0].key;
}

// What the zoo builds a network of. Costs do not depend on labels, which end with the model.
static void take_design(nn_card *to, const nn_card *from)
{
    *to = (nn_card){.input_w = from->input_w, .input_h = from->input_h, .sigmoid = from->sigmoid};
    g_strlcpy(to->network, from->network, sizeof to->network);
    g_strlcpy(to->options, from->options, sizeof to->options);
    g_strlcpy(to->task, from->task, sizeof to->task);
    g_strlcpy(to->head, from->head, sizeof to->head);
}

nn_status scale_base(nn_card *card, const scale_options *o, nn_error *err)
{
    g_autoptr(GPtrArray) w = g_ptr_array_new_with_free_func(g_free);
    app_train t = {0};
    g_ptr_array_add(w, g_strdup("train"));
    nn_status status = add_words(w, o, NULL, err);
    add(w, "--out", "unused.safetensors");
    if (status == NN_OK)
        status = parse(&t, w, err);
    if (status == NN_OK)
        status = app_data_options_unpack(&t.o.sources, err);
    if (status == NN_OK)
        status = app_train_build(&t, err);
    if (status == NN_OK)
        take_design(card, &t.model->card);
    app_train_release(&t);
    return status;
}

static nn_status prepare(app_train *t, const scale_candidate *c, const scale_options *o, int round,
                         nn_error *err)
{
    g_autoptr(GPtrArray) w = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *name = scale_name(c), *folder = g_build_filename(o->work, name, NULL);
    g_autofree char *model = scale_model_file(o, c);
    g_ptr_array_add(w, g_strdup("train"));
    nn_status status = add_words(w, o, c, err);
    add_number(w, "--epochs", o->epochs << round);
    add_number(w, "--val-every", o->epochs); // at the end of each round, which compares candidates
    add_number(w, "--threads", o->threads);
    add(w, "--work", folder);
    add(w, "--out", model);
    g_ptr_array_add(w, g_strdup("--force")); // all these files belong to this search
    if (g_file_test(folder, G_FILE_TEST_IS_DIR))
        g_ptr_array_add(w, g_strdup("--resume"));
    if (status == NN_OK)
        status = parse(t, w, err);
    if (status == NN_OK)
        status = app_train_prepare(t, err);
    if (status == NN_OK && t->val.count == 0)
        status = nn_fail(err, NN_EINVAL,
                         "no pictures are held back to score networks (--val-split, --val-data)");
    return status;
}

static nn_status finish(app_train *t, scale_candidate *c, int round, nn_error *err)
{
    nn_model *m = NULL;
    nn_score score;
    bool scored = false;
    nn_status status = nn_training_finish(t->run, &m, &score, &scored, err);
    if (status == NN_OK)
        status = app_train_record(t, &m->card, &score, err);
    if (status == NN_OK)
        status = app_train_finish_files(t, m, err);
    if (status == NN_OK) {
        const double value = nn_score_get(t->task->evaluator, &score, scale_metric(&m->card));
        c->score[round] = isfinite(value) ? value : 0;
        c->pictures = score.pictures;
        c->rounds = round + 1;
    }
    nn_model_free(m);
    return status;
}

nn_status scale_train(scale_candidate *c, const scale_options *o, int round,
                      const volatile sig_atomic_t *stop, nn_error *err)
{
    app_train t = {0};
    nn_status status = prepare(&t, c, o, round, err);
    if (status == NN_OK)
        status = app_train_run(&t, stop, err);
    if (status == NN_OK && !*stop)
        status = finish(&t, c, round, err);
    app_train_release(&t);
    return status;
}
