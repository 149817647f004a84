// SPDX-License-Identifier: MIT
// Labels of all pictures, and how boxes become labels.
#ifndef APP_LABEL_LABEL_SET_H
#define APP_LABEL_LABEL_SET_H

#include "nn/vision/result.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct label_link_options {
    double keep;   // boxes with this score or more are labels
    double ignore; // boxes with this score or more are written as ignored; others are dropped
    bool video;    // pictures are frames of one video, in order
    int lost;      // frames after which an unseen object counts as gone
    int min_track; // objects found on fewer pictures are dropped
} label_link_options;

typedef enum label_origin {
    LABEL_FOUND,  // by teachers on this picture
    LABEL_LINKED, // not found on this picture, but before and after it
} label_origin;

typedef struct label_box {
    nn_box box;  // track_id: from 1; 0: seen once, or no video
    bool ignore; // training skips this box
    label_origin origin;
    int found, looked; // teacher passes that found it, and that covered it; 0, 0 for linked boxes
    uint32_t models;
} label_box;

// Statistics of linking: tracks, and boxes that are no labels.
typedef struct label_link_report {
    int tracks;            // tracks that became labels
    int linked;            // boxes added between two found ones
    int raised;            // low-score boxes that are labels because their track is confident
    int low_score;         // low-score boxes of objects that move (low_score.h)
    int flickers, statics; // tracks that were too short; positions that never change
    GArray *lengths;       // of int: pictures of each track that became labels; NULL without video
} label_link_report;

typedef struct label_set {
    GArray **boxes; // of label_box; one array for each picture
    int pictures;
    label_link_report report;
} label_set;

static inline const label_box *label_set_at(const label_set *s, int picture, int i)
{
    return &g_array_index(s->boxes[picture], label_box, i);
}

#endif
