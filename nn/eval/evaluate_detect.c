// SPDX-License-Identifier: MIT
// Evaluation of detectors: average precision, and the thresholds that suit a data set best.
#include "nn/eval/evaluate_detect.h"

#include "nn/base/memory.h"

#include <math.h>

extern const nn_evaluator nn_evaluator_detect;

#define SCORE_THRESHOLD 0.01f
enum { SCORE_DETECTIONS = 300 };

nn_status nn_detector_open_to_score(nn_detector **d, const char *model,
                                    const nn_detector_options *options, nn_error *err)
{
    nn_detector_options o = *options;
    o.threshold = SCORE_THRESHOLD;
    o.max_detections = SCORE_DETECTIONS;
    return nn_detector_open(d, model, &o, err);
}

// Every model that no other task takes, since old cards do not name their task.
static bool suits(const nn_card *card)
{
    (void)card;
    return true;
}

nn_status nn_evaluation_open_detector(nn_evaluation *e, nn_model *model, const char *name,
                                      nn_status (*open)(nn_detector **d, const char *model,
                                                        const nn_detector_options *options,
                                                        nn_error *err),
                                      nn_error *err)
{
    const nn_evaluation_options *o = &e->options;
    const nn_detector_options options = {.threshold = -1,
                                         .iou_threshold = o->iou_threshold,
                                         .threads = o->threads,
                                         .head = o->head,
                                         .labels = o->labels,
                                         .input_h = o->input_h,
                                         .input_w = o->input_w};
    nn_detector *d;
    nn_model_free(model); // the loader of detectors guesses heads and explains failures itself
    const nn_status status = open(&d, name, &options, err);
    if (status != NN_OK)
        return status;
    e->model = d;
    e->card = nn_detector_card(d);
    e->path = nn_strdup(nn_detector_path(d));
    return e->path ? NN_OK : nn_fail(err, NN_ENOMEM, "no memory for scores");
}

static nn_status open_model(nn_evaluation *e, nn_model *model, const char *name, nn_error *err)
{
    return nn_evaluation_open_detector(e, model, name, nn_detector_open_to_score, err);
}

static nn_status begin(nn_evaluation *e, const nn_dataset *data, nn_error *err)
{
    (void)data;
    const int classes = e->card->label_count;
    nn_box_metrics *m = e->metrics = nn_calloc(1, sizeof *m);
    if (!m)
        return nn_fail(err, NN_ENOMEM, "no memory for scores");
    m->threshold = e->options.threshold >= 0 ? e->options.threshold : e->card->threshold;
    m->metrics = nn_metrics_new(classes);
    if (e->options.confusion)
        m->confusion = nn_box_confusion_new(classes, m->threshold);
    return m->metrics && (m->confusion || !e->options.confusion)
               ? NN_OK
               : nn_fail(err, NN_ENOMEM, "no memory for scores");
}

// What brings pixels of a picture to those of the input.
static double scale_of(const nn_evaluation *e, const nn_sample *s)
{
    const nn_evaluation_options *o = &e->options;
    const double w = (double)(o->input_w > 0 ? o->input_w : e->card->input_w) / s->width;
    const double h = (double)(o->input_h > 0 ? o->input_h : e->card->input_h) / s->height;
    return e->card->stretch ? sqrt(w * h) : fmin(w, h);
}

static nn_status look_at_mistakes(const nn_evaluation *e, const nn_sample *s, const nn_result *r,
                                  nn_error *err)
{
    nn_box_metrics *m = e->metrics;
    nn_status status =
        nn_box_confusion_add(m->confusion, s->truths, s->truth_count, r->boxes, r->count, err);
    if (status == NN_OK)
        status = nn_box_misses_add(&m->misses, m->threshold, s->truths, s->truth_count, r->boxes,
                                   r->count, s->width, s->height, scale_of(e, s), err);
    return status;
}

static nn_status run(nn_evaluation *e, nn_scored_picture *p, nn_error *err)
{
    nn_box_metrics *m = e->metrics;
    const nn_sample *s = p->sample;
    const nn_frame *f = p->frame;
    nn_result *r = &e->result;
    nn_status status = nn_detector_run(e->model, f, r, err);
    if (status != NN_OK)
        return status;
    e->milliseconds += r->infer_ms;
    if (f->width != s->width || f->height != s->height)
        nn_result_scale(r, (float)s->width / (float)f->width, (float)s->height / (float)f->height);
    p->result = r;
    status = nn_metrics_add(m->metrics, s->truths, s->truth_count, r->boxes, r->count, err);
    return status == NN_OK && m->confusion ? look_at_mistakes(e, s, r, err) : status;
}

static void set_score(nn_score *out, const nn_metrics_score *s)
{
    // Finding objects and boxing them well both count: AP50 alone is too coarse, a few pictures
    // decide it among good detectors.
    *out = (nn_score){.worth = isfinite(s->ap50) ? 0.5 * (s->ap50 + s->ap) : 0,
                      .value = {s->ap50, s->ap, s->precision, s->recall, s->truths}};
}

static nn_status score(const nn_evaluation *e, nn_score *out, nn_error *err)
{
    const nn_box_metrics *m = e->metrics;
    nn_metrics_score s;
    const nn_status status = nn_metrics_compute(m->metrics, -1, m->threshold, &s, err);
    if (status == NN_OK)
        set_score(out, &s);
    return status;
}

// The threshold is somewhat below that of the best F1: in a video a missed object is worse than one
// false box more, and users raise a threshold more readily than they lower it.
static const double F1_SLACK = 0.01;

static nn_status try_iou(nn_score *out, float *threshold, float iou, const char *model,
                         const nn_evaluation_options *o, nn_dataset *data, nn_error *err)
{
    nn_evaluation e;
    nn_metrics_score s;
    nn_evaluation_options options = *o;
    options.iou_threshold = iou;
    nn_status status = nn_evaluation_open(&e, &nn_evaluator_detect, NULL, model, &options, err);
    if (status == NN_OK)
        status = nn_evaluate_dataset(&e, data, err);
    const nn_box_metrics *m = e.metrics;
    if (status == NN_OK)
        status = nn_metrics_best_threshold(m->metrics, F1_SLACK, threshold, NULL, err);
    if (status == NN_OK)
        status = nn_metrics_compute(m->metrics, -1, *threshold, &s, err);
    if (status == NN_OK)
        set_score(out, &s);
    out->pictures = e.pictures;
    out->milliseconds = nn_evaluation_pace(&e);
    nn_evaluation_close(&e);
    return status;
}

// The NMS threshold with the best AP on the data, and the score threshold.
static nn_status choose(nn_score *s, nn_card *card, const char *model,
                        const nn_evaluation_options *o, nn_dataset *data, nn_error *err)
{
    static const float ious[] = {0.5f, 0.6f, 0.7f};
    double best = -1;
    for (int i = 0; i < 3; i++) {
        nn_score one;
        float threshold = 0;
        const nn_status status = try_iou(&one, &threshold, ious[i], model, o, data, err);
        if (status != NN_OK)
            return status;
        if (one.worth <= best)
            continue;
        best = one.worth;
        *s = one;
        card->iou_threshold = ious[i];
        card->threshold = threshold;
    }
    return NN_OK;
}

static void release(nn_evaluation *e)
{
    nn_box_metrics *m = e->metrics;
    nn_detector_free(e->model);
    if (!m)
        return;
    nn_metrics_free(m->metrics);
    nn_box_confusion_free(m->confusion);
    nn_free(m);
}

const nn_evaluator nn_evaluator_detect = {
    .name = "detect",
    .kind = NN_DATA_BOXES,
    .scores =
        {{"ap50", "ap50"}, {"ap", "ap"}, {"precision", NULL}, {"recall", NULL}, {"objects", NULL}},
    .suits = suits,
    .open = open_model,
    .begin = begin,
    .run = run,
    .score = score,
    .choose = choose,
    .close = release,
};
