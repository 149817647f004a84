// SPDX-License-Identifier: MIT
// Compares detectors on held-back pictures.
#include "app/adapt/compare.h"

#include "app/label/teacher_classes.h"
#include "nn/base/memory.h"
#include "nn/data/folder.h"
#include "nn/eval/evaluate_detect.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { ALARM_PICTURES = 2 }; // pictures in a row that count as an alarm
enum { CACHE = 512 << 20 };  // bytes of decoded pictures

static void print_note(void *ctx, const char *line)
{
    (void)ctx;
    app_progress_note(line);
}

nn_status adapt_compare_init(adapt_comparison *c, const char *folder, float ignore_below,
                             nn_error *err)
{
    *c = (adapt_comparison){0};
    g_autofree char *classes = g_build_filename(folder, "classes.txt", NULL);
    nn_class_map map;
    const nn_source source = {.path = (char *)folder, .ignore_below = ignore_below};
    nn_status status = nn_names_load(&c->classes, classes, err);
    if (status == NN_OK)
        status = nn_dataset_init(&c->data, CACHE, (nn_notes){print_note, NULL}, err);
    c->have_data = status == NN_OK;
    if (status != NN_OK)
        return status;
    nn_class_map_identity(&map, c->classes.count);
    const nn_folder f = {.path = folder, .source = &source, .names = &c->classes, .map = &map};
    return nn_dataset_add_folder(&c->data, &f, NN_DATA_BOXES, err);
}

static void release(adapt_candidate *m)
{
    g_free(m->name);
    g_free(m->class_thresholds);
    nn_detector_free(m->detector);
    nn_metrics_free(m->metrics);
    nn_tracker_free(m->alarms);
    nn_result_release(&m->result);
}

void adapt_compare_release(adapt_comparison *c)
{
    for (int i = 0; i < c->count; i++)
        release(&c->list[i]);
    nn_names_release(&c->classes);
    if (c->have_data)
        nn_dataset_release(&c->data);
    *c = (adapt_comparison){0};
}

static nn_status map_classes(const adapt_comparison *c, adapt_candidate *m, const char *rules,
                             nn_error *err)
{
    const nn_card *card = nn_detector_card(m->detector);
    const nn_names labels = {card->labels, card->label_count};
    bool any = false;
    if (labels.count > NN_CLASS_MAX)
        return nn_fail(err, NN_EUNSUPPORTED, "%s has %d classes; at most %d can be compared",
                       m->name, labels.count, NN_CLASS_MAX);
    label_map_classes(&labels, rules, &c->classes, &m->map);
    for (int i = 0; i < m->map.count; i++)
        any |= m->map.to[i] >= 0;
    return any ? NN_OK : nn_fail(err, NN_ENOTFOUND, "%s has none of the labelled classes", m->name);
}

// The lowest threshold of the model's classes that become a class of the data.
static void map_thresholds(const adapt_comparison *c, adapt_candidate *m)
{
    const nn_card *card = nn_detector_card(m->detector);
    if (!card->class_thresholds)
        return;
    m->class_thresholds = g_new(float, c->classes.count + 1);
    for (int i = 0; i < c->classes.count; i++)
        m->class_thresholds[i] = INFINITY;
    for (int i = 0; i < card->label_count; i++) {
        const int to = nn_class_map_get(&m->map, i);
        if (to >= 0)
            m->class_thresholds[to] = MIN(m->class_thresholds[to], nn_card_threshold_of(card, i));
    }
}

static const nn_track_options alarm_tracks = {.high = 0,
                                              .low = 0,
                                              .start = 0,
                                              .iou_high = 0.2f,
                                              .iou_low = 0.2f,
                                              .other_class = 1,
                                              .lost = 30};

nn_status adapt_compare_add(adapt_comparison *c, adapt_role role, const char *model,
                            const char *head, const char *labels, const char *rules, nn_error *err)
{
    const nn_detector_options options = {.threads = c->threads,
                                         .iou_threshold = -1,
                                         .head = head && *head ? head : NULL,
                                         .labels = labels};
    adapt_candidate m = {.role = role};
    if (c->count == ADAPT_MAX_MODELS)
        return nn_fail(err, NN_EINVAL, "more than %d models to compare", ADAPT_MAX_MODELS);
    nn_status status = nn_detector_open_to_score(&m.detector, model, &options, err);
    if (status != NN_OK)
        return status;
    for (int i = 0; i < c->count; i++)
        if (strcmp(nn_detector_path(c->list[i].detector), nn_detector_path(m.detector)) == 0) {
            c->list[i].role = MAX(role, c->list[i].role);
            nn_detector_free(m.detector);
            return NN_OK;
        }
    m.name = g_path_get_basename(nn_detector_path(m.detector));
    m.threshold = m.alarm_threshold = nn_card_lowest_threshold(nn_detector_card(m.detector));
    m.metrics = nn_metrics_new(c->classes.count);
    m.alarms = nn_tracker_new(&alarm_tracks);
    nn_result_init(&m.result);
    status = m.metrics && m.alarms ? map_classes(c, &m, rules, err)
                                   : nn_fail(err, NN_ENOMEM, "no memory for scores");
    if (status == NN_OK) {
        map_thresholds(c, &m);
        nn_metrics_use_class_thresholds(m.metrics, m.class_thresholds);
        c->list[c->count++] = m;
    } else
        release(&m);
    return status;
}

// Detects on one picture. Boxes get classes of the data and pixels of the full picture.
static nn_status look(adapt_candidate *m, const nn_frame *f, const nn_sample *s, nn_error *err)
{
    nn_result *r = &m->result;
    const nn_status status = nn_detector_run(m->detector, f, r, err);
    int kept = 0;
    if (status != NN_OK)
        return status;
    m->milliseconds += (double)r->infer_ms;
    if (f->width != s->width || f->height != s->height)
        nn_result_scale(r, (float)s->width / (float)f->width, (float)s->height / (float)f->height);
    for (int i = 0; i < r->count; i++) {
        r->boxes[i].label = nn_class_map_get(&m->map, r->boxes[i].label);
        if (r->boxes[i].label >= 0)
            r->boxes[kept++] = r->boxes[i];
    }
    r->count = kept;
    return NN_OK;
}

static nn_scored_objects objects_of(const adapt_candidate *m, const nn_sample *s)
{
    return (nn_scored_objects){.truths = s->truths,
                               .truth_count = s->truth_count,
                               .boxes = m->result.boxes,
                               .box_count = m->result.count,
                               .class_thresholds = m->class_thresholds};
}

static nn_status judge(const adapt_candidate *m, const nn_sample *s, float threshold,
                       nn_verdict **verdicts, bool **found, nn_error *err)
{
    const nn_scored_objects o = objects_of(m, s);
    *verdicts = g_new0(nn_verdict, m->result.count + 1);
    *found = g_new0(bool, s->truth_count + 1);
    return nn_metrics_judge_objects(&nn_similarity_box, &o, threshold, *found, *verdicts, err);
}

// Counts false boxes; consecutive ones at one position are one alarm.
static nn_status count_alarms(adapt_candidate *m, const nn_sample *s, int frames, nn_error *err)
{
    g_autofree nn_verdict *verdicts = NULL;
    g_autofree bool *found = NULL;
    nn_status status = judge(m, s, m->alarm_threshold, &verdicts, &found, err);
    if (status != NN_OK)
        return status;
    GArray *wrong = g_array_new(FALSE, FALSE, sizeof(nn_box));
    for (int i = 0; i < m->result.count; i++)
        if (verdicts[i] == NN_VERDICT_FALSE)
            g_array_append_val(wrong, m->result.boxes[i]);
    status =
        nn_tracker_update(m->alarms, (nn_box *)(void *)wrong->data, (int)wrong->len, frames, err);
    g_array_unref(wrong);
    for (int i = 0; i < nn_tracker_count(m->alarms) && status == NN_OK; i++) {
        const nn_track t = nn_tracker_at(m->alarms, i);
        m->alarm_count += t.unseen == 0 && t.seen == ALARM_PICTURES;
    }
    return status;
}

static nn_status with_picture(adapt_comparison *c, int i, nn_image *image, bool *borrowed,
                              nn_frame *f, nn_error *err)
{
    const nn_status status = nn_dataset_picture(&c->data, i, image, borrowed, err);
    if (status == NN_OK)
        *f = nn_image_frame(image);
    return status;
}

static nn_status compare_on(adapt_comparison *c, int i, nn_error *err)
{
    const nn_sample *s = &c->data.samples[i];
    nn_image image;
    nn_frame f;
    bool borrowed;
    nn_status status = with_picture(c, i, &image, &borrowed, &f, err);
    if (status != NN_OK)
        return status;
    for (int k = 0; k < c->count && status == NN_OK; k++) {
        adapt_candidate *m = &c->list[k];
        status = look(m, &f, s, err);
        if (status == NN_OK && i == 0) { // the first run allocates and is not timed
            m->milliseconds = 0;
            status = look(m, &f, s, err);
        }
        const nn_scored_objects o = objects_of(m, s);
        if (status == NN_OK)
            status = nn_metrics_add_objects(m->metrics, &o, err);
        if (status == NN_OK)
            status = count_alarms(m, s, MAX(c->frames, 1), err);
    }
    if (!borrowed)
        nn_image_release(&image);
    return status;
}

// Finds the highest threshold at which the model still finds this fraction of the objects, but not
// below its own threshold.
static nn_status find_threshold(adapt_candidate *m, double recall, nn_error *err)
{
    enum { HALVINGS = 12 };
    double low = (double)m->threshold, high = 1;
    nn_status status = NN_OK;
    for (int i = 0; i < HALVINGS && status == NN_OK; i++) {
        const double middle = 0.5 * (low + high);
        nn_metrics_score score;
        status = nn_metrics_compute(m->metrics, -1, middle, &score, err);
        *(score.recall >= recall ? &low : &high) = middle;
    }
    m->alarm_threshold = (float)low;
    return status;
}

static nn_status count_again(adapt_comparison *c, adapt_candidate *m,
                             const volatile sig_atomic_t *stop, nn_error *err)
{
    nn_status status = NN_OK;
    const double milliseconds = m->milliseconds;
    m->alarm_count = 0;
    nn_tracker_free(m->alarms);
    m->alarms = nn_tracker_new(&alarm_tracks);
    if (!m->alarms)
        return nn_fail(err, NN_ENOMEM, "no memory for scores");
    for (int i = 0; i < c->data.count && status == NN_OK && !*stop; i++) {
        nn_image image;
        nn_frame f;
        bool borrowed;
        status = with_picture(c, i, &image, &borrowed, &f, err);
        if (status != NN_OK)
            return status;
        status = look(m, &f, &c->data.samples[i], err);
        if (status == NN_OK)
            status = count_alarms(m, &c->data.samples[i], MAX(c->frames, 1), err);
        if (!borrowed)
            nn_image_release(&image);
    }
    m->milliseconds = milliseconds;
    return status;
}

// Counts alarms at equal recall: at its own threshold, a model that finds more objects also raises
// more false alarms.
static nn_status make_fair(adapt_comparison *c, const volatile sig_atomic_t *stop, nn_error *err)
{
    const adapt_candidate *g = adapt_find(c, ADAPT_GENERAL);
    adapt_candidate *s = (adapt_candidate *)adapt_find(c, ADAPT_SPECIALIST);
    if (!g || !s || !(s->score.recall > g->score.recall) || s->alarm_count == 0)
        return NN_OK;
    const nn_status status = find_threshold(s, g->score.recall, err);
    return status == NN_OK ? count_again(c, s, stop, err) : status;
}

nn_status adapt_compare_run(adapt_comparison *c, const volatile sig_atomic_t *stop, nn_error *err)
{
    app_progress p;
    nn_status status = NN_OK;
    app_progress_begin(&p, "", 0, c->data.count);
    for (int i = 0; i < c->data.count && status == NN_OK && !*stop; i++) {
        status = compare_on(c, i, err);
        app_progress_late(&p, i + 1, "pictures compared");
    }
    app_progress_clear(&p);
    for (int k = 0; k < c->count && status == NN_OK && !*stop; k++) {
        adapt_candidate *m = &c->list[k];
        status = nn_metrics_compute(m->metrics, -1, m->threshold, &m->score, err);
        m->fps = 1000 * c->data.count / m->milliseconds;
    }
    if (status == NN_OK && !*stop)
        status = make_fair(c, stop, err);
    for (int k = 0; k < c->count; k++) {
        adapt_candidate *m = &c->list[k];
        m->alarms_an_hour = c->seconds > 0 ? 3600 * m->alarm_count / c->seconds : NAN;
    }
    return status;
}

nn_status adapt_compare_look(adapt_comparison *c, int model, int picture, nn_verdict **verdicts,
                             bool **found, nn_error *err)
{
    nn_image image;
    nn_frame f;
    bool borrowed;
    *verdicts = NULL;
    *found = NULL;
    nn_status status = with_picture(c, picture, &image, &borrowed, &f, err);
    if (status != NN_OK)
        return status;
    status = look(&c->list[model], &f, &c->data.samples[picture], err);
    if (status == NN_OK)
        status = judge(&c->list[model], &c->data.samples[picture], c->list[model].threshold,
                       verdicts, found, err);
    if (!borrowed)
        nn_image_release(&image);
    return status;
}
