// SPDX-License-Identifier: MIT
// neroscale label: labels pictures and videos with existing models.
#include "app/cli/arguments.h"
#include "app/cli/files.h"
#include "app/cli/interrupt.h"
#include "app/cli/option_table.h"
#include "app/cli/shell_word.h"
#include "app/commands/command.h"
#include "app/label/arguments.h"
#include "po/translate.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char SUMMARY[] = N_(
    "Labels pictures, a video or a camera with one or several detectors, to train a network of "
    "your own.\n"
    "Each detector sees every picture as it is, mirrored and, if asked for, in several sizes and "
    "tiles.\n"
    "The boxes of all passes are fused. In videos objects are tracked: a track fills in boxes "
    "where none\n"
    "was found, short tracks are dropped, and objects that never move and never get a high score "
    "are left\n"
    "undecided. Undecided boxes are written with a low score, and the training ignores them.\n"
    "\n"
    "Examples:\n"
    "  neroscale label street.avi --teacher person --out street\n"
    "  neroscale train --data street --ignore-below 0.5 --out street.safetensors\n"
    "  neroscale label photos --teacher nanodet.param,yolox.param --classes person,car --out "
    "photos-l\n"
    "  neroscale label yard.mp4 --teacher a.onnx,b.onnx --head gfl,yolox --map "
    "car=vehicle,bus=vehicle \\\n"
    "      --classes vehicle --teacher-scales 1,1.5 --tiles 2x2 --max-pictures 200 --out yard\n"
    "  neroscale label /dev/video0 --minutes 5 --teacher person --format mot --out hall\n"
    "\n"
    "OUT gets images/, labels/ (class cx cy w h score) and classes.txt, or with --format mot "
    "labels.txt.\n"
    "sheet.png shows examples, report.txt and report.json hold the numbers, teacher-boxes.txt the "
    "boxes\n"
    "of the teachers. The same command continues after an interruption. --force writes labels that "
    "are\n"
    "there anew; then other values of --threshold, --ignore or --max-pictures reuse "
    "teacher-boxes.txt.");

// The raw values of GLib before they are checked.
typedef struct raw_options {
    label_arguments label;
    char *out, *format;
    double minutes, hold_back;
    int pictures;
    gboolean force;
} raw_options;

static void release(raw_options *r)
{
    label_arguments_release(&r->label);
    g_free(r->out);
    g_free(r->format);
}

static nn_status move_options(label_options *o, const raw_options *raw, nn_error *err)
{
    nn_status status = label_arguments_move(o, &raw->label, err);
    o->out = raw->out;
    o->seconds = 60 * raw->minutes;
    o->hold_back = raw->hold_back;
    o->frames = raw->pictures;
    o->force = raw->force;
    if (status == NN_OK && raw->format && strcmp(raw->format, "mot") == 0)
        o->format = LABEL_MOT;
    else if (status == NN_OK && raw->format && strcmp(raw->format, "yolo") != 0)
        status = nn_fail(err, NN_EINVAL, "--format %s: neither yolo nor mot", raw->format);
    return status;
}

static nn_status parse(raw_options *r, int *argc, char ***argv, nn_error *err)
{
    const GOptionEntry entries[] = {APP_OPTION("out", &r->out, NULL),
                                    APP_OPTION("force", &r->force, NULL),
                                    APP_OPTION("format", &r->format, "yolo"),
                                    APP_OPTION("max-pictures", &r->pictures, "0"),
                                    APP_OPTION("val-split", &r->hold_back, "0"),
                                    APP_OPTION("minutes", &r->minutes, "1"),
                                    APP_OPTIONS_END};
    const label_command command = {.name = "label",
                                   .synopsis = "DIR|VIDEO|CAMERA",
                                   .summary = SUMMARY,
                                   .which = "which pictures, video or camera?",
                                   .entries = entries};
    app_files files = {0};
    const nn_status status = label_arguments_parse(&r->label, &command, &files, argc, argv, err);
    app_files_write(&files, "--out", r->out);
    return status == NN_OK ? app_files_check(&files, err) : status;
}

static void suggest_training(const label_options *o, const label_outcome *out, int written)
{
    g_autofree char *plain = g_strconcat(o->out, ".safetensors", NULL), *to = app_shell_word(plain);
    g_autofree char *text = g_strconcat(o->out, "/labels.txt", NULL);
    g_autofree char *data = app_shell_word(o->out), *labels = app_shell_word(text);
    if (o->format == LABEL_YOLO) {
        printf("%d are written. Train on them:\n  neroscale train --data %s --ignore-below %g %s "
               "--out %s\n",
               written, data, o->link.keep,
               o->hold_back > 0 ? "--val-match 'held-*'" : "--val-split 0.1", to);
        return;
    }
    g_autofree char *video = app_shell_word(out->video),
                    *name = app_shell_word(out->classes.name[0]);
    printf("Train on them:\n  neroscale train --video %s --labels %s --stride %d --ignore-below %g "
           "--classes %s --out %s\n",
           video, labels, out->every, o->link.keep, name, to);
}

static void say_what_was_made(const label_options *o, const label_outcome *out)
{
    int labels = 0, ignored = 0, written = 0;
    for (int p = 0; p < out->set.pictures; p++) {
        written += out->chosen[p];
        for (guint i = 0; i < out->set.boxes[p]->len; i++) {
            const label_box *b = label_set_at(&out->set, p, (int)i);
            labels += !b->ignore;
            ignored += b->ignore && out->to[b->box.label] >= 0;
        }
    }
    printf("%d pictures: %d labels, %d boxes to be ignored; see %s/report.txt and %s/sheet.png\n",
           out->set.pictures, labels, ignored, o->out, o->out);
    if (out->stopped)
        printf("Stopped before the end: the same command goes on, and writes the labels anew.\n");
    else
        suggest_training(o, out, written);
}

int app_cmd_label(int argc, char **argv)
{
    raw_options raw = {0};
    label_options o;
    label_outcome outcome = {0};
    nn_error err = {0};
    const volatile sig_atomic_t *interrupted = app_interrupt_catch(NULL);
    label_arguments_init(&raw.label);
    nn_status status = parse(&raw, &argc, &argv, &err);
    if (status == NN_OK)
        status = move_options(&o, &raw, &err);
    if (status == NN_OK) {
        o.input = argv[1];
        status = label_run(&o, interrupted, &outcome, &err);
    }
    if (status == NN_OK)
        say_what_was_made(&o, &outcome);
    label_outcome_release(&outcome);
    release(&raw);
    const int end = app_end(status, &err);
    return end == 0 && *interrupted ? 130 : end;
}
