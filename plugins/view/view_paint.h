// SPDX-License-Identifier: MIT
// Paints what a network sees over the frame that it saw.
#ifndef PLUGINS_VIEW_VIEW_PAINT_H
#define PLUGINS_VIEW_VIEW_PAINT_H

#include "nn/vision/colour_map.h"
#include "nn/vision/resize.h"

#include <gst/video/video.h>

// Values at places of a frame, which fills the rectangle at x, y of frame_w x frame_h of the map.
typedef struct NeroHeat {
    const float *data; // channels x height x width; borrowed
    int channels;      // 1: from 0 on, painted with a colour map; 3: a signed picture in R, G, B
    int height, width;
    float x, y, frame_w, frame_h;
} NeroHeat;

typedef struct NeroPaint {
    nn_resizer *resizer; // owned, as all here
    nn_tensor frame;     // 3 x height x width, 0 .. 255
    struct NeroSample *column;
    int columns;
    guint32 colours[NN_COLOUR_STEPS];
    int palette; // of `colours`; -1: none
    float weight[NN_COLOUR_STEPS];
} NeroPaint;

void nero_paint_init(NeroPaint *p);
void nero_paint_release(NeroPaint *p);

// Writes the mapped picture, of a format with R, G, B in bytes. `alpha` 0: the frame alone, 1: the
// map alone. Values are scaled by their largest (the few largest are cut), which gets the last
// colour.
nn_status nero_paint(NeroPaint *p, const nn_frame *frame, const NeroHeat *heat,
                     nn_colour_map palette, double alpha, GstVideoFrame *picture, nn_error *err);

#endif
