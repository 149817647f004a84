// SPDX-License-Identifier: MIT
// What an element did to a picture, as far as GStreamer tells a meta.
#ifndef PLUGINS_META_FRAME_TRANSFORM_H
#define PLUGINS_META_FRAME_TRANSFORM_H

#include "plugins/meta/nerometa_internal.h"

typedef struct NeroFrameTransform {
    nn_transform move;
    int in_width, in_height, width, height; // of the frames before and after
    NeroPlace picture;                      // width 0: it fills the frame
} NeroFrameTransform;

// Reads the type and data of a GstMetaTransformFunction. "gst-video-scale" has only the two
// formats: where their pictures have different shapes, borders are taken to be added, as videoscale
// does unless it is told not to. "gst-video-matrix" of GStreamer 1.28 tells all there is. FALSE for
// all others.
gboolean nero_frame_transform_find(GQuark type, gpointer data, NeroFrameTransform *change);
// Into *move what a 3x3 matrix does to pixels, whose positions count from in_x, in_y and out_x,
// out_y. FALSE when it is no such move.
gboolean nero_frame_transform_from_matrix(const float matrix[3][3], const int in[2],
                                          const int out[2], nn_transform *move);

#endif
