// SPDX-License-Identifier: MIT
// Lists the pictures of a folder or a pattern.
#ifndef PIPELINE_PICTURE_LIST_H
#define PIPELINE_PICTURE_LIST_H

#include "nn/base/status.h"

#include <stdbool.h>

// Whether `text` contains *, ? or [, or one %d with or without a width.
bool vp_picture_list_is_pattern(const char *text);
bool vp_picture_list_is_sequence(const char *text); // only the %d
// The pictures of a folder (of its images/ when it has none itself), or the files of a pattern, in
// natural order: a2 before a10. *names ends with NULL (g_strfreev). NN_ENOTFOUND: there are none.
nn_status vp_picture_list_find(char ***names, const char *text, nn_error *err);

#endif
