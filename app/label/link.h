// SPDX-License-Identifier: MIT
// From finds to labels: what is sure, what is neither sure nor nothing, and in videos what the
// frames before and after say.
#ifndef APP_LABEL_LINK_H
#define APP_LABEL_LINK_H

#include "app/label/detections.h"

typedef struct label_link_options {
    double keep;   // boxes from this score on are labels
    double ignore; // from this one on they are written to be ignored; below they are dropped
    bool video;    // pages are frames of one video, in order
    int lost;      // frames that an object may be unseen and still be the same
    int min_track; // objects found on fewer pages are flickers
} label_link_options;

// keep 0.5, ignore 0.25, 30 frames, 3 pages.
extern const label_link_options label_link_defaults;

typedef enum label_origin {
    LABEL_FOUND,  // by teachers on this page
    LABEL_LINKED, // nobody found it here, but before and after
} label_origin;

typedef struct label_box {
    nn_box box;  // track_id: the object, from 1; 0: seen once, or pages are no video
    bool ignore; // neither helps nor hurts a training
    label_origin origin;
    int found, looked; // passes; 0, 0 for linked boxes
    uint32_t models;
} label_box;

// Why boxes are not labels, and what tracks there are.
typedef struct label_link_report {
    int tracks;            // that made labels
    int linked;            // boxes between those that were found
    int raised;            // boxes that are labels because their track is sure
    int faint;             // boxes of objects that are found faintly, but move
    int flickers, statics; // tracks that were none; places that never change
    GArray *lengths;       // of int: pages of each track that made labels; NULL in pictures
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
