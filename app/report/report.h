// SPDX-License-Identifier: MIT
// A model that is scored, and what it got right and wrong: a table, JSON, or files for people:
// report.md, report.json, confusion.png, worst.png.
#ifndef APP_REPORT_REPORT_H
#define APP_REPORT_REPORT_H

#include "app/cli/progress.h"
#include "app/report/task.h"

typedef struct app_report {
    const app_task *task;
    nn_evaluation evaluation;
    void *kept;             // the task's worst pictures; NULL: nobody asks for pictures
    app_progress *progress; // borrowed; NULL: none is shown
} app_report;

// nn_evaluation_open; `pictures`: keeps what app_report_write shows. The callbacks of the options
// are set here. The caller ends it with app_report_close, which takes a zeroed one.
nn_status app_report_open(app_report *r, nn_model *model, const char *name,
                          const nn_evaluation_options *options, bool pictures, nn_error *err);
void app_report_close(app_report *r);

// Of what r->evaluation has scored so far. {"model", "task", "pictures", scores, "classes": {NAME:
// scores}, "confusion": [[...]]}; the caller deletes *json.
nn_status app_report_json(cJSON **json, const app_report *r, nn_error *err);
// Makes DIR when it is not there. report.json is that JSON and "mistakes": names of the pictures
// with what was wrong. report.md shows the same with the pictures; also curves.png when it lies
// there. `data` is the last data set that was scored. On one thread of a process only.
nn_status app_report_write(const app_report *r, const char *dir, nn_dataset *data, nn_error *err);

// Scores a model file on `data`, whose labels are those of the model, as its card says what it is,
// and writes the report: for the end of a training. threads 0: one per core.
nn_status app_report_file(const char *dir, const char *model, nn_dataset *data, int threads,
                          nn_error *err);

#endif
