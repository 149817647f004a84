// SPDX-License-Identifier: MIT
// Parses and checks the command line of neroscale run.
#include "app/run/options.h"

#include "app/cli/arguments.h"
#include "app/cli/class_threshold.h"
#include "app/cli/files.h"
#include "app/cli/image_size.h"
#include "app/cli/option_entries.h"
#include "app/cli/option_table.h"
#include "app/run/record_options.h"
#include "app/run/sources.h"
#include "nn/predict/precision.h"
#include "pipeline/input.h"

#include <glib.h>
#include <string.h>

// The options of --help; the others are in groups.
static const char *const often[] = {"model",         "head",    "names",     "threshold",
                                    "iou-threshold", "classes", "interval",  "latency-budget",
                                    "size",          "threads", "precision", "json",
                                    "mqtt",          "record",  "snapshot",  "save-txt",
                                    "save-json",     "trails",  "color-by",  "anonymize",
                                    "zone",          "line",    "analytics", "no-window",
                                    "fullscreen",    "inside",  "learn",     "wait",
                                    "max-frames",    "tiles",   "roi",       NULL};

static bool has_display(void)
{
    return g_getenv("DISPLAY") || g_getenv("WAYLAND_DISPLAY") || g_getenv("SDL_VIDEODRIVER");
}

static double wait_seconds = 30; // the callback of an option has no context

static gboolean take_wait(const char *name, const char *value, gpointer user, GError **error)
{
    char *end = NULL;
    (void)name;
    (void)user;
    const double seconds = value ? g_ascii_strtod(value, &end) : G_MAXDOUBLE;
    if (value && (end == value || *end || !(seconds >= 0))) {
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                    "--wait '%s': not a number of seconds", value);
        return FALSE;
    }
    wait_seconds = seconds;
    return TRUE;
}

static app_thresholds thresholds = {.all = APP_UNSET}; // likewise

static gboolean take_threshold(const char *name, const char *value, gpointer user, GError **error)
{
    nn_error err = {0};
    (void)name;
    (void)user;
    if (app_thresholds_parse(&thresholds, value, &err) == NN_OK)
        return TRUE;
    g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "%s", err.text);
    return FALSE;
}

static double trail_seconds;
static gboolean take_trails(const char *name, const char *value, gpointer user, GError **error)
{
    enum { USUAL = 3, MOST = 3600 };
    char *end = NULL;
    (void)name;
    (void)user;
    const double seconds = value ? g_ascii_strtod(value, &end) : USUAL;
    if (value && (end == value || *end || !(seconds >= 0 && seconds <= MOST))) {
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                    "--trails '%s': not a number of seconds from 0 to %d", value, MOST);
        return FALSE;
    }
    trail_seconds = seconds;
    return TRUE;
}

// "CLASS:MODEL", or a model for all classes; the text is cut at the colon.
static void take_inside(app_run_options *r)
{
    char *colon =
        r->inside && !g_file_test(r->inside, G_FILE_TEST_EXISTS) ? strchr(r->inside, ':') : NULL;
    if (colon)
        *colon = '\0';
    r->o.inside = colon ? colon + 1 : r->inside;
    r->o.inside_class = colon ? r->inside : NULL;
}

static void complete(app_run_options *r)
{
    r->input_count = (int)g_strv_length(r->inputs);
    r->o.input = r->inputs[0];
    r->o.model = r->model ? r->model : "street";
    r->o.head = r->head;
    r->o.labels_file = r->names;
    r->o.labels = r->classes;
    r->o.threshold = thresholds.all;
    r->o.class_thresholds = thresholds.classes;
    r->o.input_size = r->size;
    r->o.precision = r->precision;
    r->o.tail_memory = r->tail.memory;
    r->o.tail_seconds = r->tail.seconds;
    r->o.json = r->json;
    r->o.mqtt = r->mqtt;
    r->o.kafka = r->kafka;
    r->o.record = r->record;
    r->o.record_clean = r->record_clean;
    r->o.record_events = r->record_events;
    r->o.record_on = r->record_on;
    r->o.record_keep = r->record_keep;
    r->o.snapshot = r->snapshot;
    r->o.fullscreen = r->fullscreen;
    r->o.max_frames = r->max_frames;
    r->o.wait = wait_seconds;
    r->o.track = !r->no_track;
    r->o.tracker = r->tracker;
    take_inside(r);
    r->o.camera_motion = r->camera_motion;
    r->o.agnostic_nms = r->agnostic_nms;
    r->o.any_certificate = r->insecure;
    r->o.trails = trail_seconds;
    r->o.color_by = r->color_by;
    r->o.anonymize = r->anonymize;
    r->o.tiles = r->where.tiles;
    r->o.tile_overlap = r->where.overlap;
    r->o.tile_motion = r->where.motion;
    r->o.roi = r->where.roi;
    r->o.ignore = r->where.ignore;
    // Predictions are of all pictures, and none waits to be seen.
    if (r->no_window || r->save_txt || r->save_json)
        r->o.view = r->snapshot ? VP_VIEW_OFFSCREEN : VP_VIEW_NONE;
    else
        r->o.view = has_display() ? VP_VIEW_WINDOW : VP_VIEW_OFFSCREEN;
    if (r->o.view == VP_VIEW_WINDOW && r->o.track && r->input_count == 1)
        app_areas_keep(&r->areas, r->o.input, &r->o);
}

// Whether what the input shows cannot be had again.
static bool is_live(const char *name)
{
    vp_input input;
    if (vp_input_parse_absent(&input, name, NULL) != NN_OK)
        return false;
    const bool live = input.live;
    vp_input_release(&input);
    return live;
}

static nn_status check_files(const app_run_options *r, nn_error *err)
{
    app_files files = {0};
    bool live = false;
    for (int i = 0; i < r->input_count; i++) {
        app_files_read(&files, "the input", r->inputs[i]);
        live = live || is_live(r->inputs[i]);
    }
    app_files_read(&files, "--source-file", r->source_file);
    app_files_read(&files, "--model", r->model);
    app_files_read(&files, "--names", r->names);
    if (live)
        app_files_write(&files, "--json", r->json);
    else
        app_files_refresh(&files, "--json", r->json);
    app_files_read(&files, "--analytics", r->areas.file);
    app_files_write(&files, "--record", r->record);
    app_files_refresh(&files, "--snapshot", r->snapshot);
    app_files_write_folder(&files, "--save-txt", r->save_txt, ".");
    app_files_write(&files, "--save-json", r->save_json);
    return app_files_claim(&files, r->force, err);
}

static nn_status check_size(const char *size, nn_error *err)
{
    int width, height;
    return size && strcmp(size, "auto") == 0 ? NN_OK
                                             : app_parse_size("--size", size, &width, &height, err);
}

static nn_status check_recording(app_run_options *r, nn_error *err)
{
    enum { USUAL = 600 }; // seconds of a file, when only the limit is given
    const char *option = r->record_clean     ? "clean"
                         : r->record_segment ? "segment"
                         : r->record_limit   ? "limit"
                                             : NULL;
    if (option && !r->record)
        return nn_fail(err, NN_EINVAL, "--record-%s needs --record FILE", option);
    if (r->record_clean && r->input_count > 1)
        return nn_fail(err, NN_EINVAL, "--record-clean works on one input, and %d are named",
                       r->input_count);
    nn_status status = app_record_parse_segment(&r->o.record_segment, r->record_segment, err);
    if (status == NN_OK)
        status = app_record_parse_limit(&r->o.record_limit, r->record_limit, err);
    if (r->o.record_limit > 0 && !r->record_segment)
        r->o.record_segment = USUAL;
    return status;
}

// Refuses options that are about the frames of one input.
static nn_status check_single(const app_run_options *r, nn_error *err)
{
    const char *option = r->learns      ? "learn"
                         : r->learn_dir ? "learn-dir"
                         : r->save_txt  ? "save-txt"
                         : r->save_json ? "save-json"
                                        : NULL;
    if (r->input_count == 1 || !option)
        return NN_OK;
    return nn_fail(err, NN_EINVAL, "--%s works on one input, and %d are named ('%s', '%s' ...)",
                   option, r->input_count, r->inputs[0], r->inputs[1]);
}

nn_status app_run_parse(app_run_options *r, const char *summary, int *argc, char ***argv,
                        nn_error *err)
{
    const GOptionEntry entries[] = {
        APP_OPTION("model", &r->model, "street"),
        APP_OPTION("head", &r->head, "the model's, or by the shapes of the outputs"),
        APP_OPTION("names", &r->names, "the model's"),
        APP_OPTION("source-file", &r->source_file, NULL),
        APP_OPTION_CALLBACK("threshold", 0, take_threshold, "the model's"),
        APP_OPTION("iou-threshold", &r->o.iou_threshold, "the model's"),
        APP_OPTION("agnostic-nms", &r->agnostic_nms, NULL),
        APP_OPTION("classes", &r->classes, "all"),
        APP_OPTION("interval", &r->o.interval, "1"),
        APP_OPTION("latency-budget", &r->o.latency_budget, "0"),
        APP_OPTION("size", &r->size, "auto"),
        APP_OPTION("camera-size", &r->camera_size, "near 1280x720"),
        APP_OPTION("insecure", &r->insecure, NULL),
        APP_OPTION("threads", &r->o.threads, "0"),
        APP_OPTION("precision", &r->precision, "float32"),
        APP_OPTION("tail-memory", &r->tail.memory, APP_TAIL_MEMORY),
        APP_OPTION("tail-seconds", &r->tail.seconds, APP_TAIL_SECONDS),
        APP_OPTION("json", &r->json, NULL),
        APP_OPTION("mqtt", &r->mqtt, NULL),
        APP_OPTION("kafka", &r->kafka, NULL),
        APP_OPTION("record", &r->record, NULL),
        APP_OPTION("record-clean", &r->record_clean, NULL),
        APP_OPTION("record-segment", &r->record_segment, "one file"),
        APP_OPTION("record-limit", &r->record_limit, "none"),
        APP_OPTION("record-events", &r->record_events, NULL),
        APP_OPTION("record-on", &r->record_on, "all, when there are no zones"),
        APP_OPTION("event-before", &r->o.event_before, "5"),
        APP_OPTION("event-after", &r->o.event_after, "5"),
        APP_OPTION("record-keep", &r->record_keep, "10GB"),
        APP_OPTION("snapshot", &r->snapshot, NULL),
        APP_OPTION("save-txt", &r->save_txt, NULL),
        APP_OPTION("save-conf", &r->save_conf, NULL),
        APP_OPTION("save-json", &r->save_json, NULL),
        APP_OPTION("force", &r->force, NULL),
        APP_OPTION("no-track", &r->no_track, NULL),
        APP_OPTION("inside", &r->inside, NULL),
        APP_OPTION("tracker", &r->tracker, "zero-term"),
        APP_OPTION("camera-motion", &r->camera_motion, NULL),
        APP_OPTION("zone", &r->areas.zone, NULL),
        APP_OPTION("line", &r->areas.line, NULL),
        APP_OPTION("analytics", &r->areas.file, NULL),
        APP_OPTION_CALLBACK("trails", G_OPTION_FLAG_OPTIONAL_ARG, take_trails, "0"),
        APP_OPTION("color-by", &r->color_by, "track"),
        APP_OPTION("anonymize", &r->anonymize, NULL),
        APP_OPTION("no-window", &r->no_window, NULL),
        APP_OPTION("fullscreen", &r->fullscreen, NULL),
        APP_OPTION("learn", &r->learns, NULL),
        APP_OPTION("learn-dir", &r->learn_dir, "neroscale/learn/INPUT in the user's data folder"),
        APP_OPTION("teacher", &r->teacher, "that of --model"),
        APP_OPTION("learn-every", &r->learn_every, "1"),
        APP_OPTION("learn-urgent", &r->urgent, NULL),
        APP_OPTION("learn-frames", &r->learning.frames, "240"),
        APP_OPTION("learn-epochs", &r->learning.epochs, "24"),
        APP_OPTION("learn-most", &r->learning.most, "2000"),
        APP_OPTION_CALLBACK("wait", G_OPTION_FLAG_OPTIONAL_ARG, take_wait, "30"),
        APP_OPTION("max-frames", &r->max_frames, NULL),
        APP_OPTIONS_END};
    GOptionGroup *group = g_option_group_new("run", "", "", NULL, NULL);
    GOptionGroup *more[] = {
        g_option_group_new("learn", "Options of learning:", "Show options of learning", NULL, NULL),
        g_option_group_new("areas", "Options of areas:", "Show options of areas and tiles", NULL,
                           NULL),
        NULL};
    app_options_split(group, often, more[0]);
    app_options_add_entries(group, entries);
    app_options_split(group, often, more[1]);
    app_where_add_options(group, &r->where);
    const app_arguments what = {
        .synopsis = "[INPUT...]", .summary = summary, .group = group, .more = more};
    nn_status status = app_parse_arguments(&what, argc, argv, err);
    if (status == NN_OK)
        status = check_size(r->size, err);
    if (status == NN_OK && r->camera_size)
        status = app_parse_size("--camera-size", r->camera_size, &r->o.camera_width,
                                &r->o.camera_height, err);
    if (status == NN_OK && nn_precision_find(&(nn_precision){0}, r->precision, err) != NN_OK)
        status = nn_fail_prefix(err, NN_EINVAL, "--precision");
    if (status == NN_OK)
        status = app_areas_use(&r->areas, &r->o, err);
    if (status == NN_OK && r->no_track && trail_seconds > 0)
        status = nn_fail(err, NN_EINVAL, "--trails cannot be combined with --no-track");
    if (status == NN_OK && r->no_track && r->tracker)
        status = nn_fail(err, NN_EINVAL, "--tracker cannot be combined with --no-track");
    if (status == NN_OK && r->no_track && r->camera_motion)
        status = nn_fail(err, NN_EINVAL, "--camera-motion cannot be combined with --no-track");
    if (status == NN_OK)
        status = app_sources_collect(&r->inputs, *argv + 1, *argc - 1, r->source_file, err);
    if (status == NN_OK) {
        complete(r);
        status = check_single(r, err);
        if (status == NN_OK)
            status = check_recording(r, err);
        if (status == NN_OK)
            status = app_where_check(&r->where, err);
    }
    return status == NN_OK ? check_files(r, err) : status;
}

void app_run_release(app_run_options *r)
{
    app_areas_release(&r->areas);
    app_where_release(&r->where);
    g_strfreev(r->inputs);
    g_free(r->source_file);
    g_free(r->save_txt);
    g_free(r->save_json);
    g_free(r->color_by);
    g_free(r->anonymize);
    g_free(r->inside);
    g_free(r->tracker);
    g_free(r->teacher);
    g_free(r->learn_dir);
    g_free(r->model);
    g_free(r->head);
    g_free(r->names);
    g_free(r->classes);
    g_free(r->size);
    g_free(r->camera_size);
    g_free(r->precision);
    g_free(thresholds.classes);
    g_free(r->json);
    g_free(r->mqtt);
    g_free(r->record_events);
    g_free(r->record_on);
    g_free(r->record_keep);
    g_free(r->kafka);
    g_free(r->record);
    g_free(r->record_segment);
    g_free(r->record_limit);
    g_free(r->snapshot);
}
