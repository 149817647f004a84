// SPDX-License-Identifier: MIT
// Chooses the work folder of a training, and decides about an earlier training in it.
#include "app/train/train_files.h"

#include "app/cli/claim.h"
#include "app/cli/files.h"
#include "app/cli/folder.h"
#include "app/cli/output.h"
#include "nn/io/file.h"
#include "nn/io/io.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MODEL "model.txt" // in the work folder: path of the training's model file

// Weight files by which a training is recognised.
static const char *const weights[] = {"last", "previous", "best", "average"};

static char *weights_of(const char *work, const char *name)
{
    return g_strdup_printf("%s/%s.safetensors", work, name);
}

static bool holds_training(const char *work)
{
    bool found = false;
    for (size_t i = 0; i < G_N_ELEMENTS(weights) && !found; i++) {
        g_autofree char *path = weights_of(work, weights[i]);
        found = g_file_test(path, G_FILE_TEST_EXISTS);
    }
    return found;
}

// "a training of 120 steps"; g_free.
static char *describe(const char *work)
{
    g_autofree char *last = weights_of(work, "last");
    nn_bundle b;
    if (nn_bundle_load(&b, last, NULL) != NN_OK)
        return g_strdup("a training");
    const char *step = nn_bundle_meta(&b, "step");
    char *text = step ? g_strdup_printf("a training of %lld steps", strtoll(step, NULL, 10))
                      : g_strdup("a training");
    nn_bundle_release(&b);
    return text;
}

// OUT.work, OUT.work-2, ... (g_free).
static char *numbered(const char *work, int number)
{
    return number > 1 ? g_strdup_printf("%s-%d", work, number) : g_strdup(work);
}

// Chooses the default work folder. With --resume: the latest that holds a training. With --force:
// the first. Otherwise: the first without a training.
static void choose_usual(app_train_options *o)
{
    int free_one = 1;
    if (o->force && !o->resume)
        return;
    for (g_autofree char *next = numbered(o->work, 1); holds_training(next);) {
        g_free(next);
        next = numbered(o->work, ++free_one);
    }
    if (free_one == 1)
        return;
    g_autofree char *latest = numbered(o->work, free_one - 1);
    char *chosen = o->resume ? g_strdup(latest) : numbered(o->work, free_one);
    g_autofree char *what = describe(latest);
    if (!o->resume)
        fprintf(stderr, "note: %s holds %s, which --resume goes on with; this one goes to %s\n",
                latest, what, chosen);
    else if (free_one > 2)
        fprintf(stderr, "note: going on in %s, the latest of %d trainings\n", chosen, free_one - 1);
    g_free(o->work);
    o->work = chosen;
}

static nn_status check_named(const app_train_options *o, nn_error *err)
{
    if (o->resume || o->force || !holds_training(o->work))
        return NN_OK;
    g_autofree char *what = describe(o->work);
    return nn_fail(err, NN_EINVAL,
                   "--work %s holds %s: --resume goes on with it, another --work begins beside it, "
                   "--force replaces it",
                   o->work, what);
}

// Removes unfinished files of a killed run and, for a new start, an earlier training.
static void clean(const app_train_options *o)
{
    GDir *dir = g_dir_open(o->work, 0, NULL);
    for (const char *name; dir && (name = g_dir_read_name(dir));) {
        g_autofree char *path = g_build_filename(o->work, name, NULL);
        if (nn_file_is_temporary(name))
            unlink(path);
    }
    if (dir)
        g_dir_close(dir);
    g_autofree char *next = weights_of(o->work, "next"); // unfinished successor of "last"
    unlink(next);
    for (size_t i = 0; !o->resume && i < G_N_ELEMENTS(weights); i++) {
        g_autofree char *path = weights_of(o->work, weights[i]);
        unlink(path);
    }
    g_autofree char *model = g_build_filename(o->work, MODEL, NULL);
    if (!o->resume)
        unlink(model);
}

// Whether the training that is resumed wrote the model file.
static bool is_own_model(const app_train_options *o)
{
    g_autofree char *path = g_build_filename(o->work, MODEL, NULL), *then = NULL;
    g_autofree char *now = g_canonicalize_filename(o->out, NULL);
    return g_file_get_contents(path, &then, NULL, NULL) && strcmp(g_strchomp(then), now) == 0;
}

// Opens the files of the first process, the only one that writes.
static nn_status open_first(app_train *t, nn_error *err)
{
    const app_train_options *o = &t->o;
    const nn_status status = app_folder_take("--work", o->work, err);
    if (status != NN_OK)
        return status;
    clean(o);
    g_autofree char *best = weights_of(o->work, "best");
    return app_output_check(best, err);
}

nn_status app_train_open_files(app_train *t, nn_error *err)
{
    char path[PATH_MAX];
    app_files files = {0};
    app_train_options *o = &t->o;
    nn_status status = o->init ? nn_model_find(o->init, path, sizeof path, err) : NN_OK;
    if (status != NN_OK)
        return nn_fail_prefix(err, status, "--init");
    app_data_options_files(&o->sources, &files);
    app_files_read(&files, "--init", o->init ? path : NULL);
    app_files_write(&files, "--out", o->out);
    app_files_write(&files, "--work", o->work);
    status = app_files_check(&files, err);
    if (status == NN_OK && nn_save_format_of(&t->format, o->out, err) != NN_OK)
        status = nn_fail_prefix(err, NN_EINVAL, "--out");
    if (status == NN_OK && !o->usual_work)
        status = check_named(o, err);
    const bool ours = o->resume && (o->usual_work || is_own_model(o));
    if (status == NN_OK && nn_ranks_index(t->ranks) == 0)
        status = app_claim("--out", o->out, o->force || ours, err);
    if (status == NN_OK && o->usual_work)
        choose_usual(o);
    if (status != NN_OK)
        return status;
    return nn_ranks_index(t->ranks) == 0 ? open_first(t, err)
                                         : app_folder_make("--work", o->work, err);
}

static nn_status app_train_write(const app_train *t, const nn_model *m, const char *path,
                                 nn_error *err)
{
    // Our own format holds weights as float16; other programs expect float32, and so do layers
    // between those of 8 bits.
    const nn_save_options options = {.half = t->format->tensors == nn_bundle_save && !t->o.quantize,
                                     .batch = 1};
    return t->format->save(m, path, &options, err);
}

nn_status app_train_finish_files(const app_train *t, const nn_model *m, nn_error *err)
{
    g_autofree char *path = g_build_filename(t->o.work, MODEL, NULL);
    g_autofree char *text = g_canonicalize_filename(t->o.out, NULL);
    const nn_status status = app_train_write(t, m, t->o.out, err);
    const nn_file_part parts[] = {{text, strlen(text)}, {"\n", 1}};
    return status == NN_OK ? nn_file_write(path, parts, 2, err) : status;
}

nn_status app_train_try_format(const app_train *t, nn_error *err)
{
    if (t->format->tensors || nn_ranks_index(t->ranks) > 0)
        return NN_OK; // a tensor file holds any network
    g_autofree char *path = g_build_filename(t->o.work, "format.tmp", NULL);
    nn_error why = {0};
    const nn_status status = app_train_write(t, t->model, path, &why);
    const char *text = why.text;
    unlink(path);
    if (g_str_has_prefix(text, path) && strncmp(text + strlen(path), ": ", 2) == 0)
        text += strlen(path) + 2;
    return status == NN_OK ? status : nn_fail(err, status, "--out %s: %s", t->o.out, text);
}
