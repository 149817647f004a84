// SPDX-License-Identifier: MIT
// Parts of a frame, the boxes that were found there, and how they lie to each other.
#ifndef NN_VISION_MERGE_GEOMETRY_H
#define NN_VISION_MERGE_GEOMETRY_H

#include "nn/vision/result.h"
#include "nn/vision/tiles.h"

enum { NN_PASSES = 256 };

// One part of the frame and what was found there.
typedef struct nn_region_pass {
    nn_rect area;
    float scale_x, scale_y; // pixels of the network's input for a pixel of the frame
    const nn_box *boxes;    // borrowed; in pixels of the frame
    int count;
    const nn_details *details; // borrowed: of the boxes; NULL: none
} nn_region_pass;

// Borders of its part that a box touches.
enum { NN_CUT_LEFT = 1, NN_CUT_TOP = 2, NN_CUT_RIGHT = 4, NN_CUT_BOTTOM = 8 };

typedef struct nn_merge_box {
    nn_box box;
    int pass, next; // next box of the same object; -1: the last
    unsigned cuts;
    float rank; // compares boxes of an object
    bool taken;
} nn_merge_box;

typedef struct nn_merge_object {
    nn_box box;      // the chosen one
    nn_box bounds;   // of all its boxes
    int first, pass; // first box; part of the chosen box, -1: joined pieces
    bool whole, kept;
    float rank;                   // of the chosen box
    uint64_t has[NN_PASSES / 64]; // parts with a box in it
} nn_merge_object;

typedef struct nn_merge_match {
    float match;
    int box, object;
} nn_merge_match;

typedef struct nn_merge_work {
    const nn_region_pass *passes;
    int pass_count, width, height;
    bool agnostic; // boxes of two classes may be one object
    nn_object_sizes sizes;
    nn_merge_box *boxes;      // owned, in the order of the parts
    nn_merge_object *objects; // owned
    int object_count;
} nn_merge_work;

// The borders of a part inside the frame that a box touches.
unsigned nn_merge_cuts(const nn_box *b, const nn_region_pass *p, int width, int height);
// A box with as much around it as its part may err.
nn_box nn_merge_grown(const nn_box *b, const nn_region_pass *p);
nn_box nn_merge_area(const nn_region_pass *p);
bool nn_merge_clip(nn_box *b, const nn_box *to);  // false: nothing is left
void nn_merge_widen(nn_box *b, const nn_box *by); // until it holds `by`, too
float nn_merge_size(const nn_box *b);
// Objects that are so many times larger than most of the training are unknown to the network.
#define NN_MERGE_UNKNOWN 2.0f
// The side of a box, as the root of its area, in the input of the network for that part.
float nn_merge_side(const nn_box *b, const nn_region_pass *p);
float nn_merge_shared(const nn_box *a, const nn_box *b); // area
// IoU of two boxes of different parts where both parts can see them; 0: not one object.
float nn_merge_agree(const nn_merge_work *w, const nn_merge_box *a, const nn_merge_box *b);
// Whether boxes with these labels may be one object.
bool nn_merge_may_be_one(const nn_merge_work *w, const nn_box *a, const nn_box *b);
bool nn_merge_has_pass(const nn_merge_object *o, int pass);
bool nn_merge_share_pass(const nn_merge_object *a, const nn_merge_object *b);

#endif
