// SPDX-License-Identifier: MIT
// Pictures of a data set that look like another one.
#ifndef APP_DATA_DATA_DUPLICATES_H
#define APP_DATA_DATA_DUPLICATES_H

#include "app/cli/progress.h"
#include "nn/data/dataset.h"

#include <glib.h>

typedef struct app_duplicates {
    int first, second; // samples; of `val` from train->count on
    int distance;      // 0: the same but for size and compression
} app_duplicates;

typedef struct app_data_duplicates {
    GArray *pairs; // of app_duplicates, nearest first; at most APP_TWINS_MOST
    long count;    // of all pairs
    long across;   // of those with one picture in each set
    int pictures;  // that have a twin
} app_data_duplicates;

enum { APP_TWINS_MOST = 10000, APP_TWINS_NEAR = 8 };

// Compares all pictures of one or two sets (`val` may be NULL); pairs whose hashes differ by at
// most `near` bits are twins. Pictures of one colour are no one's.
nn_status app_data_duplicates_find(app_data_duplicates *t, nn_dataset *train, nn_dataset *val,
                                   int near, app_progress *progress, nn_error *err);
void app_data_duplicates_release(app_data_duplicates *t);

#endif
