// SPDX-License-Identifier: MIT
// Trains the networks of a comparison through the options of `neroscale train`.
#include "app/bench/bench.h"
#include "app/cli/folder.h"
#include "app/cli/progress.h"
#include "app/compare/compare.h"
#include "app/train/train_classes.h"
#include "app/train/train_run.h"
#include "app/train/train_words.h"
#include "nn/io/file.h"

#include <math.h>
#include <string.h>

#define SETTINGS "compare.txt" // in the work folder: options of its trainings
enum { TIMED_STEPS = 2 };      // of a network, before the trainings begin

// The trainings of one call; zeroed at first.
typedef struct course {
    const compare_options *o;
    compare_table *table;
    const volatile sig_atomic_t *stop;
    app_train first; // options and labels of all trainings
    nn_dataset train, val;
    bool have_data;
    double guess[COMPARE_MOST]; // seconds that each training may take; 0: unknown, or done
    double guessed, taken;      // seconds of those that are over: before and after
} course;

static void add(GPtrArray *list, const char *a, const char *b)
{
    g_ptr_array_add(list, g_strdup(a));
    if (b)
        g_ptr_array_add(list, g_strdup(b));
}

static void add_number(GPtrArray *list, const char *option, double v)
{
    g_ptr_array_add(list, g_strdup(option));
    g_ptr_array_add(list, g_strdup_printf("%.9g", v));
}

// Options of train that compare gives.
static const char *const shared[] = {"task",      "network",   "options", "size",  "epochs",
                                     "val-every", "val-split", "out",     "force", "work",
                                     "threads",   "resume",    NULL};

// The part of the command line that all networks share. Nothing is validated before the last epoch,
// so that no epoch is chosen by the pictures that are scored.
static nn_status add_shared(GPtrArray *c, const compare_options *o, nn_error *err)
{
    g_auto(GStrv) words = NULL;
    add(c, "--task", o->task);
    add(c, "--data", o->data);
    if (o->val_data)
        add(c, "--val-data", o->val_data);
    else
        add_number(c, "--val-split", o->val_split);
    if (o->width > 0)
        g_ptr_array_add(c, g_strdup_printf("--size=%dx%d", o->width, o->height));
    if (o->options)
        add(c, "--options", o->options);
    add_number(c, "--epochs", o->epochs);
    add_number(c, "--val-every", o->epochs);
    const nn_status status = app_train_words(
        &words, o->words, shared, "compare, which sets it (see --help for its own options)", err);
    for (int i = 0; words && words[i]; i++)
        add(c, words[i], NULL);
    return status;
}

static char *model_of(const compare_options *o, const compare_network *n)
{
    return g_strdup_printf("%s/%s.safetensors", o->work, n->name);
}

// The command line that a user would type for this training.
static nn_status make_command(GPtrArray *c, const compare_options *o, const compare_network *n,
                              nn_error *err)
{
    g_autofree char *folder = g_build_filename(o->work, n->name, NULL), *model = model_of(o, n);
    add(c, "train", NULL);
    const nn_status status = add_shared(c, o, err);
    add(c, "--network", n->name);
    add_number(c, "--threads", o->threads);
    add(c, "--work", folder);
    add(c, "--out", model);
    add(c, "--force", NULL); // all these files belong to this comparison
    if (g_file_test(folder, G_FILE_TEST_IS_DIR))
        add(c, "--resume", NULL);
    return status;
}

// Parses a copy of the words, because GLib reorders them.
static nn_status parse(app_train *t, const compare_options *o, const compare_network *n,
                       nn_error *err)
{
    GPtrArray *c = g_ptr_array_new_with_free_func(g_free);
    nn_status status = make_command(c, o, n, err);
    if (status == NN_OK) {
        char **argv = g_new0(char *, c->len + 1);
        memcpy(argv, c->pdata, c->len * sizeof *argv);
        if (!app_train_options_parse(&t->o, (int)c->len, argv, err))
            status = nn_fail_prefix(err, err->status, "training of %s", n->name);
        g_free(argv);
    }
    g_ptr_array_unref(c);
    return status;
}

// Refuses a folder with trainings of other options, whose models would not be comparable.
static nn_status check_settings(const compare_options *o, nn_error *err)
{
    GPtrArray *c = g_ptr_array_new_with_free_func(g_free);
    nn_status status = add_shared(c, o, err);
    g_ptr_array_add(c, NULL);
    g_autofree char *now = g_strjoinv(" ", (char **)c->pdata), *then = NULL;
    g_autofree char *path = g_build_filename(o->work, SETTINGS, NULL);
    if (status == NN_OK && g_file_get_contents(path, &then, NULL, NULL)) {
        if (strcmp(g_strchomp(then), now) != 0)
            status = nn_fail(err, NN_EINVAL,
                             "%s: its trainings were begun with %s, not with %s; take another "
                             "--work, or remove that",
                             o->work, then, now);
    } else if (status == NN_OK) {
        const nn_file_part parts[] = {{now, strlen(now)}, {"\n", 1}};
        status = app_folder_make("--work", o->work, err);
        if (status == NN_OK)
            status = nn_file_write(path, parts, 2, err);
    }
    g_ptr_array_unref(c);
    return status;
}

static void print_note(void *ctx, const char *line)
{
    (void)ctx;
    app_progress_note(line);
}

// Reads the data as the trainings do, for the number of pictures and those held back.
static nn_status load(course *c, nn_error *err)
{
    enum { CACHE_BYTES = 256 << 20 };
    app_train *t = &c->first;
    app_data_options *sources = &t->o.sources;
    nn_class_map map;
    const nn_notes notes = {print_note, NULL};
    nn_status status = app_data_options_unpack(sources, err);
    if (status == NN_OK)
        status = app_train_choose_labels(t, err);
    if (status == NN_OK)
        status = app_data_options_know(sources, &t->labels, err);
    if (status == NN_OK)
        status = app_data_options_map(sources, app_data_options_first_folder(sources), &t->labels,
                                      NULL, NULL, &map, &t->source_names, err);
    if (status == NN_OK)
        status = nn_dataset_init(&c->train, CACHE_BYTES, notes, err);
    if (status != NN_OK)
        return status;
    status = nn_dataset_init(&c->val, CACHE_BYTES, notes, err);
    c->have_data = status == NN_OK;
    if (status != NN_OK)
        nn_dataset_release(&c->train);
    if (status == NN_OK)
        status = app_data_options_load(sources, &map, &t->source_names, &c->train, &c->val, err);
    if (status == NN_OK && c->val.count == 0)
        status = nn_fail(err, NN_EINVAL,
                         "no pictures are held back to score the networks on "
                         "(--val-split, --val-data)");
    return status;
}

static bool is_done(const compare_options *o, const compare_network *n)
{
    g_autofree char *model = model_of(o, n);
    return g_file_test(model, G_FILE_TEST_EXISTS);
}

// Times a few steps of each training. SGD stands in for what the optimiser costs.
static nn_status guess(course *c, nn_error *err)
{
    const compare_options *o = c->o;
    const nn_trainer_options *trainer = &c->first.o.trainer;
    app_bench_options how = {.runs = TIMED_STEPS, .batch = trainer->batch};
    const double steps = ceil((double)c->train.count / trainer->batch) * (double)o->epochs *
                         fmax(trainer->accumulate, 1);
    g_autofree char *options = g_strdup_printf("%s%sclasses=%d", o->options ? o->options : "",
                                               o->options ? "," : "", c->first.labels.count);
    if (strcmp(c->first.o.task, "classify") != 0)
        return NN_OK; // only classifiers have steps that can be timed without data
    how.options = options;
    how.width = trainer->width;
    how.height = trainer->height;
    how.pool = nn_pool_new(o->threads);
    nn_status status = how.pool ? NN_OK : nn_fail(err, NN_ENOMEM, "cannot start threads");
    for (int i = 0; i < c->table->count && status == NN_OK && !*c->stop; i++) {
        const compare_network *n = &c->table->list[i];
        app_bench_result r = {0};
        char text[32];
        if (n->file || is_done(o, n))
            continue;
        status = app_bench_train(&r, n->name, &how, err);
        if (status != NN_OK) {
            status = nn_fail_prefix(err, status, "%s", n->name);
            break;
        }
        c->guess[i] = 1e-3 * r.min_ms * steps;
        fprintf(stderr, "  %-24s %6.1f pictures a second, %d epochs take about %s\n", n->name,
                1e3 * how.batch / r.min_ms, o->epochs,
                app_format_seconds(c->guess[i], text, sizeof text));
        app_bench_release(&r);
    }
    nn_pool_free(how.pool);
    return status;
}

// Seconds that the trainings from `first` on may take, at the pace of those before.
static double left_from(const course *c, int first)
{
    double sum = 0;
    for (int i = first; i < c->table->count; i++)
        sum += c->guess[i];
    return c->guessed > 0 ? sum * c->taken / c->guessed : sum;
}

static void say_left(const course *c, int i)
{
    char text[32];
    const double left = left_from(c, i);
    fprintf(stderr, "\n%d of %d: %s", i + 1, c->table->count, c->table->list[i].name);
    if (left > 0)
        fprintf(stderr, "; about %s for all that is left",
                app_format_seconds(left, text, sizeof text));
    fputc('\n', stderr);
}

static nn_status train_one(course *c, int i, nn_error *err)
{
    app_train t = {0};
    const compare_network *n = &c->table->list[i];
    const double began = app_now();
    say_left(c, i);
    nn_status status = parse(&t, c->o, n, err);
    if (status == NN_OK)
        status = app_train_prepare(&t, err);
    const bool whole = status == NN_OK && nn_trainer_steps_done(t.trainer) == 0;
    if (status == NN_OK)
        status = app_train_run(&t, c->stop, err);
    if (status == NN_OK && !*c->stop)
        status = app_train_finish(&t, err);
    app_train_release(&t);
    if (whole && c->guess[i] > 0) {
        c->guessed += c->guess[i];
        c->taken += app_now() - began;
    }
    return status == NN_OK ? status : nn_fail_prefix(err, status, "training of %s", n->name);
}

static nn_status train_all(course *c, nn_error *err)
{
    nn_status status = NN_OK;
    char text[32];
    fprintf(
        stderr,
        "%d networks learn the same %d pictures for %d epochs; %d are held back to score them\n",
        c->table->count, c->train.count, c->o->epochs, c->val.count);
    status = guess(c, err);
    if (status == NN_OK && left_from(c, 0) > 0)
        fprintf(stderr, "about %s in all\n",
                app_format_seconds(left_from(c, 0), text, sizeof text));
    for (int i = 0; i < c->table->count && status == NN_OK && !*c->stop; i++) {
        compare_network *n = &c->table->list[i];
        if (!n->file && is_done(c->o, n))
            fprintf(stderr, "%s was trained before\n", n->name);
        else if (!n->file)
            status = train_one(c, i, err);
    }
    return status;
}

// Scores a model on the pictures that are held back; its labels must be those of the data.
static nn_status score(course *c, compare_network *n, nn_error *err)
{
    nn_evaluation e = {0};
    nn_evaluation_options how;
    nn_evaluation_options_init(&how);
    const nn_names *labels = &c->first.labels;
    nn_status status = nn_evaluation_open(&e, NULL, NULL, n->source, &how, err);
    if (status != NN_OK)
        return nn_fail_prefix(err, status, "%s", n->name);
    bool same = e.card->label_count == labels->count;
    for (int i = 0; same && i < labels->count; i++)
        same = strcmp(e.card->labels[i], labels->name[i]) == 0;
    nn_evaluation_close(&e);
    if (!same)
        return nn_fail(err, NN_EINVAL,
                       "%s: its classes are not those of the data, so it cannot be compared with "
                       "networks that learn them",
                       n->name);
    return compare_score_on(n, &c->val, c->o, err);
}

nn_status compare_train(compare_table *t, const compare_options *o,
                        const volatile sig_atomic_t *stop, nn_error *err)
{
    course c = {.o = o, .table = t, .stop = stop};
    int first = 0;
    while (first < t->count && t->list[first].file)
        first++;
    if (first == t->count)
        return nn_fail(err, NN_EINVAL, "--train is for networks by name ('neroscale list')");
    nn_status status = parse(&c.first, o, &t->list[first], err);
    if (status == NN_OK)
        status = load(&c, err);
    if (status == NN_OK)
        status = check_settings(o, err);
    if (status == NN_OK)
        status = train_all(&c, err);
    for (int i = 0; i < t->count && status == NN_OK && !*stop; i++) {
        compare_network *n = &t->list[i];
        if (!n->file) {
            g_free(n->source);
            n->source = model_of(o, n);
            n->file = true;
        }
        status = score(&c, n, err);
    }
    if (c.have_data) {
        nn_dataset_release(&c.train);
        nn_dataset_release(&c.val);
    }
    app_train_release(&c.first);
    return status;
}
