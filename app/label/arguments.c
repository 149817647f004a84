// SPDX-License-Identifier: MIT
// Options of labelling, their help and their checks.
#include "app/label/arguments.h"

#include "app/cli/arguments.h"
#include "app/cli/option_entries.h"
#include "app/cli/option_table.h"
#include "nn/io/io.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>

void label_arguments_init(label_arguments *a)
{
    *a = (label_arguments){.keep = label_link_defaults.keep,
                           .ignore = NAN, // not given
                           .overlap = label_teachers_defaults.overlap,
                           .min_track = label_link_defaults.min_track,
                           .lost = label_link_defaults.lost};
}

void label_arguments_release(label_arguments *a)
{
    char *texts[] = {a->teachers, a->heads,  a->names, a->classes,
                     a->map,      a->scales, a->tiles, a->range};
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
        g_free(texts[i]);
    *a = (label_arguments){0};
}

static void add_entries(GOptionGroup *group, label_arguments *a)
{
    const GOptionEntry entries[] = {
        APP_OPTION("teacher", &a->teachers, "street"),
        APP_OPTION("head", &a->heads, "the models'; one each"),
        APP_OPTION("names", &a->names, "the models'"),
        APP_OPTION("classes", &a->classes, "those that all teachers have"),
        APP_OPTION("map", &a->map, "none; *=B: all other classes"),
        APP_OPTION("teacher-scales", &a->scales, "by the size of the pictures, up to 2"),
        APP_OPTION("tiles", &a->tiles, "1x1"),
        APP_OPTION("tile-overlap", &a->overlap, "0.25"),
        APP_OPTION("no-mirror", &a->no_mirror, NULL),
        APP_OPTION("threshold", &a->keep, "0.5"),
        APP_OPTION("ignore", &a->ignore, "half of --threshold, at most 0.25"),
        APP_OPTION("frames", &a->range, "all"),
        APP_OPTION("interval", &a->every, "five a second of long videos"),
        APP_OPTION("min-track", &a->min_track, "3"),
        APP_OPTION("lost", &a->lost, "30"),
        APP_OPTION("threads", &a->threads, "0"),
        APP_OPTION("tail-memory", &a->tail.memory, APP_TAIL_MEMORY),
        APP_OPTION("tail-seconds", &a->tail.seconds, APP_TAIL_SECONDS),
        APP_OPTIONS_END};
    app_options_add_entries(group, entries);
}

nn_status label_arguments_parse(label_arguments *a, const label_command *command, app_files *files,
                                int *argc, char ***argv, nn_error *err)
{
    GOptionGroup *group = g_option_group_new(command->name, "", "", NULL, NULL);
    app_options_add_entries(group, command->entries);
    add_entries(group, a);
    const app_arguments what = {
        .synopsis = command->synopsis, .summary = command->summary, .group = group};
    const nn_status status = app_parse_arguments(&what, argc, argv, err);
    if (status != NN_OK)
        return status;
    if (*argc != 2)
        return nn_fail(err, NN_EINVAL, "%s (try --help)",
                       *argc < 2 ? command->which : "more than one input");
    app_files_read(files, "the input", (*argv)[1]);
    return NN_OK;
}

static nn_status move_scales(label_teachers_options *t, const char *text, nn_error *err)
{
    t->scale_count = 0;
    for (const char *p = text;; p++) {
        char *end;
        const double v = g_ascii_strtod(p, &end);
        if (end == p || (*end && *end != ','))
            return nn_fail(err, NN_EINVAL, "--teacher-scales %s: not numbers like 1,1.5", text);
        if (t->scale_count == LABEL_MAX_SCALES)
            return nn_fail(err, NN_EINVAL, "--teacher-scales %s: more than %d", text,
                           LABEL_MAX_SCALES);
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

static nn_status move_numbers(label_options *o, const label_arguments *a, nn_error *err)
{
    o->teachers.mirror = !a->no_mirror;
    o->teachers.overlap = a->overlap;
    o->teachers.threads = a->threads;
    o->teachers.tail = app_tail_limits(&a->tail);
    o->link.keep = a->keep;
    o->link.ignore = isnan(a->ignore) ? fmin(label_link_defaults.ignore, a->keep / 2) : a->ignore;
    o->link.min_track = a->min_track;
    o->link.lost = a->lost;
    o->every = a->every;
    nn_status status = NN_OK;
    if (a->range)
        status = move_pair("--frames", a->range, '-', &o->first, &o->last, err);
    if (status == NN_OK && a->range && (o->first < 1 || o->last < o->first))
        status = nn_fail(err, NN_EINVAL, "--frames %s: not frames like 1-600", a->range);
    return status;
}

// Uses the installed general model as the teacher when the user names none.
static nn_status find_teacher(label_teachers_options *t, nn_error *err)
{
    char path[PATH_MAX];
    if (nn_model_find(LABEL_GENERAL, path, sizeof path, NULL) != NN_OK)
        return nn_fail(err, NN_EINVAL,
                       "--teacher MODEL[,MODEL...] is missing, and no model '%s' is installed",
                       LABEL_GENERAL);
    t->models = LABEL_GENERAL;
    return NN_OK;
}

nn_status label_arguments_move(label_options *o, const label_arguments *a, nn_error *err)
{
    label_teachers_options *t = &o->teachers;
    *o = (label_options){.teachers = label_teachers_defaults, .link = label_link_defaults};
    t->models = a->teachers;
    t->heads = a->heads;
    t->labels = a->names;
    t->classes = a->classes;
    t->map = a->map;
    nn_status status = a->teachers ? NN_OK : find_teacher(t, err);
    if (status == NN_OK)
        status = move_numbers(o, a, err);
    if (status == NN_OK && a->scales)
        status = move_scales(t, a->scales, err);
    if (status == NN_OK && a->tiles)
        status = move_pair("--tiles", a->tiles, 'x', &t->tiles_x, &t->tiles_y, err);
    return status;
}
