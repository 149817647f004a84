// SPDX-License-Identifier: MIT
// Runs the detector in the caller's thread and keeps its last result.
#include "plugins/infer/engine_internal.h"

#include "plugins/common/video.h"
#include "plugins/infer/class_thresholds.h"

#define FAINT_PART 0.4f // of the threshold: the lowest score of a faint box (ByteTrack: 0.1 of 0.6)

enum { PEAK_WINDOW = 16 }; // number of inferences that the peak covers

NeroEngine *nero_engine_new(NeroMember *member)
{
    NeroEngine *e = g_new0(NeroEngine, 1);
    e->member = member;
    e->look = nero_look_new();
    e->model = nero_member_model(member, NULL, NULL);
    e->settings = (NeroEngineSettings){.threshold = nn_detector_card(e->model->detector)->threshold,
                                       .iou_threshold = -1};
    e->dirty = TRUE;
    g_mutex_init(&e->lock);
    g_cond_init(&e->changed);
    nn_result_init(&e->last);
    nn_result_init(&e->found);
    return e;
}

void nero_engine_free(NeroEngine *e)
{
    if (!e)
        return;
    if (e->worker) {
        g_mutex_lock(&e->lock);
        e->quit = TRUE;
        g_cond_broadcast(&e->changed);
        g_mutex_unlock(&e->lock);
        g_thread_join(e->worker);
    }
    nero_member_leave(e->member);
    nero_look_free(e->look);
    nero_model_unref(e->model);
    nero_labels_unref(e->given);
    nero_labels_unref(e->last_labels);
    nn_result_release(&e->last);
    nn_result_release(&e->found);
    nero_frame_copy_release(&e->copy);
    g_free(e->mask);
    g_free(e->class_thresholds);
    g_clear_pointer(&e->threshold_bytes, g_bytes_unref);
    g_free(e->filter_mask);
    g_free(e->filter_thresholds);
    g_mutex_clear(&e->lock);
    g_cond_clear(&e->changed);
    g_free(e);
}

static void replace_labels(NeroLabels **where, NeroLabels *labels)
{
    if (*where == labels)
        return;
    nero_labels_unref(*where);
    *where = nero_labels_ref(labels);
}

NeroLabels *nero_engine_labels(NeroEngine *e)
{
    return e->given;
}

const NeroModel *nero_engine_model(NeroEngine *e)
{
    return e->model;
}

NeroMember *nero_engine_member(NeroEngine *e)
{
    return e->member;
}

NeroLook *nero_engine_look(NeroEngine *e)
{
    return e->look;
}

gboolean nero_engine_follow(NeroEngine *e, NeroModel **old, char **name, double *load_ms)
{
    if (nero_member_is_current(e->member, e->model))
        return FALSE;
    g_mutex_lock(&e->lock);
    gboolean idle = !e->busy;
    if (idle) {
        *old = e->model;
        e->model = nero_member_model(e->member, name, load_ms);
        g_clear_pointer(&e->mask, g_free); // it is for the classes of the old model
        g_clear_pointer(&e->class_thresholds, g_free);
        g_clear_pointer(&e->threshold_bytes, g_bytes_unref);
        e->sizes.count = e->size = 0;
        e->dirty = TRUE;
        e->times = (NeroTimes){0}; // of the old model
    }
    g_mutex_unlock(&e->lock);
    return idle;
}

// The model's thresholds of classes, higher by `shift`; NULL: it has one for all.
static float *shift_thresholds(const nn_card *card, float shift)
{
    if (!card->class_thresholds)
        return NULL;
    float *t = g_new(float, card->label_count + 1);
    for (int i = 0; i < card->label_count; i++)
        t[i] = CLAMP(card->class_thresholds[i] + shift, 0, 1);
    return t;
}

nn_status nero_engine_configure(NeroEngine *e, const NeroEngineSettings *settings, nn_error *err)
{
    bool *mask;
    float *own;
    const nn_card *card = nn_detector_card(e->model->detector);
    const gboolean by_model = settings->threshold < 0;
    const float usual =
        by_model ? CLAMP(card->threshold + settings->shift, 0, 1) : settings->threshold;
    g_autofree float *shifted = by_model ? shift_thresholds(card, settings->shift) : NULL;
    nn_status status = nero_model_filter(e->model, settings->labels, &mask, err);
    const nn_status second = nero_class_thresholds_parse(
        settings->thresholds, e->model->labels, usual, shifted, &own, status == NN_OK ? err : NULL);
    g_mutex_lock(&e->lock);
    g_free(e->mask);
    e->mask = mask;
    g_free(e->class_thresholds);
    e->class_thresholds = own;
    g_clear_pointer(&e->threshold_bytes, g_bytes_unref);
    const gsize count = (gsize)nero_labels_count(e->model->labels);
    e->threshold_bytes = own ? g_bytes_new(own, count * sizeof *own) : NULL;
    e->settings = *settings;
    e->settings.labels = e->settings.thresholds = NULL; // borrowed
    e->settings.threshold = usual;
    e->dirty = TRUE;
    g_mutex_unlock(&e->lock);
    nero_look_forget(e->look); // found with other settings
    return status == NN_OK ? second : status;
}

nn_status nero_engine_set_sizes(NeroEngine *e, const NeroSizes *sizes, nn_error *err)
{
    const int h = sizes->at[0].height, w = sizes->at[0].width;
    nn_status status = h ? nn_detector_check_size(e->model->detector, h, w, err) : NN_OK;
    if (status != NN_OK)
        return status;
    g_mutex_lock(&e->lock);
    e->sizes = *sizes;
    e->sizes_set++;
    e->tried = sizes->count == 1 ? 1 : 0; // of one there is nothing to compare
    g_mutex_unlock(&e->lock);
    e->size = 0;
    return NN_OK;
}

gboolean nero_engine_get_sizes(NeroEngine *e, NeroSizes *sizes)
{
    g_mutex_lock(&e->lock);
    const gboolean tried = e->tried >= e->sizes.count;
    *sizes = e->sizes;
    g_mutex_unlock(&e->lock);
    return tried;
}

void nero_engine_choose(NeroEngine *e, int size)
{
    e->size = size;
}

float nero_engine_threshold(NeroEngine *e)
{
    float lowest = e->settings.threshold;
    for (int i = 0; e->class_thresholds && i < nero_labels_count(e->model->labels); i++)
        lowest = i ? MIN(lowest, e->class_thresholds[i]) : e->class_thresholds[i];
    return lowest;
}

const float *nero_engine_class_thresholds(NeroEngine *e)
{
    return e->class_thresholds;
}

void nero_engine_tell_thresholds(NeroEngine *e, NeroMeta *meta)
{
    if (e->threshold_bytes)
        meta->class_thresholds = g_bytes_ref(e->threshold_bytes);
}

// Of a label or, negative, of all.
static float threshold_of(const NeroEngine *e, int label)
{
    return label >= 0 && e->class_thresholds ? e->class_thresholds[label] : e->settings.threshold;
}

// Copies the settings for the next inference.
static void apply_settings(NeroEngine *e)
{
    g_mutex_lock(&e->lock);
    if (e->dirty) {
        const NeroEngineSettings *s = &e->settings;
        const gsize count = (gsize)nero_labels_count(e->model->labels);
        const float part = s->faint ? FAINT_PART : 1;
        g_free(e->filter_mask);
        g_free(e->filter_thresholds);
        e->filter_mask = g_memdup2(e->mask, count * sizeof *e->mask);
        e->filter_thresholds = g_memdup2(e->class_thresholds, count * sizeof *e->class_thresholds);
        for (gsize i = 0; e->filter_thresholds && i < count; i++)
            e->filter_thresholds[i] *= part;
        e->filter = (nn_detector_filter){.threshold = part * s->threshold,
                                         .iou_threshold = s->iou_threshold,
                                         .max_detections = s->max_detections,
                                         .agnostic_nms = s->agnostic_nms,
                                         .label_mask = e->filter_mask,
                                         .class_thresholds = e->filter_thresholds};
        e->dirty = FALSE;
    }
    g_mutex_unlock(&e->lock);
}

static nn_status run_job(gpointer user, const nn_detector_job *job, nn_error *err)
{
    NeroEngine *e = user;
    return nero_member_run(e->member, e->model, job, 1, err);
}

// Sets the size of the next inference. Of sizes that are new, it tries one with each inference,
// from the second on: boxes come soon, and no frame waits for all.
static nn_status apply_size(NeroEngine *e, const nn_frame *frame, int size, nn_error *err)
{
    nn_status status = NN_OK;
    g_mutex_lock(&e->lock);
    NeroSizes sizes = e->sizes;
    const int next = e->tried;
    const guint set = e->sizes_set;
    if (e->stats.size == 0) // that of the last inference
        sizes.at[0].ms = MAX(e->stats.last_ms / MAX(e->stats.regions, 1), 1e-3);
    g_mutex_unlock(&e->lock);
    if (next > 0 && next < sizes.count)
        status = nero_sizes_try(&sizes, next, frame, run_job, e, err);
    g_mutex_lock(&e->lock);
    if (set == e->sizes_set && next < e->sizes.count) { // no others were set meanwhile
        e->sizes = sizes;
        e->tried = next + 1;
    }
    g_mutex_unlock(&e->lock);
    if (sizes.count > 0) {
        size = MIN(size, sizes.count - 1);
        e->filter.input_h = sizes.at[size].height;
        e->filter.input_w = sizes.at[size].width;
    }
    return status;
}

static nn_status run_jobs(gpointer user, nn_detector_job *jobs, int count, nn_error *err)
{
    NeroEngine *e = user;
    for (int i = 0; i < count; i++)
        jobs[i].filter = &e->filter;
    return nero_member_run(e->member, e->model, jobs, count, err);
}

// Runs the detector without the lock and stamps the result.
nn_status nero_engine_detect(NeroEngine *e, const GstVideoFrame *video,
                             const GstVideoRectangle *area, GstClockTime pts, int size,
                             nn_result *result, double *ms, nn_error *err)
{
    NeroView view;
    if (!nero_video_view(video, area, &view))
        return nn_fail(err, NN_EUNSUPPORTED, "pixel format %s is not supported",
                       GST_VIDEO_INFO_NAME(&video->info));
    apply_settings(e);
    nn_status status = apply_size(e, &view.frame, size, err);
    if (status != NN_OK)
        return status;
    gint64 start = g_get_monotonic_time();
    status = nero_look_infer(e->look, video, area, pts, nn_detector_card(e->model->detector),
                             &e->filter, run_jobs, e, result, err);
    *ms = (g_get_monotonic_time() - start) / 1000.0;
    result->infer_ms = (float)*ms; // what the statistics say, too
    result->age_ms = 0;
    result->source_pts = GST_CLOCK_TIME_IS_VALID(pts) ? pts : UINT64_MAX;
    return status;
}

static void count_detections(NeroEngine *e, const nn_result *r)
{
    for (int i = 0; i < r->count; i++)
        e->stats.detections += r->boxes[i].score >= threshold_of(e, r->boxes[i].label);
}

// Counts an inference. Called with the lock held.
void nero_engine_count(NeroEngine *e, const nn_result *r, int size, int regions, double ms)
{
    NeroEngineStats *s = &e->stats;
    s->regions = regions;
    nero_times_add(&e->times, ms);
    s->size = size;
    s->min_ms = s->inferred ? MIN(s->min_ms, ms) : ms;
    s->max_ms = MAX(s->max_ms, ms);
    s->sum_ms += ms;
    s->last_ms = ms;
    s->inferred++;
    count_detections(e, r);
    s->input_width = r->input_width;
    s->input_height = r->input_height;
    s->precision = nn_detector_precision(e->model->detector);
    s->peak_ms = nero_times_peak(&e->times, PEAK_WINDOW);
}

// Keeps a result for the next frames. Called with the lock held.
nn_status nero_engine_remember(NeroEngine *e, const nn_result *r, gint64 arrival, nn_error *err)
{
    nn_status status = nn_result_copy(&e->last, r);
    replace_labels(&e->last_labels, e->model->labels);
    e->has_last = status == NN_OK;
    e->last_arrival = arrival;
    return status == NN_OK ? NN_OK : nn_fail(err, status, "keeping the boxes: out of memory");
}

void nero_engine_drain(NeroEngine *e)
{
    g_mutex_lock(&e->lock);
    while (e->busy)
        g_cond_wait(&e->changed, &e->lock);
    g_mutex_unlock(&e->lock);
}

nn_status nero_engine_run(NeroEngine *e, const GstVideoFrame *frame, const GstVideoRectangle *area,
                          GstClockTime pts, nn_result *result, nn_error *err)
{
    nero_engine_drain(e);
    gint64 arrival = g_get_monotonic_time();
    double ms = 0;
    nn_status status = nero_engine_detect(e, frame, area, pts, e->size, result, &ms, err);
    if (status != NN_OK)
        return status;
    replace_labels(&e->given, e->model->labels);
    g_mutex_lock(&e->lock);
    nero_engine_count(e, result, e->size, 1, ms);
    status = nero_engine_remember(e, result, arrival, err);
    g_mutex_unlock(&e->lock);
    return status;
}

nn_status nero_engine_run_jobs(NeroEngine *e, nn_detector_job *jobs, int count, nn_error *err)
{
    nero_engine_drain(e);
    apply_settings(e);
    nn_status status = count > 0 ? apply_size(e, jobs[0].frame, e->size, err) : NN_OK;
    for (int i = 0; i < count; i++)
        jobs[i].filter = &e->filter;
    const gint64 start = g_get_monotonic_time();
    if (status == NN_OK)
        status = nero_member_run(e->member, e->model, jobs, count, err);
    if (status != NN_OK || count == 0)
        return status;
    const double ms = (g_get_monotonic_time() - start) / 1000.0;
    g_mutex_lock(&e->lock);
    nero_engine_count(e, jobs[0].result, e->size, count, ms);
    for (int i = 1; i < count; i++)
        count_detections(e, jobs[i].result);
    for (int i = 0; i < count; i++)
        jobs[i].result->infer_ms = (float)ms;
    g_mutex_unlock(&e->lock);
    return NN_OK;
}

static float age_ms(const NeroEngine *e, GstClockTime pts)
{
    guint64 source = e->last.source_pts;
    if (GST_CLOCK_TIME_IS_VALID(pts) && source != UINT64_MAX && pts >= source)
        return (pts - source) / 1e6f;
    return (g_get_monotonic_time() - e->last_arrival) / 1e3f;
}

nn_status nero_engine_carry(NeroEngine *e, GstClockTime pts, nn_result *result, gboolean *found,
                            nn_error *err)
{
    g_mutex_lock(&e->lock);
    nn_status status = e->error.status;
    *found = FALSE;
    if (status != NN_OK) {
        nn_fail(err, status, "%s", e->error.text);
    } else if (e->has_last) {
        status = nn_result_copy(result, &e->last);
        *found = status == NN_OK;
        if (status != NN_OK)
            nn_fail(err, status, "copying the boxes: out of memory");
    }
    if (*found) {
        replace_labels(&e->given, e->last_labels);
        result->age_ms = age_ms(e, pts);
        for (int i = 0; i < result->count; i++)
            result->boxes[i].predicted = true;
    }
    g_mutex_unlock(&e->lock);
    return status;
}

void nero_engine_forget(NeroEngine *e)
{
    g_mutex_lock(&e->lock);
    e->has_last = FALSE;
    e->generation++;
    g_mutex_unlock(&e->lock);
    nero_look_forget(e->look);
}

void nero_engine_get_stats(NeroEngine *e, NeroEngineStats *stats)
{
    NeroTimes times;
    g_mutex_lock(&e->lock);
    *stats = e->stats;
    times = e->times;
    g_mutex_unlock(&e->lock);
    stats->p95_ms = nero_times_p95(&times);
}
