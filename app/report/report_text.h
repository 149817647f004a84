// SPDX-License-Identifier: MIT
// report.md: the figures of a report as a text that shows its pictures.
#ifndef APP_REPORT_REPORT_TEXT_H
#define APP_REPORT_REPORT_TEXT_H

#include "app/report/task.h"

// Writes DIR/report.md from what report.json holds; the file is whole at any time.
nn_status app_report_text(const char *dir, const app_task *task, const cJSON *report,
                          nn_error *err);

// A number of that JSON; 0: it is not there, or null.
double app_report_number(const cJSON *json, const char *key);

#endif
