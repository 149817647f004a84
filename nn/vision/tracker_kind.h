// SPDX-License-Identifier: MIT
// The table of trackers: each is a set of options, and may have rounds of matching of its own.
//
// A new one is a file trackers/WORD.c that ends in `const nn_tracker_kind nn_tracker_WORD`, and the
// word in `trackers` of nn/vision/meson.build. Its name then is a value of nerotrack's
// `tracking-type` and of --tracker.
#ifndef NN_VISION_TRACKER_KIND_H
#define NN_VISION_TRACKER_KIND_H

#include "nn/vision/track.h"

// One round of matching: free boxes of some scores with free tracks.
typedef struct nn_track_round {
    float from, below; // scores
    float least;       // IoU
    int frames;        // tracks last seen at most so many frames ago; 0: all
    float reach;       // 0: by IoU; else by distance, in heights
    bool last;         // the IoU with the track's last box, not with where it is expected
} nn_track_round;

enum { NN_MOST_ROUNDS = 4 };

// Writes the rounds of an update that comes `frames` frames after the last one, and returns their
// number.
typedef int nn_track_rounds(const nn_track_options *o, int frames,
                            nn_track_round rounds[NN_MOST_ROUNDS]);

typedef struct nn_tracker_kind {
    const char *name;  // "bytetrack"
    const char *about; // what objects are recognised by, for the help
    // Writes all options. Scores, `lost` and `hold` are often set again by the caller; a kind that
    // shows no hidden objects has hold 0.
    void (*options)(nn_track_options *o);
} nn_tracker_kind;

// Kind `i`; the first is the usual one. NULL behind the last.
NN_API const nn_tracker_kind *nn_tracker_kind_at(int i);
// NN_EINVAL for an unknown name; the error lists those that there are.
NN_API nn_status nn_tracker_kind_find(const nn_tracker_kind **kind, const char *name,
                                      nn_error *err);

#endif
