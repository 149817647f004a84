// SPDX-License-Identifier: MIT
// Events that a window sends upstream: what the user wants from neroinfer and neroanalytics.
#ifndef PLUGINS_COMMON_ADJUST_H
#define PLUGINS_COMMON_ADJUST_H

#include "nn/vision/polygon.h"

#include <gst/gst.h>

// Structures for GST_EVENT_CUSTOM_UPSTREAM, owned by the caller. A threshold for all classes, and
// by how much it is another one, for models that have a threshold for each class; a class to
// ignore, or NULL: none is ignored any more; a zone or line, in fractions of the frame.
GstStructure *nero_adjust_threshold(float threshold, float change);
GstStructure *nero_adjust_ignore(const char *label);
GstStructure *nero_adjust_area(const char *name, gboolean line, gboolean remove,
                               const nn_point *points, int count);
// "x,y,x,y,..." (g_free).
char *nero_adjust_points(const nn_point *points, int count);

// Whether an event is one of these; out parameters may not be NULL. Texts are borrowed from it. An
// area is "+z NAME:x,y,...", "+l ...", "-z NAME" or "-l NAME".
gboolean nero_adjust_is_threshold(GstEvent *event, float *threshold, float *change);
gboolean nero_adjust_is_ignore(GstEvent *event, const char **label);
gboolean nero_adjust_is_area(GstEvent *event, const char **edit);

#endif
