// SPDX-License-Identifier: MIT
// Frames of a stream that are worth learning from, in a folder that does not grow without bound.
#ifndef APP_LEARN_FRAMES_H
#define APP_LEARN_FRAMES_H

#include "pipeline/pipeline.h"

#include <glib.h>

// Frames are kept when the picture or the number of boxes has changed, or after a while anyway.
// They wait in DIR/new/images/NNNNNN-K.jpg; K is t (to train on), v (to choose the best epoch by)
// or h (held back, to judge by), always several in a row, so that neighbours do not end up on both
// sides.
typedef struct learn_frames {
    char *dir;
    GMutex lock; // guards what follows
    int64_t next;
    int waiting;    // in DIR/new
    uint8_t *seen;  // small grey picture of the last one
    int boxes;      // on it
    int most;       // that may wait
    gint64 kept;    // monotonic microseconds: when
    nn_error error; // why one could not be written, to be told
    bool failing;   // the last one could not
} learn_frames;

typedef struct learn_counts {
    int train, choose, held, fresh; // `fresh`: held back since the last round
} learn_counts;

// Goes on after what is there. At most `most` wait.
nn_status learn_frames_open(learn_frames *f, const char *dir, int most, nn_error *err);
void learn_frames_close(learn_frames *f);

// Any one thread. TRUE when the frame was kept.
bool learn_frames_offer(learn_frames *f, const vp_still *still);
// How many wait for the next round; `err` has why one could not be kept, once until one can again.
int learn_frames_waiting(learn_frames *f, nn_error *err);

// Moves what waits to DIR/stream/images, where those held back are called NNNNNN-hRRRR.jpg with
// the number of the round, and thins out what is older when there are more than `most`: every other
// one of the older half goes, so that what stays is spread over all the time. *thinned: some went.
nn_status learn_frames_take(learn_frames *f, int round, int most, bool *thinned, nn_error *err);
// What is in DIR/stream.
learn_counts learn_frames_count(const learn_frames *f, int round);

#endif
