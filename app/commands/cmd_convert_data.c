// SPDX-License-Identifier: MIT
// neroscale convert-data: writes labelled pictures in the format of another tool.
#include "app/cli/arguments.h"
#include "app/cli/interrupt.h"
#include "app/cli/new_folder.h"
#include "app/cli/option_entries.h"
#include "app/cli/option_table.h"
#include "app/cli/progress.h"
#include "app/commands/command.h"
#include "app/data/source_folder.h"
#include "nn/data/annotation_store.h"
#include "nn/data/write/convert_set.h"
#include "po/translate.h"

#include <glib.h>
#include <stdio.h>
#include <string.h>

enum { MOST_NOTES = 10 };

static const char SUMMARY[] = N_(
    "Writes labelled pictures as another tool reads them. IN is anything that --data takes: a "
    "folder,\n"
    "data.yaml or annotation file of YOLO, Roboflow, COCO, Pascal VOC, CVAT, Label Studio, "
    "labelme,\n"
    "KITTI, MOT and others. OUT becomes a new folder:\n"
    "\n"
    "  yolo   data.yaml, images/train, labels/train, images/val, ... (Ultralytics)\n"
    "  coco   annotations/instances_train.json, train/, ...\n"
    "  voc    Annotations, JPEGImages, ImageSets/Main/train.txt, ...\n"
    "  mot    train/SEQUENCE with seqinfo.ini, img1, gt/gt.txt, gt/labels.txt, ...\n"
    "\n"
    "Splits stay; pictures without one go to train. Pictures are copied, and IN stays as it is. "
    "Boxes,\n"
    "outlines (coco; yolo with --outlines), keypoints (coco; yolo without --outlines), the marks "
    "of difficult, crowded or ignored objects "
    "(coco,\n"
    "voc, mot) and the tracks of videos (mot) are kept where the format has a place for them. One "
    "line\n"
    "says what is lost.\n"
    "\n"
    "Examples:\n"
    "  neroscale convert-data cvat-export yard-yolo --to yolo\n"
    "  neroscale convert-data data.yaml yard-coco --to coco --classes car,person\n"
    "  neroscale convert-data MOT17/train people --to voc --link");

typedef struct convert_options {
    app_data_options sources; // one
    char *to, *out, *classes;
    gboolean outlines, link, force;
    // The state.
    nn_names labels, given;
    app_progress progress;
    int noted;
    const volatile sig_atomic_t *interrupted;
} convert_options;

// All classes of the data, and those that are asked for.
static nn_status find_classes(convert_options *o, nn_error *err)
{
    nn_status status = app_data_options_labels(&o->sources, &o->labels, err);
    if (status != NN_OK || !o->classes)
        return status;
    status = nn_names_parse(&o->given, o->classes, err);
    for (int i = 0; i < o->given.count && status == NN_OK; i++)
        if (nn_names_find(&o->labels, o->given.name[i]) < 0) {
            g_autoptr(GString) known = g_string_new(NULL);
            for (int k = 0; k < o->labels.count && known->len < 200; k++)
                g_string_append_printf(known, "%s%s", k ? ", " : "", o->labels.name[k]);
            status = nn_fail(err, NN_EINVAL, "--classes: the data have no class '%s'; they have %s",
                             o->given.name[i], known->str);
        }
    return status;
}

static void take_note(void *ctx, const char *line)
{
    convert_options *o = ctx;
    if (o->noted++ < MOST_NOTES)
        app_progress_note(line);
}

static bool go_on(void *ctx, int pictures)
{
    convert_options *o = ctx;
    app_progress_late(&o->progress, pictures, "pictures");
    return !*o->interrupted;
}

static void add_part(GString *line, long count, const char *what)
{
    if (count > 0)
        g_string_append_printf(line, "%s%ld %s", line->len ? "; " : "", count, what);
}

// One line about what was written, and one about what was not.
static void tell(const convert_options *o, const nn_conversion *c)
{
    const nn_write_counts *n = &c->counts;
    g_autoptr(GString) splits = g_string_new(NULL), lost = g_string_new(NULL);
    for (int i = NN_SPLIT_TRAIN; i < NN_SPLITS; i++) {
        const int more = i == NN_SPLIT_TRAIN ? n->split[NN_SPLIT_NONE] : 0;
        if (n->split[i] + more > 0)
            g_string_append_printf(splits, "%s%s %d", splits->len ? ", " : "",
                                   nn_split_name((nn_split)i), n->split[i] + more);
    }
    printf("%s: %s, %d pictures (%s), %ld objects of %d classes\n", o->out, c->to->title,
           n->pictures, splits->str, n->objects, c->options.classes->count);
    add_part(lost, c->skipped, "pictures that cannot be used");
    add_part(lost, c->unwanted, "objects of other classes");
    add_part(lost, n->ignored, "difficult, crowded or ignored objects");
    add_part(lost, n->outlines,
             c->to->or_outlines ? "outlines became boxes (--outlines keeps them)"
                                : "outlines became boxes");
    add_part(lost, n->rotated, "rotated boxes became upright");
    add_part(lost, n->keypoints, "objects' keypoints");
    add_part(lost, n->scores, "scores");
    add_part(lost, n->tracks, "numbers of tracks");
    add_part(lost, n->empty, "pictures without objects look unlabelled");
    if (lost->len)
        printf("lost: %s\n", lost->str);
    if (o->noted > MOST_NOTES)
        printf("(%d more notes)\n", o->noted - MOST_NOTES);
}

static bool lies_in(const char *inner, const char *outer)
{
    const size_t length = strlen(outer);
    return strncmp(inner, outer, length) == 0 &&
           (inner[length] == '\0' || inner[length] == '/' || outer[length - 1] == '/');
}

// What is read must not be replaced, and what is written must not be read.
static nn_status check_places(const convert_options *o, nn_error *err)
{
    g_autofree char *in = realpath(o->sources.list->path, NULL), *real = realpath(o->out, NULL);
    g_autofree char *out = real ? g_strdup(real) : g_canonicalize_filename(o->out, NULL);
    if (!in)
        return nn_fail(err, NN_ENOTFOUND, "%s: %s", o->sources.list->path, g_strerror(errno));
    if (lies_in(in, out))
        return nn_fail(err, NN_EINVAL, "--out %s: would replace the data that are read (%s)",
                       o->out, o->sources.list->path);
    return lies_in(out, in)
               ? nn_fail(err, NN_EINVAL, "--out %s: lies in the data that are read (%s)", o->out,
                         o->sources.list->path)
               : NN_OK;
}

// --force replaces data sets, nothing else.
static nn_status check_old(const convert_options *o, nn_error *err)
{
    const nn_data_format *format;
    g_autoptr(GDir) dir = g_dir_open(o->out, 0, NULL);
    if (!o->force || !g_file_test(o->out, G_FILE_TEST_EXISTS) || (dir && !g_dir_read_name(dir)) ||
        nn_data_find(&format, o->out, NN_DATA_BOXES, NULL) == NN_OK)
        return NN_OK;
    return nn_fail(err, NN_EINVAL, "--out %s: is no data set; it is not replaced", o->out);
}

static nn_status prepare(convert_options *o, nn_error *err)
{
    app_data_options *s = &o->sources;
    nn_status status = check_places(o, err);
    if (status == NN_OK)
        status = check_old(o, err);
    if (status == NN_OK)
        status = app_data_options_unpack(s, err);
    if (status == NN_OK)
        status = app_data_options_check(s, err);
    if (status == NN_OK)
        status = find_classes(o, err);
    return status;
}

static nn_status run(convert_options *o, nn_error *err)
{
    const nn_write_format *to = nn_write_format_named(o->to);
    app_new_folder out = {0};
    if (!to)
        return nn_fail(err, NN_EINVAL, "--to %s: not one of yolo, coco, voc, mot", o->to);
    nn_status status = prepare(o, err);
    if (status == NN_OK)
        status = app_new_folder_open(&out, "--out", o->out, o->force, err);
    if (status != NN_OK)
        return status;
    const app_source *source = o->sources.list;
    const nn_folder f = app_source_describe(&o->sources, source, NULL);
    nn_conversion c = {.from = source->format,
                       .folder = &f,
                       .to = to,
                       .options = {.out = out.temporary,
                                   .classes = o->classes ? &o->given : &o->labels,
                                   .outlines = o->outlines,
                                   .link = o->link},
                       .notes = {take_note, o},
                       .went_on = go_on,
                       .ctx = o};
    o->interrupted = app_interrupt_catch(NULL);
    app_progress_begin(&o->progress, "", 0, nn_annotation_store_survey(source->store)->pictures);
    status = nn_data_convert(&c, err);
    app_progress_clear(&o->progress);
    status = app_new_folder_close(&out, status, err);
    if (status == NN_OK)
        tell(o, &c);
    return status;
}

static nn_status parse(convert_options *o, int *argc, char ***argv, nn_error *err)
{
    const GOptionEntry entries[] = {APP_OPTION("to", &o->to, NULL),
                                    APP_OPTION("out", &o->out, NULL),
                                    APP_OPTION("classes", &o->classes, "all"),
                                    APP_OPTION("names", &o->sources.classes, NULL),
                                    APP_OPTION("outlines", &o->outlines, NULL),
                                    APP_OPTION("link", &o->link, NULL),
                                    APP_OPTION("force", &o->force, NULL),
                                    APP_OPTIONS_END};
    const app_arguments what = {.synopsis = "IN OUT", .summary = SUMMARY, .entries = entries};
    nn_status status = app_parse_arguments(&what, argc, argv, err);
    if (status != NN_OK)
        return status;
    const int words = o->out ? 2 : 3;
    if (*argc < words)
        return nn_fail(err, NN_EINVAL, "%s (try --help)",
                       *argc < 2 ? "which data? give IN and OUT" : "where to? give OUT");
    if (*argc > words)
        return nn_fail(err, NN_EINVAL, "unexpected argument '%s' (try --help)", (*argv)[words]);
    if (!o->to)
        return nn_fail(err, NN_EINVAL, "which format? give --to yolo, coco, voc or mot");
    o->sources.count = 1;
    o->sources.kind = NN_DATA_BOXES;
    o->sources.list->path = g_strdup((*argv)[1]);
    if (!o->out)
        o->out = g_strdup((*argv)[2]);
    return NN_OK;
}

int app_cmd_convert_data(int argc, char **argv)
{
    convert_options o = {0};
    nn_error err = {0};
    nn_status status = parse(&o, &argc, &argv, &err);
    if (status == NN_OK)
        status = run(&o, &err);
    nn_names_release(&o.labels);
    nn_names_release(&o.given);
    app_data_options_release(&o.sources);
    g_free(o.to);
    g_free(o.out);
    g_free(o.classes);
    const int end = app_end(status, &err);
    return status != NN_OK && o.interrupted && *o.interrupted ? 130 : end;
}
