// SPDX-License-Identifier: MIT
// The table of event kinds: a rule says when something has happened to an object at an area, or to
// an area as a whole.
//
// A new kind is a file rules/WORD.c that ends in `const nn_rule nn_rule_WORD`, and the word in
// `analytics_rules` of nn/vision/meson.build. Its setting then is a key of configurations, a
// property of neroanalytics and in the help.
#ifndef NN_VISION_ANALYTICS_RULE_H
#define NN_VISION_ANALYTICS_RULE_H

#include "nn/vision/analytics/report.h"

// What a rule sees: an object at a zone or line, or (`object` NULL) the area as a whole.
typedef struct nn_sight {
    const nn_moving *object;
    const nn_area *area; // its counts and occupancy are those of this moment
    bool inside;         // zone: the object is in it
    bool entered, left;  // zone: on this frame
    bool lost;           // `left`, or gone at a line, without having been seen outside
    int crossed;         // line: 1 in, -1 out, on this frame
    double stay_ms;      // zone: since it entered, up to when it was last seen or left
} nn_sight;

// A number that areas may have.
typedef struct nn_setting {
    const char *key;   // "loitering-time"; NULL: none
    const char *about; // one sentence for the help
    double usual;      // where neither the area nor anybody else says it
    double least, most;
    bool whole;
} nn_setting;

typedef struct nn_rule {
    const char *name; // the type of its events
    nn_setting setting;
    bool zones, lines; // the areas it is for
    bool whole_area;   // it looks at the area, once a frame; else at each object that was there
    // Whether the condition holds. The event is when it begins to; for a whole area after
    // `inertia` frames, and it ends after as many.
    bool (*holds)(const nn_sight *s, double setting);
    // Writes into the report for how many objects it holds now (whole area: 0 or 1); or NULL.
    void (*tell)(nn_area *area, int objects);
} nn_rule;

enum { NN_SETTINGS = 16 }; // most settings

// Rule `i`; NULL behind the last.
const nn_rule *nn_rule_at(int i);
// Setting 0 is "inertia", setting 1 + i that of rule i, with key NULL when it has none; NULL behind
// the last.
NN_API const nn_setting *nn_setting_at(int i);

#endif
