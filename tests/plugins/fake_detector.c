// SPDX-License-Identifier: MIT
// Defines the detector's functions, so that the linker takes these and not the engine's.
#include "tests/plugins/fake_detector.h"

#include <glib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

struct nn_detector {
    nn_card card;
    char path[64];
    nn_detector_filter filter;
    int input_h, input_w;
    bool mask[2];
};

static GMutex lock;
static GCond changed;
static fake_seen seen;
static int run_ms, each_ms, open_ms;
static gboolean held, open_held;

fake_seen fake_get(void)
{
    g_mutex_lock(&lock);
    fake_seen copy = seen;
    g_mutex_unlock(&lock);
    return copy;
}

static void set_held(gboolean runs, gboolean opens)
{
    g_mutex_lock(&lock);
    held = runs;
    open_held = opens;
    g_cond_broadcast(&changed);
    g_mutex_unlock(&lock);
}

void fake_hold(void)
{
    set_held(TRUE, FALSE);
}

void fake_hold_open(void)
{
    set_held(FALSE, TRUE);
}

void fake_release(void)
{
    set_held(FALSE, FALSE);
}

void fake_slow(int ms)
{
    g_mutex_lock(&lock);
    run_ms = ms;
    g_mutex_unlock(&lock);
}

void fake_slow_each(int ms)
{
    g_mutex_lock(&lock);
    each_ms = ms;
    g_mutex_unlock(&lock);
}

void fake_slow_open(int ms)
{
    g_mutex_lock(&lock);
    open_ms = ms;
    g_mutex_unlock(&lock);
}

void fake_reset(void)
{
    fake_release();
    fake_slow(0);
    fake_slow_each(0);
    fake_slow_open(0);
    g_mutex_lock(&lock);
    seen = (fake_seen){.alive = seen.alive};
    g_mutex_unlock(&lock);
}

// Computes, as loading and planning do, for so long.
static void compute(int ms)
{
    gint64 end = g_get_monotonic_time() + ms * 1000;
    while (g_get_monotonic_time() < end)
        continue;
}

static void note_open(const nn_detector_options *options)
{
    g_mutex_lock(&lock);
    int ms = open_ms;
    seen.opened++;
    seen.open_nice = getpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid));
    seen.threads = options->threads;
    g_strlcpy(seen.head, options->head ? options->head : "", sizeof seen.head);
    g_strlcpy(seen.labels, options->labels ? options->labels : "", sizeof seen.labels);
    while (open_held)
        g_cond_wait(&changed, &lock);
    g_mutex_unlock(&lock);
    compute(ms);
}

static void count_alive(int by)
{
    g_mutex_lock(&lock);
    seen.alive += by;
    g_mutex_unlock(&lock);
}

nn_status nn_detector_open(nn_detector **out, const char *model, const nn_detector_options *options,
                           nn_error *err)
{
    static const char *const street[] = {"person", "car"}, *const farm[] = {"cow", "horse"};
    static const char *const tone[] = {"dark", "light"};
    *out = NULL;
    note_open(options);
    if (!strcmp(model, "missing"))
        return nn_fail(err, NN_ENOTFOUND, "no model in /models/missing.safetensors");
    if (!strcmp(model, "damaged"))
        return nn_fail(err, NN_EFORMAT, "/models/damaged.safetensors: header ends early");
    nn_detector *d = g_new0(nn_detector, 1);
    g_snprintf(d->path, sizeof d->path, "/models/%s.safetensors", model);
    const gboolean large = !strcmp(model, "large");
    d->input_w = options->input_w ? options->input_w : large ? 640 : 128;
    d->input_h = options->input_h ? options->input_h : large ? 480 : 96;
    nn_status status = nn_detector_check_size(d, d->input_h, d->input_w, err);
    if (status != NN_OK) {
        g_free(d);
        return status;
    }
    d->card.threshold = 0.3f;
    const char *const *labels = !strcmp(model, "farm") ? farm : street;
    nn_card_set_labels(&d->card, !strcmp(model, "tone") ? tone : labels, 2, NULL);
    if (!strcmp(model, "picky")) // each class has a threshold of its own
        nn_card_set_class_thresholds(&d->card, (const float[]){0.95f, 0.3f}, NULL);
    const char *task = !strcmp(model, "masks") ? "segment" : "detect";
    g_strlcpy(d->card.task, !strcmp(model, "tone") ? "classify" : task, sizeof d->card.task);
    if (!strcmp(model, "small")) {
        d->card.input_w = d->input_w;
        d->card.input_h = d->input_h;
    }
    d->card.guessed = !strcmp(model, "guessed");
    g_strlcpy(d->card.head, d->card.guessed ? "yolov8" : "fcos", sizeof d->card.head);
    count_alive(1);
    nn_detector_set_thresholds(d, -1, -1, 0);
    nn_detector_set_labels(d, NULL);
    *out = d;
    return NN_OK;
}

void nn_detector_free(nn_detector *d)
{
    if (!d)
        return;
    count_alive(-1);
    nn_card_release(&d->card);
    g_free(d);
}

const nn_card *nn_detector_card(const nn_detector *d)
{
    return &d->card;
}

const char *nn_detector_path(const nn_detector *d)
{
    return d->path;
}

const char *nn_detector_choice(const nn_detector *d)
{
    (void)d;
    return NULL;
}

int nn_detector_batch(const nn_detector *d)
{
    return strstr(d->path, "batch") ? 4 : 1;
}

int nn_detector_untuned(const nn_detector *d)
{
    (void)d;
    return 0;
}

const char *nn_detector_precision(const nn_detector *d)
{
    (void)d;
    return "float32";
}

void nn_detector_set_thresholds(nn_detector *d, float threshold, float iou_threshold,
                                int max_detections)
{
    d->filter.threshold = threshold;
    d->filter.iou_threshold = iou_threshold;
    d->filter.max_detections = max_detections;
}

nn_status nn_detector_set_labels(nn_detector *d, const bool *label_mask)
{
    for (int i = 0; i < 2; i++)
        d->mask[i] = !label_mask || label_mask[i];
    d->filter.label_mask = d->mask;
    return NN_OK;
}

bool nn_detector_is_resizable(const nn_detector *d)
{
    return !strstr(d->path, "fixed");
}

void nn_detector_size(const nn_detector *d, int *input_h, int *input_w)
{
    *input_h = d->input_h;
    *input_w = d->input_w;
}

nn_status nn_detector_check_size(const nn_detector *d, int h, int w, nn_error *err)
{
    if (!nn_detector_is_resizable(d) && (h != 96 || w != 128))
        return nn_fail(err, NN_EINVAL, "this model accepts 128x96 only");
    return h % 32 || w % 32 ? nn_fail(err, NN_EINVAL, "not a multiple of 32: %dx%d", w, h) : NN_OK;
}

static void find_size(const nn_detector *d, const nn_detector_filter *f, int *h, int *w)
{
    *h = f->input_h ? f->input_h : d->input_h;
    *w = f->input_w ? f->input_w : d->input_w;
}

static void note_run(const nn_detector *d, const nn_detector_job *jobs, int count)
{
    gint64 end = g_get_monotonic_time();
    const nn_frame *frame = jobs[count - 1].frame;
    const nn_detector_filter *own = jobs[count - 1].filter, *filter = own ? own : &d->filter;
    g_mutex_lock(&lock);
    seen.runs++;
    seen.frames += count;
    seen.frame = *frame;
    seen.first = frame->plane[0][0];
    seen.below = frame->height > 1 ? frame->plane[0][frame->stride[0]] : 0;
    seen.max_detections = filter->max_detections > 0 ? filter->max_detections : 100;
    seen.agnostic_nms = filter->agnostic_nms;
    seen.part = jobs[count - 1].part;
    find_size(d, filter, &seen.input_h, &seen.input_w);
    const double part = strstr(d->path, "large")
                            ? seen.input_h * (double)seen.input_w / (d->input_h * d->input_w)
                            : 1;
    end += (gint64)(part * (run_ms + count * each_ms) * 1000);
    while (held)
        g_cond_wait(&changed, &lock);
    g_mutex_unlock(&lock);
    while (g_get_monotonic_time() < end)
        g_usleep(200);
}

// The middle of the person as a keypoint, and its left half as a mask.
static nn_status describe_person(nn_result *r)
{
    if (r->count < 1 || nn_details_add(&r->details, &r->boxes[0].detail) != NN_OK)
        return r->count < 1 ? NN_OK : NN_ENOMEM;
    nn_keypoint *k = nn_details_add_keypoints(&r->details, 1);
    uint8_t *mask = nn_details_add_mask(&r->details, 2, 1);
    nn_detail *d = nn_details_at(&r->details, r->boxes[0].detail);
    if (!k || !mask)
        return NN_ENOMEM;
    *k = (nn_keypoint){15, 15, 0.9f};
    mask[0] = 1;
    mask[1] = 0;
    d->mask_x0 = 10, d->mask_y0 = 5, d->mask_x1 = 20, d->mask_y1 = 25;
    return NN_OK;
}

static nn_status find_boxes(const nn_detector *d, const nn_detector_job *job, nn_error *err)
{
    const nn_detector_filter *f = job->filter ? job->filter : &d->filter;
    const float threshold = f->threshold < 0 ? 0.3f : f->threshold;
    const int most = f->max_detections > 0 ? f->max_detections : 100;
    nn_result *result = job->result;
    float w = job->frame->width, h = job->frame->height;
    const nn_box found[] = {{10, 5, 20, 25, 0.9f, 0, 0, false, 0},
                            {w / 2, h / 2, w, h, 0.4f, 1, 0, false, 0}};
    const nn_box whole[2] = {{0, 0, w, h, 0.8f, job->frame->plane[0][0] >> 7, 0, false, 0}};
    const nn_box *boxes = strcmp(d->card.task, "classify") == 0 ? whole : found;
    if (nn_result_reserve(result, 2) != NN_OK)
        return nn_fail(err, NN_ENOMEM, "two boxes");
    result->count = 0;
    for (int i = 0; i < 2; i++)
        if (boxes[i].score >= (f->class_thresholds ? f->class_thresholds[i] : threshold) &&
            (!f->label_mask || f->label_mask[i]) && result->count < most)
            result->boxes[result->count++] = boxes[i];
    result->frame_width = job->frame->width;
    result->frame_height = job->frame->height;
    find_size(d, f, &result->input_height, &result->input_width);
    result->infer_ms = 1;
    nn_details_clear(&result->details);
    return strstr(d->path, "posed") ? describe_person(result) : NN_OK;
}

nn_status nn_detector_run_jobs(nn_detector *d, const nn_detector_job *jobs, int count,
                               nn_error *err)
{
    nn_status status = NN_OK;
    for (int i = 0; i < count && status == NN_OK; i++)
        status = nn_frame_check(jobs[i].frame, err);
    if (status != NN_OK || count == 0)
        return status;
    note_run(d, jobs, count);
    if (strstr(d->path, "broken"))
        return nn_fail(err, NN_EINVAL, "the fake is broken");
    for (int i = 0; i < count && status == NN_OK; i++)
        status = find_boxes(d, &jobs[i], err);
    return status;
}

nn_status nn_detector_run_batch(nn_detector *d, const nn_frame *frames, int count,
                                nn_result *results, nn_error *err)
{
    nn_detector_job *jobs = g_new0(nn_detector_job, count + 1);
    for (int i = 0; i < count; i++)
        jobs[i] = (nn_detector_job){.frame = &frames[i], .result = &results[i]};
    const nn_status status = nn_detector_run_jobs(d, jobs, count, err);
    g_free(jobs);
    return status;
}

nn_status nn_detector_run(nn_detector *d, const nn_frame *frame, nn_result *result, nn_error *err)
{
    return nn_detector_run_jobs(d, &(nn_detector_job){.frame = frame, .result = result}, 1, err);
}
