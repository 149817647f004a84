// SPDX-License-Identifier: MIT
// Private to pipeline/: which encoder and container write a recording on this machine.
#ifndef PIPELINE_RECORDER_H
#define PIPELINE_RECORDER_H

#include "nn/base/status.h"

// The gst-launch text from raw I420 to an element called "file" for a name ending in .mp4 or .mkv,
// with the first encoder that is installed. Freed with g_free; NULL with err.
char *vp_recorder_text(const char *path, nn_error *err);

#endif
