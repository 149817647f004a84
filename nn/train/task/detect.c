// SPDX-License-Identifier: MIT
// Detection: boxes; the dense head's outputs as levels of its loss.
#include "nn/train/task/task.h"

#include "nn/base/memory.h"
#include "nn/eval/evaluate_detect.h"
#include "nn/train/loss/detect_outputs.h"
#include "nn/train/teacher.h"

#include <math.h>

enum { MOST_BOXES = 1000 }; // of a picture in tiles

extern const nn_evaluator nn_evaluator_detect;

// Evaluation.

// Every model that no other task takes, since old cards do not name their task.
static bool suits(const nn_card *card)
{
    (void)card;
    return true;
}

static nn_status open_model(nn_evaluation *e, nn_model *model, const char *name, nn_error *err)
{
    return nn_evaluation_open_detector(e, model, name, nn_detector_open_to_score, err);
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

static nn_status begin_scores(nn_evaluation *e, const nn_dataset *data, nn_error *err)
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
    if (!m->metrics || (e->options.confusion && !m->confusion))
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

static nn_status score_picture(nn_evaluation *e, nn_scored_picture *p, nn_error *err)
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

static nn_status find_score(const nn_evaluation *e, nn_score *out, nn_error *err)
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
    out->milliseconds = nn_evaluation_ms_per_picture(&e);
    nn_evaluation_close(&e);
    return status;
}

// Of NMS thresholds that are as good, the lowest leaves the fewest boxes beside another one of the
// same object: AP says little about these, because their scores are low.
static const double AS_GOOD = 0.001;

// The NMS threshold with the best AP on the data, and the score threshold.
static nn_status choose_thresholds(nn_score *s, nn_card *card, const char *model,
                                   const nn_evaluation_options *o, nn_dataset *data, nn_error *err)
{
    static const float ious[] = {0.35f, 0.5f, 0.6f, 0.7f};
    double best = -1;
    for (int i = 0; i < 4; i++) {
        nn_score one;
        float threshold = 0;
        const nn_status status = try_iou(&one, &threshold, ious[i], model, o, data, err);
        if (status != NN_OK)
            return status;
        if (one.worth <= best + (i > 0 ? AS_GOOD : 0))
            continue;
        best = one.worth;
        *s = one;
        card->iou_threshold = ious[i];
        card->threshold = threshold;
    }
    return NN_OK;
}

static void close_model(nn_evaluation *e)
{
    nn_box_metrics *m = e->metrics;
    nn_detector_free(e->model);
    if (!m)
        return;
    nn_metrics_free(m->metrics);
    nn_box_confusion_free(m->confusion);
    nn_regions_free(m->regions);
    nn_free(m);
}

const nn_evaluator nn_evaluator_detect = {
    .name = "detect",
    .kind = NN_DATA_BOXES,
    .scores =
        {{"ap50", "ap50"}, {"ap", "ap"}, {"precision", NULL}, {"recall", NULL}, {"objects", NULL}},
    .suits = suits,
    .open = open_model,
    .begin = begin_scores,
    .run = score_picture,
    .score = find_score,
    .choose = choose_thresholds,
    .close = close_model,
};

// Training.

typedef struct detect_state {
    nn_detect_loss *loss;
    nn_detect_outputs outputs;
    nn_teacher_run **teachers; // owned, `teacher_count`
    int teacher_count;
    nn_detect_loss_options options;
} detect_state;

static void close_loss(void *state)
{
    detect_state *s = state;
    if (!s)
        return;
    nn_detect_outputs_release(&s->outputs);
    for (int i = 0; i < s->teacher_count; i++)
        nn_teacher_close(s->teachers[i]);
    nn_free(s->teachers);
    nn_detect_loss_free(s->loss);
    nn_free(s);
}

static nn_status open_teachers(detect_state *s, const nn_plan *plan, const nn_card *card,
                               const nn_detect_loss_options *o, nn_error *err)
{
    const nn_shape *input = &nn_plan_input(plan, 0)->shape;
    const nn_teacher_place place = {.batch = s->outputs.batch,
                                    .h = (int)input->dim[2],
                                    .w = (int)input->dim[3],
                                    .card = card,
                                    .levels = s->outputs.levels,
                                    .level_count = s->outputs.count,
                                    .pool = o->pool};
    if (o->teacher_count == 0)
        return NN_OK;
    s->teachers = nn_calloc((size_t)o->teacher_count, sizeof *s->teachers);
    if (!s->teachers)
        return nn_fail(err, NN_ENOMEM, "training: no memory");
    for (int i = 0; i < o->teacher_count; i++) {
        const nn_status status = nn_teacher_open(&s->teachers[i], o->teachers[i], &place, err);
        if (status != NN_OK)
            return nn_fail_prefix(err, status, "teacher %d", i + 1);
        s->teacher_count++;
    }
    return NN_OK;
}

static nn_status open_loss(void **state, const nn_plan *plan, const nn_model *model, int batch,
                           const nn_task_options *options, nn_error *err)
{
    *state = NULL;
    detect_state *s = nn_calloc(1, sizeof *s);
    if (!s)
        return nn_fail(err, NN_ENOMEM, "training: no memory");
    s->options = options->detect;
    nn_status status = nn_detect_outputs_find(&s->outputs, plan, model, batch, err);
    if (status == NN_OK)
        status = nn_detect_loss_new(&s->loss, &options->detect, s->outputs.levels, s->outputs.count,
                                    batch, s->outputs.classes, err);
    if (status == NN_OK)
        status = open_teachers(s, plan, &model->card, &options->detect, err);
    if (status == NN_OK)
        *state = s;
    else
        close_loss(s);
    return status;
}

// Adds what the teachers say of the batch.
static void hear_teachers(const detect_state *s, const float *planes, nn_detect_loss_value *v)
{
    int cells = 0;
    for (int i = 0; i < s->teacher_count; i++)
        cells += !nn_teacher_gives_boxes(s->options.teachers[i]);
    for (int i = 0; i < s->teacher_count; i++) {
        const nn_detect_teacher *said = nn_teacher_look(s->teachers[i], planes);
        if (!said)
            continue;
        nn_detect_teacher says = *said;
        says.weight = s->options.teacher_weight / (float)cells;
        const nn_detect_loss_value lesson = nn_detect_loss_teach(s->loss, s->outputs.levels, &says);
        v->cls += lesson.cls;
        v->box += lesson.box;
    }
}

static nn_status run_loss(void *state, const nn_batch *batch, float scale, nn_task_value *value,
                          nn_error *err)
{
    detect_state *s = state;
    const nn_truth_list *lists = batch->lists;
    nn_status status = NN_OK;
    for (int i = 0; i < s->teacher_count && status == NN_OK; i++)
        status = nn_teacher_add_boxes(s->teachers[i], batch->planes, &lists, err);
    if (status == NN_OK)
        status = nn_detect_loss_assign(s->loss, s->outputs.levels, lists, err);
    if (status != NN_OK)
        return status;
    nn_detect_loss_value v = nn_detect_loss_grad(s->loss, s->outputs.levels);
    hear_teachers(s, batch->planes, &v);
    *value = (nn_task_value){.loss = v.cls + v.box, .part = {v.cls, v.box}, .hits = v.positives};
    if (scale != 1)
        nn_detect_outputs_scale(&s->outputs, scale);
    return NN_OK;
}

static void epoch_values(double out[NN_TASK_PARTS], const nn_task_value *sum, double steps,
                         double pictures)
{
    (void)pictures;
    out[0] = sum->part[0] / steps;
    out[1] = sum->part[1] / steps;
}

// part: classes, boxes; hits: points with a target.
const nn_train_task nn_train_task_detect = {
    .evaluator = &nn_evaluator_detect,
    .defaults = "size=384x288 val-split=0.2",
    .epoch_parts = {"class_loss", "box_loss"},
    .epoch_values = epoch_values,
    .transfer = NN_TRANSFER_HEAD,
    .cell = 32,
    .teachers = true,
    .rivals = true,
    .open = open_loss,
    .close = close_loss,
    .run = run_loss,
};
