// SPDX-License-Identifier: MIT
// Scores of a model and its mistakes: as a table, as JSON, and as files for users: report.md,
// report.json, confusion.png, worst.png.
#ifndef APP_REPORT_REPORT_H
#define APP_REPORT_REPORT_H

#include "app/cli/progress.h"
#include "app/report/task.h"
#include "app/report/verdict_facts.h"

typedef struct app_report {
    const app_task *task;
    nn_evaluation evaluation;
    void *kept;             // the worst pictures, in the task's own form; NULL: not kept
    app_progress *progress; // borrowed; NULL: no progress is shown
    const app_report_training *training; // borrowed; NULL: not known
} app_report;

// As nn_evaluation_open; `pictures`: keeps the pictures for app_report_write. Sets the callbacks of
// the options. End with app_report_close, which also accepts a zeroed struct.
nn_status app_report_open(app_report *r, nn_model *model, const char *name,
                          const nn_evaluation_options *options, bool pictures, nn_error *err);
void app_report_close(app_report *r);

// The scores so far: {"model", "task", "pictures", scores, "classes": {NAME: scores}, "confusion":
// [[...]]}. The caller deletes *json.
nn_status app_report_json(cJSON **json, const app_report *r, nn_error *err);
// Prints a verdict in words (verdict.h), a line for each sentence.
nn_status app_report_say(const app_report *r, FILE *out, nn_error *err);
// Writes a report to DIR, which is made if necessary. report.json is the JSON above with
// "verdict": sentences, and "mistakes": names of pictures and what was wrong. report.md shows the
// same with pictures, and curves.png when it is there. `data` is the last evaluated data set. Only
// one thread of a process may call it.
nn_status app_report_write(const app_report *r, const char *dir, nn_dataset *data, nn_error *err);

// Evaluates a model file on `data`, whose labels are those of the model, by the task of its card,
// and writes the report and prints the verdict, at the end of a training. threads 0: one per core.
nn_status app_report_file(const char *dir, const char *model, nn_dataset *data, int threads,
                          const app_report_training *training, FILE *out, nn_error *err);

#endif
