// SPDX-License-Identifier: MIT
// neroscale data: checks a data set: counts, errors, suspicious labels.
#include "app/cli/arguments.h"
#include "app/cli/files.h"
#include "app/cli/json_file.h"
#include "app/cli/option_entries.h"
#include "app/cli/option_table.h"
#include "app/commands/command.h"
#include "app/data/data_figures.h"
#include "app/data/data_options.h"
#include "nn/data/annotation_store.h"
#include "po/translate.h"

#include <stdio.h>
#include <string.h>

enum { CACHE_MB = 512 };

static const char SUMMARY[] = N_(
    "Checks a data set. Prints counts of pictures and classes, and sizes, shapes and positions of "
    "boxes.\n"
    "Then lists what is wrong or suspicious: broken files, boxes outside of pictures, two boxes on "
    "one\n"
    "object, pictures that look alike (between training and validation they make scores too good). "
    "With\n"
    "--model it also lists labels that disagree with a detector: missing boxes, boxes on nothing, "
    "wrong\n"
    "classes.\n"
    "\n"
    "Examples:\n"
    "  neroscale data street\n"
    "  neroscale data street --out street-report --json street.json\n"
    "  neroscale data bccd --list train --val-list test --near 12\n"
    "  neroscale data street --label-dir labels_new --model person --out issues\n"
    "\n"
    "'neroscale help layouts' tells what DATA may be.");

// Options that --help shows; the others are in groups.
static const char *const often[] = {"model", "json",      "out",       "classes",
                                    "near",  "max-lines", "threads",   "names",
                                    "list",  "val-list",  "label-dir", NULL};

typedef struct data_options {
    app_data_options sources;
    char *classes, *json, *out, *model;
    int near, most, threads;
    gboolean force;
    // The state while the data are checked.
    nn_names labels, names;
    nn_dataset train, val;
    bool have_data;
    GPtrArray *notes;
    app_progress progress;
    app_data_facts facts;
    app_data_details details;
    app_data_duplicates duplicates;
    GArray *label_issues;
} data_options;

static void take_note(void *ctx, const char *line)
{
    g_ptr_array_add(ctx, g_strdup(line));
}

static void count_read(void *ctx, int count)
{
    app_progress_count(ctx, count, "pictures read");
}

static nn_status open_sets(data_options *o, nn_error *err)
{
    const nn_notes notes = {take_note, o->notes};
    nn_status status = nn_dataset_init(&o->train, (size_t)CACHE_MB << 20, notes, err);
    if (status != NN_OK)
        return status;
    status = nn_dataset_init(&o->val, (size_t)CACHE_MB << 18, notes, err);
    if (status != NN_OK)
        nn_dataset_release(&o->train);
    o->have_data = status == NN_OK;
    app_progress_begin(&o->progress, "", 0, 0);
    o->train.added = count_read;
    o->train.added_ctx = &o->progress;
    return status;
}

static void count_details(data_options *o)
{
    app_data_details *d = &o->details;
    for (int i = 0; i < o->sources.count; i++) {
        if (!o->sources.list[i].store)
            continue;
        const nn_data_survey *s = nn_annotation_store_survey(o->sources.list[i].store);
        d->outlines += s->shapes;
        d->quads += s->quads;
        d->rotated += s->rotated;
        d->posed += s->posed;
        d->keypoints = s->posed > 0 ? s->keypoints.count : d->keypoints;
    }
}

static nn_status load(data_options *o, nn_error *err)
{
    nn_class_map map;
    nn_status status = app_data_options_unpack(&o->sources, err);
    if (status == NN_OK)
        status = app_data_options_find_kind(&o->sources, err);
    o->sources.details = NN_DETAIL_OUTLINES | NN_DETAIL_KEYPOINTS; // to count them
    if (status == NN_OK)
        status = o->classes ? nn_names_parse(&o->labels, o->classes, err)
                            : app_data_options_labels(&o->sources, &o->labels, err);
    if (status == NN_OK)
        status = app_data_options_know(&o->sources, &o->labels, err);
    if (status == NN_OK)
        status = app_data_options_map(&o->sources, app_data_options_first_folder(&o->sources),
                                      &o->labels, NULL, NULL, &map, &o->names, err);
    if (status == NN_OK && o->classes)
        status = app_data_options_check_labels(&o->sources, &o->labels, o->labels.count, NULL, &map,
                                               &o->names, err);
    count_details(o);
    o->sources.details = 0; // boxes are judged by the same rules whatever else there is
    if (status == NN_OK)
        status = open_sets(o, err);
    if (status == NN_OK)
        status = app_data_options_load(&o->sources, &map, &o->names, &o->train, &o->val, err);
    app_progress_clear(&o->progress);
    return status;
}

static nn_status find_label_issues(data_options *o, nn_error *err)
{
    const nn_detector_options options = {
        .threshold = -1, .iou_threshold = -1, .threads = o->threads};
    nn_detector *model;
    if (!nn_data_kind_facts(o->sources.kind)->objects)
        return nn_fail(err, NN_EINVAL, "--model %s: only labels of boxes can be checked", o->model);
    nn_status status = nn_detector_open(&model, o->model, &options, err);
    if (status == NN_OK)
        status = app_label_issues_find(&o->label_issues, model, &o->train, &o->labels, &o->progress,
                                       err);
    nn_detector_free(model);
    return status;
}

static nn_status tell(data_options *o, nn_error *err)
{
    const bool held = o->val.count > 0, to_stdout = o->json && strcmp(o->json, "-") == 0;
    const app_data_findings f = {.train = &o->train,
                                 .val = held ? &o->val : NULL,
                                 .labels = &o->labels,
                                 .facts = &o->facts,
                                 .details = o->details,
                                 .duplicates = o->near >= 0 ? &o->duplicates : NULL,
                                 .notes = o->notes,
                                 .label_issues = o->label_issues};
    app_data_print(&f, o->most, to_stdout ? stderr : stdout);
    nn_status status = NN_OK;
    if (o->json) {
        cJSON *json = app_data_json(&f);
        status = app_json_write(json, o->json, err);
        cJSON_Delete(json);
    }
    return status == NN_OK && o->out ? app_data_figures(o->out, &f, err) : status;
}

static nn_status run(data_options *o, nn_error *err)
{
    app_files files = {0};
    app_data_options_files(&o->sources, &files);
    app_files_read(&files, "--model", o->model);
    app_files_refresh(&files, "--json", o->json);
    app_files_write_folder(&files, "--out", o->out, "examples.png");
    nn_status status = app_data_options_check(&o->sources, err);
    if (status == NN_OK)
        status = app_files_claim(&files, o->force, err);
    if (status == NN_OK)
        status = load(o, err);
    if (status != NN_OK)
        return status;
    app_data_facts_init(&o->facts, o->labels.count);
    app_data_facts_add(&o->facts, &o->train, &o->labels);
    if (o->near >= 0)
        status =
            app_data_duplicates_find(&o->duplicates, &o->train, o->val.count > 0 ? &o->val : NULL,
                                     o->near, &o->progress, err);
    if (status == NN_OK && o->model)
        status = find_label_issues(o, err);
    return status == NN_OK ? tell(o, err) : status;
}

static nn_status parse(data_options *o, int *argc, char ***argv, nn_error *err)
{
    const GOptionEntry entries[] = {APP_OPTION("model", &o->model, "none: labels are not compared"),
                                    APP_OPTION("json", &o->json, NULL),
                                    APP_OPTION("force", &o->force, NULL),
                                    APP_OPTION("out", &o->out, NULL),
                                    APP_OPTION("classes", &o->classes, "all"),
                                    APP_OPTION("near", &o->near, "8"),
                                    APP_OPTION("max-lines", &o->most, "10"),
                                    APP_OPTION("threads", &o->threads, "0"),
                                    {G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_CALLBACK,
                                     (void *)app_data_options_take_folder, NULL, "DATA..."},
                                    APP_OPTIONS_END};
    GOptionGroup *group = g_option_group_new("data", "", "", &o->sources, NULL);
    GOptionGroup *more[] = {g_option_group_new("data", "Options of the data:",
                                               "Show options of the data", &o->sources, NULL),
                            NULL};
    app_options_split(group, often, more[0]);
    app_options_add_entries(group, entries);
    app_data_options_add_options(group, true);
    const app_arguments what = {.summary = SUMMARY, .group = group, .more = more};
    return app_parse_arguments(&what, argc, argv, err);
}

static void release(data_options *o)
{
    if (o->label_issues)
        g_array_unref(o->label_issues);
    app_data_duplicates_release(&o->duplicates);
    app_data_facts_release(&o->facts);
    if (o->have_data) {
        nn_dataset_release(&o->train);
        nn_dataset_release(&o->val);
    }
    nn_names_release(&o->labels);
    nn_names_release(&o->names);
    g_ptr_array_unref(o->notes);
    app_data_options_release(&o->sources);
    g_free(o->classes);
    g_free(o->json);
    g_free(o->out);
    g_free(o->model);
}

int app_cmd_data(int argc, char **argv)
{
    data_options o = {
        .near = APP_TWINS_NEAR, .most = 10, .notes = g_ptr_array_new_with_free_func(g_free)};
    nn_error err = {0};
    nn_status status = parse(&o, &argc, &argv, &err);
    if (status == NN_OK)
        status = run(&o, &err);
    release(&o);
    return app_end(status, &err);
}
