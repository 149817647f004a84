// SPDX-License-Identifier: MIT
// neroscale run: runs a model on a video, camera or stream; shows, records or writes the results.
#include "app/cli/arguments.h"
#include "app/cli/class_threshold.h"
#include "app/cli/files.h"
#include "app/cli/folder.h"
#include "app/cli/image_size.h"
#include "app/cli/interrupt.h"
#include "app/cli/option_entries.h"
#include "app/cli/option_table.h"
#include "app/cli/output.h"
#include "app/commands/command.h"
#include "app/learn/learn.h"
#include "app/learn/window_feedback.h"
#include "app/report/predictions.h"
#include "app/run/several.h"
#include "app/run/where.h"
#include "app/track/area_events.h"
#include "pipeline/input.h"
#include "pipeline/pipeline.h"

#include <glib.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static const char SUMMARY[] =
    "Runs a model on a video, camera, stream or pictures, and shows what it finds in a window.\n"
    "Without INPUT it opens /dev/video0. Several inputs share one model and one window.\n"
    "\n"
    "--save-txt and --save-json write what was found as labels, for every picture of a folder or "
    "frame\n"
    "of a video: text files of YOLO, one COCO file. Both can be trained on and corrected. Of "
    "models that\n"
    "segment --save-txt writes the class numbers of all pixels as PNG.\n"
    "\n"
    "Examples:\n"
    "  neroscale run street.avi\n"
    "  neroscale run rtsp://10.0.0.7/live --threshold 0.6 --record evening.mkv\n"
    "  neroscale run /dev/video0 --latency-budget 40 --threshold person=0.5,car=0.3\n"
    "  neroscale run rtsp://10.0.0.7/live --wait --no-window --json found.jsonl\n"
    "  neroscale run rtsp://10.0.0.7/live --no-window --mqtt mqtt://bob@broker/yard/objects\n"
    "  neroscale run yard.jpg --model yard.safetensors --no-window --snapshot drawn.png --json -\n"
    "  neroscale run rtsp://10.0.0.7/live rtsp://10.0.0.8/live /dev/video0\n"
    "  neroscale run rtsp://10.0.0.7/live --record-events clips --record-on person --record-keep "
    "7d\n"
    "  neroscale run photos/ --no-window --json found.jsonl\n"
    "  neroscale run photos/ --save-txt found --save-conf\n"
    "  neroscale run 'cam*/*.jpg' --model yard.safetensors --save-json found.json\n"
    "  neroscale run street.avi --line gate:0,0.5,1,0.5 --zone yard:0.3,0.3,0.7,0.9:max-objects=5\n"
    "  neroscale run drone.mp4 --model vehicle --classes car,bus --tiles auto\n"
    "  neroscale run rtsp://10.0.0.7/live --roi 0,0.4,1,1 --ignore-area '0,0.4,0.2,0.4,0.1,0.6'\n"
    "  neroscale run street.avi --trails --anonymize person --record street.mp4\n"
    "  neroscale run street.avi --model yolox_nano.onnx --head yolox --names coco.names\n"
    "  neroscale run /dev/video0 --learn --teacher nanodet.param,yolox.param\n"
    "\n"
    "--tiles finds things that are small in a large frame: 3x2, or auto for what frame and model "
    "suggest.\n"
    "\n"
    "'neroscale help sources' tells what INPUT may be, 'neroscale help models' what --model "
    "takes,\n"
    "'neroscale help output' what is written, and the keys of the window; 'neroscale help zones' "
    "is\n"
    "about --zone and --line, 'neroscale help cameras' about --learn.";

// The options of --help; the others are in groups.
static const char *const often[] = {
    "model",     "head",           "names",      "threshold", "iou-threshold", "classes",
    "interval",  "latency-budget", "size",       "threads",   "json",          "mqtt",
    "record",    "snapshot",       "save-txt",   "save-json", "trails",        "color-by",
    "anonymize", "zone",           "line",       "analytics", "no-window",     "fullscreen",
    "learn",     "wait",           "max-frames", "tiles",     "roi",           NULL};

typedef struct run_options {
    vp_options o;
    const char *const *inputs; // borrowed
    int input_count;
    char *model, *head, *names, *classes, *json, *record, *snapshot, *learn_dir, *teacher;
    char *mqtt, *kafka, *record_events, *record_on, *record_keep;
    char *save_txt, *save_json, *size, *tracker, *color_by, *anonymize;
    app_areas areas;
    app_where where;
    gboolean no_track, camera_motion, no_window, fullscreen, save_conf, force;
    app_predictions *predictions; // NULL: none are saved
    gint64 max_frames;
    gboolean learns;
    app_learn_options learning;
    double learn_every; // seconds
    gboolean urgent;
    app_learn *learn;       // NULL: without --learn
    app_feedback *feedback; // NULL: feedback is not kept
    bool told;              // the user was told so
} run_options;

static vp_pipeline *running; // for the signal handler

static void interrupt(void)
{
    vp_pipeline_stop(running);
}

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

static const char *const usual_input[] = {"/dev/video0"};

static void complete(run_options *r, const char *const *inputs, int count)
{
    r->inputs = count > 0 ? inputs : usual_input;
    r->input_count = MAX(count, 1);
    r->o.input = r->inputs[0];
    r->o.model = r->model ? r->model : "street";
    r->o.head = r->head;
    r->o.labels_file = r->names;
    r->o.labels = r->classes;
    r->o.threshold = thresholds.all;
    r->o.class_thresholds = thresholds.classes;
    r->o.input_size = r->size;
    r->o.json = r->json;
    r->o.mqtt = r->mqtt;
    r->o.kafka = r->kafka;
    r->o.record = r->record;
    r->o.record_events = r->record_events;
    r->o.record_on = r->record_on;
    r->o.record_keep = r->record_keep;
    r->o.snapshot = r->snapshot;
    r->o.fullscreen = r->fullscreen;
    r->o.max_frames = r->max_frames;
    r->o.wait = wait_seconds;
    r->o.track = !r->no_track;
    r->o.tracker = r->tracker;
    r->o.camera_motion = r->camera_motion;
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

static nn_status check_files(const run_options *r, nn_error *err)
{
    app_files files = {0};
    bool live = false;
    for (int i = 0; i < r->input_count; i++) {
        app_files_read(&files, "the input", r->inputs[i]);
        live = live || is_live(r->inputs[i]);
    }
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

// Refuses options that are about the frames of one input.
static nn_status check_single(const run_options *r, nn_error *err)
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

static nn_status parse(run_options *r, int *argc, char ***argv, nn_error *err)
{
    const GOptionEntry entries[] = {
        APP_OPTION("model", &r->model, "street"),
        APP_OPTION("head", &r->head, "the model's, or by the shapes of the outputs"),
        APP_OPTION("names", &r->names, "the model's"),
        APP_OPTION_CALLBACK("threshold", 0, take_threshold, "the model's"),
        APP_OPTION("iou-threshold", &r->o.iou_threshold, "the model's"),
        APP_OPTION("classes", &r->classes, "all"),
        APP_OPTION("interval", &r->o.interval, "1"),
        APP_OPTION("latency-budget", &r->o.latency_budget, "0"),
        APP_OPTION("size", &r->size, "auto"),
        APP_OPTION("threads", &r->o.threads, "0"),
        APP_OPTION("json", &r->json, NULL),
        APP_OPTION("mqtt", &r->mqtt, NULL),
        APP_OPTION("kafka", &r->kafka, NULL),
        APP_OPTION("record", &r->record, NULL),
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
        .synopsis = "[INPUT...]", .summary = SUMMARY, .group = group, .more = more};
    nn_status status = app_parse_arguments(&what, argc, argv, err);
    if (status == NN_OK)
        status = check_size(r->size, err);
    if (status == NN_OK)
        status = app_areas_use(&r->areas, &r->o, err);
    if (status == NN_OK && r->no_track && trail_seconds > 0)
        status = nn_fail(err, NN_EINVAL, "--trails cannot be combined with --no-track");
    if (status == NN_OK && r->no_track && r->tracker)
        status = nn_fail(err, NN_EINVAL, "--tracker cannot be combined with --no-track");
    if (status == NN_OK && r->no_track && r->camera_motion)
        status = nn_fail(err, NN_EINVAL, "--camera-motion cannot be combined with --no-track");
    if (status == NN_OK) {
        complete(r, (const char *const *)*argv + 1, *argc - 1);
        status = check_single(r, err);
        if (status == NN_OK)
            status = app_where_check(&r->where, err);
    }
    return status == NN_OK ? check_files(r, err) : status;
}

static void print_notice(void *user, const char *line)
{
    (void)user;
    g_autofree char *shown = app_show_address(line);
    fprintf(stderr, "neroscale run: %s\n", shown);
}

// Other users of the machine see command lines.
static void warn_of_password(const char *option, const char *url)
{
    const char *from = url ? strstr(url, "://") : NULL;
    const gsize length = from ? strcspn(from + 3, "?") : 0;
    const char *at = from ? g_strrstr_len(from + 3, (gssize)length, "@") : NULL;
    const char *colon = at ? memchr(from + 3, ':', (gsize)(at - from) - 3) : NULL;
    const bool in_query = url && strstr(url, "password=");
    if (!colon && !in_query)
        return;
    g_autofree char *line = g_strdup_printf("the password in %s can be read by all users of this "
                                            "machine; rather set NEROSCALE_PASSWORD, or write "
                                            "?password-file=FILE behind the URL",
                                            option);
    print_notice(NULL, line);
}

static void keep_feedback(void *user, const vp_feedback *said)
{
    run_options *r = user;
    nn_error err = {0};
    if (r->feedback && app_feedback_add(r->feedback, said, &err) != NN_OK)
        print_notice(r, err.text);
    if (!r->feedback && !r->told)
        print_notice(r, "feedback on boxes is not kept: add --learn-dir DIR");
    r->told = true;
}

// --- learning ---

static void say(void *user, const char *line)
{
    g_autofree char *text = g_strdup_printf("learn: %s", line);
    print_notice(user, text);
    vp_pipeline_tell(running, text);
}

static void use_model(void *user, const char *model)
{
    const run_options *r = user;
    const bool own = strcmp(model, r->learning.model) == 0; // the user's options describe it
    vp_pipeline_set_model(running, model, own ? r->head : NULL, own ? r->names : NULL);
}

static void answer(void *user, const char *model, const char *refused)
{
    app_learn_answer(((run_options *)user)->learn, model, refused);
}

static void offer(void *user, const vp_still *still)
{
    app_learn_offer(((run_options *)user)->learn, still);
}

// The default of --learn-dir for an input.
static char *usual_folder(const char *input)
{
    g_autofree char *name = app_show_address(input);
    g_strcanon(name, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS ".", '-');
    return g_build_filename(g_get_user_data_dir(), "neroscale", "learn", name, NULL);
}

static nn_status open_learning(run_options *r, nn_error *err)
{
    if (!r->learns)
        return NN_OK;
    r->learning.dir = r->learn_dir;
    r->learning.model = r->o.model;
    r->learning.head = r->head;
    r->learning.labels_file = r->names;
    r->learning.teacher = r->teacher;
    r->learning.say = say;
    r->learning.use = use_model;
    r->learning.urgent = r->urgent;
    r->learning.classes = r->classes && *r->classes ? r->classes : NULL;
    r->learning.user = r;
    nn_status status = app_learn_open(&r->learn, &r->learning, err);
    if (status != NN_OK)
        return status;
    const char *model = app_learn_model(r->learn);
    if (strcmp(model, r->o.model) != 0) { // a specialist describes itself completely
        r->o.model = model;
        r->o.head = r->o.labels_file = NULL;
    }
    r->o.on_model = answer;
    r->o.on_picture = offer;
    r->o.picture_ms = (int)(r->learn_every * 1000);
    return NN_OK;
}

static nn_status open_folder(run_options *r, nn_error *err)
{
    if (r->learns && !r->learn_dir)
        r->learn_dir = usual_folder(r->o.input);
    if (!r->learn_dir)
        return NN_OK;
    g_autofree char *dir = g_build_filename(r->learn_dir, "feedback", NULL);
    nn_status status = app_folder_take("--learn-dir", r->learn_dir, err);
    if (status == NN_OK)
        status = app_feedback_open(&r->feedback, dir, err);
    return status == NN_OK ? open_learning(r, err) : status;
}

static void save_found(void *user, const vp_found *found)
{
    app_predictions_add(((run_options *)user)->predictions, found);
}

static nn_status open_predictions(run_options *r, nn_error *err)
{
    const app_prediction_options o = {
        .input = r->o.input, .dir = r->save_txt, .scores = r->save_conf, .json = r->save_json};
    if (r->save_conf && !r->save_txt)
        return nn_fail(err, NN_EINVAL, "--save-conf: needs --save-txt DIR, whose files it is for");
    if (!r->save_txt && !r->save_json)
        return NN_OK;
    nn_status status = r->save_json ? app_output_check(r->save_json, err) : NN_OK;
    if (status == NN_OK)
        status = app_predictions_open(&r->predictions, &o, err);
    r->o.on_found = status == NN_OK ? save_found : NULL;
    return status;
}

static FILE *text_output(const run_options *r)
{
    return r->json && strcmp(r->json, "-") == 0 ? stderr : stdout;
}

static void print_event(void *user, const vp_event *event)
{
    run_options *r = user;
    if (r->o.on_frame) // the line of the progress
        fputs("\r\033[K", stderr);
    app_areas_print(text_output(r), event);
    fflush(text_output(r));
}

static void show_progress(void *user, int64_t frame, const nn_result *result)
{
    static gint64 shown; // one run in the process
    gint64 now = g_get_monotonic_time();
    (void)user;
    if (now - shown < G_USEC_PER_SEC / 4)
        return;
    shown = now;
    fprintf(stderr, "\rframe %lld, ", (long long)frame);
    if (!result || result->map.width == 0)
        fprintf(stderr, "%d found, ", result ? result->count : 0);
    fprintf(stderr, "%.1f ms   ", result ? (double)result->infer_ms : 0.0);
}

static double peak_mib(void)
{
    struct rusage usage;
    return getrusage(RUSAGE_SELF, &usage) == 0 ? (double)usage.ru_maxrss / 1024 : 0;
}

static void print_summary(const run_options *r, const vp_stats *s)
{
    FILE *out = text_output(r);
    if (s->frames > 1)
        fprintf(out, "%lld frames in %.2f s: %.1f frames/s; %lld", (long long)s->frames, s->seconds,
                s->fps, (long long)s->inferred);
    else // one picture takes no time between frames
        fprintf(out, "%s", s->frames == 1 ? "1 frame" : "no frame");
    if (s->inferred > 0)
        fprintf(out, "%s inferred at %dx%d, %.2f ms%s", s->frames > 1 ? "" : ",", s->input_width,
                s->input_height, s->infer_ms, s->inferred > 1 ? " each" : "");
    else if (s->frames > 1)
        fputs(" inferred", out);
    fputc('\n', out);
    if (r->o.latency_budget > 0 && s->inferred > 0)
        fprintf(out,
                "budget %g ms: 95 %% of the last inferences took at most %.2f ms; the input "
                "size changed %d times\n",
                r->o.latency_budget, s->infer_ms_p95, s->size_changes);
    if (!s->maps)
        fprintf(out, "%lld detections", (long long)s->detections);
    if (s->first_detection_ms >= 0)
        fprintf(out, ", the first %.0f ms after the start", s->first_detection_ms);
    fprintf(out, "%speak memory %.0f MiB\n", s->maps ? "" : "; ", peak_mib());
    if (r->record_events)
        fprintf(out, "%d events recorded in %s\n", s->events, r->record_events);
    if (s->reconnects)
        fprintf(out, "%d reconnections\n", s->reconnects);
    const char *const files[][2] = {{"JSON lines", r->json},
                                    {"recording", r->record},
                                    {"snapshot", r->snapshot},
                                    {"YOLO labels", r->save_txt},
                                    {"COCO labels", r->save_json}};
    for (size_t i = 0; i < G_N_ELEMENTS(files); i++)
        if (files[i][1] && strcmp(files[i][1], "-") != 0)
            fprintf(out, "%-11s %s\n", files[i][0], files[i][1]);
}

static nn_status run(run_options *r, nn_error *err)
{
    vp_pipeline *p;
    bool terminal = isatty(STDERR_FILENO);
    warn_of_password("--mqtt", r->mqtt);
    warn_of_password("--kafka", r->kafka);
    r->o.on_notice = print_notice;
    r->o.on_event = print_event;
    r->o.on_feedback = keep_feedback;
    r->o.user = r;
    if (terminal && r->o.view != VP_VIEW_WINDOW)
        r->o.on_frame = show_progress;
    if (r->input_count > 1)
        return app_run_several(&r->o, r->inputs, r->input_count,
                               r->json && strcmp(r->json, "-") == 0 ? stderr : stdout, err);
    nn_status status = vp_pipeline_open(&p, &r->o, err);
    if (status != NN_OK)
        return status;
    running = p;
    app_interrupt_catch(interrupt);
    if (r->learn)
        app_learn_start(r->learn);
    status = vp_pipeline_run(p, err);
    if (r->learn)
        app_learn_stop(r->learn);
    app_interrupt_leave();
    if (r->o.on_frame)
        fputs("\r\033[K", stderr);
    status = app_predictions_close(r->predictions, status, err);
    r->predictions = NULL;
    if (status == NN_OK) {
        vp_stats stats = vp_pipeline_stats(p);
        print_summary(r, &stats);
    }
    vp_pipeline_free(p);
    return status;
}

int app_cmd_run(int argc, char **argv)
{
    run_options r = {
        .o = {.iou_threshold = APP_UNSET, .interval = 1, .event_before = 5, .event_after = 5},
        .learning = app_learn_defaults,
        .where = APP_WHERE_START,
        .learn_every = 1};
    nn_error err = {0};
    nn_status status = parse(&r, &argc, &argv, &err);
    if (status == NN_OK)
        status = open_folder(&r, &err);
    if (status == NN_OK)
        status = open_predictions(&r, &err);
    if (status == NN_OK)
        status = run(&r, &err);
    app_learn_close(r.learn);
    app_feedback_close(r.feedback);
    app_predictions_close(r.predictions, NN_EINVAL, NULL); // of a run that did not begin
    app_areas_release(&r.areas);
    app_where_release(&r.where);
    g_free(r.save_txt);
    g_free(r.save_json);
    g_free(r.color_by);
    g_free(r.anonymize);
    g_free(r.tracker);
    g_free(r.teacher);
    g_free(r.learn_dir);
    g_free(r.model);
    g_free(r.head);
    g_free(r.names);
    g_free(r.classes);
    g_free(r.size);
    g_free(thresholds.classes);
    g_free(r.json);
    g_free(r.mqtt);
    g_free(r.record_events);
    g_free(r.record_on);
    g_free(r.record_keep);
    g_free(r.kafka);
    g_free(r.record);
    g_free(r.snapshot);
    return app_end(status, &err);
}
