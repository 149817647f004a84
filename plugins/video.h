// SPDX-License-Identifier: MIT
// The raw video formats the elements share, and the engine's view of a mapped frame.
#ifndef PLUGINS_VIDEO_H
#define PLUGINS_VIDEO_H

#include "nn/vision/frame.h"

#include <gst/video/video.h>

#define NERO_VIDEO_FORMATS                                                                         \
    "{ I420, NV12, YUY2, RGB, BGR, RGBx, BGRx, xRGB, xBGR, RGBA, BGRA, ARGB, ABGR, GRAY8 }"

// Views a mapped frame, honouring its strides, matrix and range; valid while it is mapped. FALSE
// for a format that is not in NERO_VIDEO_FORMATS.
gboolean nero_video_view(const GstVideoFrame *video, nn_frame *frame);

#endif
