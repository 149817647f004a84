// SPDX-License-Identifier: MIT
// Runs a detector over labelled pictures and reports average precision.
#include "app/eval/evaluate.h"

#include "app/cli/json_file.h"
#include "nn/io/image/image.h"

#include <math.h>

nn_status app_evaluation_init(app_evaluation *e, int labels, nn_error *err)
{
    *e = (app_evaluation){.metrics = nn_metrics_new(labels)};
    nn_result_init(&e->result);
    return e->metrics ? NN_OK : nn_fail(err, NN_ENOMEM, "no memory for scores");
}

nn_status app_evaluation_confuse(app_evaluation *e, int labels, float threshold, nn_error *err)
{
    e->confusion = nn_box_confusion_new(labels, threshold);
    return e->confusion ? NN_OK : nn_fail(err, NN_ENOMEM, "no memory for scores");
}

void app_evaluation_release(app_evaluation *e)
{
    nn_metrics_free(e->metrics);
    nn_box_confusion_free(e->confusion);
    nn_result_release(&e->result);
    *e = (app_evaluation){0};
}

nn_status app_evaluate_open(nn_detector **d, const char *model, const nn_detector_options *options,
                            nn_error *err)
{
    nn_detector_options o = *options;
    o.threshold = APP_EVALUATE_THRESHOLD;
    o.max_detections = APP_EVALUATE_DETECTIONS;
    return nn_detector_open(d, model, &o, err);
}

nn_status app_evaluate_frame(app_evaluation *e, nn_detector *d, const char *name,
                             const nn_frame *frame, int full_w, int full_h, const nn_truth *truths,
                             int truth_count, nn_error *err)
{
    nn_status status = nn_detector_run(d, frame, &e->result, err);
    if (status != NN_OK)
        return status;
    e->pictures++;
    e->milliseconds += e->result.infer_ms;
    if (frame->width != full_w || frame->height != full_h)
        nn_result_scale(&e->result, (float)full_w / (float)frame->width,
                        (float)full_h / (float)frame->height);
    const nn_result *r = &e->result;
    status = nn_metrics_add(e->metrics, truths, truth_count, r->boxes, r->count, err);
    if (status == NN_OK && e->confusion)
        status = nn_box_confusion_add(e->confusion, truths, truth_count, r->boxes, r->count, err);
    if (status == NN_OK && e->mistakes)
        status = app_mistakes_add(e->mistakes, name, frame, full_w, full_h, truths, truth_count,
                                  r->boxes, r->count, err);
    return status;
}

nn_status app_evaluate_dataset(app_evaluation *e, nn_detector *d, nn_dataset *data, nn_error *err)
{
    nn_status status = NN_OK;
    for (int i = 0; i < data->count && status == NN_OK; i++) {
        const nn_sample *s = &data->samples[i];
        nn_image image;
        bool borrowed;
        status = nn_dataset_picture(data, i, &image, &borrowed, err);
        if (status != NN_OK)
            return status;
        nn_frame frame = nn_image_frame(&image);
        status = app_evaluate_frame(e, d, s->name, &frame, s->width, s->height, s->truths,
                                    s->truth_count, err);
        if (!borrowed)
            nn_image_release(&image);
        if (e->progress)
            app_progress_late(e->progress, i + 1, "pictures");
    }
    return status;
}

static void print_number(FILE *out, double v)
{
    if (isfinite(v))
        fprintf(out, " %9.4f", v);
    else
        fprintf(out, " %9s", "-");
}

static void print_row(FILE *out, const char *name, const nn_metrics_score *s)
{
    const double numbers[] = {s->ap50, s->ap75, s->ap, s->ar, s->precision, s->recall};
    fprintf(out, "%-16s %7d", name, s->truths);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        print_number(out, numbers[i]);
    fputc('\n', out);
}

static void print_sizes(FILE *out, const nn_metrics_score *s)
{
    static const char *const sizes[NN_METRICS_SIZES] = {"small (to 32x32)", "medium (to 96x96)",
                                                        "large"};
    for (int i = 0; i < NN_METRICS_SIZES; i++) {
        fprintf(out, "%-34s", sizes[i]);
        fprintf(out, "%10s", "");
        print_number(out, s->ap_of[i]);
        print_number(out, s->ar_of[i]);
        fputc('\n', out);
    }
}

static void add_scores(cJSON *json, const nn_metrics_score *s)
{
    static const char *const ap[] = {"ap_small", "ap_medium", "ap_large"};
    static const char *const ar[] = {"ar_small", "ar_medium", "ar_large"};
    app_json_add_number(json, "ap50", s->ap50);
    app_json_add_number(json, "ap75", s->ap75);
    app_json_add_number(json, "ap", s->ap);
    app_json_add_number(json, "ar", s->ar);
    for (int i = 0; i < NN_METRICS_SIZES; i++) {
        app_json_add_number(json, ap[i], s->ap_of[i]);
        app_json_add_number(json, ar[i], s->ar_of[i]);
    }
    cJSON_AddNumberToObject(json, "precision", s->precision);
    cJSON_AddNumberToObject(json, "recall", s->recall);
    cJSON_AddNumberToObject(json, "objects", s->truths);
    cJSON_AddNumberToObject(json, "detections", s->detections);
}

static void add_confusion(cJSON *json, const nn_box_confusion *c)
{
    const int background = nn_box_confusion_classes(c);
    cJSON *rows = cJSON_AddArrayToObject(json, "confusion");
    for (int i = 0; i <= background; i++) {
        cJSON *row = cJSON_CreateArray();
        for (int k = 0; k <= background; k++)
            cJSON_AddItemToArray(row, cJSON_CreateNumber((double)nn_box_confusion_count(c, i, k)));
        cJSON_AddItemToArray(rows, row);
    }
}

static double pace(const app_evaluation *e)
{
    return e->pictures ? e->milliseconds / e->pictures : 0;
}

nn_status app_evaluation_json(cJSON **json, const app_evaluation *e, const char *model,
                              char *const *labels, int label_count, float threshold, nn_error *err)
{
    nn_metrics_score score;
    *json = NULL;
    nn_status status = nn_metrics_compute(e->metrics, -1, threshold, &score, err);
    if (status != NN_OK)
        return status;
    *json = cJSON_CreateObject();
    cJSON_AddStringToObject(*json, "model", model);
    cJSON_AddStringToObject(*json, "task", "detect");
    cJSON_AddNumberToObject(*json, "pictures", e->pictures);
    cJSON_AddNumberToObject(*json, "threshold", threshold);
    cJSON_AddNumberToObject(*json, "infer_ms", pace(e));
    add_scores(*json, &score);
    cJSON *classes = cJSON_AddObjectToObject(*json, "classes");
    for (int i = 0; i < label_count && status == NN_OK; i++) {
        status = nn_metrics_compute(e->metrics, i, threshold, &score, err);
        add_scores(cJSON_AddObjectToObject(classes, labels[i]), &score);
    }
    if (e->confusion)
        add_confusion(*json, e->confusion);
    return status;
}

nn_status app_evaluation_print(const app_evaluation *e, char *const *labels, int label_count,
                               float threshold, FILE *out, nn_error *err)
{
    nn_metrics_score score;
    nn_status status = NN_OK;
    fprintf(out, "%-16s %7s %9s %9s %9s %9s %9s %9s\n", "class", "objects", "AP50", "AP75",
            "AP50:95", "AR", "precision", "recall");
    for (int i = 0; i <= label_count && status == NN_OK; i++) {
        status = nn_metrics_compute(e->metrics, i < label_count ? i : -1, threshold, &score, err);
        if (status == NN_OK)
            print_row(out, i < label_count ? labels[i] : "all", &score);
    }
    if (status != NN_OK)
        return status;
    print_sizes(out, &score);
    if (score.truths == 0)
        fprintf(out, "no object is labelled on these pictures: there was nothing to find\n");
    fprintf(out, "%d pictures, precision and recall at threshold %.3f, %.2f ms a picture\n",
            e->pictures, (double)threshold, pace(e));
    return NN_OK;
}
