// SPDX-License-Identifier: MIT
// Counts how often each label occurs in a data set.
#ifndef APP_DATA_LABEL_COUNTS_H
#define APP_DATA_LABEL_COUNTS_H

#include "nn/data/folder.h"

typedef struct app_label_counts {
    int labels;
    double *pictures; // owned: for each label, the pictures that show it
    double *objects;  // owned: boxes, or pixels of masks; for classification equal to `pictures`
    int labelled;     // pictures with any label
} app_label_counts;

void app_label_counts_take(app_label_counts *c, const nn_dataset *d, int labels);
void app_label_counts_release(app_label_counts *c); // a zeroed one is a no-op

#endif
