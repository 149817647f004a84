// SPDX-License-Identifier: MIT
// The components (Y, U, V or R, G, B and alpha) of a mapped frame as planes of samples.
#ifndef PLUGINS_OVERLAY_COMPONENTS_H
#define PLUGINS_OVERLAY_COMPONENTS_H

#include <gst/video/video.h>

// One component of a frame.
typedef struct NeroComponent {
    guint8 *data;
    int stride, step;  // bytes from row to row, from sample to sample
    int xs, ys;        // log2 of the pixels that a sample covers
    int columns, rows; // pixels of the frame
    int depth, shift;  // bits of a sample, and unused bits below it
    gboolean words;    // of 16 bits, else bytes
    int high;          // which byte of a word is the high one
} NeroComponent;

static inline int nero_component_get(const NeroComponent *l, const guint8 *p)
{
    return l->words ? (p[l->high] << 8 | p[1 - l->high]) >> l->shift : *p;
}

static inline void nero_component_put(const NeroComponent *l, guint8 *p, int value)
{
    if (l->words) {
        p[l->high] = (guint8)(value << l->shift >> 8);
        p[1 - l->high] = (guint8)(value << l->shift);
    } else {
        *p = (guint8)value;
    }
}

// Changes component `c` in rows [y0, y1) of the picture.
typedef void nero_component_task(const NeroComponent *component, int c, int y0, int y1,
                                 gconstpointer data);

// Runs the task on Y, U, V or R, G, B, and on alpha (c = 3) where there is one. Only for formats
// with nero_video_has_samples; a NeroCanvas unpacks the others.
void nero_components_run(GstVideoFrame *frame, int y0, int y1, nero_component_task *task,
                         gconstpointer data);

#endif
