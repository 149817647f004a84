// SPDX-License-Identifier: MIT
// What reports on models that find boxes have in common: members of app_task.
#ifndef APP_REPORT_REPORT_BOXES_H
#define APP_REPORT_REPORT_BOXES_H

#include "app/report/task.h"

extern const app_column app_boxes_columns[], app_boxes_mistakes[];

nn_status app_boxes_print(const nn_evaluation *e, FILE *out, nn_error *err);
nn_status app_boxes_add_json(cJSON *json, const nn_evaluation *e, nn_error *err);
const nn_box_misses *app_boxes_misses(const nn_evaluation *e);
void app_boxes_add_summary(GString *out, const cJSON *r);
void app_boxes_add_note(GString *out, const cJSON *r);
void *app_boxes_gather(const nn_evaluation *e);
nn_status app_boxes_gathered(void *kept, const nn_scored_picture *p, nn_error *err);
void app_boxes_release(void *kept);
nn_status app_boxes_draw_confusion(const char *path, const nn_evaluation *e, nn_error *err);
nn_status app_boxes_draw_worst(const char *path, const nn_evaluation *e, const void *kept,
                               nn_dataset *data, nn_error *err);
cJSON *app_boxes_list_mistakes(const nn_evaluation *e, const void *kept, const nn_dataset *data);
void app_boxes_show_view(app_report_cell *cell, const nn_view *v, const nn_names *names);

// The members of a table that are the same for all of them.
#define APP_BOXES                                                                                  \
    .unit = "objects", .columns = app_boxes_columns, .mistakes = app_boxes_mistakes,               \
    .worth_name = "(AP50+AP)/2", .labels = {"AP50", "AP50:95"}, .misses = app_boxes_misses,        \
    .total = true, .print = app_boxes_print, .add_json = app_boxes_add_json,                       \
    .add_summary = app_boxes_add_summary, .add_note = app_boxes_add_note,                          \
    .gather = app_boxes_gather, .gathered = app_boxes_gathered, .release = app_boxes_release,      \
    .draw_confusion = app_boxes_draw_confusion, .draw_worst = app_boxes_draw_worst,                \
    .list_mistakes = app_boxes_list_mistakes, .show_view = app_boxes_show_view

#endif
