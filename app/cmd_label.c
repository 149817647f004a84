// SPDX-License-Identifier: MIT
// neroscale label: pictures and videos get the labels that models which exist already would give
// them.
#include "app/arguments.h"
#include "app/command.h"
#include "app/heads.h"
#include "app/label/label.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char SUMMARY[] =
    "Labels pictures, a video or a camera with one or several detectors, so that a network of "
    "your\n"
    "own can be trained on them. Every picture is looked at as it is, mirrored and, if asked for,\n"
    "in several sizes and in tiles; what all passes find is fused. In a video objects are "
    "followed:\n"
    "a track lends its boxes to frames where nobody found the object, what flickers goes, and "
    "what\n"
    "never stirs and is never sure is left open. Boxes that are neither sure nor nothing are\n"
    "written to be ignored by the training.\n"
    "\n"
    "Examples:\n"
    "  neroscale label street.avi --teacher person --out street\n"
    "  neroscale train --data street --ignore-below 0.5 --val-split 0.1 --out street.safetensors\n"
    "  neroscale label photos --teacher nanodet.param,yolox.param --classes person,car --out "
    "photos-l\n"
    "  neroscale label yard.mp4 --teacher a.onnx,b.onnx --head gfl,yolox --map "
    "car=vehicle,bus=vehicle\n"
    "      --classes vehicle --scales 1,1.5 --tiles 2x2 --frames 200 --out yard\n"
    "  neroscale label /dev/video0 --seconds 300 --teacher person --format mot --out hall\n"
    "\n"
    "OUT gets images/, labels/ (class cx cy w h score) and classes.txt, or with --format mot\n"
    "labels.txt (frame,id,x,y,w,h,score,class,1); sheet.png shows some of it, report.txt and\n"
    "report.json hold the numbers, finds.txt what was found: the same command again goes on where\n"
    "it was stopped, and other --keep, --ignore or --frames need no new look.";

static volatile sig_atomic_t interrupted;

static void interrupt(int signal_number)
{
    (void)signal_number;
    interrupted = 1;
}

// What GLib writes into before it is checked and moved to where it belongs.
typedef struct raw_options {
    char *out, *teachers, *heads, *labels_file, *classes, *map, *scales, *tiles, *frames, *format,
        *range;
    gboolean no_mirror;
    double keep, ignore, overlap, seconds, hold_back;
    int every, min_track, lost, threads;
} raw_options;

static void release(raw_options *r)
{
    char *texts[] = {r->out,    r->teachers, r->heads,  r->labels_file, r->classes, r->map,
                     r->scales, r->tiles,    r->frames, r->format,      r->range};
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
        g_free(texts[i]);
}

static nn_status move_scales(label_teachers_options *t, const char *text, nn_error *err)
{
    t->scale_count = 0;
    for (const char *p = text;; p++) {
        char *end;
        const double v = g_ascii_strtod(p, &end);
        if (end == p || (*end && *end != ','))
            return nn_fail(err, NN_EINVAL, "--scales %s: not numbers like 1,1.5", text);
        if (t->scale_count == LABEL_MAX_SCALES)
            return nn_fail(err, NN_EINVAL, "--scales %s: more than %d", text, LABEL_MAX_SCALES);
        t->scales[t->scale_count++] = v;
        p = end;
        if (!*p)
            return NN_OK;
    }
}

static nn_status move_pair(const char *option, const char *text, char between, int *a, int *b,
                           nn_error *err)
{
    int used = 0;
    char sign = 0;
    if (sscanf(text, "%d%c%d%n", a, &sign, b, &used) != 3 || sign != between || text[used] != '\0')
        return nn_fail(err, NN_EINVAL, "%s %s: not two numbers like 2%c2", option, text, between);
    return NN_OK;
}

static nn_status move_frames(label_options *o, const char *text, nn_error *err)
{
    char *end;
    const long n = strtol(text, &end, 10);
    if (strcmp(text, "all") == 0)
        o->frames = 0;
    else if (end == text || *end || n < 1 || n > INT_MAX)
        return nn_fail(err, NN_EINVAL, "--frames %s: not a number from 1, nor all", text);
    else
        o->frames = (int)n;
    return NN_OK;
}

static nn_status move_numbers(label_options *o, const raw_options *raw, nn_error *err)
{
    o->teachers.mirror = !raw->no_mirror;
    o->teachers.overlap = raw->overlap;
    o->teachers.threads = raw->threads;
    o->link.keep = raw->keep;
    o->link.ignore = raw->ignore;
    o->link.min_track = raw->min_track;
    o->link.lost = raw->lost;
    o->every = raw->every;
    o->seconds = raw->seconds;
    o->hold_back = raw->hold_back;
    nn_status status = app_check_threads(raw->threads, err);
    if (status == NN_OK)
        status = app_check_range("--every", raw->every, 0, INT_MAX, err);
    if (status == NN_OK)
        status = app_check_range("--min-track", raw->min_track, 1, INT_MAX, err);
    if (status == NN_OK)
        status = app_check_range("--lost", raw->lost, 1, 1000000, err);
    if (status == NN_OK && !(raw->hold_back >= 0 && raw->hold_back < 1))
        status =
            nn_fail(err, NN_EINVAL, "--hold-back %g: not a part from 0 to below 1", raw->hold_back);
    if (status == NN_OK && !(raw->seconds >= 0 && raw->seconds < 1e6))
        status = nn_fail(err, NN_EINVAL, "--seconds %g: not within 0 and a million", raw->seconds);
    return status;
}

static nn_status move_options(label_options *o, const raw_options *raw, nn_error *err)
{
    label_teachers_options *t = &o->teachers;
    *o = (label_options){
        .out = raw->out, .teachers = label_teachers_defaults, .link = label_link_defaults};
    t->models = raw->teachers;
    t->heads = raw->heads;
    t->labels = raw->labels_file;
    t->classes = raw->classes;
    t->map = raw->map;
    if (!raw->teachers)
        return nn_fail(err, NN_EINVAL, "--teacher MODEL[,MODEL...] is missing");
    nn_status status = move_numbers(o, raw, err);
    if (status == NN_OK && raw->scales)
        status = move_scales(t, raw->scales, err);
    if (status == NN_OK && raw->tiles)
        status = move_pair("--tiles", raw->tiles, 'x', &t->tiles_x, &t->tiles_y, err);
    if (status == NN_OK && raw->range)
        status = move_pair("--range", raw->range, '-', &o->first, &o->last, err);
    if (status == NN_OK && raw->range && (o->first < 1 || o->last < o->first))
        status = nn_fail(err, NN_EINVAL, "--range %s: not frames like 1-600", raw->range);
    if (status == NN_OK && raw->frames)
        status = move_frames(o, raw->frames, err);
    if (status == NN_OK && raw->format && strcmp(raw->format, "mot") == 0)
        o->format = LABEL_MOT;
    else if (status == NN_OK && raw->format && strcmp(raw->format, "yolo") != 0)
        status = nn_fail(err, NN_EINVAL, "--format %s: neither yolo nor mot", raw->format);
    return status;
}

#define TEXT(name, to, text, arg)                                                                  \
    {                                                                                              \
        name, 0, 0, G_OPTION_ARG_STRING, to, text, arg                                             \
    }
#define REAL(name, to, text)                                                                       \
    {                                                                                              \
        name, 0, 0, G_OPTION_ARG_DOUBLE, to, text, "X"                                             \
    }
#define INT(name, to, text)                                                                        \
    {                                                                                              \
        name, 0, 0, G_OPTION_ARG_INT, to, text, "N"                                                \
    }

static nn_status parse(raw_options *r, int *argc, char ***argv, nn_error *err)
{
    const GOptionEntry entries[] = {
        {"out", 0, 0, G_OPTION_ARG_FILENAME, &r->out, "Folder to write into", "DIR"},
        TEXT("teacher", &r->teachers, "Detectors: files, or names of installed models",
             "MODEL,..."),
        TEXT("head", &r->heads, "What their outputs mean, one each (what they say)", "HEAD,..."),
        {"labels-file", 0, 0, G_OPTION_ARG_FILENAME, &r->labels_file,
         "Names of their classes, a line each (what they say)", "FILE"},
        TEXT("classes", &r->classes, "Classes of the labels (those that all teachers share)",
             "A,B,..."),
        TEXT("map", &r->map, "Classes of teachers that count as others, or ignore", "A=B,..."),
        TEXT("scales", &r->scales, "Sizes of the teachers' inputs, times their own (1)", "X,..."),
        TEXT("tiles", &r->tiles, "Columns and rows of parts that are looked at, too (1x1)", "NxM"),
        REAL("overlap", &r->overlap, "Of neighbouring tiles, a part of their side (0.25)"),
        {"no-mirror", 0, 0, G_OPTION_ARG_NONE, &r->no_mirror, "No pass over the mirror image",
         NULL},
        REAL("keep", &r->keep, "Boxes from this score on are labels (0.5)"),
        REAL("ignore", &r->ignore, "Boxes from this one on are written to be ignored (0.25)"),
        TEXT("format", &r->format, "yolo: pictures with labels, or mot: one text for a video",
             "FORMAT"),
        TEXT("frames", &r->frames, "How many pictures to write: the most varied, or all (all)",
             "N"),
        REAL("hold-back", &r->hold_back,
             "Last part of the pictures, named held-..., to validate with (0)"),
        TEXT("range", &r->range, "Frames of the video to look at (all)", "A-B"),
        INT("every", &r->every, "Look at every so many frames (at five a second of long videos)"),
        REAL("seconds", &r->seconds, "Time to record of a camera (60)"),
        INT("min-track", &r->min_track, "Objects found on fewer frames are flickers (3)"),
        INT("lost", &r->lost, "Frames an object may be unseen and still be the same (30)"),
        INT("threads", &r->threads, "Threads (0: one per core)"),
        {NULL, 0, 0, 0, NULL, NULL, NULL}};
    g_autofree char *heads = app_heads_text();
    const app_arguments what = {.synopsis = "DIR|VIDEO|CAMERA",
                                .summary = SUMMARY,
                                .description = heads,
                                .entries = entries};
    const nn_status status = app_parse_arguments(&what, argc, argv, err);
    if (status != NN_OK || *argc == 2)
        return status;
    return nn_fail(err, NN_EINVAL, "%s (try --help)",
                   *argc < 2 ? "which pictures, video or camera?" : "more than one input");
}

static void say_what_was_made(const label_options *o, const label_outcome *out)
{
    int labels = 0, ignored = 0, written = 0;
    for (int p = 0; p < out->set.pages; p++) {
        written += out->chosen[p];
        for (guint i = 0; i < out->set.boxes[p]->len; i++) {
            const label_box *b = label_set_at(&out->set, p, (int)i);
            labels += !b->ignore;
            ignored += b->ignore && out->to[b->box.label] >= 0;
        }
    }
    printf("%d pictures: %d labels, %d boxes to be ignored; see %s/report.txt and %s/sheet.png\n",
           out->set.pages, labels, ignored, o->out, o->out);
    if (o->format == LABEL_YOLO)
        printf("%d are written. Train on them:\n  neroscale train --data %s --ignore-below %g %s "
               "--out %s.safetensors\n",
               written, o->out, o->link.keep,
               o->hold_back > 0 ? "--val-match 'held-*'" : "--val-split 0.1", o->out);
    else
        printf("Train on them:\n  neroscale train --video %s --labels %s/labels.txt --stride %d "
               "--ignore-below %g --classes %s --out %s.safetensors\n",
               out->video, o->out, out->every, o->link.keep, out->classes.name[0], o->out);
}

int app_cmd_label(int argc, char **argv)
{
    raw_options raw = {.keep = label_link_defaults.keep,
                       .ignore = label_link_defaults.ignore,
                       .overlap = label_teachers_defaults.overlap,
                       .min_track = label_link_defaults.min_track,
                       .lost = label_link_defaults.lost};
    label_options o;
    label_outcome outcome = {0};
    nn_error err = {0};
    nn_status status = parse(&raw, &argc, &argv, &err);
    if (status == NN_OK)
        status = move_options(&o, &raw, &err);
    if (status == NN_OK) {
        struct sigaction action = {.sa_handler = interrupt, .sa_flags = (int)SA_RESETHAND};
        sigaction(SIGINT, &action, NULL);
        sigaction(SIGTERM, &action, NULL);
        o.input = argv[1];
        status = label_run(&o, &interrupted, &outcome, &err);
    }
    if (status == NN_OK)
        say_what_was_made(&o, &outcome);
    label_outcome_release(&outcome);
    release(&raw);
    const int end = app_end(status, &err);
    return end == 0 && interrupted ? 130 : end;
}
