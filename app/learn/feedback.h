// SPDX-License-Identifier: MIT
// The user's feedback with the class numbers of the training.
#ifndef APP_LEARN_FEEDBACK_H
#define APP_LEARN_FEEDBACK_H

#include "nn/data/class_map.h"

#define LEARN_FEEDBACK_LABELS "labels-learn"

// Writes DIR/feedback/labels-learn/ from labels/ and classes.txt in the same folder. Classes are
// matched by name with `classes`; boxes of other classes are dropped. Returns the number of
// pictures; 0 also when they cannot be read.
int learn_feedback_prepare(const char *dir, const nn_names *classes);

#endif
