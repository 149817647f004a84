// SPDX-License-Identifier: MIT
// Private to pipeline/: a video buffer as RGB pixels, with its boxes.
#ifndef PIPELINE_PICTURE_H
#define PIPELINE_PICTURE_H

#include "pipeline/pipeline.h"

#include <gst/gst.h>

typedef struct vp_picture {
    vp_still still; // for callbacks; points into the members below and into the buffer
    nn_frame frame;
    const char **labels; // owned array of borrowed names
    GstBuffer *rgb;      // owned reference
    GstMapInfo map;
} vp_picture;

// Converts `buffer`, which has these caps and must live until the release. On failure the picture
// is released.
nn_status vp_picture_read(vp_picture *p, GstBuffer *buffer, const GstCaps *caps, nn_error *err);
void vp_picture_release(vp_picture *p); // leaves it zeroed

#endif
