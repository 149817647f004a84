// SPDX-License-Identifier: MIT
// Labels of all pages, and how boxes become labels.
#ifndef APP_LABEL_LABEL_SET_H
#define APP_LABEL_LABEL_SET_H

#include "nn/vision/result.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct label_link_options {
    double keep;   // boxes with at least this score are labels
    double ignore; // boxes with at least this score are written as ignored, others are dropped
    bool video;    // pages are frames of one video, in order
    int lost;      // frames for which an object may be unseen and still be the same
    int min_track; // objects found on fewer pages are dropped
} label_link_options;

typedef enum label_origin {
    LABEL_FOUND,  // by teachers on this page
    LABEL_LINKED, // not found on this page, but before and after
} label_origin;

typedef struct label_box {
    nn_box box;  // track_id: the object, from 1; 0: seen once, or the pages are no video
    bool ignore; // the training skips this box
    label_origin origin;
    int found, looked; // passes that found it, passes that could; 0, 0 for linked boxes
    uint32_t models;
} label_box;

// Why boxes are not labels, and the tracks.
typedef struct label_link_report {
    int tracks;            // tracks that became labels
    int linked;            // boxes added between those that were found
    int raised;            // boxes that are labels because their track is sure
    int faint;             // boxes of objects that are weak on every page, but move
    int flickers, statics; // tracks that were too short; places that never change
    GArray *lengths; // of int: number of pages of each track that became labels; NULL for pictures
} label_link_report;

typedef struct label_set {
    GArray **boxes; // of label_box; one array a page
    int pages;
    label_link_report report;
} label_set;

static inline const label_box *label_set_at(const label_set *s, int page, int i)
{
    return &g_array_index(s->boxes[page], label_box, i);
}

#endif
