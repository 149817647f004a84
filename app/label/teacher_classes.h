// SPDX-License-Identifier: MIT
// Matches the classes of several models, by name, to one set of labels.
#ifndef APP_LABEL_TEACHER_CLASSES_H
#define APP_LABEL_TEACHER_CLASSES_H

#include "nn/data/class_map.h"

// Builds one list of labels from the classes of several models. `models`: `count` lists of class
// names. `wanted`, "A,B": the labels; NULL: the classes that all models have. `rules`,
// "car=vehicle,truck=ignore" (may be NULL), rename or drop classes; "*" stands for all classes
// without a rule. *classes (empty before) gets the labels, maps[i] the class map of model i.
nn_status label_match_classes(const nn_names *models, int count, const char *wanted,
                              const char *rules, nn_names *classes, nn_class_map *maps,
                              nn_error *err);

// Maps the classes of one more model to `classes` by the same rules and names; others are dropped.
void label_map_classes(const nn_names *model, const char *rules, const nn_names *classes,
                       nn_class_map *map);

#endif
