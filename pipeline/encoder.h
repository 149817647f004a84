// SPDX-License-Identifier: MIT
// Private to pipeline/: the encoder and container for recordings on this machine.
#ifndef PIPELINE_ENCODER_H
#define PIPELINE_ENCODER_H

#include "nn/base/status.h"

// The gst-launch text from raw I420 to the bytes of a file whose name ends in .mp4 or .mkv, with
// the first encoder that is installed (g_free). NULL with `err` on failure.
char *vp_encoder_text(const char *path, nn_error *err);

// The gst-launch text from raw I420 to encoded frames with a key frame a second (g_free), with the
// first encoder that is installed. NULL with `err` on failure.
char *vp_encoder_for_clips(nn_error *err);

// Width or height of a recording of frames of `n` pixels. It is even, because I420 has a chroma
// sample for each two by two pixels.
int vp_encoder_size(int n);

#endif
