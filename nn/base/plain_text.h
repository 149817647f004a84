// SPDX-License-Identifier: MIT
// Tells texts that may be shown from bytes that may not.
#ifndef NN_BASE_PLAIN_TEXT_H
#define NN_BASE_PLAIN_TEXT_H

#include <stdbool.h>

// Whether a text is UTF-8 without control characters, so that it is safe in a one-line message.
bool nn_plain_text(const char *s);

#endif
