// SPDX-License-Identifier: MIT
// Tells texts that are no JSON from those that a parser had no memory for.
#ifndef NN_IO_JSON_GRAMMAR_H
#define NN_IO_JSON_GRAMMAR_H

#include <stdbool.h>

// Whether a text is exactly one JSON value that cJSON reads when there is memory. Recurses for each
// level: the caller has counted them.
bool nn_json_is_valid(const char *text);

#endif
