// SPDX-License-Identifier: MIT
// What is known of raw video formats, and the engine's view of a mapped frame.
#ifndef PLUGINS_COMMON_VIDEO_H
#define PLUGINS_COMMON_VIDEO_H

#include "nn/vision/frame.h"

#include <gst/video/video.h>

typedef gboolean nero_takes_format(const GstVideoFormatInfo *format);
// Caps of raw video in every format that is taken, the usual ones of 8 bits first: of several
// formats a source makes the first.
GstCaps *nero_video_caps(nero_takes_format *takes);

// A mapped frame as the engine sees it. `frame` refers to what is beside it: not to be moved.
typedef struct NeroView {
    nn_frame frame;
    nn_pixel_layout layout; // when the format is none of the engine's
    const GstVideoFrame *video;
    int x, y;   // of the area in the mapped frame
    int narrow; // bits that samples of 16 bits lose
} NeroView;

// The part of the mapped frame that its caps are about: `video` may be larger, with a
// GstVideoCropMeta that says where that lies. The whole frame without one.
GstVideoRectangle nero_video_area(const GstVideoFrame *video, const GstVideoInfo *caps);

// Views that part of a mapped frame, honouring its strides, matrix and range; valid while it is
// mapped. Components of 8 bits, or with 8 bits of more in a byte of their own, are read where they
// lie, other rows when they are asked for. FALSE for a format that GStreamer cannot unpack.
gboolean nero_video_view(const GstVideoFrame *video, const GstVideoRectangle *area, NeroView *view);
// Whether it can.
gboolean nero_video_can_view(const GstVideoFormatInfo *format);
// Whether each component of a format has its samples in bytes, or in words of 16 bits, at places
// that GStreamer knows.
gboolean nero_video_has_samples(const GstVideoFormatInfo *format);

#endif
