// SPDX-License-Identifier: MIT
// Tiles: the parts of a large frame that a network sees one by one, so that it finds things that
// would be too small in the whole frame.
#ifndef NN_VISION_TILES_H
#define NN_VISION_TILES_H

#include "nn/base/api.h"
#include "nn/base/status.h"

#include <stdbool.h>

enum { NN_TILES_SIDE = 16, NN_TILES = 64 }; // upper limits: tiles along a side, tiles of a frame

// A rectangle in pixels of a frame.
typedef struct nn_rect {
    int x, y, width, height;
} nn_rect;

// How a frame is cut.
typedef struct nn_tiling {
    bool choose;       // "auto": nn_tiles_choose decides for each frame size
    int columns, rows; // else; 1, 1: the whole frame only
} nn_tiling;

#define NN_TILES_OVERLAP 0.2f

// What a network is for, as far as tiles depend on it.
typedef struct nn_object_sizes {
    int input_w, input_h;
    bool stretch; // frames are stretched to the input; otherwise they keep their shape
    // Objects that it was trained on, as roots of their areas in pixels of the input: 5 % are
    // smaller than `least`, 5 % larger than `most`. 0: unknown; then 4 % and 50 % of the side of a
    // square as large as the input, as in pictures of COCO.
    float least, most;
} nn_object_sizes;

// Reads "off", "auto" or "NxM", columns by rows. NN_EINVAL with a text for anything else.
NN_API nn_status nn_tiles_parse(nn_tiling *out, const char *text, nn_error *err);

// The limits of `sizes` with defaults in place of what is unknown.
NN_API nn_object_sizes nn_object_sizes_known(const nn_object_sizes *sizes);

// Chooses the tiles of a frame. They show it pixel by pixel where that is possible. They are larger
//  - when no tile would show objects between what a tile and what the whole frame can show: the
//    largest in a tile must be as large as the smallest in the whole frame,
//  - when there were more than NN_TILES_AUTO.
// None is enlarged more than 1.2 times. 1 x 1 when tiles would enlarge things less than 1.4 times.
enum { NN_TILES_AUTO = 24 };
NN_API void nn_tiles_choose(nn_tiling *out, int width, int height, const nn_object_sizes *sizes,
                            float overlap);

// Takes columns and rows away until no tile is enlarged for the input, in both directions, more
// than twice: the network would see what it is not trained for, such as a person from head to hip
// in each tile, and nothing that the pixels do not have. 1 x 1 for frames that are enlarged as a
// whole.
NN_API void nn_tiles_limit(nn_tiling *t, int width, int height, const nn_object_sizes *sizes,
                           float overlap);

// The larger tiles to look at besides `t`, when `t` enlarges: as many as there can be that are not
// enlarged more than 1.2 times. What is too small for the whole frame may be too large for `t`. 1 x
// 1: none.
NN_API nn_tiling nn_tiles_between(const nn_tiling *t, int width, int height,
                                  const nn_object_sizes *sizes, float overlap);

// Cuts an area into columns * rows tiles of equal size, row by row; neighbours share `overlap` of
// their side (0 .. 0.5). Tiles begin at multiples of 4 pixels from the area, so that they do not
// cut through samples of chroma. Sides of less than 32 pixels are not cut further. Returns the
// number of tiles, at most NN_TILES.
NN_API int nn_tiles_cut(nn_rect *out, const nn_rect *whole, const nn_tiling *tiling, float overlap);

#endif
