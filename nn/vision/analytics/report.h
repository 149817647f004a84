// SPDX-License-Identifier: MIT
// What analytics knows after a frame: zones and lines with their counts, objects, events.
#ifndef NN_VISION_ANALYTICS_REPORT_H
#define NN_VISION_ANALYTICS_REPORT_H

#include "nn/base/api.h"
#include "nn/vision/polygon.h"
#include "nn/vision/transform.h"

#include <stdbool.h>
#include <stdint.h>

enum { NN_AREA_NAME = 64, NN_AREAS = 64 }; // bytes of a name with its NUL; most zones and lines

// A zone (a polygon) or a line.
typedef struct nn_area {
    char name[NN_AREA_NAME]; // UTF-8, unique in a report
    bool line;
    int first, count; // its points in nn_report.points; a line has two
    // Totals since the start. Zone: objects that entered and left. Line, seen on the screen from
    // its first to its second point: crossings from the left hand to the right hand are `in`, the
    // others `out`. A line that is drawn from left to right counts what moves down as `in`.
    int64_t in, out;
    int occupancy;   // zone: objects in it now; line: 0
    int loitering;   // of them, those that stay longer than the zone's loitering-time
    bool crowded;    // zone: more objects than its max-objects
    float dwell_ms;  // zone: mean stay of the objects that left; 0 before the first
    float stay_ms;   // zone: longest stay of those that are in it now
    float since_ms;  // time since its last event; negative: none yet
    int event_count; // events of this frame
} nn_area;

// Something that happened on this frame.
typedef struct nn_event {
    const char
        *type; // "enter", "leave", "cross", "loiter", "overcrowd": a word of the rules, static
    int area;  // index of the zone or line
    int32_t track_id;  // of the object; 0: the area as a whole
    const char *label; // class of the object, as it was handed in; NULL without one
    int direction;     // "cross": 1 in, -1 out; else 0
    bool lost;         // "leave": the object was lost inside the zone, it was not seen leaving
    nn_point at;       // where the object stood, in fractions of the frame
    float dwell_ms;    // stay of the object in the zone; for "overcrowd" 0
    float speed;       // of the object, metres a second; negative: unknown
    int64_t in, out;   // of the area, after the event
    int occupancy;
} nn_event;

// An object with an identity that is in the picture.
typedef struct nn_moving {
    int32_t track_id;
    float speed;    // metres a second on the ground plane; negative: unknown
    uint64_t zones; // bit i: it is in areas[i]
} nn_moving;

// Everything is owned. Points are fractions of the frame's width and height.
typedef struct nn_report {
    nn_area *areas;
    nn_point *points;
    nn_moving *objects;
    nn_event *events; // by area, then in the order of the rules
    int area_count, point_count, object_count, event_count;
} nn_report;

// Releases what it owns and leaves it empty. A zeroed report is an empty one.
NN_API void nn_report_release(nn_report *r);
// Makes *out a copy, which must be released. NN_ENOMEM leaves it empty.
NN_API nn_status nn_report_copy(nn_report *out, const nn_report *r);
// Moves points and places of events with a picture of in_width x in_height that was transformed
// into a frame of width x height. Sizes must be positive.
NN_API void nn_report_transform(nn_report *r, const nn_transform *m, int in_width, int in_height,
                                int width, int height);
// The points of an area, `count` of them.
NN_API const nn_point *nn_report_points(const nn_report *r, const nn_area *a);

#endif
