// SPDX-License-Identifier: MIT
// The options of a recording in several files.
#ifndef APP_RUN_RECORD_OPTIONS_H
#define APP_RUN_RECORD_OPTIONS_H

#include "nn/base/status.h"

#include <stdint.h>

// Reads "10m", "90s", "1h" or a number of seconds, from 1 s to 7 days. NULL: 0.
nn_status app_record_parse_segment(double *seconds, const char *text, nn_error *err);
// Reads "5G", "5GB", "500M" or a number of bytes, in units of 1000, from 1 MB on. NULL: 0.
nn_status app_record_parse_limit(uint64_t *bytes, const char *text, nn_error *err);

#endif
