// SPDX-License-Identifier: MIT
// Options of `neroscale train`, their help and their checks.
#include "app/train_options.h"

#include "app/augment_options.h"

#include <glib.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

// What GLib writes into before it is checked and moved to where it belongs.
typedef struct raw_options {
    char *size, *crop, *optimiser;
    double rate, decay, momentum, clip, average, box_weight;
    gint64 seed;
    app_augment_options augment;
} raw_options;

static const char SUMMARY[] =
    "Trains a detector on labelled pictures and videos and writes one model file.\n"
    "\n"
    "Examples:\n"
    "  People in a video; the last frames are held back to see how well it goes:\n"
    "    neroscale train --video street.avi --labels street.txt --frames 1-540 \\\n"
    "      --val-frames 541-600 --classes person --options alpha=0.25,beta=0.5 \\\n"
    "      --size 384x288 --epochs 16 --out person.safetensors --work runs/person\n"
    "  Vehicles in pictures, labels/*.txt holding 0 car, 1 truck, 2 bus; trucks are left open:\n"
    "    neroscale train --data aerial --source-classes car,truck,bus --classes car,bus \\\n"
    "      --map truck=ignore --val-match 'flight3*' --size 1024x576 --crop 512x512 \\\n"
    "      --flip-v 0.5 --rotate 0.5 --out vehicle.safetensors --work runs/vehicle\n"
    "  Blood cells in Pascal VOC's layout, which names its classes and has lists of its own:\n"
    "    neroscale train --data bccd --list train --val-list val --size 480x352 \\\n"
    "      --out bccd.safetensors\n"
    "  The same command with --resume goes on where the last checkpoint was written.\n"
    "\n"
    "--data and --video may be given several times; --labels, --frames, --val-frames, --stride,\n"
    "--match, --val-match, --list, --val-list, --share, --scale, --ignore-below, --fill-gaps and\n"
    "--min-track belong to the one before them. The boxes of a video get the first of --classes.\n"
    "WORK gets history.csv, the checkpoints last and previous, and best.safetensors.";

static bool parse_size(const char *text, int *w, int *h)
{
    int used = 0;
    return sscanf(text, "%dx%d%n", w, h, &used) == 2 && text[used] == '\0' && *w >= 32 &&
           *h >= 32 && *w <= 8192 && *h <= 8192 && *w % 32 == 0 && *h % 32 == 0;
}

static nn_status move_optimiser(nn_optimiser_options *o, const raw_options *raw, nn_error *err)
{
    static const char *const names[] = {"adamw", "sgd", "nesterov"};
    for (int i = 0; i < 3; i++)
        if (strcmp(raw->optimiser, names[i]) == 0) {
            o->kind = (nn_optimiser_kind)i;
            o->decay = (float)raw->decay;
            o->momentum = (float)raw->momentum;
            o->clip = (float)raw->clip;
            return NN_OK;
        }
    return nn_fail(err, NN_EINVAL, "--optimiser %s: not one of adamw, sgd, nesterov",
                   raw->optimiser);
}

static nn_status move_and_check(app_train_options *o, const raw_options *raw, nn_error *err)
{
    nn_trainer_options *t = &o->trainer;
    if (strcmp(o->task, "detect") != 0)
        return nn_fail(err, NN_EINVAL, "--task %s: only detect can be trained", o->task);
    if (!o->out)
        return nn_fail(err, NN_EINVAL, "--out FILE.safetensors is missing");
    nn_status status = app_sources_check(&o->sources, err);
    if (status != NN_OK)
        return status;
    if (!parse_size(raw->size, &o->input_w, &o->input_h))
        return nn_fail(err, NN_EINVAL, "--size %s: not WIDTHxHEIGHT in multiples of 32", raw->size);
    if (!parse_size(raw->crop ? raw->crop : raw->size, &t->width, &t->height))
        return nn_fail(err, NN_EINVAL, "--crop %s: not WIDTHxHEIGHT in multiples of 32", raw->crop);
    if (t->batch < 1 || t->batch > 4096 || t->epochs < 1 || t->warmup < 0 || t->epoch_size < 0 ||
        o->val_every < 1 || o->cache_mb < 0 || o->threads < 0)
        return nn_fail(err, NN_EINVAL,
                       "--batch, --epochs, --val-every start at 1; --warmup, "
                       "--epoch-size, --cache-mb, --threads at 0");
    if (!(raw->rate > 0 && raw->rate < 10) || !(raw->average >= 0 && raw->average < 1) ||
        !(raw->decay >= 0) || !(raw->box_weight > 0))
        return nn_fail(err, NN_EINVAL,
                       "--lr must be above 0, --ema within 0..1, --decay 0 or more, "
                       "--box-weight above 0");
    t->rate = (float)raw->rate;
    t->average = (float)raw->average;
    t->seed = (uint64_t)raw->seed;
    t->loss.box_weight = (float)raw->box_weight;
    status = move_optimiser(&t->optimiser, raw, err);
    if (status == NN_OK)
        status = app_augment_options_move(&t->augment, &raw->augment, err);
    if (status == NN_OK && !o->work)
        o->work = g_strconcat(o->out, ".work", NULL);
    return status;
}

static raw_options raw_defaults(const nn_trainer_options *t)
{
    raw_options raw = {.size = g_strdup("384x288"),
                       .optimiser = g_strdup("adamw"),
                       .rate = t->rate,
                       .decay = t->optimiser.decay,
                       .momentum = t->optimiser.momentum,
                       .clip = t->optimiser.clip,
                       .average = t->average,
                       .box_weight = t->loss.box_weight,
                       .seed = (gint64)t->seed};
    app_augment_options_init(&raw.augment, &t->augment);
    return raw;
}

static void release_raw(raw_options *raw)
{
    g_free(raw->size);
    g_free(raw->crop);
    g_free(raw->optimiser);
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
        FILENAME("out", &o->out, "Model file to write", "FILE"),
        FILENAME("work", &o->work, "Folder for checkpoints and history.csv (OUT.work)", "DIR"),
        {"resume", 0, 0, G_OPTION_ARG_NONE, &o->resume, "Go on from the checkpoint in WORK", NULL},
        TEXT("network", &o->network, "Network (neroscale_alexpp)", "NAME"),
        TEXT("options", &o->options, "Its options, such as alpha=0.25,beta=0.5,levels=8",
             "A=B,..."),
        TEXT("task", &o->task, "What to train (detect)", "TASK"),
        TEXT("head", &o->head, "Detection head (fcos)", "NAME"),
        FILENAME("from", &o->from,
                 "Start from the weights of this model, .pth or .h5 where they fit", "MODEL"),
        TEXT("size", &raw->size, "Input of inference (384x288)", "WxH"),
        TEXT("crop", &raw->crop, "Input while training (as --size)", "WxH"),
        INT("epochs", &t->epochs, "Epochs (16)"),
        INT("epoch-size", &t->epoch_size, "Pictures drawn an epoch (0: as many as there are)"),
        INT("batch", &t->batch, "Pictures a step (8)"),
        TEXT("optimiser", &raw->optimiser, "adamw, sgd or nesterov (adamw)", "NAME"),
        REAL("lr", &raw->rate, "Learning rate after warm-up (0.002)"),
        INT("warmup", &t->warmup, "Steps of warm-up (100)"),
        REAL("decay", &raw->decay, "Weight decay (0.02)"),
        REAL("momentum", &raw->momentum, "Momentum of sgd and nesterov (0.9)"),
        REAL("clip", &raw->clip, "Largest norm of the gradient (10); 0: any"),
        REAL("ema", &raw->average, "Decay of the averaged weights (0.998)"),
        REAL("box-weight", &raw->box_weight, "Weight of the box loss (2.5)"),
        INT("topk", &t->loss.topk, "Points of the head an object may have (10)"),
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
    return g_string_free(text, FALSE);
}

bool app_train_options_parse(app_train_options *o, int argc, char **argv, nn_error *err)
{
    *o = (app_train_options){.network = g_strdup("neroscale_alexpp"),
                             .options = g_strdup(""),
                             .task = g_strdup("detect"),
                             .head = g_strdup("fcos"),
                             .val_every = 1,
                             .cache_mb = 3072,
                             .command = join_command(argc, argv)};
    nn_trainer_defaults(&o->trainer);
    raw_options raw = raw_defaults(&o->trainer);
    GOptionContext *context = g_option_context_new("");
    GOptionGroup *group = g_option_group_new("train", "", "", &o->sources, NULL);
    app_sources_add_options(group, true);
    add_entries(group, o, &raw);
    app_augment_options_add(group, &raw.augment);
    g_option_context_set_main_group(context, group);
    g_option_context_set_summary(context, SUMMARY);
    GError *error = NULL;
    nn_status status = NN_OK;
    if (!g_option_context_parse(context, &argc, &argv, &error))
        status = nn_fail(err, NN_EINVAL, "%s (try --help)", error->message);
    else if (argc > 1)
        status = nn_fail(err, NN_EINVAL, "unexpected argument '%s' (try --help)", argv[1]);
    else
        status = move_and_check(o, &raw, err);
    g_clear_error(&error);
    g_option_context_free(context);
    release_raw(&raw);
    return status == NN_OK;
}

void app_train_options_release(app_train_options *o)
{
    app_sources_release(&o->sources);
    g_free(o->network);
    g_free(o->options);
    g_free(o->task);
    g_free(o->head);
    g_free(o->classes);
    g_free(o->out);
    g_free(o->work);
    g_free(o->from);
    g_free(o->command);
    *o = (app_train_options){0};
}
