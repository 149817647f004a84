// SPDX-License-Identifier: MIT
// Zones and lines as the user gives them: from text here, from a JSON file in
// nn/io/analytics_file.h.
#ifndef NN_VISION_ANALYTICS_CONFIG_H
#define NN_VISION_ANALYTICS_CONFIG_H

#include "nn/vision/analytics/ground.h"
#include "nn/vision/analytics/rule.h"

enum { NN_AREA_CLASSES = 256 };

typedef struct nn_area_config {
    char name[NN_AREA_NAME];
    bool line;
    nn_polygon shape;              // fractions, or pixels of the first frame
    char classes[NN_AREA_CLASSES]; // "person,car": the only ones that count; "": all
    double setting[NN_SETTINGS];   // as nn_setting_at; negative: not given
    bool has_ground;
    nn_ground_points ground;
} nn_area_config;

typedef struct nn_analytics_config {
    nn_area_config *areas; // owned
    int count;
    double setting[NN_SETTINGS]; // of areas that do not have it; negative: not given
    bool has_ground;
    nn_ground_points ground; // of areas and places without one
} nn_analytics_config;

// An empty configuration, and the release of what it owns, which leaves it empty.
NN_API void nn_analytics_config_init(nn_analytics_config *c);
NN_API void nn_analytics_config_release(nn_analytics_config *c);

// Adds the zones, or lines, of a text:
//   NAME:x,y,x,y,...[:KEY=VALUE]... with ';' between them
// Two points of a zone are opposite corners of a rectangle. KEY is that of a setting, "classes"
// (person,car) or "ground" (ground.h). NULL and blanks add nothing. A zone replaces one of the same
// name that *c had before, as a line does: what is said in text goes before a file. NN_EINVAL names
// the zone and what is wrong with it; then *c has what came before it.
NN_API nn_status nn_analytics_config_parse(nn_analytics_config *c, bool lines, const char *text,
                                           nn_error *err);
// Sets the ground plane from text; NULL and "" leave it as it is.
NN_API nn_status nn_analytics_config_ground(nn_analytics_config *c, const char *text,
                                            nn_error *err);

// For readers of files. An area without anything but its kind:
nn_area_config nn_area_config_new(bool line);
// Adds a copy of an area whose shape is set. NN_EINVAL for names that are empty, too long, used
// twice or not plain text, for lines without a length and for more than NN_AREAS.
nn_status nn_analytics_config_add(nn_analytics_config *c, const nn_area_config *area,
                                  nn_error *err);
// Adds a copy, or gives the zone or line of that name another shape; it keeps what else it has.
NN_API nn_status nn_analytics_config_put(nn_analytics_config *c, const nn_area_config *area,
                                         nn_error *err);
// Removes a zone or line, if there is one of that name.
NN_API void nn_analytics_config_remove(nn_analytics_config *c, const char *name);
// Sets a name of `length` bytes, which nn_analytics_config_add checks; longer ones are refused.
nn_status nn_area_config_name(nn_area_config *a, const char *name, size_t length, nn_error *err);
// Sets a number in `setting`. NN_EINVAL when there is no such key, with the one that was meant, or
// the value is out of range.
nn_status nn_setting_put(double setting[NN_SETTINGS], const char *key, double value, nn_error *err);

#endif
