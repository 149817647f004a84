// SPDX-License-Identifier: MIT
// Scores of detectors (AP50, AP50:95), classifiers (top-1, top-5) and segmentation (mean IoU) while
// they are trained.
#include "app/train/train_score.h"

#include "app/eval/evaluate.h"
#include "app/eval/evaluate_classes.h"
#include "app/eval/evaluate_masks.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

// Three significant places more than a score deserves keep the file readable.
static void add_rounded(cJSON *json, const char *key, double value)
{
    if (isfinite(value))
        cJSON_AddNumberToObject(json, key, round(value * 1e4) / 1e4);
}

static void detect_losses(double out[2], const nn_task_value *sum, double steps, double pictures)
{
    (void)pictures;
    out[0] = sum->part[0] / steps;
    out[1] = sum->part[1] / steps;
}

// What makes one set of weights better than another: finding things, and boxing them well. AP50
// alone is too coarse: among good detectors a few pictures decide it.
static double worth_of(const nn_metrics_score *s)
{
    return isfinite(s->ap50) ? 0.5 * (s->ap50 + s->ap) : 0;
}

static void set_boxes(app_score *out, const nn_metrics_score *s)
{
    *out = (app_score){.worth = worth_of(s), .value = {s->ap50, s->ap}, .boxes = *s};
}

static app_progress *begin_progress(const app_scoring *how)
{
    if (how->progress) {
        app_progress_begin(how->progress, how->name, 0, how->data->count);
        how->progress->between = APP_PROGRESS_SELDOM;
    }
    return how->progress;
}

// The detections of a model on the data; `e` is initialised here and released by the caller.
static nn_status detect_all(app_evaluation *e, const char *model, const app_scoring *how, float iou,
                            nn_error *err)
{
    nn_detector *d = NULL;
    const nn_detector_options options = {.iou_threshold = iou, .threads = how->threads};
    nn_status status = app_evaluation_init(e, how->labels, err);
    if (status == NN_OK)
        status = app_evaluate_open(&d, model, &options, err);
    e->progress = begin_progress(how);
    if (status == NN_OK)
        status = app_evaluate_dataset(e, d, how->data, err);
    nn_detector_free(d);
    return status;
}

static nn_status score_boxes(app_score *s, const char *model, const app_scoring *how, nn_error *err)
{
    app_evaluation e = {0};
    nn_metrics_score score;
    nn_status status = detect_all(&e, model, how, -1, err);
    if (status == NN_OK)
        status = nn_metrics_compute(e.metrics, -1, APP_EVALUATE_THRESHOLD, &score, err);
    if (status == NN_OK)
        set_boxes(s, &score);
    app_evaluation_release(&e);
    return status;
}

// A threshold somewhat below the one with the best F1: over a video an object that is missed now
// and then is worse than one wrong box more, and users raise a threshold more readily than they
// lower it.
static const double F1_SLACK = 0.01;

// The suppression threshold with the best AP on the validation data, and the score threshold.
static nn_status choose_thresholds(app_score *s, nn_card *card, const char *model,
                                   const app_scoring *how, nn_error *err)
{
    static const float ious[] = {0.5f, 0.6f, 0.7f};
    double best = -1;
    for (int i = 0; i < 3; i++) {
        app_evaluation e = {0};
        nn_metrics_score score;
        float threshold = 0;
        nn_status status = detect_all(&e, model, how, ious[i], err);
        if (status == NN_OK)
            status = nn_metrics_best_threshold(e.metrics, F1_SLACK, &threshold, NULL, err);
        if (status == NN_OK)
            status = nn_metrics_compute(e.metrics, -1, threshold, &score, err);
        app_evaluation_release(&e);
        if (status != NN_OK)
            return status;
        double value = worth_of(&score);
        if (value <= best)
            continue;
        best = value;
        set_boxes(s, &score);
        card->iou_threshold = ious[i];
        card->threshold = threshold;
    }
    return NN_OK;
}

static const char *describe_boxes(const app_score *s, char *buf, size_t size)
{
    snprintf(buf, size, "AP50 %.4f  AP50:95 %.4f", s->boxes.ap50, s->boxes.ap);
    return buf;
}

static void add_boxes(cJSON *json, const app_score *s)
{
    add_rounded(json, "ap50", s->boxes.ap50);
    add_rounded(json, "ap", s->boxes.ap);
    add_rounded(json, "precision", s->boxes.precision);
    add_rounded(json, "recall", s->boxes.recall);
    cJSON_AddNumberToObject(json, "objects", s->boxes.truths);
}

// The part of auxiliary classifiers, and how often the views of training were right.
static void classify_losses(double out[2], const nn_task_value *sum, double steps, double pictures)
{
    out[0] = sum->part[1] / steps;
    out[1] = (double)sum->hits / pictures;
}

static nn_status score_classes(app_score *s, const char *model, const app_scoring *how,
                               nn_error *err)
{
    nn_classifier *c = NULL;
    app_class_evaluation e = {0};
    nn_class_summary sum = {0};
    const nn_classifier_options options = {.threads = how->threads};
    nn_status status = app_class_evaluation_init(&e, how->labels, how->multi, err);
    if (status == NN_OK)
        status = app_evaluate_classes_open(&c, model, &options, err);
    e.progress = begin_progress(how);
    if (status == NN_OK)
        status = app_evaluate_classes(&e, c, how->data, err);
    if (status == NN_OK)
        status = nn_class_metrics_summary(e.metrics, &sum, err);
    // Of equally many right ones the surer: a small set has few steps of accuracy.
    if (status == NN_OK)
        *s = (app_score){.worth = how->multi && isfinite(sum.map)
                                      ? sum.map
                                      : sum.top1 + 1e-6 / (1 + fmax(sum.loss, 0)),
                         .value = {sum.top1, sum.top5, sum.loss},
                         .classes = sum};
    nn_classifier_free(c);
    app_class_evaluation_release(&e);
    return status;
}

static const char *describe_classes(const app_score *s, char *buf, size_t size)
{
    int used = snprintf(buf, size, "top-1 %.4f  top-5 %.4f  loss %.4f", s->classes.top1,
                        s->classes.top5, s->classes.loss);
    if (isfinite(s->classes.map) && used > 0 && (size_t)used < size)
        snprintf(buf + used, size - (size_t)used, "  mAP %.4f", s->classes.map);
    return buf;
}

static void add_classes(cJSON *json, const app_score *s)
{
    add_rounded(json, "top1", s->classes.top1);
    add_rounded(json, "top5", s->classes.top5);
    add_rounded(json, "loss", s->classes.loss);
    add_rounded(json, "map", s->classes.map);
}

// The part of Dice, and how many pixels of the views of training were right.
static void segment_losses(double out[2], const nn_task_value *sum, double steps, double pictures)
{
    out[0] = sum->part[1] / steps;
    out[1] = (double)sum->hits / 1000 / pictures;
}

static nn_status score_masks(app_score *s, const char *model, const app_scoring *how, nn_error *err)
{
    nn_detector *d = NULL;
    app_mask_evaluation e = {0};
    const nn_detector_options options = {
        .threshold = -1, .iou_threshold = -1, .threads = how->threads};
    nn_status status = app_mask_evaluation_init(&e, how->labels, err);
    if (status == NN_OK)
        status = nn_detector_open(&d, model, &options, err);
    e.progress = begin_progress(how);
    if (status == NN_OK)
        status = app_evaluate_masks(&e, d, how->data, err);
    if (status == NN_OK) {
        const nn_mask_summary sum = nn_mask_metrics_summary(e.metrics);
        *s = (app_score){.worth = isfinite(sum.miou) ? sum.miou : 0,
                         .value = {sum.miou, sum.pixel_accuracy},
                         .masks = sum};
    }
    nn_detector_free(d);
    app_mask_evaluation_release(&e);
    return status;
}

static const char *describe_masks(const app_score *s, char *buf, size_t size)
{
    snprintf(buf, size, "mIoU %.4f  pixels right %.4f", s->masks.miou, s->masks.pixel_accuracy);
    return buf;
}

static void add_masks(cJSON *json, const app_score *s)
{
    add_rounded(json, "miou", s->masks.miou);
    add_rounded(json, "pixel_accuracy", s->masks.pixel_accuracy);
}

static const app_score_kind kinds[] = {
    {.task = "detect",
     .worth_name = "(AP50+AP)/2",
     .loss_columns = "class_loss,box_loss",
     .score_columns = "ap50,ap",
     .values = 2,
     .loss_values = detect_losses,
     .loss_format = "class %.4f, box %.4f",
     .score = score_boxes,
     .choose = choose_thresholds,
     .describe = describe_boxes,
     .add_json = add_boxes},
    {.task = "classify",
     .worth_name = "top-1",
     .loss_columns = "aux_loss,train_top1",
     .score_columns = "top1,top5,val_loss",
     .values = 3,
     .loss_values = classify_losses,
     .loss_format = "auxiliary %.4f, top-1 of its views %.4f",
     .score = score_classes,
     .describe = describe_classes,
     .add_json = add_classes},
    {.task = "segment",
     .worth_name = "mIoU",
     .loss_columns = "dice_loss,train_pixel_accuracy",
     .score_columns = "miou,pixel_accuracy",
     .values = 2,
     .loss_values = segment_losses,
     .loss_format = "dice %.4f, %.4f of the pixels of its views right",
     .score = score_masks,
     .describe = describe_masks,
     .add_json = add_masks},
};

const app_score_kind *app_score_kind_of(const nn_train_task *task)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kinds[i].task, task->name) == 0)
            return &kinds[i];
    return NULL;
}
