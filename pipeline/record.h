// SPDX-License-Identifier: MIT
// Records the frames of a camera to a file, without boxes.
#ifndef PIPELINE_RECORD_H
#define PIPELINE_RECORD_H

#include "nn/base/status.h"

#include <signal.h>

// Records `input` (see pipeline/input.h) to `path`, which must end in .mkv or .mp4, for `seconds`
// of stream time, until the input ends or *stop is true. When it returns, the file is complete or
// does not exist. `tick` (may be NULL) gets the recorded seconds a few times a second.
nn_status vp_record(const char *input, const char *path, double seconds,
                    const volatile sig_atomic_t *stop, void (*tick)(void *ctx, double seconds),
                    void *ctx, nn_error *err);

#endif
