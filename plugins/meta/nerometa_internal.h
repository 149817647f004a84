// SPDX-License-Identifier: MIT
// What NeroMeta holds, for the elements: applications read it through nerometa.h.
#ifndef PLUGINS_META_NEROMETA_INTERNAL_H
#define PLUGINS_META_NEROMETA_INTERNAL_H

#include "nn/vision/transform.h"
#include "plugins/meta/nerometa.h"

G_BEGIN_DECLS

// Where the picture that was looked at lies in the frame now, in pixels.
typedef struct NeroPlace {
    float x, y, width, height;
} NeroPlace;

struct NeroMeta {
    GstMeta meta;
    nn_result result;   // owned
    NeroLabels *labels; // owned reference, never NULL
    gboolean painted;   // the picture shows what is to be shown of it: nobody need draw it again
    NeroPlace picture;  // between borders; width 0: it fills the frame
    int first_region;   // id of the region of interest of boxes[0], the others follow; 0: none
};

// Moves all that a writable buffer carries of this meta, regions of interest included, into a frame
// of width x height. FALSE when memory is short or the move is not upright.
gboolean nero_meta_move(GstBuffer *buffer, NeroMeta *meta, const nn_transform *move, int width,
                        int height);
// For a frame that was scaled without borders although its shape changed, which GStreamer does not
// tell: makes the picture fill the frame.
gboolean nero_meta_stretch(GstBuffer *buffer, NeroMeta *meta);

G_END_DECLS

#endif
