// SPDX-License-Identifier: MIT
// Masks of objects as runs of pixels along the rows of a picture, for exact intersections.
#ifndef NN_EVAL_MASK_RUNS_H
#define NN_EVAL_MASK_RUNS_H

#include "nn/base/status.h"
#include "nn/vision/details.h"

#include <stdint.h>

// The runs of one mask: places of pixels (row * width + column), beginnings and ends in turn.
typedef struct nn_mask_run_list {
    size_t first; // of nn_mask_runs.place
    int count;    // runs
    int64_t pixels;
} nn_mask_run_list;

typedef struct nn_mask_runs {
    nn_mask_run_list *mask; // owned
    int count, capacity;
    uint64_t *place; // owned
    size_t places, place_capacity;
    uint8_t *row; // owned: room for a picture
    int width, height;
} nn_mask_runs;

// For masks of pictures of width x height. NULL: no memory.
nn_mask_runs *nn_mask_runs_new(int width, int height);
void nn_mask_runs_free(nn_mask_runs *r); // NULL is a no-op
// Adds the mask of a detail (NULL: an empty one): its outline as COCO paints it, or the elements
// under the centres of pixels. NN_ENOMEM.
nn_status nn_mask_runs_add(nn_mask_runs *r, const nn_details *d, const nn_detail *one);
// Pixels that mask i of `a` and mask k of `b` share.
int64_t nn_mask_runs_shared(const nn_mask_runs *a, int i, const nn_mask_runs *b, int k);

#endif
