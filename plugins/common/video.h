// SPDX-License-Identifier: MIT
// Raw video formats, and mapped frames as the engine sees them.
#ifndef PLUGINS_COMMON_VIDEO_H
#define PLUGINS_COMMON_VIDEO_H

#include "nn/vision/frame.h"

#include <gst/video/video.h>

typedef gboolean nero_takes_format(const GstVideoFormatInfo *format);
// Caps of raw video in all accepted formats, the common 8-bit ones first: a source with a choice
// takes the first.
GstCaps *nero_video_caps(nero_takes_format *takes);
// Adds the pad templates "sink" and "src" with these caps to the class of a filter.
void nero_video_add_pads(GstElementClass *element, nero_takes_format *takes);

// A mapped frame for the engine. `frame` points to the other members, so the struct must not be
// moved.
typedef struct NeroView {
    nn_frame frame;
    nn_pixel_layout layout; // for formats that the engine does not have
    const GstVideoFrame *video;
    int x, y;   // position of the area in the mapped frame
    int narrow; // bits that 16-bit samples lose
} NeroView;

// The part of the mapped frame that the caps describe. `video` may be larger; a GstVideoCropMeta
// then tells where the part lies. Without one it is the whole frame.
GstVideoRectangle nero_video_area(const GstVideoFrame *video, const GstVideoInfo *caps);

// Makes a view of that part of a mapped frame, with its strides, matrix and range; valid while the
// frame is mapped. Components of 8 bits, and wider ones whose upper 8 bits are a byte of their own,
// are read in place; other rows are converted on request. FALSE for formats that GStreamer cannot
// unpack.
gboolean nero_video_view(const GstVideoFrame *video, const GstVideoRectangle *area, NeroView *view);
// Whether nero_video_view supports a format.
gboolean nero_video_can_view(const GstVideoFormatInfo *format);
// Whether all components of a format have samples of bytes or 16-bit words at offsets that
// GStreamer knows.
gboolean nero_video_has_samples(const GstVideoFormatInfo *format);

#endif
