// SPDX-License-Identifier: MIT
// Masks laid over pictures, each class in its colour.
#ifndef APP_REPORT_MASK_OVERLAY_H
#define APP_REPORT_MASK_OVERLAY_H

#include "nn/io/image/image.h"

// Lays width x height labels, stretched over the whole picture, half transparent over it. The
// background (0) is left as it is, what is to be ignored (255) becomes grey.
void app_mask_overlay(nn_image *image, const uint8_t *labels, int width, int height);
// Red, green, blue of a class: neighbours are well apart.
void app_class_colour(int label, uint8_t rgb[3]);

#endif
