// SPDX-License-Identifier: MIT
// A copy of a video frame for a thread beside the stream. With a reference instead, downstream
// would have to copy the frame before it writes into it, and a camera's few buffers would be held
// back while the thread works.
#ifndef PLUGINS_COMMON_FRAME_COPY_H
#define PLUGINS_COMMON_FRAME_COPY_H

#include <gst/video/video.h>

typedef struct NeroFrameCopy {
    GstBuffer *pixels; // owned; NULL: nothing was copied
    GstVideoInfo info;
} NeroFrameCopy;

// Replaces the copy. It allocates only when format or size change. FALSE when memory is short.
gboolean nero_frame_copy(NeroFrameCopy *c, const GstVideoFrame *frame);
void nero_frame_copy_release(NeroFrameCopy *c);

#endif
