// SPDX-License-Identifier: MIT
// neroscale augment: draws a contact sheet of the views that a training uses.
#include "app/cli/arguments.h"
#include "app/cli/files.h"
#include "app/cli/image_size.h"
#include "app/cli/option_entries.h"
#include "app/cli/option_table.h"
#include "app/commands/command.h"
#include "app/data/augment_options.h"
#include "app/data/data_options.h"
#include "app/report/augment_sheet.h"
#include "nn/base/features.h"
#include "nn/train/trainer.h"
#include "po/translate.h"

#include <stdio.h>
#include <string.h>

enum { DEFAULT_SIDE = 224 };

static const char SUMMARY[] =
    N_("Draws a contact sheet of what 'neroscale train' shows to the network. Each row is one "
       "picture: first\n"
       "as in inference, then random views with their labels. Dashed grey boxes and grey parts of "
       "masks are\n"
       "left out of the loss. The options for the data and for the views are those of 'neroscale "
       "train'.\n"
       "\n"
       "Examples:\n"
       "  neroscale augment flowers --out sheet.png --size 128 --mixup 0.2 --cutmix 1 --mix 0.5\n"
       "  neroscale augment flowers --augment strong --rand-augment 3:7 --rows 4 --columns 9\n"
       "  neroscale augment street --augment anywhere --size 416x416 --camera all=0.3\n"
       "  neroscale augment bccd --list train --size 480x352 --angle 20 --mosaic 0.3\n"
       "\n"
       "'neroscale help layouts' tells what DATA may be.");

// Options that --help shows; the others are in groups.
static const char *const often[] = {"out",        "task",      "classes", "names", "size",
                                    "train-size", "rows",      "columns", "seed",  "augment",
                                    "list",       "label-dir", NULL};

typedef struct augment_options {
    app_data_options sources;
    nn_augment_options augment;
    app_options views; // its words
    char *task, *size, *crop, *classes, *out;
    int rows, columns, cache_mb;
    gint64 seed;
    gboolean stretch;
    double val_crop;
} augment_options;

static void add_entries(GOptionGroup *group, augment_options *o)
{
    const GOptionEntry entries[] = {
        APP_OPTION("out", &o->out, "augment.png"),
        APP_OPTION("task", &o->task, "by the labels of the data"),
        APP_OPTION("classes", &o->classes, "all"),
        APP_OPTION("size", &o->size,
                   "detect, segment: 384x288; classify: 224, or less for small pictures"),
        APP_OPTION("train-size", &o->crop, "as --size"),
        APP_OPTION("rows", &o->rows, "6"),
        APP_OPTION("columns", &o->columns, "7"),
        APP_OPTION("seed", &o->seed, "1"),
        APP_OPTION("stretch", &o->stretch, NULL),
        APP_OPTION("centre-crop", &o->val_crop, "0.875; 1 when pictures are small"),
        APP_OPTION("cache-mb", &o->cache_mb, "1024"),
        {G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_CALLBACK, (void *)app_data_options_take_folder,
         NULL, "DATA..."},
        APP_OPTIONS_END};
    app_options_add_entries(group, entries);
}

static nn_status check_options(augment_options *o, nn_error *err)
{
    if (o->task && !nn_train_task_find(o->task))
        return nn_train_task_unknown(o->task, "--task", err);
    if (o->task && !app_task_find(o->task)->show_view)
        return nn_fail(err, NN_EUNSUPPORTED, "--task %s: its views are not drawn", o->task);
    app_files files = {0};
    app_data_options_files(&o->sources, &files);
    app_files_refresh(&files, "--out", o->out);
    nn_status status = app_files_claim(&files, false, err); // before the pictures are read
    if (status == NN_OK && !NN_HAS_pango)
        status = nn_fail_without(err, "pango");
    return status != NN_OK ? status : app_data_options_check(&o->sources, err);
}

static nn_status parse(augment_options *o, int *argc, char ***argv, nn_error *err)
{
    nn_augment_defaults(&o->augment);
    app_options_init(&o->views, nn_augment_option_rows(), &o->augment, NULL);
    GOptionGroup *group = g_option_group_new("augment", "", "", &o->sources, NULL);
    GOptionGroup *more[] = {
        g_option_group_new("data", "Options of the data:", "Show options of the data", &o->sources,
                           NULL),
        g_option_group_new("views", "Options of random views:", "Show options of random views",
                           NULL, NULL),
        NULL};
    app_options_split(group, often, more[0]);
    add_entries(group, o);
    app_data_options_add_options(group, true);
    app_options_split(group, often, more[1]);
    app_options_add(group, &o->views);
    const app_arguments what = {.summary = SUMMARY, .group = group, .more = more};
    const nn_status status = app_parse_arguments(&what, argc, argv, err);
    return status == NN_OK ? check_options(o, err) : status;
}

// The kind of data: from --task, else from the first folder.
static nn_status find_kind(augment_options *o, nn_error *err)
{
    if (!o->task)
        return app_data_options_find_kind(&o->sources, err);
    o->sources.kind = nn_train_task_find(o->task)->evaluator->kind;
    return NN_OK;
}

// `side` is the default input of tasks without one of their own.
static nn_status choose_sizes(app_augment_sheet *job, const augment_options *o, int side,
                              nn_error *err)
{
    if (!nn_train_task_size(nn_train_task_find(job->task->name), &job->input_w, &job->input_h))
        job->input_w = job->input_h = side;
    nn_status status = app_parse_size("--size", o->size, &job->input_w, &job->input_h, err);
    job->view_w = job->input_w;
    job->view_h = job->input_h;
    if (status == NN_OK)
        status = app_parse_size("--train-size", o->crop, &job->view_w, &job->view_h, err);
    job->augment.fit_w = job->input_w;
    job->augment.fit_h = job->input_h;
    return status;
}

// Adjusts options to the pictures: small ones are shown without a crop.
static nn_status fit_pictures(app_augment_sheet *job, const augment_options *o, nn_error *err)
{
    const nn_sample *first = &job->data->samples[0];
    const int side = MIN(DEFAULT_SIDE, MIN(first->width, first->height));
    const nn_status status = choose_sizes(job, o, side, err);
    job->rows = MIN(o->rows, job->data->count);
    job->augment.stretch = o->stretch;
    job->augment.crop = o->val_crop > 0 ? (float)o->val_crop
                                        : nn_choose_crop(job->data, job->input_h, job->input_w);
    return status;
}

static void print_note(void *ctx, const char *line)
{
    (void)ctx;
    fprintf(stderr, "note: %s\n", line);
}

static nn_status load(augment_options *o, const nn_names *labels, nn_dataset *data, nn_error *err)
{
    const char *folder = app_data_options_first_folder(&o->sources);
    nn_names names = {0};
    nn_class_map map;
    nn_status status =
        app_data_options_map(&o->sources, folder, labels, NULL, NULL, &map, &names, err);
    if (status == NN_OK && o->classes)
        status = app_data_options_check_labels(&o->sources, labels, labels->count, NULL, &map,
                                               &names, err);
    if (status == NN_OK)
        status = app_data_options_load(&o->sources, &map, &names, data, NULL, err);
    nn_names_release(&names);
    if (status == NN_OK && data->count == 0)
        status = nn_fail(err, NN_EINVAL, "no picture has one of these classes");
    return status;
}

static nn_status draw(augment_options *o, const nn_names *labels, nn_dataset *data, nn_error *err)
{
    app_augment_sheet job = {.data = data,
                             .labels = labels,
                             .task = app_task_of(o->sources.kind),
                             .columns = o->columns,
                             .seed = (uint64_t)o->seed};
    nn_status status = app_augment_options_take(&o->views, &o->augment, o->sources.kind, err);
    job.augment = o->augment;
    if (status == NN_OK)
        status = choose_sizes(&job, o, DEFAULT_SIDE, err);
    app_augment_set_enough(data, &o->sources, &job.augment, MAX(job.view_h, job.input_h),
                           MAX(job.view_w, job.input_w));
    if (status == NN_OK)
        status = load(o, labels, data, err);
    if (status == NN_OK)
        status = fit_pictures(&job, o, err);
    if (status == NN_OK)
        status = app_augment_sheet_write(&job, o->out, err);
    if (status == NN_OK)
        fprintf(stderr, "%s: %d of %d pictures, views of %dx%d\n", o->out, job.rows, data->count,
                job.view_w, job.view_h);
    return status;
}

static nn_status run(augment_options *o, nn_error *err)
{
    nn_names labels = {0};
    nn_dataset data;
    nn_status status = app_data_options_unpack(&o->sources, err);
    if (status == NN_OK)
        status = find_kind(o, err);
    if (status == NN_OK)
        status = o->classes ? nn_names_parse(&labels, o->classes, err)
                            : app_data_options_labels(&o->sources, &labels, err);
    if (status == NN_OK)
        status = app_data_options_know(&o->sources, &labels, err);
    if (status == NN_OK)
        status =
            nn_dataset_init(&data, (size_t)o->cache_mb << 20, (nn_notes){print_note, NULL}, err);
    if (status == NN_OK) {
        status = draw(o, &labels, &data, err);
        nn_dataset_release(&data);
    }
    nn_names_release(&labels);
    return status;
}

int app_cmd_augment(int argc, char **argv)
{
    augment_options o = {
        .out = g_strdup("augment.png"), .rows = 6, .columns = 7, .cache_mb = 1024, .seed = 1};
    nn_error err = {0};
    nn_status status = parse(&o, &argc, &argv, &err);
    if (status == NN_OK)
        status = run(&o, &err);
    app_data_options_release(&o.sources);
    app_options_release(&o.views);
    g_free(o.task);
    g_free(o.size);
    g_free(o.crop);
    g_free(o.classes);
    g_free(o.out);
    return app_end(status, &err);
}
