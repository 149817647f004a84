// SPDX-License-Identifier: MIT
// Shared by the cutting of frames into parts and the looking at them.
#ifndef NN_VISION_REGIONS_INTERNAL_H
#define NN_VISION_REGIONS_INTERNAL_H

#include "nn/vision/merge_passes.h"
#include "nn/vision/regions.h"
#include "nn/vision/tile_motion.h"

typedef struct nn_region_part {
    nn_rect area;
    bool known;      // `found` holds the boxes of an earlier frame or of this one
    nn_result found; // in pixels of the frame
    double due;      // when it is to be inferred in any case
    uint16_t *cells; // owned: luma when it was inferred; NULL without motion
} nn_region_part;

typedef struct nn_region_settings {
    nn_tiling tiling;
    float overlap;
    bool motion;
    double refresh;
    nn_polygon *roi, *ignore; // owned
    int roi_count, ignore_count;
} nn_region_settings;

nn_status nn_region_settings_read(nn_region_settings *s, const nn_region_options *o, nn_error *err);
void nn_region_settings_release(nn_region_settings *s); // leaves it zeroed

// Writes the parts of a frame into `out`, which has room for NN_PASSES: all areas, then their
// tiles. NN_EINVAL when there is none, or too many.
nn_status nn_region_settings_cut(const nn_region_settings *s, int width, int height,
                                 const nn_object_sizes *sizes, nn_rect *out, int *count,
                                 nn_error *err);
// Whether a box counts in a frame of this size.
bool nn_region_settings_count(const nn_region_settings *s, int width, int height, const nn_box *b);

#endif
