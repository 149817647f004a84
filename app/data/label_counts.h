// SPDX-License-Identifier: MIT
// How often each label of a model is there in a data set.
#ifndef APP_DATA_LABEL_COUNTS_H
#define APP_DATA_LABEL_COUNTS_H

#include "nn/data/folder.h"

typedef struct app_label_counts {
    int labels;
    double *pictures; // of each label: pictures that show it; owned
    double *objects;  // boxes, or pixels of masks; of whole pictures the same as `pictures`; owned
    int labelled;     // pictures with any label
} app_label_counts;

void app_label_counts_take(app_label_counts *c, const nn_dataset *d, int labels);
void app_label_counts_release(app_label_counts *c); // a zeroed one is a no-op

#endif
