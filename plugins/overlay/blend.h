// SPDX-License-Identifier: MIT
// Draws into mapped video frames whose components are bytes or words, packed or planar.
#ifndef PLUGINS_OVERLAY_BLEND_H
#define PLUGINS_OVERLAY_BLEND_H

#include <gst/video/video.h>

// A colour in the components of a format (Y, U, V or R, G, B, then alpha), scaled to 8 bits.
typedef struct NeroBlendColour {
    gfloat c[4];
    gboolean full; // full range: 255 is the largest value of any bit depth; else values are shifted
} NeroBlendColour;

// Coverage of each pixel, 0..255.
typedef struct NeroMask {
    int width, height, stride;
    const guint8 *data;
} NeroMask;

// Whether frames of a format can be drawn into: GStreamer can pack it, and it has no palette.
gboolean nero_blend_supports(const GstVideoFormatInfo *format);

// The colour 0xRRGGBB in the format, matrix and range of `info`.
NeroBlendColour nero_blend_colour(const GstVideoInfo *info, guint32 rgb);

// Blends `colour` over columns [x0, x1) and rows [y0, y1), clipped to the frame; opacity 0..255.
// Subsampled chroma at the rim is blended by the covered share. A NeroCanvas unpacks the formats
// without nero_video_has_samples.
void nero_blend_rect(GstVideoFrame *frame, int x0, int y0, int x1, int y1,
                     const NeroBlendColour *colour, int opacity);
// The same through a mask with its top left pixel at x, y.
void nero_blend_mask(GstVideoFrame *frame, int x, int y, const NeroMask *mask,
                     const NeroBlendColour *colour);

// How labels of a map look: a colour and an opacity, 0..255, for each label.
typedef struct NeroMapColours {
    NeroBlendColour colour[256];
    guint8 opacity[256];
} NeroMapColours;

// Blends a map of width x height labels, stretched over the whole frame, in these colours.
void nero_blend_map(GstVideoFrame *frame, const guint8 *labels, int width, int height,
                    const NeroMapColours *colours);

#endif
