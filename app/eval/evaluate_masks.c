// SPDX-License-Identifier: MIT
// Runs a segmentation model over pictures with masks and reports how far they agree.
#include "app/eval/evaluate_masks.h"

#include "app/cli/json_file.h"
#include "nn/io/image/image.h"

#include <math.h>

nn_status app_mask_evaluation_init(app_mask_evaluation *e, int labels, nn_error *err)
{
    *e = (app_mask_evaluation){.metrics = nn_mask_metrics_new(labels)};
    nn_result_init(&e->result);
    return e->metrics ? NN_OK : nn_fail(err, NN_ENOMEM, "no memory for scores");
}

void app_mask_evaluation_release(app_mask_evaluation *e)
{
    nn_mask_metrics_free(e->metrics);
    nn_result_release(&e->result);
    *e = (app_mask_evaluation){0};
}

// Keeps the worst pictures in order.
static void keep(app_mask_evaluation *e, int picture, double wrong)
{
    const bool full = e->worst_count == APP_WORST_MASKS;
    if (!(wrong > (full ? e->worst[APP_WORST_MASKS - 1].wrong : 0)))
        return;
    int at = full ? APP_WORST_MASKS - 1 : e->worst_count++;
    for (; at > 0 && e->worst[at - 1].wrong < wrong; at--)
        e->worst[at] = e->worst[at - 1];
    e->worst[at] = (app_worst_mask){picture, wrong};
}

static nn_status score_picture(app_mask_evaluation *e, nn_detector *d, nn_dataset *data, int i,
                               nn_error *err)
{
    const nn_sample *s = &data->samples[i];
    nn_image image;
    bool borrowed;
    double wrong = 0;
    nn_status status = nn_dataset_picture(data, i, &image, &borrowed, err);
    if (status != NN_OK)
        return status;
    const nn_frame frame = nn_image_frame(&image);
    status = nn_detector_run(d, &frame, &e->result, err);
    e->milliseconds += (double)e->result.infer_ms;
    if (status == NN_OK)
        status = nn_mask_metrics_add(e->metrics, &s->mask, &e->result.map, &wrong, err);
    if (status == NN_OK)
        keep(e, i, wrong);
    else
        nn_fail_prefix(err, status, "%s", s->name);
    if (!borrowed)
        nn_image_release(&image);
    return status;
}

nn_status app_evaluate_masks(app_mask_evaluation *e, nn_detector *d, nn_dataset *data,
                             nn_error *err)
{
    nn_status status = NN_OK;
    for (int i = 0; i < data->count && status == NN_OK; i++) {
        status = score_picture(e, d, data, i, err);
        e->pictures += status == NN_OK;
        if (e->progress && status == NN_OK)
            app_progress_late(e->progress, i + 1, "pictures");
    }
    return status;
}

static double pace(const app_mask_evaluation *e)
{
    return e->pictures ? e->milliseconds / e->pictures : 0;
}

static void add_class(cJSON *classes, const char *label, const nn_mask_score *s)
{
    cJSON *one = cJSON_AddObjectToObject(classes, label);
    app_json_add_number(one, "iou", s->iou);
    cJSON_AddNumberToObject(one, "precision", s->precision);
    cJSON_AddNumberToObject(one, "recall", s->recall);
    cJSON_AddNumberToObject(one, "pixels", (double)s->truths);
    cJSON_AddNumberToObject(one, "predicted", (double)s->predicted);
    cJSON_AddNumberToObject(one, "hits", (double)s->hits);
}

static void add_confusion(cJSON *json, const nn_mask_metrics *m)
{
    const int n = nn_mask_metrics_classes(m);
    cJSON *rows = cJSON_AddArrayToObject(json, "confusion");
    for (int i = 0; i < n; i++) {
        cJSON *row = cJSON_CreateArray();
        cJSON_AddItemToArray(rows, row);
        for (int k = 0; k < n; k++)
            cJSON_AddItemToArray(row,
                                 cJSON_CreateNumber((double)nn_mask_metrics_confusion(m, i, k)));
    }
}

cJSON *app_mask_evaluation_json(const app_mask_evaluation *e, const char *model,
                                char *const *labels)
{
    const nn_mask_summary sum = nn_mask_metrics_summary(e->metrics);
    cJSON *json = cJSON_CreateObject();
    cJSON_AddStringToObject(json, "model", model);
    cJSON_AddStringToObject(json, "task", "segment");
    cJSON_AddNumberToObject(json, "pictures", e->pictures);
    cJSON_AddNumberToObject(json, "infer_ms", pace(e));
    app_json_add_number(json, "miou", sum.miou);
    app_json_add_number(json, "pixel_accuracy", sum.pixel_accuracy);
    cJSON_AddNumberToObject(json, "pixels", (double)sum.pixels);
    cJSON *classes = cJSON_AddObjectToObject(json, "classes");
    for (int i = 0; i < nn_mask_metrics_classes(e->metrics); i++) {
        const nn_mask_score one = nn_mask_metrics_class(e->metrics, i);
        add_class(classes, labels[i], &one);
    }
    add_confusion(json, e->metrics);
    return json;
}

void app_mask_evaluation_print(const app_mask_evaluation *e, char *const *labels, FILE *out)
{
    const nn_mask_summary sum = nn_mask_metrics_summary(e->metrics);
    fprintf(out, "%-20s %12s %12s %9s %9s %9s\n", "class", "pixels", "predicted", "IoU",
            "precision", "recall");
    for (int i = 0; i < nn_mask_metrics_classes(e->metrics); i++) {
        const nn_mask_score s = nn_mask_metrics_class(e->metrics, i);
        fprintf(out, "%-20s %12lld %12lld", labels[i], (long long)s.truths, (long long)s.predicted);
        if (isfinite(s.iou))
            fprintf(out, " %9.4f", s.iou);
        else
            fprintf(out, " %9s", "-");
        fprintf(out, " %9.4f %9.4f\n", s.precision, s.recall);
    }
    fprintf(out, "mean IoU %.4f, pixels right %.4f\n", sum.miou, sum.pixel_accuracy);
    fprintf(out, "%d pictures, %.2f ms a picture\n", e->pictures, pace(e));
}
