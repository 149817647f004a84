// SPDX-License-Identifier: MIT
// Merges what a network found in several parts of one frame: tiles, areas, the whole frame.
//
// Each object comes out once, and whole where any part of the frame, or several together, show it
// whole. What an object looks like in a part is its box cut to that part; so two boxes of a class
// are one object when they agree where both parts overlap. That holds for a small thing in two
// tiles, for a piece in a tile and the whole thing in the frame, and for two pieces that meet in
// the strip that two tiles share. It does not hold for two people side by side at a seam. Boxes of
// one part are different objects: suppression has already been there.
//
//   1. Part by part, boxes join the objects found so far, one box of a part each, best match first.
//   2. Of its boxes an object takes the one that shows it whole, in the part where its size is what
//      the network was trained for. When all are cut by borders of parts, it takes the rectangle
//      around them.
//   3. Objects that were seen in pieces only are joined when one straight thing, at any angle,
//      explains the pieces of both.
//   4. Objects are dropped that are pieces of a larger one, details of one that a coarser part
//      found and is surer of, loose boxes around things that a part
//      of higher resolution found separately, the same thing or a length of it under another name,
//      halves that another part shows whole and does not confirm, the second of two boxes of which
//      another part found one only, or the worse of two that overlap, each of which is missing
//      where the other one was found.
#ifndef NN_VISION_MERGE_PASSES_H
#define NN_VISION_MERGE_PASSES_H

#include "nn/vision/merge_geometry.h"

// Memory that is kept from frame to frame. One thread at a time.
typedef struct nn_pass_merger nn_pass_merger;
NN_API nn_pass_merger *nn_pass_merger_new(void); // NULL when memory is short
NN_API void nn_pass_merger_free(nn_pass_merger *m);

// Writes the objects of a frame of width x height into out->boxes, best score first, at most
// `most`; nothing else of *out changes. `agnostic`: boxes of two classes may be one object, which
// gets the class of its best box; otherwise they rarely are. Parts with a low resolution should
// come first. NN_ENOMEM; NN_EINVAL for more than NN_PASSES parts.
NN_API nn_status nn_pass_merger_run(nn_pass_merger *m, const nn_region_pass *passes, int count,
                                    int width, int height, const nn_object_sizes *sizes,
                                    bool agnostic, int most, nn_result *out, nn_error *err);

#endif
