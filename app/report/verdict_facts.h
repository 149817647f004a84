// SPDX-License-Identifier: MIT
// Collects what a verdict is made of.
#ifndef APP_REPORT_VERDICT_FACTS_H
#define APP_REPORT_VERDICT_FACTS_H

#include "app/report/task.h"

// Of the training behind the model, where it is known.
typedef struct app_report_training {
    const char *work;     // folder with history.csv; NULL: none
    const double *learnt; // boxes of each class, or pictures of it; NULL: not known
    int epochs;           // that it was to have
} app_report_training;

// The sentences on an evaluation whose scores are `report` (report.h). `training` may be NULL.
// g_ptr_array_unref.
GPtrArray *app_verdict_of(const app_task *task, const nn_evaluation *e, const cJSON *report,
                          const app_report_training *training);

#endif
