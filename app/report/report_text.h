// SPDX-License-Identifier: MIT
// report.md: the figures of a report as a text that shows its pictures.
#ifndef APP_REPORT_REPORT_TEXT_H
#define APP_REPORT_REPORT_TEXT_H

#include "nn/base/status.h"

#include <cjson/cJSON.h>

// Writes DIR/report.md from what report.json holds; the file is whole at any time.
nn_status app_report_text(const char *dir, const cJSON *report, nn_error *err);

#endif
