// SPDX-License-Identifier: MIT
// A picture of what a network sees in a frame.
#ifndef PLUGINS_VIEW_INNER_VIEW_H
#define PLUGINS_VIEW_INNER_VIEW_H

#include <gst/video/video.h>

enum { NERO_VIEW_WORD = 96 };

typedef struct NeroInnerView {
    GstBuffer *picture;         // owned; without a time
    GstVideoInfo info;          // of the picture
    GstClockTime pts, duration; // of the frame; so is the next
    gint64 arrival;             // monotonic microseconds
    gint generation;            // number of calls of nero_viewer_forget() before it
    double ms;                  // time of the worker
    float score;                // value of the target
    char method[NERO_VIEW_WORD], layer[NERO_VIEW_WORD];
    char target[NERO_VIEW_WORD]; // "person 87%", "channel 12", "strongest: car"
} NeroInnerView;

void nero_inner_view_release(NeroInnerView *v); // leaves it empty

#endif
