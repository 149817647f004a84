// SPDX-License-Identifier: MIT
// Shared by the reading and the writing of options.
#ifndef NN_BASE_OPTION_PARTS_H
#define NN_BASE_OPTION_PARTS_H

#include "nn/base/option.h"

#include <locale.h>

enum { NN_OPTION_ROOM = 512 }; // bytes of the largest array

// Numbers have points, whatever the program's locale writes: gives the locale that was there, to
// be put back.
locale_t nn_option_enter_plain(void);
void nn_option_leave_plain(locale_t before);

bool nn_option_is_text(const nn_option *o); // or a path, or several
size_t nn_option_bytes(nn_field_type type); // of one element
char nn_option_between(const nn_option *o); // numbers of an array
double nn_option_number_at(const nn_option *o, const void *values, int i);

#endif
