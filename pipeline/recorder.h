// SPDX-License-Identifier: MIT
// Private to pipeline/: which encoder and container write a recording on this machine.
#ifndef PIPELINE_RECORDER_H
#define PIPELINE_RECORDER_H

#include "nn/base/status.h"

#include <stdbool.h>

// The gst-launch text from raw I420 to an element called "file" for a name ending in .mp4 or .mkv,
// with the first encoder that is installed. Freed with g_free; NULL with err.
char *vp_recorder_text(const char *path, nn_error *err);

// A recording grows under another name beside `path` (g_free), so that no older one is lost before
// there is something to take its place.
char *vp_recorder_part(const char *path);

// For when that file is closed. One without `frames` is removed. A `whole` one takes its name; what
// an error ended does only where no older one stands. NULL, or the name under which it stays
// (g_free).
char *vp_recorder_settle(const char *path, bool frames, bool whole);

#endif
