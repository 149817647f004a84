// SPDX-License-Identifier: MIT
// Private to nn/vision/decode: a level of a dense head, with a map of logits N x classes x H x W
// named "clsS" after its stride S, and a map with the boxes of the same cells.
#ifndef NN_VISION_DECODE_MAPS_H
#define NN_VISION_DECODE_MAPS_H

#include "nn/vision/decode/layout.h"

// One sample of a level.
typedef struct nn_map_level nn_map_level;
struct nn_map_level {
    const float *cls, *box; // channels one after the other, `cells` numbers each
    const float *more;      // a third map; NULL: none
    int64_t first;          // number of the first cell, for heads that number cells
    int64_t w, cells;
    int stride, channels; // channels: of the map of boxes
    float point;          // position of the point in its cell: 0 corner, 0.5 centre
    const nn_letterbox *letterbox;
    // The box of a cell in the frame; false when nothing of it is inside.
    bool (*find_box)(const nn_map_level *l, int64_t cell, nn_box *box);
    nn_box *known; // private: boxes of cells that were computed already
};

// A level for sample `item` of two outputs of a checked head. The caller sets letterbox, find_box
// and point.
nn_map_level nn_map_level_of(const nn_head_output *cls, const nn_head_output *box, int item);
// Adds a box for every class of every cell whose sigmoid reaches the threshold. find_box is called
// once a cell, for those only.
void nn_map_level_decode(nn_map_level *l, const nn_decode_options *options,
                         nn_candidates *candidates);

#endif
