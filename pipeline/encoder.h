// SPDX-License-Identifier: MIT
// Private to pipeline/: which encoder and container write a recording on this machine.
#ifndef PIPELINE_ENCODER_H
#define PIPELINE_ENCODER_H

#include "nn/base/status.h"

// The gst-launch text from raw I420 to the bytes of a file whose name ends in .mp4 or .mkv, with
// the first encoder that is installed. Freed with g_free; NULL with err.
char *vp_encoder_text(const char *path, nn_error *err);

// Width or height of a recording of frames of `n` pixels: I420 has a colour for each two by two.
int vp_encoder_size(int n);

#endif
