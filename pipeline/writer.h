// SPDX-License-Identifier: MIT
// Writes frames that a program draws to a video file.
#ifndef PIPELINE_WRITER_H
#define PIPELINE_WRITER_H

#include "nn/base/status.h"

#include <stdint.h>

typedef struct vp_writer vp_writer;

// Begins the file `path`, which ends in .mp4 or .mkv, with the first encoder that is installed.
// Frames are RGB without padding; `rate` is how many a second, 0: not known. An older file stays
// until this one is complete. Starts GStreamer when needed.
nn_status vp_writer_open(vp_writer **out, const char *path, int width, int height, double rate,
                         nn_error *err);
// Adds a frame that is shown at `time` nanoseconds from the start; -1: after the one before. The
// pixels are copied; the call waits for the encoder.
nn_status vp_writer_add(vp_writer *w, const uint8_t *rgb, int64_t time, nn_error *err);
// Completes the file when `status` is NN_OK and returns whether that worked; otherwise removes it
// and returns `status`. Frees the writer; NULL returns `status`.
nn_status vp_writer_close(vp_writer *w, nn_status status, nn_error *err);

#endif
