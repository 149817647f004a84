// SPDX-License-Identifier: MIT
// Scores of detectors, and the thresholds that suit a data set best.
#include "nn/base/memory.h"
#include "nn/eval/evaluate_detect.h"

#include <math.h>
#include <string.h>

enum { MOST_BOXES = 1000 }; // of a picture in tiles

nn_status nn_evaluate_boxes_open(nn_evaluation *e, nn_model *model, const char *name, nn_error *err)
{
    return nn_evaluation_open_detector(e, model, name, nn_detector_open_to_score, err);
}

float nn_evaluation_threshold(const nn_evaluation *e)
{
    return e->options.threshold >= 0 ? e->options.threshold : nn_card_lowest_threshold(e->card);
}

static nn_status open_regions(nn_box_metrics *m, const nn_evaluation_options *o, nn_error *err)
{
    const nn_region_options options = {.tiles = o->tiles, .overlap = o->tile_overlap};
    if (!o->tiles)
        return NN_OK;
    m->regions = nn_regions_new();
    return m->regions ? nn_regions_set(m->regions, &options, err)
                      : nn_fail(err, NN_ENOMEM, "no memory for tiles");
}

unsigned nn_evaluation_details(const nn_evaluation *e)
{
    return e->task->kind == NN_DATA_BOXES && e->model ? nn_detector_details(e->model) : 0;
}

static void set_sigmas(nn_box_metrics *m, const nn_evaluation_options *o, const nn_dataset *data)
{
    const bool told = data && data->keypoints.has_sigmas;
    const float *from = o->sigma_count > 0 ? o->sigmas : told ? data->keypoints.sigma : NULL;
    m->sigma_count = o->sigma_count > 0 ? o->sigma_count : told ? data->keypoints.count : 0;
    if (from)
        memcpy(m->sigma, from, (size_t)m->sigma_count * sizeof *from);
}

static void use_class_thresholds(const nn_box_metrics *m)
{
    if (m->metrics)
        nn_metrics_use_class_thresholds(m->metrics, m->class_thresholds);
    if (m->boxes)
        nn_metrics_use_class_thresholds(m->boxes, m->class_thresholds);
}

nn_status nn_evaluate_boxes_begin(nn_evaluation *e, const nn_dataset *data, nn_error *err)
{
    const nn_similarity *measure =
        nn_similarity_for(data ? data->details & nn_evaluation_details(e) : 0);
    const int classes = e->card->label_count;
    nn_box_metrics *m = e->metrics = nn_calloc(1, sizeof *m);
    if (!m)
        return nn_fail(err, NN_ENOMEM, "no memory for scores");
    m->threshold = nn_evaluation_threshold(e);
    m->class_thresholds = e->options.threshold >= 0 ? NULL : e->card->class_thresholds;
    m->metrics = nn_metrics_new_by(classes, measure);
    m->alarms = nn_false_alarms_new(classes);
    if (measure->details)
        m->boxes = nn_metrics_new(classes);
    set_sigmas(m, &e->options, data);
    if (e->options.eleven_points && m->metrics)
        nn_metrics_use_eleven_points(m->metrics);
    if (e->options.eleven_points && m->boxes)
        nn_metrics_use_eleven_points(m->boxes);
    use_class_thresholds(m);
    if (e->options.confusion)
        m->confusion = nn_box_confusion_new(classes, m->threshold);
    if (!m->metrics || !m->alarms || (measure->details && !m->boxes) ||
        (e->options.confusion && !m->confusion))
        return nn_fail(err, NN_ENOMEM, "no memory for scores");
    return open_regions(m, &e->options, err);
}

// What brings pixels of a picture to those of the input.
static double scale_of(const nn_evaluation *e, const nn_sample *s)
{
    const nn_evaluation_options *o = &e->options;
    const double w = (double)(o->input_w > 0 ? o->input_w : e->card->input_w) / s->width;
    const double h = (double)(o->input_h > 0 ? o->input_h : e->card->input_h) / s->height;
    return e->card->stretch ? sqrt(w * h) : fmin(w, h);
}

nn_scored_objects nn_scored_objects_of(const nn_evaluation *e, const nn_sample *s,
                                       const nn_result *r)
{
    const nn_box_metrics *m = e->metrics;
    return (nn_scored_objects){.truths = s->truths,
                               .truth_count = s->truth_count,
                               .truth_details = &s->details,
                               .boxes = r->boxes,
                               .box_count = r->count,
                               .details = &r->details,
                               .width = s->width,
                               .height = s->height,
                               .sigmas = m->sigma_count > 0 ? m->sigma : NULL,
                               .sigma_count = m->sigma_count,
                               .class_thresholds = m->class_thresholds};
}

static nn_status look_at_mistakes(const nn_evaluation *e, const nn_sample *s,
                                  const nn_scored_objects *o, nn_error *err)
{
    nn_box_metrics *m = e->metrics;
    const nn_similarity *measure = nn_metrics_measure(m->metrics);
    nn_status status = nn_box_confusion_add(m->confusion, measure, o, err);
    if (status == NN_OK)
        status = nn_box_misses_add(&m->misses, m->threshold, measure, o, scale_of(e, s), err);
    return status;
}

nn_status nn_evaluate_boxes_run(nn_evaluation *e, nn_scored_picture *p, nn_error *err)
{
    nn_box_metrics *m = e->metrics;
    const nn_sample *s = p->sample;
    const nn_frame *f = p->frame;
    nn_result *r = &e->result;
    nn_status status = m->regions
                           ? nn_detector_run_regions(e->model, m->regions, f, 0, MOST_BOXES, r, err)
                           : nn_detector_run(e->model, f, r, err);
    if (status != NN_OK)
        return status;
    e->milliseconds += r->infer_ms;
    if (f->width != s->width || f->height != s->height)
        nn_result_scale(r, (float)s->width / (float)f->width, (float)s->height / (float)f->height);
    p->result = r;
    p->measure = nn_metrics_measure(m->metrics);
    const nn_scored_objects o = nn_scored_objects_of(e, s, r);
    status = nn_metrics_add_objects(m->metrics, &o, err);
    if (status == NN_OK)
        status = nn_false_alarms_add(m->alarms, &o, err);
    if (status == NN_OK && m->boxes)
        status = nn_metrics_add_objects(m->boxes, &o, err);
    return status == NN_OK && m->confusion ? look_at_mistakes(e, s, &o, err) : status;
}

static void set_score(nn_score *out, const nn_metrics_score *s)
{
    // Finding objects and boxing them well both count: AP50 alone is too coarse, a few pictures
    // decide it among good detectors.
    *out = (nn_score){.worth = isfinite(s->ap50) ? 0.5 * (s->ap50 + s->ap) : 0,
                      .value = {s->ap50, s->ap, s->precision, s->recall, s->truths}};
}

nn_status nn_evaluate_boxes_score(const nn_evaluation *e, nn_score *out, nn_error *err)
{
    const nn_box_metrics *m = e->metrics;
    nn_metrics_score s;
    const nn_status status = nn_metrics_compute(m->metrics, -1, m->threshold, &s, err);
    if (status == NN_OK)
        set_score(out, &s);
    return status;
}

nn_status nn_evaluation_set_thresholds(const nn_evaluation *e, const nn_threshold_rule *rule,
                                       nn_card *card, nn_error *err)
{
    const nn_box_metrics *m = e->metrics;
    float *of_class = nn_calloc((size_t)card->label_count + 1, sizeof *of_class);
    if (!of_class)
        return nn_fail(err, NN_ENOMEM, "no memory for %d thresholds", card->label_count);
    for (int i = 0; i < card->label_count; i++)
        of_class[i] = nn_card_threshold_of(card, i);
    float all = card->threshold;
    nn_status status =
        nn_thresholds_choose(m->metrics, m->alarms, rule, card->label_count, of_class, &all, err);
    if (status == NN_OK && (!rule->keep || card->label_count == 1))
        card->threshold = all;
    if (status == NN_OK)
        status = nn_card_set_class_thresholds(card, card->label_count > 1 ? of_class : NULL, err);
    nn_free(of_class);
    return status;
}

// Evaluates with an IoU for the suppression, and writes it and the thresholds into the card.
static nn_status try_iou(nn_score *out, nn_card *card, float iou, const nn_evaluator *task,
                         const char *model, const nn_evaluation_options *o, nn_dataset *data,
                         nn_error *err)
{
    static const nn_threshold_rule rule = {NN_FALSE_ALARMS, NN_THRESHOLD_OBJECTS, false};
    nn_evaluation e;
    nn_metrics_score s;
    nn_evaluation_options options = *o;
    options.iou_threshold = card->iou_threshold = iou;
    nn_status status = nn_evaluation_open(&e, task, NULL, model, &options, err);
    if (status == NN_OK)
        status = nn_evaluate_dataset(&e, data, err);
    if (status == NN_OK)
        status = nn_evaluation_set_thresholds(&e, &rule, card, err);
    const nn_box_metrics *m = e.metrics;
    if (status == NN_OK) {
        nn_metrics_use_class_thresholds(m->metrics, card->class_thresholds);
        status = nn_metrics_compute(m->metrics, -1, nn_card_lowest_threshold(card), &s, err);
    }
    if (status == NN_OK)
        set_score(out, &s);
    out->pictures = e.pictures;
    out->milliseconds = nn_evaluation_ms_per_picture(&e);
    nn_evaluation_close(&e);
    return status;
}

// Of NMS thresholds that are as good, the lowest leaves the fewest boxes beside another one of the
// same object: AP says little about these, because their scores are low.
static const double AS_GOOD = 0.001;

// The NMS threshold with the best AP on the data, and the score thresholds.
nn_status nn_evaluate_boxes_choose(nn_score *s, nn_card *card, const char *model,
                                   const nn_evaluation_options *o, nn_dataset *data, nn_error *err)
{
    static const float ious[] = {0.35f, 0.5f, 0.6f, 0.7f};
    double best = -1;
    nn_card tried = {0};
    nn_status status = nn_card_copy(&tried, card, err);
    for (int i = 0; i < 4 && status == NN_OK; i++) {
        nn_score one;
        status = try_iou(&one, &tried, ious[i], nn_evaluator_of(card), model, o, data, err);
        if (status != NN_OK || one.worth <= best + (i > 0 ? AS_GOOD : 0))
            continue;
        best = one.worth;
        *s = one;
        status = nn_card_copy(card, &tried, err);
    }
    nn_card_release(&tried);
    return status;
}

void nn_evaluate_boxes_close(nn_evaluation *e)
{
    nn_box_metrics *m = e->metrics;
    nn_detector_free(e->model);
    if (!m)
        return;
    nn_metrics_free(m->metrics);
    nn_metrics_free(m->boxes);
    nn_false_alarms_free(m->alarms);
    nn_box_confusion_free(m->confusion);
    nn_regions_free(m->regions);
    nn_free(m);
}
