// SPDX-License-Identifier: MIT
// Reports on counting.
#include "app/cli/json_file.h"
#include "app/report/report_text.h"
#include "app/report/task.h"

static nn_status print(const nn_evaluation *e, FILE *out, nn_error *err)
{
    nn_score s;
    const nn_status status = nn_evaluation_score(e, &s, err);
    fprintf(out,
            "%.4f of the counts right, mean absolute error %.4f, root mean square error %.4f\n",
            s.value[0], s.value[1], s.value[2]);
    fprintf(out, "%d pictures\n", s.pictures);
    return status;
}

static nn_status add_json(cJSON *json, const nn_evaluation *e, nn_error *err)
{
    nn_score s;
    const nn_status status = nn_evaluation_score(e, &s, err);
    cJSON_AddNumberToObject(json, "pictures", s.pictures);
    cJSON_AddNumberToObject(json, "mae", s.value[1]);
    cJSON_AddNumberToObject(json, "rmse", s.value[2]);
    return status;
}

static void add_summary(GString *out, const cJSON *r)
{
    g_string_append_printf(out, "mean absolute error %.4f, root mean square error %.4f",
                           app_report_number(r, "mae"), app_report_number(r, "rmse"));
}

static void show_view(app_report_cell *cell, const nn_view *v, const nn_names *names)
{
    GString *text = g_string_new(NULL);
    for (int c = 0; c < names->count; c++) {
        int count = 0;
        for (int i = 0; i < v->truth_count; i++)
            count += !v->truths[i].ignore && v->truths[i].label == c;
        g_string_append_printf(text, "%s%d %s", c ? ", " : "", count, names->name[c]);
    }
    cell->caption[0] = g_string_free(text, FALSE);
}

static const app_column none[] = {{NULL, NULL}};

const app_task app_task_count = {
    .name = "count",
    .data = "pictures with boxes",
    .holds = "boxes",
    .does = "counts objects",
    .models = "counters",
    .scored = "part of the counts that is right, mean absolute error, RMSE",
    .counted = "boxes",
    .worth_name = "1/(1+error)",
    .loss_parts = {"error %.4f", "%.4f right"},
    .labels = {"right", "error", "RMSE"},
    .unit = "objects",
    .columns = none,
    .mistakes = none,
    .verdict = {"mae", "error", "objects", "boxes", 0.8, 0.5, false},
    .print = print,
    .add_json = add_json,
    .add_summary = add_summary,
    .show_view = show_view,
};
