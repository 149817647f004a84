// SPDX-License-Identifier: MIT
// What an inner view shows: the choices of the user, and the object that they are about.
#ifndef PLUGINS_VIEW_VIEW_CHOICE_H
#define PLUGINS_VIEW_VIEW_CHOICE_H

#include "nn/vision/result.h"

#include <gst/video/video.h>

typedef struct NeroViewChoice {
    char *model; // file or installed name; NULL: that of the frames (NeroViewTarget), else "street"
    char *layer; // NULL: the one that suits the method
    char *label; // a class; NULL: that of the object, else the strongest
    int method;  // index among nero_view_methods()
    int channel; // of the layer; negative: all
    int threads; // of the network
    int width, height;     // of the picture; 0: from the frame, at most NERO_VIEW_SIDE pixels
    GstVideoFormat format; // of the picture: R, G, B in bytes; UNKNOWN: RGBx
    double alpha;          // 0 .. 1: how much of the picture is the map
    double max_rate;       // views per second at most; 0: no limit
    int palette;           // nn_colour_map
} NeroViewChoice;

enum { NERO_VIEW_SIDE = 640 };

NeroViewChoice nero_view_choice_copy(const NeroViewChoice *c);
void nero_view_choice_release(NeroViewChoice *c);

// The object in a frame that its view is about.
typedef struct NeroViewTarget {
    const char *model; // borrowed: file or name of the model that runs on the frames; NULL: unknown
    gboolean has_box, has_point;
    nn_box box; // pixels of the frame
    float x, y; // a place without a box, pixels of the frame
} NeroViewTarget;

#endif
