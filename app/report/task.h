// SPDX-License-Identifier: MIT
// How the program reports each task: labels of losses and scores, tables, pictures.
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
    const char *title, *key; // NULL past the last
} app_column;

// What a verdict is made of: keys of the scores of a class in the JSON, and what they mean.
typedef struct app_verdict_words {
    const char *score, *name; // the key, and what users call it: "ap50", "AP50"
    const char *objects;      // how many there are
    const char *learnt;       // what a class is learnt from: "boxes"
    double good, fair;        // from which score on a class is called so
    bool pixels;              // the confusion matrix counts pixels
} app_verdict_words;

// A row of the table of tasks; `e` is an evaluation of that task.
typedef struct app_task {
    const char *name;              // of its nn_evaluator
    const char *data;              // what its data look like: "pictures with boxes"
    const char *holds;             // "boxes"
    const char *does;              // "the model ..."
    const char *counted;           // what app_label_counts counts: "boxes"
    const char *worth_name;        // name of nn_score.worth, in a word or two
    const char *worth_of_several;  // its name where pictures have several classes; NULL: the same
    const char *loss_parts[2];     // formats of what is told beside a loss
    bool part_may_lack;            // the first of them: 0 where the network has no such part
    const char *labels[NN_SCORES]; // of the scores, as users see them
    const char *unit;              // what the confusion matrix counts
    const app_column *columns;     // of the table of classes
    const app_column *mistakes;    // of the table of pictures with mistakes
    app_verdict_words verdict;
    const nn_box_misses *(*misses)(const nn_evaluation *e); // NULL: the task has none
    bool total; // the table of classes has a row for all
    // Prints a table of scores; undefined ones are "-".
    nn_status (*print)(const nn_evaluation *e, FILE *out, nn_error *err);
    // Adds the scores to the JSON; undefined ones are null.
    nn_status (*add_json)(cJSON *json, const nn_evaluation *e, nn_error *err);
    // Adds the headline of report.md, behind the number of pictures, and a paragraph.
    void (*add_summary)(GString *out, const cJSON *json);
    void (*add_note)(GString *out, const cJSON *json); // NULL: none
    // Keeps the worst pictures during the evaluation; NULL when the metrics do that. The caller
    // ends it with `release`.
    void *(*gather)(const nn_evaluation *e);
    nn_status (*gathered)(void *kept, const nn_scored_picture *p, nn_error *err);
    void (*release)(void *kept);
    // Draws the pictures of a report; lists the mistakes. Each may be NULL.
    nn_status (*draw_confusion)(const char *path, const nn_evaluation *e, nn_error *err);
    nn_status (*draw_worst)(const char *path, const nn_evaluation *e, const void *kept,
                            nn_dataset *data, nn_error *err);
    cJSON *(*list_mistakes)(const nn_evaluation *e, const void *kept, const nn_dataset *data);
    // Shows the labels of a view in a cell that has its picture: as boxes, colours, captions.
    void (*show_view)(app_report_cell *cell, const nn_view *v, const nn_names *names);
} app_task;

const app_task *app_task_find(const char *name);
// NULL beyond the last. In the order in which folders are asked what they hold.
const app_task *app_task_at(int i);
nn_data_kind app_task_kind(const app_task *t);  // of its data
const app_task *app_task_of(nn_data_kind kind); // the first with such data

// Writes "AP50 0.9123  AP50:95 0.6012" into buf; returns buf.
const char *app_task_describe(const app_task *t, const nn_score *s, char *buf, size_t size);

// For the files of the tasks.
// Prints " %9.4f" or " -" of the same width.
void app_task_print_number(FILE *out, double v);
// Adds a matrix with true classes as rows and predictions as columns, 0 .. n - 1.
void app_task_add_confusion(cJSON *json, int n, int64_t (*count)(const void *, int, int),
                            const void *ctx);
// "?" when there is no such class.
const char *app_task_class_name(const nn_names *names, int label);

#endif
