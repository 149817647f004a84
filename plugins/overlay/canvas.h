// SPDX-License-Identifier: MIT
// What nerooverlay draws on: a frame of any raw format, or a transparent layer over it.
#ifndef PLUGINS_OVERLAY_CANVAS_H
#define PLUGINS_OVERLAY_CANVAS_H

#include "plugins/overlay/blend.h"

typedef struct NeroCanvas NeroCanvas;

NeroCanvas *nero_canvas_new(void);
void nero_canvas_free(NeroCanvas *c); // NULL is a no-op

// Draws into a frame that is mapped for reading and writing, until nero_canvas_end. Rows of formats
// whose components are neither bytes nor words are unpacked once, when the first thing touches
// them, and packed at the end.
void nero_canvas_begin(NeroCanvas *c, GstVideoFrame *frame);
void nero_canvas_end(NeroCanvas *c);

// Draws on a transparent layer that covers a frame of this size, until nero_canvas_end_layer. It
// returns the parts that were drawn on as rectangles, or NULL when there are none.
void nero_canvas_begin_layer(NeroCanvas *c, int width, int height);
GstVideoOverlayComposition *nero_canvas_end_layer(NeroCanvas *c);

int nero_canvas_width(const NeroCanvas *c);
int nero_canvas_height(const NeroCanvas *c);

// As the functions of blend.h; colours are 0xRRGGBB.
void nero_canvas_rect(NeroCanvas *c, int x0, int y0, int x1, int y1, guint32 rgb, int opacity);
void nero_canvas_mask(NeroCanvas *c, int x, int y, const NeroMask *mask, guint32 rgb);
typedef struct NeroMapStyle {
    guint32 rgb[256];
    guint8 opacity[256];
} NeroMapStyle;
void nero_canvas_map(NeroCanvas *c, const guint8 *labels, int width, int height,
                     const NeroMapStyle *style);

// The frame to change directly in columns [x0, x1) of rows [y0, y1), with components that are bytes
// or words.
GstVideoFrame *nero_canvas_touch(NeroCanvas *c, int x0, int y0, int x1, int y1);

#endif
