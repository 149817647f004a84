// SPDX-License-Identifier: MIT
// From detections to labels: decides which boxes are sure, undecided or dropped; in videos with the
// help of the frames before and after.
#ifndef APP_LABEL_LINK_H
#define APP_LABEL_LINK_H

#include "app/label/detections.h"

typedef struct label_link_options {
    double keep;   // boxes with at least this score are labels
    double ignore; // boxes with at least this score are written as ignored, others are dropped
    bool video;    // pages are frames of one video, in order
    int lost;      // frames for which an object may be unseen and still be the same
    int min_track; // objects found on fewer pages are dropped
} label_link_options;

// keep 0.5, ignore 0.25, lost 30 frames, min_track 3 pages.
extern const label_link_options label_link_defaults;

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

nn_status label_link(label_set *set, const label_detections *finds, const label_link_options *o,
                     nn_error *err);
void label_set_release(label_set *set);

static inline const label_box *label_set_at(const label_set *s, int page, int i)
{
    return &g_array_index(s->boxes[page], label_box, i);
}

#endif
