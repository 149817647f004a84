// SPDX-License-Identifier: MIT
// How the program reports each task: names of losses and scores, tables, figures.
#ifndef APP_REPORT_TASK_H
#define APP_REPORT_TASK_H

#include "app/report/report_sheet.h"
#include "nn/data/augment/view.h"
#include "nn/eval/box_misses.h"
#include "nn/eval/evaluation.h"

#include <cjson/cJSON.h>
#include <glib.h>
#include <stdio.h>

// A column of a table in report.md.
typedef struct app_column {
    const char *title, *key; // key in the JSON; NULL after the last column
} app_column;

// Words of a verdict: keys of the scores of a class in the JSON, and their names.
typedef struct app_verdict_words {
    const char *score, *name; // key and displayed name: "ap50", "AP50"
    const char *objects;      // key of the number of true objects
    const char *learnt;       // unit of what a class is learnt from: "boxes"
    double good, fair;        // lowest score that is called good, and fair
    bool pixels;              // the confusion matrix counts pixels
} app_verdict_words;

// A row of the table of tasks. `e` is an evaluation of that task.
typedef struct app_task {
    const char *name;              // name of its nn_evaluator
    const char *data;              // description of its data: "pictures with boxes"
    const char *holds;             // what a data set holds: "boxes"
    const char *does;              // what a model does, after "the model": "finds boxes"
    const char *models;            // its models, in a word: "detectors"
    const char *scored;            // their scores, in a line of help
    const char *counted;           // what app_label_counts counts: "boxes"
    const char *worth_name;        // displayed name of nn_score.worth
    const char *worth_of_several;  // its name where pictures have several classes; NULL: the same
    const char *loss_parts[2];     // printf formats of the two parts of the loss
    const char *step_part;         // that of the first one while steps are taken; NULL: not shown
    bool part_may_lack;            // the first part is 0 for networks that do not have it
    const char *labels[NN_SCORES]; // displayed names of the scores
    bool learns_no_labels;         // so what was learnt may be scored, too
    const char *unit;              // unit of the confusion matrix
    const app_column *columns;     // columns of the table of classes; NULL: there are none
    const app_column *mistakes;    // columns of the table of pictures with mistakes
    app_verdict_words verdict;
    const nn_box_misses *(*misses)(const nn_evaluation *e); // NULL: the task does not count misses
    bool total; // the table of classes ends with a row for all
    // Prints a table of scores, undefined ones as "-".
    nn_status (*print)(const nn_evaluation *e, FILE *out, nn_error *err);
    // Adds the scores to the JSON, undefined ones as null.
    nn_status (*add_json)(cJSON *json, const nn_evaluation *e, nn_error *err);
    // Adds the headline of report.md after the number of pictures, and a paragraph.
    void (*add_summary)(GString *out, const cJSON *json);
    void (*add_note)(GString *out, const cJSON *json); // NULL: none
    // Collects the worst pictures during the evaluation; NULL when the metrics keep them. The
    // caller frees the result with `release`.
    void *(*gather)(const nn_evaluation *e);
    nn_status (*gathered)(void *kept, const nn_scored_picture *p, nn_error *err);
    void (*release)(void *kept);
    // Draw the figures of a report, and list the mistakes. Each may be NULL.
    nn_status (*draw_confusion)(const char *path, const nn_evaluation *e, nn_error *err);
    nn_status (*draw_worst)(const char *path, const nn_evaluation *e, const void *kept,
                            nn_dataset *data, nn_error *err);
    cJSON *(*list_mistakes)(const nn_evaluation *e, const void *kept, const nn_dataset *data);
    // Shows the labels of a view in a cell that already has its picture: as boxes, colours or
    // captions.
    void (*show_view)(app_report_cell *cell, const nn_view *v, const nn_names *names);
} app_task;

const app_task *app_task_find(const char *name);
// Task i, in the order in which a folder is checked for their data; NULL after the last.
const app_task *app_task_at(int i);
nn_data_kind app_task_kind(const app_task *t);  // kind of its data
const app_task *app_task_of(nn_data_kind kind); // first task with such data

// Formats "AP50 0.9123  AP50:95 0.6012" into buf; returns buf.
const char *app_task_describe(const app_task *t, const nn_score *s, char *buf, size_t size);

// For the files of the tasks. Prints " %9.4f", or " -" in the same width for NAN.
void app_task_print_number(FILE *out, double v);
// As add_json() of a task: adds the number of pictures, the time of each, and all scores of the
// task.
nn_status app_task_add_scores(cJSON *json, const nn_evaluation *e, nn_error *err);
// Adds an n x n confusion matrix: rows are true classes, columns predicted ones.
void app_task_add_confusion(cJSON *json, int n, int64_t (*count)(const void *, int, int),
                            const void *ctx);
// Name of a class; "?" when it does not exist.
const char *app_task_class_name(const nn_names *names, int label);

#endif
