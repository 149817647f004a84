// SPDX-License-Identifier: MIT
// Blends masks over pictures in the colours of their classes.
#ifndef APP_REPORT_MASK_OVERLAY_H
#define APP_REPORT_MASK_OVERLAY_H

#include "nn/io/image/image.h"

// Blends width x height class numbers half transparently over the picture, scaled to its size.
// Background (0) is left out; ignored pixels (255) become grey.
void app_mask_overlay(nn_image *image, const uint8_t *labels, int width, int height);
// Red, green and blue of a class; neighbouring numbers get different colours.
void app_class_colour(int label, uint8_t rgb[3]);

#endif
