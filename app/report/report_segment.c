// SPDX-License-Identifier: MIT
// Reports on segmentation.
#include "app/cli/json_file.h"
#include "app/report/mask_overlay.h"
#include "app/report/report_masks.h"
#include "app/report/report_text.h"
#include "app/report/task.h"
#include "nn/eval/mask_metrics.h"

static nn_status print(const nn_evaluation *e, FILE *out, nn_error *err)
{
    (void)err;
    const nn_mask_metrics *m = e->metrics;
    const nn_mask_summary sum = nn_mask_metrics_summary(m);
    fprintf(out, "%-20s %12s %12s %9s %9s %9s\n", "class", "pixels", "predicted", "IoU",
            "precision", "recall");
    for (int i = 0; i < nn_mask_metrics_classes(m); i++) {
        const nn_mask_score s = nn_mask_metrics_class(m, i);
        fprintf(out, "%-20s %12lld %12lld", e->card->labels[i], (long long)s.truths,
                (long long)s.predicted);
        app_task_print_number(out, s.iou);
        fprintf(out, " %9.4f %9.4f\n", s.precision, s.recall);
    }
    fprintf(out, "mean IoU %.4f, pixels right %.4f\n", sum.miou, sum.pixel_accuracy);
    fprintf(out, "%d pictures, %.2f ms a picture\n", e->pictures, nn_evaluation_ms_per_picture(e));
    return NN_OK;
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

static int64_t count_pixels(const void *ctx, int truth, int predicted)
{
    return nn_mask_metrics_confusion(ctx, truth, predicted);
}

static nn_status add_json(cJSON *json, const nn_evaluation *e, nn_error *err)
{
    (void)err;
    const nn_mask_metrics *m = e->metrics;
    const nn_mask_summary sum = nn_mask_metrics_summary(m);
    cJSON_AddNumberToObject(json, "pictures", e->pictures);
    cJSON_AddNumberToObject(json, "infer_ms", nn_evaluation_ms_per_picture(e));
    app_json_add_number(json, "miou", sum.miou);
    app_json_add_number(json, "pixel_accuracy", sum.pixel_accuracy);
    cJSON_AddNumberToObject(json, "pixels", (double)sum.pixels);
    cJSON *classes = cJSON_AddObjectToObject(json, "classes");
    for (int i = 0; i < nn_mask_metrics_classes(m); i++) {
        const nn_mask_score one = nn_mask_metrics_class(m, i);
        add_class(classes, e->card->labels[i], &one);
    }
    app_task_add_confusion(json, nn_mask_metrics_classes(m), count_pixels, m);
    return NN_OK;
}

static void add_summary(GString *out, const cJSON *r)
{
    g_string_append_printf(out, "mean IoU %.4f, %.4f of the pixels are right",
                           app_report_number(r, "miou"), app_report_number(r, "pixel_accuracy"));
}

static void *gather(const nn_evaluation *e)
{
    (void)e;
    return g_new0(app_worst_masks, 1);
}

// Keeps the worst pictures, worst first.
static nn_status gathered(void *kept, const nn_scored_picture *p, nn_error *err)
{
    (void)err;
    app_worst_masks *w = kept;
    const bool full = w->count == APP_WORST_MASKS;
    if (!(p->wrong > (full ? w->list[APP_WORST_MASKS - 1].wrong : 0)))
        return NN_OK;
    int at = full ? APP_WORST_MASKS - 1 : w->count++;
    for (; at > 0 && w->list[at - 1].wrong < p->wrong; at--)
        w->list[at] = w->list[at - 1];
    w->list[at] = (app_worst_mask){p->index, p->wrong};
    return NN_OK;
}

static nn_status draw_confusion(const char *path, const nn_evaluation *e, nn_error *err)
{
    return app_report_mask_confusion(path, e->metrics, e->card->labels, err);
}

static nn_status draw_worst(const char *path, const nn_evaluation *e, const void *kept,
                            nn_dataset *data, nn_error *err)
{
    return app_report_worst_masks(path, kept, e->model, data, err);
}

static cJSON *list_mistakes(const nn_evaluation *e, const void *kept, const nn_dataset *data)
{
    (void)e;
    const app_worst_masks *w = kept;
    cJSON *list = cJSON_CreateArray();
    for (int i = 0; i < w->count; i++) {
        cJSON *one = cJSON_CreateObject();
        cJSON_AddStringToObject(one, "picture", data->samples[w->list[i].picture].name);
        cJSON_AddNumberToObject(one, "wrong", w->list[i].wrong);
        cJSON_AddItemToArray(list, one);
    }
    return list;
}

// Captions "person 12 %", "bicycle 3 %, ignored 5 %".
static void show_view(app_report_cell *cell, const nn_view *v, const nn_names *names)
{
    const int n = v->width * v->height;
    int counts[256] = {0}, shown = 0;
    GString *text[2] = {g_string_new(NULL), g_string_new(NULL)};
    app_mask_overlay(&cell->image, v->labels, v->width, v->height);
    for (int i = 0; i < n; i++)
        counts[v->labels[i]]++;
    for (int i = NN_MASK_BACKGROUND + 1; i < 256; i++) {
        if (counts[i] == 0)
            continue;
        GString *line = text[shown++ > 0];
        g_string_append_printf(line, "%s%s %.*f %%", line->len ? ", " : "",
                               i == NN_MASK_IGNORE ? "ignored" : app_task_class_name(names, i),
                               counts[i] * 10 < n, 100.0 * counts[i] / n);
    }
    if (!shown)
        g_string_assign(text[0], "background");
    for (int i = 0; i < 2; i++)
        cell->caption[i] = g_string_free(text[i], FALSE);
}

static const app_column columns[] = {{"pixels", "pixels"}, {"predicted", "predicted"},
                                     {"IoU", "iou"},       {"precision", "precision"},
                                     {"recall", "recall"}, {NULL, NULL}};
static const app_column mistakes[] = {
    {"picture", "picture"}, {"part wrong", "wrong"}, {NULL, NULL}};

const app_task app_task_segment = {
    .name = "segment",
    .data = "pictures with masks",
    .holds = "masks",
    .does = "segments pictures",
    .models = "segmentation",
    .scored = "IoU of every class, mean IoU, pixel accuracy",
    .counted = "pixels",
    .worth_name = "mIoU",
    .loss_parts = {"dice %.4f", "%.4f of the pixels of its views right"},
    .part_may_lack = true,
    .labels = {"mIoU", "pixels right"},
    .unit = "pixels",
    .verdict = {"iou", "IoU", "pixels", "pictures", 0.7, 0.4, true},
    .columns = columns,
    .mistakes = mistakes,
    .print = print,
    .add_json = add_json,
    .add_summary = add_summary,
    .gather = gather,
    .gathered = gathered,
    .release = g_free,
    .draw_confusion = draw_confusion,
    .draw_worst = draw_worst,
    .list_mistakes = list_mistakes,
    .show_view = show_view,
};
