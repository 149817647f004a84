// SPDX-License-Identifier: MIT
// How alike a detection and a true object are: the measures by which detections are matched.
#ifndef NN_EVAL_SIMILARITY_H
#define NN_EVAL_SIMILARITY_H

#include "nn/data/dataset.h"
#include "nn/vision/result.h"

// The objects of a picture and what was found in it, all in pixels of the full picture. Borrowed.
typedef struct nn_scored_objects {
    const nn_truth *truths;
    int truth_count;
    const nn_details *truth_details; // of the truths; NULL: none
    const nn_box *boxes;
    int box_count;
    const nn_details *details; // of the boxes; NULL: none
    int width, height;         // of the picture; masks need it
    const float *sigmas;       // sigma_count of them, one for each keypoint; NULL: the usual ones
    int sigma_count;
    // boxes of a class count from its threshold on, too; NULL: from that of the call
    const float *class_thresholds;
} nn_scored_objects;

// What a measure prepares for a picture, once for all pairs.
typedef struct nn_mask_runs nn_mask_runs;
typedef struct nn_similarity_state {
    nn_mask_runs *truths, *boxes; // owned: the masks, by mask_runs.h; NULL: none
} nn_similarity_state;

typedef struct nn_similarity {
    const char *name;   // in files: "box", "mask", "keypoints", "rotated"
    const char *title;  // for people: "IoU of masks"
    unsigned details;   // NN_DETAIL_ flag of what it compares; 0: boxes
    int most;           // best detections of a class on a picture that count
    bool small_objects; // objects to 32 x 32 pixels are a range of their own
    // Prepares *s, zeroed; NULL: there is nothing to prepare. NN_ENOMEM.
    nn_status (*open)(nn_similarity_state *s, const nn_scored_objects *o, nn_error *err);
    // Whether a true object can be found at all; otherwise it is ignored. NULL: all can.
    bool (*counts)(const nn_scored_objects *o, int truth);
    // pixels of a detection, for the ranges of areas
    double (*area)(const nn_similarity_state *s, const nn_scored_objects *o, int box);
    // 0 .. 1; to an ignored truth (COCO's crowds) the part of the detection that lies in it.
    double (*of)(const nn_similarity_state *s, const nn_scored_objects *o, int box, int truth);
} nn_similarity;

// Intersection over union of boxes.
NN_API extern const nn_similarity nn_similarity_box;
// Intersection over union of masks, pixel by pixel of the full picture (COCO's "segm"; Lin 2014).
NN_API extern const nn_similarity nn_similarity_mask;
// Object keypoint similarity: the mean of exp(-d^2 / (2 area (2 sigma)^2)) over the labelled
// keypoints (COCO's "keypoints"; Ronchi and Perona 2017). sigma: those of the
// objects, where there is one for each keypoint; COCO's for 17 keypoints, otherwise 1 / number. The
// area is that of the object, or 0.53 of its box where that is unknown, as Ultralytics has it.
// Objects without a labelled keypoint are ignored; there are no small ones.
NN_API extern const nn_similarity nn_similarity_keypoints;
// Intersection over union of rotated boxes, exact.
NN_API extern const nn_similarity nn_similarity_rotated;

// The measure of the first of masks, keypoints and rotated boxes that is among these NN_DETAIL_
// flags, else that of boxes.
NN_API const nn_similarity *nn_similarity_for(unsigned details);

// A measure by its name; that of boxes for others.
NN_API const nn_similarity *nn_similarity_find(const char *name);

// For boxes and all other measures alike: of a region in which a class is not labelled it is enough
// to be touched; ignore boxes without details are compared as boxes.
double nn_similarity_of(const nn_similarity *m, const nn_similarity_state *s,
                        const nn_scored_objects *o, int box, int truth);
void nn_similarity_close(nn_similarity_state *s);

#endif
