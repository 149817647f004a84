// SPDX-License-Identifier: MIT
// Classes of several models made those of one set of labels, by their names.
#ifndef APP_LABEL_TEACHER_CLASSES_H
#define APP_LABEL_TEACHER_CLASSES_H

#include "nn/data/class_map.h"

// `models` lists of class names. `wanted`, "A,B", are the classes of the labels; NULL: those that
// all models have. `rules`, "car=vehicle,truck=ignore", rename or leave out classes of models, "*"
// all that no other rule names; may be NULL. *classes (empty before) gets the names, maps[i] what
// the classes of model i become.
nn_status label_match_classes(const nn_names *models, int count, const char *wanted,
                              const char *rules, nn_names *classes, nn_class_map *maps,
                              nn_error *err);

// What the classes of one model become in `classes` by the same rules, those that another model's
// classes are named by included; what is none of them is dropped.
void label_map_classes(const nn_names *model, const char *rules, const nn_names *classes,
                       nn_class_map *map);

#endif
