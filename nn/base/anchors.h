// SPDX-License-Identifier: MIT
// Anchors of a detector: the usual sizes of boxes, which its outputs are factors of (Redmon 2017,
// YOLO9000, section 2). They travel in the card, because nothing in the network tells them.
#ifndef NN_BASE_ANCHORS_H
#define NN_BASE_ANCHORS_H

enum {
    NN_ANCHOR_LEVELS = 8,
    NN_ANCHORS = 16,
    NN_ANCHOR_MAX_SIZE = 65536,
    NN_ANCHOR_MAX_SCALE = 16
}; // the most there may be

// Those of the map whose cells are `stride` x `stride` pixels of the input.
typedef struct nn_anchor_level {
    int stride;
    int count;                 // 1 .. NN_ANCHORS
    float size[NN_ANCHORS][2]; // width and height in pixels of the input
    // How far a centre reaches: (sigmoid * scale_x_y - (scale_x_y - 1) / 2) cells, Darknet's word
    // for it; 0: as the head usually has it.
    float scale_x_y;
} nn_anchor_level;

typedef struct nn_anchors {
    int count; // levels; 0: those of the head
    nn_anchor_level level[NN_ANCHOR_LEVELS];
} nn_anchors;

#endif
