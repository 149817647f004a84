// SPDX-License-Identifier: MIT
// neroscale adapt: trains a small detector for one scene, and proves that it is better there.
#include "app/adapt/adapt.h"
#include "app/cli/arguments.h"
#include "app/cli/claim.h"
#include "app/cli/files.h"
#include "app/cli/image_size.h"
#include "app/cli/interrupt.h"
#include "app/cli/option_table.h"
#include "app/commands/command.h"
#include "app/label/arguments.h"
#include "nn/io/save_format.h"
#include "po/translate.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

static const char SUMMARY[] = N_(
    "Trains a small detector for one scene. Large detectors (the teachers) label a video or a "
    "camera.\n"
    "street-nano is trained further on the earlier part of it. On the last part, held back, the "
    "new model\n"
    "is compared with the teachers and with the general model. If it is faster and not worse than "
    "the\n"
    "general model, OUT is written and the exit status is 0. Otherwise the exit status is 1 and "
    "the model\n"
    "lies beside OUT as NAME.rejected.safetensors.\n"
    "\n"
    "Examples:\n"
    "  neroscale adapt /dev/video0 --minutes 20 --out yard.safetensors\n"
    "  neroscale adapt street.avi --teacher nanodet.param,picodet.onnx --classes person,car \\\n"
    "      --out street.safetensors\n"
    "  neroscale run street.avi --model street.safetensors\n"
    "\n"
    "How long it takes is shown before it begins. The teachers see each picture in as many sizes\n"
    "as it has pixels for, and mirrored: with four of them about one second of a processor core a\n"
    "picture, for up to a thousand pictures of a short video; --interval 3 takes a third of that.\n"
    "Training on from street-nano ends after 8000 to 16000 views, three to ten minutes of a core;\n"
    "from random weights (--init none) after 60000 views or --budget minutes. The sizes of the\n"
    "objects decide how large the input is. For small ones street-nano gets a new head, which\n"
    "looks at finer maps and needs twice as many views.\n"
    "\n"
    "WORK gets labels/ (see 'neroscale label'), train/ (see 'neroscale train'), report.txt and\n"
    "report.json with the comparison, and compare.png. The same command continues after an "
    "interruption.");

// The raw values of GLib before they are checked.
typedef struct raw_options {
    label_arguments label;
    char *out, *work, *general, *general_head, *init, *size, *network;
    double minutes, budget, held;
    int epochs, frames;
    gboolean force, even_if_worse;
} raw_options;

static void release(raw_options *r)
{
    char *texts[] = {r->out, r->work, r->general, r->general_head, r->init, r->size, r->network};
    label_arguments_release(&r->label);
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
        g_free(texts[i]);
}

// Any network can be a specialist: formats for few of them are refused before it is trained.
static nn_status check_format(const char *out, nn_error *err)
{
    const nn_save_format *format;
    if (nn_save_format_of(&format, out, err) != NN_OK)
        return nn_fail_prefix(err, NN_EINVAL, "--out");
    return format->weights
               ? nn_fail(err, NN_EINVAL, "--out %s: a detector cannot be written for %s", out,
                         format->name)
               : NN_OK;
}

static nn_status move_options(adapt_options *o, raw_options *raw, nn_error *err)
{
    const double check = 0.1; // part of the pictures that chooses the epoch
    if (!raw->out || !*raw->out)
        return nn_fail(err, NN_EINVAL, "--out FILE.safetensors is missing");
    if (!raw->work)
        raw->work = g_strconcat(raw->out, ".work", NULL);
    *o = (adapt_options){.general = raw->general,
                         .general_head = raw->general_head,
                         .out = raw->out,
                         .work = raw->work,
                         .init = raw->init,
                         .network = raw->network,
                         .epochs = raw->epochs,
                         .budget = 60 * raw->budget,
                         .frames = raw->frames > 0 ? raw->frames : INT_MAX,
                         .held = raw->held,
                         .check = check,
                         .even_if_worse = raw->even_if_worse};
    nn_status status = label_arguments_move(&o->label, &raw->label, err);
    if (status == NN_OK && raw->init && raw->network && strcmp(raw->init, ADAPT_FRESH) != 0)
        status =
            nn_fail(err, NN_EINVAL,
                    "--options is for networks with random weights, not for --init %s", raw->init);
    o->label.seconds = 60 * raw->minutes;
    if (status == NN_OK && raw->size)
        status = app_parse_size("--size", raw->size, &o->width, &o->height, err);
    if (status == NN_OK)
        status = check_format(o->out, err);
    return status == NN_OK ? app_claim("--out", o->out, raw->force, err) : status;
}

static nn_status parse(raw_options *r, int *argc, char ***argv, nn_error *err)
{
    const GOptionEntry entries[] = {
        APP_OPTION("out", &r->out, NULL),
        APP_OPTION("work", &r->work, "OUT.work"),
        APP_OPTION("minutes", &r->minutes, "10"),
        APP_OPTION("budget", &r->budget, "30"),
        APP_OPTION("epochs", &r->epochs, "as many as the budget allows"),
        APP_OPTION("max-pictures", &r->frames, "600"),
        APP_OPTION("val-split", &r->held, "0.2, the last part of the scene"),
        APP_OPTION("general", &r->general, "street, or the first teacher"),
        APP_OPTION("general-head", &r->general_head, "the model's"),
        APP_OPTION("init", &r->init, "street-nano; none: from random weights"),
        APP_OPTION("size", &r->size, "by the sizes of the objects"),
        APP_OPTION("options", &r->network, "by the sizes of the objects"),
        APP_OPTION("even-if-worse", &r->even_if_worse, NULL),
        APP_OPTION("force", &r->force, NULL),
        APP_OPTIONS_END};
    const label_command command = {.name = "adapt",
                                   .synopsis = "VIDEO|CAMERA",
                                   .summary = SUMMARY,
                                   .which = "which video or camera?",
                                   .entries = entries};
    app_files files = {0};
    const nn_status status = label_arguments_parse(&r->label, &command, &files, argc, argv, err);
    app_files_read(&files, "--general", r->general);
    app_files_read(&files, "--init", r->init);
    app_files_write(&files, "--out", r->out);
    return status == NN_OK ? app_files_check(&files, err) : status;
}

int app_cmd_adapt(int argc, char **argv)
{
    raw_options raw = {.minutes = 10, .budget = 30, .held = 0.2, .frames = 600};
    adapt_options o;
    nn_error err = {0};
    bool better = false;
    const volatile sig_atomic_t *interrupted = app_interrupt_catch(NULL);
    label_arguments_init(&raw.label);
    nn_status status = parse(&raw, &argc, &argv, &err);
    if (status == NN_OK)
        status = move_options(&o, &raw, &err);
    if (status == NN_OK) {
        o.label.input = argv[1];
        status = adapt_run(&o, interrupted, &better, &err);
    }
    release(&raw);
    const int end = app_end(status, &err);
    return end != 0 ? end : *interrupted ? 130 : !better;
}
