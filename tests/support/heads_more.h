// SPDX-License-Identifier: MIT
// Private to heads.c: outputs of the heads in heads_more.c.
#ifndef TESTS_SUPPORT_HEADS_MORE_H
#define TESTS_SUPPORT_HEADS_MORE_H

#include "tests/support/heads.h"

// heads_make and heads_plant; false when the head is none of these.
bool heads_make_more(head_outputs *o, const char *head, int h, int w, int batch, int classes);
bool heads_plant_more(head_outputs *o, const char *head, int h, int w, int item, int index,
                      const head_object *object);

#endif
