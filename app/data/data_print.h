// SPDX-License-Identifier: MIT
// Prints the findings of `neroscale data` as text and as JSON.
#ifndef APP_DATA_DATA_PRINT_H
#define APP_DATA_DATA_PRINT_H

#include "app/data/data_duplicates.h"
#include "app/data/data_facts.h"
#include "app/data/label_issues.h"

#include <cjson/cJSON.h>
#include <stdio.h>

// Objects of all folders that have more than a box.
typedef struct app_data_details {
    long outlines, quads; // quads: those of four corners, which may be meant as rotated boxes
    long rotated, posed;  // with a rotated box; with keypoints
    int keypoints;        // of each
} app_data_details;

// All findings about a data set; borrowed.
typedef struct app_data_findings {
    nn_dataset *train, *val; // val: NULL when no picture is held back
    const nn_names *labels;
    const app_data_facts *facts;           // of `train`
    app_data_details details;              // of the files
    const app_data_duplicates *duplicates; // NULL: not searched for
    const GPtrArray *notes;                // of texts about skipped and dropped items
    const GArray *label_issues;            // of app_label_issue; NULL: no model was given
} app_data_findings;

// Prints the findings, at most `most` lines of each list.
void app_data_print(const app_data_findings *f, int most, FILE *out);
// The findings as JSON, with complete lists except for duplicates (cJSON_Delete). NULL: no memory.
cJSON *app_data_json(const app_data_findings *f);
// A sample of either set, by the index that duplicates use.
const nn_sample *app_data_sample(const app_data_findings *f, int index);
// A text such as "person at 10,20 30x40 looks like bus 0.83" (g_free).
char *app_label_issue_describe(const app_data_findings *f, const app_label_issue *d);

#endif
