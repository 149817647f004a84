// SPDX-License-Identifier: MIT
// The fields of NeroMeta, for the elements. Applications read it through nerometa.h.
#ifndef PLUGINS_META_NEROMETA_INTERNAL_H
#define PLUGINS_META_NEROMETA_INTERNAL_H

#include "nn/vision/transform.h"
#include "plugins/meta/nerometa.h"

G_BEGIN_DECLS

// Where the inferred picture lies in the frame now, in pixels.
typedef struct NeroPlace {
    float x, y, width, height;
} NeroPlace;

struct NeroMeta {
    GstMeta meta;
    nn_result result;   // owned
    NeroLabels *labels; // owned reference, never NULL
    nn_result faint;    // owned: boxes below `threshold`, for nerotrack and nerooverlay
    float threshold;    // score from which boxes count; 0: unknown
    // owned reference: the same for each label, floats of which `threshold` is the lowest; NULL: it
    // is that of all
    GBytes *class_thresholds;
    guint interval;    // every Nth frame is inferred at present; 0: unknown
    guint64 skipped;   // frames so far that were not inferred
    gboolean painted;  // the result is already drawn into the picture: do not draw it again
    NeroPlace picture; // inside of borders; width 0: it fills the frame
    int first_region;  // id of the region of boxes[0], the others follow; 0: none
};

// Transforms the meta and its regions of interest on a writable buffer, into a frame of width x
// height. FALSE when memory is short or axes do not stay parallel.
gboolean nero_meta_move(GstBuffer *buffer, NeroMeta *meta, const nn_transform *move, int width,
                        int height);
// For a frame that was stretched to another shape, which GStreamer does not tell: makes the picture
// fill the frame.
gboolean nero_meta_stretch(GstBuffer *buffer, NeroMeta *meta);
// Moves a meta of a writable buffer before all others, which keep their order. Pointers to those
// are invalid afterwards.
void nero_meta_lead(GstBuffer *buffer, const NeroMeta *lead);

G_END_DECLS

#endif
