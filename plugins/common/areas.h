// SPDX-License-Identifier: MIT
// How zones and lines of neroanalytics look, for elements that draw them.
#ifndef PLUGINS_COMMON_AREAS_H
#define PLUGINS_COMMON_AREAS_H

#include "nn/vision/analytics/report.h"

#include <glib.h>

typedef struct NeroAreaShape {
    nn_point points[NN_POLYGON_POINTS]; // pixels
    guint count;
    gboolean line;     // else a polygon, whose last point leads to the first
    nn_point arrow[2]; // of a line: from its middle to where objects go that count as "in"
    nn_point tips[2];  // the ends of the arrow's head, which begins at arrow[1]
    nn_point top;      // where the text belongs: the highest point
    guint32 rgb;       // by what happens in the area
    char text[NN_AREA_NAME + 64]; // "yard 2", "gate 3 in, 5 out"
} NeroAreaShape;

// Describes area `i` of a report for a picture of width x height pixels, in which arrows are `size`
// pixels long.
void nero_area_describe(const nn_report *r, int i, float width, float height, float size,
                        NeroAreaShape *shape);

#endif
