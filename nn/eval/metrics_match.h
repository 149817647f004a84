// SPDX-License-Identifier: MIT
// Matches detections of a picture with true objects, at every threshold of a similarity and for
// every range of areas.
#ifndef NN_EVAL_METRICS_MATCH_H
#define NN_EVAL_METRICS_MATCH_H

#include "nn/eval/similarity.h"

enum {
    NN_METRICS_IOUS = 10,  // 0.50, 0.55, ... 0.95
    NN_METRICS_RANGES = 4, // all areas, small (up to 32^2 pixels), medium (up to 96^2), large
};

// One bit for each threshold, one word for each range of areas.
typedef struct nn_match {
    uint16_t hit[NN_METRICS_RANGES];
    uint16_t ignored[NN_METRICS_RANGES]; // does not count
} nn_match;

// The state of the matching of a picture.
typedef struct nn_matching {
    const nn_similarity *measure;
    const nn_scored_objects *objects;
    nn_similarity_state state;
    nn_match *taken; // owned: of each truth, where it is used up
    double *similar; // owned: of each truth to the detection that is matched
} nn_matching;

// End with nn_matching_close, also after a failure. NN_ENOMEM.
nn_status nn_matching_open(nn_matching *m, const nn_similarity *measure,
                           const nn_scored_objects *objects, nn_error *err);
void nn_matching_close(nn_matching *m);

// Matches detection `box`; to be called for those of a picture, best score first. A true object
// that counts is preferred to an ignored one. A true object of another size counts as ignored
// within a range, once, like one that cannot be found; an ignore box (COCO's crowds: intersection
// over the detection's area) matches any number of detections. Unmatched detections of another size
// are ignored, too.
void nn_matching_box(nn_matching *m, int box, nn_match *out);

// Whether a true object counts in a range of areas.
bool nn_match_counts(const nn_similarity *m, const nn_scored_objects *o, int truth, int range);

#endif
