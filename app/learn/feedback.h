// SPDX-License-Identifier: MIT
// The user's feedback with the class numbers of the training.
#ifndef APP_LEARN_FEEDBACK_H
#define APP_LEARN_FEEDBACK_H

#include "nn/data/class_map.h"

#define LEARN_FEEDBACK_LABELS "labels-learn"

// Writes DIR/feedback/labels-learn/ from the labels/ and classes.txt there. Class numbers become
// those of `classes`, by name; boxes of other classes are dropped. Returns the number of pictures;
// 0 when there are none or they cannot be read.
int learn_feedback_prepare(const char *dir, const nn_names *classes);

#endif
