// SPDX-License-Identifier: MIT
// Texts of the engine that programs show in their language.
#ifndef NN_BASE_TEXT_H
#define NN_BASE_TEXT_H

#include "nn/base/api.h"

// Marks a text of a table.
#define NN_TEXT(text) text

// From now on nn_fail shows translate(format) in place of each format: a translation must have the
// same conversions in the same order. NULL: as written. Not while other threads may fail.
NN_API void nn_set_translator(const char *(*translate)(const char *format));

#endif
