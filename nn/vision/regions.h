// SPDX-License-Identifier: MIT
// Where in a frame a network looks: areas and tiles, those that changed, and what counts of that
// which it finds there.
//
//     nn_regions_begin -> the parts of the frame to infer -> nn_regions_finish -> boxes of the
//     frame
//
// Areas (`roi`): a rectangle is cropped and inferred at its own resolution, a polygon by the
// smallest rectangle around it. Boxes count when their foot, the middle of their lower edge, lies
// in an area. Boxes whose foot lies in an area of `ignore` are dropped. Both as the object masks
// and zones of Frigate have it.
//
// Tiles: each area (without `roi` the whole frame) is inferred as a whole and in tiles
// (nn/vision/tiles.h); the boxes are merged (nn/vision/merge_passes.h).
//
// Motion: an area or tile is inferred only when it has changed since it was inferred last
// (nn/vision/tile_motion.h), or when that was `refresh` seconds ago. Otherwise its boxes stay.
#ifndef NN_VISION_REGIONS_H
#define NN_VISION_REGIONS_H

#include "nn/base/api.h"
#include "nn/vision/frame.h"
#include "nn/vision/polygon.h"
#include "nn/vision/result.h"
#include "nn/vision/tiles.h"

typedef struct nn_region_options {
    const char *tiles;        // "off", "auto", "NxM"; NULL: off
    float overlap;            // part of a tile that its neighbour shows, too: 0 .. 0.5
    const char *roi, *ignore; // areas (nn/vision/polygon.h); NULL or empty: none
    bool motion;
    double refresh; // seconds, > 0
} nn_region_options;

#define NN_REGIONS_REFRESH 5.0

typedef struct nn_regions nn_regions; // one thread at a time

// NULL when memory is short. Without options it looks at the whole frame.
NN_API nn_regions *nn_regions_new(void);
NN_API void nn_regions_free(nn_regions *r);
// Checks texts without a handle; NN_EINVAL with a text that begins with the name of the option.
NN_API nn_status nn_region_options_check(const nn_region_options *o, nn_error *err);
// Replaces the options and forgets boxes. After a failure the old ones stay.
NN_API nn_status nn_regions_set(nn_regions *r, const nn_region_options *o, nn_error *err);
// Whether there is nothing to do: one part, which is the whole frame, each time.
NN_API bool nn_regions_is_plain(const nn_regions *r);
// Whether boxes of two classes may be one object (nn/vision/merge_passes.h); not at first.
NN_API void nn_regions_set_agnostic(nn_regions *r, bool agnostic);
// Forgets the boxes of earlier frames: another model, threshold or stream.
NN_API void nn_regions_forget(nn_regions *r);

// Chooses the parts of a frame that must be inferred now: *count, maybe 0, in *areas, which is
// valid until the next call. `sizes` is what the network is for. `seconds` is the time of the
// frame, for `motion`. NN_EINVAL when no area of `roi` lies in the frame, or for too many parts.
NN_API nn_status nn_regions_begin(nn_regions *r, const nn_frame *frame,
                                  const nn_object_sizes *sizes, double seconds,
                                  const nn_rect **areas, int *count, nn_error *err);
// Room for the results of these parts, each in pixels of its part; initialised.
NN_API nn_result *nn_regions_results(nn_regions *r);
// Takes these results and writes the boxes of the whole frame, at most `most`, into *out. infer_ms
// is that of the first part, 0 when none was inferred. NN_ENOMEM.
NN_API nn_status nn_regions_finish(nn_regions *r, int most, nn_result *out, nn_error *err);

// How many parts the frames of the current size have, and how many of them the last frame needed.
NN_API void nn_regions_count(const nn_regions *r, int *parts, int *inferred);

#endif
