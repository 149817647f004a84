// SPDX-License-Identifier: MIT
// The value of --threshold where classes may have their own: "0.4", "person=0.5,car=0.3", or both.
#ifndef APP_CLI_CLASS_THRESHOLD_H
#define APP_CLI_CLASS_THRESHOLD_H

#include "nn/base/status.h"

typedef struct app_thresholds {
    double all;    // of classes that have none of their own; stays when the text gives none
    char *classes; // owned (g_free): "person=0.5,car=0.3"; NULL: none
} app_thresholds;

// Reads a value into `t`. NN_EINVAL for numbers that are no scores; the names of classes are
// checked by whoever knows the model.
nn_status app_thresholds_parse(app_thresholds *t, const char *text, nn_error *err);

#endif
