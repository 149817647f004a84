// SPDX-License-Identifier: MIT
// What the channels of a layer respond to: over a whole data set the pictures and places with the
// strongest activations of each, and projections of these back to the pixels (Zeiler, Fergus 2014,
// section 4 and figure 2).
#ifndef NN_EXPLAIN_TOP_OVER_H
#define NN_EXPLAIN_TOP_OVER_H

#include "nn/explain/explain.h"
#include "nn/explain/picture_source.h"
#include "nn/explain/receptive_field.h"

enum { NN_TOP_OVER_HITS = 9, NN_TOP_OVER_MOST = 100 };

typedef struct nn_top_over nn_top_over;

typedef struct nn_top_over_options {
    const int *layers; // layer_count indices of nn_explainer_layer
    int layer_count;
    const int *channels; // channel_count channels of each of these layers; NULL: all
    int channel_count;
    int hits;           // the most of each channel; 0: 9
    const char *method; // of projections, an nn_explain_method of kind picture; NULL: "deconv"
    // The search sees the same numbers as explanations, to the last bit; it takes several times as
    // long. Otherwise weights are packed and norms folded, as in prediction.
    bool exact;
} nn_top_over_options;

// One of the strongest activations of a channel.
typedef struct nn_top_hit {
    int64_t picture; // its number in the source
    int64_t time;    // of a frame of a video in nanoseconds; -1: none
    float value;     // > 0
    int y, x;        // cell of the layer; -1, -1 of a vector
} nn_top_hit;

// Begins a search with an explainer (borrowed), which then sees the pictures. Memory stays the
// same, however many pictures follow: nn_top_over_bytes.
NN_API nn_status nn_top_over_new(nn_top_over **out, nn_explainer *e, const nn_top_over_options *o,
                                 nn_error *err);
NN_API void nn_top_over_free(nn_top_over *t); // NULL is a no-op
// Bytes of the lists and of the plan that searches; those of the explainer come on top.
NN_API size_t nn_top_over_bytes(const nn_top_over *t);

// Runs the pictures of a source and keeps, for each channel, the strongest cells: at most one of a
// picture, so that they differ, and none that is not above 0. Of equal values the earlier picture
// counts as stronger. Stops early when `progress` (may be NULL) says so.
NN_API nn_status nn_top_over_search(nn_top_over *t, const nn_picture_source *source,
                                    nn_explain_progress *progress, void *ctx, nn_error *err);
// The same for one picture.
NN_API nn_status nn_top_over_see(nn_top_over *t, const nn_frame *frame, int64_t picture,
                                 int64_t time, nn_error *err);
// Pictures that were seen, and those that could not be read.
NN_API int64_t nn_top_over_pictures(const nn_top_over *t, int64_t *skipped);

// The layer's channels that are searched: their number, or that of the one at `i`.
NN_API int nn_top_over_channel_count(const nn_top_over *t, int layer);
NN_API int nn_top_over_channel(const nn_top_over *t, int layer, int i);
// The hits of a channel, strongest first; their number. `layer` is an index of options.layers.
NN_API int nn_top_over_hits(const nn_top_over *t, int layer, int channel, const nn_top_hit **hits);

// A hit with what caused it.
typedef struct nn_top_patch {
    int layer, channel, rank; // layer: index of options.layers; rank 0: the strongest
    nn_top_hit hit;
    nn_patch field;          // nn_receptive_field_local of the cell, pixels of the network's input
    float x0, y0, x1, y1;    // the same in pixels of the frame, clipped to it
    int frame_w, frame_h;    // of the frame
    int width, height;       // of the field
    const uint8_t *rgb;      // the network's input there: height x width x 3
    const float *projection; // of the activation, signed: 3 (R, G, B) x height x width
} nn_top_patch;

// Receives a patch, which is valid during the call. Another status than NN_OK ends the work.
typedef nn_status nn_top_patch_fn(void *ctx, const nn_top_patch *patch, nn_error *err);

// Reads the pictures that have hits again, in their order, and hands over every hit of every
// channel with its projection. At no time is more than one picture in memory.
NN_API nn_status nn_top_over_project(nn_top_over *t, const nn_picture_source *source,
                                     nn_top_patch_fn *take, void *take_ctx,
                                     nn_explain_progress *progress, void *ctx, nn_error *err);

#endif
