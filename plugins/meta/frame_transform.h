// SPDX-License-Identifier: MIT
// Reads from GStreamer what an element did to a picture.
#ifndef PLUGINS_META_FRAME_TRANSFORM_H
#define PLUGINS_META_FRAME_TRANSFORM_H

#include "plugins/meta/nerometa_internal.h"

typedef struct NeroFrameTransform {
    nn_transform move;
    int in_width, in_height, width, height; // of the frames before and after
    NeroPlace picture;                      // width 0: the picture fills the frame
} NeroFrameTransform;

// Reads the arguments of a GstMetaTransformFunction. "gst-video-scale" carries the two formats
// only: where their shapes differ, this assumes borders, which videoscale adds by default.
// "gst-video-matrix" of GStreamer 1.28 carries the whole change. FALSE for all other types.
gboolean nero_frame_transform_find(GQuark type, gpointer data, NeroFrameTransform *change);
// Reads a 3x3 matrix on pixel positions that count from in_x, in_y and out_x, out_y. FALSE when it
// does not keep axes parallel.
gboolean nero_frame_transform_from_matrix(const float matrix[3][3], const int in[2],
                                          const int out[2], nn_transform *move);

#endif
