// SPDX-License-Identifier: MIT
// Parsing of the data options: each applies to the --data or --video before it.
#include "app/data/data_options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void app_data_options_release(app_data_options *s)
{
    for (int i = 0; i < s->count; i++) {
        g_free(s->list[i].path);
        g_free(s->list[i].labels);
        g_free(s->list[i].match);
        g_free(s->list[i].val_match);
        g_free(s->list[i].list);
        g_free(s->list[i].val_list);
        g_free(s->list[i].label_dir);
        g_free(s->list[i].known);
    }
    g_free(s->classes);
    g_free(s->map);
    nn_names_release(&s->numbers);
    nn_names_release(&s->fallback);
    *s = (app_data_options){0};
}

void app_data_options_files(const app_data_options *s, app_files *files)
{
    for (int i = 0; i < s->count; i++) {
        const app_source *one = &s->list[i];
        app_files_read(files,
                       one->video       ? "--video"
                       : one->negatives ? "--negatives"
                                        : "--data",
                       one->path);
        app_files_read(files, "--labels", one->labels);
    }
}

static gboolean fail(GError **error, const char *option, const char *value, const char *what)
{
    g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "%s %s: %s", option, value, what);
    return FALSE;
}

static gboolean start_source(const char *option, const char *value, void *data, GError **error)
{
    app_data_options *s = data;
    if (s->count == APP_MAX_SOURCES)
        return fail(error, option, value, "too many sources");
    s->list[s->count++] = (app_source){.video = strcmp(option, "--video") == 0,
                                       .negatives = strcmp(option, "--negatives") == 0,
                                       .path = g_strdup(value)};
    return TRUE;
}

gboolean app_data_options_take_folder(const char *option, const char *value, void *data,
                                      GError **error)
{
    (void)option;
    return start_source("--data", value, data, error);
}

static app_source *current(app_data_options *s, const char *option, const char *value, bool video,
                           GError **error)
{
    app_source *last = s->count ? &s->list[s->count - 1] : NULL;
    if (last && !last->negatives && last->video == video)
        return last;
    fail(error, option, value,
         video ? "comes after the --video it belongs to" : "comes after the --data it belongs to");
    return NULL;
}

static gboolean set_video_text(const char *option, const char *value, void *data, GError **error)
{
    app_source *s = current(data, option, value, true, error);
    if (!s)
        return FALSE;
    if (strcmp(option, "--labels") == 0) {
        g_free(s->labels);
        s->labels = g_strdup(value);
        return TRUE;
    }
    char *end;
    long number = strtol(value, &end, 10);
    if (end == value || *end != '\0' || number < 1 || number > 100000)
        return fail(error, option, value, "not a number from 1");
    if (strcmp(option, "--stride") == 0)
        s->stride = (int)number;
    else if (strcmp(option, "--fill-gaps") == 0)
        s->clean.fill_gaps = (int)number;
    else
        s->clean.min_track = (int)number;
    return TRUE;
}

static gboolean set_frames(const char *option, const char *value, void *data, GError **error)
{
    app_source *s = current(data, option, value, true, error);
    if (!s)
        return FALSE;
    int first, last, used = 0;
    if (sscanf(value, "%d-%d%n", &first, &last, &used) != 2 || value[used] != '\0' || first < 1 ||
        last < first)
        return fail(error, option, value, "not a range like 1-540");
    app_range *r = strcmp(option, "--frames") == 0 ? &s->frames : &s->val_frames;
    *r = (app_range){first, last};
    return TRUE;
}

static gboolean set_match(const char *option, const char *value, void *data, GError **error)
{
    app_source *s = current(data, option, value, false, error);
    if (!s)
        return FALSE;
    char **text = strcmp(option, "--match") == 0       ? &s->match
                  : strcmp(option, "--val-match") == 0 ? &s->val_match
                  : strcmp(option, "--list") == 0      ? &s->list
                  : strcmp(option, "--label-dir") == 0 ? &s->label_dir
                                                       : &s->val_list;
    g_free(*text);
    *text = g_strdup(value);
    return TRUE;
}

static gboolean set_known(const char *option, const char *value, void *data, GError **error)
{
    app_data_options *s = data;
    if (s->count == 0)
        return fail(error, option, value, "comes after the --data or --video it belongs to");
    g_free(s->list[s->count - 1].known);
    s->list[s->count - 1].known = g_strdup(value);
    return TRUE;
}

static gboolean set_number(const char *option, const char *value, void *data, GError **error)
{
    app_data_options *all = data;
    if (all->count == 0)
        return fail(error, option, value, "comes after the --data or --video it belongs to");
    nn_source *o = &all->list[all->count - 1].options;
    char *end;
    double low = g_ascii_strtod(value, &end), high = low;
    if (strcmp(option, "--scale") == 0 && *end == ':')
        high = g_ascii_strtod(end + 1, &end);
    if (end == value || *end != '\0' || !(low >= 0) || !(high >= low))
        return fail(error, option, value, "not a number (for --scale: two, like 0.5:1.5)");
    if (strcmp(option, "--share") == 0) {
        o->share = (float)low;
    } else if (strcmp(option, "--ignore-below") == 0) {
        o->ignore_below = (float)low;
    } else {
        if (low < 0.01 || high > 100)
            return fail(error, option, value, "not within 0.01:100");
        o->scale[0] = (float)low;
        o->scale[1] = (float)high;
    }
    return TRUE;
}

static gboolean set_names(const char *option, const char *value, void *data, GError **error)
{
    (void)error;
    app_data_options *s = data;
    char **text = strcmp(option, "--map") == 0 ? &s->map : &s->classes;
    g_free(*text);
    *text = g_strdup(value);
    return TRUE;
}

static gboolean set_split(const char *option, const char *value, void *data, GError **error)
{
    app_data_options *s = data;
    char *end;
    s->val_split = g_ascii_strtod(value, &end);
    if (end == value || *end != '\0' || !(s->val_split >= 0 && s->val_split < 1))
        return fail(error, option, value, "not a part from 0 to below 1");
    return TRUE;
}

#define CALLBACK(name, function, text, arg)                                                        \
    {                                                                                              \
        name, 0, 0, G_OPTION_ARG_CALLBACK, (void *)(function), text, arg                           \
    }

void app_data_options_add_options(GOptionGroup *group, bool training)
{
    static const GOptionEntry common[] = {
        CALLBACK("data", start_source,
                 "Labelled pictures. Boxes: YOLO, VOC, COCO; classes: folders, CSV, IDX, CIFAR-10; "
                 "masks: PNG, VOC, COCO",
                 "DIR"),
        CALLBACK("video", start_source, "Video; its boxes are in --labels", "FILE"),
        CALLBACK("negatives", start_source,
                 "Pictures without objects: a folder, a video, or 'patterns' (drawn test cards, "
                 "ramps, noise, text)",
                 "DIR"),
        CALLBACK("labels", set_video_text,
                 "Boxes of the video, one line frame,id,x,y,w,h,score a box", "FILE"),
        CALLBACK("frames", set_frames, "Frames of the video to use (all labelled ones)", "A-B"),
        CALLBACK("stride", set_video_text, "The labels are for every Nth frame", "N"),
        CALLBACK("match", set_match, "Use only pictures whose names match", "GLOB,..."),
        CALLBACK("list", set_match, "Use only the pictures in this list of the folder (train)",
                 "NAME"),
        CALLBACK("label-dir", set_match, "Folder of label files in DIR (labels)", "NAME"),
        CALLBACK(
            "known", set_known,
            "Classes whose objects are labelled completely here, or 'none'. Unlabelled objects "
            "of other classes do not count as background (all)",
            "A,B,..."),
        CALLBACK(
            "ignore-below", set_number,
            "Ignore labels with a lower score: they count neither as objects nor as background",
            "S"),
        CALLBACK("source-classes", set_names, "Class names of the numbers in labels/*.txt or masks",
                 "A,B,..."),
        CALLBACK("map", set_names, "Treat class A as label B; B may be ignore or drop", "A=B,..."),
        {NULL, 0, 0, 0, NULL, NULL, NULL}};
    static const GOptionEntry extra[] = {
        CALLBACK("val-frames", set_frames, "Frames to hold back for validation", "A-B"),
        CALLBACK("val-match", set_match, "Pictures to hold back for validation, by name",
                 "GLOB,..."),
        CALLBACK("val-list", set_match, "List of the folder to hold back for validation", "NAME"),
        CALLBACK("val-split", set_split,
                 "Part of each class to hold back, when no other option does (0; 0.2)", "PART"),
        CALLBACK("fill-gaps", set_video_text, "Interpolate gaps of up to N labelled frames", "N"),
        CALLBACK("min-track", set_video_text, "Drop objects labelled on fewer frames", "N"),
        CALLBACK("share", set_number, "Share of this source in every epoch", "P"),
        CALLBACK("scale", set_number, "Random scales for this source, 1 = as in inference", "A:B"),
        {NULL, 0, 0, 0, NULL, NULL, NULL}};
    g_option_group_add_entries(group, common);
    if (training)
        g_option_group_add_entries(group, extra);
}

nn_status app_data_options_check(app_data_options *s, nn_error *err)
{
    if (s->count == 0)
        return nn_fail(err, NN_EINVAL, "no data: give --data DIR, or --video FILE --labels FILE");
    for (int i = 0; i < s->count; i++)
        if (s->list[i].negatives && s->kind != NN_DATA_BOXES)
            return nn_fail(err, NN_EINVAL, "--negatives %s: only for detectors", s->list[i].path);
    for (int i = 0; i < s->count; i++)
        if (s->list[i].video && !s->list[i].labels)
            return nn_fail(err, NN_EINVAL, "--video %s: --labels FILE is missing after it",
                           s->list[i].path);
    nn_names_release(&s->numbers);
    return s->classes ? nn_names_parse(&s->numbers, s->classes, err) : NN_OK;
}

// Sets the bits of all labels that a source does not know.
static nn_status know(app_source *s, const nn_names *labels, nn_error *err)
{
    nn_names known = {0};
    nn_status status =
        strcmp(s->known, "none") == 0 ? NN_OK : nn_names_parse(&known, s->known, err);
    for (int i = 0; i < known.count && status == NN_OK; i++)
        if (nn_names_find(labels, known.name[i]) < 0)
            status = nn_fail(err, NN_EINVAL, "--known %s: '%s' is no label of the model", s->known,
                             known.name[i]);
    for (int i = 0; i < labels->count && status == NN_OK; i++)
        if (nn_names_find(&known, labels->name[i]) < 0)
            s->options.unknown[i / 32] |= 1u << (i % 32);
    nn_names_release(&known);
    return status;
}

nn_status app_data_options_know(app_data_options *s, const nn_names *labels, nn_error *err)
{
    nn_status status = NN_OK;
    for (int i = 0; i < s->count && status == NN_OK; i++) {
        if (s->list[i].known && s->kind != NN_DATA_BOXES)
            status = nn_fail(err, NN_EINVAL, "--known %s: only for boxes", s->list[i].known);
        else if (s->list[i].known)
            status = know(&s->list[i], labels, err);
    }
    return status;
}
