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

typedef enum vp_late_verdict { VP_LATE_SHOW, VP_LATE_SKIP, VP_LATE_REOPEN } vp_late_verdict;

// What to do with a frame at time `now` whose delay is `behind`. Frames are skipped from a delay of
// 0.7 s more than usual on, up to the first `key` frame that is in time again. When the delay stays
// for three seconds whatever is skipped, the source is to be opened again: a queue before the
// decoder, such as the jitter buffer of rtspsrc, which has no bound, is too long, or the source's
// clock has changed.
vp_late_verdict vp_late_judge(vp_late *l, gint64 behind, bool key, gint64 now);

#endif
