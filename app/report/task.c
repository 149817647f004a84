// SPDX-License-Identifier: MIT
// The table of tasks.
#include "app/report/task.h"

#include "app/cli/json_file.h"

#include <math.h>
#include <string.h>

#define APP_TASK(word) extern const app_task app_task_##word;
#include "app/tasks.inc"
#undef APP_TASK

#define APP_TASK(word) &app_task_##word,
static const app_task *const tasks[] = {
#include "app/tasks.inc"
};
#undef APP_TASK

const app_task *app_task_find(const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(tasks); i++)
        if (strcmp(tasks[i]->name, name) == 0)
            return tasks[i];
    return NULL;
}

const app_task *app_task_at(int i)
{
    return i >= 0 && i < (int)G_N_ELEMENTS(tasks) ? tasks[i] : NULL;
}

nn_data_kind app_task_kind(const app_task *t)
{
    return nn_evaluator_find(t->name)->kind;
}

const app_task *app_task_of(nn_data_kind kind)
{
    for (size_t i = 0; i < G_N_ELEMENTS(tasks); i++)
        if (app_task_kind(tasks[i]) == kind)
            return tasks[i];
    return NULL;
}

const char *app_task_describe(const app_task *t, const nn_score *s, char *buf, size_t size)
{
    const nn_evaluator *e = nn_evaluator_find(t->name);
    GString *text = g_string_new(NULL);
    for (int i = 0; i < NN_SCORES; i++)
        // A score without a column in history.csv is optional.
        if (t->labels[i] && (e->scores[i].column || isfinite(s->value[i])))
            g_string_append_printf(text, "%s%s %.4f", text->len ? "  " : "", t->labels[i],
                                   s->value[i]);
    g_strlcpy(buf, text->str, size);
    g_string_free(text, TRUE);
    return buf;
}

void app_task_print_number(FILE *out, double v)
{
    if (isfinite(v))
        fprintf(out, " %9.4f", v);
    else
        fprintf(out, " %9s", "-");
}

const char *app_task_class_name(const nn_names *names, int label)
{
    return label >= 0 && label < names->count ? names->name[label] : "?";
}

nn_status app_task_add_scores(cJSON *json, const nn_evaluation *e, nn_error *err)
{
    nn_score s;
    const nn_status status = nn_evaluation_score(e, &s, err);
    if (status != NN_OK)
        return status;
    cJSON_AddNumberToObject(json, "pictures", e->pictures);
    cJSON_AddNumberToObject(json, "infer_ms", nn_evaluation_ms_per_picture(e));
    for (int i = 0; e->task->scores[i].key; i++)
        app_json_add_number(json, e->task->scores[i].key, s.value[i]);
    return NN_OK;
}

void app_task_add_confusion(cJSON *json, int n, int64_t (*count)(const void *, int, int),
                            const void *ctx)
{
    cJSON *rows = cJSON_AddArrayToObject(json, "confusion");
    for (int i = 0; i < n; i++) {
        cJSON *row = cJSON_CreateArray();
        for (int k = 0; k < n; k++)
            cJSON_AddItemToArray(row, cJSON_CreateNumber((double)count(ctx, i, k)));
        cJSON_AddItemToArray(rows, row);
    }
}
