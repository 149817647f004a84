// SPDX-License-Identifier: MIT
// How many processors a program may use.
#ifndef NN_BASE_CPU_LIMIT_H
#define NN_BASE_CPU_LIMIT_H

#include "nn/base/api.h"

// Processors that control groups (version 1 or 2) allow this process, such as 1.5; 0: as many as
// there are. `root` is what stands before /proc and /sys: "" but in tests.
NN_API double nn_cpu_limit(const char *root);

// Processors that this process may run on, at most as many as nn_cpu_limit, rounded up; at least 1.
// More threads than that would only be stopped by the kernel.
NN_API int nn_cpu_count(const char *root);

#endif
