// SPDX-License-Identifier: MIT
// Trains a specialist through the options of `neroscale train`.
#include "app/adapt/stages.h"

#include "app/train/train_run.h"
#include "nn/io/io.h"

#include <limits.h>
#include <math.h>
#include <string.h>

enum { GRID = 32, WARM_STEPS = 2, TIMED_STEPS = 6 };
// Pictures shown in training. VIEWS: to random weights. START_VIEWS: to a network that knows people
// and cars; OBJECT_VIEWS for each object when there are many, up to MOST_START_VIEWS. HEAD_TIMES:
// factor for a new head.
enum { VIEWS = 60000, START_VIEWS = 8000, MOST_START_VIEWS = 16000, OBJECT_VIEWS = 10 };
enum { HEAD_TIMES = 2 };
enum { LEAST_EPOCHS = 5, MOST_EPOCHS = 300, VALIDATIONS = 40 };
#define START_RATE "6e-4" // a third of the learning rate for random weights
// Settings for a new head, which learns at twice the rate of the rest. Mosaic shows it more and
// smaller objects.
#define HEAD_RATE "1e-3"
#define HEAD_SCALE "head.*=2"
#define HEAD_MOSAIC "0.5"

static void add(GPtrArray *list, const char *a, const char *b)
{
    g_ptr_array_add(list, g_strdup(a));
    if (b)
        g_ptr_array_add(list, g_strdup(b));
}

static void add_text(GPtrArray *list, const char *option, const char *format, ...)
    G_GNUC_PRINTF(3, 4);

static void add_text(GPtrArray *list, const char *option, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_ptr_array_add(list, g_strdup(option));
    g_ptr_array_add(list, g_strdup_vprintf(format, args));
    va_end(args);
}

// The command line that a user would type for this training.
static GPtrArray *make_command(const adapt_work *w, const char *folder, int epochs)
{
    GPtrArray *c = g_ptr_array_new_with_free_func(g_free);
    const label_options *l = &w->label;
    g_auto(GStrv) names = g_new0(char *, w->labels.classes.count + 1);
    for (int i = 0; i < w->labels.classes.count; i++)
        names[i] = g_strdup(w->labels.classes.name[i]);
    g_autofree char *work = g_build_filename(w->o->work, folder, NULL);
    g_autofree char *classes = g_strjoinv(",", names);
    add(c, "train", NULL);
    add(c, "--data", w->folder);
    add(c, "--val-match", "check-*");
    add(c, "--classes", classes); // not every class of the model to start from
    add_text(c, "--ignore-below", "%g", l->link.keep);
    if (*w->plan.init) {
        add(c, "--init", w->plan.init);
        add(c, "--lr", *w->plan.network ? HEAD_RATE : START_RATE);
    }
    if (*w->plan.init && *w->plan.network) {
        add(c, "--head", "fcos");
        add(c, "--lr-scale", HEAD_SCALE);
        add(c, "--mosaic", HEAD_MOSAIC);
    }
    if (*w->plan.network)
        add(c, "--options", w->plan.network);
    add_text(c, "--size", "%dx%d", w->plan.width, w->plan.height);
    add_text(c, "--epochs", "%d", epochs);
    add_text(c, "--val-every", "%d", MAX(epochs / VALIDATIONS, 1));
    // Simulates people further away, occlusion and other light.
    add(c, "--scales", "0.5:1.3");
    add(c, "--paste", "0.3");
    add_text(c, "--threads", "%d", l->teachers.threads);
    add(c, "--work", work);
    add(c, "--out", w->model);
    add(c, "--force", NULL);   // all these files belong to this run
    add(c, "--partial", NULL); // a large part of a small network is its new head
    if (epochs > 1 && g_file_test(work, G_FILE_TEST_IS_DIR))
        add(c, "--resume", NULL);
    return c;
}

// Parses a copy of the words, because GLib reorders them.
static nn_status parse(app_train *t, const GPtrArray *command, nn_error *err)
{
    char **argv = g_new0(char *, command->len + 1), **kept = g_new0(char *, command->len + 1);
    for (guint i = 0; i < command->len; i++)
        argv[i] = kept[i] = g_strdup(command->pdata[i]);
    const bool ok = app_train_options_parse(&t->o, (int)command->len, argv, err);
    g_strfreev(kept);
    g_free(argv);
    return ok ? NN_OK : err->status;
}

static int count_objects(const nn_dataset *d)
{
    int n = 0;
    for (int i = 0; i < d->count; i++)
        for (int k = 0; k < d->samples[i].truth_count; k++)
            n += !d->samples[i].truths[k].ignore;
    return n;
}

// Runs a few steps to measure the training speed on this machine.
static nn_status measure_speed(adapt_work *w, nn_error *err)
{
    app_train t = {0};
    GPtrArray *command = make_command(w, "speed", 1);
    nn_trainer_report r;
    double began = 0;
    nn_status status = parse(&t, command, err);
    if (status == NN_OK)
        status = app_train_prepare(&t, err);
    for (int i = 0; i < WARM_STEPS + TIMED_STEPS && status == NN_OK && !*w->stop; i++) {
        if (i == WARM_STEPS)
            began = app_now();
        status = nn_trainer_step(t.trainer, &r, err);
    }
    if (status == NN_OK && !*w->stop) {
        w->plan.images_per_second = t.o.trainer.batch * TIMED_STEPS / (app_now() - began);
        w->plan.pictures = t.train.count;
        w->plan.objects = count_objects(&t.train);
    }
    app_train_release(&t);
    g_ptr_array_unref(command);
    return status;
}

// The settings that the plan and all later stages depend on.
static char *settings_of(const adapt_work *w)
{
    const adapt_options *o = w->o;
    const label_options *l = &w->label;
    return g_strdup_printf(
        "%s | %s | %s | %s | keep %g ignore %g every %d range %d-%d | pictures %d "
        "held %g check %g | %s %s %dx%d epochs %d budget %g",
        l->input, l->teachers.models, l->teachers.classes ? l->teachers.classes : "",
        l->teachers.map ? l->teachers.map : "", l->link.keep, l->link.ignore, l->every, l->first,
        l->last, o->frames, o->held, o->check, o->init ? o->init : "", o->network ? o->network : "",
        o->width, o->height, o->epochs, o->budget);
}

// Loads the plan of the first run, which a continued run keeps; *there is false when there is none.
static nn_status load_plan(adapt_work *w, const char *path, bool *there, nn_error *err)
{
    g_autoptr(GKeyFile) file = g_key_file_new();
    *there = g_key_file_load_from_file(file, path, G_KEY_FILE_NONE, NULL);
    if (!*there)
        return NN_OK;
    adapt_plan p = {.width = g_key_file_get_integer(file, "plan", "width", NULL),
                    .height = g_key_file_get_integer(file, "plan", "height", NULL),
                    .epochs = g_key_file_get_integer(file, "plan", "epochs", NULL),
                    .pictures = g_key_file_get_integer(file, "plan", "pictures", NULL),
                    .images_per_second =
                        g_key_file_get_double(file, "plan", "images_per_second", NULL)};
    g_autofree char *network = g_key_file_get_string(file, "plan", "network", NULL);
    g_autofree char *init = g_key_file_get_string(file, "plan", "init", NULL);
    g_autofree char *made = g_key_file_get_string(file, "plan", "settings", NULL);
    g_autofree char *now = settings_of(w);
    if (g_strcmp0(made, now) != 0)
        return nn_fail(err, NN_EINVAL,
                       "%s: made with other settings; take another --work, or remove that", path);
    if (p.width < GRID || p.width > 8192 || p.width % GRID || p.height < GRID || p.height > 8192 ||
        p.height % GRID || p.epochs < 1 || p.epochs > 100000 || p.pictures < 1 ||
        !(p.images_per_second > 0) || !network ||
        g_strlcpy(p.network, network, sizeof p.network) >= sizeof p.network || !init ||
        g_strlcpy(p.init, init, sizeof p.init) >= sizeof p.init)
        return nn_fail(err, NN_EFORMAT, "%s: damaged; remove it", path);
    w->plan = p;
    return NN_OK;
}

static nn_status save_plan(const adapt_work *w, const char *path, nn_error *err)
{
    g_autoptr(GKeyFile) file = g_key_file_new();
    g_autofree char *settings = settings_of(w);
    GError *error = NULL;
    g_key_file_set_string(file, "plan", "settings", settings);
    g_key_file_set_string(file, "plan", "init", w->plan.init);
    g_key_file_set_string(file, "plan", "network", w->plan.network);
    g_key_file_set_integer(file, "plan", "width", w->plan.width);
    g_key_file_set_integer(file, "plan", "height", w->plan.height);
    g_key_file_set_integer(file, "plan", "epochs", w->plan.epochs);
    g_key_file_set_integer(file, "plan", "pictures", w->plan.pictures);
    g_key_file_set_double(file, "plan", "images_per_second", w->plan.images_per_second);
    if (g_key_file_save_to_file(file, path, &error))
        return NN_OK;
    nn_fail(err, NN_EIO, "%s: cannot write: %s", path, error->message);
    g_clear_error(&error);
    return NN_EIO;
}

// Chooses the model to start from: the one the user names, otherwise the installed one. With
// --options alone the network starts from random weights.
static nn_status choose_start(adapt_work *w, nn_error *err)
{
    const adapt_options *o = w->o;
    const char *init = o->init ? o->init : LABEL_START;
    char path[PATH_MAX];
    nn_error why = {0};
    if (strcmp(init, ADAPT_FRESH) == 0 || (!o->init && o->network))
        return NN_OK;
    const nn_status status = nn_model_find(init, path, sizeof path, &why);
    if (status != NN_OK)
        return o->init ? nn_fail(err, status, "--init: %s", why.text) : NN_OK;
    if (g_strlcpy(w->plan.init, init, sizeof w->plan.init) >= sizeof w->plan.init)
        return nn_fail(err, NN_EINVAL, "--init %s: too long", init);
    return NN_OK;
}

static nn_status make_plan(adapt_work *w, nn_error *err)
{
    const adapt_options *o = w->o;
    const nn_status chosen = choose_start(w, err);
    if (chosen != NN_OK)
        return chosen;
    w->plan.width = o->width;
    w->plan.height = o->height;
    adapt_choose_network(&w->labels, &w->plan);
    if (o->network &&
        g_strlcpy(w->plan.network, o->network, sizeof w->plan.network) >= sizeof w->plan.network)
        return nn_fail(err, NN_EINVAL, "--options %s: too long", o->network);
    const nn_status status = measure_speed(w, err);
    if (status != NN_OK || *w->stop)
        return status;
    const int objects = MIN(w->plan.objects, MOST_START_VIEWS / OBJECT_VIEWS);
    const int times = *w->plan.network ? HEAD_TIMES : 1;
    const int enough = *w->plan.init ? times * MAX(OBJECT_VIEWS * objects, START_VIEWS) : VIEWS;
    const double views = fmin(enough, o->budget * w->plan.images_per_second);
    const int epochs = (int)(views / w->plan.pictures);
    w->plan.epochs = o->epochs > 0 ? o->epochs : CLAMP(epochs, LEAST_EPOCHS, MOST_EPOCHS);
    return NN_OK;
}

static void say_plan(const adapt_work *w)
{
    char text[32];
    fprintf(
        stderr, "%s for %dx%d learns %d epochs of %d pictures, %.0f a second: about %s\n",
        *w->plan.init ? w->plan.init : "a network from nothing", w->plan.width, w->plan.height,
        w->plan.epochs, w->plan.pictures, w->plan.images_per_second,
        app_format_seconds((double)w->plan.epochs * w->plan.pictures / w->plan.images_per_second,
                           text, sizeof text));
}

static nn_status train(adapt_work *w, nn_error *err)
{
    app_train t = {0};
    GPtrArray *command = make_command(w, "train", w->plan.epochs);
    nn_status status = parse(&t, command, err);
    if (status == NN_OK)
        status = app_train_prepare(&t, err);
    if (status == NN_OK)
        status = app_train_run(&t, w->stop, err);
    if (status == NN_OK && !*w->stop)
        status = app_train_finish(&t, err);
    app_train_release(&t);
    g_ptr_array_unref(command);
    return status;
}

nn_status adapt_train(adapt_work *w, nn_error *err)
{
    g_autofree char *path = g_build_filename(w->o->work, "plan.ini", NULL);
    bool there;
    nn_status status = load_plan(w, path, &there, err);
    if (status == NN_OK && there && g_file_test(w->model, G_FILE_TEST_EXISTS)) {
        fprintf(stderr, "%s was trained before\n", w->model);
        return NN_OK;
    }
    if (status == NN_OK && !there)
        status = make_plan(w, err);
    if (status == NN_OK && !there && !*w->stop)
        status = save_plan(w, path, err);
    if (status != NN_OK || *w->stop)
        return status;
    say_plan(w);
    return train(w, err);
}
