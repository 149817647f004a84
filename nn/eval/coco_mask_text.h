// SPDX-License-Identifier: MIT
// Masks as the compressed run lengths of COCO's tools.
#ifndef NN_EVAL_COCO_MASK_TEXT_H
#define NN_EVAL_COCO_MASK_TEXT_H

#include "nn/base/api.h"
#include "nn/io/buffer.h"
#include "nn/vision/details.h"

// Prints {"size": [height, width], "counts": "..."}: runs down the columns of a picture, the first
// outside, in the text of pycocotools (rleToString; Lin 2014). `one` NULL: an empty mask.
// NN_ENOMEM.
NN_API nn_status nn_coco_print_mask(nn_buffer *out, const nn_details *d, const nn_detail *one,
                                    int width, int height);

#endif
