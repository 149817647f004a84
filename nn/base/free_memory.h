// SPDX-License-Identifier: MIT
// How much memory a program may still take.
#ifndef NN_BASE_FREE_MEMORY_H
#define NN_BASE_FREE_MEMORY_H

#include "nn/base/api.h"

#include <stdint.h>

// Bytes that the machine has available, or less where a control group of this process (version 1 or
// 2) has a limit; pages of files that can be dropped count as free. -1: the system does not say.
// `root` is what stands before /proc and /sys: "" but in tests.
NN_API int64_t nn_free_memory(const char *root);

#endif
