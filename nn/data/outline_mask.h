// SPDX-License-Identifier: MIT
// Masks from the outlines of labelling tools.
#ifndef NN_DATA_OUTLINE_MASK_H
#define NN_DATA_OUTLINE_MASK_H

#include "nn/data/folder.h"

// Paints the outlines of a picture, small objects over large ones, into the mask of an opened
// sample. label[i] is that of object i: a label of the model, NN_CLASS_DROP (stays background) or
// NN_CLASS_IGNORE. Boxes without outline become ignored pixels, and *boxes gets their number.
// `orientation` turns labels made for the stored pixels (nn_folder_find_exif).
nn_status nn_outline_mask(nn_sample *s, const nn_annotated_picture *p, const int32_t *label,
                          int orientation, int *boxes, nn_error *err);

#endif
