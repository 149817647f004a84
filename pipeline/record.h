// SPDX-License-Identifier: MIT
// Frames of a camera into a file, as they come, with nothing drawn on them.
#ifndef PIPELINE_RECORD_H
#define PIPELINE_RECORD_H

#include "nn/base/status.h"

#include <signal.h>

// Records `input` (see pipeline/input.h) for `seconds` of its time, or until it ends or *stop is
// true, into `path`, which must end in .mkv or .mp4 and is whole or not there when this returns.
// `tick` (may be NULL) hears how many seconds are recorded, a few times a second.
nn_status vp_record(const char *input, const char *path, double seconds,
                    const volatile sig_atomic_t *stop, void (*tick)(void *ctx, double seconds),
                    void *ctx, nn_error *err);

#endif
