// SPDX-License-Identifier: MIT
// Anchors of a detector: box sizes that its outputs scale (Redmon 2017, YOLO9000, section 2). They
// are kept in the model's card, since the network itself does not contain them.
#ifndef NN_BASE_ANCHORS_H
#define NN_BASE_ANCHORS_H

enum {
    NN_ANCHOR_LEVELS = 8,
    NN_ANCHORS = 16,
    NN_ANCHOR_MAX_SIZE = 65536,
    NN_ANCHOR_MAX_SCALE = 16
}; // upper limits

// Anchors of the feature map with this stride.
typedef struct nn_anchor_level {
    int stride;
    int count;                 // 1 .. NN_ANCHORS
    float size[NN_ANCHORS][2]; // width and height in pixels of the input
    // Range of box centres: x = cell + sigmoid * scale_x_y - (scale_x_y - 1) / 2, as in Darknet. 0:
    // the head's own value.
    float scale_x_y;
} nn_anchor_level;

typedef struct nn_anchors {
    int count; // number of levels; 0: the head's own anchors
    nn_anchor_level level[NN_ANCHOR_LEVELS];
} nn_anchors;

#endif
