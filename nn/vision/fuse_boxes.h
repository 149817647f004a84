// SPDX-License-Identifier: MIT
// Boxes that several passes found on one picture (models, mirror images, scales, tiles), made one
// for each object: weighted boxes fusion (Solovyev, Wang, Gabruseva 2021).
#ifndef NN_VISION_FUSE_BOXES_H
#define NN_VISION_FUSE_BOXES_H

#include "nn/base/api.h"
#include "nn/vision/result.h"

enum { NN_FUSE_PASSES = 256, NN_FUSE_MODELS = 32 }; // at most

// One look at the picture: which part of it was seen, by which model.
typedef struct nn_fuse_pass {
    float x0, y0, x1, y1; // pixels of the picture
    float weight;         // of what it says, > 0
    int model;            // 0 .. NN_FUSE_MODELS - 1
} nn_fuse_pass;

// What a pass found, in pixels of the picture.
typedef struct nn_pass_box {
    nn_box box;
    int pass;
} nn_pass_box;

typedef struct nn_fuse_options {
    float iou;   // boxes of a class that overlap by more are one object
    float agree; // score = mean of those that found it * (their part of those that looked) ^ agree
    float same;  // of fused boxes that overlap by more the better stays, whatever their classes
} nn_fuse_options;

// iou 0.55 as in the paper, agree 0.5, same 0.8.
NN_API extern const nn_fuse_options nn_fuse_defaults;

typedef struct nn_fused_box {
    nn_box box;        // sides and score: means, weighted by the passes' scores and weights
    int found, looked; // passes that found it; that saw all of it
    uint32_t models;   // that found it, a bit each
} nn_fused_box;

// Going down the scores, each box joins the fused box of its class that it overlaps most and that
// has none of its pass yet, or starts a new one. *out, best score first, is the caller's (nn_free;
// NULL when *out_count is 0). The order of `boxes` matters for equal scores only.
NN_API nn_status nn_fuse_boxes(nn_fused_box **out, int *out_count, const nn_pass_box *boxes,
                               int count, const nn_fuse_pass *passes, int pass_count,
                               const nn_fuse_options *options, nn_error *err);

// Whether a box ends at the border of what its pass saw, within `margin` pixels, where the picture
// (width x height) goes on: only a part of an object.
NN_API bool nn_fuse_is_cut(const nn_box *box, const nn_fuse_pass *pass, int width, int height,
                           float margin);

#endif
