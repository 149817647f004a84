// SPDX-License-Identifier: MIT
// Reads the facts of a verdict from the JSON of a report and from history.csv.
#include "app/report/verdict_facts.h"

#include "app/report/report_table.h"
#include "app/report/verdict.h"
#include "nn/eval/evaluate_detect.h"

#include <math.h>

static double number(const cJSON *json, const char *key)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(json, key);
    return cJSON_IsNumber(item) ? item->valuedouble : NAN;
}

static app_verdict_class *take_classes(const app_task *task, const cJSON *report,
                                       const double *learnt, int *count)
{
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(report, "classes"), *one;
    app_verdict_class *classes = g_new0(app_verdict_class, cJSON_GetArraySize(list) + 1);
    *count = 0;
    cJSON_ArrayForEach(one, list)
    {
        app_verdict_class *c = &classes[*count];
        *c = (app_verdict_class){.name = one->string,
                                 .score = number(one, task->verdict.score),
                                 .objects = number(one, task->verdict.objects),
                                 .learnt = learnt ? learnt[*count] : -1};
        ++*count;
    }
    return classes;
}

// The confusion matrix without background; NULL: there is none.
static double *take_confusion(const cJSON *report, int classes)
{
    const cJSON *rows = cJSON_GetObjectItemCaseSensitive(report, "confusion"), *row, *cell;
    if (cJSON_GetArraySize(rows) < classes || classes < 1 || cJSON_HasObjectItem(report, "map"))
        return NULL; // targets with several classes have no confusions
    double *square = g_new0(double, (gsize)classes *(gsize)classes);
    int i = 0, k;
    cJSON_ArrayForEach(row, rows)
    {
        k = 0;
        cJSON_ArrayForEach(cell, row)
        {
            if (i < classes && k < classes)
                square[i * classes + k] = cell->valuedouble;
            k++;
        }
        i++;
    }
    return square;
}

static app_verdict_epoch *take_epochs(const app_task *task, const char *work, int *count)
{
    g_autofree char *path = g_build_filename(work, "history.csv", NULL);
    app_table t;
    *count = 0;
    if (app_table_load(&t, path, NULL) != NN_OK)
        return NULL;
    const int loss = app_table_find(&t, "loss"),
              score = app_table_find(&t, nn_evaluator_find(task->name)->scores[0].column);
    app_verdict_epoch *epochs = g_new(app_verdict_epoch, t.rows + 1);
    for (int i = 0; i < t.rows && loss >= 0 && score >= 0; i++)
        epochs[(*count)++] =
            (app_verdict_epoch){t.cell[(gsize)i * (gsize)t.columns + (gsize)loss],
                                t.cell[(gsize)i * (gsize)t.columns + (gsize)score]};
    app_table_release(&t);
    return epochs;
}

static void take_input(app_verdict_facts *f, const nn_evaluation *e)
{
    const nn_evaluation_options *o = &e->options;
    f->input_w = o->input_w > 0 ? o->input_w : e->card->input_w;
    f->input_h = o->input_h > 0 ? o->input_h : e->card->input_h;
    f->threshold = (double)nn_evaluation_threshold(e);
    f->iou_threshold = (double)(o->iou_threshold >= 0 ? o->iou_threshold : e->card->iou_threshold);
}

GPtrArray *app_verdict_of(const app_task *task, const nn_evaluation *e, const cJSON *report,
                          const app_report_training *training)
{
    const nn_box_misses *misses = task->misses ? task->misses(e) : NULL;
    app_verdict_facts f = {.score_name = task->verdict.name,
                           .unit = task->unit,
                           .learnt = task->verdict.learnt,
                           .pixels = task->verdict.pixels,
                           .good = task->verdict.good,
                           .fair = task->verdict.fair,
                           .pictures = e->pictures,
                           .all_epochs = training ? training->epochs : 0};
    if (misses)
        f.misses = *misses;
    app_verdict_class *classes =
        take_classes(task, report, training ? training->learnt : NULL, &f.class_count);
    double *confusion = take_confusion(report, f.class_count);
    app_verdict_epoch *epochs =
        training && training->work ? take_epochs(task, training->work, &f.epoch_count) : NULL;
    f.classes = classes;
    f.confusion = confusion;
    f.epochs = epochs;
    take_input(&f, e);
    GPtrArray *list = app_verdict(&f);
    g_free(classes);
    g_free(confusion);
    g_free(epochs);
    return list;
}
