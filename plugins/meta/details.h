// SPDX-License-Identifier: MIT
// Masks, keypoints and rotated boxes as structures of regions of interest, in DL Streamer's form.
#ifndef PLUGINS_META_DETAILS_H
#define PLUGINS_META_DETAILS_H

#include "nn/vision/result.h"

#include <gst/video/video.h>

// For each box of `result`, whose regions have the ids first, first + 1 and so on: replaces the
// structures that describe its details.
//  - "keypoints" (format "keypoints"): "data_buffer", float32 x and y of each point as fractions of
//    the region; "confidence" of each, "point_names", "point_connections", "dims" {points, 2}
//  - "segmentation_mask" (format "segmentation_mask"): "data_buffer", a byte 0 or 1 for each
//    element; "dims" {height, width}; "x_min", "x_max", "y_min", "y_max" as fractions of the frame
//  - "rotation" of "detection": radians from the x axis to "width", clockwise; "width" and "height"
//    of the rotated box as fractions of the frame's width
void nero_details_attach(GstBuffer *buffer, int first, const nn_result *result);

// Sets the structure "keypoints" of a region that shows `b` to those of *d, one of `of`, or takes
// it away when there are none (d may be NULL).
void nero_keypoints_set(GstVideoRegionOfInterestMeta *region, const nn_details *of,
                        const nn_detail *d, const nn_box *b);

#endif
