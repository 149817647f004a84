// SPDX-License-Identifier: MIT
// Parses and checks the options of `neroscale train`.
#include "app/train/train_options.h"

#include "app/cli/arguments.h"
#include "app/cli/option_entries.h"
#include "app/cli/options.h"
#include "app/cli/shell_word.h"
#include "app/data/augment_options.h"
#include "app/train/train_init.h"
#include "app/train/train_quantize.h"
#include "nn/base/pool.h"
#include "nn/train/options.h"
#include "nn/zoo/heads.h"
#include "po/translate.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

static const char SUMMARY[] = N_(
    "Trains a detector, a classifier or segmentation on labelled pictures and writes one model "
    "file.\n"
    "Detectors find boxes, or more of each object: keypoints, a mask, a rotated box.\n"
    "\n"
    "Examples:\n"
    "  neroscale train --data export --init street --out mine.safetensors\n"
    "  neroscale train --data export --epochs 40 --size 640x384 --out mine.safetensors\n"
    "  neroscale train --task classify --data flowers --out flowers.safetensors\n"
    "  neroscale train --task segment --data shapes --out shapes.safetensors\n"
    "  neroscale train --task upscale --factor 2 --data pictures --out twice.safetensors\n"
    "  neroscale train --task pretrain --data pictures --out start.safetensors    # no labels\n"
    "  neroscale train --task classify --init start.safetensors --data flowers --out "
    "mine.safetensors\n"
    "  neroscale train --task contrast --data captions.csv --out words.safetensors\n"
    "  neroscale train --task pose --data people --out pose.safetensors      # also instance, obb\n"
    "  neroscale train --data export --out mine.safetensors --resume     # after an interruption\n"
    "  neroscale train --quantize --init mine.safetensors --data export --out mine8.safetensors\n"
    "\n"
    "OUT may end in .safetensors, .onnx or .pth (a state_dict of PyTorch). A WORK that holds a "
    "training is\n"
    "refused without --resume or --force.\n"
    "\n"
    "These are the options that most trainings need; --help-all shows all.\n"
    "'neroscale help training' has more examples, 'neroscale help layouts' tells what --data "
    "takes,\n"
    "'neroscale help classes' what --names, --classes and --map do.");

// Options that --help shows; the others are in groups.
static const char *const often[] = {
    "data",  "video", "labels",  "names",    "classes", "task",    "val-data", "val-split",
    "out",   "work",  "resume",  "force",    "init",    "network", "size",     "epochs",
    "batch", "lr",    "augment", "patience", "threads", NULL};

#define ROW(word, kind, member, n, ...)                                                            \
    {                                                                                              \
        .field = {.name = word, NN_FIELD_##kind, offsetof(app_train_options, member), n, NULL},    \
        .help = __VA_ARGS__                                                                        \
    }
#define TEXT(word, member, argument, ...) ROW(word, TEXT, member, 1, __VA_ARGS__, .arg = argument)
#define FREE .flags = NN_OPTION_FREE
#define WHOLE(usual, least, most) .start = usual, .low = least, .high = most

// Options of the program besides those of the trainer and of views. FREE ones do not change what is
// learnt, so --resume accepts other values.
static const nn_option rows[] = {
    TEXT("task", task, NULL, NULL, .start = "detect"),
    TEXT("classes", classes, NULL, "all that the data name"),
    TEXT("rivals", rivals, "A,B,...",
         "Classes that a detector learns to tell from --classes and never reports (bottle); rest: "
         "all others of --init",
         .tasks = "detect"),
    ROW("out", PATH, out, 1, NULL, FREE),
    ROW("work", PATH, work, 1, "OUT.work, or OUT.work-2 beside one that is taken", FREE),
    ROW("resume", BOOL, resume, 1, "Continue from the checkpoint in WORK", FREE),
    ROW("force", BOOL, force, 1, NULL, FREE),
    TEXT("network", network, NULL, "that of --init, else neroscale_alexpp"),
    TEXT("options", options, NULL, NULL, .start = ""),
    TEXT("head", head, NULL, "detect: fcos, or own for that of --init; others: that of the task"),
    ROW("factor", INT, factor, 1,
        "By what the sides of pictures grow: 2, 3 or 4 (that of --init, or 2)", WHOLE("0", 0, 4),
        .tasks = "upscale"),
    ROW("tokenizer", PATH, tokenizer, 1, "that of --init, else learnt from the captions"),
    ROW("init", PATH, init, 1, "none: from random weights"),
    ROW("partial", BOOL, partial, 1, "Of --init: less than half of the parameters is enough", FREE),
    TEXT("taps", taps, "A,B,C",
         "Layers of --init at 1/8, 1/16 and 1/32 that feed a new head (the last ones)"),
    ROW("renorm", BOOL, renorm, 1,
        "Put the batch norms back that were folded into the convolutions of --init"),
    ROW("quantize", BOOL, quantize, 1,
        "Train --init further as the model of 8-bit integers that quantize makes of it, and write "
        "that (--epochs 4 --lr 1e-4)"),
    ROW("reduce-range", BOOL, reduce_range, 1, NULL),
    ROW("distill", PATHS, teachers, 1,
        "Teacher: learn also what this model finds in the same pictures; may be repeated",
        .arg = "MODEL"),
    TEXT("distill-features", features, "OURS=ITS,...",
         "Learn also feature maps of the first --distill: auto, or pairs of layers"),
    ROW("freeze", TEXTS, freeze, 1, "Keep parameters with such names as they are; may be repeated",
        .arg = "GLOB"),
    ROW("lr-scale", TEXTS, rate_scales, 1,
        "Multiply the learning rate of parameters with such names by X; may be repeated",
        .arg = "GLOB=X"),
    ROW("size", SIZE, input_w, 1, "that of --init, else the task's or the network's"),
    ROW("train-size", SIZE, crop, 1, "as --size"),
    ROW("train-sizes", SIZE, sizes, NN_LOADER_MAX_SIZES,
        "Input sizes while training; each batch gets one of them"),
    TEXT("class-weights", class_weights, "X,...",
         "Weights of the classes of pixels; auto: by their rarity (all 1)", .tasks = "segment"),
    ROW("stretch", BOOL, stretch, 1, NULL, .tasks = "classify"),
    ROW("centre-crop", DOUBLE, val_crop, 1, "0.875; 1 when pictures are small", .high = 1,
        .tasks = "classify"),
    ROW("val-every", INT, val_every, 1, "Validate every N epochs", WHOLE("1", 1, INT_MAX), FREE),
    ROW("patience", INT, patience, 1, "Stop after N epochs without a better score; 0: never",
        WHOLE("0", 0, INT_MAX), FREE),
    ROW("threads", INT, threads, 1, NULL, WHOLE("0", 0, NN_POOL_MAX_THREADS), FREE),
    ROW("inspect", BOOL, inspect, 1,
        "Write dead channels, weights, gradients and updates of each epoch to WORK/inspect.jsonl "
        "and "
        "inspect.png",
        FREE),
    ROW("cache-mb", INT, cache_mb, 1, NULL, WHOLE("3072", 0, 1 << 24), FREE),
    {.field = {.name = NULL}},
};

const nn_option *app_train_option_rows(void)
{
    return rows;
}

// Tables of the command line, in the order of --help.
typedef struct tables {
    app_options own, trainer, augment;
} tables;

static void init_tables(tables *t, app_train_options *o, const char *task)
{
    app_options_init(&t->own, rows, o, task);
    nn_trainer_defaults(&o->trainer);
    app_options_init(&t->trainer, nn_trainer_option_rows(), &o->trainer, task);
    app_options_init(&t->augment, nn_augment_option_rows(), &o->trainer.augment, task);
}

static void release_tables(tables *t)
{
    app_options_release(&t->own);
    app_options_release(&t->trainer);
    app_options_release(&t->augment);
}

// Finds the task before parsing, because defaults depend on it. Unknown tasks are refused later.
static const char *find_task(int argc, char **argv)
{
    static const char option[] = "--task";
    const size_t length = sizeof option - 1;
    const char *task = "detect";
    for (int i = 1; i < argc; i++)
        if (strncmp(argv[i], option, length) == 0)
            task = argv[i][length] == '='             ? argv[i] + length + 1
                   : !argv[i][length] && i + 1 < argc ? argv[i + 1]
                                                      : task;
        else if (strncmp(argv[i], option + 2, length - 2) == 0 && argv[i][length - 2] == '=')
            task = argv[i] + length - 1; // "--task=classify"
    return task;
}

// Some heads want whole cells.
static nn_status check_cells(const char *option, const int *sizes, int count, int cell,
                             nn_error *err)
{
    for (int i = 0; i < count; i++)
        if (sizes[2 * i] % cell != 0 || sizes[2 * i + 1] % cell != 0)
            return nn_fail(err, NN_EINVAL, "%s %dx%d: not WIDTHxHEIGHT in multiples of %d", option,
                           sizes[2 * i], sizes[2 * i + 1], cell);
    return NN_OK;
}

// Chooses the input size: that of --size, --init, the task or the network, in this order.
static nn_status choose_size(app_train_options *o, bool given, nn_error *err)
{
    const nn_zoo_net *net = nn_zoo_find(o->network);
    const nn_train_task *task = nn_train_task_find(o->task);
    if (!net && !app_train_has_graph(o))
        return nn_fail(err, NN_ENOTFOUND, "--network %s: no such network ('neroscale list')",
                       o->network);
    if (!given && app_train_keeps_size(o)) {
        o->input_w = o->start->card.input_w;
        o->input_h = o->start->card.input_h;
    } else if (!given && net) {
        if (!nn_train_task_size(task, &o->input_w, &o->input_h))
            o->input_w = o->input_h = 0;
        return nn_zoo_input_size(net, nn_zoo_head_of(o->task), o->options ? o->options : "",
                                 &o->input_w, &o->input_h, err);
    }
    return NN_OK;
}

static nn_status move_sizes(app_train_options *o, bool given, nn_error *err)
{
    nn_trainer_options *t = &o->trainer;
    nn_status status = choose_size(o, given, err);
    if (status != NN_OK)
        return status;
    if (o->crop[0] == 0) {
        o->crop[0] = o->input_w;
        o->crop[1] = o->input_h;
    }
    t->width = o->crop[0];
    t->height = o->crop[1];
    for (; t->size_count < NN_LOADER_MAX_SIZES && o->sizes[2 * t->size_count] > 0; t->size_count++)
        t->sizes[t->size_count] = (nn_loader_size){.width = o->sizes[2 * t->size_count],
                                                   .height = o->sizes[2 * t->size_count + 1]};
    const int cell = nn_train_task_find(o->task)->cell;
    if (cell == 0)
        return NN_OK;
    status = check_cells("--size", (int[]){o->input_w, o->input_h}, 1, cell, err);
    if (status == NN_OK)
        status = check_cells("--train-size", o->crop, 1, cell, err);
    return status == NN_OK ? check_cells("--train-sizes", o->sizes, t->size_count, cell, err)
                           : status;
}

static nn_status check(const app_train_options *o, nn_error *err)
{
    if (!o->features && !(o->trainer.task.detect.teacher_weight > 0))
        return nn_fail(
            err, NN_EINVAL,
            "--distill-weight 0 needs --distill-features, or nothing is learnt from the teacher");
    if (o->features && !o->teachers)
        return nn_fail(err, NN_EINVAL, "--distill-features needs --distill MODEL");
    if (o->teachers && !o->features && !nn_train_task_find(o->task)->teachers)
        return nn_fail(err, NN_EINVAL,
                       "--distill is for --task detect, with --distill-features for all");
    if (o->renorm && !app_train_has_graph(o))
        return nn_fail(err, NN_EINVAL, "--renorm is for --init with a model from elsewhere");
    return NN_OK;
}

// Whether the data options hold back pictures.
static bool holds_back(const app_data_options *s)
{
    for (int i = 0; i < s->count; i++)
        if (s->list[i].val_match || s->list[i].val_list || s->list[i].for_val ||
            s->list[i].val_frames.last > 0)
            return true;
    return false;
}

// Collects what --resume compares besides the trainer's options.
static void gather_more(app_train_options *o)
{
    const int sources = o->sources.count;
    o->more = g_new0(nn_option_values, 2 + sources);
    o->more[0] = (nn_option_values){rows, o, NULL};
    o->more[1] = (nn_option_values){app_data_option_rows(), &o->sources, NULL};
    for (int i = 0; i < sources; i++) {
        g_snprintf(o->source_number[i], sizeof o->source_number[i], "%d", i + 1);
        o->more[2 + i] =
            (nn_option_values){app_source_rows(), &o->sources.list[i], o->source_number[i]};
    }
    o->trainer.more = o->more;
    o->trainer.more_count = 2 + sources;
}

static nn_status check_data(app_train_options *o, nn_error *err)
{
    const nn_train_task *task = nn_train_task_find(o->task);
    if (!task)
        return nn_train_task_unknown(o->task, "--task", err);
    o->sources.kind = task->evaluator->kind;
    o->sources.details = task->evaluator->details;
    o->sources.seed = o->trainer.seed;
    if (!o->out || !*o->out)
        return nn_fail(err, NN_EINVAL, "--out FILE.safetensors is missing");
    o->usual_work = !o->work;
    if (!o->work)
        o->work = g_strconcat(o->out, ".work", NULL);
    if (o->sources.val_split < 0) {
        o->sources.val_split = 0;
        if (!holds_back(&o->sources))
            nn_options_set(app_data_option_rows(), &o->sources, task->defaults, NULL);
    }
    return app_data_options_check(&o->sources, err);
}

// Fills in what was neither given nor inherited.
static void complete(app_train_options *o)
{
    const bool graph = app_train_has_graph(o);
    const nn_train_task *task = nn_train_task_find(o->task);
    const nn_zoo_head *head = nn_zoo_head_of(o->task);
    if (!o->network)
        o->network = g_strdup(graph                   ? ""
                              : task && task->network ? task->network
                                                      : "neroscale_alexpp");
    if (!o->head)
        o->head = g_strdup(graph ? "auto" : head ? head->name : NULL);
}

// Moves parsed values to where they belong, and completes them.
static nn_status take(app_train_options *o, tables *t, nn_error *err)
{
    const bool sized = app_options_given(&t->own, "size");
    o->auto_rate = app_options_take_word(&t->trainer, "lr", "auto");
    o->auto_batch = app_options_take_word(&t->trainer, "batch", "auto");
    nn_status status = app_options_take(&t->own, err);
    if (status == NN_OK)
        status = app_options_take(&t->trainer, err);
    if (status == NN_OK)
        status = app_train_inherit(o, sized, err);
    if (status != NN_OK)
        return status;
    complete(o);
    status = check_data(o, err);
    if (status == NN_OK)
        status = move_sizes(o, sized, err);
    if (status == NN_OK)
        status = check(o, err);
    if (status == NN_OK)
        status = app_train_quantize_options(o, app_options_given(&t->trainer, "epochs"),
                                            app_options_given(&t->trainer, "lr"), err);
    if (status == NN_OK)
        status = app_augment_options_take(&t->augment, &o->trainer.augment, o->sources.kind, err);
    gather_more(o);
    return status;
}

// The command line, quoted for a shell.
static char *join_command(int argc, char **argv)
{
    GString *text = g_string_new("neroscale");
    for (int i = 0; i < argc; i++) {
        if (strcmp(argv[i], "--resume") == 0)
            continue; // the training takes the same steps as one that was not interrupted
        g_string_append_c(text, ' ');
        g_autofree char *word = app_shell_word(argv[i]);
        g_string_append(text, word);
    }
    g_autofree char *whole = g_string_free(text, FALSE);
    return app_show_address(whole); // hides passwords, because it goes into the model
}

bool app_train_options_parse(app_train_options *o, int argc, char **argv, nn_error *err)
{
    tables t;
    *o = (app_train_options){.command = join_command(argc, argv)};
    init_tables(&t, o, find_task(argc, argv));
    o->sources.val_split = -1; // not given: the task decides
    GOptionGroup *group = g_option_group_new("train", "", "", &o->sources, NULL);
    GOptionGroup *more[] = {
        g_option_group_new("data", "Options of the data:", "Show options of the data", &o->sources,
                           NULL),
        g_option_group_new("model", "Options of the model:", "Show options of the model", NULL,
                           NULL),
        g_option_group_new(
            "training", "Options of loss and steps:", "Show options of loss and steps", NULL, NULL),
        g_option_group_new("views", "Options of random views:", "Show options of random views",
                           NULL, NULL),
        NULL};
    app_options_split(group, often, more[0]);
    app_data_options_add_options(group, true);
    app_options_split(group, often, more[1]);
    app_options_add(group, &t.own);
    app_options_split(group, often, more[2]);
    app_options_add(group, &t.trainer);
    app_options_split(group, often, more[3]);
    app_options_add(group, &t.augment);
    const app_arguments what = {.summary = SUMMARY, .group = group, .more = more};
    nn_status status = app_parse_arguments(&what, &argc, &argv, err);
    if (status == NN_OK && argc > 1)
        status = nn_fail(err, NN_EINVAL, "unexpected argument '%s' (try --help)", argv[1]);
    if (status == NN_OK)
        status = take(o, &t, err);
    release_tables(&t);
    return status == NN_OK;
}

void app_train_options_release(app_train_options *o)
{
    app_data_options_release(&o->sources);
    nn_model_free(o->start);
    app_options_free_texts(rows, o);
    g_free(o->more);
    g_free(o->command);
    g_free(o->tokenizer_text);
    g_free(o->vocabulary);
    *o = (app_train_options){0};
}
