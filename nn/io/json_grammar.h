// SPDX-License-Identifier: MIT
// Distinguishes invalid JSON from a failure of the parser's memory.
#ifndef NN_IO_JSON_GRAMMAR_H
#define NN_IO_JSON_GRAMMAR_H

#include <stdbool.h>

// Whether a text is exactly one JSON value that cJSON can read. Recurses for each level: the caller
// has checked the depth.
bool nn_json_is_valid(const char *text);

#endif
