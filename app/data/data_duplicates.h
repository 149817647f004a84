// SPDX-License-Identifier: MIT
// Finds pictures of a data set that look alike.
#ifndef APP_DATA_DATA_DUPLICATES_H
#define APP_DATA_DATA_DUPLICATES_H

#include "app/cli/progress.h"
#include "nn/data/dataset.h"

#include <glib.h>

typedef struct app_duplicates {
    int first, second; // sample indices; those of `val` start at train->count
    int distance;      // bits in which the hashes differ; 0: equal but for size and compression
} app_duplicates;

typedef struct app_data_duplicates {
    GArray *pairs; // of app_duplicates, nearest first; at most APP_DUPLICATES_MOST
    long count;    // of all pairs
    long across;   // pairs between the two sets
    int pictures;  // pictures with a duplicate
} app_data_duplicates;

enum { APP_DUPLICATES_MOST = 10000, APP_TWINS_NEAR = 8 };

// Compares all pictures of one or two sets (`val` may be NULL). Pictures are duplicates when their
// hashes differ in at most `near` bits. Pictures of a single colour are skipped.
nn_status app_data_duplicates_find(app_data_duplicates *t, nn_dataset *train, nn_dataset *val,
                                   int near, app_progress *progress, nn_error *err);
void app_data_duplicates_release(app_data_duplicates *t);

#endif
