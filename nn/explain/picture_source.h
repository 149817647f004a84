// SPDX-License-Identifier: MIT
// Pictures one after the other, from wherever the caller has them, and how long work on them tells
// how far it is.
#ifndef NN_EXPLAIN_PICTURE_SOURCE_H
#define NN_EXPLAIN_PICTURE_SOURCE_H

#include "nn/base/status.h"
#include "nn/vision/frame.h"

enum { NN_SOURCE_END = 0, NN_SOURCE_FRAME = 1, NN_SOURCE_SKIPPED = 2, NN_SOURCE_FAILED = -1 };

typedef struct nn_picture_source {
    // Gives picture `number` (0, 1, ...; numbers rise from call to call, gaps are possible; a
    // smaller one begins again) in *frame, which stays valid until the next call, and in *time its
    // time in nanoseconds, -1 when it has none. Returns NN_SOURCE_FRAME, NN_SOURCE_END behind the
    // last picture, NN_SOURCE_SKIPPED when this one cannot be read and others may be, or
    // NN_SOURCE_FAILED with `err`.
    int (*read)(void *ctx, int64_t number, nn_frame *frame, int64_t *time, nn_error *err);
    void *ctx;
    int64_t count; // how many there are, as far as is known; 0: unknown
} nn_picture_source;

// Told how much is done, of how much (0: unknown). False: stop; what is done so far stays valid.
typedef bool nn_explain_progress(void *ctx, int64_t done, int64_t of);

#endif
