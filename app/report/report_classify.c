// SPDX-License-Identifier: MIT
// Reports on classifiers.
#include "app/cli/json_file.h"
#include "app/report/report_confusion.h"
#include "app/report/report_sheet.h"
#include "app/report/report_text.h"
#include "app/report/task.h"
#include "nn/eval/class_metrics.h"

#include <string.h>

enum { WORST = 24, CELL_W = 190, CELL_H = 160 }; // pictures on the sheet, and their size in pixels

static const app_colour true_colour = {0.05, 0.45, 0.25}, wrong_colour = {0.78, 0.16, 0.10};

static void print_class(FILE *out, const char *label, const nn_class_score *s)
{
    fprintf(out, "%-20s %8lld %9lld %9.4f %9.4f %9.4f", label, (long long)s->truths,
            (long long)s->predicted, s->precision, s->recall, s->f1);
    app_task_print_number(out, s->ap);
    fputc('\n', out);
}

static void print_summary(FILE *out, const nn_class_summary *s, bool multi, double ms)
{
    if (multi)
        fprintf(out, "mean AP %.4f, F1 at 0.5 %.4f, ", s->map, s->f1_all);
    fprintf(out, "top-1 %.4f, top-5 %.4f, loss %.4f\n", s->top1, s->top5, s->loss);
    fprintf(out, "%lld pictures, %.2f ms a picture\n", (long long)s->pictures, ms);
}

static nn_status print(const nn_evaluation *e, FILE *out, nn_error *err)
{
    const nn_class_metrics *m = e->metrics;
    nn_class_summary s;
    nn_status status = nn_class_metrics_summary(m, &s, err);
    fprintf(out, "%-20s %8s %9s %9s %9s %9s %9s\n", "class", "pictures", "predicted", "precision",
            "recall", "F1", "AP");
    for (int i = 0; i < nn_class_metrics_classes(m) && status == NN_OK; i++) {
        nn_class_score one;
        status = nn_class_metrics_class(m, i, &one, err);
        if (status == NN_OK)
            print_class(out, e->card->labels[i], &one);
    }
    if (status == NN_OK)
        print_summary(out, &s, nn_class_metrics_multi(m), nn_evaluation_ms_per_picture(e));
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

static int64_t count_pictures(const void *ctx, int truth, int predicted)
{
    return nn_class_metrics_confusion(ctx, truth, predicted);
}

static nn_status add_json(cJSON *json, const nn_evaluation *e, nn_error *err)
{
    const nn_class_metrics *m = e->metrics;
    nn_class_summary s;
    nn_status status = nn_class_metrics_summary(m, &s, err);
    if (status != NN_OK)
        return status;
    cJSON_AddNumberToObject(json, "pictures", (double)s.pictures);
    cJSON_AddNumberToObject(json, "infer_ms", nn_evaluation_ms_per_picture(e));
    cJSON_AddNumberToObject(json, "top1", s.top1);
    cJSON_AddNumberToObject(json, "top5", s.top5);
    cJSON_AddNumberToObject(json, "loss", s.loss);
    cJSON_AddNumberToObject(json, "precision", s.precision);
    cJSON_AddNumberToObject(json, "recall", s.recall);
    cJSON_AddNumberToObject(json, "f1", s.f1);
    if (nn_class_metrics_multi(m)) {
        cJSON_AddNumberToObject(json, "f1_all", s.f1_all);
        app_json_add_number(json, "map", s.map);
    }
    cJSON *list = cJSON_AddObjectToObject(json, "classes");
    for (int i = 0; i < nn_class_metrics_classes(m) && status == NN_OK; i++) {
        nn_class_score one;
        status = nn_class_metrics_class(m, i, &one, err);
        add_class(list, e->card->labels[i], &one);
    }
    app_task_add_confusion(json, nn_class_metrics_classes(m), count_pictures, m);
    return status;
}

static void add_summary(GString *out, const cJSON *r)
{
    g_string_append_printf(out, "top-1 %.4f, top-5 %.4f, loss %.4f", app_report_number(r, "top1"),
                           app_report_number(r, "top5"), app_report_number(r, "loss"));
    if (cJSON_HasObjectItem(r, "map"))
        g_string_append_printf(out, ", mean AP %.4f, F1 at 0.5 %.4f", app_report_number(r, "map"),
                               app_report_number(r, "f1_all"));
}

static nn_status draw_confusion(const char *path, const nn_evaluation *e, nn_error *err)
{
    return app_report_class_confusion(path, e->metrics, e->card->labels, err);
}

// Fills a cell with a picture of the data set and its prediction.
static nn_status fill_cell(app_report_cell *cell, nn_dataset *data, const nn_class_mistake *m,
                           char *const *labels, nn_error *err)
{
    nn_image image;
    bool borrowed;
    nn_status status = nn_dataset_picture(data, m->picture, &image, &borrowed, err);
    if (status != NN_OK)
        return status;
    status = app_report_cell_copy(cell, &image, CELL_W, CELL_H, err);
    if (!borrowed)
        nn_image_release(&image);
    const double part = 100 * (double)m->probability;
    cell->caption[0] =
        m->label < 0 ? g_strdup("not there") : g_strdup_printf("true: %s", labels[m->label]);
    cell->caption[1] = m->predicted < 0
                           ? g_strdup_printf("missed, %.0f %%", part)
                           : g_strdup_printf("said: %s, %.0f %%", labels[m->predicted], part);
    cell->caption[2] = g_path_get_basename(data->samples[m->picture].name);
    return status;
}

static nn_status draw_worst(const char *path, const nn_evaluation *e, const void *kept,
                            nn_dataset *data, nn_error *err)
{
    (void)kept;
    nn_class_mistake worst[WORST];
    app_report_cell cells[WORST] = {0};
    nn_status status = NN_OK;
    const int count = nn_class_metrics_worst(e->metrics, worst, WORST);
    for (int i = 0; i < count && status == NN_OK; i++)
        status = fill_cell(&cells[i], data, &worst[i], e->card->labels, err);
    const app_report_sheet sheet = {.title = count ? "The surest mistakes" : "No mistakes",
                                    .subtitle = "what is there, and what the model said instead",
                                    .caption = {true_colour, wrong_colour, APP_QUIET},
                                    .cells = cells,
                                    .count = count,
                                    .columns = 6,
                                    .width = CELL_W,
                                    .height = CELL_H};
    if (status == NN_OK)
        status = app_report_sheet_write(&sheet, path, err);
    for (int i = 0; i < count; i++)
        app_report_cell_release(&cells[i]);
    return status;
}

static cJSON *list_mistakes(const nn_evaluation *e, const void *kept, const nn_dataset *data)
{
    (void)kept;
    nn_class_mistake worst[WORST];
    char *const *labels = e->card->labels;
    const int count = nn_class_metrics_worst(e->metrics, worst, WORST);
    cJSON *list = cJSON_CreateArray();
    for (int i = 0; i < count; i++) {
        const nn_class_mistake *m = &worst[i];
        cJSON *one = cJSON_CreateObject();
        cJSON_AddStringToObject(one, "picture", data->samples[m->picture].name);
        if (m->label >= 0)
            cJSON_AddStringToObject(one, "label", labels[m->label]);
        if (m->predicted >= 0)
            cJSON_AddStringToObject(one, "predicted", labels[m->predicted]);
        cJSON_AddNumberToObject(one, "probability", (double)m->probability);
        cJSON_AddItemToArray(list, one);
    }
    return list;
}

static const app_column columns[] = {{"pictures", "pictures"},
                                     {"predicted", "predicted"},
                                     {"precision", "precision"},
                                     {"recall", "recall"},
                                     {"F1", "f1"},
                                     {"AP", "ap"},
                                     {NULL, NULL}};
// The class with the largest target that is not shown yet; -1: no target is large enough.
static int next_target(const nn_view *v, const bool *shown)
{
    int best = -1;
    for (int i = 0; i < v->classes; i++)
        if (!shown[i] && v->targets[i] >= 0.005f && (best < 0 || v->targets[i] > v->targets[best]))
            best = i;
    return best;
}

// Captions "rose", or "0.7 rose", "+ 0.2 daisy + 0.1 tulip".
static void show_view(app_report_cell *cell, const nn_view *v, const nn_names *names)
{
    g_autofree bool *shown = g_new0(bool, v->classes);
    GString *text[2] = {g_string_new(NULL), g_string_new(NULL)};
    int count = 0;
    for (int i; (i = next_target(v, shown)) >= 0; shown[i] = true, count++) {
        const double part = (double)v->targets[i];
        GString *line = text[count > 0];
        g_string_append(line, line->len ? " + " : count ? "+ " : "");
        if (part < 0.995)
            g_string_append_printf(line, part < 0.095 || part > 0.95 ? "%.2f " : "%.1f ", part);
        g_string_append(line, app_task_class_name(names, i));
    }
    if (!count)
        g_string_assign(text[0], "nothing");
    for (int i = 0; i < 2; i++)
        cell->caption[i] = g_string_free(text[i], FALSE);
}

static const app_column mistakes[] = {{"picture", "picture"},
                                      {"true", "label"},
                                      {"predicted", "predicted"},
                                      {"probability", "probability"},
                                      {NULL, NULL}};

const app_task app_task_classify = {
    .name = "classify",
    .data = "classes of pictures",
    .holds = "classes of pictures",
    .does = "classifies pictures",
    .models = "classifiers",
    .scored = "top-1, top-5; precision, recall, F1 and AP of every class",
    .counted = "pictures",
    .worth_name = "top-1",
    .worth_of_several = "mAP",
    .loss_parts = {"auxiliary %.4f", "top-1 of its views %.4f"},
    .part_may_lack = true,
    .labels = {"top-1", "top-5", "loss", "mAP"},
    .unit = "pictures",
    .verdict = {"f1", "F1", "pictures", "pictures", 0.8, 0.5, false},
    .columns = columns,
    .mistakes = mistakes,
    .print = print,
    .add_json = add_json,
    .add_summary = add_summary,
    .draw_confusion = draw_confusion,
    .draw_worst = draw_worst,
    .list_mistakes = list_mistakes,
    .show_view = show_view,
};
