// SPDX-License-Identifier: MIT
// Fuses the boxes of several passes over one picture (models, mirror images, scales, tiles) into
// one for each object: weighted boxes fusion (Solovyev, Wang, Gabruseva 2021).
#ifndef NN_VISION_FUSE_BOXES_H
#define NN_VISION_FUSE_BOXES_H

#include "nn/base/api.h"
#include "nn/vision/result.h"

enum { NN_FUSE_PASSES = 256, NN_FUSE_MODELS = 32 }; // upper limits

// One pass: which part of the picture a model saw.
typedef struct nn_fuse_pass {
    float x0, y0, x1, y1; // pixels of the picture
    float weight;         // weight of its boxes, > 0
    int model;            // 0 .. NN_FUSE_MODELS - 1
} nn_fuse_pass;

// A box of a pass, in pixels of the picture.
typedef struct nn_pass_box {
    nn_box box;
    int pass;
} nn_pass_box;

typedef struct nn_fuse_options {
    float iou; // boxes of a class with a larger IoU are one object
    // score = mean over the passes that found it * (their share of the passes that saw it) ^ agree
    float agree;
    float same; // of two fused boxes with a larger IoU the better one stays, whatever their classes
} nn_fuse_options;

// iou 0.55 as in the paper, agree 0.5, same 0.8.
NN_API extern const nn_fuse_options nn_fuse_defaults;

typedef struct nn_fused_box {
    nn_box box;        // means of sides and scores, weighted by scores and pass weights
    int found, looked; // passes that found it; passes that saw all of it
    uint32_t models;   // models that found it, one bit each
} nn_fused_box;

// Goes through the boxes by falling score. A box joins the fused box of its class that it overlaps
// most and that has no box of the same pass; else it starts a new one. The caller frees *out
// (nn_free), which is sorted by score; it is NULL when *out_count is 0. The order of `boxes`
// matters for equal scores only.
NN_API nn_status nn_fuse_boxes(nn_fused_box **out, int *out_count, const nn_pass_box *boxes,
                               int count, const nn_fuse_pass *passes, int pass_count,
                               const nn_fuse_options *options, nn_error *err);

// Whether a box touches, within `margin` pixels, a border of its pass that lies inside the picture
// (width x height). Such a box is only a part of an object.
NN_API bool nn_fuse_is_cut(const nn_box *box, const nn_fuse_pass *pass, int width, int height,
                           float margin);

#endif
