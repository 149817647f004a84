// SPDX-License-Identifier: MIT
// Detects, tracks and scores sequence by sequence.
#include "app/track/evaluate_tracks.h"

#include "app/cli/json_file.h"
#include "nn/data/mot.h"
#include "nn/vision/track.h"
#include "pipeline/reader.h"

#include <math.h>
#include <string.h>

#define LOST_SECONDS 5.0 // as nerotrack's lost-time and hold-time
#define HOLD_SECONDS 0.5
#define FAINT_PART 0.4f // of the threshold: boxes that only continue tracks

// One sequence and what it is scored with.
typedef struct sequence {
    char *frames, *labels; // input of vp_reader, MOT text
    app_range use;         // 0, 0: all labelled frames
    double rate;           // frames a second; 0: the reader says
} sequence;

typedef struct scoring {
    nn_detector *detector;
    nn_tracker *tracker;
    nn_tracking_metrics *metrics;
    nn_track_options how;
    nn_result result;
    GArray *boxes; // nn_box
    app_progress *progress;
    nn_notes notes;
    app_track_scores *out;
} scoring;

static void sequence_free(gpointer data)
{
    sequence *s = data;
    g_free(s->frames);
    g_free(s->labels);
    g_free(s);
}

// --- sequences ---

static char *ini_text(GKeyFile *ini, const char *key, const char *usual)
{
    char *text = g_key_file_get_string(ini, "Sequence", key, NULL);
    return text && *text ? text : (g_free(text), g_strdup(usual));
}

// DIR with seqinfo.ini, img1/000001.jpg and gt/gt.txt. FALSE: it is none.
static gboolean add_folder(GPtrArray *list, const char *dir, app_range use)
{
    g_autofree char *info = g_build_filename(dir, "seqinfo.ini", NULL);
    g_autofree char *labels = g_build_filename(dir, "gt", "gt.txt", NULL);
    g_autoptr(GKeyFile) ini = g_key_file_new();
    if (!g_file_test(labels, G_FILE_TEST_IS_REGULAR) ||
        !g_key_file_load_from_file(ini, info, G_KEY_FILE_NONE, NULL))
        return FALSE;
    g_autofree char *images = ini_text(ini, "imDir", "img1");
    g_autofree char *ending = ini_text(ini, "imExt", ".jpg");
    g_autofree char *name = g_strdup_printf("%%06d%s", ending);
    sequence *s = g_new0(sequence, 1);
    s->frames = g_build_filename(dir, images, name, NULL);
    s->labels = g_steal_pointer(&labels);
    s->use = use;
    s->rate = g_key_file_get_double(ini, "Sequence", "frameRate", NULL);
    g_ptr_array_add(list, s);
    return TRUE;
}

static int compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

// A folder of such folders, also below train/, in the order of their names.
static void add_folders(GPtrArray *list, const char *dir, app_range use, int depth)
{
    GDir *open = g_dir_open(dir, 0, NULL);
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    for (const char *name; open && (name = g_dir_read_name(open));)
        g_ptr_array_add(names, g_build_filename(dir, name, NULL));
    if (open)
        g_dir_close(open);
    g_ptr_array_sort(names, compare_names);
    for (guint i = 0; i < names->len; i++) {
        const char *path = names->pdata[i];
        if (g_file_test(path, G_FILE_TEST_IS_DIR) && !add_folder(list, path, use) && depth > 0)
            add_folders(list, path, use, depth - 1);
    }
}

static nn_status list_sequences(GPtrArray *list, const app_data_options *sources, nn_error *err)
{
    for (int i = 0; i < sources->count; i++) {
        const app_source *from = &sources->list[i];
        const guint before = list->len;
        if (from->video) {
            sequence *s = g_new0(sequence, 1);
            s->frames = g_strdup(from->path);
            s->labels = g_strdup(from->labels);
            s->use = from->frames;
            g_ptr_array_add(list, s);
        } else if (!from->negatives && !add_folder(list, from->path, from->frames)) {
            add_folders(list, from->path, from->frames, 1);
        }
        if (list->len == before)
            return nn_fail(err, NN_EINVAL,
                           "%s: no sequence with seqinfo.ini and gt/gt.txt (MOT challenge), which "
                           "--track needs; or give --video FILE --labels FILE",
                           from->path);
    }
    return NN_OK;
}

// --- one sequence ---

static nn_status follow(scoring *s, const nn_frame *frame, nn_error *err)
{
    nn_status status = nn_detector_run(s->detector, frame, &s->result, err);
    if (status != NN_OK)
        return status;
    g_array_set_size(s->boxes, 0);
    g_array_append_vals(s->boxes, s->result.boxes, (guint)s->result.count);
    const gint64 start = g_get_monotonic_time();
    nn_tracker_show(s->tracker, frame);
    status =
        nn_tracker_update(s->tracker, (nn_box *)(void *)s->boxes->data, s->result.count, 1, err);
    const guint measured = s->boxes->len;
    const int most = nn_tracker_count(s->tracker);
    g_array_set_size(s->boxes, measured + (guint)most);
    nn_box *added = (nn_box *)(void *)s->boxes->data + measured;
    const int n = nn_tracker_predict(s->tracker, 0, added, most);
    g_array_set_size(s->boxes, measured + (guint)n);
    s->out->milliseconds += (double)(g_get_monotonic_time() - start) / 1000;
    return status;
}

// Adds a labelled frame to the metrics.
static nn_status score(scoring *s, const nn_mot *m, int number, nn_error *err)
{
    g_autoptr(GArray) truths = g_array_new(FALSE, FALSE, sizeof(nn_truth));
    g_autoptr(GArray) ids = g_array_new(FALSE, FALSE, sizeof(int));
    for (int i = nn_mot_first(m, number); i < m->count && m->rows[i].frame == number; i++) {
        const nn_mot_row *row = &m->rows[i];
        nn_truth t = row->truth;
        if (row->other)
            continue;
        t.label = -1; // the detector is asked for people only, where it knows them
        t.ignore = row->ignore ? NN_IGNORE_BOX : 0;
        g_array_append_val(truths, t);
        g_array_append_val(ids, row->id);
    }
    s->out->frames++;
    return nn_tracking_metrics_add(s->metrics, (const nn_truth *)(const void *)truths->data,
                                   (const int *)(const void *)ids->data, (int)truths->len,
                                   (const nn_box *)(const void *)s->boxes->data, (int)s->boxes->len,
                                   err);
}

static nn_status check_ids(const nn_mot *m, const char *path, nn_error *err)
{
    for (int i = 0; i < m->count; i++)
        if (!m->rows[i].broken && !m->rows[i].other && m->rows[i].id > 0)
            return NN_OK;
    return nn_fail(err, NN_EINVAL,
                   "%s: no line has an identity (the second number); --track needs them", path);
}

// Restarts the tracker for a sequence of so many frames a second.
static void restart(scoring *s, double rate)
{
    s->how.lost = (int)fmax(1, fmin(rate * LOST_SECONDS, 100000));
    if (s->how.hold > 0)
        s->how.hold = (int)fmin(rate * HOLD_SECONDS + 0.5, 10000);
    nn_tracker_set_options(s->tracker, &s->how);
    nn_tracker_reset(s->tracker);
    nn_tracking_metrics_next_sequence(s->metrics);
}

static nn_status walk(scoring *s, const sequence *q, const nn_mot *m, vp_reader *reader,
                      nn_error *err)
{
    const app_range use = q->use.last ? q->use : (app_range){m->first, m->last};
    app_progress_begin(s->progress, q->labels, 0, use.last - use.first + 1);
    for (int number = 1; number <= use.last; number++) {
        nn_frame frame;
        const int more = vp_reader_next(reader, &frame, err);
        if (more <= 0)
            return more == 0 ? NN_OK : err->status;
        if (number == 1)
            restart(s, q->rate > 0 ? q->rate : vp_reader_rate(reader));
        if (number < use.first)
            continue;
        nn_status status = follow(s, &frame, err);
        if (status == NN_OK && nn_mot_covers(m, number, m->stride))
            status = score(s, m, number, err);
        if (status != NN_OK)
            return status;
        app_progress_late(s->progress, number - use.first + 1, "");
    }
    return NN_OK;
}

static nn_status score_sequence(scoring *s, const sequence *q, nn_error *err)
{
    nn_mot m;
    vp_reader *reader = NULL;
    nn_status status = nn_mot_load(&m, q->labels, s->notes, err);
    if (status != NN_OK)
        return status;
    status = check_ids(&m, q->labels, err);
    if (status == NN_OK)
        status = vp_reader_open(&reader, q->frames, 0, 0, err);
    if (status == NN_OK)
        status = walk(s, q, &m, reader, err);
    vp_reader_close(reader);
    nn_mot_release(&m);
    app_progress_break(s->progress);
    s->out->sequences++;
    return status;
}

// --- all ---

// Asks the detector for faint boxes, too, and for people only where it knows them.
static nn_status prepare(scoring *s, const nn_detector_options *o, const nn_tracker_kind *tracker,
                         nn_error *err)
{
    const nn_card *card = nn_detector_card(s->detector);
    g_autofree bool *mask = g_new0(bool, MAX(card->label_count, 1));
    bool any = false;
    tracker->options(&s->how);
    for (int i = 0; i < card->label_count; i++)
        any = (mask[i] = strcmp(card->labels[i], "person") == 0) || any;
    float threshold = any ? 1 : nn_card_lowest_threshold(card);
    for (int i = 0; i < card->label_count; i++)
        threshold = mask[i] ? MIN(threshold, nn_card_threshold_of(card, i)) : threshold;
    threshold = o->threshold >= 0 ? o->threshold : threshold;
    nn_track_scores(&s->how, threshold);
    nn_detector_set_thresholds(s->detector, FAINT_PART * threshold, o->iou_threshold, 0);
    nn_status status = any ? nn_detector_set_labels(s->detector, mask) : NN_OK;
    s->tracker = nn_tracker_new(&s->how);
    s->metrics = nn_tracking_metrics_new(0.5f);
    if (status != NN_OK || !s->tracker || !s->metrics)
        return nn_fail(err, NN_ENOMEM, "no memory for a tracker");
    return NN_OK;
}

nn_status app_evaluate_tracks(app_track_scores *out, const app_data_options *sources,
                              const char *model, const nn_detector_options *options,
                              const nn_tracker_kind *tracker, app_progress *progress,
                              nn_notes notes, nn_error *err)
{
    scoring s = {.progress = progress, .notes = notes, .out = out};
    g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func(sequence_free);
    *out = (app_track_scores){0};
    nn_result_init(&s.result);
    s.boxes = g_array_new(FALSE, FALSE, sizeof(nn_box));
    nn_status status = list_sequences(list, sources, err);
    if (status == NN_OK)
        status = nn_detector_open(&s.detector, model, options, err);
    if (status == NN_OK)
        status = prepare(&s, options, tracker, err);
    for (guint i = 0; i < list->len && status == NN_OK; i++)
        status = score_sequence(&s, list->pdata[i], err);
    if (status == NN_OK && out->frames == 0)
        status = nn_fail(err, NN_EINVAL, "there are no labelled frames");
    if (status == NN_OK)
        status = nn_tracking_metrics_compute(s.metrics, &out->score, err);
    if (status == NN_OK) {
        out->model = g_strdup(nn_detector_path(s.detector));
        out->milliseconds /= out->frames;
    }
    nn_tracker_free(s.tracker);
    nn_tracking_metrics_free(s.metrics);
    nn_detector_free(s.detector);
    nn_result_release(&s.result);
    g_array_unref(s.boxes);
    return status;
}

typedef struct figure {
    const char *key, *name;
    double value;
    bool count;
} figure;

enum { FIGURES = 16 };

static void list_figures(const nn_tracking_score *s, figure f[FIGURES])
{
    const figure all[FIGURES] = {
        {"mota", "MOTA", s->mota, false},
        {"idf1", "IDF1", s->idf1, false},
        {"motp", "MOTP", s->motp, false},
        {"switches", "identity switches", s->switches, true},
        {"fragmentations", "fragmentations", s->fragmentations, true},
        {"precision", "precision", s->precision, false},
        {"recall", "recall", s->recall, false},
        {"id_precision", "precision of identities", s->id_precision, false},
        {"id_recall", "recall of identities", s->id_recall, false},
        {"truths", "true boxes", (double)s->truths, true},
        {"missed", "missed", (double)s->missed, true},
        {"false_boxes", "false", (double)s->false_boxes, true},
        {"objects", "objects", s->objects, true},
        {"mostly_tracked", "  tracked > 80 %", s->mostly_tracked, true},
        {"mostly_lost", "  tracked < 20 %", s->mostly_lost, true},
        {"tracks", "tracks", s->tracks, true},
    };
    memcpy(f, all, sizeof all);
}

void app_track_scores_print(const app_track_scores *s, FILE *out)
{
    figure f[FIGURES];
    list_figures(&s->score, f);
    fprintf(out, "%d labelled frames of %d sequence%s\n", s->frames, s->sequences,
            s->sequences == 1 ? "" : "s");
    for (int i = 0; i < FIGURES; i++) {
        fprintf(out, "%-24s", f[i].name);
        if (isnan(f[i].value))
            fputs("       -\n", out);
        else
            fprintf(out, f[i].count ? "%8.0f\n" : "%8.3f\n", f[i].value);
    }
}

cJSON *app_track_scores_json(const app_track_scores *s)
{
    figure f[FIGURES];
    cJSON *json = cJSON_CreateObject();
    list_figures(&s->score, f);
    cJSON_AddStringToObject(json, "model", s->model);
    cJSON_AddStringToObject(json, "task", "track");
    cJSON_AddNumberToObject(json, "sequences", s->sequences);
    cJSON_AddNumberToObject(json, "frames", s->frames);
    for (int i = 0; i < FIGURES; i++)
        app_json_add_number(json, f[i].key, f[i].value);
    return json;
}
