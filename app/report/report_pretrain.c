// SPDX-License-Identifier: MIT
// Reports on networks that were pretrained without labels.
#include "app/report/report_text.h"
#include "app/report/task.h"
#include "nn/eval/knn_scores.h"

static nn_status print(const nn_evaluation *e, FILE *out, nn_error *err)
{
    nn_knn_result r;
    const nn_status status = nn_knn_scores_result(e->metrics, &r, err);
    if (status != NN_OK)
        return status;
    fprintf(out, "%d nearest neighbours: top-1 %.4f in %d folders; the largest folder alone %.4f\n",
            NN_KNN_NEIGHBOURS, r.top1, r.classes, r.chance);
    fprintf(out, "%d pictures, %.2f ms a picture\n", e->pictures, nn_evaluation_ms_per_picture(e));
    return NN_OK;
}

static void add_summary(GString *out, const cJSON *r)
{
    g_string_append_printf(out, "top-1 %.3f of the nearest neighbours, the largest folder %.3f",
                           app_report_number(r, "knn_top1"), app_report_number(r, "chance"));
}

const app_task app_task_pretrain = {
    .name = "pretrain",
    .data = "pictures without labels",
    .holds = "pictures alone",
    .does = "tells pictures apart",
    .models = "pretrained",
    .scored = "top-1 of the nearest neighbours, where a folder is a class",
    .counted = "pictures",
    .worth_name = "k-NN top-1",
    .loss_parts = {"spread %.3f", "cosine of the views %.3f"},
    .step_part = "spread %.2f",
    .labels = {"k-NN top-1"},
    .learns_no_labels = true,
    .unit = "pictures",
    .verdict = {"knn_top1", "k-NN top-1", "pictures", "pictures", 0, 0, true},
    .print = print,
    .add_json = app_task_add_scores,
    .add_summary = add_summary,
};
