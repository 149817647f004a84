// SPDX-License-Identifier: MIT
// Reports on a model: scores as a table, as JSON, and as a folder with report.md, report.json,
// confusion.png and worst.png.
#ifndef APP_REPORT_REPORT_H
#define APP_REPORT_REPORT_H

#include "app/cli/progress.h"
#include "app/report/results.h"
#include "app/report/task.h"
#include "app/report/verdict_facts.h"

typedef struct app_report {
    const app_task *task;
    nn_evaluation evaluation;
    void *kept;             // the worst pictures, in a form of the task; NULL: not kept
    app_results *results;   // borrowed: gets the detections; NULL: they are not kept
    const nn_dataset *data; // borrowed: the data set, for `results`
    app_progress *progress; // borrowed; NULL: no progress is shown
    const app_report_training *training; // the training behind the model; borrowed; NULL: unknown
} app_report;

// Opens a report as nn_evaluation_open opens an evaluation. `pictures`: keeps the worst pictures
// for app_report_write. Sets the callbacks of the options. End with app_report_close, which accepts
// a zeroed struct.
nn_status app_report_open(app_report *r, nn_model *model, const char *name,
                          const nn_evaluation_options *options, bool pictures, nn_error *err);
void app_report_close(app_report *r);

// The scores so far: {"model", "task", "pictures", scores, "classes": {NAME: scores}, "confusion":
// [[...]]}. The caller deletes *json.
nn_status app_report_json(cJSON **json, const app_report *r, nn_error *err);
// Prints the verdict in words (verdict.h), a line for each sentence.
nn_status app_report_say(const app_report *r, FILE *out, nn_error *err);
// Writes a report to DIR, which is created when it is missing. report.json is the JSON above and
// "verdict", the sentences, and "mistakes", the names of pictures with what is wrong. report.md
// shows the same with figures, and curves.png when it exists. `data` is the data set that was
// evaluated last. Only one thread of a process may call it.
nn_status app_report_write(const app_report *r, const char *dir, nn_dataset *data, nn_error *err);

// Evaluates a model file at the end of a training, writes its report and prints the verdict. The
// task is that of the model's card; labels of `data` are those of the model. threads 0: one for
// each core.
nn_status app_report_file(const char *dir, const char *model, nn_dataset *data, int threads,
                          const app_report_training *training, FILE *out, nn_error *err);

#endif
