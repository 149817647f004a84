// SPDX-License-Identifier: MIT
// Reads the facts for a verdict.
#ifndef APP_REPORT_VERDICT_FACTS_H
#define APP_REPORT_VERDICT_FACTS_H

#include "app/report/task.h"

// The training behind the model, as far as it is known.
typedef struct app_report_training {
    const char *work;     // folder with history.csv; NULL: none
    const double *learnt; // boxes or pictures of each class; NULL: unknown
    int epochs;           // epochs that it was to have
} app_report_training;

// The sentences about an evaluation with the scores `report` (report.h). `training` may be NULL.
// Free with g_ptr_array_unref.
GPtrArray *app_verdict_of(const app_task *task, const nn_evaluation *e, const cJSON *report,
                          const app_report_training *training);

#endif
