// SPDX-License-Identifier: MIT
// Zones and lines that the user draws, moves and removes in the window. Without SDL.
#ifndef PLUGINS_SINK_SINK_SHAPE_H
#define PLUGINS_SINK_SINK_SHAPE_H

#include "nn/base/status.h"
#include "nn/vision/analytics/report.h"

#include <glib.h>

typedef enum NeroShapeMode {
    NERO_SHAPE_NONE,
    NERO_SHAPE_ZONE, // its corners are being clicked
    NERO_SHAPE_LINE,
    NERO_SHAPE_EDIT, // a zone or line may be chosen, moved, removed
} NeroShapeMode;

typedef struct NeroShape {
    NeroShapeMode mode;
    nn_point points[NN_POLYGON_POINTS]; // fractions of the frame
    int count;
    nn_point at;             // the mouse
    char name[NN_AREA_NAME]; // EDIT: the chosen one; "": none
    gboolean line;           // the chosen one is a line
    int corner;              // EDIT: the one that is dragged; -1: none
    int named[2];            // numbers in the names of the last new zone and line
} NeroShape;

// A change that the stream is asked for.
typedef struct NeroShapeChange {
    char name[NN_AREA_NAME];
    gboolean line, remove;
    nn_point points[NN_POLYGON_POINTS];
    int count;
} NeroShapeChange;

void nero_shape_begin(NeroShape *s, NeroShapeMode mode); // the same mode again ends it
void nero_shape_cancel(NeroShape *s);
void nero_shape_forget(NeroShape *s); // the points, or what was chosen
// The button goes down at `p`, with `near` as the distance of a click, fractions. `report`: the
// zones and lines that there are. TRUE when *change is complete.
gboolean nero_shape_press(NeroShape *s, nn_point p, float near, const nn_report *report,
                          NeroShapeChange *change);
void nero_shape_move(NeroShape *s, nn_point p);
gboolean nero_shape_drop(NeroShape *s, NeroShapeChange *change);
gboolean nero_shape_close(NeroShape *s, const nn_report *report, NeroShapeChange *change); // Enter
gboolean nero_shape_remove(NeroShape *s, NeroShapeChange *change);
// Whether the zone or line can be counted with: NN_EINVAL for edges that cross, or an area of
// nothing.
nn_status nero_shape_check(const NeroShapeChange *change, nn_error *err);
// Makes the change in the report of the frame that is shown: the stream's next frame will say the
// same, but while it stands still there is none. NN_ENOMEM leaves the report as it was.
nn_status nero_shape_show(nn_report *r, const NeroShapeChange *change);
// What to do next, for the user; NULL: nothing is drawn.
const char *nero_shape_hint(const NeroShape *s);

#endif
