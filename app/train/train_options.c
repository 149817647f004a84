// SPDX-License-Identifier: MIT
// Options of `neroscale train`, their help and their checks.
#include "app/train/train_options.h"

#include "app/cli/arguments.h"
#include "app/cli/image_size.h"
#include "app/data/augment_options.h"
#include "app/train/optimise_options.h"
#include "app/train/train_init.h"
#include "nn/zoo/heads.h"

#include <glib.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

// What GLib writes into before it is checked and moved to where it belongs.
typedef struct raw_options {
    char *size, *crop, *sizes;
    double box_weight, teachers, features, dice, smoothing, aux, val_split;
    gboolean multi, sync_norm, renorm;
    gint64 seed;
    app_optimise_options optimise;
    app_augment_options augment;
} raw_options;

static const char SUMMARY[] =
    "Trains a detector, a classifier or segmentation on labelled pictures and writes one model "
    "file.\n"
    "\n"
    "Examples:\n"
    "  Flowers, a folder of pictures for each kind; a fifth of each is held back to see how well\n"
    "  it goes. Then 'neroscale classify flowers.safetensors rose.jpg' names what it sees:\n"
    "    neroscale train --task classify --data flowers --out flowers.safetensors\n"
    "  Small pictures with lists of their own, in IDX or CIFAR-10 files:\n"
    "    neroscale train --task classify --data fashion --val-list test --size 28 \\\n"
    "      --network resnet18 --out fashion.safetensors\n"
    "  People in a video; the last frames are held back:\n"
    "    neroscale train --video street.avi --labels street.txt --frames 1-540 \\\n"
    "      --val-frames 541-600 --classes person --options alpha=0.25,beta=0.5 \\\n"
    "      --size 384x288 --epochs 16 --out person.safetensors --work runs/person\n"
    "  Vehicles in pictures, labels/*.txt holding 0 car, 1 truck, 2 bus; trucks are left open:\n"
    "    neroscale train --data aerial --source-classes car,truck,bus --classes car,bus \\\n"
    "      --map truck=ignore --val-match 'flight3*' --size 1024x576 --crop 512x512 \\\n"
    "      --flip-v 0.5 --rotate 0.5 --out vehicle.safetensors --work runs/vehicle\n"
    "  Two sets, the second of which names no people; where it names none there may still be "
    "some:\n"
    "    neroscale train --data street --data cars --label-dir labels_new --known car,bus \\\n"
    "      --classes person,car,bus --out street.safetensors\n"
    "  Pictures and test cards without people, an eighth of every epoch each:\n"
    "    neroscale train --data people --share 6 --negatives rooms --share 1 \\\n"
    "      --negatives patterns --share 1 --out person.safetensors\n"
    "  Blood cells in Pascal VOC's layout, which names its classes and has lists of its own:\n"
    "    neroscale train --data bccd --list train --val-list val --size 480x352 \\\n"
    "      --out bccd.safetensors\n"
    "  A class for every pixel: shapes/images/NAME.jpg with shapes/masks/NAME.png, whose values "
    "are\n"
    "  class numbers (0 background, 255 not counted), named by the lines of shapes/classes.txt:\n"
    "    neroscale train --task segment --data shapes --out shapes.safetensors\n"
    "    neroscale train --task segment --data VOC2012 --list train --val-list val \\\n"
    "      --class-weights auto --dice 0.5 --out voc.safetensors\n"
    "  A published detector goes on with classes of its own and yours; those of the same name "
    "start\n"
    "  with what it knows:\n"
    "    neroscale train --init nanodet-plus-m_416.param --data street \\\n"
    "      --classes person,bicycle,car --lr 1e-4 --epochs 10 --out street.safetensors\n"
    "  A published classifier likewise, with a new last layer:\n"
    "    neroscale train --task classify --init mobilenet.onnx --data flowers --lr 3e-4 \\\n"
    "      --out flowers.safetensors\n"
    "  The pictures of each batch divided among four processes, on one machine or several:\n"
    "    mpirun -n 4 neroscale train --data bccd --batch 16 --out bccd.safetensors\n"
    "  The same command with --resume goes on where the last checkpoint was written.\n"
    "\n"
    "--data, --video and --negatives may be given several times; --labels, --frames,\n"
    "--val-frames, --stride, --match, --val-match, --list, --val-list, --label-dir, --known,\n"
    "--share, --scale, --ignore-below, --fill-gaps and --min-track belong to the one before\n"
    "them. The boxes of a video get the first of --classes.\n"
    "WORK gets history.csv, the checkpoints last and previous, and best.safetensors. In brackets:\n"
    "what holds without the option, for detectors and, where it differs, classifiers.";

// What differs between the tasks when nothing is said.
typedef struct task_defaults {
    const char *task, *network, *size; // size NULL: the network's
    int epochs, batch;
    double rate, decay, val_split;
} task_defaults;

static const task_defaults defaults_of[] = {
    {"detect", "neroscale_alexpp", "384x288", 16, 8, 2e-3, 0.02, 0},
    {"classify", "neroscale_alexpp", NULL, 40, 32, 1e-3, 0.05, 0.2},
    {"segment", "neroscale_alexpp", "384x288", 40, 8, 2e-3, 0.02, 0.2},
};

// The defaults depend on the task: it is looked up before anything is parsed. What is not known is
// refused later.
static const task_defaults *find_defaults(int argc, char **argv)
{
    static const char option[] = "--task";
    const size_t length = sizeof option - 1;
    const char *task = "";
    for (int i = 1; i < argc; i++)
        if (strncmp(argv[i], option, length) == 0)
            task = argv[i][length] == '='             ? argv[i] + length + 1
                   : !argv[i][length] && i + 1 < argc ? argv[i + 1]
                                                      : task;
    for (size_t i = 0; i < sizeof defaults_of / sizeof *defaults_of; i++)
        if (strcmp(defaults_of[i].task, task) == 0)
            return &defaults_of[i];
    return &defaults_of[0];
}

enum { DETECT_GRID = 32 };

// Heads of detectors want whole cells.
static nn_status move_size(const char *option, const char *text, bool detect, int *w, int *h,
                           nn_error *err)
{
    const nn_status status = app_parse_size(option, text, w, h, err);
    if (status == NN_OK && detect && (*w % DETECT_GRID != 0 || *h % DETECT_GRID != 0))
        return nn_fail(err, NN_EINVAL, "%s %s: not WIDTHxHEIGHT in multiples of 32", option, text);
    return status;
}

// Sizes of which every batch of a training gets one.
static nn_status move_training_sizes(nn_trainer_options *t, const char *text, bool detect,
                                     nn_error *err)
{
    char **list = g_strsplit(text, ",", -1);
    nn_status status = NN_OK;
    for (int i = 0; list[i] && status == NN_OK; i++) {
        if (i == NN_LOADER_MAX_SIZES) {
            status = nn_fail(err, NN_EINVAL, "--sizes: more than %d", NN_LOADER_MAX_SIZES);
            break;
        }
        nn_loader_size *size = &t->sizes[t->size_count++];
        status =
            move_size("--sizes", g_strstrip(list[i]), detect, &size->width, &size->height, err);
    }
    g_strfreev(list);
    return status;
}

static nn_status move_sizes(app_train_options *o, const raw_options *raw, nn_error *err)
{
    const bool detect = o->sources.kind != NN_DATA_CLASSES;
    nn_trainer_options *t = &o->trainer;
    const nn_zoo_net *net = nn_zoo_find(o->network);
    if (!net && !app_train_has_graph(o))
        return nn_fail(err, NN_ENOTFOUND, "--network %s: no such network ('neroscale list')",
                       o->network);
    o->input_w = net ? net->input_w : o->start->card.input_w;
    o->input_h = net ? net->input_h : o->start->card.input_h;
    nn_status status = NN_OK;
    if (raw->size)
        status = move_size("--size", raw->size, detect, &o->input_w, &o->input_h, err);
    t->width = o->input_w;
    t->height = o->input_h;
    if (status == NN_OK && raw->crop)
        status = move_size("--crop", raw->crop, detect, &t->width, &t->height, err);
    if (status == NN_OK && raw->sizes)
        status = move_training_sizes(t, raw->sizes, detect, err);
    return status;
}

static nn_status check_numbers(const app_train_options *o, const raw_options *raw, nn_error *err)
{
    enum { MAX_BATCH = 4096, MAX_CACHE_MB = 1 << 24 };
    const nn_trainer_options *t = &o->trainer;
    const struct {
        const char *option;
        int value, low, high;
    } whole[] = {
        {"--batch", t->batch, 1, MAX_BATCH},       {"--epochs", t->epochs, 1, INT_MAX},
        {"--val-every", o->val_every, 1, INT_MAX}, {"--epoch-size", t->epoch_size, 0, INT_MAX},
        {"--patience", o->patience, 0, INT_MAX},   {"--cache-mb", o->cache_mb, 0, MAX_CACHE_MB}};
    nn_status status = app_check_threads(o->threads, err);
    for (size_t i = 0; i < G_N_ELEMENTS(whole) && status == NN_OK; i++)
        status = app_check_range(whole[i].option, whole[i].value, whole[i].low, whole[i].high, err);
    if (status != NN_OK)
        return status;
    if (!(raw->dice >= 0))
        return nn_fail(err, NN_EINVAL, "--dice is 0 or more");
    if (!(raw->box_weight > 0) || !(raw->teachers > 0 || (o->features && raw->teachers == 0)))
        return nn_fail(err, NN_EINVAL, "--box-weight and --distill-weight must be above 0");
    if (o->features && (!o->teachers || !(raw->features > 0)))
        return nn_fail(err, NN_EINVAL,
                       "--distill-features goes with --distill and a --feature-weight above 0");
    if (o->teachers && !o->features && strcmp(o->task, "detect") != 0)
        return nn_fail(err, NN_EINVAL,
                       "--distill is for --task detect, with --distill-features for all");
    if (raw->renorm && !app_train_has_graph(o))
        return nn_fail(err, NN_EINVAL, "--renorm is for --init with a model from elsewhere");
    if (!(raw->smoothing >= 0 && raw->smoothing < 1) || !(raw->aux >= 0) ||
        !(o->val_crop >= 0 && o->val_crop <= 1))
        return nn_fail(err, NN_EINVAL,
                       "--smoothing is 0 to 1, --aux-weight 0 or more, --val-crop 0 to 1");
    return NN_OK;
}

// Whether the data options hold something back.
static bool holds_back(const app_data_options *s)
{
    for (int i = 0; i < s->count; i++)
        if (s->list[i].val_match || s->list[i].val_list)
            return true;
    return false;
}

static nn_status move_and_check(app_train_options *o, const raw_options *raw, nn_error *err)
{
    nn_trainer_options *t = &o->trainer;
    const nn_train_task *task = nn_train_task_find(o->task);
    if (!task)
        return nn_fail(err, NN_EINVAL, "--task %s: none of detect, classify, segment", o->task);
    o->sources.kind = task->kind;
    if (!o->out || !*o->out)
        return nn_fail(err, NN_EINVAL, "--out FILE.safetensors is missing");
    nn_status status = app_data_options_check(&o->sources, err);
    if (status == NN_OK)
        status = move_sizes(o, raw, err);
    if (status == NN_OK)
        status = check_numbers(o, raw, err);
    if (status != NN_OK)
        return status;
    t->seed = (uint64_t)raw->seed;
    t->task.detect.box_weight = (float)raw->box_weight;
    t->task.detect.teacher_weight = (float)raw->teachers;
    t->feature_weight = (float)raw->features;
    t->task.segment.dice = (float)raw->dice;
    t->task.classify.smoothing = (float)raw->smoothing;
    t->task.classify.aux = (float)raw->aux;
    t->task.classify.sigmoid = raw->multi;
    t->sync_norm = raw->sync_norm;
    o->renorm = raw->renorm;
    o->sources.seed = t->seed;
    if (o->sources.val_split < 0)
        o->sources.val_split = holds_back(&o->sources) ? 0 : raw->val_split;
    status = app_optimise_options_move(t, &raw->optimise, err);
    if (status == NN_OK)
        status = app_augment_options_move(&t->augment, &raw->augment, o->sources.kind, err);
    if (status == NN_OK && !o->work)
        o->work = g_strconcat(o->out, ".work", NULL);
    return status;
}

static raw_options raw_defaults(const nn_trainer_options *t, const task_defaults *d)
{
    raw_options raw = {.val_split = d->val_split,
                       .box_weight = t->task.detect.box_weight,
                       .teachers = t->task.detect.teacher_weight,
                       .features = 1,
                       .dice = t->task.segment.dice,
                       .smoothing = t->task.classify.smoothing,
                       .aux = t->task.classify.aux,
                       .seed = (gint64)t->seed};
    app_optimise_options_init(&raw.optimise, t, d->rate, d->decay);
    app_augment_options_init(&raw.augment);
    return raw;
}

static void release_raw(raw_options *raw)
{
    g_free(raw->size);
    g_free(raw->crop);
    g_free(raw->sizes);
    app_optimise_options_release(&raw->optimise);
    app_augment_options_release(&raw->augment);
}

#define TEXT(name, to, text, arg)                                                                  \
    {                                                                                              \
        name, 0, 0, G_OPTION_ARG_STRING, to, text, arg                                             \
    }
#define FILENAME(name, to, text, arg)                                                              \
    {                                                                                              \
        name, 0, 0, G_OPTION_ARG_FILENAME, to, text, arg                                           \
    }
#define INT(name, to, text)                                                                        \
    {                                                                                              \
        name, 0, 0, G_OPTION_ARG_INT, to, text, "N"                                                \
    }
#define REAL(name, to, text)                                                                       \
    {                                                                                              \
        name, 0, 0, G_OPTION_ARG_DOUBLE, to, text, "X"                                             \
    }

// The entries point into `o` and `raw`; GLib copies them.
static void add_entries(GOptionGroup *group, app_train_options *o, raw_options *raw)
{
    nn_trainer_options *t = &o->trainer;
    const GOptionEntry entries[] = {
        TEXT("classes", &o->classes, "Labels of the model (what the data name)", "A,B,..."),
        TEXT("rivals", &o->rivals,
             "Detectors: classes that are learnt to win over those of --classes (a bottle over a "
             "person) and never reported; rest: all others of --init",
             "A,B,..."),
        FILENAME("out", &o->out, "Model file to write", "FILE"),
        FILENAME("work", &o->work, "Folder for checkpoints and history.csv (OUT.work)", "DIR"),
        {"resume", 0, 0, G_OPTION_ARG_NONE, &o->resume, "Go on from the checkpoint in WORK", NULL},
        {"sync-bn", 0, 0, G_OPTION_ARG_NONE, &raw->sync_norm,
         "Under mpirun: batch norms see the whole batch, not each process's part", NULL},
        TEXT("network", &o->network, "Network (that of --init, else neroscale_alexpp)", "NAME"),
        TEXT("options", &o->options, "Its options, such as alpha=0.25,beta=0.5,levels=8",
             "A=B,..."),
        TEXT("task", &o->task, "detect, classify or segment (detect)", "TASK"),
        TEXT("head", &o->head,
             "Head of the network (detect: fcos, or own of --init; segment: segment)", "NAME"),
        FILENAME(
            "init", &o->init,
            "Train this model on (any we can read); with --network, or a file of weights: take "
            "what fits",
            "MODEL"),
        TEXT("taps", &o->taps,
             "Of --init: layers at 1/8, 1/16 and 1/32 for our head (the last ones)", "A,B,C"),
        {"renorm", 0, 0, G_OPTION_ARG_NONE, &raw->renorm,
         "Of --init: give convolutions the batch norms back that were folded into them", NULL},
        {"from", 0, G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_FILENAME, &o->init, NULL, NULL},
        {"distill", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &o->teachers,
         "Learn from what this detector finds in the same pictures, too, from all of its cells or "
         "else "
         "its boxes as labels; may be repeated",
         "MODEL"},
        REAL("distill-weight", &raw->teachers,
             "Weight of what teachers find (1); with --distill-features 0: only those"),
        TEXT("distill-features", &o->features,
             "Learn the feature maps of the first --distill, too, a network of any kind: auto, or "
             "layers whose maps go together",
             "OURS=ITS,..."),
        REAL("feature-weight", &raw->features, "Weight of the feature maps (1)"),
        {"freeze", 0, 0, G_OPTION_ARG_STRING_ARRAY, &o->freeze,
         "Leave parameters with such names as they are; may be repeated", "GLOB"},
        {"lr-scale", 0, 0, G_OPTION_ARG_STRING_ARRAY, &o->rate_scales,
         "Learning rate of parameters with such names, times X; may be repeated", "GLOB=X"},
        TEXT("size", &raw->size, "Input of inference (that of --init; 384x288; the network's)",
             "WxH"),
        TEXT("crop", &raw->crop, "Input while training (as --size)", "WxH"),
        TEXT("sizes", &raw->sizes, "Inputs while training, each batch gets one", "WxH,..."),
        INT("epochs", &t->epochs, "Epochs (16; 40)"),
        INT("epoch-size", &t->epoch_size, "Pictures drawn an epoch (0: as many as there are)"),
        INT("batch", &t->batch, "Pictures a step (8; 32)"),
        REAL("box-weight", &raw->box_weight, "Weight of the box loss (2.5)"),
        INT("topk", &t->task.detect.topk, "Points of the head an object may have (10)"),
        TEXT("class-weights", &o->class_weights,
             "Segmentation: weights of the classes' pixels, or auto: by how rare they are (all 1)",
             "X,..."),
        REAL("dice", &raw->dice,
             "Segmentation: weight of the Dice loss, for small regions, such as 0.5 (0)"),
        REAL("smoothing", &raw->smoothing, "Label smoothing of classifiers (0.1)"),
        REAL("aux-weight", &raw->aux, "Weight of auxiliary classifiers, with aux=1 (0.3)"),
        {"multi-label", 0, 0, G_OPTION_ARG_NONE, &raw->multi,
         "A picture may show several classes: a yes or no for each", NULL},
        {"stretch", 0, 0, G_OPTION_ARG_NONE, &o->stretch,
         "Classify pictures stretched over the input, not cropped", NULL},
        REAL("val-crop", &o->val_crop,
             "Middle part of pictures to classify (0.875; 1 when they are small)"),
        INT("patience", &o->patience,
            "Stop when so many epochs have not been better than the best (0: never)"),
        INT("val-every", &o->val_every, "Validate every so many epochs (1)"),
        {"seed", 0, 0, G_OPTION_ARG_INT64, &raw->seed, "Seed of everything random (1)", "N"},
        INT("threads", &o->threads, "Threads (0: one per core)"),
        INT("cache-mb", &o->cache_mb, "Megabytes of pictures kept in memory (3072)"),
        {NULL, 0, 0, 0, NULL, NULL, NULL}};
    g_option_group_add_entries(group, entries);
}

// The command line with quotes where a shell needs them.
static char *join_command(int argc, char **argv)
{
    GString *text = g_string_new("neroscale");
    for (int i = 0; i < argc; i++) {
        if (strcmp(argv[i], "--resume") == 0)
            continue; // the same steps as without the interruption
        g_string_append_c(text, ' ');
        bool plain = argv[i][strspn(argv[i], "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                             "0123456789_-+=:,./")] == '\0' &&
                     argv[i][0];
        char *quoted = plain ? g_strdup(argv[i]) : g_shell_quote(argv[i]);
        g_string_append(text, quoted);
        g_free(quoted);
    }
    g_autofree char *whole = g_string_free(text, FALSE);
    return app_show_address(whole); // it goes into the model
}

// What was neither said nor inherited.
static void complete(app_train_options *o, raw_options *raw, const task_defaults *d)
{
    const bool graph = app_train_has_graph(o);
    if (!o->network)
        o->network = g_strdup(graph ? "" : d->network);
    const nn_zoo_head *head = nn_zoo_head_of(d->task);
    if (!o->head)
        o->head = g_strdup(graph ? "auto" : head ? head->name : NULL);
    if (!raw->size)
        raw->size = g_strdup(d->size);
}

bool app_train_options_parse(app_train_options *o, int argc, char **argv, nn_error *err)
{
    const task_defaults *defaults = find_defaults(argc, argv);
    *o = (app_train_options){.options = g_strdup(""),
                             .task = g_strdup("detect"),
                             .val_every = 1,
                             .cache_mb = 3072,
                             .sources = {.val_split = -1},
                             .command = join_command(argc, argv)};
    nn_trainer_defaults(&o->trainer);
    o->trainer.epochs = defaults->epochs;
    o->trainer.batch = defaults->batch;
    o->trainer.schedule.warmup = -1; // as the trainer likes
    raw_options raw = raw_defaults(&o->trainer, defaults);
    GOptionGroup *group = g_option_group_new("train", "", "", &o->sources, NULL);
    app_data_options_add_options(group, true);
    add_entries(group, o, &raw);
    app_optimise_options_add(group, &raw.optimise);
    app_augment_options_add(group, &raw.augment);
    const app_arguments what = {.summary = SUMMARY, .group = group};
    nn_status status = app_parse_arguments(&what, &argc, &argv, err);
    if (status == NN_OK && argc > 1)
        status = nn_fail(err, NN_EINVAL, "unexpected argument '%s' (try --help)", argv[1]);
    if (status == NN_OK)
        status = app_train_inherit(o, &raw.size, err);
    if (status == NN_OK) {
        complete(o, &raw, defaults);
        status = move_and_check(o, &raw, err);
    }
    release_raw(&raw);
    return status == NN_OK;
}

void app_train_options_release(app_train_options *o)
{
    app_data_options_release(&o->sources);
    nn_model_free(o->start);
    g_free(o->network);
    g_free(o->options);
    g_free(o->task);
    g_free(o->head);
    g_free(o->classes);
    g_free(o->rivals);
    g_free(o->out);
    g_free(o->work);
    g_free(o->init);
    g_free(o->taps);
    g_free(o->class_weights);
    g_strfreev(o->teachers);
    g_free(o->features);
    g_strfreev(o->freeze);
    g_strfreev(o->rate_scales);
    g_free(o->command);
    *o = (app_train_options){0};
}
