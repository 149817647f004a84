// SPDX-License-Identifier: MIT
// What the control groups of this process allow (version 1 and 2).
#ifndef NN_BASE_CONTROL_GROUP_H
#define NN_BASE_CONTROL_GROUP_H

#include <stdint.h>

// A figure of the group whose folder is `group`; `version` is 1 or 2. INT64_MAX: it has no limit.
typedef int64_t nn_control_group_figure(const char *group, int version);

// The least figure of the groups of this process and of those around them, for a controller such as
// "memory". INT64_MAX: no group has a limit, or the system has no groups. `root` is what stands
// before /proc and /sys: "" but in tests.
int64_t nn_control_group_least(const char *root, const char *controller,
                               nn_control_group_figure *figure);

// The number behind `key` at the start of a line of a file, or the first of the file with key "".
// -1: there is none, or it is negative.
int64_t nn_control_group_read(const char *path, const char *key);
// The same for a file of a group.
int64_t nn_control_group_read_in(const char *group, const char *file, const char *key);

#endif
