// SPDX-License-Identifier: MIT
// Private to pipeline/: decides which frames of a live source come too late to be decoded.
#ifndef PIPELINE_LATE_H
#define PIPELINE_LATE_H

#include <glib.h>
#include <stdbool.h>

// The delay of one stream. Frames that a network held back, or that a decoder is too slow for, come
// in later and later; what is skipped lets the rest catch up. Times in microseconds. Zeroed: the
// start of a stream. One thread.
typedef struct vp_late {
    bool any, skipping;
    gint64 usual; // the least delay so far, which belongs to the source and its clock
    gint64 since; // when skipping began
} vp_late;

// Whether to skip a frame at time `now` whose delay is `behind`. Frames are skipped from a delay of
// a second more than usual on, up to the first `key` frame that is in time again. A delay that
// stays for five seconds whatever is skipped is the new usual one: the source's clock has changed.
bool vp_late_skips(vp_late *l, gint64 behind, bool key, gint64 now);

#endif
