// SPDX-License-Identifier: MIT
// Parses the data options. Each applies to the --data or --video before it.
#include "app/data/data_options.h"

#include "app/cli/option_entries.h"
#include "app/cli/option_table.h"
#include "app/cli/options.h"
#include "nn/data/annotation_store.h"
#include "po/translate.h"

#include <math.h>
#include <string.h>

void app_data_options_files(const app_data_options *s, app_files *files)
{
    for (int i = 0; i < s->count; i++) {
        const app_source *one = &s->list[i];
        app_files_read(files,
                       one->video       ? "--video"
                       : one->negatives ? "--negatives"
                       : one->for_val   ? "--val-data"
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
                                       .for_val = strcmp(option, "--val-data") == 0,
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

enum {
    OF_VIDEO = NN_OPTION_USER,       // applies to a --video
    OF_FOLDER = NN_OPTION_USER << 1, // applies to a --data
    TRAINING = NN_OPTION_USER << 2,  // for training only
};

#define OF(word, kind, member, n, what, ...)                                                       \
    {                                                                                              \
        .field = {.name = word, NN_FIELD_##kind, offsetof(app_source, member), n, NULL},           \
        .help = what, __VA_ARGS__                                                                  \
    }
#define FRAMES(word, member, what, more)                                                           \
    {                                                                                              \
        .field = {.name = word, NN_FIELD_INT, offsetof(app_source, member), 2, NULL}, .low = 1,    \
        .high = 1e9, .flags = (more) | OF_VIDEO | NN_OPTION_RANGE, .between = '-', .arg = "A-B",   \
        .help = what                                                                               \
    }
#define COUNT .low = 1, .high = 1e5

// Options of one source: they apply to the --data, --video or --negatives before them. The source
// itself stands first, as checkpoints expect.
static const nn_option source_rows[] = {
    OF("data", PATH, path, 1, "Pictures", .flags = NN_OPTION_HIDDEN),
    OF("val-data", BOOL, for_val, 1, "To validate on", .flags = NN_OPTION_HIDDEN),
    OF("labels", PATH, labels, 1, NULL, .flags = OF_VIDEO),
    FRAMES("frames", frames, "all labelled ones", 0),
    OF("stride", INT, stride, 1, NULL, COUNT, .flags = OF_VIDEO),
    OF("match", TEXT, match, 1, "Use only pictures with such names", .arg = "GLOB,...",
       .flags = OF_FOLDER),
    OF("list", TEXT, list, 1, "Use only the pictures of this list of the data (train)",
       .arg = "NAME", .flags = OF_FOLDER),
    OF("label-dir", TEXT, label_dir, 1, "Name of the folder of label files (labels)", .arg = "NAME",
       .flags = OF_FOLDER),
    OF("known", TEXT, known, 1,
       "Classes that are labelled completely here, or none; other classes may be there without a "
       "label (all)",
       .arg = "A,B,..."),
    OF("ignore-below", FLOAT, options.ignore_below, 1,
       "Labels with a lower score count neither as objects nor as background", .high = HUGE_VAL,
       .arg = "S"),
    FRAMES("val-frames", val_frames, NULL, TRAINING),
    OF("val-match", TEXT, val_match, 1, NULL, .arg = "GLOB,...", .flags = OF_FOLDER | TRAINING),
    OF("val-list", TEXT, val_list, 1, NULL, .arg = "NAME", .flags = OF_FOLDER | TRAINING),
    OF("fill-gaps", INT, clean.fill_gaps, 1,
       "Interpolate boxes over gaps of up to N labelled frames", COUNT,
       .flags = OF_VIDEO | TRAINING),
    OF("min-track", INT, clean.min_track, 1, NULL, COUNT, .flags = OF_VIDEO | TRAINING),
    OF("share", FLOAT, options.share, 1, "Share of these pictures in every epoch", .high = HUGE_VAL,
       .arg = "P", .flags = TRAINING),
    OF("source-scale", FLOAT, options.scale, 2,
       "Random scales of these pictures; 1 is the size in inference", .low = 0.01, .high = 100,
       .flags = NN_OPTION_RANGE | TRAINING),
    {.field = {.name = NULL}},
};

#define ALL(word, kind, member, ...)                                                               \
    {                                                                                              \
        .field = {.name = word, NN_FIELD_##kind, offsetof(app_data_options, member), 1, NULL},     \
        __VA_ARGS__                                                                                \
    }

// Options of all sources together.
static const nn_option rows[] = {
    ALL("names", TEXT, classes, .arg = NULL),
    ALL("map", TEXT, map, .arg = NULL),
    ALL("keypoints", TEXT, keypoints, .arg = "K,N",
        .help = N_("YOLO's labels have K keypoints of N numbers, 2 or 3 (kpt_shape of data.yaml)")),
    ALL("val-split", DOUBLE, val_split, .start = "0",
        .help = N_("0.2, where nothing else is held back"), .high = 1,
        .flags = NN_OPTION_BELOW | TRAINING),
    {.field = {.name = NULL}},
};

void app_data_options_release(app_data_options *s)
{
    for (int i = 0; i < s->count; i++) {
        app_options_free_texts(source_rows, &s->list[i]);
        nn_annotation_store_free(s->list[i].store);
    }
    app_options_free_texts(rows, s);
    nn_names_release(&s->numbers);
    nn_names_release(&s->fallback);
    *s = (app_data_options){0};
}

const nn_option *app_source_rows(void)
{
    return source_rows;
}

const nn_option *app_data_option_rows(void)
{
    return rows;
}

// The source that an option applies to: the last one, if it is of the option's kind.
static app_source *current(app_data_options *s, const nn_option *row, const char *value,
                           GError **error)
{
    app_source *last = s->count ? &s->list[s->count - 1] : NULL;
    const bool video = row->flags & OF_VIDEO, folder = row->flags & OF_FOLDER;
    if (last && (!video || (last->video && !last->negatives)) &&
        (!folder || app_source_is_folder(last)))
        return last;
    g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                "--%s %s: comes after the %s it belongs to", row->field.name, value,
                video    ? "--video"
                : folder ? "--data"
                         : "--data or --video");
    return NULL;
}

static gboolean set_option(const char *option, const char *value, void *data, GError **error)
{
    app_data_options *s = data;
    nn_error err = {0};
    const nn_option *of_one = nn_option_find(source_rows, option + 2),
                    *of_all = nn_option_find(rows, option + 2);
    app_source *source = of_one ? current(s, of_one, value, error) : NULL;
    if (of_one && !source)
        return FALSE;
    if (app_option_set(of_one ? of_one : of_all, of_one ? (void *)source : s, value, &err) == NN_OK)
        return TRUE;
    g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "%s", err.text);
    return FALSE;
}

// Adds the rows whose help --help shows. Made once.
static void add_rows(GOptionGroup *group, const nn_option *from, bool training)
{
    for (const nn_option *row = from; row->field.name; row++) {
        if (row->flags & NN_OPTION_HIDDEN || (row->flags & TRAINING && !training))
            continue;
        g_autofree char *help = app_option_help(row);
        const GOptionEntry one[] = {{row->field.name, 0, 0, G_OPTION_ARG_CALLBACK,
                                     (void *)set_option, g_intern_string(help),
                                     app_option_arg(row)},
                                    APP_OPTIONS_END};
        app_option_add(group, one);
    }
}

void app_data_options_add_options(GOptionGroup *group, bool training)
{
    static const GOptionEntry entries[] = {APP_OPTION_CALLBACK("data", 0, start_source, NULL),
                                           APP_OPTION_CALLBACK("video", 0, start_source, NULL),
                                           APP_OPTION_CALLBACK("negatives", 0, start_source, NULL),
                                           APP_OPTIONS_END};
    static const GOptionEntry more[] = {APP_OPTION_CALLBACK("val-data", 0, start_source, NULL),
                                        APP_OPTIONS_END};
    app_options_add_entries(group, entries);
    if (training)
        app_options_add_entries(group, more);
    add_rows(group, source_rows, training);
    add_rows(group, rows, training);
}

// --data may be a video, too, whose frames are such data.
static bool is_plain_video(const app_data_options *s, const app_source *one)
{
    return nn_data_kind_facts(s->kind)->frames && app_source_is_folder(one) &&
           g_file_test(one->path, G_FILE_TEST_IS_REGULAR) && !g_str_has_suffix(one->path, ".zip");
}

nn_status app_data_options_check(app_data_options *s, nn_error *err)
{
    int training = 0;
    for (int i = 0; i < s->count; i++)
        training += !s->list[i].for_val;
    if (training == 0)
        return nn_fail(err, NN_EINVAL, "no data: give --data DIR, or --video FILE --labels FILE");
    for (int i = 0; i < s->count; i++)
        if (s->list[i].negatives && !nn_data_kind_facts(s->kind)->objects)
            return nn_fail(err, NN_EINVAL, "--negatives %s: only for detectors", s->list[i].path);
    for (int i = 0; i < s->count; i++)
        s->list[i].video = s->list[i].video || is_plain_video(s, &s->list[i]);
    for (int i = 0; i < s->count; i++)
        if (s->list[i].video && !s->list[i].labels && !nn_data_kind_facts(s->kind)->frames)
            return nn_fail(err, NN_EINVAL, "--video %s: --labels FILE is missing after it",
                           s->list[i].path);
    if (s->keypoints && nn_keypoint_set_parse(&s->keypoint_set, s->keypoints, err) != NN_OK)
        return nn_fail_prefix(err, NN_EINVAL, "--keypoints");
    nn_names_release(&s->numbers);
    return s->classes ? nn_names_read(&s->numbers, s->classes, err) : NN_OK;
}

// Sets the bits of all labels unknown to a source.
static nn_status know(app_source *s, const nn_names *labels, nn_error *err)
{
    nn_names known = {0};
    nn_status status =
        strcmp(s->known, "none") == 0 ? NN_OK : nn_names_parse(&known, s->known, err);
    for (int i = 0; i < known.count && status == NN_OK; i++)
        if (nn_names_find(labels, known.name[i]) < 0)
            status = nn_names_miss(labels, "--known", known.name[i], "the model", err);
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
        if (s->list[i].known && !nn_data_kind_facts(s->kind)->objects)
            status = nn_fail(err, NN_EINVAL, "--known %s: only for boxes", s->list[i].known);
        else if (s->list[i].known)
            status = know(&s->list[i], labels, err);
    }
    return status;
}
