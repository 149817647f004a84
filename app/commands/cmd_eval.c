// SPDX-License-Identifier: MIT
// neroscale eval: scores models of any task on labelled pictures or videos.
#include "app/cli/arguments.h"
#include "app/cli/files.h"
#include "app/cli/folder.h"
#include "app/cli/image_size.h"
#include "app/cli/json_file.h"
#include "app/cli/open_model.h"
#include "app/cli/option_entries.h"
#include "app/cli/option_table.h"
#include "app/cli/output.h"
#include "app/cli/precision.h"
#include "app/cli/tail.h"
#include "app/commands/command.h"
#include "app/data/evaluate_data.h"
#include "app/report/calibrate.h"
#include "app/report/report.h"
#include "app/track/evaluate_tracks.h"
#include "nn/base/features.h"
#include "nn/base/memory.h"
#include "nn/eval/evaluate_detect.h"
#include "nn/vision/regions.h"

#include <stdio.h>
#include <string.h>

static const char WHAT[] = "Scores a model on labelled data. The model says what its task is:\n";
static const char HOW[] = // behind a line for each task
    "  tracks        (--track) MOTA, IDF1, identity switches of a detector with the tracker of "
    "run\n"
    "\n"
    "Examples:\n"
    "  neroscale eval mine.safetensors --data export --report runs/mine\n"
    "  neroscale eval flowers.safetensors --data flowers/test --json score.json\n"
    "  neroscale eval resnet50.pth --network resnet50 --names imagenet.txt --data val\n"
    "  neroscale eval person --video street.avi --labels street.txt --frames 601-795\n"
    "  neroscale eval person --track --data MOT17/train\n"
    "  neroscale eval mine.safetensors --data val --negatives empty --calibrate mine2.safetensors\n"
    "  neroscale eval vehicle --data aerial-4k --tiles auto\n"
    "  neroscale eval yolov8n-pose.onnx --data coco --list val2017 --save-results found.json\n"
    "\n"
    "'neroscale help layouts' tells what --data takes, 'neroscale help classes' how classes of "
    "data and\n"
    "model are matched.";

static char *summary(void) // g_free
{
    GString *text = g_string_new(WHAT);
    const app_task *t;
    for (int i = 0; (t = app_task_at(i)) != NULL; i++)
        g_string_append_printf(text, "  %-13s %s\n", t->models, t->scored);
    g_string_append(text, HOW);
    return g_string_free(text, FALSE);
}

// Options that --help shows; the others are in groups.
static const char *const often[] = {"data", "video", "labels",  "frames",    "names",
                                    "list", "json",  "report",  "threshold", "calibrate",
                                    "size", "head",  "threads", "precision", NULL};

typedef struct scoring {
    app_data_options sources;
    char *json, *report, *save_results, *size, *head, *model_names, *network, *options, *parameters;
    char *precision_word;
    nn_precision precision;
    double threshold, iou, crop;
    double overlap;
    char *tiles;
    int threads, input_h, input_w;
    app_tail tail;
    char *sigmas;
    float sigma[NN_KEYPOINTS_MOST];
    int sigma_count;
    gboolean eleven_points;
    gboolean agnostic, track;
    char *tracker;
    const nn_tracker_kind *kind; // of tracker
    nn_dataset data;
    bool have_data;
    gboolean force;
    char *calibrate;
    double false_alarms; // of --calibrate
    app_report scored;
    app_results results;
    app_progress progress;
    const app_source *video; // the current video
} scoring;

static void print_note(void *ctx, const char *line)
{
    (void)ctx;
    app_progress_note(line);
}

static void count_read(void *ctx, int count)
{
    app_progress_count(ctx, count, "pictures read");
}

// Where the table goes: stdout may be for JSON alone.
static FILE *table(const scoring *s)
{
    return s->json && strcmp(s->json, "-") == 0 ? stderr : stdout;
}

static nn_status load(scoring *s, const nn_card *card, nn_error *err)
{
    enum { CACHE_BYTES = 256 << 20 }; // most pictures need not be decoded twice
    nn_status status = nn_dataset_init(&s->data, CACHE_BYTES, (nn_notes){print_note, NULL}, err);
    s->have_data = status == NN_OK;
    app_progress_begin(&s->progress, "", 0, 0);
    s->data.added = count_read;
    s->data.added_ctx = &s->progress;
    const nn_names labels = {card->labels, card->label_count};
    if (status == NN_OK)
        status = app_data_options_know(&s->sources, &labels, err);
    if (status == NN_OK)
        status = app_evaluate_load(&s->sources, card, &s->data, err);
    app_progress_clear(&s->progress);
    app_progress_begin(&s->progress, "", 0, s->data.count);
    return status;
}

static nn_status score_frame(void *ctx, const nn_frame *frame, int number, nn_truth *truths,
                             int truth_count, nn_error *err)
{
    scoring *s = ctx;
    g_autofree char *name = g_strdup_printf("%s:%d", s->video->path, number);
    nn_status status =
        nn_source_mark(&s->video->options, frame->width, frame->height, &truths, &truth_count, err);
    const nn_sample sample = {.name = name,
                              .width = frame->width,
                              .height = frame->height,
                              .truths = truths,
                              .truth_count = truth_count};
    if (status == NN_OK)
        status = nn_evaluate_frame(&s->scored.evaluation, -1, &sample, frame, err);
    nn_free(truths);
    return status;
}

static nn_status check_videos(const scoring *s, nn_error *err)
{
    for (int i = 0; i < s->sources.count; i++)
        if (s->sources.list[i].video && !nn_data_kind_facts(s->sources.kind)->objects)
            return nn_fail(err, NN_EINVAL, "--video is for detectors; the model %s",
                           s->scored.task->does);
    return NN_OK;
}

static nn_status run(scoring *s, nn_error *err)
{
    nn_evaluation *e = &s->scored.evaluation;
    s->sources.kind = e->task->kind;
    s->sources.details = nn_evaluation_details(e);
    nn_status status = check_videos(s, err);
    if (status == NN_OK)
        status = app_data_options_unpack(&s->sources, err);
    if (status == NN_OK)
        status = load(s, e->card, err);
    if (status == NN_OK)
        status = nn_evaluate_dataset(e, &s->data, err);
    for (int i = 0; i < s->sources.count && status == NN_OK; i++) {
        const app_source *source = &s->sources.list[i];
        s->video = source;
        if (source->video)
            status =
                app_read_video(source, 0, 0, (nn_notes){print_note, NULL}, score_frame, s, err);
    }
    app_progress_break(&s->progress);
    if (status == NN_OK && e->pictures == 0)
        status = nn_fail(err, NN_EINVAL, "there are no labelled pictures");
    return status;
}

static app_model_source source_of(const scoring *s, const char *name)
{
    return (app_model_source){.name = s->network ? s->network : name,
                              .options = s->options,
                              .parameters = s->network ? name : s->parameters,
                              .head = s->head,
                              .labels = s->model_names,
                              .usual_labels = s->sources.classes,
                              .input_h = s->input_h,
                              .input_w = s->input_w,
                              .tail = true};
}

static nn_status open_model(scoring *s, const char *name, nn_error *err)
{
    app_model_source from = source_of(s, name);
    bool took_usual = false;
    nn_evaluation_options o;
    nn_model *m = NULL;
    char remark[512];
    nn_evaluation_options_init(&o);
    o.threads = s->threads;
    o.input_h = s->input_h;
    o.input_w = s->input_w;
    o.head = s->head;
    o.labels = s->model_names;
    o.threshold = (float)s->threshold;
    o.iou_threshold = (float)s->iou;
    o.agnostic_nms = s->agnostic;
    o.crop = (float)s->crop;
    o.tiles = s->tiles;
    o.tile_overlap = (float)s->overlap;
    o.precision = s->precision;
    o.tail_limits = app_tail_limits(&s->tail);
    o.sigmas = s->sigma;
    o.sigma_count = s->sigma_count;
    o.eleven_points = s->eleven_points;
    from.took_usual = &took_usual;
    nn_status status = app_open_model(&m, &from, err);
    if (took_usual)
        o.labels = from.usual_labels; // detectors read the file again
    if (status == NN_OK)
        status = app_report_open(&s->scored, m, name, &o, s->report != NULL, err);
    if (status != NN_OK)
        return status;
    s->scored.progress = &s->progress;
    s->scored.results = s->save_results ? &s->results : NULL;
    s->scored.data = &s->data;
    if (s->calibrate && app_calibrate_check(s->scored.evaluation.task, s->calibrate, err) != NN_OK)
        return NN_EINVAL;
    if (s->save_results && s->scored.evaluation.task->kind != NN_DATA_BOXES)
        return nn_fail(err, NN_EINVAL, "--save-results is for detectors; the model %s",
                       s->scored.task->does);
    if (nn_card_remark(s->scored.evaluation.card, remark, sizeof remark))
        fprintf(stderr, "note: %s: %s\n", s->scored.evaluation.path, remark);
    return NN_OK;
}

static nn_status write_json(const scoring *s, nn_error *err)
{
    cJSON *json = NULL;
    nn_status status = app_report_json(&json, &s->scored, err);
    if (status == NN_OK)
        status = app_json_write(json, s->json, err);
    cJSON_Delete(json);
    return status;
}

static nn_status score_tracks(scoring *s, const char *model, nn_error *err)
{
    const nn_detector_options o = {.threads = s->threads,
                                   .threshold = (float)s->threshold,
                                   .iou_threshold = (float)s->iou,
                                   .agnostic_nms = s->agnostic,
                                   .input_h = s->input_h,
                                   .input_w = s->input_w,
                                   .head = s->head,
                                   .labels = s->model_names,
                                   .precision = s->precision,
                                   .tail_limits = app_tail_limits(&s->tail)};
    app_track_scores scores = {0};
    nn_status status = app_evaluate_tracks(&scores, &s->sources, model, &o, s->kind, &s->progress,
                                           (nn_notes){print_note, NULL}, err);
    if (status == NN_OK)
        app_track_scores_print(&scores, table(s));
    if (status == NN_OK && s->json) {
        cJSON *json = app_track_scores_json(&scores);
        status = app_json_write(json, s->json, err);
        cJSON_Delete(json);
    }
    g_free(scores.model);
    return status;
}

static nn_status calibrate(const scoring *s, const char *name, nn_error *err)
{
    const app_model_source from = source_of(s, name);
    const app_calibration how = {s->calibrate, s->false_alarms};
    return app_calibrate(&s->scored.evaluation, &from, &how, table(s), err);
}

static nn_status score_all(scoring *s, const char *model, nn_error *err)
{
    app_files files = {0};
    app_data_options_files(&s->sources, &files);
    if (!s->calibrate || strcmp(s->calibrate, model) != 0) // only its card changes
        app_files_read(&files, "MODEL", model);
    app_files_read(&files, "--model-names", s->model_names);
    app_files_read(&files, "--parameters", s->parameters);
    app_files_refresh(&files, "--json", s->json);
    app_files_refresh(&files, "--save-results", s->save_results);
    app_files_write_folder(&files, "--report", s->report, "report.md");
    app_files_write(&files, "--calibrate", s->calibrate);
    nn_status status = app_data_options_check(&s->sources, err);
    if (status == NN_OK)
        status = app_files_check(&files, err);
    if (status == NN_OK && s->report && !NN_HAS_pango)
        status = nn_fail_prefix(err, nn_fail_without(err, "pango"), "--report");
    if (status == NN_OK)
        status = app_files_claim(&files, s->force, err); // before minutes of scoring
    if (status == NN_OK && s->track)
        return score_tracks(s, model, err);
    if (status == NN_OK)
        status = open_model(s, model, err);
    if (status == NN_OK)
        status = run(s, err);
    if (status == NN_OK)
        status = s->scored.task->print(&s->scored.evaluation, table(s), err);
    if (status == NN_OK)
        status = app_report_say(&s->scored, table(s), err);
    if (status == NN_OK && s->json)
        status = write_json(s, err);
    if (status == NN_OK && s->save_results)
        status = app_results_save(&s->results, s->save_results, err);
    if (status == NN_OK && s->calibrate)
        status = calibrate(s, model, err);
    if (status == NN_OK && s->report)
        status = app_report_write(&s->scored, s->report, &s->data, err);
    return status;
}

static nn_status check(scoring *s, int argc, nn_error *err)
{
    nn_status status = app_check_one_model(argc, err);
    if (status != NN_OK)
        return status;
    if (s->network && s->parameters)
        return nn_fail(err, NN_EINVAL, "with --network, MODEL is the file of parameters");
    if (s->track && (s->report || s->save_results || s->network || s->parameters || s->calibrate))
        return nn_fail(
            err, NN_EINVAL,
            "--track cannot be combined with --report, --save-results, --network, --parameters and "
            "--calibrate");
    if ((status = app_find_precision(&s->precision, s->precision_word, err)) != NN_OK)
        return status;
    const nn_region_options regions = {.tiles = s->tiles, .overlap = (float)s->overlap};
    if (s->track && s->tiles)
        return nn_fail(err, NN_EINVAL, "--track cannot be combined with --tiles");
    nn_error why;
    status = nn_region_options_check(&regions, &why);
    if (status != NN_OK)
        return nn_fail(err, status, "--%s", why.text); // it begins with the name
    if (s->tracker && !s->track)
        return nn_fail(err, NN_EINVAL, "--tracker is for --track");
    s->kind = nn_tracker_kind_at(0);
    if (s->tracker && (status = nn_tracker_kind_find(&s->kind, s->tracker, err)) != NN_OK)
        return status;
    if (s->sigmas && nn_keypoint_sigmas_parse(s->sigma, &s->sigma_count, s->sigmas, err) != NN_OK)
        return nn_fail_prefix(err, NN_EINVAL, "--sigmas");
    return app_parse_size("--size", s->size, &s->input_w, &s->input_h, err);
}

static nn_status parse(scoring *s, int *argc, char ***argv, nn_error *err)
{
    const GOptionEntry entries[] = {
        APP_OPTION("json", &s->json, NULL),
        APP_OPTION("report", &s->report, NULL),
        APP_OPTION("save-results", &s->save_results, NULL),
        APP_OPTION("force", &s->force, NULL),
        APP_OPTION("threshold", &s->threshold, "the model's"),
        APP_OPTION("calibrate", &s->calibrate, NULL),
        APP_OPTION("false-alarms", &s->false_alarms, "0.01"),
        APP_OPTION("iou-threshold", &s->iou, "the model's"),
        APP_OPTION("agnostic-nms", &s->agnostic, NULL),
        APP_OPTION("head", &s->head, "the model's, or by the shapes of the outputs"),
        APP_OPTION("model-names", &s->model_names, "the model's, else --names"),
        APP_OPTION("network", &s->network, NULL),
        APP_OPTION("options", &s->options, NULL),
        APP_OPTION("parameters", &s->parameters, NULL),
        APP_OPTION("tiles", &s->tiles, "off"),
        APP_OPTION("tile-overlap", &s->overlap, "0.2"),
        APP_OPTION("size", &s->size, "the model's"),
        APP_OPTION("centre-crop", &s->crop, "the model's"),
        APP_OPTION("threads", &s->threads, "0"),
        APP_OPTION("precision", &s->precision_word, "float32"),
        APP_OPTION("sigmas", &s->sigmas, "the data's, else COCO's or 1 / number"),
        APP_OPTION("eleven-points", &s->eleven_points, NULL),
        APP_OPTION("tail-memory", &s->tail.memory, APP_TAIL_MEMORY),
        APP_OPTION("tail-seconds", &s->tail.seconds, APP_TAIL_SECONDS),
        APP_OPTION("track", &s->track, NULL),
        APP_OPTION("tracker", &s->tracker, "zero-term"),
        APP_OPTIONS_END};
    GOptionGroup *group = g_option_group_new("eval", "", "", &s->sources, NULL);
    GOptionGroup *more[] = {
        g_option_group_new("data", "Options of the data:", "Show options of the data", &s->sources,
                           NULL),
        g_option_group_new("model", "Options of the model:", "Show options of the model", NULL,
                           NULL),
        NULL};
    app_options_split(group, often, more[0]);
    app_data_options_add_options(group, false);
    app_options_split(group, often, more[1]);
    app_options_add_entries(group, entries);
    g_autofree char *told = summary();
    const app_arguments what = {.synopsis = "MODEL", .summary = told, .group = group, .more = more};
    const nn_status status = app_parse_arguments(&what, argc, argv, err);
    return status == NN_OK ? check(s, *argc, err) : status;
}

static void release(scoring *s)
{
    app_report_close(&s->scored);
    if (s->have_data)
        nn_dataset_release(&s->data);
    app_data_options_release(&s->sources);
    g_free(s->json);
    g_free(s->calibrate);
    g_free(s->report);
    g_free(s->save_results);
    app_results_release(&s->results);
    g_free(s->size);
    g_free(s->tiles);
    g_free(s->sigmas);
    g_free(s->precision_word);
    g_free(s->head);
    g_free(s->model_names);
    g_free(s->network);
    g_free(s->options);
    g_free(s->parameters);
    g_free(s->tracker);
}

int app_cmd_eval(int argc, char **argv)
{
    scoring s = {.threshold = APP_UNSET,
                 .iou = APP_UNSET,
                 .overlap = (double)NN_TILES_OVERLAP,
                 .false_alarms = NN_FALSE_ALARMS};
    nn_error err = {0};
    nn_status status = parse(&s, &argc, &argv, &err);
    if (status == NN_OK)
        status = score_all(&s, argv[1], &err);
    release(&s);
    return app_end(status, &err);
}
