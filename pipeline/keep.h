// SPDX-License-Identifier: MIT
// Private to pipeline/: bounds what recordings of events take on the disk.
#ifndef PIPELINE_KEEP_H
#define PIPELINE_KEEP_H

#include "nn/base/status.h"

#include <glib.h>

typedef struct vp_keep {
    guint64 bytes; // 0: any number
    double days;   // 0: for ever
} vp_keep;

// Reads "20GB", "500MB" or "7d"; several with commas between. NULL: 10 GB.
nn_status vp_keep_parse(vp_keep *out, const char *text, nn_error *err);

// The stem of the files of an event at that time, microseconds since 1970: time in UTC and a word,
// of which characters that make no good names become "-" (g_free).
char *vp_keep_stem(gint64 time, const char *word);

// Removes the oldest events in `root` and its folders of inputs ("input1"), all files of a stem,
// until the rest together may stay. `own` is the one of these folders whose clips the caller
// writes; clips that other inputs are writing stay. Other files are not touched.
void vp_keep_apply(const vp_keep *k, const char *root, const char *own);

#endif
