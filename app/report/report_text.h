// SPDX-License-Identifier: MIT
// Writes report.md: the scores of a report as Markdown, with its figures.
#ifndef APP_REPORT_REPORT_TEXT_H
#define APP_REPORT_REPORT_TEXT_H

#include "app/report/task.h"

// Writes DIR/report.md from the content of report.json. The file is complete at any time.
nn_status app_report_text(const char *dir, const app_task *task, const cJSON *report,
                          nn_error *err);

// A number of that JSON; 0 when it is missing or null.
double app_report_number(const cJSON *json, const char *key);

#endif
