// SPDX-License-Identifier: MIT
// Private to pipeline/: a video buffer as RGB pixels with the boxes that it carries.
#ifndef PIPELINE_PICTURE_H
#define PIPELINE_PICTURE_H

#include "pipeline/pipeline.h"

#include <gst/gst.h>

typedef struct vp_picture {
    vp_still still; // for callbacks; points into what follows and into the buffer
    nn_frame frame;
    const char **labels; // owned; the names are not
    GstBuffer *rgb;      // owned reference
    GstMapInfo map;
} vp_picture;

// Converts `buffer`, which has these caps and must stay until the release. On failure the picture
// is released.
nn_status vp_picture_read(vp_picture *p, GstBuffer *buffer, const GstCaps *caps, nn_error *err);
void vp_picture_release(vp_picture *p); // leaves it zeroed

#endif
