// SPDX-License-Identifier: MIT
// Puts the parts of a report together.
#include "app/report/report.h"

#include "app/cli/folder.h"
#include "app/cli/json_file.h"
#include "app/report/report_text.h"

static void show_progress(void *ctx, int done, int total)
{
    app_report *r = ctx;
    if (!r->progress)
        return;
    if (done == 0)
        app_progress_begin(r->progress, "", 0, total);
    else
        app_progress_late(r->progress, done, "pictures");
}

static nn_status keep_picture(void *ctx, const nn_scored_picture *p, nn_error *err)
{
    const app_report *r = ctx;
    const nn_status status = r->kept ? r->task->gathered(r->kept, p, err) : NN_OK;
    return status == NN_OK && r->results ? app_results_add(r->results, r->data, p, err) : status;
}

nn_status app_report_open(app_report *r, nn_model *model, const char *name,
                          const nn_evaluation_options *options, bool pictures, nn_error *err)
{
    nn_evaluation_options o = *options;
    *r = (app_report){0};
    o.confusion = true;
    o.ctx = r;
    o.progress = show_progress;
    o.scored = keep_picture;
    const nn_status status = nn_evaluation_open(&r->evaluation, NULL, model, name, &o, err);
    if (status != NN_OK)
        return status;
    r->task = app_task_find(r->evaluation.task->name);
    if (pictures && r->task->gather)
        r->kept = r->task->gather(&r->evaluation);
    return NN_OK;
}

void app_report_close(app_report *r)
{
    if (r->kept)
        r->task->release(r->kept);
    nn_evaluation_close(&r->evaluation);
    *r = (app_report){0};
}

nn_status app_report_json(cJSON **json, const app_report *r, nn_error *err)
{
    *json = cJSON_CreateObject();
    cJSON_AddStringToObject(*json, "model", r->evaluation.path);
    cJSON_AddStringToObject(*json, "task", r->task->name);
    return r->task->add_json(*json, &r->evaluation, err);
}

// The sentences of the verdict (g_ptr_array_unref).
static GPtrArray *judge(const app_report *r, const cJSON *json)
{
    return app_verdict_of(r->task, &r->evaluation, json, r->training);
}

nn_status app_report_say(const app_report *r, FILE *out, nn_error *err)
{
    cJSON *json = NULL;
    const nn_status status = app_report_json(&json, r, err);
    if (status == NN_OK) {
        g_autoptr(GPtrArray) list = judge(r, json);
        for (guint i = 0; i < list->len; i++)
            fprintf(out, "%s\n", (const char *)list->pdata[i]);
    }
    cJSON_Delete(json);
    return status;
}

static void add_verdict(cJSON *json, const app_report *r)
{
    g_autoptr(GPtrArray) list = judge(r, json);
    cJSON *array = cJSON_AddArrayToObject(json, "verdict");
    for (guint i = 0; i < list->len; i++)
        cJSON_AddItemToArray(array, cJSON_CreateString(list->pdata[i]));
}

static nn_status write_texts(const app_report *r, const char *dir, nn_dataset *data, nn_error *err)
{
    cJSON *json = NULL;
    g_autofree char *path = g_build_filename(dir, "report.json", NULL);
    nn_status status = app_report_json(&json, r, err);
    if (status == NN_OK) {
        add_verdict(json, r);
        if (r->task->list_mistakes)
            cJSON_AddItemToObject(json, "mistakes",
                                  r->task->list_mistakes(&r->evaluation, r->kept, data));
    }
    if (status == NN_OK)
        status = app_json_write(json, path, err);
    if (status == NN_OK)
        status = app_report_text(dir, r->task, json, err);
    cJSON_Delete(json);
    return status;
}

nn_status app_report_write(const app_report *r, const char *dir, nn_dataset *data, nn_error *err)
{
    g_autofree char *confusion = g_build_filename(dir, "confusion.png", NULL);
    g_autofree char *worst = g_build_filename(dir, "worst.png", NULL);
    nn_status status = app_folder_make(NULL, dir, err);
    if (status == NN_OK && r->task->draw_confusion)
        status = r->task->draw_confusion(confusion, &r->evaluation, err);
    if (status == NN_OK && r->task->draw_worst)
        status = r->task->draw_worst(worst, &r->evaluation, r->kept, data, err);
    return status == NN_OK ? write_texts(r, dir, data, err) : status;
}

nn_status app_report_file(const char *dir, const char *model, nn_dataset *data, int threads,
                          const app_report_training *training, FILE *out, nn_error *err)
{
    nn_evaluation_options options;
    app_report r;
    nn_evaluation_options_init(&options);
    options.threads = threads;
    nn_status status = app_report_open(&r, NULL, model, &options, true, err);
    r.training = training;
    if (status == NN_OK)
        status = nn_evaluate_dataset(&r.evaluation, data, err);
    if (status == NN_OK && r.task->learns_no_labels) // the first that is known of its scores
        status = r.task->print(&r.evaluation, out, err);
    if (status == NN_OK)
        status = app_report_say(&r, out, err);
    if (status == NN_OK)
        status = app_report_write(&r, dir, data, err);
    app_report_close(&r);
    return status;
}
