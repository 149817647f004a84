// SPDX-License-Identifier: MIT
// What the keypoints of a data set are: their number, names, mirrored pairs and skeleton.
#ifndef NN_DATA_KEYPOINT_SET_H
#define NN_DATA_KEYPOINT_SET_H

#include "nn/data/class_map.h"
#include "nn/vision/details.h"

#include <stdbool.h>

enum { NN_KEYPOINTS_MOST = 256, NN_LINKS_MOST = 512 }; // upper limits

// The score of a labelled keypoint is its visibility as COCO has it (Lin 2014): 0 not labelled.
#define NN_KEYPOINT_HIDDEN 0.5f  // labelled, but hidden: v = 1
#define NN_KEYPOINT_VISIBLE 1.0f // v = 2

typedef struct nn_keypoint_set {
    int count;                       // keypoints of each object; 0: none
    int dims;                        // numbers of each in YOLO's files: 2, 3; 0: unknown
    nn_names names;                  // owned; `count` of them, or none
    bool flips;                      // `flip` is known
    uint8_t flip[NN_KEYPOINTS_MOST]; // keypoint i of a mirrored object is flip[i] of it
    uint8_t links[NN_LINKS_MOST][2]; // pairs that a line joins
    int link_count;
    bool has_sigmas;
    float sigma[NN_KEYPOINTS_MOST]; // of the object keypoint similarity, where the data say them
} nn_keypoint_set;

NN_API void nn_keypoint_set_release(nn_keypoint_set *s); // leaves it zeroed
// NN_ENOMEM; then *to is empty.
NN_API nn_status nn_keypoint_set_copy(nn_keypoint_set *to, const nn_keypoint_set *from,
                                      nn_error *err);
// Makes *to know what *from knows of the same keypoints. NN_EINVAL when their numbers differ.
NN_API nn_status nn_keypoint_set_merge(nn_keypoint_set *to, const nn_keypoint_set *from,
                                       nn_error *err);
// Finds the mirrored pairs by names with "left" and "right" ("left_eye", "RIGHT-EYE", "l_eye"
// do not differ otherwise), unless they are known. Without names, or when a name has no partner,
// they stay unknown.
NN_API void nn_keypoint_set_pair(nn_keypoint_set *s);
// Parses numbers with commas between them as the sigmas of as many keypoints. NN_EINVAL.
NN_API nn_status nn_keypoint_sigmas_parse(float sigma[NN_KEYPOINTS_MOST], int *count,
                                          const char *text, nn_error *err);
#define NN_SIGMA_MOST 10.0f
static inline bool nn_keypoint_sigma_is_usable(float v)
{
    return v > 0 && v <= NN_SIGMA_MOST;
}
// Parses "17,3" or "17x3": the number, and the numbers of each in YOLO's files. NN_EINVAL.
NN_API nn_status nn_keypoint_set_parse(nn_keypoint_set *s, const char *text, nn_error *err);

#endif
