// SPDX-License-Identifier: MIT
// Runs a classifier over labelled pictures and reports what it got right.
#include "app/eval/evaluate_classes.h"

#include "app/cli/json_file.h"
#include "nn/base/memory.h"
#include "nn/io/io.h"

#include <math.h>

nn_status app_class_evaluation_init(app_class_evaluation *e, int classes, bool multi, nn_error *err)
{
    *e = (app_class_evaluation){.metrics = nn_class_metrics_new(classes, multi)};
    return e->metrics ? NN_OK : nn_fail(err, NN_ENOMEM, "no memory for scores");
}

void app_class_evaluation_release(app_class_evaluation *e)
{
    nn_class_metrics_free(e->metrics);
    *e = (app_class_evaluation){0};
}

nn_status app_evaluate_classes_open(nn_classifier **c, const char *model,
                                    const nn_classifier_options *options, nn_error *err)
{
    nn_model *loaded;
    *c = NULL;
    nn_status status = nn_model_load(&loaded, model, err);
    if (status != NN_OK)
        return status; // names the file
    status = nn_classifier_new(c, loaded, options, err);
    return status == NN_OK ? NN_OK : nn_fail_prefix(err, status, "%s", model);
}

static nn_status score_picture(app_class_evaluation *e, nn_classifier *c, nn_dataset *data, int i,
                               float *p, nn_error *err)
{
    const nn_sample *s = &data->samples[i];
    nn_image image;
    bool borrowed;
    nn_status status = nn_dataset_picture(data, i, &image, &borrowed, err);
    if (status != NN_OK)
        return status;
    const nn_frame frame = nn_image_frame(&image);
    const double began = app_now();
    status = nn_classifier_run(c, &frame, p, err);
    e->milliseconds += 1e3 * (app_now() - began);
    if (status == NN_OK)
        status = nn_class_metrics_add(e->metrics, i, s->classes, s->class_count, p, err);
    if (status != NN_OK)
        nn_fail_prefix(err, status, "%s", s->name);
    if (!borrowed)
        nn_image_release(&image);
    return status;
}

nn_status app_evaluate_classes(app_class_evaluation *e, nn_classifier *c, nn_dataset *data,
                               nn_error *err)
{
    const int classes = nn_classifier_classes(c);
    if (classes != nn_class_metrics_classes(e->metrics))
        return nn_fail(err, NN_EINVAL, "the model has %d classes, the scores are for %d", classes,
                       nn_class_metrics_classes(e->metrics));
    float *p = nn_alloc((size_t)classes * sizeof *p);
    if (!p)
        return nn_fail(err, NN_ENOMEM, "no memory for %d probabilities", classes);
    nn_status status = NN_OK;
    for (int i = 0; i < data->count && status == NN_OK; i++) {
        status = score_picture(e, c, data, i, p, err);
        if (status != NN_OK)
            break;
        e->pictures++;
        if (e->progress)
            app_progress_late(e->progress, i + 1, "pictures");
    }
    nn_free(p);
    return status;
}

static void add_class(cJSON *classes, const char *label, const nn_class_score *s)
{
    cJSON *one = cJSON_AddObjectToObject(classes, label);
    cJSON_AddNumberToObject(one, "precision", s->precision);
    cJSON_AddNumberToObject(one, "recall", s->recall);
    cJSON_AddNumberToObject(one, "f1", s->f1);
    app_json_add_number(one, "ap", s->ap);
    cJSON_AddNumberToObject(one, "pictures", (double)s->truths);
    cJSON_AddNumberToObject(one, "predicted", (double)s->predicted);
    cJSON_AddNumberToObject(one, "hits", (double)s->hits);
}

static void add_confusion(cJSON *json, const nn_class_metrics *m)
{
    const int n = nn_class_metrics_classes(m);
    cJSON *rows = cJSON_AddArrayToObject(json, "confusion");
    for (int i = 0; i < n; i++) {
        cJSON *row = cJSON_CreateArray();
        for (int k = 0; k < n; k++)
            cJSON_AddItemToArray(row,
                                 cJSON_CreateNumber((double)nn_class_metrics_confusion(m, i, k)));
        cJSON_AddItemToArray(rows, row);
    }
}

static double pace(const app_class_evaluation *e)
{
    return e->pictures ? e->milliseconds / e->pictures : 0;
}

static cJSON *make_json(const app_class_evaluation *e, const char *model, const nn_class_summary *s)
{
    cJSON *json = cJSON_CreateObject();
    cJSON_AddStringToObject(json, "model", model);
    cJSON_AddStringToObject(json, "task", "classify");
    cJSON_AddNumberToObject(json, "pictures", (double)s->pictures);
    cJSON_AddNumberToObject(json, "infer_ms", pace(e));
    cJSON_AddNumberToObject(json, "top1", s->top1);
    cJSON_AddNumberToObject(json, "top5", s->top5);
    cJSON_AddNumberToObject(json, "loss", s->loss);
    cJSON_AddNumberToObject(json, "precision", s->precision);
    cJSON_AddNumberToObject(json, "recall", s->recall);
    cJSON_AddNumberToObject(json, "f1", s->f1);
    if (nn_class_metrics_multi(e->metrics)) {
        cJSON_AddNumberToObject(json, "f1_all", s->f1_all);
        app_json_add_number(json, "map", s->map);
    }
    return json;
}

nn_status app_class_evaluation_json(cJSON **json, const app_class_evaluation *e, const char *model,
                                    char *const *labels, nn_error *err)
{
    nn_class_summary s;
    *json = NULL;
    nn_status status = nn_class_metrics_summary(e->metrics, &s, err);
    if (status != NN_OK)
        return status;
    *json = make_json(e, model, &s);
    cJSON *list = cJSON_AddObjectToObject(*json, "classes");
    for (int i = 0; i < nn_class_metrics_classes(e->metrics) && status == NN_OK; i++) {
        nn_class_score one;
        status = nn_class_metrics_class(e->metrics, i, &one, err);
        add_class(list, labels[i], &one);
    }
    add_confusion(*json, e->metrics);
    return status;
}

static void print_class(FILE *out, const char *label, const nn_class_score *s)
{
    fprintf(out, "%-20s %8lld %9lld %9.4f %9.4f %9.4f", label, (long long)s->truths,
            (long long)s->predicted, s->precision, s->recall, s->f1);
    if (isfinite(s->ap))
        fprintf(out, " %9.4f\n", s->ap);
    else
        fprintf(out, " %9s\n", "-");
}

static void print_summary(FILE *out, const nn_class_summary *s, bool multi, double ms)
{
    if (multi)
        fprintf(out, "mean AP %.4f, F1 at 0.5 %.4f, ", s->map, s->f1_all);
    fprintf(out, "top-1 %.4f, top-5 %.4f, loss %.4f\n", s->top1, s->top5, s->loss);
    fprintf(out, "%lld pictures, %.2f ms a picture\n", (long long)s->pictures, ms);
}

nn_status app_class_evaluation_print(const app_class_evaluation *e, char *const *labels, FILE *out,
                                     nn_error *err)
{
    const bool multi = nn_class_metrics_multi(e->metrics);
    nn_class_summary s;
    nn_status status = nn_class_metrics_summary(e->metrics, &s, err);
    fprintf(out, "%-20s %8s %9s %9s %9s %9s %9s\n", "class", "pictures", "predicted", "precision",
            "recall", "F1", "AP");
    for (int i = 0; i < nn_class_metrics_classes(e->metrics) && status == NN_OK; i++) {
        nn_class_score one;
        status = nn_class_metrics_class(e->metrics, i, &one, err);
        if (status == NN_OK)
            print_class(out, labels[i], &one);
    }
    if (status == NN_OK)
        print_summary(out, &s, multi, pace(e));
    return status;
}
