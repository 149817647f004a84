// SPDX-License-Identifier: MIT
// Prints what is in a file that cannot be loaded as a model.
#ifndef APP_INSPECT_FILE_CONTENTS_H
#define APP_INSPECT_FILE_CONTENTS_H

#include <stdbool.h>

// Lists the tensors of a file of weights whose network nobody names. False when it is none.
bool app_print_weights(const char *path);
// Says of every operator of a file of a network whether it is supported; nothing for formats that
// do not tell. `path` may be empty.
void app_print_operators(const char *path);

#endif
