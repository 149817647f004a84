// SPDX-License-Identifier: MIT
// Collects frames of a stream for training, in a folder of limited size.
#ifndef APP_LEARN_FRAMES_H
#define APP_LEARN_FRAMES_H

#include "pipeline/pipeline.h"

#include <glib.h>

// A frame is kept when the picture or the number of boxes has changed, or after some time. It waits
// as DIR/new/images/NNNNNN-K.jpg. K is its purpose: t (training), v (choice of the best epoch) or h
// (held back for the comparison). Several consecutive frames have the same purpose, so that
// neighbours are not in different sets.
typedef struct learn_frames {
    char *dir;
    GMutex lock; // guards what follows
    int64_t next;
    int waiting;    // pictures in DIR/new
    uint8_t *seen;  // thumbnail of the last kept frame
    int boxes;      // boxes of that frame
    int most;       // largest number of pictures in DIR/new
    gint64 kept;    // when it was kept: monotonic microseconds
    nn_error error; // why a frame could not be written; NN_OK once it was reported
    bool failing;   // the last frame could not be written
} learn_frames;

typedef struct learn_counts {
    // Pictures by purpose; `fresh`: held back since the last round.
    int train, choose, held, fresh;
} learn_counts;

// Opens the folder and continues with its pictures. At most `most` may wait.
nn_status learn_frames_open(learn_frames *f, const char *dir, int most, nn_error *err);
void learn_frames_close(learn_frames *f);

// Offers a frame; true when it was kept. One thread.
bool learn_frames_offer(learn_frames *f, const vp_still *still);
// Number of pictures that wait for the next round. `err` gets a failure to write, once until
// writing succeeds again.
int learn_frames_waiting(learn_frames *f, nn_error *err);

// Moves the waiting pictures to DIR/stream/images. Held-back ones are renamed to NNNNNN-hRRRR.jpg
// with the number of the round. When there are more than `most`, every other picture of the older
// half is removed, so that the rest still covers the whole time. *thinned: some were removed.
nn_status learn_frames_take(learn_frames *f, int round, int most, bool *thinned, nn_error *err);
// Counts the pictures in DIR/stream.
learn_counts learn_frames_count(const learn_frames *f, int round);

#endif
