// SPDX-License-Identifier: MIT
// What neroscale run prints: progress, events of zones and lines, figures at the end.
#ifndef APP_RUN_SUMMARY_H
#define APP_RUN_SUMMARY_H

#include "app/run/options.h"

#include <stdio.h>

// Standard error while lines of JSON go to standard output, else standard output.
FILE *app_run_text_output(const app_run_options *r);
// Callbacks of vp_options, whose user is an app_run_options.
void app_run_print_event(void *user, const vp_event *event);
void app_run_show_progress(void *user, int64_t frame, const nn_result *result);

void app_run_print_summary(const app_run_options *r, const vp_stats *s);

#endif
