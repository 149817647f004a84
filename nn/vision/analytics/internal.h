// SPDX-License-Identifier: MIT
// The parts of analytics: areas (areas.c), what happens at them (pass.c), objects (analytics.c).
#ifndef NN_VISION_ANALYTICS_INTERNAL_H
#define NN_VISION_ANALYTICS_INTERNAL_H

#include "nn/vision/analytics/analytics.h"
#include "nn/vision/analytics/speed.h"
#include "nn/vision/analytics/visit.h"

typedef struct nn_tracked {
    int32_t id;
    const char *label;
    bool here, measured; // on this frame
    bool doubtful;       // gone when it is not on the next frame
    bool gone;
    bool edge;       // its box touched the edge of the frame
    double seen;     // ms
    nn_point at;     // fractions of the frame
    float size;      // the smaller side of its box, in pixels
    uint64_t within; // bit i: its place is in areas[i], confirmed or not
    float speed;
} nn_tracked;

// An area and what it has counted.
typedef struct nn_counted {
    nn_area_config config;
    nn_polygon shape;            // fractions
    nn_box bounds;               // of it
    bool settled;                // `shape` and `ground` are known
    double setting[NN_SETTINGS]; // those that hold
    nn_ground ground;
    bool has_ground;
    double dwell;            // sum over the objects that left, ms
    double last;             // time of the last event, ms; negative: none
    uint32_t holds;          // bits of the rules for whole areas
    int streak[NN_SETTINGS]; // frames in a row in which such a rule was of the other opinion
    int anonymous;           // objects without identity in it
    nn_area report;          // counts that go on
} nn_counted;

struct nn_analytics {
    nn_analytics_config config; // without its areas
    nn_analytics_options options;
    nn_counted *areas;
    int area_count;
    nn_ground ground;
    bool has_ground, settled, identities, restarted;
    bool reverse; // the stream plays backwards
    bool silent;  // nothing is an event
    // Of each object, in the same order; of `capacity` each.
    int32_t *ids; // to look them up
    nn_tracked *objects;
    nn_trail *trails;
    nn_visit *visits; // area_count times as many, those of an area together
    int count, capacity;
    double now; // ms
    int width, height;
    nn_report report;
    int event_capacity, object_capacity;
};

// The visit of object `i` to area `k`.
static inline nn_visit *nn_visit_at(const nn_analytics *a, int i, int k)
{
    return &a->visits[(size_t)k * (size_t)a->capacity + (size_t)i];
}

// Makes fractions of pixels, once the size of frames is known.
void nn_analytics_settle(nn_analytics *a, int width, int height);
// Whether objects of a class count in an area.
bool nn_counted_takes(const nn_counted *r, const char *label);
// Looks at every object in every area, and adds what has happened to the report. False when memory
// is short.
bool nn_analytics_pass(nn_analytics *a);
// Writes areas and objects into the report. False when memory is short.
bool nn_analytics_tell(nn_analytics *a);

#endif
